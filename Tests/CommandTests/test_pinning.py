"""What `keyturn plugin pin` takes over from the pin before, what it shows, and what it refuses."""

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

REPOSITORY = pathlib.Path(__file__).parents[2]
#: Where an ELF header has the type of the file and the processor.
TYPE, MACHINE = 16, 18


@pytest.fixture
def pin(bare):
    """Pins a plugin `mine`, which `put` makes in another version with other wishes."""

    def pin(*options, version="1.0.0", status=0, **asks):
        put(version, **asks)
        return bare.must("plugin", "pin", "mine", *options, "--lock", "keyturn.lock", status=status)

    def put(version="1.0.0", **asks):
        shutil.rmtree(bare.directory / "plugins", ignore_errors=True)
        return plugins.put(
            bare.directory / "plugins", "mine", says=plugins.manifest("mine", version=version, **asks))

    key = bare.directory / "seal.key"
    key.write_text("A" * 43 + "=")
    key.chmod(0o600)
    (bare.directory / "keyturn.yaml").write_text(json.dumps({
        "version": 1, "state": "sqlite:state.db", "seal-key": {"file": "seal.key"}, "plugins": {"path": ["plugins"]},
        "pushers": {"mine": {"plugin": "mine", "token": {"env": "HOME"}}},
        "users": {"ci": {"targets": [{"pusher": "mine", "place": "here"}]}}}))
    pin.put, pin.bare, pin.lock = put, bare, bare.directory / "keyturn.lock"
    return pin


def pinned(pin):
    return json.loads(pin.lock.read_text())["plugins"]["mine"]


def narrow(pin, **grants):
    """What an operator does with an editor."""
    lock = json.loads(pin.lock.read_text())
    lock["plugins"]["mine"]["grants"] = grants
    pin.lock.write_text(json.dumps(lock))


def test_the_signer_stays(pin):
    """Until another one is named, or none."""
    signer, other = "B" * 43 + "=", "C" * 43 + "="
    pin("--signer", signer)
    assert f"ed25519:{signer}" in pin(version="1.1.0").out
    assert pinned(pin)["signer"] == f"ed25519:{signer}"
    assert f"ed25519:{other}, was ed25519:{signer}" in pin("--signer", other, version="1.1.0").out
    assert f"none, was ed25519:{other}" in pin("--no-signer", version="1.1.0").out
    assert "signer" not in pinned(pin)


def test_narrowed_grants_stay_narrow(pin):
    """A new version gets what the old one had and still asks for, also a part of that. The rest is for --grant."""
    asks = {"hosts": ["*.example.com", "other.example.org"], "files": {"read": ["/etc", "/srv/a"]}, "network": True}
    pin("--grant", "files", **asks)
    narrow(pin, hosts=["ci.example.com"], files={"read": ["/etc/ssl/certs", "/srv/a"]})
    later = {"hosts": ["*.example.com", "new.example.org"], "files": {"read": ["/etc"]}, "network": True}
    result = pin(version="1.1.0", **later)
    assert pinned(pin)["grants"] == {"hosts": ["ci.example.com"], "files": {"read": ["/etc/ssl/certs"]}}
    assert "version     1.1.0, was 1.0.0" in result.out
    assert "removed     reading /srv/a: it no longer asks for that" in result.out
    (withheld,) = [line for line in result.out.splitlines() if "not granted" in line]
    assert "HTTP to *.example.com, HTTP to new.example.org, reading /etc, sockets" in withheld
    assert "--grant files --grant network --grant hosts allows it" in withheld
    result = pin("--grant", "hosts", version="1.1.0", **later)
    assert "added       HTTP to *.example.com, HTTP to new.example.org" in result.out
    assert pinned(pin)["grants"]["hosts"] == later["hosts"] and "network" not in pinned(pin)["grants"]


