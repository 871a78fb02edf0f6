"""How the installed programs and libraries were built and linked, and what the units limit."""

import configparser
import re
import subprocess

import pytest

import program


def elves():
    """Every installed file that the kernel or the dynamic linker would load."""
    found = [path for path in sorted(program.stage().rglob("*")) if path.is_file() and path.open("rb").read(4) == b"\x7fELF"]
    return {str(path.relative_to(program.stage())): path for path in found}


def read(path, *options):
    return subprocess.run(["readelf", "-W", *options, path], check=True, capture_output=True, text=True, timeout=60).stdout


def test_there_is_something_to_look_at():
    assert {"bin/keyturn", "libexec/keyturn/keyturn-runner", "libexec/keyturn/keyturn-conformance",
            "libexec/keyturn/keyturn-sandbox", "lib/keyturn/pushers/travis-ci/pusher.so"} <= set(elves())
    assert len(elves()) >= 8


@pytest.fixture(scope="module", params=list(elves()))
def file(request):
    return elves()[request.param]


def test_position_independent(file):
    assert re.search(r"^\s*Type:\s+DYN ", read(file, "-h"), re.M)
    assert file.suffix == ".so" or "PIE" in read(file, "-d")


def test_relocations_are_read_only(file):
    """Full RELRO: everything is bound at the start."""
    assert "GNU_RELRO" in read(file, "-l")
    assert re.search(r"FLAGS\).*BIND_NOW|FLAGS_1\).*\bNOW\b", read(file, "-d"))


def test_libraries_are_looked_for_in_the_system_alone(file):
    dynamic = read(file, "-d")
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic
    needed = re.findall(r"NEEDED\).*\[(.*)\]", dynamic)
    assert needed and all(name.startswith("lib") or name.startswith("ld-linux") for name in needed), needed


def test_no_memory_is_writable_and_executable(file):
    segments = re.findall(r"^\s+(LOAD|GNU_STACK)\s+(?:0x\w+\s+){5}([RWE ]{3})", read(file, "-l"), re.M)
    assert {kind for kind, _ in segments} == {"LOAD", "GNU_STACK"}
    assert not [flags for _, flags in segments if "W" in flags and "E" in flags]
    assert all("E" not in flags for kind, flags in segments if kind == "GNU_STACK")


def test_stacks_are_protected(file):
    assert "__stack_chk_fail" in read(file, "--dyn-syms")


def test_stacks_of_c_functions_are_protected():
    """A function of the runner with a structure on its stack, in a build whose symbols are there."""
    runner = program.stage() / "libexec/keyturn/keyturn-runner"
    if "kt_landlock_create" not in read(runner, "--syms"):
        pytest.skip("the installation is stripped")
    code = subprocess.run(
        ["objdump", "--disassemble=kt_landlock_create", runner], check=True, capture_output=True, text=True, timeout=120).stdout
    assert "kt_landlock_create>:" in code and "__stack_chk_fail" in code


@pytest.mark.parametrize("name", ["keyturn.service", "keyturn-step.service"])
def test_units_bound_tasks_and_memory(name):
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(program.stage() / "lib/systemd/system" / name)
    assert 512 <= int(unit["Service"]["TasksMax"]) <= 4_096
    assert unit["Service"]["MemoryMax"] == "4G" and unit["Service"]["LimitCORE"] == "0"
