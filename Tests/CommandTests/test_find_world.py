"""`keyturn find` in a large organization: 40 users, 850 places at three services, and the traps among them."""

import collections

import pytest

from world import World, standin

USERS = 40
#: Requests that the least possible search may be exceeded by.
SLACK = 1.2
FORBIDDEN = '{"message": "Resource not accessible by personal access token"}'


class Planted:
    """What was put where, and what find has to say of it."""

    def __init__(self, keys):
        self.keys = keys
        self.entries = []
        self.expected = collections.Counter()
        #: Requests that no search can do without.
        self.least = collections.Counter()

    def put(self, service, place, shown, standing, names, **more):
        """A pair, or one name; `shown` is the place in find's words."""
        for name, value in names.items():
            self.entries.append({"service": service, "place": place, "name": name, "value": value, **more})
        self.expected[(service, shown, standing, tuple(names))] += 1

    def pair(self, key):
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "s" * 40}


def github(planted):
    """130 repositories of one organization; the IDs are secrets, which show nothing, or variables, which do."""
    for number in range(130):
        name = f"big/app-{number}"
        key = planted.keys[number % USERS]
        if number % 2:
            planted.put("github", name, name, "by-name", planted.pair(key), kind="actions")
        else:
            planted.entries.append({"service": "github", "place": name, "name": "AWS_SECRET_ACCESS_KEY", "value": "s"})
            planted.entries.append(
                {"service": "github", "place": name, "name": "AWS_ACCESS_KEY_ID", "value": key, "variable": True})
            planted.expected[("github", name, "unmanaged", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))] += 1
        environments = 1 if number % 3 == 0 else 0
        if environments:
            planted.put("github", f"{name}@prod", f"{name} (environment prod)", "by-name", planted.pair(key))
        if number % 10 == 0:
            planted.put("github", name, f"{name} (dependabot)", "by-name", planted.pair(key), kind="dependabot")
        # Six lists and the environments of each repository, and two lists of each environment.
        planted.least["github"] += 7 + 2 * environments
    # Two pages of repositories, permissions of Actions, and the organization's own six lists.
    planted.least["github"] += 2 + 1 + 6


def gitlab(planted):
    """210 projects in 20 groups."""
    for number in range(20):
        group = f"big/team-{number}"
        planted.put("gitlab", group, f"group {group}", "unmanaged", planted.pair(planted.keys[number]), group=True)
    for number in range(210):
        name = f"big/team-{number % 20}/app-{number}"
        key = planted.keys[number % USERS]
        planted.put("gitlab", name, name, "unmanaged", planted.pair(key))
        if number % 5 == 0:
            planted.put("gitlab", name, f"{name} (scope prod)", "unmanaged", planted.pair(key), scope="prod")
        planted.least["gitlab"] += 2
    # Groups, three pages of projects, and the variables of each group.
    planted.least["gitlab"] += 1 + 3 + 21


def travis(planted):
    for number in range(390):
        name = f"big/app-{number}"
        key = planted.keys[number % USERS]
        isPublic = number % 2 == 0
        names = planted.pair(key)
        for key_name, value in names.items():
            planted.entries.append({
                "service": "travis", "place": name, "name": key_name, "value": value,
                "public": isPublic and key_name == "AWS_ACCESS_KEY_ID"})
        planted.expected[("travis", name, "unmanaged" if isPublic else "by-name", tuple(names))] += 1
        planted.least["travis"] += 1
    planted.least["travis"] += 1


