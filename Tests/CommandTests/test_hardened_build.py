"""How the installed programs and libraries were built and linked, and what the units limit."""

import configparser
import pathlib
import re
import subprocess

import pytest

import hardening
import program


@pytest.fixture(scope="module")
def rows():
    """The table that `make hardening` prints."""
    return hardening.rows(program.stage())


def test_there_is_something_to_look_at(rows):
    assert {"bin/keyturn", "libexec/keyturn/keyturn-runner", "libexec/keyturn/keyturn-conformance",
            "libexec/keyturn/keyturn-sandbox", "lib/keyturn/pushers/travis-ci/pusher.so"} <= {row.file for row in rows}
    assert len(rows) >= 8


def test_position_independent(rows):
    assert {row.file: row.pie for row in rows} == {row.file: "library" if row.file.endswith(".so") else "yes" for row in rows}


def test_relocations_are_read_only(rows):
    """Full RELRO: everything is bound at the start."""
    assert {row.file: row.relro for row in rows} == {row.file: "full" for row in rows}


def test_libraries_are_looked_for_in_the_system_alone(rows):
    assert [row.file for row in rows if row.rpath or row.runpath] == []
    assert [row.file for row in rows if not row.needed] == []
    assert [name for row in rows for name in row.needed if not name.startswith(("lib", "ld-linux"))] == []


def test_no_memory_is_writable_and_executable(rows):
    assert [row.file for row in rows if not row.nx] == []


def test_stacks_are_protected(rows):
    assert [row.file for row in rows if not row.canary] == []


def test_all_are_stripped_or_none(rows):
    """An installation is stripped, and a stage has the symbols for whoever looks for a fault."""
    assert len({row.stripped for row in rows}) == 1


def test_pushers_do_not_tell_where_they_were_built():
    """What depends on that directory would make two builds of one commit differ."""
    tree = str(pathlib.Path(__file__).parents[2]).encode()
    for name, path in pushers(program.stage()).items():
        assert tree not in path.read_bytes(), name
        assert ".swift_modhash" not in hardening.read(path, "--section-headers", "--wide"), name


#: What a stripped file may weigh, in MiB, by the beginning of its path.
LIGHT = {"bin/keyturn": 19, "libexec/keyturn/keyturn-sandbox": 20, "libexec/keyturn/keyturn-conformance": 20, "libexec/keyturn/": 10,
         "lib/keyturn/pushers/github-actions/": 5.7, "lib/keyturn/pushers/": 0.5}


#: The only libraries that a pusher that comes with keyturn needs, and the newest glibc whose symbols it may need: Amazon Linux 2023
#: and RHEL 9 have it.
PUSHERS_NEED, GLIBC = {"libc.so.6", "libm.so.6"}, (2, 34)


def pushers(stage):
    return {name: path for name, path in hardening.elves(stage).items() if name.startswith("lib/keyturn/pushers/")}


def test_pushers_weigh_little(tmp_path):
    """Embedded Swift: they carry no runtime. They are optimised in a stage, too, and measured as they would be installed."""
    weights = {}
    for number, (name, path) in enumerate(pushers(program.stage()).items()):
        subprocess.run(["strip", "--strip-unneeded", "-o", tmp_path / f"{number}.so", path], check=True, timeout=60)
        weights[name] = (tmp_path / f"{number}.so").stat().st_size / 2**20
    assert len(weights) >= 4
    limits = {name: next(limit for start, limit in LIGHT.items() if name.startswith(start)) for name in weights}
    assert {name: weight for name, weight in weights.items() if weight > limits[name]} == {}


def test_pushers_need_the_c_library_alone(rows):
    assert {row.file: set(row.needed) for row in rows if row.file in pushers(program.stage())} == dict.fromkeys(
        pushers(program.stage()), PUSHERS_NEED)


def test_pushers_load_where_the_c_library_is_older():
    """And all of their symbols are somewhere: the linker was asked to see to that."""
    for name, path in pushers(program.stage()).items():
        versions = {tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", hardening.read(path, "--dyn-syms"))}
        assert versions and max(versions) <= GLIBC, name


def foundation(path):
    """Traces of Foundation and of ICU's data, which symbols, type names and the data's own name leave also in a stripped file."""
    return {trace for trace in (b"10Foundation", b"_FoundationICU", b"icudt") if trace in path.read_bytes()}


def test_no_foundation_and_no_icu():
    """Foundation brings 34 MB of ICU's data into each program that names it once. FoundationEssentials has neither."""
    assert {name: foundation(path) for name, path in hardening.elves(program.stage()).items() if foundation(path)} == {}


def test_no_foundation_and_no_icu_among_the_libraries(rows):
    assert [(row.file, name) for row in rows for name in row.needed if "oundation" in name or "icu" in name] == []


def test_what_each_file_weighs(rows):
    """Of an installation, that is: a stage has symbols, and code that is not optimised."""
    stripped = [row.file for row in rows if row.stripped]
    if not stripped:
        pytest.skip("a debug build; KEYTURN_STAGE of an installation is measured")
    files = hardening.elves(program.stage())
    weights = {name: files[name].stat().st_size / 2**20 for name in stripped}
    limits = {name: next(limit for start, limit in LIGHT.items() if name.startswith(start)) for name in stripped}
    assert {name: weight for name, weight in weights.items() if weight > limits[name]} == {}


def test_the_table_tells_a_program_that_is_not_hardened(tmp_path):
    """What follows from the headers is seen: the columns are no constants."""
    source = tmp_path / "plain.c"
    source.write_text(
        '#include <string.h>\n#include <unistd.h>\nint main(int n, char **v) { char b[64]; read(0, b, n); strcpy(b, v[0]); return b[0]; }\n')
    loose = ["-no-pie", "-z", "execstack", "-z", "norelro", "-fno-stack-protector", "-Wl,--disable-new-dtags,-rpath,/tmp", "-s", "-w"]
    tight = ["-O2", "-D_FORTIFY_SOURCE=2", "-pie", "-fPIE", "-z", "now", "-fstack-protector-all", "-Wl,--enable-new-dtags,-rpath,/tmp", "-w"]
    found = []
    for number, options in enumerate((loose, tight)):
        subprocess.run(["cc", source, "-o", tmp_path / f"built{number}", *options], check=True, timeout=60)
        found.append(hardening.row("built", tmp_path / f"built{number}"))
    bare, hard = found
    assert (bare.relro, bare.canary, bare.nx, bare.pie, bare.rpath, bare.runpath, bare.stripped) == (
        "none", False, False, "no", True, False, True)
    assert (hard.relro, hard.canary, hard.nx, hard.pie, hard.rpath, hard.runpath, hard.stripped) == (
        "full", True, True, "yes", False, True, False)
    assert bare.fortified.startswith("0 of ") and hard.fortified == "2 of 2"


def test_stacks_of_c_functions_are_protected():
    """A function of the runner with a structure on its stack, in a build whose symbols are there."""
    runner = program.stage() / "libexec/keyturn/keyturn-runner"
    if "kt_landlock_create" not in hardening.read(runner, "--syms"):
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
