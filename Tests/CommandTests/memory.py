"""Looks for secrets in the memory of a running process. Only root may: keyturn's programs are not dumpable."""

import base64
import urllib.parse

#: Bytes that are read at once; what crosses the border is read twice.
WINDOW, OVERLAP = 1 << 20, 1 << 12


def forms(secret):
    """How a secret may be written, by the name of the form: only what holds all of it, or all that it alone decides."""
    raw = secret.encode()
    found = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(), "utf-16": secret.encode("utf-16-le")}
    for lead in range(3):
        text = base64.b64encode(b"x" * lead + raw)[(0, 2, 3)[lead]:]
        found[f"base64+{lead}"] = text[: len(text) // 4 * 4 - 4]
    found["percent"] = urllib.parse.quote(secret, safe="").encode()
    found["percent, lower"] = found["percent"].replace(b"%2F", b"%2f").replace(b"%2B", b"%2b")
    found["json"] = raw.replace(b"/", b"\\/")
    found["json, u"] = raw.replace(b"/", b"\\u002f").replace(b"+", b"\\u002b")
    # Parts of it as well: memory that was used again in part.
    found["first half"], found["second half"] = raw[:20], raw[-20:]
    return {name: form for name, form in found.items() if name in ("raw", "first half", "second half") or form != raw}


def areas(process):
    """Writable and readable mappings: name, start, end."""
    found = []
    for line in open(f"/proc/{process}/maps"):
        fields = line.split(maxsplit=5)
        start, end = (int(number, 16) for number in fields[0].split("-"))
        name = fields[5].strip() if len(fields) > 5 else ""
        if fields[1].startswith("r") and name not in ("[vvar]", "[vsyscall]", "[vdso]"):
            found.append((name, start, end))
    return found


def found(process, *secrets):
    """Where secrets are: (form, area, address) of each place."""
    wanted, places = [item for secret in secrets for item in forms(secret).items()], []
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        for name, start, end in areas(process):
            for at in range(start, end, WINDOW):
                try:
                    memory.seek(at)
                    data = memory.read(min(WINDOW + OVERLAP, end - at))
                except OSError:
                    continue  # Guard pages, and mappings that have gone.
                places += [(form, name, hex(at + data.index(text))) for form, text in wanted if text in data]
    return places


def table(places):
    """Hits by form and process, for people. `places`: what `found` gave, by the name of the process."""
    rows = [("FORM", *places)]
    rows += [(form, *(str(sum(hit[0] == form for hit in hits)) for hits in places.values())) for form in forms("AKIA/secret+of/a/user" * 2)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def flags(process, address):
    """The flags of the mapping that holds an address, as proc(5) has them."""
    inside = False
    for line in open(f"/proc/{process}/smaps"):
        head = line.split(" ", 1)[0]
        if "-" in head and ":" not in head:
            start, end = (int(number, 16) for number in head.split("-"))
            inside = start <= int(address, 16) < end
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    return set()


def around(process, address, count=160):
    """What is near an address, for the eyes of who looks for the reason."""
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        memory.seek(int(address, 16) - count)
        return memory.read(2 * count)