def test_operations_of_aws_are_granted_as_hosts_are(pin):
    """At the first pin without being named; what a later version asks for besides has to be named."""
    yaml = json.loads((pin.bare.directory / "keyturn.yaml").read_text())
    yaml["pushers"]["mine"]["aws"] = {"role-arn": "arn:aws:iam::123456789012:role/mine"}
    (pin.bare.directory / "keyturn.yaml").write_text(json.dumps(yaml))
    assert "AWS: ssm:GetParameter" in pin(aws=["ssm:GetParameter"]).out
    assert re.search(r"^aws +required +Whose identity", pin.bare.must("plugin", "info", "mine").out, re.MULTILINE)
    assert pinned(pin)["grants"]["aws"] == ["ssm:GetParameter"]
    later = ["ssm:GetParameter", "ssm:PutParameter"]
    result = pin(version="1.1.0", aws=later)
    assert "not granted AWS: ssm:PutParameter: it asks for that; --grant aws allows it" in result.out
    assert pinned(pin)["grants"]["aws"] == ["ssm:GetParameter"]
    pin("--grant", "aws", version="1.1.0", aws=later)
    assert pinned(pin)["grants"]["aws"] == later
    pin(version="1.2.0", aws=later[1:])
    assert pinned(pin)["grants"]["aws"] == ["ssm:PutParameter"]


@pytest.mark.parametrize("asks, words", [
    ({"aws": ["iam:CreateUser"]}, "`aws.0` does not have the right form"), ({"aws": ["ssm:*"]}, "`aws.0` does not have the right form"), ({"aws": "ssm:GetParameter"}, "`aws`"),
    ({"aws": ["ssm:GetParameter"], "resources": {"ssm:PutParameter": {"resource": "x"}}}, "which `aws` does not"),
    ({"aws": ["ssm:GetParameter"], "resources": {"ssm:GetParameter": {"resource": "{nowhere}"}}}, "not a field of `target`"),
    ({"aws": ["ssm:GetParameter"], "resources": {"ssm:GetParameter": {"resource": "x\", \"y"}}}, "resources"),
])
def test_operations_that_no_plugin_may_ask_for_are_not_pinned(pin, asks, words):
    result = pin(status=78, **asks)
    assert words in result.err and not pin.lock.exists()


def test_programs_stay_granted_and_do_not_come_by_themselves(pin):
    """The first version does not ask for them, the second does."""
    pin()
    assert "not granted starting programs" in pin(version="1.1.0", programs=True).out
    pin("--grant", "programs", version="1.1.0", programs=True)
    pin(version="1.2.0", programs=True)
    assert pinned(pin)["grants"]["programs"] is True
    pin(version="1.3.0")
    assert "programs" not in pinned(pin)["grants"]


def test_an_older_version_needs_an_option(pin):
    """77, and the lock stays as it is."""
    pin(version="1.10.0")
    before = pin.lock.read_text()
    result = pin(version="1.9.9", status=77)
    assert "version 1.9.9 is older than 1.10.0" in result.err and "--allow-downgrade" in result.err
    assert pin.lock.read_text() == before
    pin("--allow-downgrade", version="1.9.9")
    assert pinned(pin)["version"] == "1.9.9"


def test_of_several_plugins_all_are_pinned_or_none(pin):
    """One of them cannot be loaded."""
    (plugins.put(pin.put().parent, "second") / "pusher.so").write_text("text")
    result = pin.bare.must("plugin", "pin", "mine", "second", status=78)
    assert "plugin `second` is not pinned" in result.err and "it is not an ELF library" in result.err
    assert not pin.lock.exists()


@pytest.mark.parametrize("offset, value, words", [
    (MACHINE, 183, "it is for 64-bit ARM (aarch64), and this machine is x86-64"),
    (4, 1, "it is for a 32-bit or big-endian processor"), (TYPE, 2, "it is not a shared library"),
])
def test_a_library_for_another_machine_is_not_pinned(pin, offset, value, words):
    """By its header: nothing is loaded to find that out."""
    library = pin.put() / "pusher.so"
    content = bytearray(library.read_bytes())
    content[offset] = value
    library.write_bytes(content)
    assert words in pin.bare.must("plugin", "pin", "mine", status=78).err
    assert not pin.lock.exists()


