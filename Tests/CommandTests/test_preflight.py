"""Before a key is made the targets are asked; and what a target gets that is added between two rotations."""

import json

import pytest

from test_output import in_terminal


def created(world):
    return [entry for entry in world.sandbox.requests("aws") if entry["path"] == "CreateAccessKey"]


@pytest.mark.parametrize("service, status, words", [
    ("gitlab", 401, "GitLab: acme/tools/app"), pytest.param("travis", 403, "Travis CI: acme/app", marks=pytest.mark.later),
    pytest.param("github", 404, "GitHub: acme/app", marks=pytest.mark.later)])
def test_a_target_that_refuses_keeps_the_rotation_from_beginning(world, service, status, words):
    """75, no key is made, nothing is written anywhere; `status` names the target and what to do."""
    (old,) = world.sandbox.keys()
    world.sandbox.fault(service, status=status, times=0)
    first = [line for line in world.must("rotate", status=75).err.split("\n") if "would not take a new key" in line][0]
    assert " warning cicd-bot: " in first and words in first and "It is asked again in 20s" in first
    assert created(world) == [] and world.sandbox.writes() == [] and world.sandbox.keys() == {old: "Active"}
    problem = world.status()["problem"]
    assert "The rotation does not begin: 1 of 3 targets" in problem and words in problem and old in problem
    world.sandbox.clear_faults()
    world.must("rotate", "--wait")
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


def test_a_passing_fault_does_not(world):
    """A 503 says nothing about what will be in a minute."""
    world.sandbox.fault("gitlab", status=503, times=1)
    world.must("rotate", "--wait")
    assert len(created(world)) == 1


def test_a_refusal_that_passes_does_not(world):
    """A token that is refused once, as behind a proxy that has just started: it is asked again within the minute."""
    world.sandbox.fault("gitlab", status=401, times=1)
    world.must("rotate", "--wait")
    assert len(created(world)) == 1


def test_the_first_refusal_shows_above_the_live_view(world):
    """Whole, and once, however often the view is drawn again."""
    world.sandbox.fault("gitlab", status=401, times=1)
    shown, status = in_terminal(world, "rotate", "--wait")
    before, _, after = shown.partition("gitlab:acme/tools/app would not take a new key: ")
    assert status == 0 and "✓ deleting" in after and "would not take a new key" not in after, shown
    # What was drawn before is removed first, and what is drawn next does not go up over the line.
    assert "\x1b[1A\r\x1b[J" in before.split("\n")[-1] and not after.split("\n")[1].startswith("\x1b[1A"), shown


def test_it_can_be_left_out(world):
    """`preflight: false` begins at once; the target holds the user in `delivering`, as ever."""
    world.configuration["defaults"]["preflight"] = False
    world.save()
    world.sandbox.fault("gitlab", status=401)
    world.must("rotate", status=75)
    assert len(created(world)) == 1 and world.status()["phase"] == "delivering"


def test_a_leak_does_not_wait(world):
    """`revoke` makes the new key whatever a target says."""
    world.must("rotate", "--wait")
    world.sandbox.clear_requests()
    world.sandbox.fault("gitlab", status=401)
    world.must("revoke", "--user", "cicd-bot", status=75)
    assert len(created(world)) == 1


def with_late_target(world):
    world.sandbox.place("gitlab", "acme/late")
    world.configuration["users"]["cicd-bot"]["targets"].append({"pusher": "gitlab", "project": "acme/late"})
    world.save()


def test_a_target_that_is_added_waits_for_the_next_rotation(world):
    """The pair is wiped, so there is nothing to give it; `status` says so."""
    world.must("rotate", "--wait")
    with_late_target(world)
    world.sandbox.clear_requests()
    world.must("step")
    assert world.sandbox.writes() == []
    late = world.deliveries()["gitlab:acme/late"]
    assert late["state"] == "pending" and "next rotation" in late["detail"]


def test_a_retained_pair_is_given_to_it_at_once(world):
    """`retain-secret: current`: the key that the others hold, and no new one; the secret stays sealed only."""
    world.configuration["defaults"]["retain-secret"] = "current"
    world.save()
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    with_late_target(world)
    assert "next step" in world.deliveries()["gitlab:acme/late"]["detail"]
    world.sandbox.clear_requests()
    world.must("step")
    assert world.deliveries()["gitlab:acme/late"]["state"] == "confirmed" and world.status()["phase"] == "idle"
    assert created(world) == []
    world.assert_holds_only(["gitlab:acme/late", "gitlab:acme/tools/app"])
    secret = world.sandbox.secret_at_gitlab()
    found = [path for path in world.database.parent.iterdir() if secret.encode() in path.read_bytes()]
    assert found == [] and secret not in json.dumps(world.history())
    assert world.status()["rotation"] == 1 and list(world.sandbox.keys()) == [key]
