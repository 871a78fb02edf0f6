"""Looks for secrets in whatever a user, a colleague or a backup could see."""

import unicodedata
import base64
import pathlib
import urllib.parse


def forms(secret):
    """The secret as it may be disguised: as it is, in base64, escaped for URLs, in hexadecimal."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw[::-1]}
    found |= {urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret, safe="/").encode()}
    found |= {text.replace(b"%2F", b"%2f").replace(b"%2B", b"%2b") for text in set(found)}
    for lead in range(3):
        # In the middle of something longer, whose length decides how it is cut into sixes of bits.
        text = base64.b64encode(b"x" * lead + raw)[(0, 2, 3)[lead]:]
        found.add(text[: len(text) // 4 * 4 - 4])
    found.add(raw.replace(b"/", b"\\/"))
    return {form for form in found if len(form) >= 8}


def found_in(data, secrets):
    """Which of the named secrets are in these bytes."""
    data = data.encode() if isinstance(data, str) else data
    return sorted({name for name, secret in secrets.items() for form in forms(secret) if form in data})


def found_in_files(directory, secrets, but=()):
    """Which are in files under a directory, by path."""
    leaks = {}
    for path in sorted(pathlib.Path(directory).rglob("*")):
        if not path.is_file() or path.name in but:
            continue
        try:
            names = found_in(path.read_bytes(), secrets)
        except FileNotFoundError:
            continue
        if names:
            leaks[str(path)] = names
    return leaks


def assert_told_nowhere(world, secrets, but=("gitlab.token",)):
    """Not in what any command printed, not in status and history, not in any file but the user's own."""
    world.must("status", "--json")
    world.must("status", "--verbose")
    world.must("history", "--json")
    world.must("history")
    for result in world.results:
        assert found_in(result.out, secrets) == [], str(result)
        assert found_in(result.err, secrets) == [], str(result)
    assert found_in_files(world.directory, secrets, but) == {}


def unshowable(text):
    """Characters that move, hide or reorder what is next to them, but for line breaks; and letters with endless marks."""
    marks, found = 0, []
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > 4 or (category in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp") and character != "\n"):
            found.append(f"U+{ord(character):04X}")
    return found
