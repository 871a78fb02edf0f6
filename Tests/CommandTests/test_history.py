"""History as evidence: who did what, and whether the lines are still those that keyturn wrote."""

import getpass
import hashlib
import json
import os
import re
import socket
import sqlite3

import shapes
import state


def tamper(world, sql):
    with sqlite3.connect(world.database) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.executescript(sql)
    database.close()


def change(world, number):
    """Another key in one line."""
    tamper(world, "UPDATE line SET content = CAST(replace(CAST(content AS TEXT), 'cicd-bot', 'cicd-bat') AS BLOB) "
                  f"WHERE number = {number}")


def verdict(world, *options, status=0):
    return world.must("history", "verify", "--json", *options, status=status).json


def chained(world):
    """The chain as the guide describes it, computed by another program: the hashes, and the head over all users."""
    with state.connected(world.database) as connection:
        (user,) = [name for name, in connection.execute("SELECT name FROM user")]
        record = bytes(connection.execute("SELECT record FROM user").fetchone()[0]).partition(b"\n")[2]
        previous = json.loads(record)["chain"]["prunedHash"]
        links = []
        for number, stored, text in state.lines(connection, user):
            previous = hashlib.sha256(previous.encode() + text).hexdigest()
            links.append((number, previous, stored, json.loads(text)["at"]))
    number, computed, _, at = links[-1]
    end = f"{user}\n{number} {computed}\n".encode()
    return links, f"{at}:{hashlib.sha256(end).hexdigest()}"


def test_who_did_what(world):
    """Each line: the command, the machine, the user of the process."""
    world.must("step")
    world.must("rotate", "--wait")
    document = world.must("history", "--json").json
    shapes.check_history(document)
    assert document["has-older"] is False
    lines = document["history"]
    assert {line["by"]["command"] for line in lines} == {"step", "rotate"}
    (order,) = [line for line in lines if line["event"] == "requested"]
    assert order["by"]["command"] == "rotate" and order["by"]["host"] == socket.gethostname()
    assert order["by"]["uid"] == os.getuid() and order["by"]["name"] == getpass.getuser()
    delivered = [line for line in lines if line["event"] == "delivered"]
    assert {line["target"] for line in delivered} == set(world.deliveries())
    assert all(line["key"] and line["evidence"] for line in delivered)
    assert f"{getpass.getuser()}" in world.must("history", "--verbose").out
    host = socket.gethostname()
    assert re.search(rf"  cicd-bot  (\S+ as )?{getpass.getuser()} on {host} asked to rotate\n", world.must("history").out)


def test_a_state_that_does_not_exist_yet(world):
    """It is not shown as one without rotations; looking does not make it, and JSON is what it always is."""
    words = f"The state at {world.database} does not exist yet: `keyturn run` or `keyturn step` makes it.\n"
    assert world.must("history").out == words
    assert world.must("status").out.startswith(words + "cicd-bot  idle, no rotation yet\n")
    assert world.must("history", "--json").json == {"history": [], "has-older": False}
    assert list(world.must("status", "--json").json) == ["users"]
    assert not world.database.exists()
    world.must("step")
    for command in ("status", "history"):
        assert "does not exist yet" not in world.must(command).out


def test_the_lines_that_are_wanted(world):
    """--since, --until, --target, --key, --user, --limit."""
    world.must("rotate", "--wait")
    every = world.history()

    def found(*options):
        return world.must("history", "--json", *options).json

    assert found("--target", "travis:acme/app")["history"] == [
        line for line in every if line.get("target") == "travis:acme/app"] != []
    key = every[-2]["key"]
    assert found("--key", key)["history"] == [line for line in every if line.get("key") == key] != []
    assert found("--since", "1h")["history"] == every and found("--until", "1h")["history"] == []
    assert found("--until", "2020-01-01")["history"] == [] and found("--since", "2020-01-01T00:00:00Z")["history"] == every
    assert found("cicd-bot") == found("--user", "cicd-bot") == found("-u", "cicd-bot")
    assert "has no user `verfy`; it has: cicd-bot; the command is `keyturn history verify`" in world.must("history", "verfy", status=1).err
    assert "there is no target `travis:acme/ap`; did you mean `travis:acme/app`?" in world.must(
        "history", "--target", "travis:acme/ap", status=1).err
    assert found("--limit", "2") == {"history": every[-2:], "has-older": True}
    for words in (["--since", "yesterday"], ["--until", "2026-13-01"], ["--limit", "0"]):
        assert words[0] in world.must("history", *words, status=64).err


