"""Rotations of the built program, each under a kill -9 of its own, while simulated CI jobs run against every target.

A job reads the pair that its target holds when it starts, and needs its key to be Active then and when it ends. Every user
is rotated by processes of its own; each rotation has one of them killed at a random moment of it. Faults come and go. A second
writer puts old pairs back while both keys are Active, as a tool with an old state would; keyturn has to see it in time.
Nothing may ever fail for a dead key, no user may ever have more than two keys, every rotation completes, and no secret is
on the disk afterwards.

With `--workers N` the state is in PostgreSQL, every command is given on one of N machines (PID namespaces: none sees whether another one's
processes live), and `keyturn run` is up on each of them, killed every few seconds and sometimes stopped for longer than a lease.

KEYTURN_STAGE names the installation. Prints a table; ends with 1 on any failure of the promise.
"""

import argparse
import base64
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "CommandTests"))
import leaks  # noqa: E402
import state  # noqa: E402
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from postgres import Postgres  # noqa: E402

STAGE = pathlib.Path(os.environ["KEYTURN_STAGE"])
JOB_SECONDS = 1.0
OVERLAP_SECONDS = 3
#: A rotation takes longer than this: the overlap, the soak, and three answers of STS.
SHORTEST_ROTATION_SECONDS = 5


def call(url, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as reply:
        text = reply.read()
    return json.loads(text) if text else None


class Jobs(threading.Thread):
    """CI jobs on random targets, one after the other started, many under way."""

    def __init__(self, control, targets, seed):
        super().__init__(daemon=True)
        self.control, self.targets = control, targets
        self.random = random.Random(seed)
        self.finished, self.failed, self.most_keys = 0, {}, 0
        self.under_way, self.is_over = [], threading.Event()
        #: Since when each target is half written, and the longest that one was.
        self.torn_since, self.longest_half = {}, (0.0, "none")
        #: Every time that a target was half written: the target, from when to when, in seconds since 1970.
        self.halves = []

    def run(self):
        while not self.is_over.wait(0.05):
            state = call(self.control + "/state")
            status = {key["id"]: key["status"] for user in state["users"].values() for key in user["keys"]}
            self.most_keys = max(self.most_keys, *(len(user["keys"]) for user in state["users"].values()))
            self.end_due(status)
            self.watch_halves(state["targets"])
            target = self.random.choice(self.targets)
            held = state["targets"][target]
            key = held["AWS_ACCESS_KEY_ID"]
            if held["AWS_SECRET_ACCESS_KEY"] != "matches":
                self.fail("torn pair at the start", target, key)
            elif status.get(key) != "Active":
                self.fail("dead key at the start", target, key)
            else:
                self.under_way.append((time.monotonic() + JOB_SECONDS, target, key))

    def watch_halves(self, targets):
        now = time.monotonic()
        for target in self.targets:
            if targets[target]["AWS_SECRET_ACCESS_KEY"] == "matches":
                since = self.torn_since.pop(target, None)
                if since is not None:
                    self.halves.append((target, time.time() - (now - since), time.time()))
            else:
                since = self.torn_since.setdefault(target, now)
                self.longest_half = max(self.longest_half, (now - since, target))

    def end_due(self, status):
        now = time.monotonic()
        for _, target, key in [job for job in self.under_way if job[0] <= now]:
            self.finished += 1
            if status.get(key) != "Active":
                self.fail("dead key at the end", target, key)
        self.under_way = [job for job in self.under_way if job[0] > now]

    def fail(self, cause, target, key):
        self.failed.setdefault(cause, []).append(f"{target} {key}")


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


class Crew(threading.Thread):
    """`keyturn run` on every machine, killed and started again; now and then one sleeps for longer than its lease."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.random, self.is_over = world, random.Random(f"{seed} crew"), threading.Event()
        self.kills, self.sleeps, self.running = 0, 0, {}

    def run(self):
        for machine in range(self.world.machines):
            self.running[machine] = self.world.start("run", machine=machine)
        while not self.is_over.wait(self.random.uniform(3, 9)):
            machine = self.random.randrange(self.world.machines)
            if self.random.random() < 0.25:
                self.sleep(machine)
                continue
            self.running[machine].kill()
            self.running[machine].wait()
            self.kills += 1
            self.running[machine] = self.world.start("run", machine=machine)
        for process in self.running.values():
            process.kill()
            process.wait()

    def sleep(self, machine):
        pid = self.running[machine].pid
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not found:
            return
        self.sleeps += 1
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(found[0]), signal.SIGSTOP)
            self.is_over.wait(self.random.uniform(21, 26))
            os.kill(int(found[0]), signal.SIGCONT)


class World:
    def __init__(self, directory, users, seed, machines=0):
        self.machines, self.state = machines, ServerState() if machines else FileState(directory / "keyturn.db")
        self.directory, self.users = directory, [f"ci-{number + 1}" for number in range(users)]
        self.random = random.Random(seed)
        self.sandbox = subprocess.Popen(
            [STAGE / "libexec/keyturn/keyturn-sandbox", "--until-stdin-closes", "--propagation-delay", "0.5",
             "--targets", str(users), "--users", str(users)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.place = json.loads(self.sandbox.stdout.readline())
        self.control = self.place["control"]
        self.targets = [
            f"{system}:acme/app-{number + 1}" for number in range(users) for system in ("travis", "gitlab", "github")]
        self.write_configuration()
        self.secrets = {}

    def write_configuration(self):
        place = self.place
        users = {
            user: {"targets": [
                {"pusher": "travis", "repository": f"acme/app-{number + 1}"},
                {"pusher": "gitlab", "project": f"acme/app-{number + 1}"},
                {"pusher": "github", "repository": f"acme/app-{number + 1}"}]}
            for number, user in enumerate(self.users)}
        plugins = {"travis": "travis-ci", "gitlab": "gitlab-ci", "github": "github-actions"}
        configuration = {
            "version": 1, "state": self.state.address, "seal-key": {"file": "seal.key"},
            "aws": {"region": place["region"], "endpoint-url": place["aws"]},
            "pushers": {
                name: {"plugin": plugin, "token": {"env": f"{name.upper()}_TOKEN"}, "endpoint": place[name]}
                for name, plugin in plugins.items()},
            "defaults": {"first-rotation": "when-due", "rotate-every": "30d", "overlap": f"{OVERLAP_SECONDS}s", "soak": "1s"}, "users": users}
        # JSON is YAML.
        (self.directory / "keyturn.yaml").write_text(json.dumps(configuration))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.directory), "AWS_ACCESS_KEY_ID": place["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": place["secretAccessKey"],
            **{f"{name.upper()}_TOKEN": place["tokens"][name] for name in plugins}}

    def start(self, *arguments, machine=None):
        """Starts a command, on that machine or on any."""
        elsewhere = []
        if self.machines:
            machine = self.random.randrange(self.machines) if machine is None else machine
            elsewhere = ["unshare", "--pid", "--fork", "--mount-proc", "--uts", "--kill-child", "sh", "-c",
                         f'hostname m{machine}; exec "$@"', "sh"]
        return subprocess.Popen(
            [*elsewhere, STAGE / "bin/keyturn", *arguments, "--config", self.directory / "keyturn.yaml"], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=(self.directory / "log").open("a"))

    def position(self, user):
        """Which rotation the user is in, and in which phase; as the journal has it."""
        rotation = self.state.rotation(user)
        return (rotation["number"], rotation["phase"]) if rotation else (0, "idle")

    def remember_secret(self, user):
        """The one that the user's GitLab project holds now."""
        number = user.removeprefix("ci-")
        request = urllib.request.Request(
            f"{self.place['gitlab']}/api/v4/projects/acme%2Fapp-{number}/variables/AWS_SECRET_ACCESS_KEY",
            headers={"PRIVATE-TOKEN": self.place["tokens"]["gitlab"]})
        for _ in range(20):
            # A fault that is meant for keyturn may strike this request.
            try:
                with urllib.request.urlopen(request, timeout=20) as reply:
                    secret = json.loads(reply.read())["value"]
                break
            except (OSError, ValueError):
                time.sleep(0.1)
        self.secrets[f"secret {len(self.secrets)}"] = secret

    def overlap_age(self, user):
        """For how long the user has been in `overlap`, in seconds; None: it is not. With the rotation's number."""
        rotation = self.state.rotation(user)
        if not rotation or rotation["phase"] != "overlap":
            return (rotation["number"] if rotation else 0), None
        return rotation["number"], time.time() - rotation["phaseSince"] / 1000

    def gitlab(self, user, name, value=None):
        """Reads a variable of the user's GitLab project, or writes it; None: it did not work."""
        number = user.removeprefix("ci-")
        body = None if value is None else json.dumps({"value": value}).encode()
        request = urllib.request.Request(
            f"{self.place['gitlab']}/api/v4/projects/acme%2Fapp-{number}/variables/{name}", body,
            {"PRIVATE-TOKEN": self.place["tokens"]["gitlab"], "Content-Type": "application/json"},
            method="GET" if value is None else "PUT")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return json.loads(reply.read())["value"]
        except (OSError, ValueError, KeyError):
            return None

    def stop(self):
        self.state.close()
        self.sandbox.terminate()
        self.sandbox.wait(timeout=10)


class Writer(threading.Thread):
    """Remembers the pair of each GitLab project, and puts it back in the overlap of the next rotation, once in each.

    Early in the overlap: what is written between keyturn's last look and the deactivation nobody can see in time. Once, since
    keyturn pushes a pair of two variables again once, and then asks a person.
    """

    NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")
    LATEST_SECONDS = 1.0

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.random = world, random.Random(f"{seed} writer")
        self.known, self.seen, self.count, self.is_over = {}, {}, 0, threading.Event()
        #: Targets that it put back by half, since its second write failed, and when: halves that are not keyturn's.
        self.halves = []

    def run(self):
        while not self.is_over.wait(0.05):
            for user in self.world.users:
                number, age = self.world.overlap_age(user)
                if age is None:
                    self.remember(user, number)
                elif age < self.LATEST_SECONDS and self.known.get(user, (0,))[0] == number - 1:
                    self.put_back(user, number)

    def remember(self, user, number):
        if self.known.get(user, (-1,))[0] == number or self.world.position(user) != (number, "idle"):
            return
        values = [self.world.gitlab(user, name) for name in self.NAMES]
        if all(values) and self.world.position(user) == (number, "idle"):
            self.known[user] = (number, values)

    def put_back(self, user, number):
        if number in self.seen.setdefault(user, set()):
            return
        self.seen[user].add(number)
        if self.random.random() < 0.5:
            return
        self.count += 1
        taken = []
        for name, value in zip(self.NAMES, self.known[user][1]):
            taken.append(any(self.world.gitlab(user, name, value) is not None for _ in range(3)))
        if taken[0] != taken[1]:
            self.halves.append((f"gitlab:acme/app-{user.removeprefix('ci-')}", time.time()))


class Life(threading.Thread):
    """One user's rotations, one after the other, each with a kill while it is in flight."""

    def __init__(self, world, user, rotations, seed):
        super().__init__(daemon=True)
        self.world, self.user, self.rotations = world, user, rotations
        self.random = random.Random(f"{seed} {user}")
        self.kills, self.hit, self.done, self.error = 0, set(), 0, None

    def run(self):
        try:
            for number in range(1, self.rotations + 1):
                self.rotate(number)
                self.done = number
        except Exception as error:  # noqa: BLE001: told in the table
            self.error = f"{self.user}: {error!r}"

    def rotate(self, number):
        if self.random.random() < 0.3:
            self.stir()
        end = time.monotonic() + 180
        while True:
            at, phase = self.world.position(self.user)
            if at >= number and phase == "idle":
                break
            if time.monotonic() > end:
                raise TimeoutError(f"rotation {number} is not complete after 180 s, but in {phase}")
            process = self.world.start(*(("rotate", "--wait") if at < number else ("step",)), "--user", self.user)
            if number not in self.hit:
                self.kill_in_flight(process, number, first=at < number)
            elif self.random.random() < 0.3:
                self.kill_after(process, self.random.uniform(0.1, 3))
            else:
                process.wait(timeout=170)
                time.sleep(0.2)
        self.world.remember_secret(self.user)

    def kill_in_flight(self, process, number, first):
        """A random moment of the rotation, which begins when the journal says so."""
        while process.poll() is None and self.world.position(self.user)[0] < number:
            time.sleep(0.02)
        if self.kill_after(process, self.random.uniform(0, SHORTEST_ROTATION_SECONDS if first else 1)):
            at, phase = self.world.position(self.user)
            if at == number and phase != "idle":
                self.hit.add(number)

    def kill_after(self, process, seconds):
        try:
            process.wait(timeout=seconds)
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            return True

    def stir(self):
        """A fault somewhere, for a few requests."""
        service = self.random.choice(["travis", "gitlab", "github", "aws"])
        kind = self.random.choice([{"status": 503}, {"close": True}, {"afterEffect": True, "close": True}, {"garbage": True}])
        call(self.world.control + "/faults", "POST", {"service": service, "times": self.random.randint(1, 4), **kind})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rotations", type=int, default=200)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="machines on one state in PostgreSQL; 0: one, in SQLite")
    parser.add_argument("--no-writer", action="store_true", help="nobody puts old pairs back")
    options = parser.parse_args()
    each = -(-options.rotations // options.users)
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        key = directory / "seal.key"
        key.write_bytes(base64.b64encode(os.urandom(32)))
        key.chmod(0o600)
        world = World(directory, options.users, options.seed, options.workers)
        crew = Crew(world, options.seed)
        jobs = Jobs(world.control, world.targets, options.seed)
        began = time.monotonic()
        try:
            # Every user is taken over, so that all have a place in the journal.
            if world.start("step").wait(timeout=60) != 0:
                raise SystemExit((directory / "log").read_text())
            jobs.start()
            if options.workers:
                crew.start()
            writer = Writer(world, options.seed)
            if not options.no_writer:
                writer.start()
            lives = [Life(world, user, each, options.seed) for user in world.users]
            for life in lives:
                life.start()
            for life in lives:
                life.join()
            writer.is_over.set()
            call(world.control + "/faults", "DELETE")
            crew.is_over.set()
            if options.workers:
                crew.join(timeout=40)
            jobs.is_over.set()
            jobs.join(timeout=30)
            state = call(world.control + "/state")
            sealed = world.state.sealed_pairs()
        finally:
            world.stop()
        keys = [len(state["users"][user]["keys"]) for user in world.users]
        dead = sum(len(failures) for cause, failures in jobs.failed.items() if "dead" in cause)
        torn = len(jobs.failed.get("torn pair at the start", []))
        told = leaks.found_in_files(directory, {**world.secrets, **world.place["tokens"]}, but=("seal.key",))
        rotations, done = each * options.users, sum(life.done for life in lives)
        hit = sum(len(life.hit) for life in lives)
        errors = [life.error for life in lives if life.error]
        print(f"rotations            {done} of {rotations}")
        print(f"killed in flight     {hit} of {rotations}")
        print(f"kill -9              {sum(life.kills for life in lives)}")
        if options.workers:
            print(f"run, on {options.workers} machines   {crew.kills} kill -9, {crew.sleeps} stopped for longer than a lease")
        print(f"jobs                 {jobs.finished}")
        print(f"failed: dead key     {dead}")
        print(f"failed: torn pair    {torn}")
        print(f"longest half         {jobs.longest_half[0]:.1f} s, {jobs.longest_half[1]}")
        print(f"pairs put back       {writer.count}")
        print(f"most keys of a user  {jobs.most_keys}")
        print(f"keys at the end      {min(keys)} to {max(keys)}")
        print(f"secrets looked for   {len(world.secrets) + len(world.place['tokens'])}, found on disk in {len(told)} files")
        print(f"pairs left sealed    {sealed}")
        print(f"seconds              {time.monotonic() - began:.0f}")
        for cause, failures in jobs.failed.items():
            print(f"{cause}: {'; '.join(failures[:5])}", file=sys.stderr)
        for line in errors + [f"{path}: {names}" for path, names in told.items()]:
            print(line, file=sys.stderr)
        is_kept = dead == 0 and jobs.most_keys <= 2 and set(keys) == {1} and done == hit == rotations
        sys.exit(0 if is_kept and not told and not sealed and not errors else 1)


if __name__ == "__main__":
    main()
