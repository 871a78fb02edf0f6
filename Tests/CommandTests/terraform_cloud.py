"""A stand-in for HCP Terraform's API, as far as a pusher needs it."""

import itertools

import vendor

TOKEN = "0123456789abcd.atlasv1.0123456789abcdefghijklmnopqrstuvwxyz"
ORGANIZATION = "acme"


class TerraformCloud(vendor.Vendor):
    """Workspaces and variable sets of one organization.

    `batches`: whether there is the request that writes several variables of a workspace.
    """

    def __init__(self, workspaces=("prod",), sets=("aws", "aws-other", "zeta"), batches=True):
        self.batches = batches
        self.numbers = itertools.count(1)
        self.workspaces = {name: self.holder("ws") for name in workspaces}
        self.sets = {name: self.holder("varset") for name in sets}
        super().__init__(
            "terraform-cloud", "/api/v2", "application/vnd.api+json",
            {"X-RateLimit-Limit": "30", "X-RateLimit-Reset": "0.5"})

    def holder(self, kind):
        return {"id": f"{kind}-{next(self.numbers):016}", "variables": {}, "mode": "remote", "mine": True}

    def error(self, text):
        return {"errors": [{"status": "400", "title": text}]}

    def refused(self, headers):
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"errors": [{"status": "401", "title": "unauthorized"}]}

    def value(self, holder, name, category="env"):
        """What a variable holds."""
        return self.variable(holder, name, category)["value"]

    @staticmethod
    def variable(holder, name, category="env"):
        return next(
            variable for variable in holder["variables"].values() if (variable["key"], variable["category"]) == (name, category))

    def put(self, holder, name, value, sensitive=False, category="env"):
        """Sets a variable by hand."""
        id = f"var-{next(self.numbers)}"
        holder["variables"][id] = {"key": name, "value": value, "sensitive": sensitive, "category": category, "hcl": False}
        return id

    @staticmethod
    def shown(id, variable, set=None):
        value = None if variable["sensitive"] else variable["value"]
        shown = {"id": id, "type": "vars", "attributes": {**variable, "value": value, "version-id": f"{id}-1"}}
        return {**shown, "relationships": {"varset": {"data": {"id": set, "type": "varsets"}}}} if set else shown

    def serve(self, method, segments, query, fields, headers):
        missing = 404, {"errors": [{"status": "404", "title": "not found"}]}
        if segments[:2] == ["organizations", ORGANIZATION] and method == "GET":
            if len(segments) == 4 and segments[2] == "workspaces" and segments[3] in self.workspaces:
                return 200, {"data": self.workspace(segments[3])}
            if segments[2:] == ["varsets"]:
                return 200, self.listed(query)
        if segments[0] == "workspaces" and len(segments) > 2:
            holder = self.find(self.workspaces, segments[1])
            if holder is None:
                return missing
            if segments[2:] == ["all-vars"]:
                return 200, {"data": self.in_force(holder)}
            if segments[2:] == ["relationships", "vars"] and method == "PATCH" and self.batches:
                return self.batch(holder, fields["data"]) or missing
            if segments[2] == "vars":
                return self.variables(method, holder, segments[3:], fields) or missing
        if segments[0] == "varsets" and len(segments) == 2:
            name = next((name for name, holder in self.sets.items() if holder["id"] == segments[1]), None)
            return (200, {"data": self.set(name)}) if name else missing
        if segments[0] == "varsets" and segments[2:4] == ["relationships", "vars"]:
            holder = self.find(self.sets, segments[1])
            return (holder and self.variables(method, holder, segments[4:], fields)) or missing
        return missing

    @staticmethod
    def find(holders, id):
        return next((holder for holder in holders.values() if holder["id"] == id), None)

    def workspace(self, name):
        holder = self.workspaces[name]
        attributes = {"name": name, "execution-mode": holder["mode"], "permissions": {"can-update-variable": holder["mine"]}}
        return {"id": holder["id"], "type": "workspaces", "attributes": attributes}

    def set(self, name):
        holder = self.sets[name]
        attributes = {"name": name, "global": False, "permissions": {"can-update": holder["mine"]}}
        return {"id": holder["id"], "type": "varsets", "attributes": attributes}

    def listed(self, query, size=1):
        """The sets whose names begin so, in small pages, so that there are several."""
        names = [name for name in sorted(self.sets) if name.startswith(query.get("q", ""))]
        # The nearest name comes last, so that it is not on the first page.
        names.reverse()
        number = int(query.get("page[number]", 1))
        following = number + 1 if number * size < len(names) else None
        return {
            "data": [self.set(name) for name in names[(number - 1) * size:number * size]],
            "meta": {"current-page": number, "next-page": following}}

    def in_force(self, holder):
        """A workspace's own variables, but for those that a set with priority has as well."""
        hidden = {}
        for set in self.sets.values():
            for id, variable in set["variables"].items() if set.get("priority") else ():
                hidden[variable["key"], variable["category"]] = self.shown(id, variable, set["id"])
        own = [
            self.shown(id, variable) for id, variable in holder["variables"].items()
            if (variable["key"], variable["category"]) not in hidden]
        return own + list(hidden.values())

    @staticmethod
    def change(variable, attributes):
        """The reason why a variable cannot be changed so, or None: of a sensitive one only the value can be."""
        if variable["sensitive"] and set(attributes) - {"value"}:
            return "cannot be changed once the variable is sensitive"
        variable.update(attributes)
        return None

    def batch(self, holder, writes):
        if not all(write["id"] in holder["variables"] for write in writes):
            return None
        for write in writes:
            if reason := self.change(holder["variables"][write["id"]], write["attributes"]):
                return 422, self.error(reason)
        return 204, None

    def variables(self, method, holder, path, fields):
        variables = holder["variables"]
        if not path and method == "GET":
            return 200, {"data": [self.shown(id, variable) for id, variable in variables.items()]}
        attributes = fields.get("data", {}).get("attributes", {})
        if not path and method == "POST":
            named = {(variable["key"], variable["category"]) for variable in variables.values()}
            if (attributes["key"], attributes["category"]) in named:
                return 422, {"errors": [{"status": "422", "title": "invalid attribute", "detail": "Key has already been taken"}]}
            id = f"var-{next(self.numbers)}"
            variables[id] = {"sensitive": False, "hcl": False, **attributes}
            return 201, {"data": self.shown(id, variables[id])}
        if len(path) == 1 and path[0] in variables and method == "PATCH":
            if reason := self.change(variables[path[0]], attributes):
                return 422, self.error(reason)
            return 200, {"data": self.shown(path[0], variables[path[0]])}
        return None
