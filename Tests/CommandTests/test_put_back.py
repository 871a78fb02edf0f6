"""Someone writes the old pair back into a target while a rotation is in progress: keyturn looks again before the old key goes."""

import time

import boto3
import pytest

from test_schemas import fits

TARGETS = {
    "gitlab-pair": {"pusher": "gitlab", "project": "acme/tools/app"},
    "gitlab-file": {"pusher": "gitlab", "project": "acme/tools/app", "shape": "credentials-file"},
}
PATH = "/api/v4/projects/acme%2Ftools%2Fapp/variables"
NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")


def gitlab(sandbox, method, name, **body):
    reply = sandbox.session.request(
        method, f"{sandbox.gitlab}{PATH}/{name}", headers={"PRIVATE-TOKEN": sandbox.tokens["gitlab"]}, json=body or None,
        timeout=10)
    assert reply.ok, reply.text
    return reply.json()["value"]


def names(shape):
    return ("AWS_SHARED_CREDENTIALS_FILE",) if shape == "gitlab-file" else NAMES


def remembered(world, shape):
    """What Terraform has in its state: the pair as it is before the rotation."""
    return {name: gitlab(world.sandbox, "GET", name) for name in names(shape)}


def put_back(world, values):
    for name, value in values.items():
        gitlab(world.sandbox, "PUT", name, value=value)


def begun(make, shape, **times):
    """Rotated once, so that the target holds a whole pair; then a second rotation up to its overlap."""
    world = make(users={"cicd-bot": {"targets": [TARGETS[shape]]}})
    if shape == "gitlab-file":
        # The sandbox has the pair there, too, and a rotation does not begin with such a neighbour.
        world.configuration["acknowledged"] = [
            {"place": "gitlab:acme/tools/app, variable AWS_ACCESS_KEY_ID", "reason": "jobs use the file"}]
        world.save()
    world.must("rotate", "--wait")
    values = remembered(world, shape)
    world.configuration["defaults"].update(times)
    world.save()
    world.must("rotate")
    assert world.status()["phase"] == "overlap"
    return world, values


def wait_for(world, phase):
    while world.status()["phase"] != phase:
        world.run("step")
        time.sleep(0.1)


def holds_current(world, shape):
    (key,) = world.sandbox.keys()
    held = world.sandbox.state()["targets"]["gitlab:acme/tools/app"]
    return held[names(shape)[-1]] == key


@pytest.mark.parametrize("shape", ["gitlab-pair", "gitlab-file"])
def test_in_overlap(make, shape):
    """Pushed again with the same pair; no second key is made, and the rotation completes."""
    world, values = begun(make, shape, overlap="3s")
    put_back(world, values)
    world.step_until_idle()
    assert holds_current(world, shape)
    events = [line["event"] for line in world.history() if line["rotation"] == 2]
    assert events.count("created") == 1 and "drift-seen" in events and "pushing-again" in events
    assert world.must("check", "--online").status == 0


@pytest.mark.parametrize("shape", ["gitlab-pair", "gitlab-file"])
def test_in_soak(make, shape):
    """The old key is made Active again first: jobs that read the old pair work until the new one is there."""
    world, values = begun(make, shape, overlap="1s", soak="3s")
    wait_for(world, "soak")
    put_back(world, values)
    world.step_until_idle()
    assert holds_current(world, shape)
    events = [line["event"] for line in world.history() if line["rotation"] == 2]
    assert events.index("drift-seen") < events.index("activated") and "pushing-again" in events


@pytest.mark.parametrize("shape, times", [("gitlab-pair", 1), ("gitlab-file", 3)])
def test_for_ever(make, shape, times):
    """`drifted`: the old key stays Active, exit status 1, and what it says to type works."""
    world, values = begun(make, shape, overlap="1s")
    for _ in range(times + 1):
        put_back(world, values)
        time.sleep(1.1)
        result = world.run("step")
        if result.status == 1:
            break
    status = world.status()
    assert result.status == 1 and status["problem-code"] == "drifted", str(result)
    assert sorted(world.sandbox.keys().values()) == ["Active", "Active"]
    assert sum(line["event"] == "pushing-again" for line in world.history()) == times
    world.must("status", "--exit-code", status=1)
    assert "drift" in world.must("check", status=1).out
    assert "rotation 2 is in `overlap`" in world.must("rotate", "cicd-bot", status=1).err
    world.must("retry", "cicd-bot")
    world.step_until_idle()
    assert holds_current(world, shape)


