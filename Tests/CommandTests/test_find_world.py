"""`keyturn find` in a large organization: 40 users, 850 places at three services, and the traps among them."""

import collections

import pytest

from company import company
from world import World, standin

#: Requests that the least possible search may be exceeded by.
SLACK = 1.2


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    sandbox = standin.Sandbox()
    planted = company(sandbox)
    world = World(tmp_path_factory.mktemp("large"), sandbox)
    sandbox.clear_requests()
    report = world.must("find", "github:initech", "gitlab:initech", "travis:initech", "--json", timeout=600).json["find"]
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
        ("gitlab", "variables of initech/team-3/closed", "not-permitted"),
        ("gitlab", "pipeline schedules of initech/team-3/closed", "not-permitted"),
        ("github", "Codespaces secrets of initech/app-7", "not-permitted")}
    states = {place["place"]: place.get("state") for place in report["places"]}
    assert states["initech/team-1/archived-0"] == "archived" and states["initech/branchy (branch main)"] == "inactive"
    timed = next(place for place in report["places"] if place["place"] == "organization initech")
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
