"""The pusher ABI keeps what it promised in version 1.0: old plugins on today's host, today's plugins on an old host."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import plugins
import program
from test_pushers import key_held

ROOT = pathlib.Path(__file__).parents[2]
OLD = ROOT / "Tests" / "Compatibility" / "v1.0"
HEADER = "keyturn_pusher.h"
#: Types that are frozen for ever: not even appending is allowed.
FROZEN = {"kt_string", "kt_bytes", "kt_header"}


def compile(*arguments):
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{OLD}", *arguments], check=True, timeout=60)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def structs(text):
    """The fields of every struct, in order, each with its type and in one spelling."""
    found = {}
    for name, body in re.findall(r"struct (kt_\w+) \{(.*?)\n\}", without_comments(text), flags=re.DOTALL):
        found[name] = [" ".join(field.split()) for field in body.split(";") if field.strip()]
    return found


def constants(text):
    """Every constant's definition, and every typedef of a number or function."""
    text = without_comments(text).replace("\\\n", " ")
    found = {name: " ".join(value.split()) for name, value in re.findall(r"#define (KT_\w+(?:\([^)]*\))?) (.+)", text)}
    found.update({line: "" for line in re.findall(r"^typedef (?!struct)[^{;]+;", text, flags=re.MULTILINE)})
    return found


def breaches(old, new):
    """What the new header breaks of the old one's promise."""
    found = []
    fields = structs(new)
    for name, before in structs(old).items():
        after = fields.get(name, [])
        if after[:len(before)] != before or (name in FROZEN and after != before):
            found.append(name)
    definitions = constants(new)
    for name, value in constants(old).items():
        if name == "KT_ABI_MINOR":
            if int(definitions.get(name, -1)) < int(value):
                found.append(name)
        elif definitions.get(name) != value and not name.startswith(("KT_AT", "KT_SIZE")):
            found.append(name)
    return found


def layout_program(old):
    """A C file that does not compile where an offset, a size or a value of the old header has changed."""
    lines = ['#include "keyturn_pusher.h"', "#include <stddef.h>"]
    for type, field, offset in re.findall(r"^KT_AT\((\w+), (\w+), (\d+)\);", old, flags=re.MULTILINE):
        lines.append(f'_Static_assert(offsetof({type}, {field}) == {offset}, "{type}.{field}");')
    for type, size in re.findall(r"^KT_SIZE\((\w+), (\d+)\);", old, flags=re.MULTILINE):
        lines.append(f'_Static_assert(sizeof({type}) {"==" if type in FROZEN else ">="} {size}, "{type}");')
    for name, number in re.findall(r"^#define (KT_\w+) \(\(\w+\)(\d+)\)", old, flags=re.MULTILINE):
        lines.append(f'_Static_assert({name} == {number}, "{name}");')
    for name, text in re.findall(r'^#define (KT_\w+) ("[^"]+")', old, flags=re.MULTILINE):
        lines.append(f'_Static_assert(__builtin_strcmp({name}, {text}) == 0, "{name}");')
    return "\n".join(lines) + "\n"


def header(directory):
    return (directory / HEADER).read_text()


def compiles(directory, source):
    file = directory / "layout.c"
    file.write_text(source)
    done = subprocess.run(["cc", "-std=gnu11", f"-I{directory}", "-fsyntax-only", file], capture_output=True, timeout=60)
    return done.returncode == 0


def test_the_header_only_grows(tmp_path):
    """Against the header of 1.0: every struct begins as it did, every constant is what it was."""
    now = header(program.stage() / "include")
    assert now == header(ROOT / "plugin-sdk" / "include")
    assert breaches(header(OLD), now) == []
    (tmp_path / HEADER).write_text(now)
    source = layout_program(header(OLD))
    assert source.count("_Static_assert") > 110
    assert compiles(tmp_path, source)


#: Changes of the header, and whether they keep the promise.
CHANGES = [
    ("a field at the end", "    void (*report)(const kt_call *call, const kt_report *report);\n",
     "    void (*report)(const kt_call *call, const kt_report *report);\n    void *later;\n", True),
    ("a new constant", "#define KT_INTERNAL ((kt_outcome)11)", "#define KT_NEW ((kt_outcome)12)\n#define KT_INTERNAL ((kt_outcome)11)",
     True),
    ("a higher minor version", "#define KT_ABI_MINOR 0", "#define KT_ABI_MINOR 1", True),
    ("a field in the middle", "    kt_evidence evidence; ", "    int64_t more;\n    kt_evidence evidence; ", False),
    ("two fields swapped", "    kt_string access_key_id;\n    kt_string secret_access_key;\n",
     "    kt_string secret_access_key;\n    kt_string access_key_id;\n", False),
    ("another type", "    uint32_t status; /* 0", "    uint64_t status; /* 0", False),
    ("another argument", "int32_t (*sleep_ms)(const kt_call *call, int64_t milliseconds);",
     "int32_t (*sleep_ms)(const kt_call *call, int32_t milliseconds);", False),
    ("another value", "#define KT_CONFLICT ((kt_outcome)6)", "#define KT_CONFLICT ((kt_outcome)60)", False),
    ("a constant that is gone", "#define KT_HTTP_TLS ((kt_http_error)7) ", "#define KT_HTTP_TLX ((kt_http_error)7) ", False),
    ("another service name", '"kt.http/1"', '"kt.http/2"', False),
    ("a frozen type that grows", "    kt_string value;\n} kt_header;", "    kt_string value;\n    kt_string more;\n} kt_header;", False),
    ("another number type", "typedef int32_t kt_outcome;", "typedef int64_t kt_outcome;", False),
    ("a struct that is gone", "struct kt_log {", "struct kt_logger {", False),
]


