"""The guides: Markdown pages, and the commands, fields and links in them."""

import pathlib
import re
import shlex

REPOSITORY = pathlib.Path(__file__).parents[2]
GUIDES = REPOSITORY / "Sources" / "Documentation" / "Guides"
EXAMPLES = REPOSITORY / "Sources" / "Documentation" / "Examples"


def pages():
    """What people read: the front page, the guides, and the pages of the plugins."""
    return [
        REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", REPOSITORY / "plugin-sdk" / "README.md",
        *sorted(GUIDES.glob("*.md")), *sorted(REPOSITORY.glob("Plugins/*/README.md")), REPOSITORY / "SECURITY.md"]


def section(page, heading):
    """What stands under a heading, up to the next one of its rank."""
    text = (GUIDES / page).read_text()
    rank = heading.split(" ")[0]
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(rank)}}} |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no heading `{heading}`"
    return found.group(1)


def blocks(text, language):
    """The fenced blocks of one language, as written."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)


def prose(text):
    """The text without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text):
    """Where the links lead, those to the web left out."""
    found = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose(text)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(text):
    """What a link can name after `#`: headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page):
    """The links of a page that lead nowhere."""
    lost = []
    for link in links(page.read_text()):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or anchor and anchor not in anchors(target.read_text()):
            lost.append(link)
    return lost


def commands(text):
    """Every `keyturn …` that someone could type, as words: in blocks, and in the text between backticks."""
    fenced = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    lines = [line for language, block in fenced if language in ("", "sh") for line in block.replace("\\\n", " ").splitlines()]
    for paragraph in prose(text).replace("``", "").split("\n\n"):
        lines += [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", paragraph)]
    found = []
    for line in lines:
        for part in re.split(r"\|\||&&|[|;()]| -- |#", line.strip().removeprefix("$ ")):
            part = re.sub(r"^(sudo (-u \w+ )?|\S+=\S* )+", "", part.strip().replace("leaked=$", ""))
            part = re.sub(r"[<>].*", "", part)
            if re.match(r"(\S*/)?keyturn( +[^ …]|$)", part):
                found.append(shlex.split(part.replace("…", "X").replace("'", ""))[1:])
    return found


def sentences(page):
    """Each sentence, point of a list and row of a table of a page, in their order: what it claims."""
    found = []
    for part in re.split(r"\n(?=- |#)|\n\n+", prose((GUIDES / page).read_text())):
        if part.lstrip().startswith("|"):
            # The first row and the line below it are no claims.
            found += [" ".join(row.split()) for row in part.strip().splitlines()[2:]]
        elif not part.startswith(("#", "![")):
            text = re.sub(r"\*\*[^*]+\.\*\* ", "", " ".join(part.split()).removeprefix("- ")).replace("**", "")
            found += [sentence for sentence in re.split(r"(?<=[.:]) (?=[A-Z`0-9]|keyturn )", text) if sentence]
    return found
