"""What services answer now and then, against the built program: lists that lag, clocks that differ, maintenance, licences."""

import time

import pytest

HOLDERS = ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]


def only(world, *targets):
    world.configuration["users"]["cicd-bot"]["targets"] = list(targets)
    world.save()
    return world


@pytest.mark.parametrize("lead", [0, 3600, -3600])
def test_a_list_that_lags_is_no_reason_to_push_again(world, lead):
    """GitHub's list lags ten seconds, and its clock is off: one push, acknowledged."""
    only(world, {"pusher": "github", "repository": "acme/app"})
    world.sandbox.mood(github_lag=10, github_lead=lead)
    world.sandbox.clear_requests()
    world.must("rotate")
    (delivery,) = world.deliveries().values()
    assert (delivery["state"], delivery["evidence"], delivery["attempts"]) == ("confirmed", "acknowledged", 1)
    assert len(world.sandbox.writes()) == 2


@pytest.mark.parametrize("lead", [3600, -3600])
def test_a_clock_of_githubs_plays_no_part(world, lead):
    only(world, {"pusher": "github", "repository": "acme/app"})
    world.sandbox.mood(github_lead=lead)
    world.must("rotate")
    (delivery,) = world.deliveries().values()
    assert (delivery["state"], delivery["evidence"], delivery["attempts"]) == ("confirmed", "timestamp", 1)


def test_maintenance_of_gitlab_is_waited_out(world):
    """No one is asked to make a token; the rotation goes on when it is over."""
    world.sandbox.mood(gitlab_read_only=True)
    world.must("rotate", status=75)
    delivery = world.deliveries()["gitlab:acme/tools/app"]
    assert "read-only at the moment" in delivery["detail"] and "token" not in delivery["detail"]
    world.sandbox.mood(gitlab_read_only=False)
    world.step_until_idle()
    world.assert_holds_only(HOLDERS)


def test_a_moved_project_is_named_by_its_new_path(world):
    only(world, {"pusher": "gitlab", "project": "acme/old"})
    world.sandbox.mood(gitlab_moved={"acme/old": "acme/tools/app"})
    result = world.run("check", "--online")
    assert "the project has moved: set project: acme/tools/app in the target" in result.out
    world.configuration["users"]["cicd-bot"]["preflight"] = False
    world.save()
    world.run("rotate")
    assert "set project: acme/tools/app" in world.deliveries()["gitlab:acme/old"]["detail"]


def test_a_gitlab_without_scopes_for_groups_never_shows_the_secret(world):
    """The variable that it makes for everybody is gone again, and held no secret."""
    only(world, {"pusher": "gitlab", "group": "acme", "environment-scope": "production"})
    world.sandbox.mood(gitlab_group_scopes=False)
    world.run("rotate")
    (delivery,) = world.deliveries().values()
    assert "a matter of its licence" in delivery["detail"] and delivery["state"] != "confirmed"
    assert world.sandbox.state()["targets"]["gitlab:acme"] == {
        "AWS_ACCESS_KEY_ID": "absent", "AWS_SECRET_ACCESS_KEY": "absent"}


def test_tokens_that_expire_soon_are_said(world):
    soon = time.gmtime(time.time() + 3 * 86400)
    world.sandbox.mood(
        github_token_end=time.strftime("%Y-%m-%d %H:%M:%S UTC", soon), gitlab_token_end=time.strftime("%Y-%m-%d", soon))
    out = world.must("check", "--online").out
    assert out.count("the token expires in") == 2
    world.sandbox.mood(gitlab_scopes=["read_api"])
    assert "the token has scope read_api, which is not enough" in world.must("check", "--online", status=77).out


def test_one_value_at_every_system(world):
    """A job restores the pair with one line; every system holds the new one, and a rotation completes."""
    only(
        world, *({"pusher": pusher, **place, "shape": "credentials-file"} for pusher, place in (
            ("travis", {"repository": "acme/app"}), ("gitlab", {"project": "acme/app"}), ("github", {"repository": "acme/app"}),
            ("github", {"repository": "acme/app", "environment": "prod"}), ("github", {"organization": "acme"}),
            ("github", {"repository": "acme/app", "kind": "dependabot"}))))
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    held = world.sandbox.state()["targets"]
    assert held["travis:acme/app"]["AWS_CREDENTIALS_FILE_BASE64"] == key
    assert held["gitlab:acme/app"]["AWS_SHARED_CREDENTIALS_FILE"] == key
    for place in ("acme/app", "acme/app@prod", "acme", "acme/app#dependabot"):
        assert held[f"github:{place}"]["AWS_CREDENTIALS_FILE"] == key


def test_names_that_github_keeps_for_itself_are_refused_offline(world):
    only(world, {"pusher": "github", "repository": "acme/app", "access-key-id": "GITHUB_KEY_ID"})
    result = world.must("check", status=78)
    assert "must not begin with GITHUB_" in result.out + result.err

