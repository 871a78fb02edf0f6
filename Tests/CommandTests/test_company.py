"""The guide "A company's keys", typed as it is written, in a company with every trap."""

import csv
import os
import re
import subprocess

import pytest
import yaml

import guides
import program
from company import company
from world import World, standin

GUIDE = "Company.md"
MOVE = "## From 600 repository secrets to one organization secret"
PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
#: What no target can be, or what must not be written, by the place in find's words; each has to be named by `import`.
LEFT_OUT = re.compile(
    r"initech/team-0/(dead|off|foreign)-\d+|initech/team-1/archived-\d+|initech/team-2/json-\d+|.*schedule nightly.*"
    r"|organization initech \(agents\)|account initech|initech/branchy.*")


class Desk(World):
    """Someone who types what the guide says, with keyturn on the path."""

    def follow(self, heading, timeout=60):
        """Types each block under a heading; gives what was printed."""
        return "".join(self.type(block, timeout) for block in guides.blocks(guides.section(GUIDE, heading), "sh"))

    def type(self, block, timeout=60):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env={**self.environment, "PATH": f"{program.stage() / 'bin'}:{os.environ['PATH']}",
                 "GITLAB_TOKEN": self.sandbox.tokens["gitlab"], "GITHUB_API_URL": self.sandbox.github},
            timeout=timeout)
        assert done.returncode == 0, f"{block}\n{done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def configure(self):
        """The guide's configuration, with the stand-ins' addresses, and an overlap that a test can wait for."""
        (block,) = guides.blocks(guides.section(GUIDE, "## Prepare"), "yaml")
        self.configuration = yaml.safe_load(block)
        self.configuration["aws"].update(region=self.sandbox.region, **{"endpoint-url": self.sandbox.aws})
        for name, pusher in self.configuration["pushers"].items():
            pusher["endpoint"] = getattr(self.sandbox, name)
        self.configuration["defaults"].update(overlap="1s", soak="1s")
        self.save()

    def rows(self, name):
        return list(csv.DictReader((self.directory / name).open()))


@pytest.fixture
def desk(tmp_path):
    """Makes a desk for a company of a size; its directory is empty but for the configuration."""
    made = []

    def make(users, share):
        sandbox = standin.Sandbox("--propagation-delay", 0)
        planted = company(sandbox, users, share)
        directory = tmp_path / "keys"
        directory.mkdir()
        desk = Desk(directory, sandbox)
        (directory / "seal.key").unlink()
        desk.configure()
        made.append(desk)
        return desk, planted

    yield make
    for desk in made:
        desk.close()
        desk.sandbox.stop()


