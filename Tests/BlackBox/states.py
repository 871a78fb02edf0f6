"""The states that keyturn works on, as they lie there: a file of SQLite, or a database of PostgreSQL."""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "CommandTests"))
import state  # noqa: E402
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from postgres import Postgres  # noqa: E402


class FileState:
    """A state in SQLite, as it lies there."""

    def __init__(self, path):
        self.path, self.address = path, f"sqlite:{path.name}"

    def rotation(self, user):
        return state.rotation(self.path, user)

    def sealed_pairs(self):
        with state.connected(self.path) as connection:
            return state.sealed_pairs(connection)

    def close(self):
        pass


class ServerState:
    """A state in PostgreSQL, on a server of its own."""

    def __init__(self):
        import psycopg
        self.server = Postgres()
        self.server.query("CREATE DATABASE keyturn")
        self.address = self.server.address()
        self.connection, self.lock = psycopg.connect(self.address, autocommit=True), threading.Lock()

    def ask(self, sql, *values):
        with self.lock:
            return self.connection.execute(sql, values).fetchone()

    def rotation(self, user):
        row = self.ask("SELECT record FROM keyturn.users WHERE name = %s", user.encode())
        return state.split(row[0])[1].get("rotation") if row else None

    def sealed_pairs(self):
        return self.ask("SELECT count(*) FROM keyturn.parts WHERE name = %s", b"pair")[0]

    def close(self):
        self.connection.close()
        self.server.close()
