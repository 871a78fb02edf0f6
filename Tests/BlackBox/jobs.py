"""CI jobs: each uses the key that its place holds when it starts, and needs it until it ends."""

import threading
import time

from worlds import call

JOB_SECONDS = 1.0


class Jobs(threading.Thread):
    """At each place one job after the other, all the time.

    A job's key has to be Active when the job starts and when it ends. One that was not looked at before the overlap may have ended (the machine
    was busy) proves nothing, and is counted by itself.
    """

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.finished, self.lost_sight, self.failed, self.most_keys = 0, 0, {}, 0
        #: By place: when its job began, and the key that it uses.
        self.running, self.is_over = {}, threading.Event()
        self.slow = [place for place in world.places if place.is_slow]
        #: Since when each target is half written, and the longest that one was.
        self.torn_since, self.longest_half = {}, (0.0, "none")
        #: Every time that a target was half written: the target, from when to when, in seconds since 1970.
        self.halves = []
        #: What ended the jobs before their time.
        self.error = None

    def run(self):
        try:
            self.look()
        except Exception as error:
            self.error = error
            raise

    def look(self):
        while not self.is_over.wait(0.05):
            # What a place holds is read first: a key that it shows was made before IAM is asked.
            began = time.monotonic()
            read = {place: place.read() for place in self.looked_at()}
            state = call(self.world.control + "/state")
            status = {key["id"]: key["status"] for user in state["users"].values() for key in user["keys"]}
            self.most_keys = max(self.most_keys, *(len(user["keys"]) for user in state["users"].values()))
            self.end_due(status)
            for place, pair in read.items():
                key, is_whole = place.judge(pair, state)
                self.watch_half(place.name, is_whole)
                if place.name not in self.running:
                    self.begin(place.name, key, is_whole, status, began)

    def looked_at(self):
        """All places; of those that take a request one at a time, the one that has waited longest for a job."""
        slow = [place for place in self.slow if place.name not in self.running][:1]
        for place in slow:
            self.slow.remove(place)
            self.slow.append(place)
        return [place for place in self.world.places if not place.is_slow] + slow

    def begin(self, place, key, is_whole, status, began):
        if status.get(key) != "Active" and key is not None:
            self.fail("dead key at the start", place, key)
        elif not is_whole:
            self.fail("torn pair at the start", place, key)
        else:
            self.running[place] = began, key

    def watch_half(self, place, is_whole):
        now = time.monotonic()
        if is_whole:
            since = self.torn_since.pop(place, None)
            if since is not None:
                self.halves.append((place, time.time() - (now - since), time.time()))
        else:
            since = self.torn_since.setdefault(place, now)
            self.longest_half = max(self.longest_half, (now - since, place))

    def end_due(self, status):
        now = time.monotonic()
        for place, (began, key) in [job for job in self.running.items() if job[1][0] + JOB_SECONDS <= now]:
            del self.running[place]
            if status.get(key) == "Active":
                self.finished += 1
            elif now - began < self.world.overlap_seconds - 0.5:
                self.fail("dead key at the end", place, key)
            else:
                self.lost_sight += 1

    def fail(self, cause, place, key):
        self.failed.setdefault(cause, []).append(f"{place} {key}")

    def count(self, word):
        """How many jobs failed for a cause with this word in it."""
        return sum(len(failures) for cause, failures in self.failed.items() if word in cause)
