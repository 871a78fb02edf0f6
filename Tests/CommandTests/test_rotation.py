"""A whole rotation, from an empty directory to its end."""

import json
import re

import yaml

import program
import shapes
from world import mode, three_targets, waited_for


def test_init_then_check_then_rotate(bare, start):
    """What `init` writes is filled in, checked, and rotates."""
    sandbox = start()
    bare.environment.update(
        sandbox.credentials, TRAVIS_TOKEN=sandbox.tokens["travis"], GITLAB_TOKEN=sandbox.tokens["gitlab"],
        GITHUB_TOKEN=sandbox.tokens["github"])
    bare.must("init", "--user", "cicd-bot", "--endpoint-url", sandbox.aws)
    assert sorted(path.name for path in bare.directory.iterdir()) == ["keyturn-policy.json", "keyturn.yaml", "seal.key"]
    assert mode(bare.directory / "seal.key") == 0o600
    written = yaml.safe_load((bare.directory / "keyturn.yaml").read_text())
    assert bare.run("check").status == 78, "a user without targets is not fine yet"

    written["pushers"] = {
        name: {"plugin": plugin, "token": {"env": f"{name.upper()}_TOKEN"}, "endpoint": sandbox.line[name]}
        for name, plugin in (("travis", "travis-ci"), ("gitlab", "gitlab-ci"), ("github", "github-actions"))}
    written["users"]["cicd-bot"]["targets"] = three_targets()
    written["defaults"] = {"rotate-every": "24h", "overlap": "1s", "soak": "1s"}
    (bare.directory / "keyturn.yaml").write_text(yaml.safe_dump(written))
    bare.must("check")
    assert sandbox.requests() == [], "check without --online makes no requests"
    checked = bare.must("check", "--online", "--json").json["checks"]
    assert all(line["ok"] for line in checked) and len(checked) == 10
    assert sandbox.writes() == []
    bare.must("rotate", "--wait")
    assert list(sandbox.keys().values()) == ["Active"]


def test_the_template_of_init_is_a_configuration(bare):
    """Without users it can be checked as it is; nothing is overwritten by a second init."""
    bare.must("init")
    bare.must("check")
    before = {path: path.read_bytes() for path in bare.directory.iterdir()}
    again = bare.must("init", status=1)
    assert "exist already" in again.err
    assert {path: path.read_bytes() for path in bare.directory.iterdir()} == before


def test_rotate_and_wait(world):
    """The old key is gone, the new one is everywhere, and status and history show it in the documented form."""
    (old,) = world.sandbox.keys()
    world.must("rotate", "--wait")
    new = world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    assert new != old

    document = world.must("status", "--json").json
    shapes.check_status(document)
    (user,) = document["users"]
    assert (user["user"], user["phase"], user["rotation"], user["problem"]) == ("cicd-bot", "idle", 1, None)
    assert [(key["id"], key["role"], key["status"]) for key in user["keys"]] == [(new, "current", "Active")]
    assert user["next"]["action"] == "rotate"
    assert [(line["target"], line["state"], line["attempts"]) for line in user["deliveries"]] == [
        ("github:acme/app", "confirmed", 1), ("gitlab:acme/tools/app", "confirmed", 1), ("travis:acme/app", "confirmed", 1)]
    # GitHub's times have whole seconds: a secret written twice within one shows nothing newer.
    evidence = [line["evidence"] for line in user["deliveries"]]
    assert evidence[0] in ("timestamp", "acknowledged") and evidence[1:] == ["read-back", "read-back"]

    history = world.must("history", "--json").json
    shapes.check_history(history)
    events = [line["event"] for line in history["history"]]
    order = ["creating", "created", "verified", "delivering", "all-delivered", "deactivating", "deactivated", "deleting",
             "deleted", "completed"]
    assert [event for event in events if event in order] == order
    assert events.count("delivered") == 3
    assert world.must("history", "--limit", 2, "--json").json["history"] == history["history"][-2:]
    assert world.must("step").out == "Nothing is due.\n"


