"""The status page in a real browser, headless: laid out on a phone and a desk, light and dark, without script."""

import os
import pathlib
import shutil
import sqlite3
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import state
import world as worlds
from test_listening import Shown
from world import waited_for

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
#: Where pictures go that someone wants to look at.
PICTURES = os.environ.get("KEYTURN_PICTURES")
WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}
#: From the narrowest phone to a wide screen.
EVERY_WIDTH = {"small": (320, 640), **WIDTHS, "tablet": (768, 1024), "wide": (1920, 1080)}
HOSTILE = "\"><img src=x onerror=alert(1)><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def browser():
    assert BROWSER, "there is no chromium; `make test` installs it"
    with sync_playwright() as playwright:
        # The sandbox of a browser that root starts cannot be; the pages are our own.
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield browser
        browser.close()


def put(database, users):
    """Writes users as they stand into the state, as rotations of days would leave them."""
    now = int(time.time() * 1000)
    with state.connected(database) as connection:
        for name, phase, problem, deliveries in users:
            rotation = {
                "number": 12, "phase": phase, "phaseSince": now - 7_200_000,
                "current": {"id": f"AKIA{abs(hash(name)) % 10**12:012}QQQQ", "created": now - 90_000_000, "status": "Active"}}
            if phase != "idle":
                rotation["next" if phase in ("verifying", "delivering") else "previous"] = {
                    "id": "AKIAOTHEROTHEROTHERX", "created": now - 3_600_000,
                    "status": "Inactive" if phase == "soak" else "Active"}
            if problem:
                rotation["problem"] = {"code": "unaccounted-key", "message": problem, "since": now - 600_000}
            state.put(connection, name, rotation, {
                target: {
                    "state": outcome, "attempts": 4 if outcome == "failed" else 1, "at": now - 60_000,
                    "retryAt": now + 3_600_000, "mayBeTorn": outcome == "unknown",
                    **({"evidence": "read-back"} if outcome == "confirmed" else {}),
                    **({"detail": detail} if detail else {})}
                for target, outcome, detail in deliveries})


def targets(name, state="confirmed", detail=None):
    return [
        (f"travis:acme/{name}", state, detail), (f"gitlab:acme/{name}", "confirmed", "3 variables"),
        (f"github:acme/{name}", "confirmed", None),
    ]


def configured(name):
    return {
        "targets": [
            {"pusher": "travis", "repository": f"acme/{name}"}, {"pusher": "gitlab", "project": f"acme/{name}"},
            {"pusher": "github", "repository": f"acme/{name}"},
        ],
        "rotate-every": "90d", "overlap": "30d", "soak": "30d",
    }


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A running keyturn with 3 users, and one with 500."""
    running, made = {}, []
    for count in (3, 500):
        directory = tmp_path_factory.mktemp(f"page-{count}")
        sandbox = worlds.standin.Sandbox("--propagation-delay", 0)
        names = ["cicd-bot", "release-signer", "nightly-builds"] + [f"service-{number:03}-deploy" for number in range(497)]
        names = names[:count]
        world = worlds.World(directory, sandbox, {name: configured(name) for name in names})
        made.append((world, sandbox))
        rows = []
        for number, name in enumerate(names):
            phase, problem, deliveries = "idle", None, targets(name)
            if number == 0:
                phase = "overlap"
            if number == 1:
                phase = "delivering"
                deliveries = targets(name, "failed", f"403 Forbidden: `keyturn retry {name}` once the token may write here {HOSTILE}")
            if count == 500 and number == 400:
                phase, problem = "idle", f"IAM has AKIAUNKNOWNUNKNOWNX, which keyturn cannot account for {HOSTILE}"
            if count == 500 and number == 401:
                phase, deliveries = "delivering", targets(name, "unknown", "the connection was lost")
            if number % 11 == 5:
                phase = ["soak", "overlap"][number % 2]
            rows.append((name, phase, problem, deliveries))
        prepare(world, rows)
        running[count] = Shown(world)
    yield running
    for world, sandbox in made:
        world.close()
        sandbox.stop()


def prepare(world, rows):
    """A state of keyturn's own making, with the users put into it; none of them is due while the page is looked at."""
    first = world.start("run", stderr=open(os.devnull, "wb"))
    waited_for(lambda: world.database.exists() and tables(world.database) >= 4)
    first.kill()
    first.wait()
    with state.connected(world.database) as connection:
        connection.execute("DELETE FROM user")
        connection.execute("DELETE FROM part")
    put(world.database, rows)


def tables(database):
    try:
        with sqlite3.connect(database) as connection:
            return connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.Error:
        return 0


@pytest.fixture
def look(browser, pages, request):
    """Opens the page as someone would."""
    contexts = []

    def look(count, width, scheme="light", script=True, path="/", tool=False):
        size = EVERY_WIDTH[width]
        # A tool that looks into the page has to bring a script of its own.
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=script, bypass_csp=tool)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: page.complaints.append(asked.url) if not asked.url.startswith(pages[count].url) else None)
        page.goto(pages[count].url + path)
        if PICTURES:
            page.screenshot(path=pathlib.Path(PICTURES) / f"{count}{path.replace('/', '-')}-{width}-{scheme}.png")
        return page

    yield look
    for context in contexts:
        context.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [3, 500])
