"""The pusher ABI keeps what it promised in version 1.0: old plugins on today's host, today's plugins on an old host."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import plugins
import program
from test_aws_targets import Echo, REGION
from test_find import places
from test_pushers import key_held

ROOT = pathlib.Path(__file__).parents[2]
OLD = ROOT / "Tests" / "Compatibility" / "v1.0"
HEADER = "keyturn_pusher.h"
#: Made once, and never again: see README.md there.
LIBRARY, HOST = OLD / "pusher-x86_64.so", OLD / "host-x86_64"
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
        # A later host may allow more, and never less.
        if name == "KT_ABI_MINOR" or name.startswith("KT_MAX_"):
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
    assert source.count("_Static_assert") > 160
    assert compiles(tmp_path, source)


#: Changes of the header, and whether they keep the promise.
CHANGES = [
    ("a field at the end", "    void (*report)(const kt_call *call, const kt_report *report);\n",
     "    void (*report)(const kt_call *call, const kt_report *report);\n    void *later;\n", True),
    ("a third value", "    kt_string secret_access_key;\n} kt_key_pair;", "    kt_string secret_access_key;\n    kt_string session_token;\n} kt_key_pair;",
     True),
    ("another function of an extension", "const kt_scope *scope, const kt_found *found);\n} kt_find;",
     "const kt_scope *scope, const kt_found *found);\n    kt_outcome (*page)(void *instance);\n} kt_find;", True),
    ("a new constant", "#define KT_INTERNAL ((kt_outcome)11)", "#define KT_NEW ((kt_outcome)12)\n#define KT_INTERNAL ((kt_outcome)11)",
     True),
    ("a higher minor version", "#define KT_ABI_MINOR 0", "#define KT_ABI_MINOR 1", True),
    ("a field in the middle", "    kt_evidence evidence; ", "    int64_t more;\n    kt_evidence evidence; ", False),
    ("two fields swapped", "    kt_string access_key_id;\n    kt_string secret_access_key;\n",
     "    kt_string secret_access_key;\n    kt_string access_key_id;\n", False),
    ("an order within what was found", "    kt_string audience;", "    uint64_t rank;\n    kt_string audience;", False),
    ("another smallest size", "#define KT_MIN_SIZE_FIND 24", "#define KT_MIN_SIZE_FIND 32", False),
    ("a higher limit", "#define KT_MAX_SCOPES 20000", "#define KT_MAX_SCOPES 40000", True),
    ("a lower limit", "#define KT_MAX_SCOPES 20000", "#define KT_MAX_SCOPES 2000", False),
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


def test_nothing_of_the_old_version_is_changed():
    """Every file is what it was: headers, sources, binaries."""
    sums = dict(reversed(line.split("  ")) for line in (OLD / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {path.name for path in OLD.iterdir()} - {"SHA256SUMS"}
    assert sums == {name: hashlib.sha256((OLD / name).read_bytes()).hexdigest() for name in sums}


def put_old_plugin(directory, language):
    """The plugin of 1.0, built from the header of 1.0, from what it was in Rust, or as it was built then."""
    place = directory / "frozen"
    place.mkdir(parents=True)
    manifest = shutil.copy(OLD / "manifest.json", place)
    if language == "rust":
        subprocess.run(
            ["rustc", "--edition", "2021", "--crate-type", "cdylib", "--crate-name", "pusher", "-A", "warnings", "-o",
             place / "pusher.so", OLD / "pusher.rs"],
            check=True, timeout=80, env={**os.environ, "MANIFEST": str(manifest)})
    elif language == "binary":
        shutil.copy(LIBRARY, place / "pusher.so")
    else:
        text = json.dumps((OLD / "manifest.json").read_text())
        compile("-shared", "-fPIC", f"-DMANIFEST={text}", "-o", place / "pusher.so", OLD / "pusher.c")


def use_old_plugin(cast, pusher, url, *targets):
    """Configures it, with an identity for its requests to an AWS at that address."""
    cast.use(pusher, "frozen", *targets)
    cast.world.write(".aws/credentials", "[pusher]\naws_access_key_id = ASIAOLDPLUGIN0000001\naws_secret_access_key = an/old/secret\n", 0o600)
    cast.world.configuration["pushers"][pusher]["aws"] = {"profile": "pusher", "endpoint-url": url, "region": REGION}
    cast.world.save()


@pytest.fixture
def echo():
    """An AWS that says yes."""
    echo = Echo()
    yield echo
    echo.stop()


@pytest.fixture(params=["c", "rust", "binary"])
def old(cast, echo, request):
    """A world with the plugin of 1.0, in each form."""
    if request.param == "rust" and not shutil.which("rustc"):
        pytest.skip("rustc is not there")
    put_old_plugin(cast.directory, request.param)
    use_old_plugin(cast, "old", echo.url, "here", "there=aws")
    cast.echo = echo
    return cast


def test_an_old_plugin_delivers_on_todays_host(old):
    """A whole rotation, with the evidence of its report, by all services; then what it reads of its targets."""
    old.world.must("check", "--online")
    assert "v1.0: asked" in old.world.must("rotate", "--wait").err
    (new,) = old.sandbox.keys()
    assert key_held(old.server, "here") == key_held(old.server, "there") == new
    # It says that it was read back, and no answer of the service held the key's ID.
    assert old.world.deliveries()["old:here"]["evidence"] == "acknowledged"
    assert old.server.headers[0]["authorization"] == old.token
    assert ("GetParameter", "good") in old.echo.asked
    assert "AKIAFROZEN0000000001" in old.world.run("status", "--online").out


def test_an_old_plugin_finds_on_todays_host(old):
    """A place with all that is known of it, a scope below, and there a part that was not seen."""
    report = old.world.must("find", "old:cellar", "--json").json["find"]
    place = places(report)["old:old/place"]
    assert (place["key"], place["names"], place["fields"]) == ("AKIAFROZEN0000000003", ["OLD_ID", "OLD_SECRET"], {"place": "old"})
    assert (place["audience"], place["state"], place["written"]) == ("deploy", "archived", "2026-11-22T10:00:00Z")
    (part,) = report["unseen"]
    assert (part["part"], part["reason"], part["detail"]) == (
        "the old cellar", "not-permitted", "v1.0: the token may not see it")


def test_what_an_old_plugin_sees_around_a_target_holds_a_rotation(old):
    """It holds the user's key, and no target names it."""
    (key,) = old.sandbox.keys()
    old.targets[-2]["do"] = key
    old.world.save()
    old.world.run("rotate")
    assert "old:next" in old.world.status()["problem"] and old.sandbox.keys() == {key: "Active"}


