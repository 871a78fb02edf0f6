"""GitHub with keyturn as it is installed: every request and answer is held against GitHub's own description."""

import json
import os
import pathlib
import re

import github
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import recorder as recorders

PLACES = [
    {"repository": "acme/app"}, {"repository": "acme/app", "environment": "prod"}, {"organization": "acme"},
    {"repository": "acme/app", "kind": "dependabot"}, {"repository": "acme/app", "kind": "codespaces"},
    {"organization": "acme", "kind": "dependabot"}, {"organization": "acme", "kind": "codespaces"},
]
#: What an App needs for all of them.
PERMISSIONS = dict.fromkeys(
    [prefix + name for prefix in ("", "organization_") for name in (
        "secrets", "dependabot_secrets", "codespaces_secrets", "actions_variables")] + ["environments"], "write")


def users(*places):
    return {"cicd-bot": {"targets": [{"pusher": "github", **place} for place in places]}}


@pytest.fixture
def hub(make):
    """A world that reaches GitHub through a recorder."""
    made = []

    def hub(*places, **options):
        world = make(users=users(*places), **options)
        world.recorder = recorders.Recorder(world.sandbox.github)
        made.append(world.recorder)
        del world.configuration["pushers"]["travis"], world.configuration["pushers"]["gitlab"]
        world.configuration["pushers"]["github"]["endpoint"] = world.recorder.url
        world.save()
        return world

    yield hub
    for recorder in made:
        recorder.close()


def pem(key, form=serialization.PrivateFormat.TraditionalOpenSSL):
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def register(world, key, permissions=PERMISSIONS, **more):
    """Registers an App whose key that is, and lets keyturn use it."""
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    app = world.sandbox._control(
        "POST", "/apps", {"publicKey": public, "account": "acme", "permissions": permissions, **more}).json()
    world.write("app.pem", pem(key), 0o600)
    world.configuration["pushers"]["github"] = {
        "plugin": "github-actions", "app-id": app["id"], "private-key": {"file": "app.pem"},
        "endpoint": world.recorder.url}
    world.save()
    return app


@pytest.fixture(scope="session")
def key():
    return rsa.generate_private_key(65537, 2048)


def client(world, token=None):
    return github.Github(
        base_url=world.sandbox.github, auth=github.Auth.Token(token or world.sandbox.tokens["github"]), retry=None,
        lazy=True, seconds_between_requests=0, seconds_between_writes=0)


def held(world):
    """What every place of GitHub holds besides its other secrets."""
    return {name: value for name, value in world.sandbox.state()["targets"].items() if name.startswith("github:")}


def test_every_place_and_kind(hub):
    """Repository, environment and organization, for workflows, Dependabot and codespaces."""
    world = hub(*PLACES)
    world.must("check", "--online")
    assert world.sandbox.writes() == []
    world.must("rotate", "--wait")
    (new,) = world.sandbox.keys()
    places = held(world)
    for name in ("acme/app", "acme/app@prod", "acme", "acme/app#dependabot", "acme/app#codespaces", "acme#dependabot",
                 "acme#codespaces"):
        assert places[f"github:{name}"] == {"AWS_ACCESS_KEY_ID": new, "AWS_SECRET_ACCESS_KEY": "matches"}, name
    assert {line["evidence"] for line in world.deliveries().values()} == {"timestamp"}


def test_the_key_id_as_a_variable(hub):
    """It is read back, by keyturn and by PyGithub; the secret from before is kept up with until it is deleted."""
    places = [{**place, "key-id-as": "variable"} for place in PLACES[:3]]
    world = hub(*places)
    checked = world.must("check", "--online")
    assert "a secret AWS_ACCESS_KEY_ID is there too" in checked.out
    world.must("rotate", "--wait")
    (new,) = world.sandbox.keys()
    assert {line["evidence"] for line in world.deliveries().values()} == {"read-back"}
    repository = client(world).get_repo("acme/app")
    assert repository.get_variable("AWS_ACCESS_KEY_ID").value == new
    assert held(world)["github:acme/app"] == {
        "AWS_ACCESS_KEY_ID": new, "vars.AWS_ACCESS_KEY_ID": new, "AWS_SECRET_ACCESS_KEY": "matches"}
    repository.delete_secret("AWS_ACCESS_KEY_ID")
    world.must("rotate", "--wait")
    (newest,) = world.sandbox.keys()
    for name in ("acme/app", "acme/app@prod", "acme"):
        assert held(world)[f"github:{name}"] == {"AWS_ACCESS_KEY_ID": newest, "AWS_SECRET_ACCESS_KEY": "matches"}
    assert newest in world.must("status", "--online").out


