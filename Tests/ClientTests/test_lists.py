"""What lists places, held against what the services document: the stand-ins answer with no more, and nothing else."""

import pytest

from contract import published as contract


@pytest.fixture
def furnished(sandbox):
    """A place of each kind, with something in it."""
    pair = [{"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"}, {"name": "AWS_SECRET_ACCESS_KEY", "value": "s"}]
    sandbox._control("POST", "/plants", [
        {"service": service, "place": place, **entry, **more}
        for service, place, more in [
            ("github", "acme", {"visibility": "all"}), ("github", "acme", {"kind": "agents", "visibility": "all"}),
            ("github", "acme", {"variable": True, "visibility": "all"}),
            ("github", "acme", {"kind": "agents", "variable": True, "visibility": "all"}),
            ("github", "acme", {"kind": "dependabot", "visibility": "all"}),
            ("github", "acme", {"kind": "codespaces", "visibility": "all"}),
            ("github", "acme/app", {"kind": "agents"}), ("github", "acme/app", {"kind": "agents", "variable": True}),
            ("github", "acme/app@prod", {"variable": True}), ("gitlab", "acme/tools", {"group": True}),
            ("gitlab", "acme/tools/app", {"schedule": "nightly"}), ("travis", "acme", {"public": True})]
        for entry in pair])
    return sandbox


@pytest.mark.parametrize("path", [
    "/orgs/acme/repos", "/users/acme/repos", "/user/repos", "/orgs/acme/actions/permissions", "/orgs/acme/actions/variables",
    "/orgs/acme/agents/secrets", "/orgs/acme/agents/variables", "/orgs/acme/dependabot/secrets", "/orgs/acme/codespaces/secrets",
    "/repos/acme/app/agents/secrets", "/repos/acme/app/agents/variables", "/repos/acme/app/dependabot/secrets",
    "/repos/acme/app/environments/prod/variables",
])
def test_github(furnished, path):
    session = contract("github-find").session(
        furnished.github, {"Authorization": f"Bearer {furnished.tokens['github']}", "User-Agent": "keyturn"})
    assert session.get(path).status_code == 200


def test_github_says_which_repositories_run_workflows(furnished):
    session = contract("github-find").session(
        furnished.github, {"Authorization": f"Bearer {furnished.tokens['github']}", "User-Agent": "keyturn"})
    assert session.get("/orgs/acme/actions/permissions").json()["enabled_repositories"] == "all"
    furnished._control("POST", "/plants", [{"service": "github", "place": "acme", "actions": "none"}])
    assert session.get("/orgs/acme/actions/permissions").json()["enabled_repositories"] == "none"


@pytest.mark.parametrize("path", [
    "/api/v4/projects?pagination=keyset&order_by=id&sort=asc", "/api/v4/groups?all_available=true",
    "/api/v4/groups/acme/projects?include_subgroups=true&with_shared=false", "/api/v4/groups/acme/descendant_groups",
    "/api/v4/projects/acme%2Ftools%2Fapp", "/api/v4/projects/acme%2Ftools%2Fapp/pipeline_schedules",
    "/api/v4/projects/acme%2Ftools%2Fapp/pipeline_schedules/1",
])
def test_gitlab(furnished, path):
    session = contract("gitlab-find").session(furnished.gitlab, {"PRIVATE-TOKEN": furnished.tokens["gitlab"]})
    assert session.get(path).status_code == 200


def test_gitlab_shows_a_schedules_variables_only_to_whom_it_may(furnished):
    session = contract("gitlab-find").session(furnished.gitlab, {"PRIVATE-TOKEN": furnished.tokens["gitlab"]})
    path = "/api/v4/projects/acme%2Ftools%2Fapp/pipeline_schedules"
    assert "variables" not in session.get(path).json()[0]
    assert len(session.get(f"{path}/1").json()["variables"]) == 2
    furnished._control("POST", "/plants", [
        {"service": "gitlab", "place": "acme/tools/app", "schedule": "nightly", "name": "X", "readable": False}])
    assert "variables" not in session.get(f"{path}/1").json()


@pytest.mark.parametrize("path", ["/owner/acme", "/owner/acme?include=owner.repositories", "/repo/acme%2Fapp"])
def test_travis(furnished, path):
    session = contract("travis-find").session(
        furnished.travis, {"Authorization": f"token {furnished.tokens['travis']}", "Travis-API-Version": "3"})
    assert session.get(path).status_code == 200


def test_travis_has_no_variables_to_include(furnished):
    session = contract("travis-find").session(
        furnished.travis, {"Authorization": f"token {furnished.tokens['travis']}", "Travis-API-Version": "3"})
    assert session.get("/owner/acme?include=repository.env_vars").status_code == 400
