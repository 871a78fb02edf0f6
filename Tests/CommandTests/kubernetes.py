"""A stand-in for a Kubernetes API server, as far as a pusher needs it: Secrets, and questions about permissions."""

import base64
import itertools

import vendor

TOKEN = "eyJhbGciOiJSUzI1NiJ9.service-account.0123456789abcdefghijklmnopqrstuvwxyz"
REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 422: "Invalid", 429: "TooManyRequests",
           500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


def status(code, message="no", reason=None, **details):
    return {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason or REASONS.get(code, "Unknown"), "details": details, "code": code}


class Kubernetes(vendor.Vendor):
    """Secrets by (namespace, name). `verbs`: what the token may do with them."""

    def __init__(self, *names):
        self.versions = itertools.count(100)
        self.token = TOKEN
        self.verbs = {"get", "patch"}
        self.secrets = {}
        #: Namespaces whose Secrets the token may list; whether it may list the namespaces.
        self.listable, self.lists_namespaces = set(), False
        #: Lists whose token for the next page has become too old.
        self.expired = 0
        #: Is called before a patch is carried out: what someone else does in between.
        self.meanwhile = None
        for name in names:
            self.make(*name)
        super().__init__("kubernetes-secrets")

    def make(self, namespace, name, data=None, **fields):
        """A Secret that someone makes by hand."""
        self.secrets[namespace, name] = {
            "kind": "Secret", "apiVersion": "v1", "type": "Opaque",
            "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{next(self.versions)}", "resourceVersion": str(next(self.versions))},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in (data or {}).items()}, **fields}

    def value(self, place, key):
        return base64.b64decode(self.secrets[place]["data"][key]).decode()

    def touch(self, place, **values):
        """Someone else writes a Secret."""
        secret = self.secrets[place]
        for key, value in values.items():
            secret["data"][key] = base64.b64encode(value.encode()).decode()
        secret["metadata"]["resourceVersion"] = str(next(self.versions))

    def error(self, text):
        return status(500, text)

    def refused(self, headers):
        if headers.get("authorization") != f"Bearer {self.token}":
            return 401, status(401, "Unauthorized")

    def serve(self, method, segments, query, fields, headers):
        if segments == ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] and method == "POST":
            wanted = fields["spec"]["resourceAttributes"]
            return 201, {**fields, "metadata": {}, "status": {"allowed": wanted["verb"] in self.verbs}}
        if segments == ["api", "v1", "namespaces"]:
            if not self.lists_namespaces:
                return 403, status(403, 'namespaces is forbidden: User "ci" cannot list resource "namespaces" at the cluster scope')
            names = sorted({namespace for namespace, _ in self.secrets} | self.listable)
            return self.listed("Namespace", [{"metadata": {"name": name}, "status": {"phase": "Active"}} for name in names], query)
        if segments[:3] == ["api", "v1", "namespaces"] and segments[4:] == ["secrets"]:
            return self.listed_secrets(segments[3], query)
        if segments[:3] != ["api", "v1", "namespaces"] or len(segments) != 6 or segments[4] != "secrets":
            return 404, status(404, "the server could not find the requested resource")
        place = segments[3], segments[5]
        verb = {"GET": "get", "PATCH": "patch"}[method]
        if verb not in self.verbs:
            return 403, status(403, f'secrets "{place[1]}" is forbidden: User "ci" cannot {verb} resource "secrets"')
        if place not in self.secrets:
            return 404, status(404, f'secrets "{place[1]}" not found', name=place[1], kind="secrets")
        if method == "PATCH":
            assert headers["content-type"] == "application/merge-patch+json" and query == {"fieldManager": "keyturn"}
            return self.patch(place, fields)
        return 200, self.secrets[place]

    def listed_secrets(self, namespace, query):
        assert query["fieldSelector"] == "type!=helm.sh/release.v1"
        if namespace not in self.listable:
            return 403, status(403, f'secrets is forbidden: User "ci" cannot list resource "secrets" in the namespace "{namespace}"')
        found = [secret for (place, _), secret in sorted(self.secrets.items()) if place == namespace]
        items = [{key: value for key, value in secret.items() if key not in ("kind", "apiVersion")}
                 for secret in found if secret.get("type") != "helm.sh/release.v1"]
        return self.listed("Secret", items, query)

    def listed(self, kind, items, query, size=2):
        """Small pages, whatever number was asked for."""
        first = int(query.get("continue", "0"))
        if first and self.expired:
            self.expired -= 1
            return 410, status(410, "The provided continue parameter is too old to display a consistent list result.", "Expired")
        more = {"continue": str(first + size)} if first + size < len(items) else {}
        return 200, {
            "kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1", **more}, "items": items[first:first + size]}

    def patch(self, place, fields):
        if self.meanwhile:
            self.meanwhile, act = None, self.meanwhile
            act()
        secret = self.secrets[place]
        if fields["metadata"].get("resourceVersion") not in (None, secret["metadata"]["resourceVersion"]):
            return 409, status(409, "the object has been modified; please apply your changes to the latest version and try again")
        if secret.get("immutable") and fields["data"]:
            return 422, status(422, f'Secret "{place[1]}" is invalid: data: Forbidden: field is immutable when `immutable` is set')
        for value in fields["data"].values():
            base64.b64decode(value, validate=True)
        secret["data"].update(fields["data"])
        secret["metadata"]["resourceVersion"] = str(next(self.versions))
        return 200, secret
