"""A stand-in for Bitbucket Cloud's API, as far as a pusher needs it."""

import base64
import urllib.parse
import uuid

import vendor

TOKEN = "ATCTT3xFfGN0_0123456789abcdef0123456789abcdef"
EMAIL = "bot@acme.example"


def braced():
    return "{" + str(uuid.uuid4()) + "}"


class Bitbucket(vendor.Vendor):
    """One workspace with repositories and their deployment environments, each with its variables.

    `lag`: how many times a list of a deployment environment does not show what was created since.
    """

    def __init__(self, repositories=("app",), environments=("Test", "Staging", "Production")):
        self.lag = 0
        self.basic = False
        self.workspace = {}
        self.repositories = {name: {} for name in repositories}
        self.environments = {
            name: {braced(): {"name": environment, "variables": {}} for environment in environments} for name in repositories}
        # As access tokens get them: no count of what is left.
        super().__init__("bitbucket", "/2.0", headers={
            "X-RateLimit-Limit": "1000", "X-RateLimit-Resource": "api-pipelines", "X-RateLimit-NearLimit": "false"})

    def error(self, text):
        return {"type": "error", "error": {"message": text}}

    def refused(self, headers):
        basic = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        if headers.get("authorization") != (f"Basic {basic}" if self.basic else f"Bearer {TOKEN}"):
            return 401, self.error("Token is invalid, expired, or not supported for this endpoint.")

    def environment(self, repository, name):
        """The variables of a deployment environment."""
        return next(found["variables"] for found in self.environments[repository].values() if found["name"] == name)

    @staticmethod
    def named(variables):
        """Variables by their names."""
        return {variable["key"]: variable for variable in variables.values()}

    def serve(self, method, segments, query, fields, headers):
        missing = 404, self.error("not found")
        if segments[:2] == ["workspaces", "acme"] and segments[2:4] == ["pipelines-config", "variables"]:
            return self.variables(method, self.workspace, segments, 4, query, fields) or missing
        if segments[:2] != ["repositories", "acme"] or segments[2] not in self.repositories:
            return missing
        environments = self.environments[segments[2]]
        if segments[3:] == ["environments"]:
            found = [{"type": "deployment_environment", "uuid": id, "name": each["name"]} for id, each in environments.items()]
            return 200, self.page(found, segments, query)
        if segments[3:5] == ["pipelines_config", "variables"]:
            return self.variables(method, self.repositories[segments[2]], segments, 5, query, fields) or missing
        if segments[3:5] == ["deployments_config", "environments"] and segments[5] in environments:
            return self.variables(method, environments[segments[5]]["variables"], segments, 7, query, fields, True) or missing
        return missing

    def variables(self, method, variables, segments, depth, query, fields, lags=False):
        path = segments[depth:]
        if not path and method == "GET":
            seen = {} if lags and self.lag > 0 else variables
            self.lag -= 1 if lags and self.lag > 0 else 0
            return 200, self.page([self.shown(id, variable) for id, variable in seen.items()], segments, query)
        if not path and method == "POST":
            if fields["key"] in self.named(variables):
                return 409, self.error("A variable with the key already exists")
            id = braced()
            variables[id] = fields
            return 201, self.shown(id, fields), {"Location": f"{self.url}/{urllib.parse.quote(id)}"}
        if len(path) == 1 and path[0] in variables and method == "PUT":
            variables[path[0]] = fields
            return 200, self.shown(path[0], fields)
        return None

    @staticmethod
    def shown(id, variable):
        shown = {"type": "pipeline_variable", "uuid": id, "key": variable["key"], "secured": variable["secured"]}
        return shown if variable["secured"] else {**shown, "value": variable["value"]}

    def page(self, items, segments, query, size=1):
        """Small pages, so that there are several."""
        number = int(query.get("page", 1))
        path = "/".join(urllib.parse.quote(segment, safe="") for segment in segments)
        more = {"next": f"{self.url}/{path}?page={number + 1}&pagelen={query.get('pagelen', 10)}"} if number * size < len(items) else {}
        return {"page": number, "values": items[(number - 1) * size:number * size], **more}
