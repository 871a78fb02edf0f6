"""Rotations of the built program, each under a kill of its own, while simulated CI jobs run at every target.

A job uses the pair that its target holds when it starts, and needs its key to be Active then and when it ends. Every user
is rotated by processes of its own; each rotation has one of them killed at a random moment of it. Faults come and go. A second
writer puts old pairs back while both keys are Active, as a tool with an old state would; keyturn has to see it in time.
Nothing may ever fail for a dead key, no user may ever have more than two keys, every rotation completes, and no secret is
on the disk afterwards: not in the state, in the log or in a core.

With `--systems` every user's key is at every system that keyturn ships a pusher for (`systems.py`), and each of them answers with 429 and 5xx,
cuts connections, is slow and redirects. With `--workers N` the state is in PostgreSQL, every command is given on one of N machines
(PID namespaces: none sees whether another one's processes live), and `keyturn run` is up on each of them, killed every few seconds and
sometimes stopped for longer than a lease.

KEYTURN_STAGE names the installation. Prints a table; ends with 1 on any failure of the promise.
"""

import argparse
import contextlib
import pathlib
import resource
import sys
import tempfile
import time

from jobs import Jobs
from lives import Crew, Life, Writer
from worlds import World, call

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "CommandTests"))
import leaks  # noqa: E402


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rotations", type=int, default=200)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="machines on one state in PostgreSQL; 0: one, in SQLite")
    parser.add_argument("--systems", action="store_true", help="targets at every system that there is a pusher for")
    parser.add_argument("--log", type=pathlib.Path, help="where to copy what keyturn printed")
    parser.add_argument("--no-writer", action="store_true", help="no one puts old pairs back")
    return parser.parse_args()


@contextlib.contextmanager
def made(options, directory):
    """The world, in a directory in which nothing secret may be but the seal key."""
    (directory / "keyturn").mkdir()
    if options.systems:
        from systems import SystemsWorld
        world = SystemsWorld(directory / "keyturn", options.users, options.seed, directory / "places")
    else:
        world = World(directory / "keyturn", options.users, options.seed, options.workers)
    try:
        yield world
    finally:
        world.stop()


class Trial:
    """What goes on in a world until every user has had its rotations."""

    def __init__(self, world, options):
        self.world, self.options = world, options
        self.each = -(-options.rotations // len(world.users))
        self.jobs, self.writer, self.crew = Jobs(world), Writer(world, options.seed), Crew(world, options.seed)
        self.lives = [Life(world, user, self.each, options.seed) for user in world.users]

    def run(self):
        world = self.world
        # Every user is taken over, so that all have a place in the journal.
        if world.start("step").wait(timeout=120) != 0:
            raise SystemExit((world.directory / "log").read_text())
        self.jobs.start()
        if self.options.workers:
            self.crew.start()
        if not self.options.no_writer:
            self.writer.start()
        for life in self.lives:
            life.start()
        for life in self.lives:
            life.join()
        self.writer.is_over.set()
        world.calm()
        self.crew.is_over.set()
        if self.options.workers:
            self.crew.join(timeout=40)
        self.jobs.is_over.set()
        self.jobs.join(timeout=30)

    def report(self, seconds):
        """Prints the table; gives whether the promise was kept."""
        world, jobs = self.world, self.jobs
        state = call(world.control + "/state")
        keys = [len(state["users"][user]["keys"]) for user in world.users]
        sealed = world.state.sealed_pairs()
        secrets = {**world.secrets, **world.tokens()}
        leaked = leaks.found_in_files(world.directory, secrets, but=("seal.key",))
        cores = [str(path) for path in world.directory.glob("core*")]
        rotations, done = self.each * len(world.users), sum(life.done for life in self.lives)
        hit = sum(len(life.hit) for life in self.lives)
        errors = [life.error for life in self.lives if life.error] + world.problems() + cores
        errors += ["the jobs ended early"] if jobs.error else []
        put_back = ", ".join(f"{kind} {count}" for kind, count in sorted(self.writer.at.items()))
        print(f"rotations            {done} of {rotations}, each with {len(world.places) // len(world.users)} targets")
        print(f"killed in flight     {hit} of {rotations}")
        print(f"kill -9              {sum(life.kills for life in self.lives)}, and {sum(life.aborts for life in self.lives)} kill -ABRT")
        if self.options.workers:
            print(f"run, on {self.options.workers} machines   {self.crew.kills} kill -9, {self.crew.sleeps} stopped for longer than a lease")
        for name, value in world.figures():
            print(f"{name:<20} {value}")
        print(f"jobs                 {jobs.finished}, and {jobs.lost_sight} that were not followed in time")
        print(f"failed: dead key     {jobs.count('dead')}")
        print(f"failed: torn pair    {jobs.count('torn')}")
        print(f"longest half         {jobs.longest_half[0]:.1f} s, {jobs.longest_half[1]}")
        print(f"pairs put back       {self.writer.count}: {put_back or 'none'}")
        print(f"most keys of a user  {jobs.most_keys}")
        print(f"keys at the end      {min(keys)} to {max(keys)}")
        print(f"secrets looked for   {len(secrets)}, found on disk in {len(leaked)} files; {len(cores)} cores")
        print(f"pairs left sealed    {sealed}")
        print(f"seconds              {seconds:.0f}")
        for cause, failures in jobs.failed.items():
            print(f"{cause}: {'; '.join(failures[:5])}", file=sys.stderr)
        for line in errors + [f"{path}: {names}" for path, names in leaked.items()]:
            print(line, file=sys.stderr)
        is_kept = not jobs.count("dead") and jobs.most_keys <= 2 and set(keys) == {1} and done == hit == rotations
        return is_kept and not leaked and not sealed and not errors


def main():
    options = parsed()
    # A core of keyturn's would be written into its working directory.
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    with tempfile.TemporaryDirectory() as directory, made(options, pathlib.Path(directory)) as world:
        trial = Trial(world, options)
        began = time.monotonic()
        trial.run()
        is_kept = trial.report(time.monotonic() - began)
        if options.log:
            options.log.write_bytes((world.directory / "log").read_bytes())
    sys.exit(0 if is_kept else 1)


if __name__ == "__main__":
    main()