def fill_in(desk, planted):
    """What a person does with the list: says whose the keys are that cannot be read."""
    users = {key: f"user-{number}" for number, key in enumerate(planted.keys)}
    rows = desk.rows("found.csv")
    for row in rows:
        key = planted.held[(row["pusher"], row["place"], tuple(row["names"].split(" ")))]
        assert row["standing"] == "by-name" or not key or row["user"] == users[key], row
        row["user"] = row["user"] or users.get(key, "")
    with (desk.directory / "found.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return rows


def company_is_on_new_keys(desk, planted):
    desk.follow("## Prepare")
    said = desk.follow("## Find", timeout=300)
    assert "variables of initech/team-3/closed" in said and "Codespaces secrets of initech/app-7" in said
    rows = fill_in(desk, planted)
    # Each line of the list is one that the guide explains.
    explained = guides.section(GUIDE, "## Read the list")
    assert all(f"`{row['standing']}`" in explained for row in rows)
    assert {row["state"] for row in rows} - {""} == {"archived", "inactive"}
    said = desk.follow("## Import", timeout=120)
    for row in rows:
        assert LEFT_OUT.fullmatch(row["place"]) is None or f"left out: {row['pusher']}:{row['place']} (" in said, row
    before = desk.sandbox.state()["users"]
    said = desk.follow("## Rotate", timeout=600)
    current = {user: [(key["id"], key["status"]) for key in found["keys"]] for user, found in desk.sandbox.state()["users"].items()}
    for user in (f"user-{number}" for number in range(len(planted.keys))):
        ((key, status),) = current[user]
        assert status == "Active" and key not in {old["id"] for old in before[user]["keys"]}
    made = [line["user"] for line in desk.must("history", "--limit", 50_000, "--json").json["history"] if line["event"] == "created"]
    assert sorted(made[:3]) == sorted(f"user-{number}" for number in range(len(planted.keys)))[:3]
    assert_each_place_has_its_users_key(desk, planted, current)
    said = desk.follow("## Report", timeout=300)
    assert all(row["place"] in said for row in rows if LEFT_OUT.fullmatch(row["place"]))
    report = (desk.directory / "report.md").read_text()
    assert all(f"user-{number}" in report for number in range(len(planted.keys)))


def assert_each_place_has_its_users_key(desk, planted, current):
    """What can be written holds the new key, whole; the rest is what was left out, as it was."""
    users = {key: f"user-{number}" for number, key in enumerate(planted.keys)}
    held = desk.sandbox.state()["targets"]
    written = 0
    for entry in planted.entries:
        key = next((key for key in planted.keys if key in entry.get("value", "")), None)
        place = "{service}:{place}".format(**entry)
        place += f"@{entry['scope']}" if entry.get("scope") else f"@{entry['branch']}" if entry.get("branch") else ""
        place += f"#{entry['kind']}" if entry.get("kind", "actions") != "actions" else ""
        if key is None or LEFT_OUT.fullmatch(entry["place"]) or "schedule" in entry or "branch" in entry:
            continue
        if entry["place"] == "initech" and (entry["service"] == "travis" or entry.get("kind") == "agents"):
            continue
        ((new, _),) = current[users[key]]
        assert held[place][entry["name"]] == new, (place, entry["name"], held[place])
        assert "differs" not in held[place].values(), (place, held[place])
        written += 1
    assert written >= planted.count(800)


@pytest.mark.timeout(240)
def test_a_tenth_of_the_company_with_every_trap(desk):
    company_is_on_new_keys(*desk(users=8, share=0.1))


@pytest.mark.later
@pytest.mark.timeout(900)
def test_the_whole_company(desk):
    """850 places and 40 users: `make test-later`."""
    desk, planted = desk(users=40, share=1)
    assert sum(planted.expected.values()) >= 850
    company_is_on_new_keys(desk, planted)


def test_from_repository_secrets_to_one_of_the_organization(desk):
    """Typed as written: at the end the organization's secret is the only place, and holds a key that no repository ever had."""
    world, _ = desk(users=1, share=0)
    world.sandbox.plant({"service": "github", "place": "moving"}, *(
        {"service": "github", "place": f"moving/app-{number}", "name": name, "value": "x"} for number in range(3) for name in PAIR))
    world.type("keyturn seal-key new; keyturn find github:moving --csv > found.csv")
    rows = world.rows("found.csv")
    with (world.directory / "found.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({**row, "user": "cicd-bot"} for row in rows)
    world.type("keyturn import found.csv --write; keyturn rotate --wait")
    blocks = [block.replace("initech", "moving") for block in guides.blocks(guides.section(GUIDE, MOVE), "sh")]
    assert len(blocks) == 4
    world.type(blocks[0])
    state = world.sandbox.state()
    ((shared, _),) = world.sandbox.keys("cicd-bot").items()
    places = ["github:moving", *(f"github:moving/app-{number}" for number in range(3))]
    assert {state["targets"][place]["AWS_ACCESS_KEY_ID"] for place in places} == {shared}
    assert (world.directory / "repositories").read_text().split() == [f"moving/app-{number}" for number in range(3)]
    # A repository's own secret wins as long as it is there.
    assert "overridden by moving/app-0, moving/app-1 and 1 more" in world.type("keyturn find github:moving")
    world.type(blocks[1])
    said = world.type(blocks[2])
    assert "1 place in github:moving: 1 managed" in said and "overridden by" not in said
    world.type(blocks[3])
    ((new, _),) = world.sandbox.keys("cicd-bot").items()
    held = world.sandbox.state()["targets"]
    assert held["github:moving"] == {"AWS_ACCESS_KEY_ID": new, "AWS_SECRET_ACCESS_KEY": "matches"} and new != shared
    assert all(set(held[place].values()) == {"absent"} for place in places[1:])
    assert world.status()["problem"] is None
