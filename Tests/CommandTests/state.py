"""The state as it lies in SQLite: reads it, and puts users into it, without keyturn."""

import contextlib
import json
import sqlite3


def split(content):
    """What vouches for a record or a line, and what it says."""
    voucher, _, text = bytes(content).partition(b"\n")
    return voucher.decode(), json.loads(text)


@contextlib.contextmanager
def connected(database):
    connection = sqlite3.connect(database, timeout=20)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def everything(database):
    """What the state holds, whichever of its files it lies in."""
    with connected(database) as connection:
        return list(connection.iterdump())


def rotation(database, user):
    """A user's rotation, as JSON; None: there is none."""
    with connected(database) as connection:
        row = connection.execute("SELECT record FROM user WHERE name = ?", (user,)).fetchone()
    return split(row[0])[1].get("rotation") if row else None


def lines(connection, user):
    """A user's lines: number, hash, JSON text."""
    for number, content in connection.execute(
            "SELECT number, content FROM line WHERE user = ? ORDER BY number", (user,)):
        voucher, _, text = bytes(content).partition(b"\n")
        yield number, voucher.decode(), text


def sealed_pairs(connection):
    """How many users' pairs are kept."""
    return connection.execute("SELECT count(*) FROM part WHERE name = 'pair'").fetchone()[0]


def put(connection, user, rotation, deliveries):
    """Puts a user into the state, in place of what was there; nothing vouches for it.

    :param rotation: fields by the names that keyturn writes; what every rotation has is added.
    :param deliveries: fields by target.
    """
    whole = {"number": 1, "phase": "idle", "phaseSince": 0, "creations": [], "consecutiveVerifications": 0, "failures": 0,
             "isRequested": False, "leaks": [], "deletedKeys": [], **rotation}
    chain = {"line": 0, "hash": "0" * 64, "at": 0, "prunedLine": 0, "prunedHash": "0" * 64, "prunedAt": 0}
    content = b"\n" + json.dumps({"rotation": whole, "chain": chain}).encode()
    connection.execute("DELETE FROM part WHERE user = ?", (user,))
    connection.execute("INSERT OR REPLACE INTO user (name, version, record) VALUES (?, 1, ?)", (user, content))
    for target, fields in deliveries.items():
        delivery = {"state": "pending", "attempts": 0, "quickTries": 0, "mayBeTorn": False, "pushedAgain": 0, **fields}
        connection.execute(
            "INSERT INTO part (user, name, content) VALUES (?, ?, ?)",
            (user, f"delivery {target}", json.dumps(delivery).encode()))
