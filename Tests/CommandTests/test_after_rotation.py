"""`after-rotation`: a program that is started once every target has a new key, while the old one still works."""

import json

from world import waited_for


def hook(world, body):
    """A program that keeps what it gets, and then does something."""
    path = world.write("hook", f"#!/bin/sh\ncat >> {world.directory}/got; echo >> {world.directory}/got\n{body}\n", 0o755)
    world.configuration["users"]["cicd-bot"]["after-rotation"] = {"command": [str(path)], "environment": ["HOOK_VARIABLE"]}
    world.save()
    return world.directory / "got"


def messages(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line] if path.exists() else []


def test_it_is_started_once_every_target_has_the_key(world):
    """With user, rotation and key, and no secret; not while a target lacks the key, and once for each rotation."""
    world.environment["HOOK_VARIABLE"] = "there"
    got = hook(world, f"env > {world.directory}/environment")
    world.configuration["defaults"]["overlap"] = "1h"
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    world.sandbox.fault("github", method="PUT", status=503, times=0)
    world.must("rotate", status=75)
    assert messages(got) == []
    world.sandbox.clear_faults()
    world.must("retry")
    world.must("step")
    (message,) = messages(got)
    keys = world.sandbox.keys()
    assert list(keys.values()) == ["Active", "Active"], "the old key still works"
    assert (message["event"], message["user"], message["rotation"]) == ("delivered", "cicd-bot", 1)
    assert message["key"] == world.status()["keys"][0]["id"]
    environment = (world.directory / "environment").read_text()
    assert "HOOK_VARIABLE=there" in environment and "AWS_SECRET_ACCESS_KEY" not in environment
    for token in world.sandbox.tokens.values():
        assert token not in environment


def test_one_that_fails_is_started_again_and_holds_nothing_up(world):
    """The rotation completes all the same; the log names the program."""
    got = hook(world, f"test -e {world.directory}/works")
    result = world.must("rotate", "--wait")
    assert "after-rotation of cicd-bot did not take `delivered`" in result.err
    assert world.status()["phase"] == "idle" and len(world.sandbox.keys()) == 1
    world.write("works", "")
    tries = len(messages(got))
    assert tries >= 1
    waited_for(lambda: world.must("step") and len(messages(got)) > tries)
    tries = len(messages(got))
    world.must("step")
    assert len(messages(got)) == tries


def test_notify_does_not_start_it(world):
    """A test message must not restart runners."""
    got = hook(world, "")
    assert "no message is sent to anyone" in world.must("notify", status=1).err
    assert messages(got) == []
