"""`keyturn rotate --wait --canary`: some users go first, and the others only after them."""


def three_users(world):
    """Each with a target of its own, in the order of their names."""
    for name in ("alpha", "beta", "gamma"):
        world.sandbox.add_user(name, 1)
        world.sandbox.place("gitlab", f"acme/{name}", user=name)
    world.configuration["users"] = {
        name: {"targets": [{"pusher": "gitlab", "project": f"acme/{name}"}], "max-attempts": 1, "retry": "1h"}
        for name in ("gamma", "alpha", "beta")}
    world.save()


def test_the_others_follow_once_the_first_have_reached_overlap(world):
    """By name, whatever their order in the file: the others' keys are made after the canary's is confirmed."""
    three_users(world)
    world.must("rotate", "--all", "--wait", "--canary", 1)
    history = world.history()
    made = [line["user"] for line in history if line["event"] == "created"]
    assert made[0] == "alpha" and sorted(made) == ["alpha", "beta", "gamma"]
    confirmed = next(index for index, line in enumerate(history) if line["event"] == "delivered")
    assert [line["user"] for line in history[:confirmed] if line["event"] == "created"] == ["alpha"]


def test_a_canary_that_does_not_get_there_stops_the_others(world):
    three_users(world)
    world.sandbox.fault("gitlab", method="PUT", path="acme%2Falpha", status=503, times=0)
    before = world.sandbox.keys("beta"), world.sandbox.keys("gamma")
    result = world.must("rotate", "--all", "--wait", "--canary", 1, status=75)
    assert "alpha did not reach overlap: no rotation of the other 2 users was begun" in result.err
    assert (world.sandbox.keys("beta"), world.sandbox.keys("gamma")) == before


def test_users_at_once(world):
    """All are rotated, whatever the number; a number that cannot be is refused."""
    three_users(world)
    world.configuration["users-at-once"] = 1
    world.save()
    world.must("rotate", "--all", "--wait")
    assert {line["rotation"] for line in world.must("status", "--json").json["users"]} == {1}
    world.configuration["users-at-once"] = 0
    world.save()
    assert "`users-at-once` must be a whole number from 1 to 256" in world.must("check", status=78).err


def test_canaries_are_waited_for(world):
    assert "--canary belongs to --wait" in world.must("rotate", "--all", "--canary", 1, status=64).err
