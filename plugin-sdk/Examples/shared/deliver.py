#!/usr/bin/env python3
"""Delivers a real rotation: keyturn's sandbox takes the place of AWS, and this file that of Vault. Needs Python's own library only.

deliver.py KEYTURN PLUGINS: the program, and a directory with the pusher's directory.
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

TOKEN = "hvs.a-token-for-this-test"


class Vault(http.server.BaseHTTPRequestHandler):
    """Vault's key-value store, version 2: what a path holds, in memory."""

    held = {}

    def do_GET(self):
        if self.path.endswith("?list=true"):
            above = self.path.removesuffix("?list=true").replace("/metadata/", "/data/", 1) + "/"
            names = [path.removeprefix(above) for path in self.held if path.startswith(above)]
            return self.answer(200, {"data": {"keys": names}})
        found = self.held.get(self.path)
        self.answer(200, {"data": {"data": found}}) if found else self.answer(404, {"errors": []})

    def do_POST(self):
        self.write({})

    def do_PATCH(self):
        self.write(self.held[self.path]) if self.path in self.held else self.answer(404, {"errors": []})

    def write(self, old):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
        if self.headers.get("x-vault-token") != TOKEN:
            return self.answer(403, {"errors": ["permission denied"]})
        self.held[self.path] = {**old, **body["data"]}
        self.answer(200, {"data": {"version": 1}})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Keyturn:
    """keyturn with a configuration of its own. The caller's environment has variables that would lead it to another one, or to
    another account of AWS: they are left out."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("KEYTURN_", "AWS_"))}

    def start(self, *arguments):
        return subprocess.Popen(
            [self.program, *arguments], cwd=self.directory, env=self.environment, stdout=subprocess.PIPE, text=True)

    def run(self, *arguments, environment={}, stdout=None):
        """Runs a command. Where it fails, it has said why: this program ends with its status."""
        done = subprocess.run(
            [self.program, *arguments, "--config", self.directory / "keyturn.yaml"], cwd=self.directory, timeout=60,
            env={**self.environment, **environment}, stdout=stdout)
        if done.returncode != 0:
            print(f"deliver.py: `keyturn {' '.join(arguments)}` failed with status {done.returncode}", file=sys.stderr)
            sys.exit(done.returncode if done.returncode > 0 else 1)
        return done.stdout


def main(program, plugins):
    plugins = pathlib.Path(plugins).resolve()
    manifests = list(plugins.glob("*/manifest.json"))
    if len(manifests) != 1:
        sys.exit(f"deliver.py: {plugins} must have one pusher's directory, and has {len(manifests)}")
    identifier = json.loads(manifests[0].read_text())["id"]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Vault.held["/v1/secret/data/ci/acme/app"] = {"REGION": "eu-central-1"}
    with tempfile.TemporaryDirectory() as directory:
        keyturn = Keyturn(program, pathlib.Path(directory))
        sandbox = keyturn.start("sandbox", "--json", "--propagation-delay", "0")
        try:
            line = sandbox.stdout.readline()
            if not line:
                sys.exit(sandbox.wait(timeout=10) or 1)
            place = json.loads(line)
            configure(keyturn.directory, plugins, identifier, place, server.server_port)
            keyturn.run("plugin", "pin", identifier)
            environment = {
                "AWS_ACCESS_KEY_ID": place["accessKeyId"], "AWS_SECRET_ACCESS_KEY": place["secretAccessKey"], "TOKEN": TOKEN}
            keyturn.run("rotate", "--wait", environment=environment)
            status = json.loads(keyturn.run("status", "--json", stdout=subprocess.PIPE))
            found = json.loads(keyturn.run("find", "mine:ci/acme", "--json", environment=environment, stdout=subprocess.PIPE))
        finally:
            sandbox.terminate()
            sandbox.wait(timeout=10)
    (key,) = status["users"][0]["keys"]
    for path in ("/v1/secret/data/ci/acme/app", "/v1/secret/data/ci/acme/other"):
        held = Vault.held.get(path, {})
        need(held.get("AWS_ACCESS_KEY_ID") == key["id"], f"{path} holds another key than IAM")
        need(len(held.get("AWS_SECRET_ACCESS_KEY", "")) == 40, f"{path} holds no secret")
    places = {place["place"]: place.get("key") for place in found["find"]["places"]}
    need(places == dict.fromkeys(("ci/acme/app", "ci/acme/other"), key["id"]), f"`keyturn find` lists {places}")
    need(Vault.held["/v1/secret/data/ci/acme/app"].get("REGION") == "eu-central-1", "another field was lost")
    print(f"delivered: both secrets hold {key['id']}")


def need(condition, message):
    if not condition:
        sys.exit(f"deliver.py: {message}")


def configure(directory, plugins, identifier, place, port):
    seal_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    (directory / "seal.key").write_text(seal_key)
    (directory / "seal.key").chmod(0o600)
    (directory / "keyturn.yaml").write_text(json.dumps({
        "version": 1, "state": "sqlite:keyturn.db", "seal-key": {"file": "seal.key"},
        "aws": {"region": place["region"], "endpoint-url": place["aws"]},
        "plugins": {"path": [str(plugins)]},
        "pushers": {"mine": {
            "plugin": identifier, "token": {"env": "TOKEN"}, "endpoint": f"http://127.0.0.1:{port}"}},
        "defaults": {"rotate-every": "24h", "overlap": "1s", "soak": "1s"},
        "users": {place["users"][0]: {"targets": [
            {"pusher": "mine", "path": "ci/acme/app"}, {"pusher": "mine", "path": "ci/acme/other"}]}},
    }))


if __name__ == "__main__":
    main(*sys.argv[1:3])
