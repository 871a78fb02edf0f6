"""A state that cannot be used, AWS that refuses or is away: reported with the right status, and nothing is changed."""

import pathlib
import socket
import sqlite3

import pytest


def bytes_of(path):
    return {file.name: file.read_bytes() for file in pathlib.Path(path).iterdir()}


def refuses(world, words, status=78, commands=("rotate", "step", "status", "history", "plan")):
    """Each command says so; the state's files stay as they are, and no one is asked."""
    before = bytes_of(world.database.parent)
    world.sandbox.clear_requests()
    for command in commands:
        result = world.must(command, status=status)
        assert result.out == ""
        for word in words:
            assert word in result.err, result.err
        assert result.err.count("\n") == 1
    assert bytes_of(world.database.parent) == before
    assert world.sandbox.requests() == []


def test_another_programs_database(world):
    """A SQLite file without keyturn's mark."""
    with sqlite3.connect(world.database) as database:
        database.execute("CREATE TABLE songs (name TEXT)")
    database.close()
    refuses(world, ["keyturn.db"])


def test_a_directory(world):
    """A directory in the state's place."""
    world.database.mkdir()
    result = world.run("rotate")
    assert result.status in (1, 78) and "keyturn.db" in result.err
    assert world.sandbox.requests() == []


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "emptied pages"])
def test_a_damaged_state(world, damage):
    """After a rotation: cut off, or overwritten in the middle."""
    world.must("rotate", "--wait")
    data = world.database.read_bytes()
    for file in world.database.parent.iterdir():
        if file != world.database:
            file.unlink()
    half = len(data) // 2
    world.database.write_bytes({
        "truncated": data[:half], "overwritten": data[:4096] + b"\xa5" * (len(data) - 4096),
        "emptied pages": data[:4096] + bytes(len(data) - 4096)}[damage])
    keys = world.sandbox.keys()
    world.sandbox.clear_requests()
    for command in ("rotate", "status", "step"):
        result = world.must(command, status=78)
        assert "keyturn.db" in result.err and result.err.count("\n") == 1
    assert world.sandbox.requests() == [] and world.sandbox.keys() == keys


def test_a_state_of_a_newer_keyturn(world):
    """A schema that this one does not know is left alone."""
    world.must("step")
    database = sqlite3.connect(world.database)
    (version,) = database.execute("PRAGMA user_version").fetchone()
    database.execute(f"PRAGMA user_version = {version + 100}")
    database.close()
    world.sandbox.clear_requests()
    for command in ("rotate", "status"):
        assert "newer" in world.must(command, status=78).err
    assert world.sandbox.requests() == []


def test_a_state_from_before_the_first_release(world):
    """Said plainly, with what to do; looked at and left alone."""
    world.must("step")
    database = sqlite3.connect(world.database)
    database.execute("PRAGMA user_version = 3")
    database.close()
    world.sandbox.clear_requests()
    for command in ("rotate", "status"):
        assert "before the first release" in world.must(command, status=78).err
    assert world.sandbox.requests() == []


def test_a_state_that_cannot_be_written(world):
    """A directory of someone else's, as far as one who is not root can have one."""
    world.configuration["state"] = "sqlite:/proc/keyturn.db"
    world.save()
    result = world.run("rotate")
    assert result.status in (1, 78) and "/proc/keyturn.db" in result.err
    assert world.sandbox.requests() == []


def test_lost_state_is_not_guessed_at(world):
    """State removed in the middle of a rotation: two keys that no one accounts for, and neither is touched."""
    world.sandbox.fault("github", method="PUT", status=503, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    world.must("rotate", status=75)
    keys = world.sandbox.keys()
    for file in world.database.parent.iterdir():
        file.unlink()
    result = world.must("step", status=1)
    assert all(key in result.out + result.err for key in keys)
    assert world.sandbox.keys() == keys and set(keys.values()) == {"Active"}


@pytest.mark.parametrize("environment, words", [
    ({"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}, []),
    ({"AWS_SECRET_ACCESS_KEY": "x" * 40}, []),
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, ["credentials"]),
], ids=["unknown key", "wrong secret", "none"])
def test_refused_credentials(world, environment, words):
    """Status 77, for each command that asks AWS; no key is made, nothing is pushed."""
    (old,) = world.sandbox.keys()
    for command in ("rotate", "step"):
        result = world.must(command, status=77, environment=environment)
        assert any(word in result.out + result.err for word in words) or not words
    assert world.sandbox.keys() == {old: "Active"} and world.sandbox.writes() == []


def test_a_permission_that_is_missing(world):
    """IAM says AccessDenied to CreateAccessKey: 77, and the operation is named."""
    world.sandbox.fault("aws", path="CreateAccessKey", status=403, times=0)
    result = world.must("rotate", status=77)
    assert "CreateAccessKey" in result.err and "AccessDenied" in result.err
    assert len(world.sandbox.keys()) == 1 and world.sandbox.writes() == []


def test_aws_is_away(world):
    """Nobody listens at the endpoint: 69."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        world.configuration["aws"]["endpoint-url"] = f"http://127.0.0.1:{taken.getsockname()[1]}"
        world.save()
        world.must("rotate", status=69)
    assert world.sandbox.writes() == []


def test_aws_answers_rubbish(world):
    """Something that is not IAM: failed, with the operation, and nothing is made of it."""
    world.sandbox.fault("aws", path="ListAccessKeys", garbage=True, times=0)
    result = world.run("rotate")
    assert result.status in (1, 69) and "ListAccessKeys" in result.err
    assert len(world.sandbox.keys()) == 1 and world.sandbox.writes() == []


def test_a_user_that_iam_does_not_have(make):
    """Named, with status 1."""
    world = make(users={"ghost": {"targets": [{"pusher": "travis", "repository": "acme/app"}]}})
    result = world.must("rotate", status=1)
    assert "ghost" in result.err


@pytest.mark.parametrize("service, target", [
    ("travis", "travis:acme/app"), ("gitlab", "gitlab:acme/tools/app"), ("github", "github:acme/app")])
def test_check_finds_a_refused_token(world, service, target):
    """`check --online` says which target's token is refused, and that the others are fine: 77."""
    world.write("wrong.token", "wrong-token-1234567890", 0o600)
    world.configuration["pushers"][service]["token"] = {"file": "wrong.token"}
    world.save()
    result = world.must("check", "--online", "--json", status=77, timeout=5)
    assert [line["subject"] for line in result.json["checks"] if not line["ok"]] == [f"target {target}"]
    assert world.sandbox.writes() == []


@pytest.mark.parametrize("change, status", [
    ({"endpoint-url": "http://127.0.0.1:9"}, 69), ({"profile": "nobody"}, 77)], ids=["away", "no profile"])
def test_check_finds_what_is_wrong_with_aws(world, change, status):
    """`check --online` has the exit status of what it found."""
    world.configuration["aws"].update(change)
    world.save()
    world.must("check", "--online", status=status, timeout=8)
