"""What the guides say to type is typed, in an empty directory, with the installed keyturn on the path."""

import os
import signal
import subprocess

import pytest
import requests

import guides
import program
from world import waited_for


class Desk:
    """Someone at a desk with two terminals, in one directory."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {
            "PATH": f"{program.stage() / 'bin'}:{os.environ['PATH']}", "HOME": str(directory), "LANG": "C.UTF-8", "TERM": "dumb"}
        self.log = directory / ".first-terminal"

    def open(self, commands):
        """Types into the first terminal what lasts until Ctrl-C, and waits until it is up."""
        with self.log.open("w") as log:
            self.first = subprocess.Popen(
                ["bash", "-c", commands], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
        waited_for(lambda: "Ctrl-C ends it." in self.log.read_text() or self.first.poll() is not None)
        assert self.first.poll() is None, self.log.read_text()

    def type(self, commands, seconds=80):
        """Types into the second terminal; gives what was printed. A command that fails ends it."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds)

    def state(self):
        """What the stand-ins say that there is."""
        words = (self.directory / "box" / "environment").read_text().split()
        control = next(word.split("=")[1] for word in words if word.startswith("SANDBOX_CONTROL="))
        return requests.get(control + "/state", timeout=10).json()

    def close(self):
        os.killpg(self.first.pid, signal.SIGINT)
        self.first.wait(timeout=10)


@pytest.fixture
def desk(tmp_path):
    directory = tmp_path / "empty directory"
    directory.mkdir()
    desk = Desk(directory)
    yield desk
    desk.close()


def follow(desk, page, heading, seconds=80):
    """Types a part of a guide as written; gives what was printed."""
    sandbox, *rest = guides.blocks(guides.section(page, heading), "sh")
    desk.open(sandbox)
    done = desk.type("".join(rest), seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def holding(state):
    """The user's one key, which every target of the sandbox's configuration has to hold with its secret."""
    (key,) = state["users"]["cicd-bot"]["keys"]
    assert key["status"] == "Active"
    for target in ("travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"):
        held = state["targets"][target]
        assert held == {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": "matches"}, target
    return key["id"]


def test_the_first_rotation_on_the_sandbox(desk):
    """Typed as written, it ends with a rotated user."""
    out = follow(desk, "FirstRotation.md", "## On the sandbox")
    key = holding(desk.state())
    assert "FAILED" not in out and f"{key} (current)" in out and "rotation 1 is complete" in out


def test_the_leak_drill(desk):
    """Typed as written, it ends with the leaked key dead, and every pipeline on a new one."""
    out = follow(desk, "LeakResponse.md", "## The drill")
    leaked = out.split("leaked: ")[1].split()[0]
    assert leaked.startswith("AKIA") and holding(desk.state()) != leaked
    assert out.count("exit status 75") == 2
    assert "STILL ACTIVE" in out and f"{leaked} is deleted" in out
    assert "lines are as they were written" in out


@pytest.mark.timeout(300)
def test_the_fault_drills(desk):
    """Typed as written: a token, a clock, the seal key and the state are gone in turn; at the end every target holds the one key."""
    out = follow(desk, "Recovery.md", "## Drills", seconds=240)
    assert out.count("exit status 75") == 1, out
    # The seal key is gone, and then another one: `step` and `rotate` refuse.
    assert out.count("exit status 78") == 2, out
    # Two keys, and no record of them.
    assert out.count("exit status 1\n") == 1 and "keyturn adopt" in out, out
    holding(desk.state())
