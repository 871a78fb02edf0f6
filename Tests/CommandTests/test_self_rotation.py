"""`self-rotation`: the key that keyturn itself runs with is replaced, where keyturn reads it."""

import re
import signal
import subprocess

import pytest

import world as worlds

OWN = "keyturn-admin"
FILE = """# kept by hand
[other]
aws_access_key_id = AKIAOTHEROTHEROTHER1   ; theirs
aws_secret_access_key = other+secret

[default]
region = us-east-1
aws_access_key_id={id}
  # an indented comment
aws_secret_access_key =   {secret}
"""


@pytest.fixture
def own(world):
    """A world whose keyturn reads its key from a profile, and may replace it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del world.environment[name]
    world.file = world.write(
        ".aws/credentials", FILE.format(id=world.sandbox.accessKeyId, secret=world.sandbox.secretAccessKey), 0o600)
    world.configuration["self-rotation"] = {"user": OWN, "profile": "default"}
    world.save()
    return world


def pair(world):
    """The pair in the file, which is otherwise as it was."""
    text = world.file.read_text()
    key = re.search(r"^aws_access_key_id=(\S+)$", text, re.M).group(1)
    secret = re.search(r"^aws_secret_access_key =   (\S+)$", text, re.M).group(1)
    assert text == FILE.format(id=key, secret=secret)
    assert worlds.mode(world.file) == 0o600
    assert [path.name for path in world.file.parent.iterdir()] == ["credentials"]
    return key, secret


def assert_on_new_key(world, user=OWN):
    """IAM has one key of the user, and it is the one in the file, with its secret."""
    key, secret = pair(world)
    assert world.sandbox.keys(user) == {key: "Active"} and key != world.sandbox.accessKeyId
    assert secret != world.sandbox.secretAccessKey
    world.must("check", "--online")
    for result in world.results:
        assert secret not in result.out + result.err
    return key


def test_a_whole_rotation(own):
    """The others first, then keyturn itself; the delivery is read back."""
    own.must("check", "--online")
    own.must("rotate", "--all", "--wait")
    key = assert_on_new_key(own)
    own.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    (delivery,) = own.status(OWN)["deliveries"]
    assert delivery["target"] == "credentials-file:default" and delivery["evidence"] == "read-back"
    users = [line["user"] for line in own.history()]
    assert users[0] != users[-1] and users == sorted(users), "cicd-bot is through before keyturn-admin begins"
    holds = own.must("status", "--online", "--json").json["users"][-1]["deliveries"][0]["holds"]
    assert holds["role"] == "current" and holds["key"] == key


def test_the_own_key_spreads_late(own):
    """AWS does not know the new key everywhere for some seconds after keyturn has begun to use it: no alarm."""
    process = own.start("rotate", "--wait", "--user", OWN, stderr=subprocess.PIPE, text=True)
    assert worlds.waited_for(lambda: own.sandbox.accessKeyId not in own.file.read_text(), 60)
    late = {
        "service": "aws", "path": "ListAccessKeys|GetAccessKeyLastUsed|UpdateAccessKey", "status": 403, "times": 4,
        "body": "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>The security token included in the request is "
                "invalid.</Message></Error></ErrorResponse>"}
    own.sandbox.fault(**late)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 0 and "blocked" not in log and "InvalidClientTokenId" not in log, log
    assert [entry["status"] for entry in own.sandbox.requests("aws")].count(403) == 4, "the faults have struck"
    assert_on_new_key(own)


def test_a_link(own):
    """The file that it leads to is replaced, not the link."""
    real = own.directory / "real-credentials"
    own.file.rename(real)
    own.file.symlink_to(real)
    own.must("rotate", "--wait", "--user", OWN)
    assert own.file.is_symlink()
    assert set(own.sandbox.keys(OWN)) == {re.search(r"^aws_access_key_id=(\S+)$", real.read_text(), re.M).group(1)}


def test_killed_when_the_file_has_changed(own):
    """The next run goes on with the key that is there already."""
    own.configuration["defaults"]["overlap"] = "2s"
    own.save()
    before = own.file.read_text()
    process = own.start("rotate", "--wait", "--user", OWN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    worlds.waited_for(lambda: own.file.read_text() != before, every=0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    key, _ = pair(own)
    assert own.step_until_idle(user=OWN)["rotation"] == 1
    assert assert_on_new_key(own) == key


def test_keyturn_run_goes_on(own):
    """A process that stays up takes the new key up, rotation after rotation."""
    own.configuration["defaults"]["rotate-every"] = "1s"
    own.configuration["users"] = {}
    own.save()
    process = own.start("run")
    worlds.waited_for(lambda: own.status(OWN)["rotation"] >= 3, seconds=60, every=0.3)
    process.terminate()
    result = own.finish(process)
    assert result.status == 0, str(result)
    assert "InvalidClientTokenId" not in result.err
    own.configuration["defaults"]["rotate-every"] = "24h"
    own.save()
    own.step_until_idle(user=OWN)
    assert_on_new_key(own)


def test_another_key_of_the_same_user(own):
    """keyturn would be cut off: refused, and nothing is changed."""
    own.environment.update(own.sandbox.credentials)
    for arguments in (["rotate", "--all"], ["rotate", "--user", OWN], ["step"]):
        result = own.must(*arguments, status=77)
        assert "cut itself off" in result.err and "the environment" in result.err
    assert "cut itself off" in own.must("check", "--online", status=77).out
    assert own.sandbox.writes() == [] and list(own.sandbox.keys(OWN)) == [own.sandbox.accessKeyId]


@pytest.mark.parametrize("change, words", [
    (lambda path: path.chmod(0o640), "chmod 600"),
    (lambda path: path.write_text(path.read_text() + "aws_session_token = x\n"), "aws_session_token"),
    (lambda path: path.write_text(path.read_text().replace("[default]", "[main]")), "no such profile"),
])
def test_a_file_that_cannot_take_it(own, change, words):
    """Reported before a key is made."""
    own.configuration["aws"]["profile"] = "other"
    own.write(".aws/config", f"[profile other]\nregion = us-east-1\n")
    change(own.file)
    text = own.file.read_text()
    result = own.run("check", "--online")
    assert result.status != 0 and words in result.out, str(result)
    assert own.run("rotate", "--user", OWN).status in (75, 77)
    assert own.file.read_text() == text and list(own.sandbox.keys(OWN)) == [own.sandbox.accessKeyId]


def test_a_leak(own):
    """Replaced and killed; first killed, it could not be replaced."""
    result = own.must("revoke", "--user", OWN, "--now", status=77)
    assert "Without --now" in result.err and list(own.sandbox.keys(OWN)) == [own.sandbox.accessKeyId]
    result = own.must("revoke", own.sandbox.accessKeyId, "--now", status=77)
    assert "Without --now" in result.err and list(own.sandbox.keys(OWN)) == [own.sandbox.accessKeyId]
    own.must("revoke", "--user", OWN)
    assert_on_new_key(own)


def test_without_it(own):
    """The own user is refused, as ever, and the text names the way."""
    del own.configuration["self-rotation"]
    own.configuration["users"][OWN] = {"targets": [{"pusher": "github", "repository": "acme/lib"}]}
    own.save()
    result = own.must("rotate", "--all", status=77)
    assert "cut itself off" in result.err and "self-rotation" in result.err


def test_the_own_key_is_never_killed(world):
    """Also where AWS did not say in time whose key keyturn runs with, and the rotation has begun."""
    world.sandbox.place("github", "acme/own")
    world.configuration["users"] = {OWN: {"targets": [{"pusher": "github", "repository": "acme/own"}]}}
    world.save()
    world.sandbox.fault("aws", path="GetCallerIdentity", status=503, times=3)
    result = world.run("rotate", "--all", "--wait", "--timeout", "20s")
    assert result.status == 77, result
    assert "is a key that keyturn itself runs with" in result.err and "cut itself off" in result.err
    keys = world.sandbox.keys(OWN)
    assert keys[world.sandbox.accessKeyId] == "Active" and len(keys) == 2
    status = world.status(OWN)
    assert status["phase"] == "overlap" and "Let keyturn run with another key" in status["problem"]
    assert status["problem-code"] == "own-key"


def test_the_own_place_is_not_skipped(own):
    """Left out, it would hold a dead key, and no one could bring another one."""
    own.file.chmod(0o644)
    own.configuration["defaults"] |= {"preflight": False}
    own.save()
    own.run("rotate", "--user", OWN)
    assert own.status(OWN)["phase"] == "delivering"
    result = own.must("skip", "credentials-file:default", "--reason", "x", status=77)
    assert "keyturn reads its own key" in result.err
    assert own.status(OWN)["phase"] == "delivering"
