"""The control port: what it shows, and what it breaks."""

import signal
import time

import pytest
import requests

PATH = "/repos/acme/app/actions/secrets"


def get(sandbox, path=PATH):
    headers = {"Authorization": f"Bearer {sandbox.tokens['github']}"}
    return requests.get(sandbox.github + path, headers=headers, timeout=10)


def test_faults_strike_as_often_as_they_should(sandbox):
    sandbox.fault("github", method="GET", path="secrets$", status=503, times=2, retryAfter=7)
    assert [get(sandbox).status_code for _ in range(3)] == [503, 503, 200]
    sandbox.fault("github", status=429, times=0, retryAfter=7, headers={"x-ratelimit-remaining": "0"})
    reply = get(sandbox)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert reply.headers["x-ratelimit-remaining"] == "0"
    sandbox.clear_faults()
    assert get(sandbox).status_code == 200


def test_a_fault_for_another_path_method_or_service_does_not_strike(sandbox):
    sandbox.fault("github", method="PUT", status=500)
    sandbox.fault("github", path="^/orgs/", status=500)
    sandbox.fault("gitlab", status=500)
    assert get(sandbox).status_code == 200


def test_connections_end_and_replies_are_garbage(sandbox):
    sandbox.fault("github", close=True)
    with pytest.raises(requests.ConnectionError):
        get(sandbox)
    sandbox.fault("github", garbage=True)
    with pytest.raises(requests.JSONDecodeError):
        get(sandbox).json()
    sandbox.fault("github", delayMilliseconds=300)
    begun = time.monotonic()
    assert get(sandbox).status_code == 200 and time.monotonic() - begun >= 0.3


def test_a_lost_reply_leaves_its_effect(sandbox):
    headers = {"PRIVATE-TOKEN": sandbox.tokens["gitlab"]}
    url = sandbox.gitlab + "/api/v4/projects/acme%2Fapp/variables"
    sandbox.fault("gitlab", method="POST", status=502, afterEffect=True)
    body = {"key": "K", "value": "v"}
    assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 502
    assert requests.get(f"{url}/K", headers=headers, timeout=10).json()["value"] == "v"


def test_requests_are_logged_without_their_secrets(sandbox):
    get(sandbox)
    sandbox.fault("github", close=True)
    with pytest.raises(requests.ConnectionError):
        get(sandbox)
    log = sandbox.requests()
    moments = [entry.pop("milliseconds") for entry in log]
    assert moments == sorted(moments) and moments[0] >= 0
    assert log == [
        {"n": 1, "service": "github", "method": "GET", "path": PATH, "status": 200},
        {"n": 2, "service": "github", "method": "GET", "path": PATH, "status": 0},
    ]
    assert requests.post(sandbox.control + "/requests/clear", timeout=10).status_code == 204
    assert sandbox.requests() == []


def test_users_and_places_are_made(sandbox):
    def post(to, **body):
        return requests.post(sandbox.control + to, json=body, timeout=10)

    made = post("/users", name="x", keys=2).json()["keys"]
    assert [key["id"] for key in sandbox.keys("x")] == made
    assert post("/users", name="x").status_code == 409 and post("/users", name="y", keys=3).status_code == 400
    for service in ["travis", "gitlab", "github"]:
        assert post("/places", service=service, name="acme/other", user="x").status_code == 201
        assert sandbox.target(f"{service}:acme/other")["AWS_ACCESS_KEY_ID"] == made[0]
        assert post("/places", service=service, name="acme/other").status_code == 409
    assert post("/places", service="aws", name="x").status_code == 400
    assert post("/faults", service="github", path="(").status_code == 400
    assert post("/faults", service="github", statsu=500).status_code == 400


def test_more_users_and_targets_hold_pairs_that_match(start):
    sandbox = start("--targets", 3, "--users", 2)
    assert sandbox.users == ["cicd-bot", "ci-1", "ci-2"]
    assert sandbox.places["travis"][-1] == "acme/app-3" and sandbox.places["gitlab"][:2] == ["acme/tools/app", "acme/app"]
    for service in ["travis", "gitlab", "github"]:
        held = sandbox.target(f"{service}:acme/app-2")
        assert held == {"AWS_ACCESS_KEY_ID": sandbox.keys("ci-2")[0]["id"], "AWS_SECRET_ACCESS_KEY": "matches"}


def test_no_secret_is_shown(sandbox):
    text = str(sandbox.state()) + str(sandbox.requests())
    assert sandbox.secretAccessKey not in text
    assert not any(token in text for token in sandbox.tokens.values())


def test_a_body_over_the_limit_is_refused(sandbox):
    reply = requests.post(sandbox.control + "/users", data=b"x" * ((1 << 20) + 1), timeout=10)
    assert reply.status_code == 413


def test_it_ends_when_standard_input_closes(start):
    sandbox = start()
    sandbox.process.stdin.close()
    assert sandbox.process.wait(timeout=5) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_on_a_signal(start, number):
    sandbox = start()
    sandbox.process.send_signal(number)
    assert sandbox.process.wait(timeout=2) == 0
