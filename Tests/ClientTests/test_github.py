"""GitHub secrets and variables, with PyGithub and its own encryption."""

import base64
import time

import github
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from nacl.public import PublicKey, SealedBox

SECRETS = "/repos/acme/app/actions/secrets"
ENVIRONMENT = "/repos/acme/app/environments/prod/secrets"
ORGANIZATION = "/orgs/acme/actions/secrets"
DEPENDABOT = "/repos/acme/app/dependabot/secrets"


@pytest.fixture
def hub(sandbox):
    auth = github.Auth.Token(sandbox.tokens["github"])
    return github.Github(
        base_url=sandbox.github, auth=auth, retry=None, lazy=True, seconds_between_requests=0,
        seconds_between_writes=0)


@pytest.fixture
def repository(hub):
    return hub.get_repo("acme/app")


@pytest.fixture
def checked(sandbox, github_contract):
    headers = {"Authorization": f"Bearer {sandbox.tokens['github']}"}
    return github_contract.session(sandbox.github, headers)


def seal(checked, place, value, **more):
    key = checked.get(f"{place}/public-key").json()
    box = SealedBox(PublicKey(base64.b64decode(key["key"])))
    sealed = base64.b64encode(box.encrypt(value.encode())).decode()
    return {"encrypted_value": sealed, "key_id": key["key_id"], **more}


def new_pair(sandbox):
    import boto3

    iam = boto3.client(
        "iam", endpoint_url=sandbox.aws, region_name="us-east-1", aws_access_key_id=sandbox.accessKeyId,
        aws_secret_access_key=sandbox.secretAccessKey)
    return iam.create_access_key(UserName="cicd-bot")["AccessKey"]


