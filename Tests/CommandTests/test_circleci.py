"""CircleCI: projects and contexts, held against the vendor's description."""

import boto3
import pytest

import circleci
import leaks
from world import waited_for


@pytest.fixture
def service():
    service = circleci.CircleCI()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def circle(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "circleci", "project": "gh/acme/app"}, {"pusher": "circleci", "context": "deploy", "owner": "gh/acme"}]}})
    world.environment["CIRCLECI_TOKEN"] = circleci.TOKEN
    world.configuration["pushers"]["circleci"] = {
        "plugin": "circleci", "token": {"env": "CIRCLECI_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def pairs(service):
    """The key ID and the secret that each place holds."""
    places = [service.projects["gh/acme/app"], service.context("deploy")]
    return [tuple(place[name]["value"] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")) for place in places]


def assert_holds_the_current_key(circle, service):
    key = circle.status()["keys"][0]["id"]
    assert {pair[0] for pair in pairs(service)} == {key}
    for id, secret in pairs(service):
        sts = boto3.client(
            "sts", endpoint_url=circle.sandbox.aws, region_name=circle.sandbox.region, aws_access_key_id=id,
            aws_secret_access_key=secret)
        assert sts.get_caller_identity()["Arn"].endswith("/cicd-bot")


def test_two_rotations(circle, service):
    """The evidence is the end of the key ID, and the time where the ends are alike."""
    for _ in range(2):
        circle.must("rotate", "--wait")
        assert_holds_the_current_key(circle, service)
        assert {delivery["evidence"] for delivery in circle.deliveries().values()} == {"last-four"}
    assert circle.deliveries().keys() == {"circleci:gh/acme/app", "circleci:deploy@gh/acme"}
    secrets = {"token": circleci.TOKEN, "secret": pairs(service)[0][1]}
    leaks.assert_told_nowhere(circle, secrets)


def test_check_and_inspect(circle, service):
    checked = circle.must("check", "--online").out
    assert "AWS_ACCESS_KEY_ID will be created" in checked
    circle.must("rotate", "--wait")
    key = circle.status()["keys"][0]["id"]
    seen = circle.must("status", "--online").out
    assert "circleci:gh/acme/app" in seen and key in seen
    assert [request for request in service.requests if request[0] == "GET"]


def test_a_variable_that_cannot_be_written_over_is_made_again(circle, service):
    circle.must("rotate", "--wait")
    service.overwrites = False
    service.requests.clear()
    circle.must("rotate", "--wait")
    assert_holds_the_current_key(circle, service)
    deleted = [path for method, path, _ in service.requests if method == "DELETE"]
    assert len(deleted) == 2 and all("/project/gh/acme/app/envvar/AWS_" in path for path in deleted)


def test_a_half_written_pair_is_finished(circle, service):
    """The second write of each place fails a few times: the same pair is written again, at once."""
    service.fail("PUT", "AWS_ACCESS_KEY_ID", 500, times=2)
    service.fail("DELETE", "envvar", 500, times=1)
    circle.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(circle, service)


def test_a_context_that_was_written_by_others_is_seen_and_pushed_again(circle, service):
    circle.configuration["defaults"].update({"soak": "20s", "look-every": "1h"})
    circle.save()
    circle.must("rotate", "--wait")
    before = dict(service.context("deploy")["AWS_ACCESS_KEY_ID"])
    circle.configuration["defaults"].update({"overlap": "3s"})
    circle.save()
    circle.must("rotate")
    service.context("deploy")["AWS_ACCESS_KEY_ID"] = {"value": before["value"], "at": circleci.moment(later=90)}

    def is_put_right():
        circle.run("step")
        return service.context("deploy")["AWS_ACCESS_KEY_ID"]["value"] != before["value"]

    waited_for(is_put_right, seconds=60)
    kinds = [line["event"] for line in circle.history()]
    assert "drift-seen" in kinds and "pushing-again" in kinds


@pytest.mark.parametrize("target, words", [
    ({"project": "gh/acme/none"}, "no such project"),
    ({"context": "none", "owner": "gh/acme"}, "there is no such context"),
    ({"context": "deploy", "owner": "gh/other"}, "there is no such context, or the token's user may not change"),
])
def test_a_place_that_is_not_there(circle, service, target, words):
    """The reason is one sentence, and nothing is written."""
    circle.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "circleci", **target}]
    circle.save()
    assert words in circle.run("check", "--online").out
    assert {request[0] for request in service.requests} == {"GET"}


@pytest.mark.parametrize("target, words", [
    ({"context": "deploy"}, "needs its owner"), ({"project": "acme/app"}, "does not fit"),
    ({"project": "gh/acme/app", "context": "deploy"}, "project"), ({}, "project"),
])
def test_a_target_that_cannot_be(circle, target, words):
    circle.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "circleci", **target}]
    circle.save()
    result = circle.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err


def test_check_knows_the_users_key_by_its_end(circle, service):
    """Before the first rotation: a place that holds another key may not be the one where the jobs read it."""
    (key,) = circle.sandbox.keys()
    for end, words in ((key[-4:], None), ("ELSE", "it holds …ELSE, which is not a key of this user")):
        service.projects["gh/acme/app"]["AWS_ACCESS_KEY_ID"] = {"value": "AKIA000000000000" + end, "at": circleci.moment()}
        said = circle.must("check", "--online").out
        assert words in said if words else "no key of this user" not in said


def test_the_old_key_that_was_put_back_is_seen_by_its_end(circle, service):
    """CircleCI shows the last four characters: enough to know the old key, which stays Active until the new one is there again."""
    circle.must("rotate", "--wait")
    places = service.projects["gh/acme/app"], service.context("deploy")
    old = pairs(service)[0]
    circle.configuration["defaults"]["overlap"] = "3s"
    circle.save()
    circle.must("rotate")
    for place in places:
        for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), old):
            place[name] = {"value": value, "at": circleci.moment()}
    assert circle.run("status", "--online").out.count("it holds the old key") == 2
    circle.step_until_idle()
    assert_holds_the_current_key(circle, service)
    assert [line["event"] for line in circle.history()].count("pushing-again") == 2
