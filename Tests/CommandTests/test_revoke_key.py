"""`revoke` of a key by its ID."""

import boto3
import pytest

from world import waited_for


def iam(world):
    """As the administrator of the sandbox's account."""
    return boto3.client(
        "iam", endpoint_url=world.sandbox.aws, region_name=world.sandbox.region,
        aws_access_key_id=world.sandbox.accessKeyId, aws_secret_access_key=world.sandbox.secretAccessKey)


def role(world, name):
    """The key that has this role; None: there is none."""
    return next((key["id"] for key in world.status()["keys"] if key["role"] == name), None)


@pytest.fixture
def slow(world):
    """Overlap and soak take longer than any test."""
    world.configuration["defaults"].update(overlap="1h", soak="1h")
    world.save()
    return world


def changed(world):
    """What was changed in IAM, and at the CI systems."""
    writing = ("CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey")
    made = [entry for entry in world.sandbox.requests("aws") if any(word in str(entry) for word in writing)]
    return made + world.sandbox.writes()


def test_the_current_key(slow):
    """As with the user's name."""
    (old,) = slow.sandbox.keys()
    slow.must("revoke", old)
    assert old not in slow.sandbox.keys()
    slow.assert_holds_only(slow.deliveries())


@pytest.mark.parametrize("now", [[], ["--now"]])
def test_the_previous_key(slow, now):
    """Without overlap and soak; the targets keep the key that they have."""
    slow.must("rotate")
    old, new = role(slow, "previous"), role(slow, "current")
    assert slow.sandbox.keys() == {old: "Active", new: "Active"}
    slow.must("revoke", old, *now)
    assert slow.assert_holds_only(slow.deliveries()) == new
    assert slow.status()["phase"] == "idle"
    assert "dead already" in slow.must("revoke", old, status=1).err


def test_the_previous_key_after_a_rollback(slow):
    """What an operator held back goes by an operator's word."""
    slow.must("rotate")
    old, new = role(slow, "previous"), role(slow, "current")
    slow.must("rollback", "cicd-bot")
    slow.must("revoke", old)
    assert slow.assert_holds_only(slow.deliveries()) == new


def test_the_current_key_in_the_overlap_at_once(slow):
    """It makes room for its successor itself: the key before it stays Active."""
    slow.must("rotate")
    old, new = role(slow, "previous"), role(slow, "current")
    slow.must("revoke", new, "--now")
    keys = slow.sandbox.keys()
    assert new not in keys and keys[old] == "Active" and len(keys) == 2
    assert role(slow, "previous") == old and keys[role(slow, "current")] == "Active"


def test_the_next_key_before_any_target_has_it(slow):
    """STS does not answer yet: the key is deleted, and another one delivered."""
    slow.sandbox.fault("aws", path="GetCallerIdentity", status=403, times=0)
    rotation = slow.start("rotate")
    waited_for(lambda: slow.database.exists() and slow.status()["phase"] == "verifying")
    rotation.terminate()
    slow.finish(rotation)
    (old, leaked) = slow.sandbox.keys()
    assert role(slow, "next") == leaked
    slow.sandbox.clear_faults()
    slow.must("revoke", leaked)
    assert slow.sandbox.keys() == {old: "Active", role(slow, "current"): "Active"}
    assert role(slow, "previous") == old and role(slow, "current") != leaked
    assert not any(line["event"] == "delivered" and line["key"] == leaked for line in slow.history())


def test_the_next_key_that_targets_hold(slow):
    """It is delivered everywhere, then replaced: no pipeline is left with a dead key."""
    (old,) = slow.sandbox.keys()
    slow.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    slow.must("rotate", status=75)
    leaked = role(slow, "next")
    slow.must("revoke", leaked, status=75)
    assert slow.sandbox.keys() == {old: "Active", leaked: "Active"}
    assert f"keyturn revoke {leaked} --now" in slow.status()["problem"]
    slow.sandbox.clear_faults()
    slow.run("step")
    # Nothing of a push that the service had no time for can arrive any more: the leaked key need not live for that.
    another = role(slow, "current")
    assert set(slow.sandbox.keys()) == {another} and another not in (old, leaked)
    held = slow.sandbox.state()["targets"]
    assert {held[name]["AWS_ACCESS_KEY_ID"] for name in ("gitlab:acme/tools/app", "github:acme/app")} == {another}


