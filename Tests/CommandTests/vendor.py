"""What stand-ins for a vendor's API share: a server, faults, and that each request and answer is held to the vendor's description."""

import http.server
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse

import boto3

import plugins

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "ClientTests"))
CONTRACTS = pathlib.Path(__file__).parents[3] / "shared" / "contracts"
#: Of lists that only `find` asks for.
OWN_CONTRACTS = pathlib.Path(__file__).parents[1] / "Contracts"


def moment(later=0):
    """RFC 3339, in milliseconds; seconds later than now."""
    now = time.time() + later
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z"


def assert_is_a_pair(world, id, secret, user="cicd-bot"):
    """AWS takes the two together, as the user's."""
    sts = boto3.client(
        "sts", endpoint_url=world.sandbox.aws, region_name=world.sandbox.region, aws_access_key_id=id,
        aws_secret_access_key=secret)
    assert sts.get_caller_identity()["Arn"].endswith(f"/{user}")


class Answer:
    """A status, a document, header fields besides the usual ones; a document of None is an empty body, one of bytes is sent as it is."""

    def __init__(self, status_code, document, headers):
        self.status_code = status_code
        self.content = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        self.headers = headers

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


class Vendor(plugins.Served):
    """A service on loopback. A subclass answers `serve(method, place, query, fields, headers)` with a status and a document.

    contract: the description's name; prefix: what stands before its paths; headers: fields of every answer.
    """

    def __init__(self, contract, prefix="", media="application/json", headers=None):
        self.prefix = prefix
        self.requests = []
        self.faults = []
        self.lock = threading.Lock()
        #: What was wrong with requests and answers by the vendor's description.
        self.wrong = []
        files = [CONTRACTS / f"{contract}.openapi.yaml", OWN_CONTRACTS / f"{contract}-find.openapi.yaml"]
        self.contracts = []
        if files[0].exists():
            from contract import Contract
            self.contracts = [Contract(file) for file in files if file.exists()]
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with service.lock:
                    status, document, *more = service.answer(self.command, self.path, self.headers, body)
                    service.requests.append((self.command, self.path, status))
                    fields = {"Content-Type": media, **(headers or {}), **(more[0] if more else {})}
                    answer = Answer(status, document, fields)
                    service.check(
                        self.command, self.path,
                        lambda contract: contract.check(self.command, service.place(self.path), answer))
                self.send_response(status)
                for name, value in fields.items():
                    if answer.content or name != "Content-Type":
                        self.send_header(name, value)
                if status != 204:
                    self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)
        self.url += prefix

    def place(self, path):
        return path.removeprefix(self.prefix).partition("?")[0]

    def check(self, method, path, claim):
        """Holds a request or an answer against the descriptions that know the operation: it has to fit one of them."""
        found = []
        knowing = [contract for contract in self.contracts if contract.has(method, self.place(path))]
        for contract in knowing or self.contracts[:1]:
            try:
                return claim(contract)
            except Exception as error:  # Each kind of violation, for the test to show at its end.
                found.append(f"{type(error).__name__}: {str(error)[:400]}")
        self.wrong += found[:1]

    def fail(self, method, path, status, times=1):
        """The next requests of that kind are answered with that status, and not carried out."""
        self.faults.append([method, path, status, times])

    def lose(self, method, path, times=1):
        """The next requests of that kind are carried out, and answered with 500."""
        self.faults.append([method, path, None, times])

    def answer(self, method, path, headers, body):
        place = self.place(path)
        self.check(method, path, lambda contract: contract.check_request(method, path.removeprefix(self.prefix), body))
        refused = self.refused(headers)
        if refused:
            return refused
        lost = False
        for fault in self.faults:
            if fault[0] == method and re.search(fault[1], place) and fault[3] > 0:
                fault[3] -= 1
                if fault[2] is not None:
                    return fault[2], self.error("no")
                lost = True
                break
        query = dict(urllib.parse.parse_qsl(path.partition("?")[2], keep_blank_values=True))
        segments = [urllib.parse.unquote(segment) for segment in place.strip("/").split("/")]
        answer = self.serve(method, segments, query, self.parsed(body) if body else {}, headers)
        return (500, self.error("lost")) if lost else answer

    def parsed(self, body):
        """What a request's body says."""
        return json.loads(body)

    def error(self, text):
        """The vendor's error body."""
        return {"message": text}

    def refused(self, headers):
        """The answer to a request without the right token, or None."""
        raise NotImplementedError

    def serve(self, method, segments, query, fields, headers):
        raise NotImplementedError
