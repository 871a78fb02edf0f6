"""Rotations of the built program under kill -9, while simulated CI jobs run against every target.

A job reads the pair that its target holds when it starts, and needs its key to be Active then and when it ends. Faults
come and go. Nothing may ever fail for a dead key, no user may ever have more than two keys, and every rotation completes.

KEYTURN_STAGE names the installation. Prints a table; ends with 1 on any failure of the promise.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

STAGE = pathlib.Path(os.environ["KEYTURN_STAGE"])
JOB_SECONDS = 1.0
OVERLAP_SECONDS = 3


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

    def run(self):
        while not self.is_over.wait(0.05):
            state = call(self.control + "/state")
            status = {key["id"]: key["status"] for user in state["users"].values() for key in user["keys"]}
            self.most_keys = max(self.most_keys, *(len(user["keys"]) for user in state["users"].values()))
            self.end_due(status)
            target = self.random.choice(self.targets)
            held = state["targets"][target]
            key = held["AWS_ACCESS_KEY_ID"]
            if held["AWS_SECRET_ACCESS_KEY"] != "matches":
                self.fail("torn pair at the start", target, key)
            elif status.get(key) != "Active":
                self.fail("dead key at the start", target, key)
            else:
                self.under_way.append((time.monotonic() + JOB_SECONDS, target, key))

    def end_due(self, status):
        now = time.monotonic()
        for _, target, key in [job for job in self.under_way if job[0] <= now]:
            self.finished += 1
            if status.get(key) != "Active":
                self.fail("dead key at the end", target, key)
        self.under_way = [job for job in self.under_way if job[0] > now]

    def fail(self, cause, target, key):
        self.failed.setdefault(cause, []).append(f"{target} {key}")


class World:
    def __init__(self, directory, users, seed):
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
        self.kills = 0

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
            "version": 1, "state": "sqlite:keyturn.db", "seal-key": {"file": "seal.key"},
            "aws": {"region": place["region"], "endpoint-url": place["aws"]},
            "pushers": {
                name: {"plugin": plugin, "token": {"env": f"{name.upper()}_TOKEN"}, "endpoint": place[name]}
                for name, plugin in plugins.items()},
            "defaults": {"rotate-every": "30d", "overlap": f"{OVERLAP_SECONDS}s", "soak": "1s"}, "users": users}
        # JSON is YAML.
        (self.directory / "keyturn.yaml").write_text(json.dumps(configuration))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.directory), "AWS_ACCESS_KEY_ID": place["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": place["secretAccessKey"],
            **{f"{name.upper()}_TOKEN": place["tokens"][name] for name in plugins}}

    def start(self, *arguments):
        return subprocess.Popen(
            [STAGE / "bin/keyturn", *arguments, "--config", self.directory / "keyturn.yaml"], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=(self.directory / "log").open("a"))

    def status(self):
        result = subprocess.run(
            [STAGE / "bin/keyturn", "status", "--json", "--config", self.directory / "keyturn.yaml"],
            env=self.environment, capture_output=True, timeout=60, check=True)
        return json.loads(result.stdout)["users"]

    def stir(self):
        """A fault somewhere, for a few requests."""
        service = self.random.choice(["travis", "gitlab", "github", "aws"])
        kind = self.random.choice([{"status": 503}, {"close": True}, {"afterEffect": True, "close": True}, {"garbage": True}])
        call(self.control + "/faults", "POST", {"service": service, "times": self.random.randint(1, 4), **kind})

    def kill_after(self, process, seconds):
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1

    def round(self, number):
        """One rotation of every user, with a kill in each, and as many steps as it takes."""
        self.stir()
        self.kill_after(self.start("rotate", "--wait"), self.random.uniform(0.2, 5.5))
        end = time.monotonic() + 180
        while time.monotonic() < end:
            status = self.status()
            if all(user["phase"] == "idle" and user["rotation"] >= number for user in status):
                return
            if any(user["phase"] == "idle" and user["rotation"] < number for user in status):
                process = self.start("rotate")
            else:
                process = self.start("step")
            # Some steps are killed, too; in between one must be allowed to finish.
            self.kill_after(process, self.random.choice([60, 60, self.random.uniform(0.1, 4)]))
            time.sleep(0.5)
        raise SystemExit(f"round {number}: not complete after 180 s: {json.dumps(self.status(), indent=1)}")

    def stop(self):
        self.sandbox.terminate()
        self.sandbox.wait(timeout=10)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rotations", type=int, default=200)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rounds = -(-options.rotations // options.users)
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        key = directory / "seal.key"
        key.write_bytes(__import__("base64").b64encode(os.urandom(32)))
        key.chmod(0o600)
        world = World(directory, options.users, options.seed)
        jobs = Jobs(world.control, world.targets, options.seed)
        jobs.start()
        began = time.monotonic()
        try:
            for number in range(1, rounds + 1):
                world.round(number)
            call(world.control + "/faults", "DELETE")
            jobs.is_over.set()
            jobs.join(timeout=30)
            state = call(world.control + "/state")
        finally:
            world.stop()
        keys = [len(state["users"][user]["keys"]) for user in world.users]
        dead = sum(len(failures) for cause, failures in jobs.failed.items() if "dead" in cause)
        print(f"rotations            {rounds * options.users}")
        print(f"kill -9              {world.kills}")
        print(f"jobs                 {jobs.finished}")
        print(f"failed: dead key     {dead}")
        print(f"failed: torn pair    {len(jobs.failed.get('torn pair at the start', []))}")
        print(f"most keys of a user  {jobs.most_keys}")
        print(f"keys at the end      {min(keys)} to {max(keys)}")
        print(f"seconds              {time.monotonic() - began:.0f}")
        for cause, failures in jobs.failed.items():
            print(f"{cause}: {'; '.join(failures[:5])}", file=sys.stderr)
        sys.exit(0 if dead == 0 and jobs.most_keys <= 2 and set(keys) == {1} else 1)


main()
