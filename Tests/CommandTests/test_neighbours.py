"""Places next to a target that hold the user's key and that no target names: a rotation does not begin with them."""

import pytest
import requests


def gitlab(world, method, path, **body):
    reply = requests.request(
        method, f"{world.sandbox.gitlab}/api/v4{path}", json=body, timeout=10,
        headers={"PRIVATE-TOKEN": world.sandbox.tokens["gitlab"]})
    assert reply.ok, reply.text
    return reply


def travis(world, **body):
    reply = requests.post(
        f"{world.sandbox.travis}/repo/acme%2Fapp/env_vars", json=body, timeout=10,
        headers={"Authorization": f"token {world.sandbox.tokens['travis']}", "Travis-API-Version": "3", "User-Agent": "x"})
    assert reply.ok, reply.text


def held_key(world):
    (key,) = world.sandbox.keys()
    return key


def plant(world, where):
    """Puts the user's key next to a target; gives the place as it is shown."""
    key = held_key(world)
    if where == "scope":
        gitlab(world, "POST", "/projects/acme%2Ftools%2Fapp/variables", key="AWS_ACCESS_KEY_ID", value=key, environment_scope="staging")
        return "gitlab:acme/tools/app (scope staging), variable AWS_ACCESS_KEY_ID"
    if where == "group":
        gitlab(world, "POST", "/groups/acme/variables", key="AWS_ACCESS_KEY_ID", value=key)
        return "gitlab:group acme, variable AWS_ACCESS_KEY_ID"
    if where == "file":
        file = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = x\n"
        gitlab(world, "POST", "/projects/acme%2Ftools%2Fapp/variables", key="CREDENTIALS", value=file, variable_type="file")
        return "gitlab:acme/tools/app, variable CREDENTIALS"
    travis(world, **{"env_var.name": "AWS_ACCESS_KEY_ID", "env_var.value": key, "env_var.public": True, "env_var.branch": "main"})
    return "travis:acme/app (branch main), variable AWS_ACCESS_KEY_ID"


@pytest.mark.parametrize("where", ["scope", *(pytest.param(where, marks=pytest.mark.later) for where in ("group", "file", "branch"))])
def test_a_rotation_does_not_begin_with_a_neighbour(world, where):
    """Nothing is made; the place is named, and what to do. Acknowledged, it goes on."""
    place = plant(world, where)
    before = world.sandbox.keys()
    found = world.must("check", "--online", "--json").json["checks"]
    assert any(place in (entry["warning"] or "") for entry in found), found
    world.run("rotate")
    problem = world.status()["problem"]
    assert place in problem and "acknowledged" in problem, problem
    assert world.sandbox.keys() == before
    world.configuration["acknowledged"] = [{"place": place, "reason": "a test of the audit team's"}]
    world.save()
    world.must("rotate", "--wait")
    assert world.sandbox.keys() != before


def test_a_neighbour_that_a_target_names_is_no_stranger(world):
    plant(world, "scope")
    world.configuration["users"]["cicd-bot"]["targets"].append(
        {"pusher": "gitlab", "project": "acme/tools/app", "environment-scope": "staging"})
    world.save()
    world.must("rotate", "--wait")


def test_a_neighbour_with_another_key_is_no_stranger(world):
    other = world.sandbox.add_user("other", 1)[0]
    gitlab(world, "POST", "/projects/acme%2Ftools%2Fapp/variables", key="AWS_ACCESS_KEY_ID", value=other, environment_scope="staging")
    world.must("rotate", "--wait")


def test_a_change_of_shape_does_not_leave_the_pair_behind(world):
    """The pair next to the file would be preferred by AWS's tools, with a dead key."""
    targets = world.configuration["users"]["cicd-bot"]["targets"]
    targets[1] = {"pusher": "gitlab", "project": "acme/tools/app", "shape": "credentials-file"}
    world.save()
    before = world.sandbox.keys()
    world.run("rotate")
    assert "gitlab:acme/tools/app, variable AWS_ACCESS_KEY_ID holds this user's key" in world.status()["problem"]
    assert world.sandbox.keys() == before
    targets.append({"pusher": "gitlab", "project": "acme/tools/app"})
    world.save()
    world.must("rotate", "--wait")


def test_a_leaked_key_does_not_wait_for_neighbours(world):
    plant(world, "scope")
    key = held_key(world)
    world.must("revoke", "--user", "cicd-bot")
    assert key not in world.sandbox.keys()


@pytest.mark.parametrize("entry", [{"place": "x"}, {"reason": "x"}, {"place": "x", "reason": ""}, "x"])
def test_an_acknowledgement_has_a_place_and_a_reason(world, entry):
    world.configuration["acknowledged"] = [entry]
    world.save()
    assert "acknowledged" in world.must("check", status=78).err
