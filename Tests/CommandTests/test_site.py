"""`make docs`: the documentation as plain pages."""

import html.parser
import shutil
import subprocess
import sys

import pytest

import guides

BUILDER = guides.REPOSITORY / "Sources" / "Documentation" / "Site" / "build.py"


def build(repository, directory):
    return subprocess.run(
        [sys.executable, BUILDER, repository, directory], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    directory = tmp_path_factory.mktemp("docs") / "site"
    done = build(guides.REPOSITORY, directory)
    assert done.returncode == 0, done.stderr
    return directory


class Reader(html.parser.HTMLParser):
    """What a browser would follow or run."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.anchors = set(), [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.anchors.add(attributes.get("id"))
        self.links += [(tag, attributes[name]) for name in ("href", "src") if name in attributes]


def test_every_link_of_the_site_leads_somewhere(site):
    """To a page or file of the site, and to a heading of it; nothing else is loaded from the web."""
    pages = {path: Reader(path.read_text()) for path in site.rglob("*.html")}
    assert len(pages) == len(guides.pages())
    for page, reader in pages.items():
        for tag, link in reader.links:
            if link.startswith("https://"):
                assert tag == "a"
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file() and target.is_relative_to(site), (page, link)
            assert not anchor or anchor in pages[target].anchors, (page, link)


def test_the_site_needs_no_script_and_knows_the_dark(site):
    """Plain pages with one style sheet, each reachable from every other."""
    for page in site.rglob("*.html"):
        reader = Reader(page.read_text())
        assert not reader.tags & {"script", "iframe"}
        assert sum(link.endswith(".html") for _, link in reader.links) >= len(guides.pages()) - 1
    assert "prefers-color-scheme: dark" in (site / "style.css").read_text()


def test_each_system_is_in_the_list_and_in_the_contents(site):
    """Every plugin that ships has a row with its page, and all guides of the list are together in the contents."""
    page = guides.GUIDES / "Systems.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| ")][1:]
    shipped = {f"../../../Plugins/{folder.parent.name}/README.md" for folder in guides.REPOSITORY.glob("Plugins/*/manifest.json")}
    linked = [link for row in rows for link in guides.links(row)]
    assert {link for link in linked if link.startswith("../")} == shipped and len(rows) == len(shipped)
    group = (site / "guides" / "Systems.html").read_text().split("<h2>Systems</h2>")[1].split("<h2>")[0]
    missing = [link for link in linked if not link.startswith("../") and f"{link.removesuffix('.md')}.html" not in group]
    assert missing == []


@pytest.mark.parametrize("link", ["Nowhere.md", "History.md#nothing", "../../../../etc/passwd"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path, link):
    """And is named, with its page."""
    for page in guides.pages():
        copy = tmp_path / page.relative_to(guides.REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(page, copy)
    for place in ("Sources/Documentation/Examples", "Sources/Documentation/Pictures", "plugin-sdk", "Plugins"):
        shutil.copytree(guides.REPOSITORY / place, tmp_path / place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build", "target"))
    shutil.copy(guides.REPOSITORY / "LICENSE", tmp_path)
    good = build(tmp_path, tmp_path / "site")
    assert good.returncode == 0, good.stderr
    (tmp_path / guides.GUIDES.relative_to(guides.REPOSITORY) / "Upgrade.md").write_text(f"# Upgrading\n\n[x]({link})\n")
    bad = build(tmp_path, tmp_path / "site")
    assert bad.returncode == 1 and f"Upgrade.md: {link}" in bad.stderr
