"""`keyturn plugin pack, install, upgrade, rollback, remove, index`: what they show, what they refuse, and that what is refused changes nothing."""

import base64
import hashlib
import http.server
import io
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import tarfile
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

import plugins
import program
from test_schemas import fits

HOST = {"hosts": ["api.acme.example"]}


class Shop:
    """An author's directory, and an operator's configuration that installs from it."""

    def __init__(self, bare):
        self.bare = bare
        self.author = bare.directory / "author"
        self.author.mkdir()
        self.installed = bare.directory / "plugins"
        self.lock = bare.directory / "keyturn.lock"
        key = bare.directory / "seal.key"
        key.write_text("A" * 43 + "=")
        key.chmod(0o600)
        self.configuration = {
            "version": 1, "state": "sqlite:state.db", "seal-key": {"file": "seal.key"},
            "plugins": {"path": ["plugins"]}, "pushers": {}, "users": {}}
        self.save()

    def save(self):
        (self.bare.directory / "keyturn.yaml").write_text(json.dumps(self.configuration))

    def build(self, version="1.0.0", **asks):
        shutil.rmtree(self.author / "acme-ci", ignore_errors=True)
        place = plugins.put(self.author, "acme-ci", says=plugins.manifest("acme-ci", version=version, **(asks or HOST)))
        (place / "README.md").write_text("# Acme CI\n")
        (place / "LICENSE").write_text("Apache-2.0\n")
        return place

    def pack(self, version="1.0.0", key="author.key", **asks):
        """The path of a package."""
        place = self.build(version, **asks)
        result = self.bare.must("plugin", "pack", place, "--key", self.author / key, "--output", self.author, "--json")
        return pathlib.Path(result.json["package"])

    def signer(self, key="author.key"):
        seed = base64.b64decode((self.author / key).read_text())
        public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return base64.b64encode(public).decode()

    def install(self, package, *options, status=0, command="install"):
        return self.bare.must("plugin", command, package, "--yes", *options, status=status)

    def pinned(self):
        return json.loads(self.lock.read_text())["plugins"].get("acme-ci")

    def everything(self):
        """All that an installation consists of."""
        files = {path: path.read_bytes() for path in self.installed.rglob("*") if path.is_file()}
        return files, self.lock.read_bytes() if self.lock.exists() else None

    def version(self):
        return json.loads((self.installed / "acme-ci" / "manifest.json").read_text())["version"]


@pytest.fixture
def shop(bare):
    return Shop(bare)


@pytest.fixture
def ready(shop):
    """Version 1.0.0 is installed, with its host granted."""
    package = shop.pack()
    shop.install(package, "--signer", shop.signer())
    shop.bare.must("plugin", "pin", "acme-ci", "--grant", "hosts")
    return shop


# What a package is.


def test_a_package_is_a_tar_archive_with_a_bill_of_materials(shop):
    """Of plain files in a fixed order, without times and owners; the same input gives the same bytes."""
    package = shop.pack()
    first = package.read_bytes()
    assert shop.pack().read_bytes() == first
    with tarfile.open(package) as archive:
        members = archive.getmembers()
        names = [member.name.removeprefix("acme-ci/") for member in members]
        assert names == ["package.txt", "package.sig", "manifest.json", "pusher.so", "pusher.sig", "README.md", "LICENSE", "sbom.cdx.json"]
        assert {(member.mtime, member.uid, member.gid, member.mode, member.type) for member in members} == {(0, 0, 0, 0o644, tarfile.REGTYPE)}
        bill = json.load(archive.extractfile("acme-ci/sbom.cdx.json"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert {"name": "libc.so.6", "type": "library", "bom-ref": "system:libc.so.6"} in bill["components"]
    library = (shop.author / "acme-ci" / "pusher.so").read_bytes()
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(library).hexdigest()}]
    assert oct((shop.author / "author.key").stat().st_mode)[-3:] == "600"


