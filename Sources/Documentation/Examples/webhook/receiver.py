#!/usr/bin/env python3
"""Receives key pairs from keyturn's pusher `webhook`, and keeps each in a file of its own: an example to start from.

    RECEIVER_SECRET=… python3 receiver.py DIRECTORY [PORT]

Run it behind a server that ends TLS: keyturn sends plain http to its own machine alone.
"""

import hashlib
import hmac
import http.server
import json
import os
import pathlib
import sys
import time

SECRET = os.environ["RECEIVER_SECRET"].encode()
DIRECTORY = pathlib.Path(sys.argv[1])
#: The only paths that there are, and the file of each.
PATHS = {"/hooks/app": "app.json", "/hooks/other": "other.json"}
LARGEST = 64 << 10


def is_keyturns(header, body, secret):
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    time_sent, code = parts.get("t", ""), parts.get("v1", "")
    if not time_sent.isdecimal() or abs(time.time() - int(time_sent)) > 300:
        return False
    wanted = hmac.new(secret, time_sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, code)


def sent_at(header):
    return int(dict(part.split("=", 1) for part in header.split(","))["t"])


def store(path, push, time_sent):
    """Replaces the file as a whole, so that no job reads halves of two pairs. False: a newer push was stored before."""
    file = DIRECTORY / PATHS[path]
    if file.exists() and json.loads(file.read_text())["sent-at"] > time_sent:
        return False
    kept = {name: push[name] for name in ("access-key-id", "secret-access-key")}
    new = file.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        json.dump({**kept, "sent-at": time_sent}, output)
        output.flush()
        os.fsync(output.fileno())
    os.replace(new, file)
    return True


def held(path):
    """The key ID that is stored, as keyturn asks for it; None: there is none yet."""
    file = DIRECTORY / PATHS[path]
    return {"key-id": json.loads(file.read_text())["access-key-id"]} if file.exists() else None


class Receiver(http.server.BaseHTTPRequestHandler):
    def answer(self, status, document=None):
        body = json.dumps(document).encode() if document else b""
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def received(self):
        """The body of a request that is keyturn's, for a path that there is; None: it was answered."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_keyturns(self.headers.get("Keyturn-Signature", ""), body, SECRET):
            return self.answer(401)
        if self.path not in PATHS:
            return self.answer(404)
        return body

    def do_GET(self):
        if self.received() is not None:
            document = held(self.path)
            self.answer(200 if document else 204, document)

    def do_POST(self):
        body = self.received()
        if body is not None:
            is_stored = store(self.path, json.loads(body), sent_at(self.headers["Keyturn-Signature"]))
            self.answer(204 if is_stored else 409)

    def log_message(self, format, *arguments):
        # Statuses and paths; never a body.
        print(format % arguments, file=sys.stderr, flush=True)


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    server = http.server.HTTPServer(("127.0.0.1", port), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    # One request after the other: two pushes to one path never meet.
    server.serve_forever()
