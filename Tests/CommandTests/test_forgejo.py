"""Forgejo and Gitea: secrets and variables of repositories, organizations and users, held against their description."""

import configparser

import pytest

import forgejo
import leaks
import vendor


@pytest.fixture(params=[False, True], ids=["forgejo", "gitea"])
def service(request):
    service = forgejo.Forgejo(gitea=request.param)
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def world(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "forgejo", "repository": "acme/app", "key-id-as": "variable"},
        {"pusher": "forgejo", "repository": "acme/other"}, {"pusher": "forgejo", "organization": "acme", "key-id-as": "variable"},
        {"pusher": "forgejo", "user": True, "shape": "credentials-file"}]}})
    world.environment["FORGEJO_TOKEN"] = forgejo.TOKEN
    world.configuration["pushers"]["forgejo"] = {
        "plugin": "forgejo", "token": {"env": "FORGEJO_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def only(world, **target):
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "forgejo", **target}]
    world.save()


def pair(place, id_kind):
    return place[id_kind]["AWS_ACCESS_KEY_ID"]["value"], place["secrets"]["AWS_SECRET_ACCESS_KEY"]["value"]


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    places = service.places
    file = configparser.ConfigParser()
    file.read_string(places["user"]["secrets"]["AWS_CREDENTIALS_FILE"]["value"])
    pairs = [
        pair(places["repos/acme/app"], "variables"), pair(places["repos/acme/other"], "secrets"),
        pair(places["orgs/acme"], "variables"),
        (file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"])]
    for id, secret in pairs:
        assert id == key
        vendor.assert_is_a_pair(world, id, secret)


def test_two_rotations(world, service):
    """Where the key ID is a variable it is read back; nothing of a secret can be read."""
    for _ in range(2):
        world.must("rotate", "--wait")
        assert_holds_the_current_key(world, service)
    evidence = {name: delivery["evidence"] for name, delivery in world.deliveries().items()}
    assert evidence == {
        "forgejo:acme/app": "read-back", "forgejo:acme/other": "acknowledged", "forgejo:acme": "read-back",
        "forgejo:user#AWS_CREDENTIALS_FILE": "acknowledged"}
    assert service.places["repos/bot/tool"] == service.empty()
    secrets = {"token": forgejo.TOKEN, "secret": pair(service.places["repos/acme/other"], "secrets")[1]}
    leaks.assert_told_nowhere(world, secrets)


def test_check_and_inspect(world, service):
    checked = world.must("check", "--online").out
    assert "AWS_ACCESS_KEY_ID will be created, as a variable" in checked and "AWS_CREDENTIALS_FILE will be created" in checked
    world.must("rotate", "--wait")
    key = world.status()["keys"][0]["id"]
    seen = world.must("status", "--online").out
    assert "forgejo:acme/app" in seen and key in seen
    service.has_actions = False
    assert "Actions are off in this repository" in world.must("check", "--online").out


def test_a_half_written_pair_is_finished(world, service):
    """Answers are lost between the two writes and after them, also that to the creation of a variable."""
    world.must("rotate", "--wait")
    service.places["orgs/acme"]["variables"].clear()
    service.lose("POST", "variables", times=1)
    service.fail("PUT", "repos/acme/app/actions/variables", 500, times=1)
    service.lose("PUT", "repos/acme/other/actions/secrets", times=2)
    service.fail("PUT", "orgs/acme/actions/secrets", 502, times=1)
    world.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(world, service)


def test_descriptions_and_others_stay(world, service):
    app = service.places["repos/acme/app"]
    described = {"value": "theirs", "created_at": vendor.moment(), "description": "of ops" if service.gitea else ""}
    for kind, name in [("secrets", "AWS_SECRET_ACCESS_KEY"), ("variables", "AWS_ACCESS_KEY_ID"), ("secrets", "OTHER"), ("variables", "REGION")]:
        app[kind][name] = dict(described)
    world.must("rotate", "--wait")
    assert_holds_the_current_key(world, service)
    assert {item["description"] for kind in app.values() for item in kind.values()} == {described["description"]}
    assert app["secrets"]["OTHER"] == described and app["variables"]["REGION"] == described


def test_a_secret_of_the_variables_name_is_not_left_with_a_dead_key(world, service):
    app = service.places["repos/acme/app"]
    app["secrets"]["AWS_ACCESS_KEY_ID"] = {"value": "AKIAOLD", "created_at": vendor.moment(), "description": ""}
    assert "a secret of that name is there as well" in world.must("check", "--online").out
    world.must("rotate", "--wait")
    assert app["secrets"]["AWS_ACCESS_KEY_ID"]["value"] == world.status()["keys"][0]["id"]


def test_an_older_one_without_a_list_of_a_users_secrets(world, service):
    service.lists_users = False
    assert "does not list a user's secrets" in world.must("check", "--online").out
    world.must("rotate", "--wait")
    assert_holds_the_current_key(world, service)


def test_a_key_next_to_the_target_is_named(world, service):
    """Also where the list leaves values out, and at the owner."""
    only(world, repository="acme/app")
    world.must("rotate", "--wait")
    key = world.status()["keys"][0]["id"]
    variable = {"value": key, "created_at": vendor.moment(), "description": ""}
    service.places["repos/acme/app"]["variables"]["SPARE"] = dict(variable)
    service.places["orgs/acme"]["variables"]["AWS_ACCESS_KEY_ID"] = dict(variable)
    assert "forgejo:acme/app, variable SPARE holds this user's key" in world.must("check", "--online").out
    del service.places["repos/acme/app"]["variables"]["SPARE"]
    assert "forgejo:organization acme, variable AWS_ACCESS_KEY_ID holds this user's key" in world.must("check", "--online").out


def test_a_renamed_repository(world, service):
    service.moved["repos/acme/old"] = "repos/acme/app"
    service.places["repos/acme/old"] = service.empty()
    only(world, repository="acme/old")
    result = world.run("check", "--online")
    assert result.status != 0 and "it was renamed or moved" in result.out
    # The description has no redirects.
    assert all("307 is not declared" in wrong for wrong in service.wrong)
    service.wrong.clear()


@pytest.mark.parametrize("change, words", [
    ({"scopes": set()}, "make a new one with write:repository"), ({"owner": False}, "has to own the repository")])
def test_a_token_that_may_not_write(world, service, change, words):
    only(world, repository="acme/app")
    for name, value in change.items():
        setattr(service, name, value)
    world.configuration["users"]["cicd-bot"]["preflight"] = False
    world.save()
    world.run("rotate")
    (delivery,) = world.deliveries().values()
    assert delivery["state"] != "confirmed" and words in delivery["detail"]


@pytest.mark.parametrize("target, words", [
    ({"repository": "acme/none"}, "check repository or organization"), ({"organization": "none"}, "check repository or organization"),
    ({"repository": "acme"}, "repository"), ({"organization": "acme", "user": True}, "user"),
    ({"repository": "acme/app", "access-key-id": "GITEA_KEY"}, "the service's own"),
    ({"repository": "acme/app", "shape": "credentials-file", "access-key-id": "X"}, "no effect"),
])
def test_a_target_that_cannot_be(world, service, target, words):
    only(world, **target)
    result = world.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
    assert {request[0] for request in service.requests} <= {"GET"}


def test_an_endpoint_is_needed(world, service):
    """A token does not go to someone else's server because the field was forgotten."""
    del world.configuration["pushers"]["forgejo"]["endpoint"]
    world.save()
    result = world.run("check")
    assert result.status == 78 and "endpoint" in result.out + result.err
