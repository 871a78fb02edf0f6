"""HCP Terraform: workspaces and variable sets, held against the vendor's description."""

import pytest

import leaks
import terraform_cloud
import vendor


@pytest.fixture
def service():
    service = terraform_cloud.TerraformCloud()
    yield service
    service.stop()
    assert service.wrong == []


@pytest.fixture
def terraform(make, service):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "terraform", "organization": "acme", "workspace": "prod"},
        {"pusher": "terraform", "organization": "acme", "variable-set": "aws"}]}})
    world.environment["TFE_TOKEN"] = terraform_cloud.TOKEN
    world.configuration["pushers"]["terraform"] = {
        "plugin": "terraform-cloud", "token": {"env": "TFE_TOKEN"}, "endpoint": service.url}
    world.save()
    return world


def holders(service):
    return [service.workspaces["prod"], service.sets["aws"]]


def assert_holds_the_current_key(world, service):
    key = world.status()["keys"][0]["id"]
    for holder in holders(service):
        id, secret = (service.value(holder, name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        assert id == key
        assert service.variable(holder, "AWS_SECRET_ACCESS_KEY")["sensitive"]
        vendor.assert_is_a_pair(world, id, secret)


def test_two_rotations(terraform, service):
    """The key ID is read back; a workspace that has both variables gets both by one request."""
    for _ in range(2):
        service.requests.clear()
        terraform.must("rotate", "--wait")
        assert_holds_the_current_key(terraform, service)
        assert {delivery["evidence"] for delivery in terraform.deliveries().values()} == {"read-back"}
    assert terraform.deliveries().keys() == {"terraform:prod@acme", "terraform:aws@acme"}
    writes = [path for method, path, _ in service.requests if method != "GET"]
    assert [path.rsplit("/", 1)[1] for path in writes if "/workspaces/" in path] == ["vars"]
    assert len([path for path in writes if "/varsets/" in path]) == 2
    secrets = {"token": terraform_cloud.TOKEN, "secret": service.value(service.sets["aws"], "AWS_SECRET_ACCESS_KEY")}
    leaks.assert_told_nowhere(terraform, secrets)


def test_a_service_without_the_request_for_both(terraform, service):
    terraform.must("rotate", "--wait")
    service.batches = False
    terraform.must("rotate", "--wait")
    assert_holds_the_current_key(terraform, service)


def test_check_and_inspect(terraform, service):
    assert "AWS_ACCESS_KEY_ID will be created" in terraform.must("check", "--online").out
    terraform.must("rotate", "--wait")
    key = terraform.status()["keys"][0]["id"]
    seen = terraform.must("status", "--online").out
    assert "terraform:prod@acme" in seen and key in seen
    other = service.put(service.sets["zeta"], "AWS_ACCESS_KEY_ID", "AKIAOTHER")
    service.sets["zeta"]["priority"] = True
    service.workspaces["prod"]["mode"] = "local"
    checked = terraform.must("check", "--online").out
    assert f"AWS_ACCESS_KEY_ID is in variable set {service.sets['zeta']['id']} too" in checked
    assert "execution mode is local" in checked
    assert other in service.sets["zeta"]["variables"]


def test_a_half_written_pair_is_finished(terraform, service):
    """Answers are lost between the two writes of a set, and before and after the one of a workspace."""
    terraform.must("rotate", "--wait")
    service.lose("PATCH", "^/workspaces", times=1)
    service.fail("PATCH", "^/workspaces", 502, times=1)
    service.fail("PATCH", "^/varsets", 500, times=1)
    service.lose("PATCH", "^/varsets", times=2)
    terraform.must("rotate", "--wait", timeout=90)
    assert_holds_the_current_key(terraform, service)


def test_other_variables_stay(terraform, service):
    """Those of another name, and of the same name in the other category."""
    workspace = service.workspaces["prod"]
    region = service.put(workspace, "AWS_REGION", "us-west-2")
    other = service.put(workspace, "AWS_ACCESS_KEY_ID", "theirs", category="terraform")
    terraform.must("rotate", "--wait")
    terraform.must("rotate", "--wait")
    assert workspace["variables"][region]["value"] == "us-west-2"
    assert workspace["variables"][other]["value"] == "theirs"
    assert_holds_the_current_key(terraform, service)


def test_a_secret_that_everyone_could_read_is_made_sensitive(terraform, service):
    service.put(service.workspaces["prod"], "AWS_SECRET_ACCESS_KEY", "readable")
    service.put(service.sets["aws"], "AWS_SECRET_ACCESS_KEY", "readable")
    terraform.must("rotate", "--wait")
    assert_holds_the_current_key(terraform, service)


def test_a_sensitive_key_id_stays_so(terraform, service):
    service.put(service.workspaces["prod"], "AWS_ACCESS_KEY_ID", "AKIAOLD", sensitive=True)
    assert "AWS_ACCESS_KEY_ID is sensitive" in terraform.must("check", "--online").out
    terraform.must("rotate", "--wait")
    assert_holds_the_current_key(terraform, service)
    assert terraform.deliveries()["terraform:prod@acme"]["evidence"] == "acknowledged"


@pytest.mark.parametrize("target, words", [
    ({"organization": "acme", "workspace": "none"}, "check organization, workspace or variable-set"),
    ({"organization": "acme", "variable-set": "none"}, "there is no such variable set"),
    ({"organization": "acme", "variable-set": "varset-00000000000000zz"}, "check organization, workspace or variable-set"),
])
def test_a_place_that_is_not_there(terraform, service, target, words):
    terraform.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "terraform", **target}]
    terraform.save()
    assert words in terraform.run("check", "--online").out
    assert {request[0] for request in service.requests} == {"GET"}


def test_a_token_that_may_not_write(terraform, service):
    service.workspaces["prod"]["mine"] = service.sets["aws"]["mine"] = False
    checked = terraform.run("check", "--online").out
    assert "read and write variables of the workspace" in checked and "manage variable sets" in checked
    assert {request[0] for request in service.requests} == {"GET"}


@pytest.mark.parametrize("target, words", [
    ({"organization": "acme"}, "workspace"), ({"workspace": "prod"}, "organization"),
    ({"organization": "acme", "workspace": "prod", "variable-set": "aws"}, "variable-set"),
    ({"organization": "acme", "workspace": "prod", "category": "shell"}, "category"),
])
def test_a_target_that_cannot_be(terraform, target, words):
    terraform.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "terraform", **target}]
    terraform.save()
    result = terraform.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err
