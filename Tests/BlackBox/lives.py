"""Who acts in a world: users' rotations with their kills, a second writer, and a fleet of `keyturn run`."""

import contextlib
import os
import pathlib
import random
import resource
import signal
import subprocess
import threading
import time

#: A rotation takes longer than this: the overlap, the soak, and three answers of STS.
SHORTEST_ROTATION_SECONDS = 5


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



class Writer(threading.Thread):
    """Remembers each user's pair, and puts it back at one of its places in the overlap of the next rotation, once in each.

    Early in the overlap: what is written between keyturn's last look and the deactivation no one can see in time. Once, since
    keyturn pushes a pair of two variables again once, and then asks a person.
    """

    LATEST_SECONDS = 1.0

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.random = world, random.Random(f"{seed} writer")
        self.known, self.seen, self.count, self.is_over = {}, {}, 0, threading.Event()
        #: How often at each kind of place.
        self.at = {}
        #: Targets that it put back by half, since its second write failed, and when: halves that are not keyturn's.
        self.halves = []

    def run(self):
        while not self.is_over.wait(0.05):
            for user in self.world.users:
                number, age = self.world.overlap_age(user)
                if age is None:
                    self.remember(user, number)
                elif age < self.LATEST_SECONDS and self.known.get(user, (None,))[0] == number - 1:
                    self.put_back(user, number)

    def remember(self, user, number):
        if self.known.get(user, (-1,))[0] == number or self.world.position(user) != (number, "idle"):
            return
        pair = self.world.pair(user)
        if pair and self.world.position(user) == (number, "idle"):
            self.known[user] = (number, pair)

    def put_back(self, user, number):
        if number in self.seen.setdefault(user, set()):
            return
        self.seen[user].add(number)
        place = self.random.choice(self.world.writable(user))
        if self.random.random() < 0.5:
            return
        self.count += 1
        kind = place.name.partition(":")[0]
        self.at[kind] = self.at.get(kind, 0) + 1
        if not place.put(self.known[user][1]):
            self.halves.append((place.name, time.time()))


class Life(threading.Thread):
    """One user's rotations, one after the other, each with a kill while it is in flight."""

    def __init__(self, world, user, rotations, seed):
        super().__init__(daemon=True)
        self.world, self.user, self.rotations = world, user, rotations
        self.random = random.Random(f"{seed} {user}")
        self.kills, self.aborts, self.hit, self.done, self.error = 0, 0, set(), 0, None

    def run(self):
        try:
            for number in range(1, self.rotations + 1):
                self.rotate(number)
                self.done = number
        except Exception as error:  # noqa: BLE001: shown in the table
            self.error = f"{self.user}: {error!r}"

    def rotate(self, number):
        self.world.stir(self.random)
        end = time.monotonic() + self.world.longest_rotation_seconds
        while True:
            at, phase = self.world.position(self.user)
            if at >= number and phase == "idle":
                break
            if time.monotonic() > end:
                raise TimeoutError(f"rotation {number} is not complete after {self.world.longest_rotation_seconds} s, but in {phase}")
            process = self.world.start(*(("rotate", "--wait") if at < number else ("step",)), "--user", self.user)
            if number not in self.hit:
                self.kill_in_flight(process, number, first=at < number)
            elif self.random.random() < 0.3:
                self.kill_after(process, self.random.uniform(0.1, 3))
            else:
                process.wait(timeout=self.world.longest_rotation_seconds)
                time.sleep(self.world.rest_seconds)
        self.world.remember_secret(self.user)

    def kill_in_flight(self, process, number, first):
        """A random moment of the rotation, which begins when the journal says so."""
        while process.poll() is None and self.world.position(self.user)[0] < number:
            time.sleep(0.02)
        if self.kill_after(process, self.random.uniform(0, SHORTEST_ROTATION_SECONDS if first else 1)):
            at, phase = self.world.position(self.user)
            if at == number and phase != "idle":
                self.hit.add(number)

    def is_hardened(self, process):
        """Whether a process has got to its first statement, which forbids cores: before, its memory holds what `/proc` shows of its environment.

        What runs on another machine is reached by its wrapper alone.
        """
        return not self.world.machines and resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)

    def kill_after(self, process, seconds):
        try:
            process.wait(timeout=seconds)
            return False
        except subprocess.TimeoutExpired:
            # Now and then by a signal that would leave a core.
            aborts = self.random.random() < 0.2 and self.is_hardened(process)
            process.send_signal(signal.SIGABRT if aborts else signal.SIGKILL)
            process.wait()
            self.kills += not aborts
            self.aborts += aborts
            return True
