"""What an operator orders: rollback, revoke, adopt."""

import base64
import os
import re

import boto3

from world import waited_for


def rotated(world):
    """After the first rotation up to the soak: (old key, new key)."""
    (old,) = world.sandbox.keys()
    world.must("rotate")
    (new,) = [key["id"] for key in world.status()["keys"] if key["role"] == "current"]
    return old, new


def test_rollback_in_soak_makes_the_old_key_active_within_one_command(world):
    """Both are Active, and stay so, until `retry` goes on."""
    world.configuration["defaults"].update(soak="1h")
    world.save()
    old, new = rotated(world)
    while world.status()["phase"] == "overlap":
        world.must("step")
    assert world.sandbox.keys() == {old: "Inactive", new: "Active"}
    world.must("rollback", "--user", "cicd-bot")
    assert world.sandbox.keys() == {old: "Active", new: "Active"}
    assert old in world.status()["problem"]
    world.must("step", status=1)
    assert world.sandbox.keys() == {old: "Active", new: "Active"}
    world.configuration["defaults"].update(soak="1s")
    world.save()
    world.must("retry")
    world.step_until_idle()
    assert world.assert_holds_only(world.deliveries()) == new


def test_rollback_without_an_old_key_says_so(world):
    """Nothing to bring back is an error with a sentence, which knows the phase."""
    assert "no rotation is in progress" in world.must("rollback", "--user", "cicd-bot", status=1).err
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("rotate", status=75)
    assert "the old key is still Active" in world.must("rollback", "--user", "cicd-bot", status=1).err


def test_skip_of_a_target_that_nobody_waits_for_says_why(world):
    """A name that is none, a delivery that is confirmed, a user without a rotation."""
    skip = ("skip", "--reason", "x", "--")
    assert "did you mean `github:acme/app`?" in world.must(*skip, "github:acme/ap", status=1).err
    assert "did you mean `gitlab:acme/tools/app`?" in world.must(*skip, "acme/tools/app", status=1).err
    assert "the user is in phase `idle`" in world.must(*skip, "github:acme/app", status=1).err
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("rotate", status=75)
    assert "it is confirmed" in world.must(*skip, "github:acme/app", status=1).err
    world.must(*skip, "gitlab:acme/tools/app")


def test_what_status_says_to_type_can_be_typed(world):
    """Of a leaked key that still works, word by word."""
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("revoke", "--user", "cicd-bot", status=75)
    (order,) = re.findall(r"`keyturn (revoke [^`]*)`", world.status()["problem"])
    (old,) = [key["id"] for key in world.status()["keys"] if key["role"] == "current"]
    world.must(*order.split(), status=75)
    assert world.sandbox.keys()[old] == "Inactive"


def test_a_user_that_is_not_in_iam(world):
    """Who asked is named, and what to look at."""
    world.configuration["users"] = {"cicdbot": world.configuration["users"]["cicd-bot"]}
    world.save()
    assert "is the name right, and the account?" in world.must("check", "--online", status=1).out
    problem = world.must("rotate", status=1) and world.status("cicdbot")["problem"]
    assert "cicdbot" in problem and "is the name right, and the account?" in problem


def test_check_fits_the_terminal(world):
    """Long lines are wrapped where someone looks, and whole where a program reads."""
    out = world.must("check", "--online", environment={"COLUMNS": "80"}).out
    assert max(map(len, out.splitlines())) <= 80 and "\n        " in out
    assert max(map(len, world.must("check", "--online").out.splitlines())) > 80


def test_revoke_kills_the_key_as_soon_as_the_last_target_has_confirmed(world):
    """No overlap, no soak."""
    world.configuration["defaults"].update(overlap="1h", soak="1h")
    world.save()
    (old,) = world.sandbox.keys()
    world.must("revoke", "--user", "cicd-bot")
    assert old not in world.sandbox.keys()
    world.assert_holds_only(world.deliveries())


def test_revoke_waits_for_a_target_that_fails(world):
    """The leaked key stays Active until the last pipeline has its successor; then it goes."""
    (old,) = world.sandbox.keys()
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("revoke", "--user", "cicd-bot", status=75)
    assert world.sandbox.keys()[old] == "Active"
    world.sandbox.clear_faults()
    world.must("step")
    assert old not in world.sandbox.keys()


