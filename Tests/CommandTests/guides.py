"""The guides: Markdown pages of the documentation, and the commands in them."""

import pathlib
import re

REPOSITORY = pathlib.Path(__file__).parents[2]
GUIDES = REPOSITORY / "Sources" / "keyturn" / "Documentation.docc"


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
