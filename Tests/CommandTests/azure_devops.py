"""A stand-in for Azure DevOps's REST API, as far as a pusher needs it."""

import base64
import copy
import itertools
import uuid

import vendor

TOKEN = "azd0123456789abcdefghijklmnopqrstuvwxyz0123456789abcd"
ORGANIZATION = "acme"

PAGE = b"<!DOCTYPE html><html><title>Azure DevOps Services | Sign In</title></html>"


class AzureDevOps(vendor.Vendor):
    """Projects and variable groups of one organization, a group perhaps shared by several projects.

    `meanwhile`: functions, each called once when the next group is read by its ID, before it is shown: what someone else does.
    `managed`: whether the token's user may change groups, as far as lists show. `signs_in`: a refused token gets a page with that status.
    """

    def __init__(self, projects=("our app", "other"), names=("aws", "aws-other", "zeta")):
        self.numbers = itertools.count(1)
        self.meanwhile = []
        self.after_write = []
        self.managed = True
        self.signs_in = None
        self.projects = {name: str(uuid.uuid4()) for name in projects}
        self.groups = {}
        for name in names:
            self.add(name)
        super().__init__("azure-devops", f"/{ORGANIZATION}", headers={
            "Retry-After": "0", "X-RateLimit-Resource": "core", "X-RateLimit-Delay": "0", "X-RateLimit-Limit": "200",
            "X-RateLimit-Remaining": "199", "X-RateLimit-Reset": "1795341600"})
        #: Without the organization, which is the target's.
        self.url = self.url.removesuffix(f"/{ORGANIZATION}")

    def add(self, name, kind="Vsts", projects=None):
        id = next(self.numbers)
        shared = [
            {"name": name, "description": f"of {project}", "projectReference": {"id": self.projects[project], "name": project}}
            for project in projects or self.projects]
        self.groups[id] = {
            "id": id, "type": kind, "name": name, "description": "keys \"of\" app", "variables": {}, "isShared": len(shared) > 1,
            "createdOn": vendor.moment(-60), "modifiedOn": vendor.moment(-60), "variableGroupProjectReferences": shared}

    def group(self, name):
        return next(group for group in self.groups.values() if group["name"] == name)

    def put(self, name, variable, value, secret=False):
        """Sets a variable by hand."""
        group = self.group(name)
        group["variables"][variable] = {"value": value, **({"isSecret": True} if secret else {})}
        group["modifiedOn"] = vendor.moment()

    def error(self, text):
        return {"$id": "1", "innerException": None, "message": text, "typeKey": "X", "errorCode": 0, "eventId": 3000}

    def refused(self, headers):
        pair = base64.b64encode(f":{TOKEN}".encode()).decode()
        if headers.get("authorization") == f"Basic {pair}":
            return None
        if self.signs_in:
            return self.signs_in, PAGE, {"Content-Type": "text/html; charset=utf-8"}
        return 401, self.error("TF400813: The user is not authorized to access this resource.")

    def shown(self, group, listed=False):
        """Secrets without values; lists do not say which projects use a group."""
        shown = copy.deepcopy(group)
        for variable in shown["variables"].values():
            if variable.get("isSecret"):
                variable["value"] = None
        if listed:
            shown["variableGroupProjectReferences"] = None
        return shown

    def serve(self, method, segments, query, fields, headers):
        if headers.get("x-tfs-fedauthredirect") != "Suppress":
            self.wrong.append("a request without X-TFS-FedAuthRedirect")
        if segments == ["_apis", "connectionData"]:
            return 200, {"authenticatedUser": {"id": str(uuid.uuid4()), "providerDisplayName": "keyturn bot"}}
        if query.get("api-version") != "7.1":
            return 400, self.error("No api-version was supplied for the request.")
        if segments == ["_apis", "projects"]:
            return self.project_list(query)
        if segments[:3] == ["_apis", "distributedtask", "variablegroups"] and method == "PUT":
            return self.replace(int(segments[3]), fields)
        if segments[0] not in self.projects or segments[1:4] != ["_apis", "distributedtask", "variablegroups"]:
            return 404, self.error(f"TF200016: The following project does not exist: {segments[0]}.")
        project = self.projects[segments[0]]
        seen = [group for group in self.groups.values() if any(
            reference["projectReference"]["id"] == project for reference in group["variableGroupProjectReferences"])]
        if len(segments) == 4:
            return self.listed(seen, query)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        found = [group for group in seen if group["id"] == int(segments[4])]
        # As Azure DevOps answers for what is not there.
        return (200, self.shown(found[0])) if found else (200, None)

    def project_list(self, query, size=1):
        """Small pages, whatever number of projects is asked for."""
        first = int(query.get("continuationToken", 0))
        names = list(self.projects)
        page = [{"id": self.projects[name], "name": name, "state": "wellFormed"} for name in names[first:first + size]]
        more = str(first + size) if first + size < len(names) else ""
        return 200, {"count": len(page), "value": page}, {"X-MS-ContinuationToken": more}

    def listed(self, groups, query, size=1):
        """Those whose names fit, in small pages, so that there are several."""
        name = query.get("groupName")
        if name is not None:
            beginning = name.partition("*")[0] if "*" in name else None
            groups = [group for group in groups if (
                group["name"].startswith(beginning) if beginning is not None else group["name"].lower() == name.lower())]
        if query.get("actionFilter") == "manage" and not self.managed:
            groups = []
        first = int(query.get("continuationToken", 0))
        page = [self.shown(group, listed=True) for group in groups[first:first + size]]
        more = str(first + size) if first + size < len(groups) else ""
        # An empty field where there is no other page, for the description asks for the field.
        return 200, {"count": len(page), "value": page}, {"X-MS-ContinuationToken": more}

    def replace(self, id, fields):
        """What is not sent is gone; null leaves a secret as it is."""
        group = self.groups[id]
        for reference in fields["variableGroupProjectReferences"]:
            project = reference["projectReference"]
            if self.projects.get(project["name"]) != project["id"]:
                return 400, self.error(f"Project information name is not valid for variable group {group['name']}")
        variables = {}
        for name, variable in fields["variables"].items():
            old = next((each for key, each in group["variables"].items() if key.lower() == name.lower()), {})
            value = variable.get("value")
            if value is None and variable.get("isSecret"):
                value = old.get("value")
            variables[name] = {**variable, "value": value}
        if len({name.lower() for name in variables}) != len(variables):
            return 400, self.error("Variable names are not unique")
        group.update(variables=variables, modifiedOn=vendor.moment(), name=fields["name"], description=fields.get("description"),
                     variableGroupProjectReferences=fields["variableGroupProjectReferences"])
        answer = 200, self.shown(group)
        if self.after_write:
            self.after_write.pop(0)()
        return answer
