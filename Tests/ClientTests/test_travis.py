"""Travis CI has no client to borrow; every reply here is checked against the contract."""

import threading

import pytest
import requests

VARIABLES = "/repo/acme%2Fapp/env_vars"


@pytest.fixture
def travis(sandbox, travis_contract):
    return session(sandbox, travis_contract)


def session(sandbox, contract):
    headers = {"Authorization": f"token {sandbox.tokens['travis']}", "Travis-API-Version": "3"}
    return contract.session(sandbox.travis, headers)


def variable(name):
    return f"/repo/acme%2Fapp/env_var/{name}"


def ids(travis):
    return {entry["name"]: entry["id"] for entry in travis.get(VARIABLES).json()["env_vars"]}


def error(response):
    return response.status_code, response.json()["error_type"]


def test_a_private_value_is_never_shown(travis):
    for entry in travis.get(VARIABLES).json()["env_vars"]:
        assert "value" not in entry and entry["public"] is False


def test_a_variable_is_made_changed_and_deleted(travis, sandbox):
    body = {"env_var.name": "REGION", "env_var.value": "eu", "env_var.public": True}
    made = travis.post(VARIABLES, json=body)
    assert made.status_code == 201 and made.json()["value"] == "eu" and made.json()["branch"] is None
    one = variable(made.json()["id"])
    assert travis.patch(one, json={"env_var.value": "us"}).json()["value"] == "us"
    assert travis.get(one).json()["value"] == "us"
    assert travis.delete(one).status_code == 204
    assert error(travis.get(one)) == (404, "not_found")
    assert error(travis.patch(one, json={})) == (404, "not_found")


def test_forms_and_both_names_of_a_repository_are_understood(travis):
    number = travis.get(VARIABLES).json()["@href"].split("/")[2]
    form = {"env_var.name": "A", "env_var.value": "1", "env_var.public": "true"}
    made = travis.post(f"/repo/github/{number}/env_vars", data=form)
    assert made.status_code == 201 and made.json()["value"] == "1"
    parts = {name: (None, value) for name, value in {**form, "env_var.name": "B"}.items()}
    made = travis.post("/repo/github/acme%2fapp/env_vars", files=parts)
    assert made.status_code == 201 and made.json()["name"] == "B" and made.json()["value"] == "1"


def test_a_nested_body_is_ignored_with_a_warning(travis):
    nested = {"env_var": {"name": "A", "value": "1"}}
    assert error(travis.post(VARIABLES, json=nested)) == (422, "unprocessable_entity")
    assert error(travis.post(VARIABLES, json={"name": "A"})) == (422, "unprocessable_entity")
    one = variable(ids(travis)["AWS_ACCESS_KEY_ID"])
    warning = travis.patch(one, json=nested).json()["@warnings"][0]
    assert warning["warning_type"] == "ignored_parameter" and warning["parameter"] == "env_var"


def test_a_second_variable_of_the_same_name_and_branch_is_refused(travis):
    assert error(travis.post(VARIABLES, json={"env_var.name": "AWS_ACCESS_KEY_ID"})) == (409, "duplicate_resource")
    branch = {"env_var.name": "AWS_ACCESS_KEY_ID", "env_var.branch": "main"}
    assert travis.post(VARIABLES, json=branch).json()["branch"] == "main"


def test_lists_can_be_minimal_and_links_follow_the_prefix(travis, sandbox):
    minimal = travis.get(VARIABLES + "?representation=minimal").json()
    assert minimal["@representation"] == "minimal" and "@permissions" not in minimal["env_vars"][0]
    assert error(travis.get(VARIABLES + "?representation=large")) == (400, "wrong_params")
    assert error(travis.get(VARIABLES + "?include=nonsense")) == (400, "wrong_params")
    travis.headers.pop("Travis-API-Version")
    assert travis.get("/v3" + VARIABLES).json()["@href"].startswith("/v3/repo/")


def test_the_word_before_the_token_counts(sandbox):
    def refusal(authorization):
        headers = {"Travis-API-Version": "3"} | ({"Authorization": authorization} if authorization else {})
        reply = requests.get(sandbox.travis + VARIABLES, headers=headers, timeout=10)
        return reply.status_code, reply.json()["error_type"] if "json" in reply.headers["Content-Type"] else reply.text

    token = sandbox.tokens["travis"]
    assert refusal(None) == (403, "login_required")
    assert refusal(f"Bearer {token}") == refusal(f"Token {token}") == (403, "wrong_credentials")
    assert refusal("token wrong") == (403, "access denied")
    basic = requests.get(sandbox.travis + VARIABLES, headers={"Travis-API-Version": "3"}, auth=(token, ""), timeout=10)
    assert basic.status_code == 200


def test_raw_slashes_other_methods_and_other_versions_do_not_pass(sandbox, travis):
    headers = dict(travis.headers)

    def status(method, path, **drop):
        kept = {name: value for name, value in headers.items() if name not in drop.get("without", ())}
        return requests.request(method, sandbox.travis + path, headers=kept, timeout=10).status_code

    assert status("GET", "/repo/acme/app/env_vars") == 404
    assert status("GET", VARIABLES + "/") == 404
    assert status("GET", "/repo/acme%2Fother/env_vars") == 404
    assert status("PUT", VARIABLES) == 405
    assert status("GET", VARIABLES, without=["Travis-API-Version"]) == 404
    agentless = requests.Request("GET", sandbox.travis + VARIABLES, headers=headers).prepare()
    agentless.headers["User-Agent"] = ""
    assert requests.Session().send(agentless, timeout=10).status_code == 400


def test_writers_of_one_repository_overwrite_each_other(start, travis_contract):
    sandbox = start("--latency", 200)
    travis = session(sandbox, travis_contract)
    names = ids(travis)
    gone = [
        threading.Thread(target=session(sandbox, travis_contract).delete, args=(variable(one),))
        for one in names.values()
    ]
    for thread in gone:
        thread.start()
    for thread in gone:
        thread.join()
    assert len(ids(travis)) == 1


def test_more_than_fifty_posts_ban_a_client(sandbox, travis):
    for number in range(50):
        assert travis.post(VARIABLES, json={"env_var.name": f"N{number}"}).status_code == 201
    assert travis.post(VARIABLES, json={"env_var.name": "ONE_MORE"}).status_code == 403
    assert travis.get(VARIABLES).text == "Forbidden\n"
    sandbox.clear_faults()
    assert travis.get(VARIABLES).status_code == 200


def test_what_is_written_is_judged(sandbox, travis):
    secret = variable(ids(travis)["AWS_SECRET_ACCESS_KEY"])
    assert sandbox.target("travis:acme/app") == {
        "AWS_ACCESS_KEY_ID": sandbox.keys()[0]["id"], "AWS_SECRET_ACCESS_KEY": "matches"}
    travis.patch(secret, json={"env_var.value": "torn"})
    assert sandbox.target("travis:acme/app")["AWS_SECRET_ACCESS_KEY"] == "differs"
    travis.delete(secret)
    assert sandbox.target("travis:acme/app")["AWS_SECRET_ACCESS_KEY"] == "absent"
