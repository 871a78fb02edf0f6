"""A stand-in for Vault's and OpenBao's key-value stores, of version 1 and 2, with tokens and an AppRole."""

import copy
import itertools
import time

import vendor

TOKEN = "hvs.0123456789abcdefghijklmnopqrstuvwxyz"
ROLE, SECRET_ID = "11111111-2222-3333-4444-role", "55555555-6666-7777-8888-secret"


def moment():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Vault(vendor.Vendor):
    """`kv` is a store of version 1, `secret` one of version 2. Paths are of the root namespace, or begin with one: `admin/`."""

    def __init__(self):
        self.numbers = itertools.count(1)
        #: Of version 2: versions by path, each {"data", "metadata"}; of version 1: fields by path.
        self.versions, self.plain = {}, {}
        #: Tokens and when they end; logins that were made.
        self.tokens, self.logins, self.lease = {TOKEN: None}, 0, 3600
        self.capabilities = {"create", "read", "update", "patch"}
        self.sees_metadata = True
        #: Paths of secrets that the token may not read, though it may list them.
        self.unreadable = set()
        self.meanwhile = None
        super().__init__("vault-kv", "/v1")
        # Vault's base URL is without the /v1 of its paths.
        self.url = self.url.removesuffix("/v1")

    def error(self, text):
        return {"errors": [text]}

    def refused(self, headers):
        return None

    def envelope(self, data=None, **more):
        return {
            "request_id": f"r-{next(self.numbers)}", "lease_id": "", "renewable": False, "lease_duration": 0, "data": data,
            "wrap_info": None, "warnings": None, "auth": None, **more}

    def fields(self, path):
        """What the current version of a secret holds."""
        return self.versions[path][-1]["data"]

    def put(self, path, **fields):
        """Someone else writes a secret of version 2."""
        versions = self.versions.setdefault(path, [])
        versions.append({"data": fields, "metadata": {
            "created_time": moment(), "deletion_time": "", "destroyed": False, "version": len(versions) + 1, "custom_metadata": None}})

    def serve(self, method, segments, query, fields, headers):
        assert headers["x-vault-request"] == "true"
        namespace = headers.get("x-vault-namespace", "").strip("/")
        if segments[0] == "auth" and segments[-1] == "login":
            return self.log_in(segments[1:-1], namespace, fields)
        token = headers.get("x-vault-token")
        end = self.tokens.get(token, 0)
        if end is not None and end <= time.time():
            return 403, self.error("permission denied")
        if segments == ["auth", "token", "lookup-self"]:
            return 200, self.envelope({"id": token, "ttl": 0, "expire_time": None, "policies": ["ci"]})
        if segments == ["sys", "capabilities-self"]:
            found = sorted(self.capabilities) or ["deny"]
            return 200, self.envelope({"capabilities": found, **{path: found for path in fields["paths"]}})
        if segments == ["sys", "internal", "ui", "mounts"]:
            return 200, self.envelope({"auth": {}, "secret": {
                "secret/": {"type": "kv", "options": {"version": "2"}}, "kv/": {"type": "kv", "options": {"version": "1"}},
                "transit/": {"type": "transit", "options": None}}})
        if segments[:4] == ["sys", "internal", "ui", "mounts"]:
            version = {"secret": "2", "kv": "1"}.get(segments[4])
            if not version:
                return 403, self.error("preflight capability check returned 403, please ensure client's policies grant access to path")
            return 200, self.envelope({"type": "kv", "path": f"{segments[4]}/", "options": {"version": version}})
        path = "/".join(([namespace] if namespace else []) + segments[2:])
        if query == {"list": "true"}:
            known = self.versions if segments[:2] == ["secret", "metadata"] else self.plain if segments[0] == "kv" else {}
            return self.listed(known, path if segments[0] == "secret" else "/".join(segments[1:]))
        if segments[0] == "secret":
            if segments[1] not in ("data", "metadata"):
                return 404, {"errors": [], "warnings": ["Invalid path for a versioned K/V secrets engine. See the API docs"]}
            return self.versioned(method, segments[1], path, fields)
        if segments[0] == "kv":
            return self.unversioned(method, "/".join(segments[1:]), fields)
        return 404, self.error(f'no handler for route "{"/".join(segments)}"')

    def listed(self, known, path):
        """The names in a folder; those of secrets whose versions are deleted are there, too."""
        if refused := self.denied("list"):
            return refused
        start = f"{path}/" if path else ""
        rests = [name.removeprefix(start) for name in known if name.startswith(start)]
        keys = sorted({rest.partition("/")[0] + ("/" if "/" in rest else "") for rest in rests})
        return (200, self.envelope({"keys": keys})) if keys else (404, {"errors": []})

    def log_in(self, mount, namespace, fields):
        if mount != ["approle"] or fields != {"role_id": ROLE, "secret_id": SECRET_ID} or namespace not in ("", "admin"):
            return 400, self.error("invalid role or secret ID")
        self.logins += 1
        token = f"hvs.login-{self.logins}"
        self.tokens[token] = time.time() + self.lease if self.lease else None
        return 200, self.envelope(None, auth={
            "client_token": token, "accessor": "a", "policies": ["ci"], "lease_duration": self.lease, "renewable": True,
            "token_type": "service", "metadata": None, "orphan": True, "num_uses": 0})

    def denied(self, *needed):
        if not set(needed) <= self.capabilities:
            return 403, self.error("1 error occurred: permission denied")

    def versioned(self, method, kind, path, fields):
        versions = self.versions.get(path, [])
        if kind == "metadata":
            if not self.sees_metadata:
                return 403, self.error("permission denied")
            if not versions:
                return 404, {"errors": []}
            shown = {str(version["metadata"]["version"]): {
                key: version["metadata"][key] for key in ("created_time", "deletion_time", "destroyed")} for version in versions}
            return 200, self.envelope({
                "current_version": len(versions), "updated_time": versions[-1]["metadata"]["created_time"], "versions": shown,
                "cas_required": False, "max_versions": 0, "custom_metadata": None})
        live = bool(versions) and not versions[-1]["metadata"]["deletion_time"] and not versions[-1]["metadata"]["destroyed"]
        if method == "GET":
            if refused := self.denied("read", *(["a policy for it"] if path in self.unreadable else [])):
                return refused
            if not versions:
                return 404, {"errors": []}
            shown = copy.deepcopy(versions[-1])
            return (200, self.envelope(shown)) if live else (404, self.envelope({**shown, "data": None}))
        if refused := self.denied("patch" if method == "PATCH" else "update" if versions else "create"):
            return refused
        if self.meanwhile:
            self.meanwhile, act = None, self.meanwhile
            act()
            versions = self.versions.get(path, [])
        if fields.get("options", {}).get("cas") != len(versions):
            return 400, self.error("check-and-set parameter did not match the current version")
        if method == "PATCH" and not live:
            return 404, self.envelope({"data": None, "metadata": versions[-1]["metadata"]}) if versions else {"errors": []}
        self.put(path, **{**(versions[-1]["data"] if method == "PATCH" else {}), **fields["data"]})
        return 200, self.envelope(self.versions[path][-1]["metadata"])

    def unversioned(self, method, path, fields):
        if method == "GET":
            if refused := self.denied("read"):
                return refused
            return (200, self.envelope(self.plain[path])) if path in self.plain else (404, {"errors": []})
        if refused := self.denied("update" if path in self.plain else "create"):
            return refused
        self.plain[path] = fields
        return 204, None
