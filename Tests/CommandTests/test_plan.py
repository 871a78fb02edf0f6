"""`plan` and `--dry-run`: what would be done, by what IAM lists now, and nothing of it; and what `status` shows first."""

import datetime
import re

import pytest

from test_output import in_terminal
from test_schemas import fits
from world import waited_for

WRITES = {"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}


def planned(world, *command, status=0):
    result = world.must(*command, "--json", status=status)
    fits("plan", result)
    return {step["user"]: step for step in result.json["plan"]}


def settings(world, **values):
    world.configuration["defaults"].update(values)
    world.save()


def test_the_status_of_a_user_with_two_unknown_keys_does_not_contradict_itself(make):
    """What blocks it, no key that was not looked at, and no rotation that begins in five minutes."""
    world = make()
    world.sandbox.add_user("two", keys=2)
    world.configuration["users"] = {"two": {"targets": [{"pusher": "travis", "repository": "acme/two"}]}}
    world.save()
    world.must("rotate", "two", status=1)
    shown = " ".join(world.must("status").out.split())
    assert "keyturn has no record of where they are used" in shown and "keys: none that keyturn knows" in shown
    assert "not looked at yet" not in shown and "next: the problem is looked at again, in " in shown, shown


def test_the_status_of_a_user_whose_first_rotation_failed_says_that_the_order_is_kept(make):
    """As `plan` does. Under another name it is forgotten in silence: it never had a key."""
    world = make()
    (targets,) = (user["targets"] for user in world.configuration["users"].values())
    world.configuration["users"] = {"deploy-bto": {"targets": targets}}
    world.save()
    world.must("rotate", "deploy-bto", status=1)
    shown = " ".join(world.must("status").out.split())
    assert "an operator asked for its rotation, which begins by itself once the problem is resolved" in shown, shown
    world.configuration["users"] = {"cicd-bot": {"targets": targets}}
    world.save()
    assert "deploy-bto" not in world.must("check").out


def test_plan_takes_the_default_by_name(world):
    """`plan --online` is what `plan` does; both at once is a mistake."""
    # What is due at once is due at the moment of the asking, and ages go by it.
    named, usual = ({user: {**step, "due": None, "why": re.sub(r" \([^)]*(ago|now)\)", "", step["why"])}
                     for user, step in planned(world, *order).items()}
                    for order in (("plan", "--online"), ("plan",)))
    assert named == usual and named
    world.must("plan", "--online", "--offline", status=64)


def test_the_first_rotation_is_announced_and_waits_for_an_order(make):
    """Day one: `plan` says what is there, `step` and its --dry-run do nothing, `rotate --dry-run` says what `rotate` would do."""
    world = make()
    settings(world, **{"first-rotation": "when-asked", "rotate-every": "1s"})
    (old,) = world.sandbox.keys()
    step = planned(world, "plan")["cicd-bot"]
    assert (step["action"], step["due"], step["is-due"]) == ("when-asked", None, False), step
    assert [key["id"] for key in step["keys"]] == [old] and "`keyturn rotate cicd-bot`" in step["why"]
    assert planned(world, "step", "--dry-run") == {}
    assert planned(world, "plan", "--offline")["cicd-bot"]["action"] == "observe"
    asked = planned(world, "rotate", "cicd-bot", "--dry-run")["cicd-bot"]
    assert asked["action"] == "rotate" and asked["is-due"] and old in asked["why"]
    assert not world.database.exists() and list(world.sandbox.keys()) == [old]
    world.must("step")
    assert list(world.sandbox.keys()) == [old] and world.status()["next"] == {"action": "when-asked", "due": None}
    assert "never rotated" in world.must("status").out
    settings(world, **{"rotate-every": "24h"})
    world.must("rotate", "cicd-bot", "--wait")
    assert old not in world.sandbox.keys() and planned(world, "plan")["cicd-bot"]["action"] == "rotate"


def test_what_is_due_is_said_before_it_is_done(make):
    """`step --dry-run` lists those for whom `step` would do something, and only them."""
    world = make()
    settings(world, **{"rotate-every": "1s", "spread": "0%"})
    # The key is as old as that in a moment.
    waited_for(lambda: "cicd-bot" in planned(world, "step", "--dry-run"))
    assert planned(world, "step", "--dry-run")["cicd-bot"]["action"] == "rotate"
    settings(world, **{"rotate-every": "24h"})
    assert planned(world, "step", "--dry-run") == {}


def test_where_iam_does_not_say(make):
    """The plan goes by the state, says why, and ends as the failure does; what IAM is not asked for is as it was."""
    world = make()
    world.sandbox.fault("aws", method="POST", status=503, times=0)
    step = planned(world, "plan", status=69)["cicd-bot"]
    assert step["action"] == "observe" and step["keys"] is None and "IAM did not say which keys there are" in step["why"]
    assert planned(world, "plan", "--offline")["cicd-bot"]["keys"] is None


def test_what_iam_says_is_printed_once(make):
    """Not for every user, and not where a user's problem has it already; the document has it for each."""
    targets = [[{"pusher": "travis", "repository": f"acme/{name}"}] for name in "ab"]
    world = make(users={name: {"targets": target} for name, target in zip(("ci-a", "ci-b"), targets)})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del world.environment[name]
    result = world.must("plan", status=77)
    assert (result.out + result.err).count("no AWS credentials") == 1, result
    assert "\nci-a, ci-b: IAM did not say which keys there are: no AWS credentials" in result.out
    for step in planned(world, "plan", status=77).values():
        assert step["why"].count("IAM did not say which keys there are: no AWS credentials") == 1
    # A problem that is known says the same.
    world.must("step", "ci-a", status=77)
    result = world.must("plan", "ci-a", status=77)
    assert (result.out + result.err).count("no AWS credentials") == 1, result
    assert planned(world, "plan", "ci-a", status=77)["ci-a"]["why"].count("no AWS credentials") == 1


@pytest.mark.parametrize("setting, words", [
    ("configuration", "; `endpoint-url` in the configuration names this address: check it, and that its server runs"),
    ("AWS_ENDPOINT_URL", "; $AWS_ENDPOINT_URL names this address: "),
    ("AWS_ENDPOINT_URL_IAM", "; $AWS_ENDPOINT_URL_IAM names this address: "),
    ("profile", "; `endpoint_url` of profile ci names this address: "),
])
def test_an_address_of_aws_where_nothing_answers(make, setting, words):
    """What names the address is named. Of AWS's own, network and proxy are what can be looked at."""
    world = make()
    nowhere = "http://127.0.0.1:9"
    aws = {"region": "us-east-1"}
    if setting == "configuration":
        aws["endpoint-url"] = nowhere
    elif setting == "profile":
        world.write(".aws/config", f"[profile ci]\nendpoint_url = {nowhere}\n")
        world.environment["AWS_PROFILE"] = "ci"
    else:
        world.environment[setting] = nowhere
    world.configuration["aws"] = aws
    world.save()
    (step,) = planned(world, "plan", status=69).values()
    assert f"ListAccessKeys at {nowhere}: " in step["why"] and words in step["why"], step


def test_aws_that_is_not_reached(make):
    """No setting names the address."""
    world = make()
    world.configuration["aws"] = {"region": "us-east-1"}
    world.environment["HTTPS_PROXY"] = "http://127.0.0.1:9"
    world.save()
    (step,) = planned(world, "plan", status=69).values()
    assert "https://iam.amazonaws.com: " in step["why"]
    assert step["why"].endswith("; check network and proxy: `keyturn doctor --online` shows them"), step


def test_an_order_that_would_be_refused(make):
    """With the reason and the status that the order itself would have."""
    world = make()
    settings(world, overlap="1h")
    world.must("rotate")
    step = planned(world, "rotate", "--dry-run", status=75)["cicd-bot"]
    assert "is in `overlap`" in step["why"] and world.status()["rotation"] == 1


def frozen():
    """A freeze that holds today and for a month."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    return [{"from": str(today - datetime.timedelta(days=2)), "to": str(today + datetime.timedelta(days=30))}]


def test_an_order_in_a_freeze(make):
    """Refused as the order itself is, with the time until which, for a user that waits; nothing is asked of the targets."""
    world = make()
    settings(world, freeze=frozen())
    world.must("step")
    (old,) = world.sandbox.keys()
    assert world.status()["phase"] == "idle"
    step = planned(world, "rotate", "cicd-bot", "--dry-run", status=75)["cicd-bot"]
    until = frozen()[0]["to"]
    assert f"`freeze` lets no rotation begin before {until}" in step["why"] and not step["is-due"], step
    for options in ([], ["--wait"]):
        refused = world.must("rotate", "cicd-bot", *options, status=75)
        assert f"cicd-bot: `freeze` lets no rotation begin before {until}" in refused.err, refused
    assert list(world.sandbox.keys()) == [old]
    shown = world.must("status").out
    assert f"freeze: no rotation begins before {until}T00:00:00Z, except with `keyturn rotate cicd-bot --despite-freeze`" in shown, shown
    assert planned(world, "rotate", "cicd-bot", "--dry-run", "--despite-freeze")["cicd-bot"]["is-due"]
    world.must("rotate", "cicd-bot", "--wait", "--despite-freeze")
    assert old not in world.sandbox.keys()


def test_a_freeze_holds_only_its_own_users(make, start):
    """`rotate --all --wait` rotates the others, canary included, and says which one it left, and until when."""
    sandbox = start("--users", 2, "--targets", 2)
    users = {f"ci-{number}": {"targets": [{"pusher": "travis", "repository": f"acme/app-{number}"}]} for number in (1, 2)}
    users["ci-1"]["freeze"] = frozen()
    world = make(users=users, sandbox=sandbox)
    before = {user: list(sandbox.keys(user)) for user in users}
    result = world.must("rotate", "--all", "--wait", "--canary", "1", status=75)
    assert "ci-1: `freeze` lets no rotation begin before" in result.err and "ci-2: `freeze`" not in result.err, result
    assert list(sandbox.keys("ci-1")) == before["ci-1"]
    assert list(sandbox.keys("ci-2")) != before["ci-2"]
    assert world.status("ci-2")["rotation"] == 1 and world.status("ci-2")["phase"] == "idle"


@pytest.mark.parametrize("answer, status", [("no\n", 1), ("\n", 1), ("yes\n", 0)])
def test_on_a_terminal_all_users_are_asked_about(make, answer, status):
    """`rotate` alone may be a slip: the question names what it means, and an empty answer is no."""
    world = make()
    keys = world.sandbox.keys()
    drawn, ended = in_terminal(world, "rotate", "--no-color", typed=answer)
    assert ended == status and "all users" in drawn, drawn
    assert (world.sandbox.keys() == keys) is (status != 0)


def test_a_leak_and_an_outage_come_first_and_in_red(make):
    """As long as a target lacks the new key, `status` says whether the leaked one lives, and who is cut off once it is dead."""
    world = make()
    world.must("rotate", "--wait")
    (old,) = world.sandbox.keys()
    world.sandbox.fault("github", method="PUT", status=503, times=0)
    world.run("revoke", "cicd-bot", timeout=120)
    user = world.status()
    assert [(leak["key"], leak["status"]) for leak in user["leaks"]] == [(old, "Active")] and user["outage"] is None
    lines = world.must("status").out.splitlines()
    assert lines[1].strip().startswith(f"LEAKED: {old} IS STILL ACTIVE") and f"keyturn revoke {old} --now" in lines[1]
    drawn, _ = in_terminal(world, "status")
    assert "\x1b[1m\x1b[31mLEAKED" in drawn, drawn
    world.run("revoke", old, "--now", timeout=120)
    user = world.status()
    assert [leak["status"] for leak in user["leaks"]] == ["Inactive"] or [leak["status"] for leak in user["leaks"]] == ["deleted"]
    assert user["outage"] == {"key": old, "targets": ["github:acme/app"]}
    assert "OUTAGE: 1 of 3 targets holds " in world.must("status").out
    world.sandbox.clear_faults()
    world.run("retry", timeout=60)
    world.step_until_idle()
    user = world.status()
    assert user["leaks"] == [] and user["outage"] is None


def test_watching_clears_the_screen(world):
    """Again and again, until it is ended; not where there is no terminal."""
    drawn, _ = in_terminal(world, "status", "--watch", seconds=7)
    assert drawn.count("\x1b[H\x1b[2J") >= 2, drawn
    assert "needs a terminal" in world.must("status", "--watch", status=64).err


def test_a_day_of_rotations_is_compared_with_the_limits(world):
    """More pushes than the limit lets through in a day are said in the plan; fewer only with --verbose."""
    def forecast():
        result = world.must("plan", "--offline", "--json")
        fits("plan", result)
        return {line["pusher"]: line for line in result.json["forecast"]}

    world.configuration["pushers"]["github"]["limits"] = [{"seconds": 3600, "cost": 8, "write": 1, "read": 1}]
    world.configuration["users"]["cicd-bot"]["rotate-every"] = "24h"
    world.save()
    assert forecast()["github"] | {"shortest-seconds": 0} == {
        "pusher": "github", "targets": 1, "pushes-a-day": 1, "shortest-seconds": 0, "is-too-much": False}
    assert "pushes a day" not in world.must("plan", "--offline").out
    assert "github: 1 pushes a day" in world.must("plan", "--offline", "--verbose").out
    world.configuration["users"]["cicd-bot"]["rotate-every"] = "5m"
    world.save()
    found = forecast()["github"]
    assert found["pushes-a-day"] == 288 and found["is-too-much"] and found["shortest-seconds"] > 86400
    assert "keys get older than rotate-every" in world.must("plan", "--offline").out
