"""Kubernetes: Secrets, held against the API server's description."""

import pytest

import kubernetes
import leaks
import vendor

PLACE = ("ci", "aws")
DEPLOY = ("deploy", "keys")


@pytest.fixture
def service():
    service = kubernetes.Kubernetes(PLACE, DEPLOY)
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def cluster(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "cluster", "namespace": "ci", "secret": "aws"},
        {"pusher": "cluster", "namespace": "deploy", "secret": "keys", "access-key-id": "id", "secret-access-key": "secret"}]}})
    # As in a pod, where the token is a file that is renewed in place.
    world.write("token", kubernetes.TOKEN + "\n", 0o600)
    world.configuration["pushers"]["cluster"] = {
        "plugin": "kubernetes", "token": {"file": "token"}, "endpoint": service.url}
    world.save()
    return world


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    for place, names in ((PLACE, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")), (DEPLOY, ("id", "secret"))):
        id, secret = (service.value(place, name) for name in names)
        assert id == key
        vendor.assert_is_a_pair(world, id, secret)


def test_two_rotations(cluster, service):
    """One patch for each Secret; the key ID is read back; other keys stay."""
    service.touch(PLACE, region="us-west-2")
    for _ in range(2):
        service.requests.clear()
        cluster.must("rotate", "--wait")
        assert_holds_the_current_key(cluster, service)
        assert [method for method, _, _ in service.requests].count("PATCH") == 2
        assert {delivery["evidence"] for delivery in cluster.deliveries().values()} == {"read-back"}
    assert service.value(PLACE, "region") == "us-west-2"
    assert cluster.deliveries().keys() == {"cluster:aws@ci", "cluster:keys@deploy#id"}
    leaks.assert_told_nowhere(
        cluster, {"token": kubernetes.TOKEN, "secret": service.value(PLACE, "AWS_SECRET_ACCESS_KEY")},
        but=("gitlab.token", "token"))


def test_a_token_that_was_renewed_in_place(cluster, service):
    """The next command reads it again; that `run` does as well, its own tests show."""
    cluster.must("rotate", "--wait")
    service.token = kubernetes.TOKEN + "-renewed"
    cluster.write("token", service.token, 0o600)
    cluster.must("rotate", "--wait")
    assert_holds_the_current_key(cluster, service)


def test_lost_answers_and_passing_faults(cluster, service):
    """What was written and not confirmed is found; what was refused in passing is written."""
    service.lose("PATCH", "/aws")
    service.fail("PATCH", "/keys", 503)
    service.fail("GET", "/keys", 429)
    cluster.must("rotate", "--wait", timeout=120)
    assert_holds_the_current_key(cluster, service)


def test_someone_else_writes_in_between(cluster, service):
    """Their key stays, and ours comes."""
    service.meanwhile = lambda: service.touch(PLACE, theirs="new")
    cluster.must("rotate", "--wait", timeout=60)
    assert_holds_the_current_key(cluster, service)
    assert 409 in [status for _, _, status in service.requests]
    assert service.value(PLACE, "theirs") == "new"


def test_check_and_inspect(cluster, service):
    assert "AWS_ACCESS_KEY_ID will be added" in cluster.must("check", "--online").out
    cluster.must("rotate", "--wait")
    assert cluster.status()["keys"][0]["id"] in cluster.must("status", "--online").out
    service.requests.clear()
    service.verbs = {"get"}
    assert "add the verb patch for secrets" in cluster.run("check", "--online").out
    service.verbs = set()
    assert "Role with the verbs get and patch" in cluster.run("check", "--online").out
    assert "PATCH" not in {method for method, _, _ in service.requests}


def test_an_immutable_secret_keeps_the_old_key(cluster, service):
    """No key is made for it; the message says how to go on."""
    service.secrets[PLACE]["immutable"] = True
    keys = cluster.sandbox.keys()
    result = cluster.run("rotate")
    assert result.status != 0 and cluster.sandbox.keys() == keys
    assert "it is immutable" in cluster.run("check", "--online").out


def test_a_secret_that_is_not_there(cluster, service):
    del service.secrets[PLACE]
    assert "kubectl --namespace ci create secret generic aws" in cluster.run("check", "--online").out
    service.make(*PLACE)
    cluster.must("rotate", "--wait")
    assert_holds_the_current_key(cluster, service)


@pytest.mark.parametrize("target, words", [
    ({"secret": "aws"}, "namespace"), ({"namespace": "ci"}, "secret"), ({"namespace": "CI", "secret": "aws"}, "namespace"),
    ({"namespace": "ci", "secret": "a/b"}, "secret"), ({"namespace": "ci", "secret": "aws", "access-key-id": "a b"}, "access-key-id"),
])
def test_a_target_that_cannot_be(cluster, target, words):
    cluster.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "cluster", **target}]
    cluster.save()
    result = cluster.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
