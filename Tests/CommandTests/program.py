"""Runs the installed keyturn as a user would."""

import dataclasses
import json
import os
import pathlib
import subprocess

#: No command of these tests takes longer, unless the test says so.
LONGEST_SECONDS = 60


def stage():
    """The installation under test."""
    return pathlib.Path(os.environ["KEYTURN_STAGE"]).resolve()


def own_pushers():
    """The IDs of the pushers that come with keyturn, in order."""
    folder = pathlib.Path(__file__).parents[2] / "Plugins"
    return sorted(json.loads(manifest.read_text())["id"] for manifest in folder.glob("*/manifest.json"))


def binary():
    return str(stage() / "bin" / "keyturn")


@dataclasses.dataclass
class Result:
    """How a command ended."""

    arguments: tuple
    status: int
    out: str
    err: str

    @property
    def json(self):
        """The one JSON document on stdout; anything else there is an error."""
        return json.loads(self.out)

    def __str__(self):
        return f"keyturn {' '.join(self.arguments)}\nstatus {self.status}\n{self.out}\n{self.err}"


class Program:
    """keyturn in one working directory, with an environment of its own."""

    def __init__(self, directory, **environment):
        self.directory = pathlib.Path(directory)
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8", "TMPDIR": str(self.temporary),
            # No test asks for the role of the machine that it runs on.
            "AWS_EC2_METADATA_DISABLED": "true",
            **environment,
        }
        # What keyturn is started by, if not by itself.
        self.wrapper = []
        self.results = []
        self.running = []

    def run(self, *arguments, timeout=LONGEST_SECONDS, environment=None):
        """Runs a command to its end."""
        arguments = tuple(map(str, arguments))
        done = subprocess.run(
            [*self.wrapper, binary(), *arguments], cwd=self.directory, env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        result = Result(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())
        self.results.append(result)
        return result

    def must(self, *arguments, status=0, **options):
        """Runs a command that has to end with that status."""
        result = self.run(*arguments, **options)
        assert result.status == status, str(result)
        return result

    def start(self, *arguments, **options):
        """Starts a command, which is killed at the end of the test unless it has ended by then."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(
            [*self.wrapper, binary(), *map(str, arguments)], cwd=self.directory, env=self.environment, **options)
        self.running.append(process)
        return process

    def finish(self, process, timeout=LONGEST_SECONDS):
        """Waits for a command that was started."""
        out, err = process.communicate(timeout=timeout)
        result = Result(tuple(process.args[1 + len(self.wrapper):]), process.returncode, out.decode(), err.decode())
        self.results.append(result)
        return result

    def close(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()