def test_who_sees_what_an_organization_keeps_stays(hub):
    """`selected` with its repositories and `all`; what is new is for private repositories."""
    world = hub({"organization": "acme", "key-id-as": "variable"}, {"organization": "acme", "kind": "dependabot"})
    hub_client = client(world)
    organization = hub_client.get_organization("acme")
    repository = hub_client.get_repo("acme/app").complete()
    organization.create_secret("AWS_SECRET_ACCESS_KEY", "x", "selected", [repository])
    organization.create_secret("AWS_SECRET_ACCESS_KEY", "x", "all", secret_type="dependabot")
    organization.create_variable("AWS_ACCESS_KEY_ID", "x", "selected", [repository])
    world.must("rotate", "--wait")

    def access(path):
        headers = {"Authorization": f"Bearer {world.sandbox.tokens['github']}"}
        base = f"{world.sandbox.github}/orgs/acme/{path}"
        shown = requests.get(base, headers=headers, timeout=10).json()["visibility"]
        listed = requests.get(f"{base}/repositories", headers=headers, timeout=10).json()
        return shown, [entry["full_name"] for entry in listed.get("repositories", [])]

    assert access("actions/secrets/AWS_SECRET_ACCESS_KEY") == ("selected", ["acme/app"])
    assert access("actions/variables/AWS_ACCESS_KEY_ID") == ("selected", ["acme/app"])
    assert access("dependabot/secrets/AWS_SECRET_ACCESS_KEY") == ("all", [])
    assert access("dependabot/secrets/AWS_ACCESS_KEY_ID") == ("private", [])


@pytest.mark.parametrize("form", ["TraditionalOpenSSL", "PKCS8"])
def test_an_app_rotates(hub, key, form):
    """It signs inside the shut-in runner, and one token does for all places that take the same permissions."""
    world = hub(*PLACES)
    register(world, key)
    world.write("app.pem", pem(key, getattr(serialization.PrivateFormat, form)), 0o600)
    world.must("check", "--online")
    world.sandbox.clear_requests()
    world.must("rotate", "--wait")
    world.assert_holds_only(["github:acme/app", "github:acme", "github:acme/app@prod", "github:acme#codespaces"])
    asked = [entry["path"] for entry in world.sandbox.requests("github")]
    tokens = [path for path in asked if path.endswith("/access_tokens")]
    assert len(tokens) == 5, "secrets, environments, organization_secrets, dependabot_secrets, and all"
    told = "".join(result.out + result.err for result in world.results)
    assert "ghs_" not in told and "eyJ" not in told and "PRIVATE KEY" not in told


def test_what_is_wrong_with_an_app(hub, key):
    """One sentence each, and no rotation begins."""
    world = hub({"repository": "acme/app"})

    def refusal(*texts):
        result = world.must("check", "--online", status=77)
        told = result.out + result.err
        for text in texts:
            assert text in told, told
        assert world.sandbox.writes() == [] or all(w["path"].endswith("/access_tokens") for w in world.sandbox.writes())

    app = register(world, key, {"metadata": "read"})
    refusal("422 (The permissions requested are not granted", "give it write access to Secrets")
    world.configuration["pushers"]["github"]["app-id"] = 7
    world.save()
    refusal("there is no App of that app-id")
    world.configuration["pushers"]["github"]["app-id"] = app["id"]
    world.write("app.pem", pem(rsa.generate_private_key(65537, 2048)), 0o600)
    world.save()
    refusal("check app-id, private-key and this machine's clock")
    suspended = register(world, key, isSuspended=True)
    refusal("suspended")
    world.configuration["pushers"]["github"]["installation-id"] = suspended["installation"]
    world.save()
    refusal("403 (This installation has been suspended)")
    world.configuration["pushers"]["github"]["installation-id"] = 1
    world.save()
    told = world.run("check", "--online")
    assert told.status != 0 and "the App has no installation 1" in told.out + told.err


