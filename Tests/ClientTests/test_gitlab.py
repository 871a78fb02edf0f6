"""GitLab CI/CD variables, with python-gitlab."""

import gitlab
import pytest
import requests

PROJECT = "/api/v4/projects/acme%2Ftools%2Fapp/variables"
GROUP = "/api/v4/groups/acme/variables"


@pytest.fixture
def lab(sandbox):
    return gitlab.Gitlab(sandbox.gitlab, private_token=sandbox.tokens["gitlab"], retry_transient_errors=False)


@pytest.fixture
def project(lab):
    return lab.projects.get("acme/tools/app", lazy=True)


@pytest.fixture
def group(lab):
    return lab.groups.get("acme", lazy=True)


@pytest.fixture
def checked(sandbox, gitlab_contract):
    return gitlab_contract.session(sandbox.gitlab, {"PRIVATE-TOKEN": sandbox.tokens["gitlab"]})


def status(call, *arguments, **options):
    with pytest.raises(gitlab.exceptions.GitlabError) as caught:
        call(*arguments, **options)
    return caught.value.response_code


def production(scope="production"):
    return {"filter": {"environment_scope": scope}}


def test_a_project_variable_is_made_read_changed_and_deleted(project):
    project.variables.create({"key": "REGION", "value": "eu", "description": "where"})
    made = project.variables.get("REGION")
    assert (made.value, made.environment_scope, made.masked, made.hidden) == ("eu", "*", False, False)
    assert made.description == "where" and made.variable_type == "env_var"
    project.variables.update("REGION", {"value": "us", "protected": True})
    changed = project.variables.get("REGION")
    assert changed.value == "us" and changed.protected
    project.variables.delete("REGION")
    assert status(project.variables.get, "REGION") == 404
    assert status(project.variables.update, "REGION", {"value": "x"}) == 404
    assert status(project.variables.delete, "REGION") == 404


def test_a_key_in_two_scopes_needs_a_filter(project):
    for scope in ["production", "staging"]:
        project.variables.create({"key": "K", "value": scope, "environment_scope": scope})
    assert status(project.variables.get, "K") == 409
    assert status(project.variables.update, "K", {"value": "x"}) == 409
    assert project.variables.get("K", **production()).value == "production"
    project.variables.update("K", {"value": "new", **production()})
    assert project.variables.get("K", **production()).value == "new"
    assert project.variables.get("K", **production("staging")).value == "staging"
    assert status(project.variables.get, "K", **production("other")) == 404
    assert status(project.variables.update, "K", {"value": "x", **production("other")}) == 404
    project.variables.delete("K", **production())
    assert project.variables.get("K").value == "staging"


def test_the_same_key_and_scope_is_taken(project, checked):
    assert status(project.variables.create, {"key": "AWS_ACCESS_KEY_ID", "value": "x"}) == 400
    reply = checked.post(PROJECT, json={"key": "AWS_ACCESS_KEY_ID", "value": "x"})
    assert reply.json() == {"message": {"key": ["(AWS_ACCESS_KEY_ID) has already been taken"]}}


def test_a_group_put_whose_filter_names_nothing_changes_another_scope(group):
    group.variables.create({"key": "K", "value": "v", "environment_scope": "staging"})
    group.variables.update("K", {"value": "stray", **production()})
    assert group.variables.get("K").value == "stray"
    assert group.variables.get("K").environment_scope == "staging"
    assert status(group.variables.update, "NONE", {"value": "x", **production()}) == 404
    assert status(group.variables.get, "K", **production()) == 404


def test_instance_variables_have_no_scope(lab):
    lab.variables.create({"key": "I", "value": "12345678", "masked": True})
    one = lab.variables.get("I")
    assert one.masked and not hasattr(one, "environment_scope") and not hasattr(one, "hidden")
    lab.variables.update("I", {"value": "87654321"})
    assert lab.variables.get("I").value == "87654321"
    lab.variables.delete("I")
    assert status(lab.variables.get, "I") == 404


def test_what_cannot_be_masked_is_refused(project, checked):
    short = {"key": "M", "value": "short", "masked": True}
    assert checked.post(PROJECT, json=short).json() == {"message": {"value": ["is invalid"]}}
    assert status(project.variables.create, {**short, "value": "has a space!"}) == 400
    assert status(project.variables.create, {**short, "value": "also bad, raw", "raw": True}) == 400
    project.variables.create({**short, "value": "f!ne-{raw}", "raw": True})
    project.variables.create({**short, "key": "AWS", "value": "a" * 30 + "+/+/+/+/+/"})
    assert status(project.variables.update, "AWS", {"value": "no"}) == 400


