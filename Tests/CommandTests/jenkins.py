"""A stand-in for Jenkins and its plugin Credentials, as far as a pusher needs them."""

import base64
import re
import xml.etree.ElementTree
import xml.sax.saxutils

import vendor

USER = "keyturn"
TOKEN = "11a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5"
AWS = "com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl"
PASSWORD = "com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl"
TEXT = "org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl"
SECRETS = {AWS: "secretKey", PASSWORD: "password", TEXT: "secret"}


class Jenkins(vendor.Vendor):
    """Credentials of Jenkins and of folders, below a context path.

    `ignores`: how many changes are answered with 200 and not stored. `may_update`, `may_view`: the user's permissions.
    """

    def __init__(self):
        self.ignores = 0
        self.may_update = self.may_view = True
        #: Folders whose credentials the user may not view, and jobs that are no folders, by their folder.
        self.closed = set()
        self.plain_jobs = {(): ["build"]}
        #: By store and domain: credentials by their IDs, each a class and its fields.
        self.stores = {
            (): {"_": {"aws-deploy": self.aws("aws-deploy")}, "prod": {}},
            ("team",): {"_": {}},
            ("team", "our app"): {"_": {}, "prod": {"aws-deploy": self.aws("aws-deploy")}},
        }
        super().__init__("jenkins", "/jenkins", headers={"X-Jenkins": "2.528.3"})

    @staticmethod
    def aws(id, key="AKIAOLDOLDOLDOLDOLD1", secret="old", **more):
        return AWS, {
            "scope": "GLOBAL", "id": id, "description": "Deploys <b> & \"more\"\n\u00e9", "accessKey": key, "secretKey": secret,
            "iamRoleArn": "arn:aws:iam::123456789012:role/deploy", "iamExternalId": "e-1", "iamMfaSerialNumber": "",
            "stsTokenDuration": "3600", **more}

    @staticmethod
    def password(id, user="AKIAOLDOLDOLDOLDOLD2", password="old"):
        return PASSWORD, {
            "scope": "GLOBAL", "id": id, "description": "", "username": user, "usernameSecret": "false", "password": password}

    @staticmethod
    def text(id, description="", secret="old"):
        return TEXT, {"scope": "GLOBAL", "id": id, "description": description, "secret": secret}

    def fields(self, *folders, domain="_", id="aws-deploy"):
        return self.stores[folders][domain][id][1]

    @staticmethod
    def html(status, title, **headers):
        page = f"<html><head><title>{title}</title></head><body>{title}</body></html>".encode()
        return status, page, {"Content-Type": "text/html;charset=utf-8", **{name.replace("_", "-"): value for name, value in headers.items()}}

    def error(self, text):
        return f"<html><body>{text}</body></html>".encode()

    def answer(self, method, path, headers, body):
        status, document, *more = super().answer(method, path, headers, body)
        if isinstance(document, bytes) and document.startswith(b"<html>") and not more:
            more = [{"Content-Type": "text/html;charset=utf-8"}]
        return status, document, *more

    def refused(self, headers):
        pair = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if headers.get("authorization") == f"Basic {pair}":
            return None
        return self.html(401, "Unauthorized", WWW_Authenticate='Basic realm="Jenkins"')

    def parsed(self, body):
        return xml.etree.ElementTree.fromstring(body)

    def serve(self, method, segments, query, fields, headers):
        missing = self.html(404, "Not Found")
        if segments == ["whoAmI", "api", "json"]:
            return 200, {"name": USER, "anonymous": False, "authenticated": True, "authorities": ["authenticated"]}
        folders = []
        while segments[:1] == ["job"]:
            folders.append(segments[1])
            segments = segments[2:]
        if segments == ["api", "json"]:
            return self.jobs(tuple(folders), query["tree"])
        kind = "folder" if folders else "system"
        store = self.stores.get(tuple(folders))
        if segments[:3] != ["credentials", "store", kind] or store is None or not self.may_view or tuple(folders) in self.closed:
            return missing
        rest = segments[3:]
        if rest == ["api", "json"]:
            return 200, {"domains": {name: {} for name in store}}
        domain = store.get(rest[1])
        if domain is None:
            return missing
        if rest[2:] == ["api", "json"]:
            return 200, {"credentials": [self.listed(id, *each) for id, each in domain.items()]}
        if len(rest) != 5 or rest[2] != "credential" or rest[4] != "config.xml" or rest[3] not in domain:
            return missing
        if method == "GET":
            return 200, self.shown(*domain[rest[3]]).encode(), {"Content-Type": "application/xml;charset=utf-8"}
        return self.replace(domain, rest[3], fields, headers)

    def jobs(self, folders, tree):
        """What is in a folder, as far as the range goes that was asked for."""
        wanted = re.fullmatch(r"jobs\[name,jobs\[name\]\{0,1\}\]\{(\d+),(\d+)\}", tree)
        if folders not in self.stores or not wanted:
            return self.html(404, "Not Found")
        below = sorted({path[len(folders)] for path in self.stores if len(path) > len(folders) and path[:len(folders)] == folders})
        jobs = [{"_class": "com.cloudbees.hudson.plugins.folder.Folder", "name": name, "jobs": []} for name in below]
        jobs += [{"_class": "hudson.model.FreeStyleProject", "name": name} for name in self.plain_jobs.get(folders, [])]
        return 200, {"_class": "hudson.model.Hudson", "jobs": jobs[int(wanted[1]):int(wanted[2])]}

    @staticmethod
    def listed(id, kind, fields):
        name = {
            AWS: lambda: f"{fields['accessKey']} ({fields['description']})", PASSWORD: lambda: f"{fields['username']}/******",
            # Of a text there is nothing to show but its description.
            TEXT: lambda: fields["description"] or "Secret text"}[kind]()
        kinds = {AWS: "AWS Credentials", PASSWORD: "Username with password", TEXT: "Secret text"}
        return {"id": id, "displayName": name, "typeName": kinds[kind]}

    @staticmethod
    def shown(name, fields):
        """As Jenkins writes it: XML 1.1, with a mark in the place of each secret."""
        lines = []
        for field, value in fields.items():
            if field == SECRETS[name]:
                lines += [f"  <{field}>", "    <secret-redacted/>", f"  </{field}>"]
            else:
                lines.append(f"  <{field}>{xml.sax.saxutils.escape(value)}</{field}>")
        return "\n".join(["<?xml version='1.1' encoding='UTF-8'?>", f'<{name} plugin="credentials@1415">', *lines, f"</{name}>"])

    def replace(self, domain, id, root, headers):
        """What is left out is gone, and what is sent in place of the secret is the secret."""
        if not re.match(r"(application|text)/xml", headers.get("content-type") or ""):
            return self.html(400, "Error")
        if not self.may_update:
            return self.html(
                403, "Access Denied", X_You_Are_Authenticated_As=USER,
                X_Required_Permission="com.cloudbees.plugins.credentials.CredentialsProvider.Update",
                X_Permission_Implied_By="hudson.security.Permission.GenericUpdate")
        fields = {child.tag: child.text or "" for child in root}
        if root.tag not in SECRETS or fields.get("id") != id:
            return self.html(500, "Oops!")
        if self.ignores > 0:
            self.ignores -= 1
        else:
            domain[id] = root.tag, fields
        return 200, None