def test_an_archived_repository_holds_no_second_key(hub):
    """The rotation does not begin: nothing is made that could not be delivered."""
    world = hub({"repository": "acme/app"})
    world.sandbox._control("POST", "/archived", {"name": "acme/app"})
    (old,) = world.sandbox.keys()
    result = world.run("rotate")
    assert "the repository is archived" in result.out + result.err
    assert list(world.sandbox.keys()) == [old] and world.sandbox.writes() == []


def test_every_documented_answer_is_taken(hub, key):
    """Of every operation that the pusher asks for."""
    world = hub(*PLACES, *({**place, "key-id-as": "variable", "secret-access-key": "NEW"} for place in (
        {"repository": "acme/tool"}, {"repository": "acme/tool", "environment": "eu/prod"})))
    world.sandbox.place("github", "acme/tool", "cicd-bot")
    world.sandbox.place("github", "acme/tool@eu/prod")
    client(world).get_repo("acme/tool").get_environment("eu/prod").create_secret("AWS_ACCESS_KEY_ID", "x")
    app = register(world, key)
    for _ in range(2):
        world.must("rotate", "--wait")
    for change in ({"app-id": app["id"] + 9}, {"installation-id": 1}):
        world.configuration["pushers"]["github"].update(change)
        world.save()
        world.run("check", "--online")
    world.configuration["pushers"]["github"].update(
        {"app-id": app["id"], "installation-id": app["installation"], "private-key": {"file": "other.pem"}})
    world.write("other.pem", pem(rsa.generate_private_key(65537, 2048)), 0o600)
    world.save()
    world.run("check", "--online")
    register(world, key, {}, isSuspended=False)
    world.run("check", "--online")
    suspended = register(world, key, isSuspended=True)
    world.configuration["pushers"]["github"]["installation-id"] = suspended["installation"]
    world.save()
    world.run("check", "--online")
    world.configuration["pushers"]["github"] = {
        "plugin": "github-actions", "token": {"env": "GITHUB_TOKEN"}, "endpoint": world.recorder.url}
    world.configuration["users"] = users({"repository": "acme/app"}, {"repository": "acme/none"})
    world.save()
    world.sandbox.fault("github", method="GET", path="/repos/acme/app", status=403, times=1)
    world.run("check", "--online")
    taken = {}
    for method, template, status in world.recorder.seen:
        taken.setdefault((method, template), set()).add(status)
    missing = {
        operation: gone for operation, statuses in taken.items()
        if (gone := world.recorder.contract.statuses(*operation) - statuses)}
    assert missing == {}
    assert len(taken) == 35


def test_requests_of_the_plugin_tests():
    """KEYTURN_REQUESTS names what the tests of the plugin alone have sent, a line of JSON each."""
    name = os.environ.get("KEYTURN_REQUESTS")
    if not name:
        pytest.skip("KEYTURN_REQUESTS does not name the requests of the plugin tests")
    pushing = recorders.github_contract()
    finding = recorders.github_contract("github-find", lambda document: document)
    lines = [json.loads(line) for line in pathlib.Path(name).read_text().split("\n") if line]
    lines = [sent for sent in lines if sent["url"].startswith("https://api.github.com/")]
    for sent in lines:
        # Where GitHub's own redirect leads, by the repository's number: no path of its description.
        if re.fullmatch(r"https://api\.github\.com/repositories/[0-9]+", sent["url"]) and sent["method"] == "GET":
            continue
        target = sent["url"].removeprefix("https://api.github.com")
        contract = pushing if pushing.has(sent["method"], target) else finding
        contract.check_request(sent["method"], target, sent["body"])
        recorders.check_headers(sent["headers"], bool(sent["body"]))
    assert len(lines) > 250
