"""The ABI's header, read as its readers do: compilers, and people who look for a rule."""

import pathlib
import re
import subprocess

import pytest

import grown
import program

ROOT = pathlib.Path(__file__).parents[2]
TEXT = (ROOT / "plugin-sdk" / "include" / "keyturn_pusher.h").read_text()
TAGS = ["[once]", "[parallel]", "[any thread]", "[during a call]", "[call's thread]"]


def functions():
    """Each function with the comment before it."""
    found = {}
    pattern = r"/\*((?:(?!\*/).)*)\*/\n(?:    |KT_EXPORT )[^\n;]*?(?:\(\*(\w+)\)\(|\b(kt_pusher_entry_v1)\()"
    for comment, pointer, exported in re.findall(pattern, TEXT, flags=re.DOTALL):
        found[pointer or exported] = comment
    return found


def test_each_function_has_one_thread_rule():
    """One of those that the top defines."""
    names = set(re.findall(r"\(\*(\w+)\)\(", re.sub(r"/\*.*?\*/", "", TEXT, flags=re.DOTALL)))
    names -= {"kt_pusher_entry_v1_function"}
    assert set(functions()) == names | {"kt_pusher_entry_v1"} and len(names) == 22
    for name, comment in functions().items():
        tags = [tag for tag in TAGS if tag in comment]
        assert len(tags) == 1, (name, comment)
    assert re.findall(r"^ \*   (\[[^]]+\]) ", TEXT, flags=re.MULTILINE) == TAGS


def test_each_struct_has_a_smallest_size():
    """That of the version in which it came, which is today's as long as nothing was appended."""
    least = dict(re.findall(r"^#define KT_MIN_SIZE_(\w+) (\d+)", TEXT, flags=re.MULTILINE))
    sizes = {name: size for name, size in grown.sizes(TEXT).items() if name not in grown.FROZEN}
    assert {name: int(least[name.removeprefix("kt_").upper()]) for name in sizes} == sizes
    old = grown.sizes((ROOT / "Tests" / "Compatibility" / "v1.0" / "keyturn_pusher.h").read_text())
    assert {name: size for name, size in sizes.items() if name in old} == {
        name: size for name, size in old.items() if name not in grown.FROZEN}


def test_the_table_of_identifiers_is_whole():
    """Each that is defined is in it, with what it is."""
    table = dict(re.findall(r"^ \*   (kt\.\w+/\d+) +(service|extension) ", TEXT, flags=re.MULTILINE))
    defined = {
        identifier: kind.lower()
        for kind, identifier in re.findall(r'#define KT_(SERVICE|EXTENSION)_\w+ "(kt\.\w+/\d+)"', TEXT)}
    assert table == defined and set(table) == {
        "kt.http/1", "kt.log/1", "kt.secret/1", "kt.clock/1", "kt.find/1", "kt.aws/1"}


def test_every_limit_is_kept_by_the_host():
    """The name of each is in the sources of the host or the runner, or in the test that compares it with their own."""
    limits = re.findall(r"^#define (KT_(?:MAX_\w+|\w+_TIME_MS|\w+_STACK)) \d+", TEXT, flags=re.MULTILINE)
    sources = "".join(
        path.read_text() for module in ("Enclosure", "PusherHost", "PusherRunner", "RunnerProtocol")
        for path in (ROOT / "Sources" / module).glob("*.swift"))
    sources += (ROOT / "Tests" / "PusherHostTests" / "HeaderLimitTests.swift").read_text()
    assert len(limits) > 30
    assert [name for name in limits if not re.search(rf"\b{name}\b", sources)] == []


def test_it_needs_two_headers():
    """As it says."""
    assert re.findall(r"#include <(\w+)\.h>", TEXT) == ["stddef", "stdint"]


@pytest.mark.parametrize("compiler, standard", [
    ("cc", "c11"), ("cc", "c17"), ("clang", "c11"), ("g++", "c++11"), ("g++", "c++20"), ("clang++", "c++17"),
])
def test_it_compiles_everywhere(tmp_path, compiler, standard):
    """Without a warning, with literals as expressions and in static data."""
    source = tmp_path / ("text.cpp" if "++" in standard else "text.c")
    source.write_text(
        '#include "keyturn_pusher.h"\n'
        'static const kt_string kept = KT_STRING_INIT("kept");\n'
        "kt_string joined(void);\n"
        'kt_string joined(void) { return kept.length == 4 ? KT_STRING("a" "b") : KT_STRING(KT_SERVICE_HTTP_1); }\n')
    command = [compiler, f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror", f"-I{program.stage()}/include"]
    done = subprocess.run([*command, "-fsyntax-only", source], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    # Something that is not a literal has another size.
    wrong = source.read_text().replace('KT_STRING("a" "b")', "KT_STRING(kept.data)")
    source.write_text(wrong)
    assert subprocess.run([*command, "-fsyntax-only", source], capture_output=True, timeout=60).returncode != 0
