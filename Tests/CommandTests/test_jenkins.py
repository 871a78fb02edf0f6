"""Jenkins: credentials of its own and of folders, held against a description of its plugin Credentials."""

import copy

import pytest

import jenkins
import leaks
import program
import vendor

FOLDER = ("team", "our app")


@pytest.fixture
def service():
    service = jenkins.Jenkins()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def world(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "jenkins", "credential": "aws-deploy"},
        {"pusher": "jenkins", "credential": "aws-deploy", "folder": "team/our app", "domain": "prod"}]}})
    world.environment["JENKINS_TOKEN"] = jenkins.TOKEN
    world.configuration["pushers"]["jenkins"] = {
        "plugin": "jenkins", "user": jenkins.USER, "token": {"env": "JENKINS_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def only(world, **target):
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "jenkins", **target}]
    world.save()


def both(service):
    return [service.fields(), service.fields(*FOLDER, domain="prod")]


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    for fields in both(service):
        assert fields["accessKey"] == key
        vendor.assert_is_a_pair(world, key, fields["secretKey"])


def test_two_rotations(world, service):
    """One request writes both values of a credential, and the key ID is read back."""
    before = copy.deepcopy(service.stores)
    for _ in range(2):
        service.requests.clear()
        world.must("rotate", "--wait")
        assert_holds_the_current_key(world, service)
        assert {delivery["evidence"] for delivery in world.deliveries().values()} == {"read-back"}
        assert len([request for request in service.requests if request[0] == "POST"]) == 2
    assert world.deliveries().keys() == {"jenkins:aws-deploy", "jenkins:aws-deploy@team/our app@prod"}
    # Everything but the pair is as it was, line ends and letters of a description included.
    for fields in (service.stores, before):
        for store, domain in (((), "_"), (FOLDER, "prod")):
            fields[store][domain]["aws-deploy"][1].update(accessKey="", secretKey="", order=None)
    secrets = {"token": jenkins.TOKEN}
    assert service.stores == before
    leaks.assert_told_nowhere(world, secrets)


def test_the_secret_is_shown_nowhere(world, service):
    world.must("rotate", "--wait")
    secrets = {"token": jenkins.TOKEN, "secret": service.fields()["secretKey"]}
    leaks.assert_told_nowhere(world, secrets)


def test_a_yes_that_stored_nothing_is_no_confirmation(world, service):
    """Jenkins answers 200 whatever its store did."""
    service.ignores = 2
    world.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(world, service)
    assert max(delivery["attempts"] for delivery in world.deliveries().values()) > 1


def test_a_username_with_password(world, service):
    service.stores[()]["_"]["login"] = service.password("login")
    only(world, credential="login")
    world.must("rotate", "--wait")
    fields = service.fields(id="login")
    assert fields["username"] == world.status()["keys"][0]["id"] and fields["usernameSecret"] == "false"
    vendor.assert_is_a_pair(world, fields["username"], fields["password"])


def test_check_and_inspect(world, service):
    checked = world.must("check", "--online").out
    assert "user keyturn can read it" in checked and "it holds AKIAOLDOLDOLDOLDOLD1" in checked
    world.must("rotate", "--wait")
    key = world.status()["keys"][0]["id"]
    seen = world.must("status", "--online").out
    assert "jenkins:aws-deploy@team/our app@prod" in seen and key in seen


def test_lost_answers(world, service):
    world.must("rotate", "--wait")
    service.lose("POST", "^/credentials", times=1)
    service.fail("POST", "^/job", 500, times=1)
    service.fail("GET", "^/job.*config.xml", 503, times=1)
    world.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(world, service)


@pytest.mark.parametrize("credential, words", [
    ((jenkins.TEXT, {"scope": "GLOBAL", "id": "x", "description": "", "secret": "s"}), "does not hold a key pair"),
    (jenkins.Jenkins.aws("y"), "of another ID (y)"),
])
def test_a_credential_that_is_not_understood_stays_as_it_is(world, service, credential, words):
    """A write would lose something of it."""
    service.stores[()]["_"]["x"] = before = copy.deepcopy(credential)
    only(world, credential="x")
    result = world.run("check", "--online")
    assert result.status != 0 and words in result.out
    world.configuration["users"]["cicd-bot"]["preflight"] = False
    world.save()
    world.run("rotate")
    assert service.stores[()]["_"]["x"] == before
    assert {request[0] for request in service.requests} == {"GET"}


