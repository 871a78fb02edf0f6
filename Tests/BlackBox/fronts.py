"""Servers between keyturn and the services: they hand requests on, and do to some of them what services and networks do."""

import http.client
import http.server
import pathlib
import re
import socket
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "CommandTests"))
import plugins  # noqa: E402
import signin  # noqa: E402

http.server.ThreadingHTTPServer.request_queue_size = 256

#: What happens to a request, by the name in the table.
FAULTS = {
    "429": {"status": 429, "headers": {"Retry-After": "1"}}, "500": {"status": 500}, "502": {"status": 502}, "503": {"status": 503},
    "slow": {"delay": 2.0}, "cut": {"cut": True}, "cut after the effect": {"cut": True, "effect": True},
    "redirect": {"status": 302, "redirects": True}, "redirect with the body": {"status": 307, "redirects": True},
}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Trap(plugins.Served):
    """Where redirects lead: no request of keyturn's may ever come here."""

    def __init__(self):
        came = self.came = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                came.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        super().__init__(Handler)


class Front(plugins.Served):
    """A service's address as keyturn knows it."""

    def __init__(self, upstream, trap):
        self.upstream, self.trap = urllib.parse.urlsplit(upstream), trap
        self.lock = threading.Lock()
        #: Faults of the next requests, and how often each has struck.
        self.waiting, self.struck = [], {}
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                front.serve(self, body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_any

            def log_message(self, *_):
                pass

        super().__init__(Handler)
        self.server.handle_error = lambda *_: None
        self.url += self.upstream.path

    def fail(self, name, times):
        with self.lock:
            self.waiting += [name] * times

    def calm(self):
        with self.lock:
            self.waiting.clear()

    def strike(self):
        with self.lock:
            if not self.waiting:
                return {}
            name = self.waiting.pop(0)
            self.struck[name] = self.struck.get(name, 0) + 1
            return FAULTS[name]

    def serve(self, request, body):
        fault = self.strike()
        time.sleep(fault.get("delay", 0))
        if "status" in fault:
            fields = dict(fault.get("headers", {}))
            if fault.get("redirects"):
                fields["Location"] = self.trap.url + request.path
            return self.reply(request, fault["status"], {**fields, "Content-Type": "application/json"}, b'{"message": "not now"}')
        if not fault.get("cut") or fault.get("effect"):
            answer = self.answer(request, body)
        if fault.get("cut"):
            request.close_connection = True
            return request.connection.shutdown(socket.SHUT_RDWR)
        return self.reply(request, *answer)

    def answer(self, request, body):
        """The service's status, header fields and body."""
        return self.hand_on(self.upstream, request, body)

    @staticmethod
    def hand_on(upstream, request, body):
        # With the name of the host that was signed.
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=30)
        try:
            connection.request(request.command, request.path, body or None, headers)
            reply = connection.getresponse()
            fields = {name: value for name, value in reply.getheaders() if name.lower() not in HOP_BY_HOP}
            return reply.status, fields, reply.read()
        finally:
            connection.close()

    @staticmethod
    def reply(request, status, fields, content):
        request.send_response(status)
        for name, value in fields.items():
            if name.lower() not in ("date", "server"):
                request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)


class AWSFront(Front):
    """One address for two AWS: IAM and STS of the sandbox, and the stores of moto, whose role a session is for."""

    def __init__(self, sandbox, moto, trap):
        self.moto, self.sessions = moto, set()
        super().__init__(sandbox, trap)

    def answer(self, request, body):
        key = re.search(r"Credential=(\w+)/", request.headers.get("Authorization") or "")
        if key and key.group(1) in self.sessions:
            return self.hand_on(urllib.parse.urlsplit(self.moto.url), request, body)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if form.get("Action") == "AssumeRole":
            sts = self.moto.client("sts", self.moto.admin["AccessKeyId"], self.moto.admin["SecretAccessKey"])
            issued = sts.assume_role(RoleArn=form["RoleArn"], RoleSessionName=form["RoleSessionName"])["Credentials"]
            self.sessions.add(issued["AccessKeyId"])
            text = signin.SESSION.format(
                "AssumeRole", issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"],
                issued["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"))
            return 200, {"Content-Type": "text/xml"}, text.encode()
        return super().answer(request, body)


def struck(fronts):
    """How often each fault struck, over all of them."""
    total = {}
    for front in fronts:
        for name, count in front.struck.items():
            total[name] = total.get(name, 0) + count
    return total


__all__ = ["AWSFront", "FAULTS", "Front", "Trap", "struck"]
