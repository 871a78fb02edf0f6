"""Vault and OpenBao: key-value stores of both versions, held against the server's description."""

import pytest

import leaks
import vault
import vendor


@pytest.fixture
def service():
    service = vault.Vault()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def vaulted(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "vault", "path": "ci/app"},
        {"pusher": "vault", "path": "ci/app", "mount": "kv", "engine-version": 1}]}})
    world.environment["VAULT_TOKEN"] = vault.TOKEN
    world.configuration["pushers"]["vault"] = {"plugin": "vault-kv", "token": {"env": "VAULT_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def by_role(world, **more):
    world.environment.update(ROLE=vault.ROLE, SECRET_ID=vault.SECRET_ID)
    world.configuration["pushers"]["vault"].pop("token")
    world.configuration["pushers"]["vault"].update({"role-id": {"env": "ROLE"}, "secret-id": {"env": "SECRET_ID"}, **more})
    world.save()


def assert_holds_the_current_key(world, *secrets):
    key = world.status()["keys"][0]["id"]
    for fields in secrets:
        assert fields["AWS_ACCESS_KEY_ID"] == key
        vendor.assert_is_a_pair(world, key, fields["AWS_SECRET_ACCESS_KEY"])


def test_two_rotations(vaulted, service):
    """Both versions are read back, and other fields stay, whatever they are."""
    others = {"count": 1.5, "deep": {"list": [1, "ä", None, True]}, "ttl": "1h"}
    service.put("ci/app", **others)
    service.plain["ci/app"] = dict(others)
    for _ in range(2):
        vaulted.must("rotate", "--wait")
        assert_holds_the_current_key(vaulted, service.fields("ci/app"), service.plain["ci/app"])
        assert {delivery["evidence"] for delivery in vaulted.deliveries().values()} == {"read-back"}
    for fields in (service.fields("ci/app"), service.plain["ci/app"]):
        assert {name: fields[name] for name in others} == others
    assert len(service.versions["ci/app"]) == 3
    assert vaulted.deliveries().keys() == {"vault:ci/app", "vault:ci/app@kv"}
    leaks.assert_told_nowhere(
        vaulted, {"token": vault.TOKEN, "secret": service.fields("ci/app")["AWS_SECRET_ACCESS_KEY"]})


def test_secrets_are_created(vaulted, service):
    assert "there is no such secret yet; it will be created" in vaulted.must("check", "--online").out
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"), service.plain["ci/app"])


def test_a_deleted_secret_gets_a_new_version(vaulted, service):
    vaulted.must("rotate", "--wait")
    service.versions["ci/app"][-1]["metadata"]["deletion_time"] = vault.moment()
    assert "version 1 of the secret is deleted" in vaulted.run("check", "--online").out
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"))
    service.versions["ci/app"][-1]["metadata"]["destroyed"] = True
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"))


def test_lost_answers_and_passing_faults(vaulted, service):
    """A write whose answer was lost is found, and not made twice."""
    service.lose("POST", "^/secret/data")
    service.lose("POST", "^/kv")
    service.fail("GET", "^/secret/data", 412)
    service.fail("GET", "^/kv", 503)
    vaulted.must("rotate", "--wait", timeout=120)
    assert_holds_the_current_key(vaulted, service.fields("ci/app"), service.plain["ci/app"])
    assert len(service.versions["ci/app"]) == 1


def test_someone_else_writes_in_between(vaulted, service):
    """Check-and-set: their field stays, and ours comes."""
    service.put("ci/app", mine=1)
    service.meanwhile = lambda: service.put("ci/app", mine=1, theirs=2)
    vaulted.must("rotate", "--wait", timeout=60)
    assert_holds_the_current_key(vaulted, service.fields("ci/app"))
    assert service.fields("ci/app")["theirs"] == 2


def test_a_token_that_may_not_read(vaulted, service):
    """The version is the evidence; without the metadata there is none, and no key is made."""
    service.capabilities -= {"read"}
    vaulted.configuration["users"]["cicd-bot"]["targets"].pop()
    vaulted.save()
    service.put("ci/app", other=1)
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"))
    assert service.fields("ci/app")["other"] == 1
    assert vaulted.deliveries()["vault:ci/app"]["evidence"] == "version"
    service.sees_metadata = False
    assert "create, read, update and patch for this path" in vaulted.run("check", "--online").out


def test_an_approle_logs_in_and_keeps_its_token(vaulted, service):
    by_role(vaulted)
    service.tokens.pop(vault.TOKEN)
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"), service.plain["ci/app"])
    # Two targets may begin at the same time, and each log in.
    assert service.logins <= 2
    leaks.assert_told_nowhere(vaulted, {"secret-id": vault.SECRET_ID, "token": "hvs.login-1"})


def test_an_approle_logs_in_again_when_its_token_ends(vaulted, service):
    """Whether it has run out, or was revoked before its time."""
    by_role(vaulted)
    service.lease = 2
    vaulted.configuration["defaults"]["overlap"] = "3s"
    vaulted.save()
    vaulted.must("rotate", "--wait")
    assert service.logins > 2
    service.lease = 0
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("ci/app"), service.plain["ci/app"])


def test_namespaces(vaulted, service):
    by_role(vaulted, namespace="admin")
    vaulted.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "vault", "path": "app"}, {"pusher": "vault", "path": "app", "namespace": "admin/team"}]
    vaulted.save()
    vaulted.must("rotate", "--wait")
    assert_holds_the_current_key(vaulted, service.fields("admin/app"), service.fields("admin/team/app"))


def test_a_wrong_secret_id(vaulted, service):
    by_role(vaulted)
    vaulted.environment["SECRET_ID"] = "wrong-0123456789"
    assert "check role-id and secret-id" in vaulted.run("check", "--online").out


@pytest.mark.parametrize("target, words", [
    ({"path": "ci/app", "engine-version": 1}, "engine-version: 2"),
    ({"path": "ci/app", "mount": "kv"}, "engine-version: 1"),
    ({"path": "ci/app", "mount": "none"}, "check mount, path and namespace"),
])
def test_the_wrong_engine_is_named_and_not_written(vaulted, service, target, words):
    vaulted.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "vault", **target}]
    vaulted.save()
    assert words in vaulted.run("check", "--online").out
    vaulted.configuration["defaults"]["preflight"] = False
    vaulted.save()
    assert vaulted.run("rotate").status != 0
    assert service.versions == {} and service.plain == {}


def test_check_and_inspect(vaulted, service):
    vaulted.must("rotate", "--wait")
    assert vaulted.status()["keys"][0]["id"] in vaulted.must("status", "--online").out
    service.capabilities -= {"patch", "update"}
    checked = vaulted.run("check", "--online").out
    assert "policy lacks patch" in checked and "policy lacks update" in checked


@pytest.mark.parametrize("target, words", [
    ({}, "path"), ({"path": "a", "engine-version": 3}, "engine-version"), ({"path": "a", "namespace": "a b"}, "namespace"),
])
def test_a_target_that_cannot_be(vaulted, target, words):
    vaulted.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "vault", **target}]
    vaulted.save()
    result = vaulted.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
