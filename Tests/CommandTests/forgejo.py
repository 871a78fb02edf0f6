"""A stand-in for the API of Forgejo and Gitea, as far as a pusher needs it."""

import re

import vendor

TOKEN = "f0r9ej00123456789abcdef0123456789abcdef0"


class Forgejo(vendor.Vendor):
    """Repositories, an organization and a user, each with secrets and variables, below a path of a web site.

    `gitea`: there are descriptions, which a write without one removes, and creations answer 201. `lists_users`: whether there is a
    list of a user's secrets. `scopes`: those of the token.
    """

    def __init__(self, repositories=("acme/app", "acme/other", "bot/tool"), gitea=False):
        self.gitea = gitea
        self.lists_users = True
        self.owner = True
        self.scopes = {"write:repository", "write:organization", "write:user"}
        self.moved = {}
        self.archived = set()
        #: Places whose secrets and variables the token may not list.
        self.closed = set()
        self.has_actions = True
        self.places = {
            **{f"repos/{name}": self.empty() for name in repositories}, "orgs/acme": self.empty(), "user": self.empty()}
        super().__init__("forgejo", "/git/api/v1")
        #: The web site's address, which is what people write.
        self.url = self.url.removesuffix("/api/v1")

    @staticmethod
    def empty():
        return {"secrets": {}, "variables": {}}

    def error(self, text):
        return {"message": text, "url": f"{self.url}/api/swagger"}

    def refused(self, headers):
        if headers.get("authorization") != f"token {TOKEN}":
            return 401, self.error("token is required")

    def serve(self, method, segments, query, fields, headers):
        if segments == ["user"]:
            return 200, {"id": 1, "login": "bot"}
        if segments[0] in ("orgs", "users") and segments[2:] == ["repos"]:
            return self.repositories(*segments[:2], query)
        path, found = self.holder(segments)
        if path in self.moved:
            return 307, None, {"Location": f"{self.url}/api/v1/{self.moved[path]}/{'/'.join(segments[3:])}"}
        if found is None:
            return 404, {**self.error("The target couldn't be found."), "errors": None}
        rest = segments[len(path.split("/")):]
        if not rest and path.startswith("repos/"):
            return 200, self.repository(path.removeprefix("repos/"))
        scope = {"repos": "write:repository", "orgs": "write:organization", "user": "write:user"}[path.split("/")[0]]
        if method != "GET" and scope not in self.scopes:
            return 403, self.error(f"token does not have at least one of required scope(s): [{scope}]")
        if not self.owner or path in self.closed:
            return 403, self.error("user should be the owner of the repo")
        return self.actions(method, path, found, rest, query, fields)

    def repository(self, name):
        return {"id": 1, "full_name": name, "has_actions": self.has_actions, "archived": name in self.archived}

    def repositories(self, kind, owner, query):
        """Of an organization, or of a user: where there is none of the name it is not found."""
        names = [path.removeprefix("repos/") for path in self.places if path.startswith(f"repos/{owner}/")]
        is_organization = f"orgs/{owner}" in self.places
        if (kind == "orgs") != is_organization or not (names or is_organization):
            return 404, {**self.error("The target couldn't be found."), "errors": None}
        return self.page([self.repository(name) for name in names], query)

    def holder(self, segments):
        depth = {"repos": 3, "orgs": 2, "user": 1}.get(segments[0], 1)
        path = "/".join(segments[:depth])
        return path, self.places.get(path)

    def actions(self, method, path, place, rest, query, fields):
        kind = rest[1]
        if len(rest) == 2:
            if path == "user" and kind == "secrets" and not self.lists_users:
                return 404, {**self.error("not found"), "errors": None}
            shown = [self.shown(kind, name, item, listed=path.startswith("repos/")) for name, item in place[kind].items()]
            return self.page(shown, query)
        name = rest[2].upper()
        if re.match("FORGEJO_|GITEA_|GITHUB_", name):
            return 400, self.error("invalid secret name")
        item = place[kind].get(name)
        if kind == "variables" and method == "GET":
            return (200, self.shown(kind, name, item)) if item else (404, {**self.error("not found"), "errors": None})
        if kind == "variables" and method == "POST" and item:
            return 409, self.error("variable already exists")
        if kind == "variables" and method == "PUT" and not item:
            return 404, {**self.error("not found"), "errors": None}
        place[kind][name] = {
            "value": fields["data" if kind == "secrets" else "value"], "created_at": (item or {}).get("created_at", vendor.moment()),
            # Forgejo has no descriptions; Gitea takes away one that is not sent again.
            "description": fields.get("description", "") if self.gitea else ""}
        return (201 if not item and (self.gitea or kind == "secrets") else 204), None

    def shown(self, kind, name, item, listed=False):
        description = {"description": item["description"]} if self.gitea else {}
        if kind == "secrets":
            return {"name": name, "created_at": item["created_at"], **description}
        # The list of a repository's leaves values out, as that of Forgejo does.
        data = "" if listed and not self.gitea else item["value"]
        return {"name": name, "data": data, "owner_id": 1, "repo_id": 1, **description}

    @staticmethod
    def page(items, query, size=1):
        """Small pages, so that there are several."""
        number = int(query.get("page", 1))
        shown = items[(number - 1) * size:number * size]
        return 200, shown, {"X-Total-Count": str(len(items)), "Link": '<http://elsewhere.invalid/?page=9>; rel="last"'}