def test_a_library_for_a_newer_c_library_is_not_pinned(pin):
    """The version that it needs and the one that is there are named."""
    library = pin.put() / "pusher.so"
    content = library.read_bytes()
    assert b"\0GLIBC_2.2.5\0" in content
    library.write_bytes(content.replace(b"\0GLIBC_2.2.5\0", b"\0GLIBC_9.2.5\0"))
    here = os.confstr("CS_GNU_LIBC_VERSION")
    assert f"it needs GLIBC_9.2.5, and this machine's C library is {here}" in pin.bare.must("plugin", "pin", "mine", status=78).err


@pytest.fixture
def put_with(pin, tmp_path):
    """A pusher with more C source in it, linked with more options."""
    def put(source, *options):
        more = tmp_path / "more.c"
        more.write_text(source)
        place = plugins.put(tmp_path / "with", "mine", says=plugins.manifest("mine"), also=[more, *options])
        library = pin.put() / "pusher.so"
        library.write_bytes((place / "pusher.so").read_bytes())
        return library

    return put


NOWHERE = "".join(f"int nowhere_{letter}(void);\nint use_{letter}(void) {{ return nowhere_{letter}(); }}\n" for letter in "abcde")
CONSTRUCTOR = '#include <fcntl.h>\n__attribute__((constructor)) void ran(void) { open("/tmp/keyturn-constructor-ran", O_CREAT, 0600); }\n'


def test_a_library_with_symbols_that_nothing_defines_is_not_pinned(pin, put_with):
    """Three of them are named, and nothing of the library runs."""
    ran = pathlib.Path("/tmp/keyturn-constructor-ran")
    ran.unlink(missing_ok=True)
    library = put_with(NOWHERE + CONSTRUCTOR)
    words = "it needs the symbols `nowhere_a`, `nowhere_b`, `nowhere_c` and 2 more, defined neither in it nor in the libraries"
    assert words in pin.bare.must("plugin", "pin", "mine", status=78).err
    assert words in pin.bare.must("plugin", "info", "mine").out
    assert words in pin.bare.must("plugin", "info", "mine", "--json").json["obstacle"]
    result = pin.bare.must("plugin", "test", library, status=1)
    assert words in result.out and "it cannot be loaded on this machine" in result.out
    assert not pin.lock.exists() and not ran.exists()


@pytest.mark.parametrize("source, options", [
    ("int nowhere(void) __attribute__((weak));\nint use(void) { return nowhere ? nowhere() : 0; }", []),
    ("double cbrt(double);\ndouble use(double x) { return cbrt(x); }", ["-fno-builtin", "-lm"]),
    ("int pthread_create();\nint use(void) { return pthread_create(); }", ["-Wno-error", "-lpthread"]),
    ("extern __thread int here;\n__thread int here;\nint use(void) { return here++; }", ["-ftls-model=global-dynamic"]),
    # What the runner itself is linked with is found as well, as the dynamic linker does.
    ("int seccomp_version(void);\nint use(void) { return seccomp_version(); }", []),
    ("int use(void) { return 1; }", ["-Wl,--hash-style=sysv"]),
    ("double cbrt(double);\ndouble use(double x) { return cbrt(x); }", ["-fno-builtin", "-lm", "-Wl,--hash-style=sysv"]),
])
def test_a_library_whose_symbols_are_there_is_pinned(pin, put_with, source, options):
    """Weak symbols may be nowhere."""
    put_with(source, *options)
    pin.bare.must("plugin", "pin", "mine")
    assert pin.bare.must("plugin", "info", "mine", "--json").json["obstacle"] is None


def test_what_cannot_be_known_is_no_obstacle(pin, put_with, tmp_path):
    """A library in a directory that the pusher names may define anything."""
    (tmp_path / "libextra.c").write_text("int nowhere_a(void) { return 1; }")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "libextra.so", tmp_path / "libextra.c"], check=True)
    put_with("int nowhere_a(void);\nint use(void) { return nowhere_a(); }", f"-L{tmp_path}", f"-Wl,-rpath,{tmp_path}", "-lextra")
    pin.bare.must("plugin", "pin", "mine")


def target(pattern):
    """A schema of targets whose place has a pattern."""
    made = plugins.manifest("mine")["target"]
    made["properties"]["place"]["pattern"] = pattern
    return made


