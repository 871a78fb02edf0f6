"""The pusher `webhook`, with the receiver that the documentation gives, as a program of its own."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
import requests

import guides
import leaks
import vendor

SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef"
RECEIVER = guides.EXAMPLES / "webhook" / "receiver.py"
#: Files of the operator's and of the receiver's.
KEPT = ("gitlab.token", "hook.secret", "app.json", "other.json")
PAGE = guides.REPOSITORY / "Plugins" / "Webhook" / "README.md"


class Receiver:
    """The documented receiver, on a port of its own."""

    def __init__(self, directory, secret=SECRET):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, str(RECEIVER), str(directory), "0"], stdout=subprocess.PIPE, stderr=(directory / "log").open("a"),
            text=True, env={**os.environ, "RECEIVER_SECRET": secret})
        self.url = "http://127.0.0.1:" + self.process.stdout.readline().split()[-1]

    def pair(self, name="app"):
        kept = json.loads((self.directory / f"{name}.json").read_text())
        return kept["access-key-id"], kept["secret-access-key"]

    def statuses(self):
        return re.findall(r'" (\d{3}) ', (self.directory / "log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def receiver(tmp_path):
    receiver = Receiver(tmp_path / "received")
    yield receiver
    receiver.stop()


@pytest.fixture
def hooked(make, receiver):
    world = make(users={"cicd-bot": {"targets": [
        {"pusher": "hook", "path": "/hooks/app"}, {"pusher": "hook", "path": "/hooks/other"}]}})
    world.write("hook.secret", SECRET + "\n", 0o600)
    world.configuration["pushers"]["hook"] = {"plugin": "webhook", "token": {"file": "hook.secret"}, "endpoint": receiver.url}
    world.save()
    return world


def assert_holds_the_current_key(world, receiver):
    key = world.status()["keys"][0]["id"]
    for name in ("app", "other"):
        id, secret = receiver.pair(name)
        assert id == key
        vendor.assert_is_a_pair(world, id, secret)


def test_two_rotations(hooked, receiver):
    for _ in range(2):
        hooked.must("rotate", "--wait")
        assert_holds_the_current_key(hooked, receiver)
        assert {delivery["evidence"] for delivery in hooked.deliveries().values()} == {"acknowledged"}
    assert hooked.deliveries().keys() == {"hook:/hooks/app", "hook:/hooks/other"}
    assert set(receiver.statuses()) <= {"200", "204"}
    assert hooked.status()["keys"][0]["id"] in hooked.must("status", "--online").out
    leaks.assert_told_nowhere(hooked, {"token": SECRET, "secret": receiver.pair()[1]}, KEPT)


def test_a_receiver_with_another_secret(hooked, receiver, tmp_path):
    """It refuses checks and pairs, and the old key stays."""
    other = Receiver(tmp_path / "other", SECRET[::-1])
    hooked.configuration["pushers"]["hook"]["endpoint"] = other.url
    hooked.save()
    assert "the receiver refuses the signature" in hooked.run("check", "--online").out
    hooked.configuration["defaults"]["preflight"] = False
    hooked.save()
    assert hooked.run("rotate").status != 0
    assert "Active" in hooked.sandbox.keys().values() and not list((tmp_path / "other").glob("*.json"))
    assert set(other.statuses()) == {"401"}
    other.stop()


def test_check(hooked, receiver):
    checked = hooked.must("check", "--online").out
    assert "the receiver answers, and accepts the signature" in checked
    hooked.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "hook", "path": "/hooks/none"}]
    hooked.save()
    assert "check path" in hooked.run("check", "--online").out
    assert list(receiver.directory.glob("*.json")) == []


def test_what_the_receiver_refuses(receiver, tmp_path):
    """No signature, a changed body, an old time, an older push; by the code that the documentation gives."""
    import hashlib
    import hmac
    import time

    def send(body, at=None, secret=SECRET, changed=None):
        at = int(time.time()) if at is None else at
        code = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return requests.post(
            receiver.url + "/hooks/app", data=changed or body, headers={"Keyturn-Signature": f"t={at},v1={code}"}, timeout=10).status_code

    push = json.dumps({"access-key-id": "AKIAONE", "secret-access-key": "one"}).encode()
    now = int(time.time())
    assert requests.post(receiver.url + "/hooks/app", data=push, timeout=10).status_code == 401
    assert send(push, secret="x" * 16) == 401 and send(push, changed=push + b" ") == 401
    assert send(push, at=now - 400) == 401 and send(push, at=now + 400) == 401
    assert list(receiver.directory.glob("*.json")) == []
    assert send(push, at=now) == 204 and send(push, at=now) == 204
    assert send(push, at=now - 100) == 409


def test_an_address_that_is_a_secret(hooked, receiver):
    """It is in no output, also where the receiver is not there."""
    endpoint = receiver.url.replace("127.0.0.1", "localhost")
    hooked.environment["HOOK_URL"] = endpoint
    hooked.configuration["pushers"]["hook"]["endpoint"] = {"env": "HOOK_URL"}
    hooked.save()
    hooked.must("rotate", "--wait")
    assert_holds_the_current_key(hooked, receiver)
    leaks.assert_told_nowhere(hooked, {"endpoint": endpoint}, KEPT)
    hooked.environment["HOOK_URL"] = "https://token-0123456789.invalid/path-0123456789"
    told = hooked.run("check", "--online")
    assert told.status != 0
    for part in ("token-0123456789", "path-0123456789"):
        assert part not in told.out + told.err
    hooked.environment["HOOK_URL"] = "http://token-0123456789.invalid/path-0123456789"
    told = hooked.run("check", "--online")
    assert told.status != 0 and "token-0123456789" not in told.out + told.err


def test_other_plugins_have_their_address_written_out(world):
    """It says which service gets the token."""
    world.environment["GITLAB_URL"] = world.configuration["pushers"]["gitlab"]["endpoint"]
    world.configuration["pushers"]["gitlab"]["endpoint"] = {"env": "GITLAB_URL"}
    world.save()
    assert "must be written here" in world.must("check", status=78).err


def test_the_page_shows_the_check_of_the_receiver():
    """The code in the README is the code that is tested."""
    (shown,) = guides.blocks(PAGE.read_text(), "python")
    assert shown.strip() in RECEIVER.read_text()


@pytest.mark.parametrize("target, words", [({}, "path"), ({"path": "hooks"}, "path"), ({"path": "/a?b"}, "path")])
def test_a_target_that_cannot_be(hooked, target, words):
    hooked.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "hook", **target}]
    hooked.save()
    result = hooked.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err


def test_a_secret_that_is_too_short(hooked):
    pathlib.Path(hooked.directory / "hook.secret").write_text("short")
    assert "openssl rand -hex 32" in hooked.run("check", "--online").out + hooked.run("check", "--online").err
