"""The documentation as a site: build.py REPOSITORY DIRECTORY. Plain pages, no script, nothing from the web."""

import html
import json
import pathlib
import re
import shutil
import sys
from urllib.parse import quote

from markdown_it import MarkdownIt

GUIDES = "Sources/Documentation/Guides"

#: Groups of the table of contents. A guide that is in none comes last, so that none is forgotten.
CONTENTS = {
    "Begin": ["FirstRotation", "Company", "Finding", "Credentials", "Discovery", "Federation"],
    "Systems": ["Systems"],
    "Run": ["Operating", "RollOut", "Changes", "Configuration", "Lambda", "PostgreSQL", "DynamoDB", "MovingTheState", "Monitoring", "Notifications", "Plugins", "Upgrade"],
    "When it matters": ["LeakResponse", "Blocked", "Troubleshooting", "Recovery"],
    "How it works": ["HowItRotates", "SecurityModel", "SealKeys", "History"],
}


def plugins(repository):
    """The page of each pusher that ships, by its source, and the one for their authors."""
    found = {}
    for manifest in sorted((repository / "Plugins").glob("*/manifest.json")):
        found[f"Plugins/{manifest.parent.name}/README.md"] = f"pushers/{json.loads(manifest.read_text())['id']}"
    return {**found, "plugin-sdk/README.md": "writing-a-pusher"}


class Page:
    """One page of the site."""

    def __init__(self, repository, source, address):
        self.source = repository / source
        self.address = address
        self.tokens = PARSER.parse(self.source.read_text())
        self.anchors = set()
        self.title = ""
        for heading, text in zip(self.tokens, self.tokens[1:]):
            if heading.type == "heading_open":
                words = "".join(part.content for part in text.children)
                self.title = self.title or words
                heading.attrSet("id", self.anchor(words))

    def anchor(self, words):
        """As GitHub makes them, so that a link works there and here."""
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = sum(known == name or re.fullmatch(rf"{re.escape(name)}-\d+", known) is not None for known in self.anchors)
        name = f"{name}-{count}" if count else name
        self.anchors.add(name)
        return name


class Site:
    """The pages, and the files that they link to."""

    def __init__(self, repository, directory):
        self.repository, self.directory = repository, directory
        guides = sorted(path.stem for path in (repository / GUIDES).glob("*.md"))
        pushers = plugins(repository)
        contents = {group: list(names) for group, names in CONTENTS.items()}
        # In the order of the page that lists them.
        listed = re.findall(r"^\| \[[^]]*\]\((\w+)\.md\)", (repository / GUIDES / "Systems.md").read_text(), re.MULTILINE)
        contents["Systems"] += dict.fromkeys(listed)
        named = [name for names in contents.values() for name in names]
        self.groups = {group: [f"{GUIDES}/{name}.md" for name in names if name in guides] for group, names in contents.items()}
        self.groups["How it works"] += [f"{GUIDES}/{name}.md" for name in guides if name not in named]
        self.groups["Every field and answer"] = list(pushers)
        addresses = {f"{GUIDES}/{name}.md": f"guides/{name}.html" for name in guides}
        addresses |= {source: f"{address}.html" for source, address in pushers.items()}
        addresses |= {"README.md": "index.html", "CHANGELOG.md": "changes.html", "SECURITY.md": "security.html"}
        self.pages = {(repository / source).resolve(): Page(repository, source, address) for source, address in addresses.items()}
        self.files = {}
        self.broken = []

    def lead(self, page, link):
        """Where a link of a page leads on the site."""
        if re.match(r"[a-z]+:", link):
            return link
        path, _, anchor = link.partition("#")
        target = (page.source.parent / path).resolve() if path else page.source.resolve()
        if target in self.pages:
            found = self.pages[target]
            if anchor and anchor not in found.anchors:
                self.broken.append(f"{page.source}: {link}: no such heading")
            return self.relative(page, found.address) + ("#" + quote(anchor) if anchor else "")
        if not target.is_file() or not target.is_relative_to(self.repository):
            self.broken.append(f"{page.source}: {link}: no such page")
            return link
        address = f"files/{target.relative_to(self.repository)}"
        # Browsers show text as such, and would offer to save what they do not know.
        self.files[target] = address if target.suffix in (".h", ".txt", ".svg") else address + ".txt"
        return self.relative(page, self.files[target])

    @staticmethod
    def relative(page, address):
        return "../" * page.address.count("/") + address

    def write(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        for page in self.pages.values():
            self.save(page.address, self.render(page))
        if self.broken:
            sys.exit("\n".join(self.broken))
        for source, address in self.files.items():
            self.save(address, source.read_text())
        self.save("style.css", (pathlib.Path(__file__).parent / "style.css").read_text())

    def save(self, address, text):
        path = self.directory / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def render(self, page):
        for token in page.tokens:
            for child in token.children or []:
                if child.type == "link_open":
                    child.attrSet("href", self.lead(page, child.attrGet("href")))
                elif child.type == "image":
                    child.attrSet("src", self.lead(page, child.attrGet("src")))
        body = PARSER.renderer.render(page.tokens, PARSER.options, {})
        # A wide table is scrolled by itself, with the keyboard too.
        body = body.replace("<table>", '<div class="table" tabindex="0"><table>').replace("</table>", "</table></div>")
        title = "keyturn" if page.address == "index.html" else f"{html.escape(page.title)} · keyturn"
        return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{self.relative(page, "style.css")}">
<header><a href="{self.relative(page, "index.html")}">keyturn</a> <a href="#contents">Contents</a></header>
<div class="page">
<main>
{body}
<footer><a href="{self.relative(page, "changes.html")}">Changes</a> <a href="{self.relative(page, "security.html")}">Security policy</a></footer>
</main>
<nav id="contents" aria-label="Contents">
{self.contents(page)}
</nav>
</div>
</html>
"""

    def contents(self, page):
        parts = [self.entry(page, self.pages[(self.repository / "README.md").resolve()], ' class="home"')]
        for group, sources in self.groups.items():
            entries = [f"<li>{self.entry(page, self.pages[(self.repository / source).resolve()])}</li>" for source in sources]
            parts.append(f"<h2>{group}</h2>\n<ul>{''.join(entries)}</ul>")
        return "\n".join(parts)

    def entry(self, page, other, more=""):
        current = ' aria-current="page"' if page is other else ""
        return f'<a href="{self.relative(page, other.address)}"{more}{current}>{html.escape(other.title)}</a>'


PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def main():
    repository, directory = (pathlib.Path(path).resolve() for path in sys.argv[1:])
    site = Site(repository, directory)
    site.write()
    print(f"{len(site.pages)} pages: {directory}/index.html")


main()