def test_a_pair_that_pygithub_wrote_matches(sandbox, repository):
    pair = new_pair(sandbox)
    repository.create_secret("AWS_ACCESS_KEY_ID", pair["AccessKeyId"])
    assert sandbox.target("github:acme/app")["AWS_SECRET_ACCESS_KEY"] == "differs"
    repository.create_secret("AWS_SECRET_ACCESS_KEY", pair["SecretAccessKey"])
    assert sandbox.target("github:acme/app") == {
        "AWS_ACCESS_KEY_ID": pair["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": "matches"}
    names = {secret.name for secret in repository.get_secrets()}
    assert names == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    repository.delete_secret("AWS_SECRET_ACCESS_KEY")
    assert sandbox.target("github:acme/app")["AWS_SECRET_ACCESS_KEY"] == "absent"


def test_environments_organizations_and_dependabot_have_keys_of_their_own(sandbox, hub, repository):
    keys = {
        repository.get_public_key().key,
        repository.get_public_key(secret_type="dependabot").key,
        repository.get_environment("prod").get_public_key().key,
        hub.get_organization("acme").get_public_key().key,
    }
    assert len(keys) == 4
    pair = new_pair(sandbox)
    environment = repository.get_environment("prod")
    environment.create_secret("DEPLOY_KEY_ID", pair["AccessKeyId"])
    environment.create_secret("DEPLOY_SECRET", pair["SecretAccessKey"])
    held = sandbox.target("github:acme/app@prod")
    assert held["DEPLOY_KEY_ID"] == pair["AccessKeyId"] and held["DEPLOY_SECRET"] == "matches"
    assert {secret.name for secret in environment.get_secrets()} == {"DEPLOY_KEY_ID", "DEPLOY_SECRET"}
    repository.create_secret("AWS_ACCESS_KEY_ID", pair["AccessKeyId"], secret_type="dependabot")
    assert sandbox.target("github:acme/app#dependabot")["AWS_ACCESS_KEY_ID"] == pair["AccessKeyId"]
    hub.get_organization("acme").create_secret("AWS_ACCESS_KEY_ID", pair["AccessKeyId"], visibility="all")
    assert sandbox.target("github:acme")["AWS_ACCESS_KEY_ID"] == pair["AccessKeyId"]


def test_variables_can_be_read(repository):
    repository.create_variable("region", "eu")
    assert repository.get_variable("REGION").value == "eu"
    repository.get_variable("REGION").edit("us")
    assert [(one.name, one.value) for one in repository.get_variables()] == [("REGION", "us")]
    with pytest.raises(github.GithubException) as caught:
        repository.create_variable("Region", "x")
    assert caught.value.status == 409
    repository.delete_variable("REGION")
    with pytest.raises(github.UnknownObjectException):
        repository.get_variable("REGION").value


def test_a_secret_is_created_once_and_then_updated(checked):
    assert checked.put(f"{SECRETS}/new_one", json=seal(checked, SECRETS, "a")).json() == {}
    first = checked.get(f"{SECRETS}/NEW_ONE").json()
    time.sleep(1.1)
    assert checked.put(f"{SECRETS}/New_One", json=seal(checked, SECRETS, "b")).status_code == 204
    second = checked.get(f"{SECRETS}/NEW_ONE").json()
    assert second["created_at"] == first["created_at"] and second["updated_at"] > first["updated_at"]
    assert checked.delete(f"{SECRETS}/NEW_ONE").status_code == 204
    assert checked.delete(f"{SECRETS}/NEW_ONE").status_code == 404


@pytest.mark.parametrize("place", [SECRETS, ENVIRONMENT, ORGANIZATION, DEPENDABOT])
def test_what_the_place_cannot_open_is_refused(checked, place):
    more = {"visibility": "all"} if place == ORGANIZATION else {}
    good = seal(checked, place, "x" * 40_000, **more)
    other = seal(checked, ENVIRONMENT if place == SECRETS else SECRETS, "x")
    bad = [
        {**good, "key_id": "1"}, {**good, "encrypted_value": other["encrypted_value"]},
        {**good, "encrypted_value": "???"}, {"key_id": good["key_id"], **more},
        {"encrypted_value": good["encrypted_value"], **more},
    ]
    for body in bad:
        assert checked.put(f"{place}/S", json=body).status_code == 422, body
    assert checked.put(f"{place}/S", json=good).status_code == 201
    assert checked.get(f"{place}/S").json()["name"] == "S"
    assert checked.put(f"{place}/S", json=seal(checked, place, "x" * 50_000, **more)).status_code == 422
    assert checked.delete(f"{place}/S").status_code == 204


def test_an_organization_put_that_does_not_repeat_the_access_changes_it(checked):
    def put(**more):
        return checked.put(f"{ORGANIZATION}/S", json=seal(checked, ORGANIZATION, "x", **more)).status_code

    assert put() == put(visibility="some") == put(visibility="selected", selected_repository_ids=["a"]) == 422
    assert put(visibility="selected", selected_repository_ids=[9001]) == 201
    assert "selected_repositories_url" in checked.get(f"{ORGANIZATION}/S").json()
    assert put(visibility="private") == 204
    assert "selected_repositories_url" not in checked.get(f"{ORGANIZATION}/S").json()


def test_names_keep_the_rules(checked):
    body = seal(checked, SECRETS, "x")
    for name in ["1ST", "GITHUB_TOKEN", "a-b", "a%20b"]:
        assert checked.put(f"{SECRETS}/{name}", json=body).status_code == 422, name


def test_bodies_that_are_no_objects_are_refused(checked):
    def put(text):
        return checked.put(f"{SECRETS}/S", data=text).json()["message"]

    assert put("{") == "Problems parsing JSON" and put("[]") == "Body should be a JSON object"


def test_lists_come_in_pages(checked):
    for number in range(33):
        assert checked.post("/repos/acme/app/actions/variables", json={"name": f"N{number}", "value": "v"}).ok
    first = checked.get("/repos/acme/app/actions/variables")
    assert len(first.json()["variables"]) == 10 and first.json()["total_count"] == 33
    assert first.links["last"]["url"].endswith("page=4&per_page=10") and "prev" not in first.links
    second = checked.get("/repos/acme/app/actions/variables?per_page=100&page=2")
    assert len(second.json()["variables"]) == 3 and "next" not in second.links
    for place in [SECRETS, ENVIRONMENT, ORGANIZATION]:
        checked.get(place + "?per_page=1")


def test_headers_and_paths_are_strict(sandbox):
    token = sandbox.tokens["github"]

    def status(path=SECRETS, **headers):
        kept = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.get(sandbox.github + path, headers=kept, timeout=10).status_code

    assert status(Authorization=f"Bearer {token}") == status(Authorization=f"token {token}") == 200
    assert status() == status(Authorization="Bearer no") == status(Authorization=f"Basic {token}") == 401
    assert status(Authorization=f"Bearer {token}", User_Agent="") == 403
    assert status(Authorization=f"Bearer {token}", X_GitHub_Api_Version="2022-11-28") == 200
    assert status(Authorization=f"Bearer {token}", X_GitHub_Api_Version="1999-01-01") == 400
    assert status("/repos/ACME/App/actions/secrets", Authorization=f"Bearer {token}") == 200
    for path in [SECRETS + "/", "/repos/acme/none/actions/secrets", "/repos/acme%2Fapp/actions/secrets"]:
        assert status(path, Authorization=f"Bearer {token}") == 404, path
    assert status("/rate_limit") == 200


def test_an_environment_with_a_slash_is_percent_encoded(sandbox, checked):
    reply = requests.post(
        sandbox.control + "/places", json={"service": "github", "name": "acme/app@eu/prod"}, timeout=10)
    assert reply.status_code == 201
    place = "/repos/acme/app/environments/eu%2Fprod/secrets"
    assert checked.put(f"{place}/S", json=seal(checked, place, "x")).status_code == 201


def test_rate_limits_are_told_and_kept(start, github_contract):
    sandbox = start("--rate-limits")
    headers = {"Authorization": f"Bearer {sandbox.tokens['github']}"}
    checked = github_contract.session(sandbox.github, headers)
    reply = checked.get(SECRETS)
    assert reply.headers["x-ratelimit-limit"] == "5000" and reply.headers["x-ratelimit-remaining"] == "4999"
    overview = checked.get("/rate_limit").json()
    assert overview["rate"]["used"] == 1 and overview["resources"]["core"]["limit"] == 5000
    statuses = [checked.delete(f"{SECRETS}/NONE").status_code for _ in range(180)]
    assert statuses[-1] == 403
    assert int(checked.get(SECRETS).headers["retry-after"]) > 0


def test_an_app_of_pygithub_is_let_in(sandbox, repository):
    """PyJWT signs, PyGithub finds the installation and acts with its token."""
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    made = {"publicKey": public, "account": "acme", "permissions": {"secrets": "write"}}
    app = requests.post(f"{sandbox.control}/apps", json=made, timeout=10).json()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

    def integration(key, name=app["id"], **more):
        auth = github.Auth.AppAuth(name, key, **more)
        return github.GithubIntegration(base_url=sandbox.github, auth=auth, retry=None, seconds_between_requests=0)

    ours = integration(private, app["clientId"])
    assert ours.get_app().id == app["id"]
    assert [found.id for found in ours.get_installations()] == [app["installation"]]
    assert ours.get_repo_installation("acme", "app").id == ours.get_org_installation("acme").id == app["installation"]
    token = ours.get_access_token(app["installation"], permissions={"secrets": "write"})
    hub = github.Github(base_url=sandbox.github, auth=github.Auth.Token(token.token), retry=None, lazy=True)
    hub.get_repo("acme/app").create_secret("FROM_AN_APP", "x")
    assert "FROM_AN_APP" in {secret.name for secret in repository.get_secrets()}
    with pytest.raises(github.GithubException) as caught:
        hub.get_repo("acme/app").create_variable("NOT_GRANTED", "x")
    assert caught.value.status == 403
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    for wrong in (integration(other), integration(private, 7), integration(private, jwt_issued_at=120)):
        with pytest.raises(github.GithubException):
            wrong.get_app()
    assert requests.post(f"{sandbox.control}/apps/forget", timeout=10).status_code == 204
    with pytest.raises(github.BadCredentialsException):
        hub.get_repo("acme/app").create_secret("FROM_AN_APP", "x")


@pytest.mark.parametrize("kind", ["codespaces", "dependabot"])
def test_other_kinds_of_an_organization_are_lost_unless_said_again(checked, kind):
    place = f"/orgs/acme/{kind}/secrets"

    def put(**more):
        return checked.put(f"{place}/S", json=seal(checked, place, "x", **more)).status_code

    assert put() == 422
    assert put(visibility="selected", selected_repository_ids=[9001]) == 201
    assert checked.get(f"{place}/S/repositories").json()["total_count"] == 1
    assert put(visibility="selected") == 204
    assert checked.get(f"{place}/S/repositories").json()["total_count"] == 0


def test_an_organizations_variable_loses_its_repositories_unless_they_are_said_again(checked):
    place = "/orgs/acme/actions/variables"
    body = {"name": "V", "value": "x", "visibility": "selected", "selected_repository_ids": [9001]}
    assert checked.post(place, json=body).status_code == 201
    assert checked.get(f"{place}/V/repositories").json()["total_count"] == 1
    assert checked.patch(f"{place}/V", json={"value": "y"}).status_code == 204
    assert checked.get(f"{place}/V").json()["visibility"] == "selected"
    assert checked.get(f"{place}/V/repositories").json()["total_count"] == 0


def test_an_archived_repository_is_read_only(sandbox, checked):
    requests.post(f"{sandbox.control}/archived", json={"name": "acme/app"}, timeout=10)
    assert checked.put(f"{SECRETS}/S", json=seal(checked, SECRETS, "x")).status_code == 403
    assert checked.get(SECRETS).status_code == 200


def test_unsigned_apps_are_not_known(checked):
    assert checked.post("/app/installations/1/access_tokens", json={}).status_code == 401