def traps(planted):
    """Thirty places where a search goes wrong."""
    own, gone = planted.keys[0], "AKIAGONEGONEGONEGONE"
    for number in range(4):
        planted.put("gitlab", f"big/team-0/dead-{number}", f"big/team-0/dead-{number}", "dead", planted.pair(gone))
    for number in range(3):
        planted.put(
            "gitlab", f"big/team-0/off-{number}", f"big/team-0/off-{number}", "dead", planted.pair(planted.inactive))
    for number in range(3):
        planted.put("gitlab", f"big/team-0/foreign-{number}", f"big/team-0/foreign-{number}", "foreign", planted.pair(planted.foreign))
    for number in range(3):
        name = f"big/team-1/archived-{number}"
        planted.put("gitlab", name, name, "unmanaged", planted.pair(own))
        planted.entries.append({"service": "gitlab", "place": name, "archived": True})
    for number in range(3):
        name = f"big/team-1/hidden-{number}"
        planted.put("gitlab", name, name, "by-name", planted.pair(own), hidden=True)
    for number in range(3):
        name = f"big/team-2/file-{number}"
        file = f"[ci]\naws_access_key_id = {own}\naws_secret_access_key = {'s' * 40}\n"
        planted.put("gitlab", name, name, "unmanaged", {"CI_FILE": file}, type="file")
    for number in range(2):
        name = f"big/team-2/json-{number}"
        planted.put("gitlab", name, name, "unmanaged", {"BLOB": '{"id": "%s", "secret": "x"}' % own})
    for number in range(2):
        name = f"big/team-3/timed-{number}"
        planted.entries.append({"service": "gitlab", "place": name})
        planted.put("gitlab", name, f"{name} (schedule nightly)", "unmanaged", planted.pair(own), schedule="nightly")
        planted.least["gitlab"] += 1
    planted.entries.append({"service": "gitlab", "place": "big/team-3/closed"})
    planted.put("gitlab", "big", "group big", "unmanaged", {"DEPLOY_KEY_ID": own, "DEPLOY_SECRET": "x"})
    # Variables and schedules of each of these projects.
    planted.least["gitlab"] += 2 * 24
    planted.put("github", "big", "organization big", "by-name", planted.pair(own))
    planted.put("github", "big", "organization big (agents)", "by-name", planted.pair(own), kind="agents")
    planted.put("travis", "big", "account big", "by-name", planted.pair(own))
    planted.put("travis", "big/branchy", "big/branchy (branch main)", "by-name", planted.pair(own), branch="main")
    planted.entries.append({"service": "travis", "place": "big/branchy", "active": False})
    planted.least["travis"] += 1


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    sandbox = standin.Sandbox()
    keys = [sandbox.add_user(f"user-{number}", 1)[0] for number in range(USERS)]
    planted = Planted(keys)
    planted.foreign = "AKIAFOREIGNFOREIGN00"
    planted.inactive = sandbox.add_user("asleep", 1)[0]
    sandbox.plant({"service": "aws", "place": planted.inactive, "status": "Inactive"})
    github(planted)
    gitlab(planted)
    travis(planted)
    traps(planted)
    sandbox.plant(*planted.entries)
    # AWS does not answer for the keys of others.
    sandbox.mood(foreign_key=planted.foreign)
    sandbox.fault("gitlab", path="/projects/big%2Fteam-3%2Fclosed/", status=403, times=0)
    sandbox.fault("github", path="/repos/big/app-7/codespaces", status=403, times=0, body=FORBIDDEN)
    world = World(tmp_path_factory.mktemp("large"), sandbox)
    sandbox.clear_requests()
    report = world.must("find", "github:big", "gitlab:big", "travis:big", "--json", timeout=600).json["find"]
    requests = collections.Counter(entry["service"] for entry in sandbox.requests())
    writes = sandbox.writes()
    yield planted, report, requests, writes
    world.close()
    sandbox.stop()


def test_no_place_is_missed(large):
    """Every place that can be seen is there, once, and for what it is; nothing is there that was not planted."""
    planted, report, _, _ = large
    assert sum(planted.expected.values()) >= 850
    seen = collections.Counter(
        (place["pusher"], place["place"], place["standing"], tuple(place["names"])) for place in report["places"])
    assert sorted((planted.expected - seen).elements()) == []
    assert sorted((seen - planted.expected).elements()) == []


def test_a_foreign_key_names_its_account(large):
    """Asked of STS, for that key alone."""
    planted, report, _, _ = large
    found = [place for place in report["places"] if place.get("key") == planted.foreign]
    assert len(found) == 3 and {(place["standing"], place["key-status"]) for place in found} == {
        ("foreign", "of account 999988887777, or not permitted")}


def test_each_key_has_its_user(large):
    planted, report, _, _ = large
    users = {key: f"user-{number}" for number, key in enumerate(planted.keys)}
    readable = [place for place in report["places"] if place["standing"] == "unmanaged"]
    assert len(readable) > 400 and all(place["user"] == users[place["key"]] for place in readable)


def test_what_could_not_be_seen_is_named(large):
    """And what no job uses says so."""
    _, report, _, _ = large
    assert {(part["pusher"], part["part"], part["reason"]) for part in report["unseen"]} == {
        ("gitlab", "variables of big/team-3/closed", "not-permitted"),
        ("gitlab", "pipeline schedules of big/team-3/closed", "not-permitted"),
        ("github", "Codespaces secrets of big/app-7", "not-permitted")}
    states = {place["place"]: place.get("state") for place in report["places"]}
    assert states["big/team-1/archived-0"] == "archived" and states["big/branchy (branch main)"] == "inactive"
    timed = next(place for place in report["places"] if place["place"] == "organization big")
    assert len(timed["shadowed-by"]) > 100


def test_no_more_is_asked_than_has_to_be(large):
    """Each list once, each user's keys once, each key once."""
    planted, _, requests, writes = large
    least = dict(planted.least)
    # The owners of 43 keys, one of which is gone and one foreign; the keys of 41 users; and the configured user's key and its use.
    # And the account of the foreign one.
    least["aws"] = 43 + 41 + 2 + 1
    assert {service: round(requests[service] / least[service], 2) for service in least if requests[service] > SLACK * least[service]} == {}
    assert writes == []