def test_the_next_key_that_targets_hold_at_once(slow):
    """Dead before the delivery ends; the old key stays, and who had the leaked one gets another."""
    (old,) = slow.sandbox.keys()
    slow.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    slow.must("rotate", status=75)
    leaked = role(slow, "next")
    slow.must("revoke", leaked, "--now", status=75)
    another = role(slow, "next")
    assert slow.sandbox.keys() == {old: "Active", another: "Active"} and another != leaked
    held = {name: place["AWS_ACCESS_KEY_ID"] for name, place in slow.sandbox.state()["targets"].items() if place}
    assert leaked not in held.values() and held["github:acme/app"] == another
    assert any(line["event"] == "deleted" and "it has leaked" in line["detail"] for line in slow.history())


def test_a_key_without_a_record(slow):
    """Deactivated, not deleted; the user's own key and the targets are untouched."""
    (known,) = slow.sandbox.keys()
    slow.must("step")
    stranger = iam(slow).create_access_key(UserName="cicd-bot")["AccessKey"]["AccessKeyId"]
    result = slow.must("revoke", stranger)
    assert slow.sandbox.keys() == {known: "Active", stranger: "Inactive"}
    assert "delete it in IAM yourself" in result.err + result.out and slow.sandbox.writes() == []
    slow.must("revoke", stranger)


def test_a_key_without_a_record_that_is_the_last_active_one(slow):
    """Without it the user had none: reported, and left."""
    (known,) = slow.sandbox.keys()
    slow.must("step")
    stranger = iam(slow).create_access_key(UserName="cicd-bot")["AccessKey"]["AccessKeyId"]
    iam(slow).update_access_key(UserName="cicd-bot", AccessKeyId=known, Status="Inactive")
    result = slow.must("revoke", stranger, "--now", status=1)
    assert "last Active key" in result.err and "adopt cicd-bot" in result.err
    assert slow.sandbox.keys() == {known: "Inactive", stranger: "Active"}


def test_keys_of_no_managed_user(slow):
    """Nothing is changed, and the reason is the true one."""
    other = slow.sandbox.accessKeyId
    slow.sandbox.clear_requests()
    assert "keyturn-admin, which is not in" in slow.must("revoke", other, "--now", status=1).err
    assert "not a key of a user" in slow.must("revoke", "AKIA0000000000000000", status=1).err
    assert "temporary key" in slow.must("revoke", "ASIA0000000000000000", status=1).err
    assert "no user" in slow.must("revoke", "AKIAtypo", status=1).err
    slow.sandbox.fault("aws", path="GetAccessKeyLastUsed", status=403, times=0)
    assert "did not say which user" in slow.must("revoke", "AKIA0000000000000000", status=77).err
    slow.sandbox.clear_faults()
    assert changed(slow) == []
    slow.configuration["aws"]["endpoint-url"] = "http://127.0.0.1:9"
    slow.save()
    assert "did not say which user" in slow.must("revoke", "AKIA0000000000000000", status=69).err


def test_a_key_of_a_user_that_keyturn_has_never_seen(slow):
    """IAM says whose it is; it is taken over and replaced at once."""
    (old,) = slow.sandbox.keys()
    assert slow.must("revoke", old, "--json").json["users"][0]["rotation"] == 1
    assert old not in slow.sandbox.keys()


def test_a_user_that_keyturn_has_never_seen(slow):
    """It is taken over first, and there is one document all the same."""
    (old,) = slow.sandbox.keys()
    assert slow.must("revoke", "cicd-bot", "--json").json["users"][0]["rotation"] == 1
    assert old not in slow.sandbox.keys()
