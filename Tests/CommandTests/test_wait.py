"""`--wait` and `--timeout`: what they wait for, and when they end; whom `rotate` rotates."""

import re

import pytest

from world import three_targets, waited_for


def failing(world, **settings):
    """A world in which GitHub takes nothing."""
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1s"} | settings)
    world.save()
    world.sandbox.fault("github", method="PUT", status=503, times=0)
    return world


def test_rotate_without_a_name_is_for_one_user_only(world):
    """With several users it says how many there are, and asks for names or --all; nothing is done."""
    world.configuration["users"]["other"] = {"targets": [three_targets()[0] | {"access-key-id": "A", "secret-access-key": "B"}]}
    world.save()
    result = world.must("rotate", status=64)
    assert "has 2 users: name those to rotate, or give --all. Nothing was changed." in result.err
    help = " ".join(world.must("rotate", "--help").out.split())
    assert "Default: its only user; if there are several, name some or give --all." in help and "Default: all users." not in help
    world.assert_untouched()
    del world.configuration["users"]["other"]
    world.save()
    world.must("rotate")
    assert world.status()["rotation"] == 1


def test_wait_ends_when_its_time_is_over(world):
    """Exit status 75, a line that says who continues, and the same new key goes on being delivered."""
    failing(world)
    result = world.must("rotate", "cicd-bot", "--wait", "--timeout", "10s", status=75)
    assert "--wait ends after 10s: nothing more is begun. `keyturn step` or `keyturn run` continues" in result.err
    assert world.status()["phase"] == "delivering" and len(world.sandbox.keys()) == 2
    world.sandbox.clear_faults()
    world.must("rotate", "cicd-bot", "--wait")
    assert world.status()["rotation"] == 1
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


def test_wait_waits_for_another_process_at_the_same_user(world):
    """Both end with the rotation complete, and there was one rotation."""
    failing(world)
    first = world.start("rotate", "cicd-bot", "--wait", "--timeout", "60s")
    waited_for(lambda: world.database.exists() and len(world.sandbox.keys()) == 2)
    log = world.directory / "second.log"
    second = world.start("rotate", "cicd-bot", "--wait", "--timeout", "60s", stderr=log.open("wb"))
    # At once: the first one is still at work, since its target takes nothing.
    waited_for(lambda: "waiting for it" in log.read_text(), seconds=30)
    assert first.poll() is None
    assert re.search(rf"cicd-bot: another keyturn \(`keyturn rotate`, process {first.pid}\) is at work on cicd-bot; "
                     r"waiting for it, until 20\d\d-\S+Z at most\n", log.read_text()), log.read_text()
    world.sandbox.clear_faults()
    assert world.finish(first).status == 0 and second.wait(timeout=60) == 0
    assert log.read_text().count("waiting for it") == 1
    assert world.status()["rotation"] == 1 and world.status()["phase"] == "idle"


def test_revoke_waits_until_the_leaked_key_is_dead(world):
    """Without --wait it ends after some tries; with it, it goes on."""
    world.must("step")
    (leaked,) = world.sandbox.keys()
    failing(world)
    running = world.start("revoke", "cicd-bot", "--wait", "--timeout", "90s")
    waited_for(lambda: len([request for request in world.sandbox.requests("github") if request["method"] == "PUT"]) >= 4, seconds=60)
    world.sandbox.clear_faults()
    assert world.finish(running).status == 0
    assert leaked not in world.sandbox.keys()


@pytest.mark.parametrize("words, message", [
    (["rotate", "cicd-bot", "--timeout", "5m"], "--timeout belongs to --wait"),
    (["rotate", "cicd-bot", "--wait", "--timeout", "soon"], "--timeout takes a duration such as 90m or 3h, not soon"),
    (["rotate", "cicd-bot", "--all"], "--all and the names of users cannot"),
    (["revoke", "--event", "x.json", "--wait"], "--event says itself what has leaked"),
])
def test_mistakes(world, words, message):
    assert message in world.must(*words, status=64).err
    world.assert_untouched()


def test_short_options(world):
    """-c, -j, -q, -v and -u are --config, --json, --quiet, --verbose and --user."""
    path = world.directory / "keyturn.yaml"
    assert world.must("status", "-j", "-c", path, "-u", "cicd-bot").json["users"][0]["user"] == "cicd-bot"
    assert "cannot go together" in world.must("check", "-q", "-v", status=64).err
