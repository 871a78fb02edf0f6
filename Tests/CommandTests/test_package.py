"""The Debian package: installed into a root of its own, run from there, removed and purged."""

import os
import pathlib
import shutil
import subprocess

import pytest

import program

PACKAGE = pathlib.Path(__file__).parents[2] / "Sources" / "Packaging" / "debian" / "package.sh"


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Packed from the installation under test."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(program.stage(), root / "usr", symlinks=True)
    file = tmp_path_factory.mktemp("package") / "keyturn.deb"
    programs = [root / "usr/bin/keyturn", *root.glob("usr/libexec/keyturn/*")]
    run("strip", "--strip-unneeded", *programs)
    run(PACKAGE, root, file, env={**os.environ, "COMPRESSION": "none"})
    return file


class System:
    """A throw-away root with an own dpkg database, users and groups."""

    def __init__(self, root):
        self.root = root
        for place in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "etc", "tmp"):
            (root / place).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "var/lib/dpkg/available").touch()
        for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n"),
                           ("shadow", "root:*:1:0:99999:7:::\n"), ("gshadow", "root:*::\n")):
            (root / "etc" / name).write_text(text)
        self.before = self.files()

    def dpkg(self, *arguments):
        fakeroot = [] if os.getuid() == 0 else ["fakeroot", "-i", self.root / "owners", "-s", self.root / "owners"]
        return run(
            *fakeroot, "dpkg", f"--root={self.root}", "--force-script-chrootless", "--force-depends", *arguments,
            env={**os.environ, "PATH": "/usr/sbin:/sbin:" + os.environ["PATH"]})

    def files(self):
        """Everything but what dpkg and the tools of users keep for themselves."""
        own = ("var/lib/dpkg", "var/log", "owners")
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*")}
        return {path for path in found if not path.startswith(own) and not path.endswith(("-", ".lock"))}

    def mode(self, path):
        return oct((self.root / path).stat().st_mode & 0o7777)


@pytest.mark.timeout(300)
def test_the_package_from_install_to_purge(package, tmp_path):
    """User, modes and files are there, the program runs, remove keeps what is the operator's, purge leaves nothing."""
    system = System(tmp_path / "root")
    system.dpkg("-i", package)
    passwd = (system.root / "etc/passwd").read_text()
    assert "/var/lib/keyturn:/usr/sbin/nologin" in next(line for line in passwd.splitlines() if line.startswith("keyturn:"))
    assert system.mode("etc/keyturn") == "0o750" and system.mode("etc/keyturn/keyturn.yaml") == "0o640"
    assert system.mode("var/lib/keyturn") == "0o700" and system.mode("etc/keyturn/seal.key") == "0o600"
    if os.getuid() == 0:
        uid = int(passwd.split("keyturn:x:")[1].split(":")[0])
        assert (system.root / "etc/keyturn/seal.key").stat().st_uid == uid == (system.root / "var/lib/keyturn").stat().st_uid
        assert (system.root / "etc/keyturn/keyturn.yaml").stat().st_uid == 0
    keyturn = system.root / "usr/bin/keyturn"
    assert run(keyturn, "--version") == run(program.binary(), "--version")
    assert "travis-ci" in run(keyturn, "plugin", "list", cwd=tmp_path)
    text = (system.root / "etc/keyturn/keyturn.yaml").read_text()
    assert "state: sqlite:/var/lib/keyturn/state.db" in text and "seal-key: { file: /etc/keyturn/seal.key }" in text
    assert (system.root / "usr/share/man/man1/keyturn.1.gz").exists()

    # The operator's own: a changed configuration and the key of a state stay through an upgrade and a removal.
    key = (system.root / "etc/keyturn/seal.key").read_text()
    (system.root / "etc/keyturn/keyturn.yaml").write_text(text + "# mine\n")
    (system.root / "var/lib/keyturn/state.db").write_text("state")
    system.dpkg("-i", "--force-confold", package)
    system.dpkg("-r", "keyturn")
    assert not keyturn.exists() and (system.root / "etc/keyturn/seal.key").read_text() == key
    assert (system.root / "etc/keyturn/keyturn.yaml").read_text().endswith("# mine\n")
    assert (system.root / "var/lib/keyturn/state.db").exists()

    system.dpkg("-P", "keyturn")
    assert system.files() == system.before
    assert "keyturn" not in (system.root / "etc/passwd").read_text() + (system.root / "etc/group").read_text()


def test_what_the_package_says_of_itself(package):
    """Libraries by dpkg's own look at them, the configuration as a conffile, nothing that others can write."""
    fields = run("dpkg-deb", "-f", package)
    for library in ("libcurl4", "libsodium23", "libseccomp2", "libsqlite3-0", "libyaml-0-2", "libexpat1", "libre2-9", "libssl3", "libc6"):
        assert library in fields, fields
    assert "/etc/keyturn/keyturn.yaml" in run("dpkg-deb", "-I", package, "conffiles")
    for line in run("dpkg-deb", "-c", package).splitlines():
        assert line.split()[1] == "root/root" and (line[0] == "l" or line[8] != "w"), line
    assert "etc/keyturn/seal.key" not in run("dpkg-deb", "-c", package)
