"""Buildkite: the secrets of clusters, held against the vendor's description."""

import configparser

import pytest

import buildkite
import leaks
import vendor


@pytest.fixture
def service():
    service = buildkite.Buildkite()
    yield service
    service.stop()
    # The description has no answer without a body; a client library of the vendor's takes one.
    assert [wrong for wrong in service.wrong if not (service.silent and "204 is not declared for PUT" in wrong)] == []


@pytest.fixture
def kite(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "buildkite", "organization": "acme", "cluster": "deploy"},
        {"pusher": "buildkite", "organization": "acme", "cluster": next(iter(service.clusters))}]}})
    world.environment["BUILDKITE_TOKEN"] = buildkite.TOKEN
    world.configuration["pushers"]["buildkite"] = {
        "plugin": "buildkite", "token": {"env": "BUILDKITE_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    for cluster in ("builds", "deploy"):
        secrets = service.secrets(cluster)
        id, secret = (secrets[name]["value"] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        assert id == key
        vendor.assert_is_a_pair(world, id, secret)


def test_two_rotations(kite, service):
    """The evidence is the time of writing; policies stay."""
    for _ in range(2):
        kite.must("rotate", "--wait")
        assert_holds_the_current_key(kite, service)
        assert {delivery["evidence"] for delivery in kite.deliveries().values()} == {"timestamp"}
        for secret in service.secrets("deploy").values():
            assert secret["policy"] in (None, "- pipeline_slug: app")
            secret["policy"] = "- pipeline_slug: app"
    assert "buildkite:deploy@acme" in kite.deliveries()
    secrets = {"token": buildkite.TOKEN, "secret": service.secrets("deploy")["AWS_SECRET_ACCESS_KEY"]["value"]}
    leaks.assert_told_nowhere(kite, secrets)


def test_one_secret_holds_both(kite, service):
    kite.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "buildkite", "organization": "acme", "cluster": "deploy", "shape": "credentials-file"}]
    kite.save()
    for _ in range(2):
        kite.must("rotate", "--wait")
        file = configparser.ConfigParser()
        file.read_string(service.secrets("deploy")["AWS_CREDENTIALS_FILE"]["value"])
        assert file["default"]["aws_access_key_id"] == kite.status()["keys"][0]["id"]
        vendor.assert_is_a_pair(kite, file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"])
    assert {name: each["evidence"] for name, each in kite.deliveries().items()} == {
        "buildkite:deploy@acme#AWS_CREDENTIALS_FILE": "timestamp"}
    assert service.secrets("deploy").keys() == {"AWS_CREDENTIALS_FILE"}


def test_a_write_that_is_answered_with_nothing_is_looked_at(kite, service):
    kite.must("rotate", "--wait")
    service.silent = True
    kite.must("rotate", "--wait")
    assert_holds_the_current_key(kite, service)
    assert {delivery["evidence"] for delivery in kite.deliveries().values()} == {"timestamp"}


def test_check_and_inspect(kite, service):
    assert "AWS_ACCESS_KEY_ID will be created" in kite.must("check", "--online").out
    kite.must("rotate", "--wait")
    seen = kite.must("status", "--online").out
    assert "buildkite:deploy@acme" in seen
    service.scopes.remove("write_secrets")
    assert "lacks the scope write_secrets" in kite.run("check", "--online").out


def test_a_half_written_pair_is_finished(kite, service):
    kite.must("rotate", "--wait")
    service.fail("PUT", "value$", 500, times=1)
    service.lose("PUT", "value$", times=2)
    kite.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(kite, service)


def test_keys_are_matched_without_case(kite, service):
    """As jobs find them: the same secret is written, and no second one created."""
    kite.must("rotate", "--wait")
    kite.configuration["users"]["cicd-bot"]["targets"][0]["access-key-id"] = "aws_access_key_id"
    kite.save()
    kite.must("forget", "buildkite:deploy@acme", "--reason", "spelled in another way")
    kite.must("rotate", "--wait")
    assert len(service.secrets("deploy")) == 2
    assert_holds_the_current_key(kite, service)


def test_a_list_that_lags_behind(kite, service):
    """The secret that the list does not show is found once its creation is refused."""
    kite.must("rotate", "--wait")
    service.stale = True
    kite.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(kite, service)


@pytest.mark.parametrize("target, words", [
    ({"organization": "acme", "cluster": "none"}, "there is no such cluster"),
    ({"organization": "other", "cluster": "deploy"}, "check organization and cluster"),
    ({"organization": "acme", "cluster": "deploy", "access-key-id": "BK_KEY"}, "begin with BUILDKITE or BK"),
])
def test_a_place_that_cannot_be(kite, service, target, words):
    kite.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "buildkite", **target}]
    kite.save()
    result = kite.run("check", "--online")
    assert words in result.out + result.err
    assert {request[0] for request in service.requests} <= {"GET"}