@pytest.mark.parametrize("pattern, reason", [
    ("(", "missing ): ("), ("^(?!here).*$", "invalid perl operator: (?!"), ("(a)\\1", "invalid escape sequence: \\1"),
    ("((a{100}){100}){100}", "invalid repetition size"), (7, "must be a string"),
])
def test_a_pattern_that_is_not_re2s_is_refused(pin, pattern, reason):
    """It would forbid nothing, or anything. The file and the field are named; a pin by hand does not help."""
    place = pin.put(target=target(pattern))
    result = pin.bare.must("plugin", "pin", "mine", status=78)
    field = "`target.properties.place.pattern`"
    assert f"plugins/mine/manifest.json: {field}" in result.err and reason in result.err, result.err
    assert not pin.lock.exists()
    pin(target=target("here"))
    shutil.rmtree(place)
    pin.put(target=target(pattern))
    lock = json.loads(pin.lock.read_text())
    for name, file in (("library", "pusher.so"), ("manifest", "manifest.json")):
        lock["plugins"]["mine"][name] = "sha256:" + hashlib.sha256((place / file).read_bytes()).hexdigest()
    pin.lock.write_text(json.dumps(lock))
    for command in ("check", "plan", "status"):
        result = pin.bare.must(command, status=78)
        assert "`pushers.mine`: " in result.err and f"manifest.json: {field}" in result.err


def test_a_pattern_counts_from_the_pin_on(pin):
    """That of a plugin that is not pinned is not even compiled."""
    pin.put(target=target("^there$"))
    assert "has no pin" in pin.bare.must("check", status=77).err
    pin.bare.must("status")
    pin(target=target("^there$"))
    for command in ("check", "status"):
        assert "place" in (result := pin.bare.must(command, status=78)).err and "^there$" in result.err


@pytest.mark.timeout(30)
def test_a_pattern_cannot_stop_keyturn(pin):
    """Nested repetitions on a text that almost has the form."""
    configuration = json.loads((pin.bare.directory / "keyturn.yaml").read_text())
    configuration["users"]["ci"]["targets"][0]["place"] = "a" * 5_000 + "b"
    (pin.bare.directory / "keyturn.yaml").write_text(json.dumps(configuration))
    pin(target=target("^(a+)+$"))
    assert "^(a+)+$" in pin.bare.must("status", status=78).err


def test_a_signature_does_not_bring_an_old_version_back(pin):
    """Signed by the pinned signer, but older than what is pinned."""
    old = pin.put("1.0.0")
    key = pin.bare.must("plugin", "sign", old, "--key", "author.key").out.split("--signer ")[1].strip()
    kept = pin.bare.directory / "kept"
    shutil.copytree(old, kept)
    pin("--signer", key, version="1.1.0")
    shutil.rmtree(old)
    shutil.copytree(kept, old)
    result = pin.bare.must("check", status=77)
    assert "it is version 1.0.0, and its signer vouches only for versions from 1.1.0 on" in result.err
    new = pin.put("1.2.0")
    pin.bare.must("plugin", "sign", new, "--key", "author.key")
    assert pin.bare.must("plugin", "list", "--json").json["plugins"][-1]["problem"] is None


def test_a_signature_can_be_read_by_others(pin):
    """Whatever the author's umask is: keyturn runs as a user of its own."""
    place = pin.put()
    subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", program.binary(), "plugin", "sign", place, "--key", "author.key"],
        cwd=pin.bare.directory, env=pin.bare.environment, check=True, capture_output=True, timeout=60)
    assert (place / "pusher.sig").stat().st_mode & 0o777 == 0o644


def test_an_installation_pins_its_own_plugins_only(tmp_path):
    """A library that lies in the installed directory already gets no pin."""
    built = REPOSITORY / ".build-static" / "debug"
    if not built.exists():
        pytest.skip("there is no build here to install")
    installed = tmp_path / "lib" / "keyturn" / "pushers"
    plugins.put(installed, "third-party")
    subprocess.run(
        ["make", "--no-print-directory", "copy", f"FROM={built}", f"TO={tmp_path}"], cwd=REPOSITORY, check=True,
        capture_output=True, timeout=80)
    lock = json.loads((installed / "keyturn.lock").read_text())
    assert sorted(lock["plugins"]) == program.own_pushers()
