"""GitLab targets of every kind, against the sandbox."""

import json

import pytest

FILE = "AWS_SHARED_CREDENTIALS_FILE"
NAME = f"gitlab:acme/tools/app#{FILE}"
PATH = "/api/v4/projects/acme%2Ftools%2Fapp/variables"


def of_gitlab(make, *targets):
    """A world with these GitLab targets, which are not asked before a rotation: every request is a push's."""
    world = make(users={"cicd-bot": {"targets": [{"pusher": "gitlab", **target} for target in targets]}})
    world.configuration["defaults"]["preflight"] = False
    world.save()
    return world


def ask(sandbox, method, path, **body):
    """What a maintainer does."""
    reply = sandbox.session.request(
        method, sandbox.gitlab + path, headers={"PRIVATE-TOKEN": sandbox.tokens["gitlab"]}, json=body or None, timeout=10)
    assert reply.ok, reply.text
    return reply.json()


def lines(world):
    return [(entry["method"], entry["path"].removeprefix(PATH)) for entry in world.sandbox.requests("gitlab")]


def test_one_file_variable(make):
    """One write, read back, that keeps other profiles; a later rotation changes the same variable; IAM, target and status agree."""
    world = of_gitlab(make, {"project": "acme/tools/app", "shape": "credentials-file"})
    world.must("rotate", "--wait")
    (first,) = world.sandbox.keys()
    made = ask(world.sandbox, "GET", f"{PATH}/{FILE}")
    assert (made["variable_type"], made["masked"], made["raw"]) == ("file", False, True)
    assert made["value"].startswith(f"[default]\naws_access_key_id = {first}\naws_secret_access_key = ")
    assert world.sandbox.state()["targets"]["gitlab:acme/tools/app"][FILE] == first
    world.sandbox.clear_requests()
    world.must("rotate", "--wait")
    # Read for what else it holds, and written once; then a look before the old key is deactivated, and one before it is deleted.
    assert [method for method, _ in lines(world)] == ["GET", "PUT", "GET", "GET"]
    (second,) = world.sandbox.keys()
    assert second != first
    assert world.sandbox.state()["targets"]["gitlab:acme/tools/app"][FILE] == second
    (delivery,) = world.deliveries().values()
    assert (delivery["target"], delivery["evidence"]) == (NAME, "read-back")
    assert f"holds {second} (current)" in world.must("check", "--online").out


@pytest.mark.parametrize("fault", [{"status": 502, "afterEffect": True}, {"close": True, "afterEffect": True}])
def test_one_file_variable_is_never_torn(make, fault):
    """An answer that is lost after the write leaves the two variables of a pair in doubt, and a file not."""
    world = of_gitlab(make, {"project": "acme/tools/app", "shape": "credentials-file"}, {"project": "acme/app"})
    world.sandbox.fault("gitlab", path="/variables", times=0, **fault)
    world.must("rotate", status=75)
    found = {name: line["may-be-torn"] for name, line in world.deliveries().items()}
    assert found == {NAME: False, "gitlab:acme/app": True}
    assert world.must("status").out.count("may be torn") == 1


def test_a_pair_and_a_file_side_by_side(make):
    """While jobs move from one shape to the other, both hold the same key, and check says which one the jobs see."""
    world = of_gitlab(make, {"project": "acme/tools/app"}, {"project": "acme/tools/app", "shape": "credentials-file"})
    world.must("rotate", "--wait")
    key = world.assert_holds_only(["gitlab:acme/tools/app"])
    assert world.sandbox.state()["targets"]["gitlab:acme/tools/app"][FILE] == key
    assert "AWS_ACCESS_KEY_ID is there as well, and AWS's tools prefer it" in world.must("check", "--online").out


def test_a_variable_of_another_type_becomes_a_file(make):
    world = of_gitlab(make, {"project": "acme/tools/app", "shape": "credentials-file"})
    ask(world.sandbox, "POST", PATH, key=FILE, value="old-and-masked", masked=True)
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    assert ask(world.sandbox, "GET", f"{PATH}/{FILE}")["variable_type"] == "file"
    assert world.sandbox.state()["targets"]["gitlab:acme/tools/app"][FILE] == key


def test_the_sandbox_tells_a_file_that_is_not_of_one_key(world):
    """The checks above are some: a file with a key ID and another secret is not a key."""
    (key,) = world.sandbox.keys()
    text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = other\n"
    ask(world.sandbox, "POST", PATH, key=FILE, value=text, variable_type="file")
    assert world.sandbox.state()["targets"]["gitlab:acme/tools/app"][FILE] == "differs"


def test_a_file_cannot_be_masked(make):
    """One sentence, before a key is made."""
    world = of_gitlab(make, {"project": "acme/tools/app", "shape": "credentials-file", "masked": True})
    del world.configuration["defaults"]["preflight"]
    world.save()
    (old,) = world.sandbox.keys()
    result = world.must("check", "--online", status=1)
    assert "masked: true cannot be combined with shape: credentials-file" in result.out + result.err
    world.run("rotate")
    assert world.sandbox.keys() == {old: "Active"}


PLACES = [
    ({"project": 501}, "acme/tools/app"), ({"project": "acme/app", "environment-scope": "review/*"}, "acme/app@review/*"),
    ({"group": "acme"}, "acme"), ({"instance": True}, "instance"),
]


