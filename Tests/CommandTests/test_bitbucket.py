"""Bitbucket Cloud: variables of a workspace, a repository and a deployment environment, held against the vendor's description."""

import base64
import configparser

import pytest

import bitbucket
import leaks
import vendor


@pytest.fixture
def service():
    service = bitbucket.Bitbucket()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def bucket(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "bitbucket", "workspace": "acme", "repository": "app"},
        {"pusher": "bitbucket", "workspace": "acme", "repository": "app", "environment": "Production"},
        {"pusher": "bitbucket", "workspace": "acme"}]}})
    world.environment["BITBUCKET_TOKEN"] = bitbucket.TOKEN
    world.configuration["pushers"]["bitbucket"] = {
        "plugin": "bitbucket", "token": {"env": "BITBUCKET_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def places(service):
    return [service.named(variables) for variables in (
        service.repositories["app"], service.environment("app", "Production"), service.workspace)]


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    for place in places(service):
        assert place["AWS_ACCESS_KEY_ID"]["value"] == key
        assert place["AWS_SECRET_ACCESS_KEY"]["secured"]
        vendor.assert_is_a_pair(world, key, place["AWS_SECRET_ACCESS_KEY"]["value"])


def test_two_rotations(bucket, service):
    """The key ID is read back, at all three levels."""
    for _ in range(2):
        bucket.must("rotate", "--wait")
        assert_holds_the_current_key(bucket, service)
        assert {delivery["evidence"] for delivery in bucket.deliveries().values()} == {"read-back"}
    assert bucket.deliveries().keys() == {"bitbucket:app@acme", "bitbucket:app@Production@acme", "bitbucket:acme"}
    assert service.environment("app", "Test") == {}
    secrets = {"token": bitbucket.TOKEN, "secret": places(service)[0]["AWS_SECRET_ACCESS_KEY"]["value"]}
    leaks.assert_told_nowhere(bucket, secrets)


def test_one_variable_holds_both(bucket, service):
    bucket.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "bitbucket", "workspace": "acme", "repository": "app", "shape": "credentials-file"}]
    bucket.save()
    for _ in range(2):
        bucket.must("rotate", "--wait")
        (variable,) = service.repositories["app"].values()
        assert variable["key"] == "AWS_CREDENTIALS_FILE_BASE64" and variable["secured"]
        file = configparser.ConfigParser()
        file.read_string(base64.b64decode(variable["value"]).decode())
        assert file["default"]["aws_access_key_id"] == bucket.status()["keys"][0]["id"]
        vendor.assert_is_a_pair(bucket, file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"])
    assert {name: each["evidence"] for name, each in bucket.deliveries().items()} == {
        "bitbucket:app@acme#AWS_CREDENTIALS_FILE_BASE64": "acknowledged"}


def test_an_api_token_with_its_email(bucket, service):
    service.basic = True
    assert bucket.run("check", "--online").status != 0
    bucket.configuration["pushers"]["bitbucket"]["email"] = bitbucket.EMAIL
    bucket.save()
    bucket.must("rotate", "--wait")
    assert_holds_the_current_key(bucket, service)


def test_check_and_inspect(bucket, service):
    assert "AWS_ACCESS_KEY_ID will be created" in bucket.must("check", "--online").out
    bucket.must("rotate", "--wait")
    key = bucket.status()["keys"][0]["id"]
    seen = bucket.must("status", "--online").out
    assert "bitbucket:app@Production@acme" in seen and key in seen


def test_a_half_written_pair_is_finished(bucket, service):
    bucket.must("rotate", "--wait")
    service.fail("PUT", "pipelines_config", 500, times=1)
    service.lose("PUT", "pipelines_config", times=2)
    service.fail("PUT", "deployments_config", 503, times=1)
    bucket.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(bucket, service)


def test_a_list_that_lags_behind(bucket, service):
    """What was created a moment ago is looked for, and written."""
    bucket.configuration["users"]["cicd-bot"]["targets"] = bucket.configuration["users"]["cicd-bot"]["targets"][1:2]
    bucket.save()
    bucket.must("rotate", "--wait")
    service.lag = 3
    bucket.must("rotate", "--wait", timeout=90)
    place = service.named(service.environment("app", "Production"))
    assert place["AWS_ACCESS_KEY_ID"]["value"] == bucket.status()["keys"][0]["id"]
    assert len(service.environment("app", "Production")) == 2


def test_a_secured_key_id_stays_so_and_an_open_secret_does_not(bucket, service):
    service.repositories["app"].update({
        bitbucket.braced(): {"key": "AWS_ACCESS_KEY_ID", "value": "AKIAOLD", "secured": True},
        bitbucket.braced(): {"key": "AWS_SECRET_ACCESS_KEY", "value": "readable", "secured": False}})
    checked = bucket.must("check", "--online").out
    assert "AWS_ACCESS_KEY_ID is secured" in checked and "AWS_SECRET_ACCESS_KEY is not secured" in checked
    bucket.must("rotate", "--wait")
    assert_holds_the_current_key(bucket, service)
    assert places(service)[0]["AWS_ACCESS_KEY_ID"]["secured"]
    assert bucket.deliveries()["bitbucket:app@acme"]["evidence"] == "acknowledged"


@pytest.mark.parametrize("target, words", [
    ({"workspace": "acme", "repository": "none"}, "check workspace, repository and environment"),
    ({"workspace": "acme", "repository": "app", "environment": "none"}, "there is no such deployment environment"),
    ({"workspace": "acme", "environment": "Production"}, "give repository as well"),
    ({"workspace": "acme/app"}, "does not fit"),
])
def test_a_place_that_cannot_be(bucket, service, target, words):
    bucket.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "bitbucket", **target}]
    bucket.save()
    result = bucket.run("check", "--online")
    assert words in result.out + result.err
    assert {request[0] for request in service.requests} <= {"GET"}
