"""Azure DevOps: variable groups, held against the vendor's description."""

import copy

import pytest

import azure_devops
import leaks
import vendor


@pytest.fixture
def service():
    service = azure_devops.AzureDevOps()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def azure(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "azure", "organization": "acme", "project": "our app", "variable-group": "aws"}]}})
    world.environment["AZURE_TOKEN"] = azure_devops.TOKEN
    world.configuration["pushers"]["azure"] = {
        "plugin": "azure-devops", "token": {"env": "AZURE_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def assert_holds_the_current_key(world, service, group="aws"):
    key = world.status()["keys"][0]["id"]
    variables = service.group(group)["variables"]
    assert variables["AWS_ACCESS_KEY_ID"]["value"] == key
    assert variables["AWS_SECRET_ACCESS_KEY"]["isSecret"]
    vendor.assert_is_a_pair(world, key, variables["AWS_SECRET_ACCESS_KEY"]["value"])


def test_two_rotations(azure, service):
    """One request writes both values, and the key ID is read back."""
    for _ in range(2):
        service.requests.clear()
        azure.must("rotate", "--wait")
        assert_holds_the_current_key(azure, service)
        (delivery,) = azure.deliveries().values()
        assert delivery["evidence"] == "read-back"
        assert len([request for request in service.requests if request[0] == "PUT"]) == 1
    assert azure.deliveries().keys() == {"azure:aws@our app@acme"}
    secrets = {"token": azure_devops.TOKEN, "secret": service.group("aws")["variables"]["AWS_SECRET_ACCESS_KEY"]["value"]}
    leaks.assert_told_nowhere(azure, secrets)


def test_everything_else_of_a_group_stays(azure, service):
    """Others' secrets, read-only variables, the description, and the projects that share it."""
    service.put("aws", "REGION", "us-west-2")
    service.put("aws", "THEIR_TOKEN", "their secret", secret=True)
    service.group("aws")["variables"]["FIXED"] = {"value": "\u00e9 \"x\"\n", "isReadOnly": True}
    before = copy.deepcopy(service.group("aws"))
    others = [copy.deepcopy(service.group(name)) for name in ("aws-other", "zeta")]
    azure.must("rotate", "--wait")
    azure.must("rotate", "--wait")
    after = service.group("aws")
    for name, variable in before["variables"].items():
        assert {key: value for key, value in after["variables"][name].items() if key != "isSecret" or value} == variable
    assert after["description"] == before["description"]
    assert after["variableGroupProjectReferences"] == before["variableGroupProjectReferences"]
    assert len(after["variables"]) == 5
    assert [service.group(name) for name in ("aws-other", "zeta")] == others


def test_a_group_that_someone_else_writes_in_the_same_moment(azure, service):
    """Their page was opened before: it puts the old key ID back, and leaves the new secret. The pair is pushed again."""
    azure.must("rotate", "--wait")
    old = service.group("aws")["variables"]["AWS_ACCESS_KEY_ID"]["value"]
    service.after_write.append(lambda: service.put("aws", "AWS_ACCESS_KEY_ID", old))
    azure.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(azure, service)
    (delivery,) = azure.deliveries().values()
    assert delivery["attempts"] == 2


def test_a_group_that_is_being_changed_is_not_written(azure, service):
    service.meanwhile.append(lambda: service.put("aws", "REGION", "eu-west-1"))
    azure.configuration["users"]["cicd-bot"]["preflight"] = False
    azure.save()
    azure.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(azure, service)
    assert service.group("aws")["variables"]["REGION"]["value"] == "eu-west-1"


def test_two_targets_share_a_group(azure, service):
    """Both write the whole of it: one at a time, and neither takes the other's variables away."""
    azure.configuration["users"]["cicd-bot"]["targets"].append({
        "pusher": "azure", "organization": "acme", "project": "our app", "variable-group": "aws",
        "access-key-id": "SECOND_ID", "secret-access-key": "SECOND_SECRET"})
    azure.save()
    azure.must("rotate", "--wait")
    azure.must("rotate", "--wait")
    assert_holds_the_current_key(azure, service)
    key = azure.status()["keys"][0]["id"]
    variables = service.group("aws")["variables"]
    assert variables["SECOND_ID"]["value"] == key
    vendor.assert_is_a_pair(azure, key, variables["SECOND_SECRET"]["value"])
    assert all(delivery["attempts"] == 1 for delivery in azure.deliveries().values())


def test_check_and_inspect(azure, service):
    assert "AWS_ACCESS_KEY_ID will be created" in azure.must("check", "--online").out
    azure.must("rotate", "--wait")
    key = azure.status()["keys"][0]["id"]
    seen = azure.must("status", "--online").out
    assert "azure:aws@our app@acme" in seen and key in seen
    service.managed = False
    assert "make the token's user Administrator" in azure.must("check", "--online").out


def test_lost_answers(azure, service):
    azure.must("rotate", "--wait")
    service.lose("PUT", "variablegroups", times=1)
    service.fail("GET", "variablegroups/", 503, times=1)
    azure.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(azure, service)


@pytest.mark.parametrize("status", [203, 401])
def test_a_token_that_is_refused(azure, service, status):
    """Also where the answer is a page to sign in, with a status that says yes."""
    service.signs_in = status if status == 203 else None
    azure.environment["AZURE_TOKEN"] = "expired-0123456789"
    result = azure.run("check", "--online")
    assert result.status != 0 and str(status) in result.out and "token" in result.out
    assert all(method == "GET" for method, *_ in service.requests)


def test_a_key_id_that_is_secret_stays_so(azure, service):
    service.put("aws", "aws_access_key_id", "AKIAOLD", secret=True)
    service.put("aws", "AWS_SECRET_ACCESS_KEY", "readable")
    checked = azure.must("check", "--online").out
    assert "is secret, so its value cannot be read back" in checked and "AWS_SECRET_ACCESS_KEY is not secret" in checked
    azure.must("rotate", "--wait")
    variables = service.group("aws")["variables"]
    assert set(variables) == {"aws_access_key_id", "AWS_SECRET_ACCESS_KEY"}
    assert variables["aws_access_key_id"] == {"value": azure.status()["keys"][0]["id"], "isSecret": True}
    assert variables["AWS_SECRET_ACCESS_KEY"]["isSecret"]
    (delivery,) = azure.deliveries().values()
    assert delivery["evidence"] == "timestamp"


def test_a_key_next_to_the_target_is_named(azure, service):
    (key,) = azure.sandbox.keys()
    service.put("zeta", "DEPLOY_KEY", key)
    azure.run("rotate")
    assert "azure:variable group zeta of our app, variable DEPLOY_KEY" in azure.status()["problem"]


@pytest.mark.parametrize("target, words", [
    ({"organization": "acme", "project": "none", "variable-group": "aws"}, "check organization, project and variable-group"),
    ({"organization": "acme", "project": "our app", "variable-group": "none"}, "there is no such variable group"),
    ({"organization": "acme", "project": "our app", "variable-group": "vault"}, "Azure Key Vault"),
    ({"organization": "acme", "project": "our app"}, "variable-group"),
    ({"organization": "acme/x", "project": "our app", "variable-group": "aws"}, "organization"),
])
def test_a_place_that_cannot_be(azure, service, target, words):
    service.add("vault", "AzureKeyVault")
    azure.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "azure", **target}]
    azure.save()
    result = azure.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
    assert {request[0] for request in service.requests} <= {"GET"}
