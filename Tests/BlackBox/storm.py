"""Storms: `keyturn run` under kill -9 every few seconds, faults of every service all the time, and a second writer.

Each seed is a storm with a world of its own: users that are due again and again, CI jobs on every target, a service that
refuses, lies, hangs up or asks for a pause at every third request or so. Then the faults end, and everything has to come to
rest by itself: each target holds its user's current key, whole, and no user has a problem.

KEYTURN_STAGE names the installation. Prints a line for each seed; ends with 1 where a job failed for a dead key, a pair was half
written for longer than 20 s (or the longest pause that a service asked for, and 20 s), or something did not come to rest
within 60 s.
"""

import argparse
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

from jobs import Jobs
from lives import Writer
from worlds import STAGE, World, call

LONGEST_HALF_SECONDS = 20
LONGEST_REST_SECONDS = 60
#: What a service does to a request. `retryAfter`: the pause that it asks for is its own affair.
FAULTS = [
    {"status": 500}, {"status": 502}, {"status": 503}, {"status": 429}, {"status": 429, "retryAfter": 3}, {"status": 401},
    {"status": 403}, {"status": 404}, {"close": True}, {"afterEffect": True, "close": True}, {"garbage": True},
    {"status": 200, "body": "<html>sign in</html>"}, {"delayMilliseconds": 1500},
]
AWS_FAULTS = [{"status": 500}, {"status": 503}, {"close": True}, {"afterEffect": True, "close": True}, {"garbage": True}]


class Weather(threading.Thread):
    """Faults, a few at a time, until they end."""

    def __init__(self, control, seed):
        super().__init__(daemon=True)
        self.control, self.random, self.is_over = control, random.Random(f"{seed} weather"), threading.Event()

    def run(self):
        while not self.is_over.wait(self.random.uniform(0.2, 1.5)):
            service = self.random.choice(["travis", "gitlab", "github", "travis", "gitlab", "github", "aws"])
            fault = self.random.choice(AWS_FAULTS if service == "aws" else FAULTS)
            what = {"service": service, "times": self.random.randint(1, 2), **fault}
            if service != "aws" and self.random.random() < 0.5:
                what["method"] = self.random.choice(["GET", "PUT", "POST", "PATCH"])
            call(self.control + "/faults", "POST", what)
        call(self.control + "/faults", "DELETE")


def status(world):
    result = subprocess.run(
        [STAGE / "bin/keyturn", "status", "--json", "--config", world.directory / "keyturn.yaml"], env=world.environment,
        capture_output=True, text=True, timeout=60)
    return json.loads(result.stdout)["users"]


def restless(world, rested):
    """What has not come to rest yet, in words. A user has when it was seen once without a problem, with its key delivered."""
    state = call(world.control + "/state")
    found = []
    for user in status(world):
        waiting = [delivery for delivery in user["deliveries"] if delivery["state"] != "confirmed"]
        if not user["problem"] and not waiting and user["phase"] in ("idle", "overlap", "soak", "deleting"):
            rested.setdefault(user["user"], time.monotonic())
        elif user["user"] not in rested:
            details = "; ".join(f"{delivery['target']}: {delivery['detail']}" for delivery in waiting)
            found.append(f"{user['user']}: {user['phase']}: {user['problem'] or details}")
    for target in world.targets:
        if state["targets"][target]["AWS_SECRET_ACCESS_KEY"] == "matches":
            rested.setdefault(target, time.monotonic())
        elif target not in rested:
            found.append(f"{target}: half written")
    return found


def excuse(log, target, began, ended):
    """Why a target was half written for longer than it may be, where that was its service's doing; None: it was keyturn's.

    GitHub documents a minute's wait after its secondary limit. Else keyturn must have tried again and again, and each try failed.
    """
    tries = []
    for line in log.splitlines():
        match = re.match(r"(\S+Z) error +\S+: (\S+) has not confirmed \S+: ([a-z-]+):", line)
        if match and match[2] == target:
            at = datetime.datetime.fromisoformat(match[1].replace("Z", "+00:00")).timestamp()
            if began - 1 <= at <= ended:
                tries.append((at, match[3]))
    if target.startswith("github:") and any(outcome == "rate-limited" for _, outcome in tries):
        if ended - began <= 60 + LONGEST_HALF_SECONDS:
            return "GitHub's minute"
    moments = [began, *(at for at, _ in tries), ended]
    if max(later - earlier for earlier, later in zip(moments, moments[1:])) <= LONGEST_HALF_SECONDS:
        return f"each of {len(tries)} tries was failed by the service"
    return None


