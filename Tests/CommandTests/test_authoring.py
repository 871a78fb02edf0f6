"""What an author of a pusher does: `keyturn plugin new`, `make`, `make check`; and the examples of the SDK."""

import http.server
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

import pytest
import yaml

import guides
import hardening
import program

EXAMPLES = pathlib.Path(__file__).parents[2] / "plugin-sdk" / "Examples"
LANGUAGES = ["c", "swift", "rust", "go"]
# What builds for minutes: one language each time, all of them in the long tests.
SLOW_LANGUAGES = [pytest.param(language, marks=() if language == "c" else pytest.mark.later) for language in LANGUAGES]
#: Without these a language cannot be tried. `make test` installs Debian's cargo where there is none,
#: and a Go of today next to this Python: Debian's is older than the runtime's look at its threads' stacks (1.21).
TOOLS = {"c": "cc", "swift": "swift", "rust": "cargo", "go": "go"}
PATH = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])


def make(directory, *arguments, path=PATH):
    done = subprocess.run(
        ["make", *arguments], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=280,
        env={name: value for name, value in os.environ.items() if not name.startswith("KEYTURN")} | {"PATH": path})
    out = done.stdout.decode()
    assert done.returncode == 0, out
    return out


def need(language):
    if not shutil.which(TOOLS[language], path=PATH):
        pytest.skip(f"{TOOLS[language]} is not there")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The installation at another prefix, far from the sources."""
    prefix = tmp_path_factory.mktemp("prefix") / "opt"
    shutil.copytree(program.stage(), prefix, copy_function=os.link)
    return prefix / "bin" / "keyturn"


def new(keyturn, *arguments, cwd, status=0):
    done = subprocess.run(
        [keyturn, "plugin", "new", *arguments], cwd=cwd, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == status, done
    return done.stdout.decode(), done.stderr.decode()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", SLOW_LANGUAGES)
def test_a_new_pusher_builds_conforms_and_delivers(elsewhere, tmp_path, language):
    """As generated, with one command each, from an installation without the source tree."""
    need(language)
    out, _ = new(elsewhere, "acme-ci", "--lang", language, cwd=tmp_path)
    assert f"make check KEYTURN={elsewhere}" in out
    make(tmp_path / "acme-ci")
    checked = make(tmp_path / "acme-ci", "check", f"KEYTURN={elsewhere}")
    assert " pass\n" in checked and "delivered: both secrets hold AKIA" in checked
    assert not any(f" {verdict}\n" in checked for verdict in ("warn", "fail", "crashed", "timed-out")), checked
    manifest = json.loads((tmp_path / "acme-ci" / "build" / "acme-ci" / "manifest.json").read_text())
    assert manifest["id"] == "acme-ci"
    if language == "swift":
        assert " fail\n" not in make(tmp_path / "acme-ci", "debug", f"KEYTURN={elsewhere}")
        make(tmp_path / "acme-ci")
    # Whoever changes the manifest has it in the library with the next build.
    (source,) = [path for path in (tmp_path / "acme-ci").rglob("manifest.json") if not {"build", ".build"} & set(path.parts)]
    source.write_text(source.read_text().replace('"title": "', '"title": "Soon: ', 1))
    make(tmp_path / "acme-ci")
    done = subprocess.run(
        [elsewhere, "plugin", "test", tmp_path / "acme-ci" / "build" / "acme-ci", "--check", "manifest-embedded"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert "Soon: " in (tmp_path / "acme-ci" / "build" / "acme-ci" / "manifest.json").read_text()
    sources = [path for path in (tmp_path / "acme-ci").rglob("*") if path.is_file() and "build" not in str(path)]
    assert not [path for path in sources if "plugin-sdk" not in str(path) and b"vault-kv" in path.read_bytes()]
    assert not [path for path in sources if str(EXAMPLES.parents[1]).encode() in path.read_bytes()]
    make(tmp_path / "acme-ci", "install", f"DIRECTORY={tmp_path}/installed")
    assert (tmp_path / "installed" / "acme-ci" / "pusher.so").exists()
    # Moved, as it is: it builds again, and is installed next to the keyturn that is found.
    (tmp_path / "acme-ci").rename(tmp_path / "moved")
    for path in (tmp_path / "moved").rglob("*"):
        if path.is_file() and not {"build", ".build"} & set(path.parts):
            path.touch()
    place = tmp_path / "other" / "bin"
    shutil.copytree(elsewhere.parents[1], place.parent, copy_function=os.link)
    make(tmp_path / "moved")
    make(tmp_path / "moved", "install", path=f"{place}:{PATH}")
    assert (place.parent / "lib" / "keyturn" / "pushers" / "acme-ci" / "pusher.so").exists()


@pytest.mark.later
@pytest.mark.timeout(300)
def test_a_new_swift_pusher_builds_as_embedded_swift(elsewhere, tmp_path):
    """From the same sources: small, conforming, delivering, and with no need of anything but the C library."""
    need("swift")
    new(elsewhere, "acme-ci", "--lang", "swift", cwd=tmp_path)
    checked = make(tmp_path / "acme-ci", "check", "EMBEDDED=1", f"KEYTURN={elsewhere}")
    assert " pass\n" in checked and "delivered: both secrets hold AKIA" in checked
    assert not any(f" {verdict}\n" in checked for verdict in ("warn", "fail", "crashed", "timed-out")), checked
    library = tmp_path / "acme-ci" / "build" / "acme-ci" / "pusher.so"
    assert library.stat().st_size < 500_000
    assert set(hardening.row("pusher.so", library).needed) == {"libc.so.6", "libm.so.6"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["c", pytest.param("rust", marks=pytest.mark.later)])
def test_a_new_pusher_is_packed_by_the_workflow(elsewhere, bare, tmp_path, language):
    """Its steps, one after the other, as a runner does them; and what they make can be installed. git ignores the key."""
    need(language)
    new(elsewhere, "acme-ci", "--lang", language, cwd=tmp_path)
    place = tmp_path / "acme-ci"
    assert (place / "signing.key").stat().st_mode & 0o777 == 0o600
    subprocess.run(["git", "init", "-q", place], check=True)
    seen = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=place, capture_output=True, text=True, check=True).stdout
    assert ".github/workflows/plugin.yml" in seen and "README.md" in seen and "signing.key" not in seen
    workflow = yaml.safe_load((place / ".github" / "workflows" / "plugin.yml").read_text())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("KEYTURN")},
        "RUNNER_TEMP": str(bare.directory), "SIGNING_KEY": (place / "signing.key").read_text().strip(),
        "PATH": f"{elsewhere.parent}:{PATH}"}
    (place / "signing.key").unlink()
    steps = {step["name"]: step["run"] for step in workflow["jobs"]["plugin"]["steps"] if "run" in step}
    for name in ("Build", "Check the rules of the ABI", "Deliver a rotation to stand-ins", "Pack"):
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", steps[name]], cwd=place, env=environment, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, (name, done)
    assert not (bare.directory / "signing.key").exists() and (place / "build" / "junit.xml").exists()
    signer = re.search(r"^signer +(\S+)$", done.stdout, re.MULTILINE).group(1)
    package = place / "build" / "acme-ci-1.0.0.tar"
    bare.must("plugin", "install", package, "--signer", signer, "--directory", "plugins", "--yes")
    assert (bare.directory / "plugins" / "acme-ci" / "README.md").exists()


def deliver(directory, keyturn, **environment):
    """`make check`'s second half, as it is run in a shell that has more variables."""
    return subprocess.run(
        [sys.executable, directory / "test" / "deliver.py", keyturn, directory / "build"], cwd=directory, timeout=120,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def built(elsewhere, tmp_path_factory):
    """A new pusher in C, built."""
    directory = tmp_path_factory.mktemp("built")
    new(elsewhere, "acme-ci", "--lang", "c", cwd=directory)
    make(directory / "acme-ci")
    return directory / "acme-ci"


def test_the_delivery_of_a_new_pusher_leaves_the_operators_configuration_alone(elsewhere, built, bare):
    """The shell's variables name that, and an account of AWS that is not there."""
    lock = bare.directory / "keyturn.lock"
    lock.write_text('{"version": 1, "plugins": {}}\n')
    theirs = bare.directory / "theirs.yaml"
    theirs.write_text(json.dumps({
        "version": 1, "state": "sqlite:state.db", "seal-key": {"file": "seal.key"},
        "plugins": {"path": [str(built / "build")], "lock": str(lock)},
        "pushers": {"mine": {"plugin": "acme-ci", "token": {"env": "HOME"}, "endpoint": "http://127.0.0.1:1"}},
        "users": {"ci": {"targets": [{"pusher": "mine", "path": "here"}]}}}))
    before = {path: path.read_bytes() for path in bare.directory.rglob("*") if path.is_file()}
    done = deliver(
        built, elsewhere, KEYTURN_CONFIG=str(theirs), AWS_ENDPOINT_URL_IAM="http://127.0.0.1:1",
        AWS_SESSION_TOKEN="theirs")
    assert before == {path: path.read_bytes() for path in bare.directory.rglob("*") if path.is_file()}
    assert done.returncode == 0 and "delivered: both secrets hold AKIA" in done.stdout, done


def test_a_delivery_that_fails_ends_with_keyturns_words(elsewhere, built, tmp_path):
    """And its status; not with a traceback of Python's."""
    shutil.copytree(built, tmp_path / "mine")
    library = tmp_path / "mine" / "build" / "acme-ci" / "pusher.so"
    library.write_text("not a library")
    done = deliver(tmp_path / "mine", elsewhere)
    assert done.returncode == 78 and "it is not an ELF library" in done.stderr and "Traceback" not in done.stderr, done
    assert "`keyturn plugin pin acme-ci` failed with status 78" in done.stderr


def test_a_manifest_without_a_last_line_end_builds(elsewhere, built, tmp_path):
    """As many editors leave it."""
    shutil.copytree(built, tmp_path / "mine")
    manifest = tmp_path / "mine" / "manifest.json"
    manifest.write_text(manifest.read_text().rstrip("\n"))
    make(tmp_path / "mine", "clean", "all")
    done = subprocess.run(
        [elsewhere, "plugin", "test", tmp_path / "mine" / "build" / "acme-ci", "--check", "manifest-embedded"], timeout=60)
    assert done.returncode == 0


def test_the_guides_way_to_try_a_pusher_works(built, bare):
    """The configuration as the guide has it, next to `build`, with a service at another port."""
    deliver = importlib.util.spec_from_file_location("deliver", built / "test" / "deliver.py")
    module = importlib.util.module_from_spec(deliver)
    deliver.loader.exec_module(module)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), module.Vault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    text = guides.blocks((EXAMPLES.parent / "README.md").read_text(), "yaml")[0]
    assert "127.0.0.1:8200" in text
    (bare.directory / "keyturn.yaml").write_text(text.replace("127.0.0.1:8200", f"127.0.0.1:{server.server_port}"))
    shutil.copytree(built / "build", bare.directory / "build")
    sandbox = bare.start("sandbox", "--directory", "box", "--json", "--propagation-delay", "0")
    assert sandbox.stdout.readline()
    exported = dict(re.findall(r"(\w+)='?([^'\s]*)'?", (bare.directory / "box" / "environment").read_text()))
    bare.environment |= exported | {"KEYTURN_CONFIG": str(bare.directory / "keyturn.yaml"), "ACME_TOKEN": module.TOKEN}
    bare.must("plugin", "info", "acme-ci")
    bare.must("plugin", "pin", "acme-ci")
    bare.must("check", "--online")
    bare.must("rotate", "--wait")
    server.shutdown()
    server.server_close()
    assert module.Vault.held["/v1/secret/data/ci/app"]["AWS_ACCESS_KEY_ID"].startswith("AKIA")


