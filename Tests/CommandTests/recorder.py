"""A proxy on loopback: holds every request and answer against GitHub's description of its API, and remembers them."""

import http.client
import http.server
import pathlib
import sys
import threading
import urllib.parse

import pytest
import requests

CLIENT_TESTS = pathlib.Path(__file__).parents[1] / "ClientTests"
sys.path.append(str(CLIENT_TESTS))

import github_more  # noqa: E402
from contract import Contract  # noqa: E402


def github_contract(name="github-actions", complete=github_more.complete):
    file = pathlib.Path(__file__).parents[3] / "shared" / "contracts" / f"{name}.openapi.yaml"
    if not file.exists():
        pytest.skip(f"the contract {file.name} is not here")
    return Contract(file, complete)


def check_headers(headers, has_body):
    """What GitHub asks of every request."""
    assert headers["Authorization"].startswith("Bearer ") and headers["User-Agent"].startswith("keyturn-github-actions/")
    assert headers["X-GitHub-Api-Version"] == "2022-11-28" and headers["Accept"] == "application/vnd.github+json"
    assert not has_body or headers["Content-Type"] == "application/json"


class Recorder:
    def __init__(self, upstream):
        self.contract = github_contract()
        #: Method, template and status of each.
        self.seen = []
        self.wrong = []
        recorder, host = self, urllib.parse.urlsplit(upstream).netloc

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                connection = http.client.HTTPConnection(host, timeout=10)
                connection.request(self.command, self.path, body or None, dict(self.headers))
                reply = connection.getresponse()
                content = reply.read()
                recorder.judge(self, body, reply, content)
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def judge(self, request, body, reply, content):
        try:
            template = self.contract.check_request(request.command, request.path, body)
            check_headers(request.headers, bool(body))
            response = requests.Response()
            response.status_code, response._content = reply.status, content
            response.headers.update(reply.getheaders())
            self.contract.check(request.command, request.path.partition("?")[0], response)
            self.seen.append((request.command, template, reply.status))
        except Exception as error:  # reported by the test, not here
            self.wrong.append(f"{request.command} {request.path}: {str(error).splitlines()[0]}")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        assert not self.wrong, "\n".join(sorted(set(self.wrong)))