def test_an_author_may_bring_the_bill(shop):
    """One that is not CycloneDX 1.5 or later is refused."""
    place = shop.build()
    (place / "sbom.cdx.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}')
    shop.bare.must("plugin", "pack", place, "--key", "k")
    for wrong in ("{}", "text", '{"bomFormat": "CycloneDX", "specVersion": "1.3"}'):
        (place / "sbom.cdx.json").write_text(wrong)
        assert "is not CycloneDX 1.5 or later" in shop.bare.must("plugin", "pack", place, "--key", "k", status=1).err


# Installing.


def test_installing_shows_pins_and_grants_nothing(shop):
    """Granting is a decision of its own."""
    package = shop.pack()
    result = shop.install(package, "--signer", shop.signer())
    for words in ("asks for    HTTP to api.acme.example", "granted     nothing", f"ed25519:{shop.signer()}", "glibc", "size", "libc.so.6",
                  "`keyturn plugin pin acme-ci --grant hosts`"):
        assert words in result.out, result.out
    assert shop.pinned()["grants"] == {"hosts": []} and shop.pinned()["version"] == "1.0.0"
    assert json.loads(shop.lock.read_text())["signers"] == {"acme-ci": {"key": f"ed25519:{shop.signer()}", "lowest": "1.0.0"}}
    (entry,) = [entry for entry in shop.bare.must("plugin", "list", "--json").json["plugins"] if entry["id"] == "acme-ci"]
    assert entry["pinned"] is True and entry["problem"] is None
    shop.bare.must("plugin", "pin", "acme-ci", "--grant", "hosts")
    assert shop.pinned()["grants"] == HOST
    again = shop.install(package)
    assert "is there already" in again.out and shop.pinned()["grants"] == HOST
    for path in [shop.installed / "acme-ci", *(shop.installed / "acme-ci").iterdir()]:
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_a_signer_has_to_be_trusted(shop):
    """By its key, which comes from elsewhere. The sentence has the whole command."""
    package = shop.pack()
    result = shop.install(package, status=77)
    assert f"it is signed by ed25519:{shop.signer()}" in result.err and f"--signer {shop.signer()}" in result.err
    other = base64.b64encode(bytes(32)).decode()
    assert "--signer names" in shop.install(package, "--signer", other, status=77).err
    assert not shop.installed.exists() and not shop.lock.exists()


def test_a_later_version_needs_the_same_signer(ready):
    """Or the new key, named."""
    before = ready.everything()
    package = ready.pack("1.1.0", key="other.key")
    assert "trusts ed25519:" in ready.install(package, command="upgrade", status=77).err
    assert ready.everything() == before
    ready.install(package, "--signer", ready.signer("other.key"), command="upgrade")
    assert ready.pinned()["signer"] == f"ed25519:{ready.signer('other.key')}"
    # The former key is not trusted any more.
    assert "trusts ed25519:" in ready.install(ready.pack("1.2.0"), command="upgrade", status=77).err


def test_without_a_terminal_nothing_is_done_unasked(shop):
    """Also with --json; --dry-run shows and is 0."""
    package = shop.pack()
    signer = ["--signer", shop.signer()]
    assert "--yes" in shop.bare.must("plugin", "install", package, *signer, status=1).err
    assert "--yes" in shop.bare.must("plugin", "install", package, *signer, "--json", status=1).err
    shown = shop.bare.must("plugin", "install", package, *signer, "--dry-run")
    assert "asks for    HTTP to api.acme.example" in shown.out and "Nothing was changed" in shown.out
    assert shop.bare.must("plugin", "install", package, *signer, "--dry-run", "--json").json["written"] is False
    assert not shop.installed.exists() and not shop.lock.exists()


def on_a_terminal(shop, answer, *arguments):
    """Runs a command on a terminal, and answers its question."""
    main, side = pty.openpty()
    process = subprocess.Popen(
        [program.binary(), *map(str, arguments)], cwd=shop.bare.directory, env={**shop.bare.environment, "TERM": "xterm"}, stdin=side,
        stdout=side, stderr=subprocess.STDOUT)
    shop.bare.running.append(process)
    os.close(side)
    shown, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([main], [], [], 1)[0]:
            continue
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if b"[no]" in shown and answer:
            os.write(main, answer + b"\n")
            answer = b""
    os.close(main)
    return process.wait(timeout=10), shown.decode()


def test_a_person_is_asked(shop):
    """No is the default."""
    package = shop.pack()
    arguments = ["plugin", "install", package, "--signer", shop.signer()]
    status, shown = on_a_terminal(shop, b"no", *arguments)
    assert status == 1 and "Install acme-ci 1.0.0?" in shown and "nothing was changed" in shown
    assert not shop.lock.exists()
    status, shown = on_a_terminal(shop, b"yes", *arguments)
    assert status == 0 and "Installed acme-ci 1.0.0" in shown and shop.version() == "1.0.0"


def test_what_came_with_keyturn_is_not_replaced(shop):
    """Nor removed."""
    place = plugins.put(shop.author, "gitlab-ci", says=plugins.manifest("gitlab-ci", version="9.0.0"))
    package = shop.bare.must("plugin", "pack", place, "--key", "k", "--json").json
    signer = package["signer"].removeprefix("ed25519:")
    assert "comes with keyturn" in shop.install(package["package"], "--signer", signer, status=1).err
    assert "comes with keyturn" in shop.bare.must("plugin", "remove", "gitlab-ci", "--yes", status=1).err


def test_a_library_that_this_machine_cannot_load_is_not_installed(shop):
    """By its headers; nothing of it is run."""
    place = shop.build()
    library = place / "pusher.so"
    library.write_bytes(library.read_bytes().replace(b"\0GLIBC_2.2.5\0", b"\0GLIBC_9.2.5\0"))
    package = shop.bare.must("plugin", "pack", place, "--key", shop.author / "author.key", "--json").json["package"]
    result = shop.install(package, "--signer", shop.signer(), status=78)
    assert "needs GLIBC_9.2.5" in result.err and not shop.installed.exists()


# Upgrading, going back, removing.


def test_an_upgrade_shows_what_is_new_and_keeps_the_grants(ready):
    """What it asks for besides is not granted; the version before is kept, and comes back with its grants."""
    more = {"hosts": ["api.acme.example", "eu.acme.example"], "network": True, "pace": {"push": {"read": 1, "write": 2}}}
    result = ready.install(ready.pack("1.1.0", **more), command="upgrade")
    for words in ("version     1.1.0, was 1.0.0", "new: HTTP to eu.acme.example, sockets", "granted     HTTP to api.acme.example\n",
                  "not granted HTTP to eu.acme.example", "1 read and 2 writes for each push, was not stated",
                  "`keyturn plugin pin acme-ci --grant network --grant hosts`", "`keyturn plugin rollback acme-ci`"):
        assert words in result.out, result.out
    assert ready.pinned()["grants"] == HOST and ready.version() == "1.1.0"
    ready.bare.must("plugin", "list")
    assert ".former" not in ready.bare.results[-1].out
    ready.bare.must("plugin", "pin", "acme-ci", "--grant", "hosts")
    back = ready.bare.must("plugin", "rollback", "acme-ci", "--yes")
    assert "Went back to acme-ci 1.0.0" in back.out and ready.version() == "1.0.0" and ready.pinned()["grants"] == HOST
    assert json.loads(ready.lock.read_text())["signers"]["acme-ci"]["lowest"] == "1.0.0"
    ready.bare.must("plugin", "rollback", "acme-ci", "--yes")
    assert ready.version() == "1.1.0" and ready.pinned()["grants"]["hosts"] == more["hosts"]
    assert ready.bare.must("plugin", "list", "--json").json["plugins"][0]["problem"] is None


def test_an_older_version_needs_an_option(ready):
    """Also after the plugin was removed: its signer's lowest version stays."""
    ready.install(ready.pack("1.10.0"), command="upgrade")
    old = ready.pack("1.9.0")
    assert "older than 1.10.0" in ready.install(old, command="upgrade", status=77).err
    ready.bare.must("plugin", "remove", "acme-ci", "--yes")
    assert not (ready.installed / "acme-ci").exists() and ready.pinned() is None
    assert "older than 1.10.0" in ready.install(old, status=77).err
    ready.install(old, "--allow-downgrade")
    assert ready.version() == "1.9.0"
    ready.bare.must("plugin", "remove", "acme-ci", "--yes", "--forget-signer")
    assert "signers" not in json.loads(ready.lock.read_text())
    assert "does not trust" in ready.install(old, status=77).err


def test_install_does_not_replace_and_upgrade_does_not_install(ready):
    """Each names the other."""
    package = ready.pack("1.1.0")
    assert f"keyturn plugin upgrade {package}" in ready.install(package, status=1).err
    ready.bare.must("plugin", "remove", "acme-ci", "--yes")
    assert f"keyturn plugin install {package}" in ready.install(package, command="upgrade", status=1).err


def test_a_plugin_in_use_is_not_removed(ready):
    """The pusher is named."""
    ready.configuration["pushers"]["mine"] = {"plugin": "acme-ci", "token": {"env": "HOME"}}
    ready.save()
    before = ready.everything()
    result = ready.bare.must("plugin", "remove", "acme-ci", "--yes", status=1)
    assert "used by `pushers.mine`" in result.err and ready.everything() == before
    assert "no former version" in ready.bare.must("plugin", "rollback", "acme-ci", "--yes", status=1).err


def test_a_kept_version_that_was_changed_does_not_come_back(ready):
    """It is the one that was pinned, byte for byte."""
    ready.install(ready.pack("1.1.0"), command="upgrade")
    with open(ready.installed / ".former" / "acme-ci" / "pusher.so", "ab") as library:
        library.write(b"x")
    before = ready.everything()
    assert "are not those that" in ready.bare.must("plugin", "rollback", "acme-ci", "--yes", status=77).err
    assert ready.everything() == before


def test_nothing_changes_where_the_lock_cannot_be_written(ready):
    """The files go back to what they were."""
    package = ready.pack("1.1.0")
    # The lock's name with a directory in the way of its new content.
    (ready.bare.directory / "keyturn.lock.keyturn-new").mkdir()
    (ready.bare.directory / "keyturn.lock.keyturn-new" / "x").touch()
    before = ready.everything()
    result = ready.install(package, command="upgrade", status=1)
    assert "the plugins are as they were" in result.err
    assert ready.everything() == before and ready.version() == "1.0.0"


def test_leftovers_of_a_crash_are_no_obstacle(ready):
    """Files that were being written when the power went."""
    (ready.installed / ".new" / "acme-ci").mkdir(parents=True, exist_ok=True)
    (ready.installed / ".new" / "acme-ci" / "pusher.so").write_text("half")
    ready.install(ready.pack("1.1.0"), command="upgrade")
    assert ready.version() == "1.1.0"


def test_directories_that_others_can_write_are_refused(shop):
    """77, with the command that helps."""
    shop.installed.mkdir()
    shop.installed.chmod(0o777)
    package = shop.pack()
    result = shop.install(package, "--signer", shop.signer(), status=77)
    assert "chmod go-w" in result.err and list(shop.installed.iterdir()) == []


# Hostile packages.


def header(name, size, kind=b"0"):
    """A header in the form that packages have."""
    fields = bytearray(512)
    for at, text in ((0, name.encode()), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % size),
                     (136, b"0" * 11), (156, kind), (257, b"ustar\x0000"), (329, b"0000000"), (337, b"0000000")):
        fields[at:at + len(text)] = text
    fields[148:156] = b" " * 8
    fields[148:156] = b"%06o\0 " % sum(fields)
    return bytes(fields)