def test_a_hidden_variable_stays_hidden(project):
    made = project.variables.create({"key": "H", "value": "12345678", "masked_and_hidden": True})
    assert made.value is None and made.masked and made.hidden
    project.variables.update("H", {"value": "abcdefgh"})
    assert project.variables.get("H").value is None
    assert status(project.variables.update, "H", {"masked": False}) == 400


def test_lists_come_in_pages(project, checked):
    for number in range(23):
        project.variables.create({"key": f"N{number}", "value": "v"})
    assert len(project.variables.list(get_all=True, per_page=4)) == 25
    first = checked.get(PROJECT)
    assert len(first.json()) == 20 and first.headers["X-Next-Page"] == "2" and first.headers["X-Total"] == "25"
    assert 'rel="next"' in first.headers["Link"]
    last = checked.get(PROJECT + "?per_page=10&page=3")
    assert len(last.json()) == 5 and last.headers["X-Next-Page"] == "" and last.headers["X-Prev-Page"] == "2"
    assert checked.get(PROJECT + "?per_page=many").status_code == 400


def test_parameters_may_come_in_any_form(checked):
    assert checked.post(PROJECT, data={"key": "F", "value": "1", "environment_scope": "a/b"}).status_code == 201
    assert checked.post(PROJECT, files={"key": (None, "G"), "value": (None, "2")}).json()["value"] == "2"
    assert checked.post(PROJECT + "?key=Q&value=3").json()["value"] == "3"
    form = {"value": "4", "filter[environment_scope]": "a/b"}
    assert checked.put(PROJECT + "/F", data=form).json()["value"] == "4"
    assert checked.delete(PROJECT + "/F?filter%5Benvironment_scope%5D=a%2Fb").status_code == 204


def test_bad_parameters_are_named(checked):
    def error(body):
        return checked.post(PROJECT, json=body).json()

    assert error({"key": "K"}) == {"error": "value is missing"}
    assert error({"key": "K", "value": "v", "masked": "perhaps"}) == {"error": "masked is invalid"}
    assert error({"key": "K", "value": "v", "variable_type": "pipe"}) == {
        "error": "variable_type does not have a valid value"}
    assert error({"key": "a-b", "value": "v"}) == {
        "message": {"key": ["can contain only letters, digits and '_'."]}}
    assert checked.post(PROJECT, json={"key": "  K ", "value": "v"}).json()["key"] == "K"
    broken = checked.post(PROJECT, data="{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


def test_every_reply_tells_the_rate_limit(checked):
    for path in [PROJECT, GROUP, "/api/v4/admin/ci/variables"]:
        assert int(checked.get(path).headers["RateLimit-Remaining"]) > 0


def test_a_client_that_asks_too_often_is_told_to_wait(start, gitlab_contract):
    sandbox = start("--rate-limits")
    checked = gitlab_contract.session(sandbox.gitlab, {"PRIVATE-TOKEN": sandbox.tokens["gitlab"]})
    plain = requests.Session()
    statuses = [plain.get(sandbox.gitlab, timeout=10).status_code for _ in range(2001)]
    assert statuses[0] == 401 and statuses[-1] == 429
    reply = checked.get(GROUP)
    assert reply.status_code == 429 and reply.text == "Retry later\n" and int(reply.headers["Retry-After"]) > 0


def test_the_token_counts_in_each_of_its_places(sandbox):
    token = sandbox.tokens["gitlab"]

    def status(headers=None, query="", path=PROJECT):
        return requests.get(sandbox.gitlab + path + query, headers=headers, timeout=10).status_code

    assert status({"PRIVATE-TOKEN": token}) == status({"Authorization": f"Bearer {token}"}) == 200
    assert status(query=f"?private_token={token}") == 200
    assert status() == status({"PRIVATE-TOKEN": "no"}) == status({"Authorization": f"token {token}"}) == 401
    good = {"PRIVATE-TOKEN": token}
    assert status(good, path="/api/v4/projects/acme/tools/app/variables") == 404
    assert status(good, path="/api/v4/projects/acme%2Fnone/variables") == 404
    assert status(good, path=PROJECT + "/") == 404
    number = requests.patch(sandbox.gitlab + PROJECT, headers=good, timeout=10).status_code
    assert number == 405


def test_what_is_written_is_judged_by_scope(sandbox, project):
    key = sandbox.keys()[0]["id"]
    project.variables.create({"key": "DEPLOY_ID", "value": key, "environment_scope": "production"})
    project.variables.create({"key": "DEPLOY_SECRET", "value": "wrong", "environment_scope": "production"})
    assert sandbox.target("gitlab:acme/tools/app@production") == {
        "AWS_ACCESS_KEY_ID": "absent", "AWS_SECRET_ACCESS_KEY": "absent",
        "DEPLOY_ID": key, "DEPLOY_SECRET": "differs"}
    assert sandbox.target("gitlab:acme/tools/app")["AWS_SECRET_ACCESS_KEY"] == "matches"
