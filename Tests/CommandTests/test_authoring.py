"""What an author of a pusher does: `keyturn plugin new`, `make`, `make check`; and the examples of the SDK."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

import program

EXAMPLES = pathlib.Path(__file__).parents[2] / "plugin-sdk" / "Examples"
LANGUAGES = ["c", "swift", "rust", "go"]
#: Without these a language cannot be tried. `make test` installs Debian's cargo where there is none,
#: and a Go of today next to this Python: Debian's is older than the runtime's look at its threads' stacks (1.21).
TOOLS = {"c": "cc", "swift": "swift", "rust": "cargo", "go": "go"}
PATH = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])


def make(directory, *arguments):
    done = subprocess.run(
        ["make", *arguments], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=280,
        env={name: value for name, value in os.environ.items() if not name.startswith("KEYTURN")} | {"PATH": PATH})
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
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_pusher_builds_conforms_and_delivers(elsewhere, tmp_path, language):
    """As generated, with one command each, from an installation without the source tree."""
    need(language)
    out, _ = new(elsewhere, "acme-ci", "--lang", language, cwd=tmp_path)
    assert "make check" in out
    make(tmp_path / "acme-ci")
    checked = make(tmp_path / "acme-ci", "check")
    assert " pass\n" in checked and "delivered: both secrets hold AKIA" in checked
    assert not any(f" {verdict}\n" in checked for verdict in ("warn", "fail", "crashed", "timed-out")), checked
    manifest = json.loads((tmp_path / "acme-ci" / "build" / "acme-ci" / "manifest.json").read_text())
    assert manifest["id"] == "acme-ci"
    sources = [path for path in (tmp_path / "acme-ci").rglob("*") if path.is_file() and "build" not in str(path)]
    assert not [path for path in sources if "plugin-sdk" not in str(path) and b"vault-kv" in path.read_bytes()]
    assert not [path for path in sources if str(EXAMPLES.parents[1]).encode() in path.read_bytes()]
    make(tmp_path / "acme-ci", "install", f"DIRECTORY={tmp_path}/installed")
    assert (tmp_path / "installed" / "acme-ci" / "pusher.so").exists()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_builds_conforms_and_delivers(language):
    """In the source tree, with the header that lies there."""
    need(language)
    out = make(EXAMPLES / language, "check", f"KEYTURN={program.binary()}")
    assert " pass\n" in out and "delivered: both secrets hold AKIA" in out
    assert not any(f" {verdict}\n" in out for verdict in ("warn", "fail", "crashed", "timed-out")), out


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


@pytest.mark.parametrize("arguments", [["My_CI", "--lang", "c"], ["mine", "--lang", "cobol"], ["mine"], ["--lang", "c"]])
def test_bad_names_and_languages(bare, arguments):
    """64, and nothing is made."""
    bare.must("plugin", "new", *arguments, status=64)
    assert list(bare.directory.iterdir()) == []
