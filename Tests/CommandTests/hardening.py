"""How each installed program and library is hardened, as a table: `make hardening`."""

import dataclasses
import pathlib
import re
import subprocess
import sys

#: Functions of glibc that -D_FORTIFY_SOURCE replaces by checked ones, as far as C code uses them at all.
FORTIFIABLE = {
    "memcpy", "memmove", "memset", "strcpy", "strncpy", "strcat", "strncat", "sprintf", "snprintf", "vsprintf", "vsnprintf", "printf",
    "fprintf", "vfprintf", "read", "pread", "recv", "recvfrom", "readlink", "getcwd", "realpath", "gethostname", "poll", "fgets", "fread",
    "syslog", "vsyslog", "longjmp", "confstr", "getgroups"}


@dataclasses.dataclass
class Row:
    """What the headers of one ELF file say."""

    file: str
    relro: str
    canary: bool
    nx: bool
    pie: str
    rpath: bool
    runpath: bool
    #: Checked functions, of those that could be: C code of others is linked in, and Swift has checks of its own.
    fortified: str
    stripped: bool
    needed: list


def elves(root):
    """Every installed file that the kernel or the dynamic linker would load, by its path in the installation."""
    found = [path for path in sorted(pathlib.Path(root).rglob("*")) if path.is_file() and path.open("rb").read(4) == b"\x7fELF"]
    return {str(path.relative_to(root)): path for path in found}


def read(path, *options):
    return subprocess.run(["readelf", "-W", *options, path], check=True, capture_output=True, text=True, timeout=60).stdout


def row(name, path):
    header, segments, dynamic, symbols = read(path, "-h"), read(path, "-l"), read(path, "-d"), read(path, "--dyn-syms")
    at_once = re.search(r"FLAGS\).*BIND_NOW|FLAGS_1\).*\bNOW\b", dynamic)
    loads = re.findall(r"^\s+(LOAD|GNU_STACK)\s+(?:0x\w+\s+){5}([RWE ]{3})", segments, re.MULTILINE)
    moves = re.search(r"^\s*Type:\s+DYN ", header, re.MULTILINE)
    used = {symbol.split("@")[0] for symbol in re.findall(r" UND (\S+)", symbols)}
    checked = {name[2:-4] for name in used if name.startswith("__") and name.endswith("_chk")} & FORTIFIABLE
    return Row(
        file=name,
        relro="none" if "GNU_RELRO" not in segments else "full" if at_once else "partial",
        canary="__stack_chk_fail" in used,
        nx={kind for kind, _ in loads} == {"LOAD", "GNU_STACK"}
        and not any("E" in flags and ("W" in flags or kind == "GNU_STACK") for kind, flags in loads),
        pie="no" if not moves else "library" if path.suffix == ".so" else "yes" if "PIE" in dynamic else "no",
        rpath="(RPATH)" in dynamic, runpath="(RUNPATH)" in dynamic,
        fortified=f"{len(checked)} of {len(checked | used & FORTIFIABLE)}",
        stripped=".symtab" not in read(path, "-S"),
        needed=re.findall(r"NEEDED\).*\[(.*)\]", dynamic))


def rows(root):
    return [row(name, path) for name, path in elves(root).items()]


def table(rows):
    """For people."""
    words = {True: "yes", False: "no"}
    lines = [("FILE", "RELRO", "CANARY", "NX", "PIE", "RPATH", "RUNPATH", "FORTIFIED", "STRIPPED")]
    lines += [
        (one.file, one.relro, words[one.canary], words[one.nx], one.pie, words[one.rpath], words[one.runpath], one.fortified,
         words[one.stripped]) for one in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


if __name__ == "__main__":
    print(table(rows(sys.argv[1])))