def test_the_page_as_laid_out(look, count, width, scheme):
    page = look(count, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    assert page.complaints == [], page.complaints
    assert page.evaluate("document.title").startswith("keyturn: ")
    # Problems stand above the rest, opened; with many users the others are closed.
    tops = page.evaluate("[...document.querySelectorAll('details')].map(d => [d.classList.contains('bad'), d.open, d.getBoundingClientRect().top])")
    # Many idle users are lines of a table.
    lines = page.locator("#idle tbody tr").count() if count == 500 else 0
    # Those with one cause are one entry, which is closed.
    groups = page.evaluate("[...document.querySelectorAll('details')].map(d => d.querySelectorAll('.names li').length)")
    assert sum(max(members, 1) for members in groups) + lines == count and tops[0][0] and (lines > 400) == (count == 500)
    lowest, highest = max(top for bad, _, top in tops if bad), min(top for bad, _, top in tops if not bad)
    assert lowest < highest
    assert all(is_open == (not members and (bad or count == 3)) for (bad, is_open, _), members in zip(tops, groups))
    assert page.locator("details.bad .problem").first.is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_texts_can_be_read(look, width, scheme):
    """Contrast of every text with what is behind it, WCAG 2.2 AA."""
    page = look(3, width, scheme)
    poor = page.evaluate("""() => {
        const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
        const parse = c => (c.match(/[0-9.]+/g) || []).map(Number);
        const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length == 3 || c[3] == 1) return c; } return [255, 255, 255]; };
        const poor = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const e = walker.currentNode.parentElement;
            if (!walker.currentNode.data.trim() || !e.getClientRects().length) continue;
            const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) poor.push([walker.currentNode.data, ratio]);
        }
        return poor;
    }""")
    assert poor == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", EVERY_WIDTH)
@pytest.mark.parametrize("path", ["/", "/user/release-signer", "/user/cicd-bot", "/user/nope"])
def test_no_rule_of_accessibility_is_broken(look, path, width, scheme):
    """axe-core's rules, of WCAG 2.2 and of good practice; and nothing is wider than the screen."""
    page = look(3, width, scheme, path=path, tool=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the screen"
    found = Axe().run(page)
    assert found.response["passes"], "axe did not look at the page"
    assert found.violations_count == 0, found.generate_report()


def test_structure_for_those_who_do_not_see(look):
    """One h1, headings without leaps, header cells with a scope, captions, the current step marked, a language."""
    page = look(3, "desk")
    assert page.locator("html[lang=en]").count() == 1 and page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:]))
    assert page.evaluate("[...document.querySelectorAll('th')].every(th => th.scope == 'col' || th.scope == 'row')")
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.caption && t.caption.textContent)")
    assert page.evaluate("[...document.querySelectorAll('.bar')].every(b => b.querySelectorAll('[aria-current=step]').length <= 1)")
    # What a colour says a word says too.
    assert page.locator("td .bad").first.inner_text().strip().endswith("failed")


def test_it_needs_no_script_and_runs_none(look):
    page = look(500, "phone", script=False)
    assert page.locator("details.bad .problem").first.is_visible()
    closed = page.locator("details.user:not(.bad)").first
    assert not closed.locator("table").first.is_visible()
    closed.locator("summary").click()
    assert closed.locator("table").first.is_visible()
    with_script = look(500, "desk")
    assert with_script.title().startswith("keyturn: ") and with_script.locator("img, script").count() == 0
    assert "<script>document.title='owned'</script>" in with_script.locator("main").inner_text()


def test_a_phone_with_everything_open(look):
    """The widest there is: all details open, long names and messages."""
    page = look(3, "phone")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / "3-phone-open.png", full_page=True)


@pytest.mark.parametrize("width", EVERY_WIDTH)
def test_commands_are_part_of_their_sentence(look, width):
    """In a cell with a label too, where a sentence has text, code and text: no piece of it is a column of its own."""
    page = look(3, width, path="/user/release-signer")
    heights = page.evaluate("[...document.querySelectorAll('td code')].map(c => c.parentElement.tagName + c.offsetHeight / parseFloat(getComputedStyle(c).fontSize))")
    cells = [float(height.removeprefix("TD")) for height in heights if height.startswith("TD")]
    assert cells and max(cells) < 4, heights


def test_on_paper(look):
    page = look(3, "desk", "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    paper = page.pdf()
    assert paper.startswith(b"%PDF") and len(paper) > 10_000


def test_500_users_are_fast_and_not_too_much(pages):
    shown = pages[500]
    began = time.monotonic()
    reply = shown.get("/")
    assert time.monotonic() - began < 3
    assert len(reply.content) < 3 << 20
