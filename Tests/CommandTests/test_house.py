"""What Sources/README.md says of the rooms is what Package.swift enforces."""

import json
import re
import subprocess

import guides

PAGE = guides.REPOSITORY / "Sources" / "README.md"


def rooms():
    """The rows of the table: what each room knows."""
    found = {}
    for line in PAGE.read_text().splitlines():
        row = re.fullmatch(r"\| `(\w+)` \| (.+) \| ?(.*?) ?\|", line)
        if row:
            found[row[1]] = set(re.findall(r"`(\w+)`", row[3]))
    return found


def targets():
    """The targets of the package that are rooms, with their dependencies."""
    dumped = subprocess.run(
        ["swift", "package", "--package-path", guides.REPOSITORY, "--scratch-path", guides.REPOSITORY / ".build/describe",
         "dump-package"], capture_output=True, text=True, check=True, timeout=120)
    found = {}
    for target in json.loads(dumped.stdout)["targets"]:
        place = target.get("path") or f"Sources/{target['name']}"
        if target["type"] in ("regular", "executable") and place.startswith("Sources/"):
            found[target["name"]] = {name[0] for entry in target["dependencies"] for name in entry.values()}
    return found


def test_the_page_of_the_rooms():
    """Every room is on the page, with exactly the rooms that it may import."""
    page, package = rooms(), targets()
    shims = {name for name in package if re.match(r"C[A-Z]", name)}
    assert shims == {"CCurl", "CEnclosure", "CRE2", "CWiping"}
    assert page == {name: known for name, known in package.items() if name not in shims}


def test_every_folder_is_on_the_page():
    """Also those that are no target."""
    text = PAGE.read_text()
    for folder in (guides.REPOSITORY / "Sources").iterdir():
        if folder.is_dir() and not re.match(r"C[A-Z]", folder.name):
            assert f"`{folder.name}`" in text, folder.name


def test_what_decides_knows_nothing():
    """The rules import nothing; what drives them imports no adapter."""
    package = targets()
    assert package["Rotation"] == set() and package["StateStore"] == set()
    assert package["Engine"] == {"Journal", "Rotation", "Secrets"}


def test_the_terminal_knows_no_adapter():
    """Commands parse, call an operation and print: what opens, asks and writes is behind Operations."""
    package = targets()
    behind = package["Operations"] - {"JSON", "JSONSchema", "PlainText", "Rotation", "PusherConformance"}
    assert {"AWS", "Engine", "HTTP", "Journal", "PusherHost", "SQLiteStore"} <= behind
    assert package["keyturn"] & behind == set() and "Operations" in package["keyturn"]
    assert [name for name, known in package.items() if "Operations" in known] == ["keyturn"]


def test_no_pair_is_made_around_a_call_that_may_throw():
    """Optimized, Swift 6.3 breaks a closure that returns a pair with an `await` in it that may throw: memory is read that was never
    written. What is built for tests is not optimized, and shows nothing."""
    pair = re.compile(r"return \([^()]+(?:\([^()]*\))?, \.\w+\(try await")
    assert pair.search("do { return (index, .success(try await body(element))) } catch {")
    for folder in ("Sources", "Plugins", "plugin-sdk", "templates"):
        for source in (guides.REPOSITORY / folder).rglob("*.swift"):
            assert not pair.search(source.read_text()), source
