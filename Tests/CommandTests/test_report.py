"""`keyturn report`: what an auditor gets, in each form, and what fails."""

import csv
import io
import json

from test_history import tamper


def report(world, *options, status=0):
    return world.must("report", "--json", *options, status=status).json


def test_after_two_rotations_a_leak_and_a_skip(world):
    """Counts, ages, reasons and evidence come from the history, which is verified first."""
    world.must("rotate", "--wait")
    leaked = next(key["id"] for key in world.status()["keys"] if key["role"] == "current")
    world.run("revoke", leaked)
    world.step_until_idle()
    # Refused before anything was written.
    world.sandbox.fault("github", status=403, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h", "preflight": False})
    world.save()
    world.must("rotate", status=75)
    world.must("skip", "github:acme/app", "--reason", "it is archived")
    document = report(world)
    (user,) = document["users"]
    assert user["user"] == "cicd-bot" and user["configured"] is True and user["rotations"] == 2
    assert [(skip["target"], skip["reason"]) for skip in user["skips"]] == [("github:acme/app", "it is archived")]
    (leak,) = user["leaks"]
    assert leak["key"] == leaked and leak["dead-at"] is not None and 0 <= leak["seconds"] < 120
    states = dict.fromkeys(world.deliveries(), "confirmed") | {"github:acme/app": "skipped"}
    assert {target["target"]: target["state"] for target in user["targets"]} == states
    assert all(target["seconds"] < 120 for target in user["targets"] if target["state"] == "confirmed")
    assert document["history"]["ok"] is True and document["history"]["head"]
    assert document["history"]["head"] == world.must("history", "verify", "--json").json["head"]
    assert document["passes"] is True and document["unmanaged"] is None
    # The sandbox's first key was made before keyturn knew it.
    assert user["oldest-key"]["seconds"] >= 0
    text = world.must("report").out
    assert "head: where the history ends now." in text and "keyturn history verify --head HEAD" in text
    assert "skipped: github:acme/app" in text and "it is archived" in text and f"leaked: {leaked}" in text
    assert max(map(len, text.splitlines())) <= 200
    rows = list(csv.DictReader(io.StringIO(world.must("report", "--format", "csv").out)))
    assert {row["what"] for row in rows} == {"user", "key", "target", "skip", "leak", "federation", "history"}
    assert [row["detail"] for row in rows if row["what"] == "skip"] == ["it is archived"]
    markdown = world.must("report", "--format", "markdown").out.splitlines()
    assert markdown[0].startswith("# Access keys") and len({line.count("|") for line in markdown[2:]}) == 1


def test_max_age_is_pass_or_fail(world):
    world.must("rotate", "--wait")
    assert report(world, "--max-age", "36500d")["passes"] is True
    failed = report(world, "--max-age", "1s", status=1)
    assert failed["passes"] is False and "cicd-bot: AKIA" in failed["failures"][0] and "allowed: 1s" in failed["failures"][0]
    assert "FAILED" in world.must("report", "--max-age", "1s", status=1).out
    # Without the option it informs, and does not judge.
    assert report(world)["passes"] is True
    for options, word in ((["--max-age", "soon"], "--max-age must be"), (["--since", "x"], "--since must be"),
                          (["--json", "--format", "csv"], "cannot go together")):
        assert word in world.must("report", *options, status=64).err


def test_keys_that_are_not_rotated(world):
    """With --online IAM is asked for all users of the account; what keyturn rotates is left out."""
    world.must("rotate", "--wait")
    (key,) = world.sandbox.add_user("legacy", 1)
    # keyturn's own key is one that it does not rotate, too, unless it is ordered to.
    found = [line for line in report(world, "--online")["unmanaged"] if line["user"] != "keyturn-admin"]
    assert [(line["user"], line["key"], line["status"]) for line in found] == [
        ("legacy", key, "Active")]
    assert "legacy" in world.must("report", "--online").out
    assert report(world, "--online", "--max-age", "36500d")["passes"] is True


def test_a_changed_history_fails(world):
    world.must("rotate", "--wait")
    tamper(world, "UPDATE line SET content = CAST(replace(CAST(content AS TEXT), 'cicd-bot', 'cicd-bat') AS BLOB) WHERE number = 2")
    document = report(world, "--max-age", "36500d", status=1)
    assert document["history"]["ok"] is False and any("history verify" in failure for failure in document["failures"])
    assert json.dumps(document).count("cicd-bat") == 0 or document["users"]


def test_a_user_that_left_is_reported(world):
    """Its key is still there, and no one rotates it."""
    world.must("rotate", "--wait")
    world.configuration["users"] = {"other": {"targets": [{"pusher": "travis", "repository": "acme/other"}]}}
    world.save()
    users = {user["user"]: user["configured"] for user in report(world)["users"]}
    assert users == {"cicd-bot": False, "other": True}
    assert "cicd-bot (left)" in world.must("report").out