def archive(files):
    body = b"".join(header(name, len(content), *kind) + content + bytes(-len(content) % 512) for name, content, *kind in files)
    return body + bytes(1024)


def contents(package):
    with tarfile.open(package) as opened:
        return [[member.name, opened.extractfile(member).read()] for member in opened.getmembers()]


def signed(files, seed, change=lambda text: text):
    """The files with a list that is signed as it is after a change."""
    kept = [file for file in files if not file[0].endswith(("/package.txt", "/package.sig"))]
    lines = dict(file for file in files)["acme-ci/package.txt"].decode().splitlines()[:4]
    lines += [f"file {hashlib.sha256(content).hexdigest()} {len(content)} {name.partition('/')[2]}" for name, content in kept]
    text = change("\n".join(lines) + "\n").encode()
    signature = ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(text)
    return [["acme-ci/package.txt", text], ["acme-ci/package.sig", base64.b64encode(signature) + b"\n"], *kept]


def edit(files, name, change):
    return [[at, change(content)] if at == f"acme-ci/{name}" else [at, content] for at, content in files]


HOSTILE = {
    "truncated": (lambda files, seed: archive(files)[:-2000], "it is cut off"),
    "appended": (lambda files, seed: archive(files) + b"x", "bytes behind its end"),
    "changed library": (lambda files, seed: archive(edit(files, "pusher.so", lambda content: content[:-1] + b"x")), "is not the file that was signed"),
    "changed list": (lambda files, seed: archive(edit(files, "package.txt", lambda text: text.replace(b"1.1.0", b"9.1.0"))), "its signature is wrong"),
    "no signature": (lambda files, seed: archive(edit(files, "package.sig", lambda text: b"")), "its signature is wrong"),
    "another's signature": (lambda files, seed: archive(signed(files, bytes(32))), "its signature is wrong"),
    "traversal": (lambda files, seed: archive([*files, ["acme-ci/../../evil", b"x"]]), "which no package has"),
    "absolute": (lambda files, seed: archive([*files, ["/tmp/evil", b"x"]]), "which no package has"),
    "symbolic link": (lambda files, seed: archive([*files, ["acme-ci/link", b"", b"2"]]), "is a symbolic link"),
    "hard link": (lambda files, seed: archive([*files, ["acme-ci/link", b"", b"1"]]), "is a hard link"),
    "device": (lambda files, seed: archive([*files, ["acme-ci/device", b"", b"3"]]), "is a device"),
    "twice": (lambda files, seed: archive([*files, files[3]]), "twice"),
    "unlisted": (lambda files, seed: archive([*files, ["acme-ci/more", b"x"]]), "not those of its signed list"),
    "listed, unknown": (lambda files, seed: archive(signed([*files, ["acme-ci/run.sh", b"x"]], seed)), "cannot be read"),
    "another's library signature": (lambda files, seed: archive(signed(edit(files, "pusher.sig", lambda text: base64.b64encode(bytes(64))), seed)), "its pusher.sig is not by"),
    "no library": (lambda files, seed: archive(signed([file for file in files if "pusher.so" not in file[0]], seed)), "it has no pusher.so"),
    "other plugin": (lambda files, seed: archive(signed(edit(files, "manifest.json", lambda text: text.replace(b'"acme-ci"', b'"acme-cx"')), seed)), "another ID"),
    "huge": (lambda files, seed: header("acme-ci/package.txt", 1 << 32), "larger than 128 MiB"),
    "many": (lambda files, seed: archive([[f"acme-ci/{number}", b""] for number in range(40)]), "more than 16 files"),
    "gzip": (lambda files, seed: __import__("gzip").compress(archive(files)), "not a tar archive"),
    "empty": (lambda files, seed: b"", "it is cut off"),
    "other tar": (lambda files, seed: other_tar(files), "not a tar archive"),
}


