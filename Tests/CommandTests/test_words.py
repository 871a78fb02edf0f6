"""The words that people read: plain ones, one for each thing."""

import pathlib
import re
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]

#: What readers had to read twice, and the usual word for it.
WORST = {
    r"\b[Tt]old\b|\b[Tt]ells?\b": "report, say, show, notify",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\banew\b": "again",
    r"\bbeside\b": "next to",
    r"\bstands\b": "is, means",
    r"\b[Ss]omebody\b": "someone",
    r"\b[Nn]obody\b": "no one",
    r"\bunder way\b": "in progress",
    r"\bshut in\b": "sandboxed",
    r"\bso many\b": "N, this many",
    r"\bgoes with\b": "matches, belongs to",
}

#: Files whose text is frozen, or whose words are those of others.
LEFT_OUT = ("plugin-sdk/include/", "Tests/", "Sources/Documentation/Site/")
ENDINGS = (".swift", ".md", ".json", ".yaml", ".h", ".c", ".rs", ".go", ".sh", ".service", ".timer")


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "Sources", "Plugins", "plugin-sdk", "README.md", "SECURITY.md"],
        cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a checkout of git")
    return [name for name in listed.stdout.split("\n") if name.endswith(ENDINGS) and not name.startswith(LEFT_OUT)]


def texts(name, text):
    """What of a file people read: all of a page, and the texts and comments of code; with line numbers."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if name.endswith((".md", ".json", ".yaml", ".service", ".timer")):
            yield number, line
            continue
        if name.endswith(".sh"):
            yield number, line.partition("#")[2]
            continue
        if line.count('"""') == 1:
            inside = not inside
        elif inside:
            yield number, line
            continue
        comment = re.search(r"(//|/\*|^\s*\*).*", line)
        yield number, comment.group() if comment else ""
        code = line[:comment.start()] if comment else line
        for literal in re.findall(r'"(?:[^"\\]|\\.)*"', code):
            # Names of fields and of values of an interface are not sentences.
            if " " in literal:
                yield number, re.sub(r"\\\([^)]*\)", "", literal)


def test_the_worst_words_are_out():
    """In help, messages, pages, guides and comments."""
    found = []
    for name in sources():
        for number, text in texts(name, (REPOSITORY / name).read_text()):
            for pattern, better in WORST.items():
                if word := re.search(pattern, text):
                    found.append(f"{name}:{number}: `{word.group()}` ({better}): {text.strip()[:100]}")
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("text", [
    '/// Tells the host.', 'throw Failure("nobody is there")', '        what is told and left\n', '// mend it'])
def test_the_check_finds_them(text):
    """A check that finds nothing would be none."""
    body = f'let help = """\n{text}\n"""' if text.startswith("   ") else text
    assert any(re.search(pattern, part) for _, part in texts("a.swift", body) for pattern in WORST)