def test_a_field_that_is_not_known_is_kept(world, service):
    """Of a later version of the plugin. The description of the interface does not know it."""
    service.stores[()]["_"]["aws-deploy"] = service.aws("aws-deploy", futureField="a & b")
    only(world, credential="aws-deploy")
    world.must("rotate", "--wait")
    assert service.fields()["futureField"] == "a & b" and service.fields()["accessKey"] == world.status()["keys"][0]["id"]
    assert not service.contracts or all("futureField" in wrong for wrong in service.wrong)
    service.wrong.clear()


@pytest.mark.parametrize("permission, words", [
    ("may_update", "the user lacks the permission com.cloudbees.plugins.credentials.CredentialsProvider.Update"),
    ("may_view", "or the user may not see it"),
])
def test_a_user_that_may_not(world, service, permission, words):
    setattr(service, permission, False)
    only(world, credential="aws-deploy")
    world.configuration["users"]["cicd-bot"]["preflight"] = False
    world.save()
    world.run("rotate")
    (delivery,) = world.deliveries().values()
    assert delivery["state"] != "confirmed" and words in delivery["detail"]
    assert service.fields()["accessKey"] == "AKIAOLDOLDOLDOLDOLD1"


def test_a_token_that_is_refused(world, service):
    world.environment["JENKINS_TOKEN"] = "a-password"
    result = world.run("check", "--online")
    assert result.status != 0 and "user or token is refused" in result.out


def test_a_key_next_to_the_target_is_named(world, service):
    """In the folder, in those around it, and in Jenkins itself."""
    only(world, credential="aws-deploy", folder="team/our app", domain="prod")
    world.must("rotate", "--wait")
    key = world.status()["keys"][0]["id"]
    for store, id, place in [
            (FOLDER, "spare", "folder team/our app, credential spare"), (("team",), "team-key", "folder team, credential team-key"),
            ((), "aws-deploy", "Jenkins, credential aws-deploy")]:
        service.stores[store]["_"][id] = service.aws(id, key=key)
        assert f"jenkins:{place} holds this user's key" in world.must("check", "--online").out
        del service.stores[store]["_"][id]


@pytest.mark.parametrize("target, words", [
    ({"credential": "none"}, "there is no such credential"), ({"credential": "aws-deploy", "folder": "none"}, "there is no such"),
    ({"credential": "aws-deploy", "domain": "none"}, "check credential, folder and domain"),
    ({"credential": "../x"}, "credential"), ({"credential": "x", "folder": "/team"}, "folder"), ({"folder": "team"}, "credential"),
    ({"credential": "aws-deploy", "folder": "team/.."}, "cannot be . or .."),
])
def test_a_place_that_cannot_be(world, service, target, words):
    only(world, **target)
    result = world.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
    assert {request[0] for request in service.requests} <= {"GET"}


@pytest.mark.parametrize("field", ["endpoint", "user"])
def test_address_and_user_are_needed(world, field):
    del world.configuration["pushers"]["jenkins"][field]
    world.save()
    result = world.run("check")
    assert result.status == 78 and field in result.out + result.err


def test_the_first_target_of_a_new_configuration(tmp_path):
    """A credential is a place, although it names no variables."""
    bare = program.Program(tmp_path)
    assert "is not a credential of Jenkins" in bare.run("init", "--user", "bot", "--ci", "jenkins", "--place", "../x").err
    missing = bare.must("init", "--user", "bot", "--ci", "jenkins", status=64)
    assert "needs --place" in missing.err and "such as --place aws-deploy" in missing.err
    done = bare.must("init", "--user", "bot", "--ci", "jenkins", "--place", "deploy-key")
    assert "replace the example https://jenkins.example.com in keyturn.yaml" in " ".join(done.out.split())
    assert "{ pusher: jenkins, credential: deploy-key }" in (tmp_path / "keyturn.yaml").read_text()