def storm(seed, seconds, users):
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        world = World(directory, users, seed)
        # Every user is due again soon.
        world.save(**{"rotate-every": "50s"})
        choice = random.Random(f"{seed} kills")
        jobs, weather, writer = Jobs(world), Weather(world.control, seed), Writer(world, seed)
        kills, began = 0, time.monotonic()
        try:
            if world.start("step").wait(timeout=60) not in (0, 75):
                raise SystemExit((directory / "log").read_text())
            for thread in (jobs, weather, writer):
                thread.start()
            process = world.start("run")
            while time.monotonic() < began + seconds:
                time.sleep(choice.uniform(2, 8))
                process.kill()
                process.wait()
                kills += 1
                process = world.start("run")
            writer.is_over.set()
            weather.is_over.set()
            weather.join(timeout=30)
            numbers = [world.position(user)[0] for user in world.users]
            ended = time.monotonic()
            left, rested = ["nothing looked at"], {}
            while left and time.monotonic() < ended + 2 * LONGEST_REST_SECONDS:
                time.sleep(0.5)
                left = restless(world, rested)
            rest = time.monotonic() - ended
            slowest = max(rested, key=rested.get, default="nothing")
            process.terminate()
            process.wait(timeout=30)
            jobs.is_over.set()
            jobs.join(timeout=30)
        finally:
            world.stop()
        log = (directory / "log").read_text()
        history = subprocess.run(
            [STAGE / "bin/keyturn", "history", "--json", "--config", directory / "keyturn.yaml"], env=world.environment,
            capture_output=True, text=True, timeout=60).stdout
    dead = sum(len(failures) for cause, failures in jobs.failed.items() if "dead" in cause)
    excuses, ours = [], [(0.0, "none")]
    now = time.time()
    unended = [(target, now - (time.monotonic() - since), now) for target, since in jobs.torn_since.items()]
    for target, since, until in jobs.halves + unended:
        reason = None
        if until - since > LONGEST_HALF_SECONDS:
            reason = excuse(log, target, since, until)
            if any(name == target and since - 5 <= at <= until for name, at in writer.halves):
                reason = "the writer put it back by half"
        if reason is None:
            ours.append((until - since, target))
        else:
            excuses.append(f"{target}, {until - since:.1f} s: {reason}")
    half, place = max(ours)
    if half > LONGEST_HALF_SECONDS or rest > LONGEST_REST_SECONDS or dead:
        keep = pathlib.Path(tempfile.mkdtemp(prefix=f"storm-{seed}-"))
        (keep / "history").write_text(history)
        (keep / "log").write_text(log)
        print(f"  kept: {keep}")
    print(
        f"seed {seed}: {sum(numbers)} rotations, {kills} kills, {jobs.finished} jobs, {dead} failed for a dead key, longest half "
        f"{half:.1f} s ({place}), {writer.count} pairs put back, at rest after {rest:.0f} s "
        f"({slowest})", flush=True)
    for line in excuses:
        print(f"  longer, but not keyturn's doing: {line}", flush=True)
    for line in left[:5]:
        print(f"  not at rest: {line}", flush=True)
    for cause, failures in jobs.failed.items():
        if "dead" in cause:
            print(f"  {cause}: {'; '.join(failures[:5])}", flush=True)
    return not dead and half <= LONGEST_HALF_SECONDS and rest <= LONGEST_REST_SECONDS and jobs.most_keys <= 2, half, dead


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--users", type=int, default=6)
    options = parser.parse_args()
    results = [storm(seed, options.seconds, options.users) for seed in range(options.first, options.first + options.seeds)]
    good = sum(kept for kept, _, _ in results)
    print(
        f"{good} of {len(results)} storms kept the promise; {sum(dead for _, _, dead in results)} jobs failed for a dead key, "
        f"longest half {max(half for _, half, _ in results):.1f} s")
    sys.exit(0 if good == len(results) else 1)


main()
