"""The ABI header of a version to come: every struct that has a size has grown by two fields."""

import os
import pathlib
import re
import shutil
import subprocess

import program

ROOT = pathlib.Path(__file__).parents[2]
HEADER = "keyturn_pusher.h"
#: What is appended to each struct, and its bytes.
FIELDS, BYTES = "    uint64_t grown_number;\n    const void *grown_pointer;\n", 16
#: Structs that never grow.
FROZEN = {"kt_string", "kt_bytes", "kt_header"}
#: What the runner is made of.
MODULES = ["CEnclosure", "CLinux", "CSeccomp", "CWiping", "Enclosure", "Hardening", "PusherRunner", "RunnerProtocol"]

PACKAGE = """// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "grown",
    products: [.executable(name: "keyturn-runner", targets: ["PusherRunner"])],
    targets: [
        .systemLibrary(name: "CKeyturnPusher", path: "include"), .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"), .target(name: "CEnclosure"), .target(name: "CWiping"),
        .target(name: "Hardening", dependencies: ["CLinux"], swiftSettings: settings),
        .target(name: "RunnerProtocol", dependencies: ["CKeyturnPusher"], swiftSettings: settings),
        .target(
            name: "Enclosure", dependencies: ["CEnclosure", "CKeyturnPusher", "CLinux", "CSeccomp"], swiftSettings: settings),
        .executableTarget(
            name: "PusherRunner",
            dependencies: ["CKeyturnPusher", "CLinux", "CWiping", "Enclosure", "Hardening", "RunnerProtocol"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
"""


def sizes(text):
    """The size of each struct, as the header itself checks it."""
    return {name: int(size) for name, size in re.findall(r"^KT_SIZE\((\w+), (\d+)\);", text, flags=re.MULTILINE)}


def header(text):
    """Appends the fields to every struct that is not frozen."""
    grown, count = re.subn(
        r"(struct (kt_\w+) \{\n)(.*?)(\n\})",
        lambda found: found[0] if found[2] in FROZEN else f"{found[1]}{found[3]}\n{FIELDS.rstrip()}{found[4]}", text,
        flags=re.DOTALL)
    assert count == len(sizes(text))
    grown = re.sub(
        r"^KT_SIZE\((\w+), (\d+)\);",
        lambda found: found[0] if found[1] in FROZEN else f"KT_SIZE({found[1]}, {int(found[2]) + BYTES});", grown,
        flags=re.MULTILINE)
    return re.sub(r"#define KT_ABI_MINOR \d+", "#define KT_ABI_MINOR 99", grown)


def include(directory):
    """A directory with that header."""
    place = pathlib.Path(directory) / "include"
    place.mkdir(parents=True)
    source = ROOT / "plugin-sdk" / "include"
    (place / "module.modulemap").write_text((source / "module.modulemap").read_text())
    (place / HEADER).write_text(header((source / HEADER).read_text()))
    return place


def stage(directory):
    """The installation under test, with a runner that was built from today's sources and that header."""
    directory = pathlib.Path(directory)
    package = directory / "package"
    include(package)
    (package / "Package.swift").write_text(PACKAGE)
    (package / "Sources").mkdir()
    for module in MODULES:
        (package / "Sources" / module).symlink_to(ROOT / "Sources" / module)
    done = subprocess.run(
        ["swift", "build", "--static-swift-stdlib", "-Xswiftc", "-static-stdlib", "--product", "keyturn-runner"], cwd=package,
        capture_output=True, timeout=280)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    prefix = directory / "prefix"
    shutil.copytree(program.stage(), prefix, copy_function=os.link)
    runner = prefix / "libexec" / "keyturn" / "keyturn-runner"
    runner.unlink()
    shutil.copy(package / ".build" / "debug" / "keyturn-runner", runner)
    return prefix