@pytest.mark.timeout(120)
def test_the_guides_way_to_a_sanitizer_works(built, tmp_path):
    """A write behind the end of memory is found, with its line; without it the check passes."""
    library = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, timeout=60).stdout.strip()
    if not pathlib.Path(library).is_absolute():
        pytest.skip("the compiler has no AddressSanitizer")
    guide = (EXAMPLES.parent / "README.md").read_text()
    flags = re.search(r'CFLAGS="([^"]*sanitize[^"]*)"', guide).group(1)
    arguments = re.search(r"keyturn-conformance (push \S+ .* debug) 3>&1", guide).group(1)
    shutil.copytree(built, tmp_path / "mine")
    source = tmp_path / "mine" / "pusher.c"
    text = source.read_text()
    opened = re.search(r"static kt_outcome pusher_push\(.*\) \{\n", text)
    for last, found in ((7, False), (8, True)):
        wild = f"    volatile char *wild = malloc(8);\n    wild[{last}] = 1;\n    free((void *)wild);\n"
        source.write_text("#include <stdlib.h>\n" + text[:opened.end()] + wild + text[opened.end():])
        make(tmp_path / "mine", "clean", "all", f"CFLAGS={flags}")
        done = subprocess.run(
            f'ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$(cc -print-file-name=libasan.so)" '
            f"{program.stage()}/libexec/keyturn/keyturn-conformance {arguments} 3>&1",
            shell=True, cwd=tmp_path / "mine", capture_output=True, text=True, timeout=60)
        assert ("heap-buffer-overflow" in done.stderr and "pusher.c:" in done.stderr) is found, done
        assert done.stdout.endswith("push: pass\n") is not found, done