def test_status_in_every_phase(world):
    """Roles and phases between the ends of a rotation."""
    world.configuration["defaults"].update(overlap="2s", soak="2s")
    world.save()
    before = world.status()
    assert (before["phase"], before["rotation"], before["keys"]) == ("idle", 0, [])
    assert before["next"]["action"] == "observe"
    (old,) = world.sandbox.keys()
    seen = []
    world.must("rotate")
    while len(seen) < 20:
        status = world.status()
        shapes.check_status({"users": [status]})
        seen.append(status["phase"])
        roles = {key["role"]: (key["id"], key["status"]) for key in status["keys"]}
        if status["phase"] == "idle":
            break
        if status["phase"] == "overlap":
            assert roles["previous"] == (old, "Active") and status["next"]["action"] == "deactivate"
        if status["phase"] == "soak":
            assert roles["previous"] == (old, "Inactive") and status["next"]["action"] == "delete"
            assert world.sandbox.keys()[old] == "Inactive"
        assert roles["current"][1] == "Active"
        waited_for(lambda: world.is_due("cicd-bot"), every=0.2)
        world.must("step")
    assert seen == ["overlap", "soak", "idle"]


def test_plan_and_policy_and_plugins(world):
    """The commands that only show: plan, policy, plugin list and plugin info."""
    (line,) = world.must("plan", "--offline", "--json").json["plan"]
    assert line["user"] == "cicd-bot" and line["is-due"] is True and shapes.is_moment(line["due"])
    policy = world.must("policy").json
    (statement,) = policy["Statement"]
    assert "iam:CreateAccessKey" in statement["Action"] and "iam:*" not in statement["Action"]
    assert all(re.fullmatch(r"arn:aws:iam::\*:user/(\*/)?cicd-bot", arn) for arn in statement["Resource"])
    plugins = world.must("plugin", "list", "--json").json["plugins"]
    assert [plugin["id"] for plugin in plugins] == program.own_pushers()
    for plugin in plugins:
        assert plugin["problem"] is None
        info = world.must("plugin", "info", plugin["id"], "--json").json
        assert info["id"] == plugin["id"] and info["abi"] == {"min": 1, "max": 1}
        assert plugin["id"] in world.must("plugin", "info", plugin["id"]).out
    world.assert_untouched()


def test_a_user_without_a_key_gets_its_first_one(make):
    """No old key: the new one is made, delivered, and that is all."""
    world = make(users={"newcomer": {"targets": [{"pusher": "travis", "repository": "acme/app"}]}})
    world.sandbox.add_user("newcomer", 0)
    world.must("step")
    world.assert_holds_only(["travis:acme/app"], user="newcomer")
    assert world.status("newcomer")["phase"] == "idle"


def test_two_unknown_keys_are_left_alone(make):
    """keyturn says what it sees, and touches neither."""
    world = make(users={"twice": {"targets": [{"pusher": "travis", "repository": "acme/app"}]}})
    keys = world.sandbox.add_user("twice", 2)
    result = world.must("rotate", status=1)
    assert world.sandbox.keys("twice") == dict.fromkeys(keys, "Active")
    assert all(key in result.out + result.err for key in keys)
    assert world.sandbox.writes() == []


def test_demo(bare, tmp_path):
    """A rotation for which nothing is needed: keys before and after, three deliveries, nothing left behind."""
    text, document = (bare.start("demo", *options) for options in ([], ["--json"]))
    text, document = bare.finish(text), bare.finish(document).json
    assert [result.status for result in bare.results] == [0, 0]
    for words in ("Keys before", "Keys after", "Deliveries", "github:acme/app", "gitlab:acme/tools/app", "travis:acme/app"):
        assert words in text.out
    assert document["is-complete"] is True
    assert len(document["before"]) == 1 and len(document["after"]) == 1
    assert document["before"][0]["id"] != document["after"][0]["id"]
    assert [line["state"] for line in document["deliveries"]] == ["confirmed"] * 3
    assert list(bare.directory.iterdir()) == [] and [path.name for path in tmp_path.iterdir()] == ["bare"]
    assert "secretAccessKey" not in json.dumps(document)
