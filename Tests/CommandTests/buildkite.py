"""A stand-in for Buildkite's REST API, as far as a pusher needs it."""

import uuid

import vendor

TOKEN = "bkua_0123456789abcdef0123456789abcdef01234567"
SCOPES = ["read_clusters", "read_secret_details", "write_secrets"]
RATES = {
    f"RateLimit-{user}{name}": value
    for user, scope in (("", "rest"), ("User-", "rest_user"))
    for name, value in (("Scope", scope), ("Limit", "200"), ("Remaining", "190"), ("Reset", "30"))}


class Buildkite(vendor.Vendor):
    """Clusters with their secrets.

    `silent`: whether a write of a value is answered with nothing, as a client library of the vendor's has it in its tests.
    """

    def __init__(self, clusters=("builds", "deploy"), silent=False):
        self.silent = silent
        self.scopes = list(SCOPES)
        self.expires_at = None
        self.page_size = 1
        #: Whether the list lacks what a write then finds.
        self.stale = False
        self.clusters = {str(uuid.uuid4()): {"name": name, "secrets": {}} for name in clusters}
        super().__init__("buildkite", "/v2", headers=RATES)

    def refused(self, headers):
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Authentication required. Please supply a valid API Access Token"}

    def secrets(self, name):
        """By their keys, what a cluster's secrets are."""
        cluster = next(cluster for cluster in self.clusters.values() if cluster["name"] == name)
        return {secret["key"]: secret for secret in cluster["secrets"].values()}

    def serve(self, method, segments, query, fields, headers):
        missing = 404, {"message": "Not Found"}
        if segments == ["access-token"]:
            return 200, {"uuid": str(uuid.uuid4()), "scopes": self.scopes, "expires_at": self.expires_at}
        if segments[:3] != ["organizations", "acme", "clusters"]:
            return missing
        if len(segments) == 3:
            return self.page([{"id": id, "name": cluster["name"]} for id, cluster in self.clusters.items()], query)
        cluster = self.clusters.get(segments[3])
        if cluster is None or segments[4:5] != ["secrets"]:
            return missing
        if "write_secrets" not in self.scopes and method != "GET":
            return 403, {"message": "Forbidden"}
        return self.secret(method, cluster["secrets"], segments[5:], query, fields) or missing

    def secret(self, method, secrets, path, query, fields):
        if not path and method == "GET":
            return self.page([] if self.stale else [self.shown(id, secret) for id, secret in secrets.items()], query)
        if not path:
            if any(secret["key"].lower() == fields["key"].lower() for secret in secrets.values()):
                self.stale = False
                return 422, {"message": "Validation failed: Key has already been taken"}
            id = str(uuid.uuid4())
            secrets[id] = {"key": fields["key"], "value": fields["value"], "at": vendor.moment(), "policy": None}
            return 201, self.shown(id, secrets[id])
        if path[0] not in secrets:
            return None
        secret = secrets[path[0]]
        if path[1:] == ["value"] and method == "PUT":
            secret.update(value=fields["value"], at=vendor.moment())
            return (204, None) if self.silent else (200, self.shown(path[0], secret))
        return (200, self.shown(path[0], secret)) if path[1:] == [] and method == "GET" else None

    @staticmethod
    def shown(id, secret):
        return {
            "id": id, "key": secret["key"], "policy": secret["policy"], "created_at": secret["at"], "updated_at": secret["at"],
            "last_read_at": None}

    def page(self, items, query):
        """Small pages, so that there are several."""
        size = self.page_size
        number = int(query.get("page", 1))
        more = number * size < len(items)
        link = {"Link": f'<http://elsewhere.example/?page={number + 1}&api_key=x>; rel="next"'} if more else {}
        return 200, items[(number - 1) * size:number * size], link
