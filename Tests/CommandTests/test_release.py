"""What `make release` adds to the artefacts: bill of materials, checksums and signature, which are the same for the same inputs."""

import json
import os
import pathlib
import subprocess

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

RELEASE = pathlib.Path(__file__).parents[2] / "Sources" / "Packaging" / "release" / "release.sh"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def artefacts(tmp_path):
    """A package, an archive and a zip, small ones."""
    tree = tmp_path / "tree" / "keyturn-9.8.7-x86_64"
    libraries = tree / "lib" / "keyturn" / "libraries"
    libraries.mkdir(parents=True)
    (libraries / "libcurl.so.4").write_bytes(b"a library that this machine has")
    (libraries / "libnowhere.so.1").write_bytes(b"a library that no package has")
    made = tmp_path / "made"
    made.mkdir()
    subprocess.run(
        ["tar", "-C", tree.parent, "--mtime=@0", "--sort=name", "-czf", made / "keyturn-9.8.7-x86_64.tar.gz", tree.name], check=True)
    (made / "keyturn_9.8.7_amd64.deb").write_bytes(b"a package")
    (made / "keyturn-lambda-9.8.7.zip").write_bytes(b"a zip")
    resolved = tmp_path / "Package.resolved"
    resolved.write_text(json.dumps({"pins": [
        {"identity": "swift-log", "kind": "remoteSourceControl", "location": "https://github.com/apple/swift-log.git",
         "state": {"revision": "abc", "version": "1.6.2"}}]}))
    return made, resolved


def complete(made, resolved, **environment):
    done = subprocess.run(
        [RELEASE, made, resolved, COMMIT, "1700000000"], capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done


def test_the_bill_of_materials_is_valid(artefacts):
    """CycloneDX's own validator, in its strict form; packages of Swift and of Debian, and what is neither."""
    made, resolved = artefacts
    complete(made, resolved)
    text = (made / "keyturn-9.8.7.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    bill = json.loads(text)
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20Z" and bill["metadata"]["component"]["version"] == "9.8.7"
    found = {component["name"]: component for component in bill["components"]}
    assert found["swift-log"]["purl"] == "pkg:swift/github.com/apple/swift-log@1.6.2"
    assert found["libcurl4"]["purl"].startswith("pkg:deb/debian/libcurl4@") and "libnowhere.so.1" in found


def test_sums_and_signature_cover_everything(artefacts, tmp_path):
    """What a reader types to check a download; a changed file is found."""
    made, resolved = artefacts
    (tmp_path / "none").write_text("\n\n")
    subprocess.run(
        ["minisign", "-G", "-W", "-p", tmp_path / "key.pub", "-s", tmp_path / "key"], check=True, capture_output=True)
    complete(made, resolved, MINISIGN_KEY=str(tmp_path / "key"))
    listed = {line.split()[1] for line in (made / "SHA256SUMS").read_text().splitlines()}
    assert listed == {path.name for path in made.iterdir()} - {"SHA256SUMS", "SHA256SUMS.minisig"} and len(listed) == 5
    check = ["minisign", "-Vm", "SHA256SUMS", "-p", str(tmp_path / "key.pub")]
    assert f"keyturn 9.8.7, commit {COMMIT}" in subprocess.run(check, cwd=made, capture_output=True, text=True, check=True).stdout
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=made, check=True)
    (made / "keyturn_9.8.7_amd64.deb").write_bytes(b"another package")
    assert subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=made, capture_output=True).returncode != 0
    with (made / "SHA256SUMS").open("a") as sums:
        sums.write("0" * 64 + "  more\n")
    assert subprocess.run(check, cwd=made, capture_output=True).returncode != 0


def test_the_same_inputs_give_the_same_bytes(artefacts):
    made, resolved = artefacts
    complete(made, resolved)
    first = {path.name: path.read_bytes() for path in made.iterdir()}
    assert "not signed: MINISIGN_KEY names no key of minisign" in complete(made, resolved).stderr
    assert {path.name: path.read_bytes() for path in made.iterdir()} == first