@pytest.mark.parametrize("what, old, new, is_kept", CHANGES, ids=[change[0] for change in CHANGES])
def test_a_change_that_breaks_the_promise_is_found(what, old, new, is_kept):
    """Appending is allowed, everything else is not."""
    text = header(OLD)
    assert text.count(old) >= 1, f"{what}: the header has no such place"
    assert (breaches(text, text.replace(old, new, 1)) == []) is is_kept


def test_the_layout_program_can_fail(tmp_path):
    """With a field in the middle it does not compile."""
    text = re.sub(r"^KT_(AT|SIZE)\(.*\);$", "", header(OLD), flags=re.MULTILINE)
    (tmp_path / HEADER).write_text(text)
    assert compiles(tmp_path, layout_program(header(OLD)))
    (tmp_path / HEADER).write_text(text.replace("    kt_string method; ", "    int64_t more;\n    kt_string method; ", 1))
    assert not compiles(tmp_path, layout_program(header(OLD)))


def put_old_plugin(directory, language):
    """The plugin of 1.0, built from the header of 1.0 or from what it was in Rust."""
    place = directory / "frozen"
    place.mkdir(parents=True)
    text = json.dumps(plugins.manifest("frozen"))
    (place / "manifest.json").write_text(text)
    if language == "rust":
        subprocess.run(
            ["rustc", "--edition", "2021", "--crate-type", "cdylib", "--crate-name", "pusher", "-A", "warnings", "-o",
             place / "pusher.so", OLD / "pusher.rs"],
            check=True, timeout=80, env={**os.environ, "MANIFEST": str(place / "manifest.json")})
        return
    compile("-shared", "-fPIC", f"-DMANIFEST={json.dumps(text)}", "-o", place / "pusher.so", OLD / "pusher.c")


@pytest.mark.parametrize("language", ["c", "rust"])
def test_an_old_plugin_delivers_on_todays_host(cast, language):
    """A whole rotation, with the evidence of its report; the one in C uses all services."""
    if language == "rust" and not shutil.which("rustc"):
        pytest.skip("rustc is not there")
    put_old_plugin(cast.directory, language)
    cast.use("old", "frozen", "here", "there")
    cast.world.must("check", "--online")
    cast.world.must("rotate", "--wait")
    (new,) = cast.sandbox.keys()
    assert key_held(cast.server, "here") == key_held(cast.server, "there") == new
    # It says that it was read back, and no answer of the service held the key's ID.
    assert cast.world.deliveries()["old:here"]["evidence"] == "acknowledged"
    assert cast.server.headers[0]["authorization"] == cast.token


@pytest.fixture(scope="module")
def old_host(tmp_path_factory):
    """The host of 1.0, built from the header of 1.0."""
    path = tmp_path_factory.mktemp("old") / "host"
    compile("-rdynamic", "-o", path, OLD / "host.c", "-ldl")

    def call(library, configuration, target, status):
        done = subprocess.run(
            [path, library, json.dumps(configuration), json.dumps(target), str(status)], capture_output=True, timeout=30)
        assert done.returncode == 0, done
        lines = [line.partition(" ") for line in done.stdout.decode().splitlines()]
        return {name: value for name, _, value in lines}

    return call


NAMES = {"access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"}


@pytest.mark.parametrize("identifier, target", [
    ("travis-ci", {"repository": "acme/app"}), ("gitlab-ci", {"project": "acme/tools/app"}),
    ("github-actions", {"repository": "acme/app"}),
])
def test_todays_plugins_work_on_an_old_host(old_host, identifier, target):
    """They open, ask, understand the answer and report, with what a host of 1.0 gives them."""
    library = program.stage() / "lib" / "keyturn" / "pushers" / identifier / "pusher.so"
    for status, outcome in ((401, "4"), (503, "2"), (429, "3")):
        found = old_host(library, {"token": "a-token-of-a-test"}, {**target, **NAMES}, status)
        assert found["id"] == identifier and found["open"] == "0"
        assert (found["check"], found["push"], found["inspect"]) == (outcome,) * 3, found
        assert int(found["requests"]) >= 3 and str(status) in found["said"]
    assert old_host(library, {}, {}, 200)["open"] == "7"
