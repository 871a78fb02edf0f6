"""Compiles pushers in plain C against the installed header, and puts them where keyturn looks for them."""

import http.server
import json
import pathlib
import subprocess
import threading
import time

import program

SOURCE = pathlib.Path(__file__).parent / "pushers" / "pusher.c"


def manifest(name, **changes):
    return {
        "id": name, "version": "1.0.0", "summary": "for tests", "abi": {"min": 1, "max": 1}, "hosts": [],
        "threads": "many", "secrets": ["token"], "place": ["place"],
        "configuration": {
            "type": "object", "additionalProperties": False, "required": ["token"],
            "properties": {"token": {"type": "string"}, "endpoint": {"type": "string"}}},
        "target": {
            "type": "object", "additionalProperties": False, "required": ["place"],
            "properties": {
                "place": {"type": "string"}, "do": {"type": "string"}, "access-key-id": {"type": "string"},
                "secret-access-key": {"type": "string"}}},
        **changes,
    }


def put(directory, name, says=None, also=(), **macros):
    """Compiles one as `directory/name/pusher.so`, with its manifest next to it; `also`: more files and options for the compiler."""
    place = pathlib.Path(directory) / name
    place.mkdir(parents=True)
    text = json.dumps(says or manifest(name))
    (place / "manifest.json").write_text(text)
    macros = {"ID": json.dumps(name), "MANIFEST": json.dumps(text), **macros}
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{program.stage()}/include",
         *(f"-D{name}={value}" for name, value in macros.items()), "-o", place / "pusher.so", SOURCE, *also],
        check=True, timeout=60)
    return place


class Served:
    """A server on loopback, in threads of its own."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Server(Served):
    """What the pushers write to: keeps the last body that each path was given."""

    def __init__(self):
        kept = self.kept = {}
        headers = self.headers = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                kept[self.path.lstrip("/")] = body.decode()
                headers.append(dict(self.headers))
                how, _, rest = self.path.lstrip("/").partition("/")
                status = {"accepted": 202, "proxy": 203, "redirect": 302, "echo": 404}.get(how, 200)
                content = rest.encode() if how in ("read-back", "accepted", "echo") else b""
                self.send_response(status)
                self.send_header("content-type", "text/html" if how == "web-page" else "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT

            def log_message(self, *_):
                pass

        super().__init__(Handler)


def waited_for_runner(parent, seconds=20):
    """The process ID of a runner that a program has started."""
    children = pathlib.Path(f"/proc/{parent}/task/{parent}/children")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            for child in task.read_text().split():
                if b"keyturn-runner" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        time.sleep(0.01)
    raise AssertionError(f"no runner: {children}")


def wait_until_gone(process, seconds=10):
    """Waits until a process has ended."""
    end = time.monotonic() + seconds
    while pathlib.Path(f"/proc/{process}").exists():
        assert time.monotonic() < end, f"{process} is still there"
        time.sleep(0.01)