@pytest.mark.parametrize("shape", ["pair", "credentials-file"])
def test_every_kind_of_place(make, shape):
    """Made by the first rotation, changed by the second, read back by both."""
    world = of_gitlab(make, *({**place, "shape": shape} for place, _ in PLACES))
    for _ in range(2):
        world.must("rotate", "--wait")
        assert {line["evidence"] for line in world.deliveries().values()} == {"read-back"}
        (key,) = world.sandbox.keys()
        for _, room in PLACES:
            held = world.sandbox.state()["targets"][f"gitlab:{room}"]
            assert held.get(FILE) == key or (held["AWS_ACCESS_KEY_ID"], held["AWS_SECRET_ACCESS_KEY"]) == (key, "matches")
        assert world.must("check", "--online").out.count(f"holds {key} (current)") == len(PLACES)


def test_a_push_of_a_pair_takes_two_requests(make):
    world = of_gitlab(make, {"project": "acme/tools/app"})
    world.must("rotate")
    assert lines(world) == [("PUT", "/AWS_SECRET_ACCESS_KEY"), ("PUT", "/AWS_ACCESS_KEY_ID")]


def test_no_other_scope_of_a_group_is_hit(make):
    """The sandbox, like GitLab, has a PUT whose filter matches nothing change another scope; keyturn makes none."""
    world = of_gitlab(make, {"group": "acme", "environment-scope": "production"})
    group = "/api/v4/groups/acme/variables"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "OTHER"):
        ask(world.sandbox, "POST", group, key=name, value="of staging", environment_scope="staging")
    stray = ask(
        world.sandbox, "PUT", f"{group}/OTHER?filter%5Benvironment_scope%5D=production", value="of production")
    assert stray["environment_scope"] == "staging"
    world.must("rotate", "--wait")
    held = {(one["key"], one["environment_scope"]): one["value"] for one in ask(world.sandbox, "GET", group)}
    assert held["AWS_ACCESS_KEY_ID", "staging"] == held["AWS_SECRET_ACCESS_KEY", "staging"] == "of staging"
    world.assert_holds_only(["gitlab:acme@production"])
    (key,) = world.sandbox.keys()
    assert held["AWS_ACCESS_KEY_ID", "production"] == key
    world.must("rotate", "--wait")
    world.assert_holds_only(["gitlab:acme@production"])
    assert len(ask(world.sandbox, "GET", group)) == 5


def test_a_write_that_lands_in_another_scope_is_no_delivery(make):
    """What keyturn read is out of date, so that its PUT hits another scope: reported, not confirmed, and fixed later."""
    world = of_gitlab(make, {"group": "acme", "environment-scope": "production"})
    group = "/api/v4/groups/acme/variables"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        ask(world.sandbox, "POST", group, key=name, value="of staging", environment_scope="staging")
    (old,) = world.sandbox.keys()
    listed = [{"key": "AWS_SECRET_ACCESS_KEY", "environment_scope": "production"}]
    world.sandbox.fault(
        "gitlab", method="GET", path="/groups/acme/variables$", status=200, body=json.dumps(listed),
        headers={"content-type": "application/json"})
    world.must("rotate")
    (failure,) = [line for line in world.history() if line["event"] == "not-delivered"]
    assert "conflict" in failure["detail"] and "wrote the variable of scope staging" in failure["detail"]
    # What may be half a pair is tried again a second later, with what GitLab lists then.
    assert world.sandbox.keys()[old] == "Active"
    world.step_until_idle()
    world.assert_holds_only(["gitlab:acme@production"])


def test_hidden_variables_are_made_hidden(make):
    """Nothing can be read back, which is reported as that."""
    world = of_gitlab(make, {"project": "acme/app", "hidden": True})
    world.must("rotate", "--wait")
    world.must("rotate", "--wait")
    world.assert_holds_only(["gitlab:acme/app"])
    (delivery,) = world.deliveries().values()
    assert delivery["evidence"] == "acknowledged"
    for command in (["status", "--online"], ["check", "--online"]):
        out = world.must(*command).out
        assert "the key that it holds cannot be read back" in out and "holds not" not in out, out


REFUSALS = [
    ({"status": 401, "body": '{"message":"401 Unauthorized"}'}, "the token is refused"),
    ({"status": 403, "body": '{"error":"insufficient_scope","error_description":"no","scope":"api"}'}, "lacks a scope"),
    ({"status": 404, "body": '{"message":"404 Project Not Found"}'}, "check its path"),
    ({"status": 301, "headers": {"location": "/api/v4/projects/9/variables"}}, "set project: 9"),
]


@pytest.mark.parametrize(("fault", "words"), [REFUSALS[0], *(pytest.param(*refusal, marks=pytest.mark.later) for refusal in REFUSALS[1:])])
def test_no_rotation_begins_while_check_fails_for_good(make, fault, words):
    """No key is made, nothing is written, and the operator reads what to fix; then it goes on."""
    world = make(users={"cicd-bot": {"targets": [{"pusher": "gitlab", "project": "acme/tools/app"}]}})
    (old,) = world.sandbox.keys()
    world.sandbox.fault("gitlab", times=0, **{"headers": {"content-type": "application/json"}, **fault})
    result = world.run("rotate")
    assert result.status != 0, result
    assert world.sandbox.keys() == {old: "Active"} and world.sandbox.writes() == []
    assert words in world.status()["problem"]
    world.sandbox.clear_faults()
    world.must("rotate", "--wait")
    world.assert_holds_only(["gitlab:acme/tools/app"])