@pytest.fixture(scope="module", params=["c", "binary"])
def old_host(tmp_path_factory, request):
    """The host of 1.0, built from the header of 1.0, or as it was built then."""
    path = tmp_path_factory.mktemp("old") / "host"
    if request.param == "binary":
        path = shutil.copy(HOST, path)
    else:
        compile("-rdynamic", "-o", path, OLD / "host.c", "-ldl")

    def call(library, configuration, target, status, *scope):
        done = subprocess.run(
            [path, library, json.dumps(configuration), json.dumps(target), str(status), *scope], capture_output=True, timeout=30)
        assert done.returncode == 0, done
        lines = [line.partition(" ") for line in done.stdout.decode().splitlines()]
        return {name: value for name, _, value in lines}

    return call


NAMES = {"access-key-id": "AWS_ACCESS_KEY_ID", "secret-access-key": "AWS_SECRET_ACCESS_KEY"}


def pusher(identifier):
    return program.stage() / "lib" / "keyturn" / "pushers" / identifier / "pusher.so"


@pytest.mark.parametrize("identifier, target", [
    ("travis-ci", {"repository": "acme/app"}), ("gitlab-ci", {"project": "acme/tools/app"}),
    ("github-actions", {"repository": "acme/app"}),
])
def test_todays_plugins_work_on_an_old_host(old_host, identifier, target):
    """They open, ask, understand the answer, report and look, with what a host of 1.0 gives them."""
    for status, outcome in ((401, "4"), (503, "2"), (429, "3")):
        found = old_host(pusher(identifier), {"token": "a-token-of-a-test"}, {**target, **NAMES}, status, "acme/app")
        assert found["id"] == identifier and found["open"] == "0"
        assert (found["check"], found["push"], found["inspect"]) == (outcome,) * 3, found
        assert int(found["requests"]) >= 5 and str(status) in found["said"]
        # What may not be seen is an outcome, or a part that was not seen; never an empty scope.
        assert found["below"] != "0" or int(found["gaps"]) > 0, found
        assert found["places"] == "0" and found["scopes"] == "0"
    assert old_host(pusher(identifier), {}, {}, 200)["open"] == "7"


@pytest.mark.parametrize("identifier, target", [
    ("aws-ssm", {"parameter": "/ci/app", "region": REGION}), ("aws-secrets-manager", {"secret": "ci/app", "region": REGION})])
def test_todays_plugins_ask_aws_on_an_old_host(old_host, identifier, target):
    """By kt.aws/1, and they go by the error's code."""
    found = old_host(pusher(identifier), {}, {**target, **NAMES}, 400, REGION)
    assert (found["open"], found["check"], found["push"], found["inspect"]) == ("0", "4", "4", "4"), found
    assert int(found["requests"]) >= 3 and (found["below"] != "0" or int(found["gaps"]) > 0)