#: What makes `push` panic, and where.
PANICS = {
    "go": ("pusher.go", "\t\tid, secret := lent(", "\t\t_ = []int{}[len(where.Path)-len(where.Path)+4]\n", "runtime error: index out of range [4] with length 0"),
    "rust": ("src/lib.rs", "        let place = place(target)?;\n        let is_held", "        let none: Option<u8> = None; none.expect(\"no frobnicator\");\n", "no frobnicator"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", PANICS)
def test_a_panic_is_in_the_message_with_its_place(elsewhere, tmp_path, language):
    need(language)
    file, before, line, words = PANICS[language]
    new(elsewhere, "acme-ci", "--lang", language, cwd=tmp_path)
    source = tmp_path / "acme-ci" / file
    assert before in source.read_text()
    source.write_text(source.read_text().replace(before, line + before, 1))
    place = next(number for number, text in enumerate(source.read_text().splitlines(), 1) if text == line.rstrip("\n"))
    # The last line of the manifest need not end, in any language.
    manifest = tmp_path / "acme-ci" / "manifest.json"
    manifest.write_text(manifest.read_text().rstrip("\n"))
    make(tmp_path / "acme-ci")
    done = subprocess.run(
        [elsewhere, "plugin", "test", tmp_path / "acme-ci" / "build" / "acme-ci", "--check", "push"], timeout=60,
        capture_output=True, text=True)
    assert done.returncode == 1, done
    assert f"KT_INTERNAL (`Vault: a fault in the pusher itself ({file}:{place}): {words}" in done.stdout, done


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", SLOW_LANGUAGES)
def test_an_example_builds_conforms_and_delivers(language):
    """In the source tree, with the header that lies there."""
    need(language)
    out = make(EXAMPLES / language, "check", f"KEYTURN={program.binary()}")
    assert " pass\n" in out and "delivered: both secrets hold AKIA" in out
    assert not any(f" {verdict}\n" in out for verdict in ("warn", "fail", "crashed", "timed-out")), out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_generated_makefile_has_no_path_of_this_machine(bare, language):
    """Nor has anything else that is generated the path of this installation."""
    bare.must("plugin", "new", "mine", "--lang", language)
    text = (bare.directory / "mine" / "Makefile").read_text()
    assert not re.search(r"(?<![\w%)])/(usr|opt|home|root|tmp)\b", text), text
    files = [path for path in (bare.directory / "mine").rglob("*") if path.is_file()]
    assert [path for path in files if str(program.stage()).encode() in path.read_bytes()] == []
    assert "is not found: give its path as KEYTURN" in unmade(bare.directory / "mine", "-n", "install", "KEYTURN=no-such-keyturn")


def unmade(directory, *arguments):
    """What make says that fails."""
    done = subprocess.run(["make", *arguments], cwd=directory, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0, done
    return done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_are_installed(language):
    """Every file of them, as `plugin new` needs it and authors read it."""
    built = {"build", ".build", "target"}
    files = {
        str(path.relative_to(EXAMPLES / language)): path.read_bytes() for path in (EXAMPLES / language).rglob("*")
        if path.is_file() and not built & set(path.relative_to(EXAMPLES).parts)
        and path.name not in (".gitignore", "Cargo.lock", "Package.resolved", "signing.key")}
    installed = program.stage() / "share" / "keyturn" / "templates" / language
    assert len(files) > 5 and files == {
        str(path.relative_to(installed)): path.read_bytes() for path in installed.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name, words", [
    ("travis-ci", "is a pusher already"), ("gitlab-ci", "is a pusher already"), ("github-actions", "is a pusher already"),
    ("exec", "is a pusher already"), ("credentials-file", "`self-rotation`"), ("test", "kept for tests"), ("test-ci", "kept for tests")])
def test_taken_names(bare, name, words):
    """64, with the reason, and nothing is made."""
    result = bare.must("plugin", "new", name, "--lang", "c", status=64)
    assert f"`{name}` cannot be the ID of a new pusher" in result.err and words in result.err and f"my-{name}" in result.err
    assert list(bare.directory.iterdir()) == []


def test_the_name_of_an_installed_pusher_is_taken(elsewhere, tmp_path):
    place = elsewhere.parents[1] / "lib" / "keyturn" / "pushers" / "their-ci"
    place.mkdir()
    try:
        _, said = new(elsewhere, "their-ci", "--lang", "c", cwd=tmp_path, status=64)
        assert f"{place} is a pusher already" in " ".join(said.split())
    finally:
        place.rmdir()


def test_nothing_is_overwritten(bare):
    """A directory that has something in it is left alone."""
    bare.must("plugin", "new", "mine", "--lang", "c")
    before = {path: path.read_bytes() for path in (bare.directory / "mine").rglob("*") if path.is_file()}
    assert "is not empty" in bare.must("plugin", "new", "mine", "--lang", "rust", status=1).err
    assert before == {path: path.read_bytes() for path in (bare.directory / "mine").rglob("*") if path.is_file()}


def test_json_lists_the_files(bare):
    """One document, with every file that was made."""
    made = bare.must("plugin", "new", "mine", "--lang", "c", "--directory", "here", "--json").json
    assert made["directory"] == "here"
    assert sorted(made["files"]) == sorted(
        str(path.relative_to(bare.directory / "here")) for path in (bare.directory / "here").rglob("*") if path.is_file())


def test_a_name_begins_with_a_letter(bare):
    """And the rule that is shown says so."""
    assert "it begins with a letter" in bare.must("plugin", "new", "9acme", "--lang", "c", status=64).err


@pytest.mark.parametrize("arguments", [["My_CI", "--lang", "c"], ["mine", "--lang", "cobol"], ["mine"], ["--lang", "c"]])
def test_bad_names_and_languages(bare, arguments):
    """64, and nothing is made."""
    bare.must("plugin", "new", *arguments, status=64)
    assert list(bare.directory.iterdir()) == []
