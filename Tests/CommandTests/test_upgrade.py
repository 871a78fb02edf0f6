"""A state of an earlier keyturn: looked at as it is, migrated with a backup by what works on it."""

import pathlib
import re
import sqlite3
import stat

import pytest

import world as worlds


FROZEN = pathlib.Path(__file__).parent / "states" / "layout-1.sql"
USER = "frozen-bot"
TARGETS = [
    {"pusher": "travis", "repository": "acme/frozen"}, {"pusher": "gitlab", "project": "acme/frozen"},
    {"pusher": "github", "repository": "acme/frozen"}]


def thaw(world, lines=0):
    """The state as it was left in the middle of a rotation: GitHub alone has not got the new key."""
    text = FROZEN.read_text()

    def find(pattern):
        return re.search(pattern, text).group(1)

    old, new = find(r"-- old key: (\S+)"), find(r"-- new key: (\S+)")
    secret = find(r"-- new key: \S+ (\S+)")
    world.write("seal.key", find(r"-- seal key: (\S+)") + "\n", 0o600)
    world.sandbox.add_user(USER, [{"id": old, "secret": "o" * 40}, {"id": new, "secret": secret}])
    for service in ("travis", "gitlab", "github"):
        world.sandbox.place(service, "acme/frozen", user=USER)
    world.configuration["users"] = {USER: {"targets": TARGETS, "rotate-every": "36500d"}}
    world.save()
    database = sqlite3.connect(world.database)
    database.executescript(text)
    database.executemany(
        "INSERT INTO history (at, user, rotation, kind, detail) VALUES (1, 'long-ago', 1, 'held', ?)",
        ((f"line {number}",) for number in range(lines)))
    database.commit()
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    return old, new


def ask(path, sql):
    database = sqlite3.connect(path)
    try:
        return database.execute(sql).fetchone()[0]
    finally:
        database.close()


def backups(world):
    return sorted(world.database.parent.glob("*.bak"))


@pytest.fixture
def frozen(make):
    return make()


def test_the_rotation_goes_on_after_the_migration(frozen):
    """The sealed pair is opened, pushed to the target that lacked it, and the old key goes."""
    old, new = thaw(frozen)
    assert frozen.status(USER)["phase"] == "delivering"
    result = frozen.must("step")
    (backup,) = backups(frozen)
    assert str(backup) in result.err and "had layout 1" in result.err
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600 and ask(backup, "PRAGMA user_version") == 1
    frozen.step_until_idle(user=USER)
    assert set(frozen.sandbox.keys(USER)) == {new}
    # Only GitHub was left to push to; the others were confirmed before the freeze.
    state = frozen.sandbox.state()["targets"]["github:acme/frozen"]
    assert state["AWS_ACCESS_KEY_ID"] == new and state["AWS_SECRET_ACCESS_KEY"] == "matches"
    events = [line["event"] for line in frozen.history()]
    assert "history-chained" in events and events[-1] == "completed"
    assert frozen.must("history", "verify", "--json").json["ok"]
    assert backups(frozen) == [backup]


def test_looking_changes_nothing(frozen):
    """status, history, plan and check work on the older state, and leave it as it is."""
    thaw(frozen)
    for command in (["status"], ["history"], ["history", "--json"], ["plan"], ["check"]):
        frozen.must(*command)
    assert len(frozen.history()) == 14 and all("by" not in line for line in frozen.history())
    assert "older layout" in frozen.must("history", "verify", status=1).err
    assert ask(frozen.database, "PRAGMA user_version") == 1 and backups(frozen) == []


def test_a_restored_backup_is_as_good(frozen):
    """What the guide says to do to go back."""
    thaw(frozen)
    frozen.must("step")
    (backup,) = backups(frozen)
    for file in frozen.database.parent.iterdir():
        if file != backup:
            file.unlink()
    backup.rename(frozen.database)
    assert frozen.status(USER)["phase"] == "delivering"
    frozen.step_until_idle(user=USER)


def test_another_seal_key_migrates_nothing(frozen):
    """Told before anything is changed."""
    thaw(frozen)
    frozen.write("seal.key", "A" * 43 + "=\n", 0o600)
    assert "seal key" in frozen.must("step", status=78).err
    assert ask(frozen.database, "PRAGMA user_version") == 1 and backups(frozen) == []


def is_copying(world):
    return list(world.database.parent.glob("*.part"))


def is_migrated(world):
    return ask(world.database, "PRAGMA user_version") == 3


@pytest.mark.parametrize("moment, layout", [(is_copying, 1), (backups, None), (is_migrated, 3)])
def test_a_kill_during_the_migration_leaves_one_of_both(frozen, moment, layout):
    """The older layout with all its lines, or the present one with all of them, chained; the next step goes on."""
    lines = 30_000
    thaw(frozen, lines)
    process = frozen.start("step")
    worlds.waited_for(lambda: moment(frozen), every=0.001)
    process.kill()
    process.wait(timeout=10)
    found = ask(frozen.database, "PRAGMA user_version")
    assert found == layout or layout is None
    assert ask(frozen.database, "PRAGMA integrity_check") == "ok"
    assert ask(frozen.database, "SELECT count(*) FROM history WHERE user = 'long-ago'") == lines
    if found == 3:
        assert frozen.must("history", "verify", "--json").json["ok"]
    for backup in backups(frozen):
        assert ask(backup, "PRAGMA user_version") == 1
        assert ask(backup, "SELECT count(*) FROM history") == lines + 14
    frozen.step_until_idle(user=USER)
    assert ask(frozen.database, "PRAGMA user_version") == 3
    assert frozen.must("history", "verify", "--json").json["ok"] and not is_copying(frozen)
    # Those lines have the word `held`, which `blocked` has replaced.
    old = frozen.must("history", "--user", "long-ago", "--json").json["history"]
    assert {line["event"] for line in old} == {"blocked"}
