"""What a state costs where it is kept: commits, statements, requests and bytes of one rotation, and of a `step` with nothing due.

    KEYTURN_STAGE=… KEYTURN_SANDBOX=… python3 Tests/Benchmark/costs.py [--targets 1 50 2000] [--idle 5000]

Counts, not times: SQLite's by the calls that reach the disk, PostgreSQL's by the server's own statistics and by what its clients send,
DynamoDB's by what is sent to the table.
"""

import argparse
import collections
import contextlib
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "CommandTests")]

import relay  # noqa: E402
import standin  # noqa: E402
import world as worlds  # noqa: E402
from postgres import Postgres  # noqa: E402
from test_dynamo import table  # noqa: E402


class Meter:
    """What was counted since it was asked last."""

    def __init__(self):
        self.before = collections.Counter()

    def read(self):
        now = collections.Counter(self.counts())
        difference = {name: now[name] - self.before[name] for name in now if now[name] != self.before[name]}
        self.before = now
        return difference


class SQLite(Meter):
    name = "SQLite"

    def __init__(self, directory):
        super().__init__()
        self.directory, self.total = directory, collections.Counter()

    def prepare(self, world, _):
        world.wrapper = [
            "strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64,pread64", "-e", "signal=none", "-y", "-o", f"{self.directory}/trace"]

    def counts(self):
        with contextlib.suppress(FileNotFoundError):
            trace = pathlib.Path(f"{self.directory}/trace")
            for line in trace.read_text(errors="replace").splitlines():
                found = re.search(r"(fsync|fdatasync|pwrite64|pread64)\(.*keyturn\.db", line)
                if found:
                    self.total[{"fsync": "syncs", "fdatasync": "syncs", "pwrite64": "writes", "pread64": "reads"}[found[1]]] += 1
            trace.unlink()
        return self.total

    def close(self):
        pass


class PostgreSQL(Meter):
    name = "PostgreSQL"

    def __init__(self, directory):
        super().__init__()
        self.server, self.sent = Postgres(), collections.Counter()
        self.link = relay.on_loopback(self.server.socket / ".s.PGSQL.5432", self._see)

    def _see(self, data):
        self.sent["bytes sent"] += len(data)
        for word, name in ((b"INSERT INTO keyturn.users", "commits"), (b"UPDATE keyturn.users", "commits"),
                           (b"keyturn.documents", "statements on documents")):
            self.sent[name] += data.count(word)
        # Each statement of the extended protocol has one of these.
        self.sent["statements"] += data.count(b"E\x00\x00\x00\x09\x00")
        return False

    def prepare(self, world, number):
        name = f"costs_{number}"
        self.server.query(f"CREATE DATABASE {name}")
        port = self.link.listener.getsockname()[1]
        world.configuration["state"] = f"postgresql://keyturn@127.0.0.1:{port}/{name}?sslmode=disable"
        world.save()
        self.database = name

    def counts(self):
        rows = self.server.query(
            "SELECT pg_stat_force_next_flush(), sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables", self.database)
        return {**self.sent, "rows written": int(rows.split("|")[1] or 0)}

    def close(self):
        self.link.close()
        self.server.close()


# moto copies the whole table before each transaction, to put it back where a condition fails: 5,000 users would take hours and all
# memory. Nothing fails here.
MOTO = """
import copy, sys, types
from moto.dynamodb import models
from moto.server import main
models.copy = types.SimpleNamespace(deepcopy=lambda it: it if isinstance(it, models.Table) else copy.deepcopy(it), copy=copy.copy)
main(sys.argv[1:])
"""


class DynamoDB(Meter):
    name = "DynamoDB"

    def __init__(self, directory):
        super().__init__()
        self.sent = collections.Counter()
        log = open(directory / "moto.log", "wb")
        self.server = subprocess.Popen(
            [sys.executable, "-c", MOTO, "-H", "127.0.0.1", "-p", "0"], stdout=log, stderr=log)
        while not (found := re.search(r"http://127.0.0.1:([1-9]\d*)", (directory / "moto.log").read_text())):
            assert self.server.poll() is None
            time.sleep(0.1)
        self.address = found[0]
        self.link = relay.on_loopback(("127.0.0.1", int(found[1])), self._see)

    def _see(self, data):
        self.sent["bytes sent"] += len(data)
        for target in re.findall(rb"(?i)x-amz-target: *DynamoDB_\d+\.(\w+)", data):
            self.sent[target.decode()] += 1
            self.sent["requests"] += 1
        return False

    def prepare(self, world, number):
        name = f"costs_{number}"
        table(self.address, name)
        port = self.link.listener.getsockname()[1]
        world.configuration["state"] = f"dynamodb://{name}?region=us-east-1&endpoint-url=http://127.0.0.1:{port}"
        world.save()

    def counts(self):
        return self.sent

    def close(self):
        self.link.close()
        self.server.kill()
        self.server.wait()


def one_rotation(store, directory, targets, number):
    sandbox = standin.Sandbox("--propagation-delay", 0, "--targets", targets)
    try:
        place = directory / f"world-{store.name}-{targets}"
        place.mkdir()
        world = worlds.World(place, sandbox, {"cicd-bot": {
            "targets": [{"pusher": "gitlab", "project": f"acme/app-{n}"} for n in range(1, targets + 1)]}})
        world.LONGEST = 900
        store.prepare(world, number)
        world.must("step", "--quiet", timeout=600)
        store.read()
        world.must("rotate", "--all", "--wait", "--quiet", timeout=900)
        return store.read()
    finally:
        sandbox.stop()


def nothing_due(store, directory, users, number):
    sandbox = standin.Sandbox("--propagation-delay", 0, "--targets", users, "--users", users)
    try:
        place = directory / f"world-{store.name}-idle"
        place.mkdir()
        world = worlds.World(place, sandbox, {f"ci-{n}": {
            "targets": [{"pusher": "gitlab", "project": f"acme/app-{n}"}]} for n in range(1, users + 1)})
        if isinstance(store, SQLite):
            store.prepare(world, number)
        world.must("step", "--quiet", timeout=1200)
        if not isinstance(store, SQLite):
            # Looked at once where that is fast, and taken over.
            here = world.configuration["state"]
            store.prepare(world, number)
            there, world.configuration["state"] = world.configuration["state"], here
            world.save()
            world.must("state", "copy", "--to", there, timeout=3600)
            world.configuration["state"] = there
            world.save()
        world.must("step", "--quiet", timeout=600)
        store.read()
        began = time.monotonic()
        world.must("step", "--quiet", timeout=600)
        return {**store.read(), "seconds": round(time.monotonic() - began, 2)}
    finally:
        sandbox.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, nargs="*", default=[1, 50, 2_000])
    parser.add_argument("--idle", type=int, default=5_000)
    parser.add_argument("--stores", nargs="*", default=["SQLite", "PostgreSQL", "DynamoDB"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        for number, kind in enumerate(kind for kind in (SQLite, PostgreSQL, DynamoDB) if kind.name in options.stores):
            store = kind(directory)
            try:
                for targets in options.targets:
                    counted = one_rotation(store, directory, targets, f"{number}_{targets}")
                    print(f"| {store.name} | one rotation of {targets} | {describe(counted)} |", flush=True)
                if options.idle:
                    counted = nothing_due(store, directory, options.idle, f"{number}_idle")
                    print(f"| {store.name} | `step`, nothing due for {options.idle} users | {describe(counted)} |", flush=True)
            finally:
                store.close()


def describe(counted):
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items()))


if __name__ == "__main__":
    main()