def test_revoke_now_kills_first(world):
    """The key is Inactive though no target has a new one."""
    (old,) = world.sandbox.keys()
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("revoke", "--user", "cicd-bot", "--now", status=75)
    assert world.sandbox.keys()[old] == "Inactive"
    world.sandbox.clear_faults()
    world.must("step")
    assert old not in world.sandbox.keys()
    world.assert_holds_only(world.deliveries())


def test_adopt_resolves_two_unknown_keys(world):
    """What the targets hold is reported; the named key is kept, the other one retired."""
    (first,) = world.sandbox.keys()
    iam = boto3.client(
        "iam", endpoint_url=world.sandbox.aws, region_name=world.sandbox.region,
        aws_access_key_id=world.sandbox.accessKeyId, aws_secret_access_key=world.sandbox.secretAccessKey)
    second = iam.create_access_key(UserName="cicd-bot")["AccessKey"]["AccessKeyId"]
    assert first in world.must("step", status=1).err
    problem = world.status()["problem"]
    assert first in problem and second in problem and f"gitlab:acme/tools/app holds {first}" in problem and "adopt" in problem
    assert world.sandbox.keys() == {first: "Active", second: "Active"}
    world.must("adopt", "--user", "cicd-bot", "--current", "AKIATYPO", status=1)
    assert world.sandbox.keys() == {first: "Active", second: "Active"}
    world.must("adopt", "--user", "cicd-bot", "--current", first)

    def is_over():
        world.must("step")
        return world.status()["phase"] == "idle"

    waited_for(is_over)
    assert world.sandbox.keys() == {first: "Active"}


def test_the_user_that_keyturn_runs_as_is_refused(world):
    """It would cut itself off: reported by check and by rotate, and nothing is changed."""
    world.configuration["users"] = {"keyturn-admin": world.configuration["users"]["cicd-bot"]}
    world.save()
    before = world.sandbox.keys("keyturn-admin")
    assert "cut itself off" in world.must("check", "--online", status=77).out
    assert "cut itself off" in world.must("rotate", status=77).err
    assert world.sandbox.keys("keyturn-admin") == before and world.sandbox.writes() == []


def test_check_tells_where_a_target_holds_no_key_of_the_user(world):
    """A scope that no one reads is found before the place that they do read is left with a dead key."""
    world.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "gitlab", "project": "acme/tools/app", "environment-scope": "production"}]
    world.save()
    result = world.must("check", "--online")
    assert "look" in result.out and "is this where the jobs read it?" in result.out


def test_status_tells_of_targets_that_came_and_went(world):
    """A new target waits for the next rotation, and a removed one is named."""
    world.must("rotate", "--wait")
    targets = world.configuration["users"]["cicd-bot"]["targets"]
    targets[1] = {"pusher": "gitlab", "project": "acme/app"}
    world.save()
    deliveries = world.deliveries()
    assert deliveries["gitlab:acme/app"]["state"] == "pending" and "next rotation" in deliveries["gitlab:acme/app"]["detail"]
    assert "no longer in the configuration" in deliveries["gitlab:acme/tools/app"]["detail"]


def test_revoke_in_the_overlap_kills_the_old_key_too(world):
    """As the guide on leaks says: whichever of the two has leaked, both are dead at the end."""
    world.configuration["defaults"].update(overlap="1h", soak="1h")
    world.save()
    old, new = rotated(world)
    world.must("revoke", "--user", "cicd-bot")
    assert not {old, new} & set(world.sandbox.keys())
    world.assert_holds_only(world.deliveries())


def test_skip_lets_a_leaked_key_die_without_a_target(world):
    """As the guide on leaks says."""
    (leaked,) = world.sandbox.keys()
    world.sandbox.fault("gitlab", method="PUT", status=503, times=0)
    world.must("revoke", "--user", "cicd-bot", status=75)
    assert leaked in world.sandbox.keys()
    world.must("skip", "gitlab:acme/tools/app", "--reason", "nobody needs it")
    assert leaked not in world.sandbox.keys()


def test_a_lost_seal_key_ends_with_a_new_state(world):
    """As the guide on security says: the state is moved away, and a user with one key is taken over."""
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    world.write("seal.key", base64.b64encode(os.urandom(32)).decode() + "\n", 0o600)
    assert "seal key" in world.must("step", status=78).err
    for file in world.database.parent.iterdir():
        file.rename(world.directory / file.name)
    world.must("step")
    assert [one["id"] for one in world.status()["keys"]] == [key] == list(world.sandbox.keys())
