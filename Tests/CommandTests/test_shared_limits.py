"""A token's limits hold for a whole fleet. With KEYTURN_PLACES=600 it is also measured, with GitHub's own minute."""

import os
import shutil

import pytest

from test_postgres import databases, kept_in, server  # noqa: F401: fixtures
from test_pacing import moment


def users_with(count, places):
    """Users who share that many repositories."""
    return {
        f"ci-{user}": {"targets": [{"pusher": "github", "repository": f"acme/app-{number}"} for number in range(user, places + 1, count)]}
        for user in range(1, count + 1)}


def points_of(entry):
    return 1 if entry["method"] == "GET" else 5


def most_in(entries, seconds):
    """The most points of any span of that length."""
    most, total, first = 0, 0, 0
    for entry in entries:
        total += points_of(entry)
        while moment(entries[first]) <= moment(entry) - seconds:
            total -= points_of(entries[first])
            first += 1
        most = max(most, total)
    return most


def fleet_of_commands(make, address, places, minute):
    """Three programs at once, on one state and one token."""
    users = users_with(3, places)
    first = make("--rate-limits", "--github-minute", minute, "--users", 3, "--targets", places, users=users)
    worlds = [first] + [make(sandbox=first.sandbox, users=users) for _ in range(2)]
    for world in worlds:
        world.configuration["pushers"]["github"]["limits"] = [{"seconds": minute, "cost": 900, "read": 1, "write": 5}]
        kept_in(world, address)
        if world is not first:
            shutil.copy(first.directory / "seal.key", world.directory / "seal.key")
            world.environment = {**first.environment, "HOME": str(world.directory), "TMPDIR": str(world.temporary)}
    return worlds


@pytest.mark.timeout(150)
def test_three_workers_keep_one_limit(make, databases):  # noqa: F811
    minute, places = 8, 210
    worlds = fleet_of_commands(make, databases("limits"), places, minute)
    worlds[0].must("status")
    worlds[0].sandbox.clear_requests()
    running = [world.start("rotate", "--all", "--quiet") for world in worlds]
    results = [world.finish(process, timeout=120) for world, process in zip(worlds, running)]
    assert {result.status for result in results} <= {0, 75}, [str(result) for result in results]
    asked = worlds[0].sandbox.requests("github")
    assert [entry for entry in asked if entry["status"] in (403, 429)] == []
    # What counts at the service is when a request arrives: a moment after it was sent.
    assert most_in(asked, minute - 0.5) <= 900
    users = worlds[0].must("status", "--json").json["users"]
    assert all(delivery["state"] == "confirmed" for user in users for delivery in user["deliveries"])
    assert sum(len(user["deliveries"]) for user in users) == places


@pytest.mark.skipif("KEYTURN_PLACES" not in os.environ, reason="KEYTURN_PLACES says with how many places it is measured")
@pytest.mark.timeout(1800)
def test_time_of_a_shared_fan_out(make, databases):  # noqa: F811
    """How long it takes, against what the limit itself imposes."""
    minute, places = 60, int(os.environ["KEYTURN_PLACES"])
    worlds = fleet_of_commands(make, databases("limits_timed"), places, minute)
    # With the looks before each rotation it would be the 5,000 requests of an hour that impose the time.
    for world in worlds:
        world.configuration["defaults"]["preflight"] = False
        world.save()
    worlds[0].must("status")
    worlds[0].sandbox.clear_requests()
    running = [world.start("rotate", "--all", "--quiet") for world in worlds]
    results = [world.finish(process, timeout=1500) for world, process in zip(worlds, running)]
    asked = worlds[0].sandbox.requests("github")
    points = sum(map(points_of, asked))
    took, imposed = moment(asked[-1]) - moment(asked[0]), minute * ((points - 1) // 900)
    refused = len([entry for entry in asked if entry["status"] in (403, 429)])
    print(f"{places} places over three workers: {took:.1f} s, imposed {imposed} s ({took / imposed:.3f} x), {points} points, "
          f"at most {most_in(asked, minute)} in {minute} s, {refused} of {len(asked)} requests refused, ends {[r.status for r in results]}")
    assert took <= 1.1 * imposed