def test_an_untouched_history_verifies(world):
    """By keyturn, and by a program that knows only the description of the chain."""
    world.must("rotate", "--wait")
    found = verdict(world)
    assert found["ok"] and found["is-end-checked"] and found["faults"] == [] and found["lines"] == len(world.history())
    links, head = chained(world)
    assert all(computed == stored for _, computed, stored, _ in links) and found["head"] == head
    told = world.must("history", "verify").out
    assert f"{found['lines']} lines are as they were written" in told and found["head"] in told
    world.must("rotate", "--wait")
    assert verdict(world, "--head", found["head"])["ok"]


def test_what_was_done_to_it_is_found(world):
    """Changed and removed lines, also at the end, also after keyturn went on; pipelines get their keys all the same."""
    world.must("rotate", "--wait")
    head = verdict(world)["head"]
    last = len(world.history())
    tamper(world, f"DELETE FROM line WHERE number > {last - 2}")
    found = verdict(world, "--head", head, status=1)
    assert any("missing at the end" in fault["text"] for fault in found["faults"])
    assert any("is not part of this history" in fault["text"] for fault in found["faults"])
    result = world.must("rotate", "--wait")
    world.assert_holds_only(world.deliveries())
    assert "the history is not as keyturn wrote it" in world.must("history").out, str(result)
    change(world, 3)
    result = world.must("history", "verify", status=1)
    assert "cicd-bot, line 3: it was changed" in result.out and "keyturn found then" in result.out


def test_a_copy_without_the_seal_key(world):
    """The chain can be followed; that its end is not checked is said."""
    world.must("rotate", "--wait")
    (world.directory / "seal.key").rename(world.directory / "elsewhere.key")
    assert "seal" in world.must("history", "verify", status=78).err
    found = verdict(world, "--without-seal-key")
    assert found["ok"] and not found["is-end-checked"]
    change(world, 5)
    assert verdict(world, "--without-seal-key", status=1)["faults"][0]["line"] == 5


def test_a_head_that_is_none(world):
    """64, with what it should be."""
    assert "MILLISECONDS:HASH" in world.must("history", "verify", "--head", "12", status=64).err


def test_retention(world):
    """`history: { keep: 1s }`: old lines go, one says so, and the rest verifies."""
    world.must("rotate", "--wait")
    before = world.history()
    world.configuration["history"] = {"keep": "1s"}
    world.save()
    # The times in the rows are what keyturn goes by: no test waits for them.
    world.must("rotate", "--wait")
    lines = world.history()
    (pruned,) = [line for line in lines if line["event"] == "history-pruned"]
    assert lines[0]["id"] > before[0]["id"] and pruned["by"]["command"] == "rotate"
    found = verdict(world)
    assert found["ok"] and found["pruned-lines"] == lines[0]["id"] - 1
    for wrong in ({"keep": "soon"}, {"kept": "1d"}):
        world.configuration["history"] = wrong
        world.save()
        assert "keyturn.yaml:" in world.must("status", status=78).err


def test_sqlite_refuses_to_change_a_line(world):
    """A hand that slips in the shell of SQLite changes nothing."""
    world.must("step")
    database = sqlite3.connect(world.database)
    for sql in ("UPDATE line SET content = x''", "DELETE FROM line"):
        try:
            database.execute(sql)
            raise AssertionError(f"{sql} was done")
        except sqlite3.IntegrityError as error:
            assert "only added to" in str(error)
    database.close()
    assert json.loads(world.must("history", "verify", "--json").out)["ok"]
