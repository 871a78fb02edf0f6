"""A stand-in for CircleCI's API, version 2, as far as a pusher needs it, held to the vendor's description where that is at hand."""

import http.server
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse
import uuid

import plugins

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "ClientTests"))
CONTRACT = pathlib.Path(__file__).parents[3] / "shared" / "contracts" / "circleci.openapi.yaml"
TOKEN = "CCIPAT_0123456789abcdef0123456789"


def moment(later=0):
    """RFC 3339, in milliseconds; seconds later than now."""
    now = time.time() + later
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"


def shown(value):
    """What CircleCI shows of a value: its last four characters, none of a short one."""
    return "xxxx" + (value[-4:] if len(value) > 3 else "")


class CircleCI(plugins.Served):
    """Projects and contexts with their variables.

    `overwrites`: whether creating a variable over one that is there changes it, or is refused: no source of the vendor settles it.
    """

    def __init__(self, projects=("gh/acme/app",), contexts=("deploy",), owner="gh/acme", overwrites=True):
        self.overwrites = overwrites
        self.owner = owner
        self.projects = {slug: {} for slug in projects}
        self.contexts = {str(uuid.uuid4()): {"name": name, "variables": {}} for name in contexts}
        self.requests = []
        self.faults = []
        self.lock = threading.Lock()
        self.contract = None
        if CONTRACT.exists():
            from contract import Contract
            self.contract = Contract(CONTRACT)
        #: What was wrong with requests and answers by the vendor's description.
        self.wrong = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with service.lock:
                    status, document = service.serve(self.command, self.path, self.headers, body)
                    service.requests.append((self.command, self.path, status))
                text = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"):
                    self.send_header(name, "1000")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)
        self.url += "/api/v2"

    def context(self, name):
        return next(context["variables"] for context in self.contexts.values() if context["name"] == name)

    def fail(self, method, path, status, times=1):
        """The next requests of that kind are answered with that status, and not carried out."""
        self.faults.append([method, path, status, times])

    def serve(self, method, path, headers, body):
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "You must log in first."}
        place, _, query = path.removeprefix("/api/v2").partition("?")
        for fault in self.faults:
            if fault[0] == method and re.search(fault[1], place) and fault[3] > 0:
                fault[3] -= 1
                return fault[2], {"message": "no"}
        if "%2F" in place.upper():
            return 404, {"message": "Not found."}
        place = urllib.parse.unquote(place)
        fields = json.loads(body) if body else {}
        self.check(method, place, fields if body else None)
        query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if found := re.fullmatch(r"/project/([^/]+/[^/]+/[^/]+)/envvar(?:/([^/]+))?", place):
            return self.project(method, found[1], found[2], fields, query)
        if place == "/context" and method == "GET":
            if query.get("owner-slug") != self.owner:
                return 403, {"message": "Forbidden"}
            named = [item for item in self.contexts.items() if query.get("name") in (None, item[1]["name"])]
            return 200, self.page([{"id": id, "name": context["name"], "created_at": moment()} for id, context in named], query)
        if found := re.fullmatch(r"/context/([^/]+)/environment-variable(?:/([^/]+))?", place):
            return self.variables(method, found[1], found[2], fields, query)
        return 404, {"message": "Not found."}

    def project(self, method, slug, name, fields, query):
        if slug not in self.projects:
            return 404, {"message": "Project not found"}
        variables = self.projects[slug]

        def one(name):
            return {"name": name, "value": shown(variables[name]["value"]), "created-at": variables[name]["at"]}

        if method == "GET" and name is None:
            return 200, self.page([one(name) for name in sorted(variables)], query)
        if method == "POST" and name is None:
            if fields["name"] in variables and not self.overwrites:
                return 400, {"message": "env var already exists"}
            variables[fields["name"]] = {"value": fields["value"], "at": moment()}
            return 201, one(fields["name"])
        if name not in variables:
            return 404, {"message": "Environment variable not found."}
        if method == "DELETE":
            del variables[name]
            return 200, {"message": "ok"}
        return (200, one(name)) if method == "GET" else (405, {"message": "Method not allowed"})

    def variables(self, method, id, name, fields, query):
        if id not in self.contexts:
            return 403, {"message": "Forbidden"}
        variables = self.contexts[id]["variables"]

        def one(name, with_end):
            entry = variables[name]
            answer = {"variable": name, "context_id": id, "created_at": entry["at"], "updated_at": entry["at"]}
            return {**answer, "truncated_value": entry["value"][-4:]} if with_end else answer

        if method == "GET" and name is None:
            return 200, self.page([one(name, True) for name in sorted(variables)], query)
        if method == "PUT" and name is not None:
            variables[name] = {"value": fields["value"], "at": moment()}
            return 200, one(name, False)
        return 405, {"message": "Method not allowed"}

    @staticmethod
    def page(items, query, size=2):
        """Small pages, so that there are several."""
        start = int(query.get("page-token", 0))
        following = start + size
        return {"items": items[start:following], "next_page_token": str(following) if following < len(items) else None}

    def check(self, method, place, fields):
        """Whether a request is one that the vendor describes."""
        if self.contract is None:
            return
        for template, operations in self.contract.document["paths"].items():
            pattern = re.sub(r"\\\{project\\-slug\\\}", "[^/]+/[^/]+/[^/]+", re.escape(template))
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
            if not re.fullmatch(pattern, place) or method.lower() not in operations:
                continue
            declared = operations[method.lower()].get("requestBody")
            if (declared is None) != (fields is None):
                self.wrong.append(f"{method} {place}: a body {'' if fields is None else 'not '}expected")
            elif declared:
                schema = declared["content"]["application/json"]["schema"]
                for _ in range(8):
                    if "$ref" in schema:
                        schema = self.contract.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
                missing = set(schema.get("required", [])) - set(fields)
                strange = set(fields) - set(schema.get("properties", {}))
                if missing or strange:
                    self.wrong.append(f"{method} {place}: {missing} missing, {strange} strange")
            return
        self.wrong.append(f"{method} {place} is not described")
