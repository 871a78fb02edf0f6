"""Travis CI targets: all variables of a repository are one document, which is written without a lock."""

import pytest

ROOM = "travis:acme/app"


def own(number):
    return {"access-key-id": f"ID_{number}", "secret-access-key": f"SECRET_{number}"}


def test_a_push_takes_three_requests(make):
    world = make(users={"cicd-bot": {"targets": [{"pusher": "travis", "repository": "acme/app"}]}})
    world.configuration["defaults"]["preflight"] = False
    world.save()
    world.must("rotate", "--all")
    assert [entry["method"] for entry in world.sandbox.requests("travis")] == ["GET", "PATCH", "PATCH"]


def crowd(make, sandbox, places):
    """As many users as places, each with variables of its own in the one repository, by two pushers."""
    world = make(sandbox=sandbox, users={
        f"ci-{number}": {"targets": [
            {"pusher": "travis" if number % 2 else "second", "repository": place, **own(number)}]}
        for number, place in enumerate(places, 1)})
    world.configuration["pushers"]["second"] = world.configuration["pushers"]["travis"]
    world.save()
    return world


def held_ids(world):
    held = world.sandbox.state()["targets"][ROOM]
    return {name: value for name, value in held.items() if name.startswith("ID_")}


@pytest.mark.parametrize("places", [["acme/app"] * 4, ["acme/app", 1001, "acme/app", 1001]])
def test_writes_to_one_repository_never_overlap(make, start, places):
    """Across users, pushers, and names and numbers of the same repository: every write survives the others, though each is slow."""
    sandbox = start("--users", 4, "--latency", 150)
    world = crowd(make, sandbox, places)
    world.must("rotate", "--all", timeout=80)
    state = world.sandbox.state()
    for number in range(1, 5):
        (delivery,) = world.deliveries(f"ci-{number}").values()
        assert delivery["state"] == "confirmed", delivery
        held = state["targets"][ROOM]
        assert held[f"ID_{number}"] in [key["id"] for key in state["users"][f"ci-{number}"]["keys"]]
        assert held[f"SECRET_{number}"] == "matches"


def test_the_sandbox_does_lose_writes_that_overlap(make, start):
    """The test above is one: two keyturns, which know nothing of each other, undo each other's writes."""
    sandbox = start("--users", 4, "--latency", 150)
    worlds = [crowd(make, sandbox, ["acme/app"] * 4) for _ in range(4)]
    for number, world in enumerate(worlds, 1):
        users = world.configuration["users"]
        world.configuration["users"] = {f"ci-{number}": users[f"ci-{number}"]}
        world.save()
    started = [world.start("rotate", "--all", "--quiet") for world in worlds]
    for world, process in zip(worlds, started):
        world.finish(process, timeout=80)
    assert len(held_ids(worlds[0])) < 4 or "differs" in sandbox.state()["targets"][ROOM].values()


@pytest.mark.timeout(150)
def test_more_than_50_new_variables_are_never_made_in_30_seconds(make):
    """27 repositories without variables take 54 POSTs: the last ones wait, and no one is banned."""
    names = [f"fresh/app-{number}" for number in range(27)]
    world = make(users={"cicd-bot": {"targets": [{"pusher": "travis", "repository": name} for name in names]}})
    for name in names:
        world.sandbox.place("travis", name)
    world.must("rotate", "--all", timeout=120)
    assert {delivery["state"] for delivery in world.deliveries().values()} == {"confirmed"}
    asked = world.sandbox.requests("travis")
    assert not [entry for entry in asked if entry["status"] >= 400]
    posts = [entry["milliseconds"] for entry in asked if entry["method"] == "POST"]
    assert len(posts) == 54
    assert all(late - early > 30_000 for early, late in zip(posts, posts[50:]))
