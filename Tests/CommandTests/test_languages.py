"""Pushers in C++, with exceptions, and in Zig, from the header alone: they conform and deliver."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import plugins
import program
from test_pushers import Cast

pytestmark = pytest.mark.later

PLAIN = pathlib.Path(__file__).parent / "pushers" / "plain"


def compile(*command, cwd, timeout=60, **environment):
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, timeout=timeout, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def prepare(place):
    place.mkdir(parents=True)
    for name in ("manifest.json", "conformance.json"):
        shutil.copy(PLAIN / name, place)


def build_cpp(place, *flags):
    """With Debian's compiler, and its library of C++ as a shared one, which every pusher finds."""
    prepare(place)
    literal = " ".join(json.dumps(line + "\n") for line in (place / "manifest.json").read_text().splitlines())
    (place / "manifest.h").write_text(f"#define MANIFEST {literal}\n")
    compile(
        "g++", "-std=c++11", "-pedantic", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared",
        f"-I{program.stage()}/include", f"-I{place}", f"-Wl,--version-script={PLAIN}/exports.map",
        "-Wl,-z,relro,-z,now,-z,noexecstack", "-o", place / "pusher.so", PLAIN / "pusher.cpp", *flags, cwd=place)
    (place / "manifest.h").unlink()


def build_zig(place):
    """With the compiler that pip brings. It writes the header in Zig itself."""
    prepare(place)
    source = place.parent / "zig"
    source.mkdir()
    for name in ("manifest.json", "pusher.zig"):
        shutil.copy(PLAIN / name, source)
    zig = [sys.executable, "-m", "ziglang"]
    include = program.stage() / "include"
    # What it builds for itself once is kept: a minute of work.
    cache = {"ZIG_GLOBAL_CACHE_DIR": str(pathlib.Path(sys.prefix) / "zig-cache"), "ZIG_LOCAL_CACHE_DIR": str(source / "cache")}
    text = compile(
        *zig, "translate-c", "-lc", f"-I{include}", include / "keyturn_pusher.h", cwd=source, timeout=280, **cache)
    (source / "abi.zig").write_bytes(text)
    compile(
        *zig, "build-lib", "-dynamic", "-fPIC", "-O", "ReleaseSafe", "-fstrip", "-lc", "-z", "relro", "-z", "now", "--name",
        "pusher", f"-femit-bin={place}/pusher.so", "pusher.zig", cwd=source, timeout=280, **cache)


class Service(plugins.Served):
    """What the two write to: keeps a pair at each place, and shows the ID of its key."""

    def __init__(self):
        kept = self.kept = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, document):
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_PUT(self):
                pair = kept[self.path] = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.answer(200, {"id": pair["id"]})

            def do_GET(self):
                if self.path == "/whoami":
                    return self.answer(200, {"user": "a-test"})
                if self.path not in kept:
                    return self.answer(404, {})
                return self.answer(200, {"id": kept[self.path]["id"]})

            def log_message(self, *_):
                pass

        super().__init__(Handler)


BUILDERS = {"cpp": build_cpp, "zig": build_zig}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", BUILDERS)
def test_a_pusher_conforms_and_delivers(tmp_path, language):
    """Every check without a warning, and then a rotation whose key is read back."""
    cast = Cast(tmp_path / "cast")
    cast.server.stop()
    cast.server = Service()
    try:
        place = cast.directory / "plain-put"
        BUILDERS[language](place)
        found = cast.world.run("plugin", "test", place, "--json", timeout=200).json
        assert [check for check in found["checks"] if check["result"] != "pass"] == []
        assert found["conforms"] is True and len(found["checks"]) > 80
        cast.use("mine", "plain-put", "here", "there")
        cast.world.must("check", "--online")
        cast.world.must("rotate", "--wait")
        (new,) = cast.sandbox.keys()
        pairs = [cast.server.kept[f"/places/{place}"] for place in ("here", "there")]
        assert [(pair["id"], len(pair["secret"])) for pair in pairs] == [(new, 40)] * 2
        deliveries = cast.world.deliveries()
        assert [deliveries[f"mine:{place}"]["evidence"] for place in ("here", "there")] == ["read-back"] * 2
    finally:
        cast.close()


def test_an_exception_that_leaves_a_function_is_a_crash_with_its_words(bare, tmp_path):
    """The same pusher, which throws where nothing catches."""
    place = tmp_path / "plain-put"
    build_cpp(place, "-DTHROWS_OUT", "-Wno-error=unused-function", "-Wno-unused-parameter", "-Wno-error")
    found = bare.run("plugin", "test", place, "--json", "--check", "push", "--check", "check").json
    results = {check["check"]: check for check in found["checks"]}
    assert results["check"]["result"] == "pass" and results["push"]["result"] == "crashed"
    assert "the frobnicator is full" in str(results["push"]), results["push"]