def other_tar(files):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as opened:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_package_changes_nothing(ready, name):
    """One sentence, which names the file."""
    make, words = HOSTILE[name]
    package = ready.pack("1.1.0")
    seed = base64.b64decode((ready.author / "author.key").read_text())
    evil = ready.author / "evil.tar"
    evil.write_bytes(make(contents(package), seed))
    before = ready.everything()
    result = ready.bare.run("plugin", "upgrade", evil, "--yes")
    assert result.status in (1, 77) and words in result.err and str(evil) in result.err, str(result)
    assert result.err.count("\n") == 1 and "Nothing was changed" in result.err
    assert ready.everything() == before


def test_files_that_are_no_files(shop):
    """A pipe without a writer does not hang, and a device has no end."""
    os.mkfifo(shop.bare.directory / "pipe.tar")
    for path in ("pipe.tar", "/dev/zero", shop.bare.directory):
        assert "is not a file" in shop.install(path, status=1).err
    assert "cannot be read" in shop.install("nowhere.tar", status=1).err


# From a server.


class Site(plugins.Served):
    """A directory, and redirects."""

    def __init__(self, directory):
        answers = self.answers = {}
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if self.path in answers:
                    status, headers, body = answers[self.path]
                else:
                    file = pathlib.Path(directory) / self.path.lstrip("/")
                    status, headers, body = (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "content-length" not in headers:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        super().__init__(Handler)


@pytest.fixture
def site(shop):
    served = Site(shop.author)
    yield served
    served.stop()


def test_a_package_comes_from_a_server(shop, site):
    """With its hash, and by way of redirects."""
    package = shop.pack()
    signer = ["--signer", shop.signer()]
    site.answers["/latest"] = (302, {"location": f"/{package.name}"}, b"moved")
    wrong = shop.install(f"{site.url}/latest", *signer, "--sha256", "0" * 64, status=1)
    assert "was expected" in wrong.err and not shop.installed.exists()
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    result = shop.bare.must("plugin", "install", f"{site.url}/latest", *signer, "--sha256", digest.upper(), "--yes", "--json")
    fits("plugin-install", result)
    assert result.json["sha256"] == digest and result.json["written"] is True and shop.version() == "1.0.0"


@pytest.mark.parametrize("answer, words, status", [
    ((404, {}, b""), "the server answers 404", 1), ((503, {}, b""), "the server answers 503", 69),
    ((302, {"location": "/evil"}, b""), "redirects more than 5 times", 1), ((302, {}, b""), "redirects to nowhere", 1),
    ((302, {"location": "http://example.com/x"}, b""), "which is not https", 1),
    ((302, {"location": "file:///etc/passwd"}, b""), "redirects to file:///etc/passwd", 1),
    ((302, {"location": "http://user:x@127.0.0.1/"}, b""), "holds credentials", 1),
    ((200, {"content-length": "5000"}, b"cut"), "", 69),
    ((200, {}, bytes(130 << 20)), "larger than 128 MiB", 1),
])
def test_a_server_that_does_not_keep_to_the_rules(shop, site, answer, words, status):
    """Nothing is changed."""
    shop.pack()
    site.answers["/evil"] = answer
    result = shop.install(f"{site.url}/evil", "--signer", shop.signer(), status=status)
    assert words in result.err and "Nothing was changed" in result.err and not shop.installed.exists()


@pytest.mark.parametrize("url, words", [
    ("http://example.com/x.tar", "plain http is for this machine alone"), ("ftp://example.com/x.tar", "neither https nor http"),
    ("https://user@example.com/x.tar", "holds credentials"), ("file:///etc/passwd", "neither https nor http"),
])
def test_urls_that_nothing_is_asked_of(shop, url, words):
    assert words in shop.install(url, status=1).err


# From an index.


@pytest.fixture
def index(shop, site):
    """An index with two versions, configured."""
    for version in ("1.0.0", "1.1.0"):
        shop.pack(version)
    made = shop.bare.must("plugin", "index", shop.author, "--key", shop.author / "index.key", "--json")
    fits("plugin-index", made)
    assert made.json["plugins"] == {"acme-ci": ["1.0.0", "1.1.0"]}
    shop.index = shop.author / "index.json"
    fits("plugin-index-file", program.Result((), 0, shop.index.read_text(), ""))
    shop.configuration["plugins"]["indexes"] = [{"url": f"{site.url}/index.json", "signer": shop.signer("index.key")}]
    shop.save()
    return shop


def test_a_name_is_found_by_an_index(index, site):
    """The newest version, or the named one; the signer is the one that the index names."""
    result = index.install("acme-ci@1.0.0")
    assert f"named by the index {site.url}/index.json" in result.out and index.version() == "1.0.0"
    index.install("acme-ci", command="upgrade")
    assert index.version() == "1.1.0"
    assert "is there already" in index.install("acme-ci", command="upgrade").out
    assert "there is no plugin acme-cx" in index.install("acme-cx", status=1).err
    assert "there is no plugin acme-ci 7.0.0" in index.install("acme-ci@7.0.0", command="upgrade", status=1).err


def test_an_index_needs_its_signer(index, site):
    """A URL of one that is not configured needs its key."""
    url = f"{site.url}/./index.json?x"
    site.answers["/index.json?x"] = (200, {}, index.index.read_bytes())
    assert "--index-signer" in index.install("acme-ci", "--index", url, status=78).err
    result = index.install("acme-ci", "--index", url, "--index-signer", index.signer(), status=77)
    assert "no good signature" in result.err
    index.install("acme-ci", "--index", url, "--index-signer", index.signer("index.key"))


def test_an_index_that_was_changed_or_has_expired_is_refused(index):
    """77, and nothing is installed."""
    good = index.index.read_text()
    document = json.loads(good)
    document["signed"]["plugins"]["acme-ci"]["1.1.0"]["sha256"] = "0" * 64
    index.index.write_text(json.dumps(document))
    assert "no good signature" in index.install("acme-ci", status=77).err
    index.bare.must("plugin", "index", index.author, "--key", index.author / "index.key", "--expires", "1s")
    deadline = time.monotonic() + 30
    while time.time() < json_time(json.loads(index.index.read_text())["signed"]["expires"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "it expired on" in index.install("acme-ci", status=77).err
    index.index.write_text("[]")
    assert "it is not an index" in index.install("acme-ci", status=77).err
    assert not index.installed.exists()


def json_time(text):
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_an_index_does_not_replace_a_trusted_signer(index):
    """Whoever keeps the index is not the author."""
    index.install("acme-ci@1.0.0")
    (index.author / "acme-ci-1.1.0.tar").unlink()
    index.pack("1.2.0", key="other.key")
    index.bare.must("plugin", "index", index.author, "--key", index.author / "index.key")
    assert "trusts ed25519:" in index.install("acme-ci", command="upgrade", status=77).err


def test_a_package_that_is_not_the_listed_one_is_refused(index):
    """By its hash."""
    index.pack("1.1.0", key="other.key")
    assert "was expected" in index.install("acme-ci", status=1).err


def test_a_directory_without_packages_makes_no_index(shop):
    """Nor does one with a damaged package, or one version twice."""
    assert "has 0 packages" in shop.bare.must("plugin", "index", shop.author, "--key", "k", status=1).err
    package = shop.pack()
    shutil.copy(package, shop.author / "copy.tar")
    assert "has acme-ci 1.0.0 too" in shop.bare.must("plugin", "index", shop.author, "--key", "k", status=1).err
    (shop.author / "copy.tar").write_bytes(package.read_bytes()[:-1])
    assert "copy.tar: it is cut off" in shop.bare.must("plugin", "index", shop.author, "--key", "k", status=1).err
    assert not (shop.author / "index.json").exists()


def test_a_name_without_an_index(shop):
    """78, with both ways."""
    assert "--index" in shop.install("acme-ci", status=78).err


def test_documents(ready):
    """Each command's --json has its schema."""
    ready.install(ready.pack("1.1.0"), command="upgrade")
    package = ready.pack("1.2.0")
    fits("plugin-pack", ready.bare.must("plugin", "pack", ready.author / "acme-ci", "--key", ready.author / "author.key", "--json"))
    fits("plugin-upgrade", ready.bare.must("plugin", "upgrade", package, "--yes", "--json"))
    fits("plugin-rollback", ready.bare.must("plugin", "rollback", "acme-ci", "--yes", "--json"))
    fits("plugin-remove", ready.bare.must("plugin", "remove", "acme-ci", "--yes", "--json"))
    fits("error", ready.bare.must("plugin", "remove", "acme-ci", "--yes", "--json", status=1))