def test_between_rotations_it_is_reported_only(make):
    """`retry` looks now; nothing is written; the advice works."""
    world = make(users={"cicd-bot": {"targets": [TARGETS["gitlab-pair"]]}})
    world.must("rotate", "--wait")
    values = remembered(world, "gitlab-pair")
    world.must("rotate", "--wait")
    put_back(world, values)
    world.sandbox.clear_requests()
    world.must("retry", "cicd-bot")
    assert world.sandbox.writes() == []
    (delivery,) = world.deliveries().values()
    assert "which keyturn has deleted" in delivery["drift"] and "keyturn rotate cicd-bot" in delivery["drift"]
    assert delivery["looked-at"] is not None
    assert world.must("status").status == 0
    world.must("check", status=1)
    world.must("rotate", "cicd-bot", "--wait")
    assert holds_current(world, "gitlab-pair")
    world.must("check", "--online")


def test_a_target_that_left(make):
    """No rotation begins, `check` says so, and `forget` lets it go."""
    world = make()
    world.must("rotate", "--wait")
    (old,) = world.sandbox.keys()
    (entry,) = world.configuration["users"].values()
    entry["targets"] = entry["targets"][1:]
    world.save()
    assert "travis:acme/app" in world.must("rotate", status=1).err
    assert list(world.sandbox.keys()) == [old]
    assert "keyturn forget travis:acme/app" in world.must("check", status=1).out
    assert "there is no target" in world.must("forget", "travis:acme/ap", "--reason", "x", status=1).err
    assert "in the configuration" in world.must("forget", "github:acme/app", "--reason", "x", status=1).err
    world.must("forget", "travis:acme/app", "--reason", "archived")
    world.must("rotate", "--wait")
    assert old not in world.sandbox.keys()
    assert any(line["event"] == "forgotten" and line["detail"] == "archived" for line in world.history())
    world.must("check")


def test_a_pusher_that_is_renamed_loses_nothing(make):
    """A target is its plugin, service, place and variables."""
    world = make()
    world.must("rotate", "--wait")
    world.configuration["pushers"]["ci"] = world.configuration["pushers"].pop("travis")
    (entry,) = world.configuration["users"].values()
    entry["targets"][0]["pusher"] = "ci"
    world.save()
    world.must("rotate", "--wait")
    assert "ci:acme/app" in world.deliveries() and "travis:acme/app" not in world.deliveries()


def test_a_user_that_left(make):
    """Its record goes by `forget USER`; nothing in AWS changes."""
    world = make()
    world.must("rotate", "--wait")
    keys = world.sandbox.keys()
    world.configuration["users"] = {}
    world.save()
    assert "keyturn forget cicd-bot" in world.must("check", status=1).out
    fits("forget", world.must("forget", "cicd-bot", "--reason", "moved to a role", "--json"))
    world.must("check")
    assert world.sandbox.keys() == keys


def test_orders_that_cannot_be_carried_out_say_so(make):
    """In the history, too; and a mistyped key changes nothing."""
    world = make()
    world.configuration["defaults"].update(overlap="1h")
    world.save()
    world.must("rotate", "cicd-bot")
    assert "can begin once" in world.must("rotate", "cicd-bot", status=75).err
    assert "the targets hold" in world.must("adopt", "cicd-bot", "--current", "AKIATYPO", status=1).err
    assert "nothing else speaks against" in world.must("retire", "cicd-bot", "--reason", "x", status=75).err
    refused = [line["detail"].split(":")[0] for line in world.history() if line["event"] == "refused"]
    assert refused == ["rotate", "adopt", "retire"]


def test_a_key_in_use_stays(make):
    """IAM says when, by which service and where; `retire` overrides, with a reason."""
    world = make()
    world.configuration["defaults"].update(overlap="1s", quiet="1h")
    world.save()
    (old,) = world.sandbox.keys()
    boto3.client(
        "sts", endpoint_url=world.sandbox.aws, region_name="eu-west-1", aws_access_key_id=old,
        aws_secret_access_key=world.sandbox.secret_at_gitlab()).get_caller_identity()
    world.must("rotate")
    time.sleep(1.1)
    world.must("step", status=75)
    status = world.status()
    assert status["problem-code"] == "still-used" and status["last-used"]["service"] == "sts"
    assert world.sandbox.keys()[old] == "Active"
    world.must("retire", "cicd-bot", "--reason", "the old build server is off")
    assert world.sandbox.keys()[old] == "Inactive"
    events = {line["event"]: line.get("detail") for line in world.history()}
    assert "the old build server is off" in events["deactivating"]
