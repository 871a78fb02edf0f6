"""A target of which only one of the two variables was written."""

import pytest

from world import waited_for

VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

WRITES = {
    "travis:acme/app": ("travis", "PATCH", "/env_var/"),
    "gitlab:acme/tools/app": ("gitlab", "PUT", "/variables/{}"),
    "github:acme/app": ("github", "PUT", "/secrets/{}"),
}


@pytest.mark.parametrize("target", [name for name in WRITES if not name.startswith("travis")])
@pytest.mark.parametrize("variable", VARIABLES)
def test_told_until_it_is_mended(world, target, variable):
    """Status shows a target as torn exactly where it is, for people and programs, and no more once it is whole."""
    service, method, path = WRITES[target]
    world.sandbox.fault(service, method=method, path=path.format(variable) + "$", status=403, times=0)
    world.must("rotate", status=75)
    held = world.sandbox.state()["targets"][target]
    is_torn = held["AWS_SECRET_ACCESS_KEY"] != "matches"
    found = world.deliveries()
    assert {name: line["may-be-torn"] for name, line in found.items()} == {
        name: is_torn and name == target for name in WRITES}
    assert ("may be torn" in world.must("status").out) is is_torn

    world.sandbox.clear_faults()
    world.must("retry")
    world.step_until_idle()
    assert not any(line["may-be-torn"] for line in world.deliveries().values())
    assert "may be torn" not in world.must("status").out
    world.assert_holds_only(WRITES)


def test_one_of_the_two_orders_tears(make):
    """The check above is one: of the two writes, the refused second one leaves a torn pair."""
    torn = []
    for variable in VARIABLES:
        world = make()
        world.sandbox.fault("github", method="PUT", path=f"/secrets/{variable}$", status=403, times=0)
        world.must("rotate", status=75)
        torn.append(world.deliveries()["github:acme/app"]["may-be-torn"])
    assert sorted(torn) == [False, True]


def test_a_kill_between_the_two_writes(world):
    """What was in progress when keyturn was killed is torn for all it knows."""
    world.must("step")
    world.sandbox.fault("github", method="PUT", delayMilliseconds=20_000, times=0)
    process = world.start("rotate")
    waited_for(lambda: any(entry["method"] == "PUT" for entry in world.sandbox.requests("github")), seconds=40)
    process.kill()
    process.wait(timeout=10)
    world.sandbox.fault("aws", path="ListAccessKeys", status=500, times=0)
    world.run("step")
    assert world.deliveries()["github:acme/app"]["may-be-torn"]
    world.sandbox.clear_faults()
    world.step_until_idle()
    assert not world.deliveries()["github:acme/app"]["may-be-torn"]
