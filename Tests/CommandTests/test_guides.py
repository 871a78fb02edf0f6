"""What the guides say to type is typed, in an empty directory, with the installed keyturn on the path."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
import requests

import guides
import program
from world import waited_for

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from postgres import binaries  # noqa: E402


class Desk:
    """Someone at a desk with two terminals, in one directory."""

    def __init__(self, directory, wrapper=()):
        self.directory, self.wrapper = directory, [*wrapper]
        self.environment = {
            "PATH": f"{program.stage() / 'bin'}:{os.environ['PATH']}", "HOME": str(directory), "LANG": "C.UTF-8", "TERM": "dumb"}
        self.log = directory / ".first-terminal"

    def open(self, commands):
        """Types into the first terminal what lasts until Ctrl-C, and waits until it is up."""
        with self.log.open("w") as log:
            self.first = subprocess.Popen(
                [*self.wrapper, "bash", "-c", commands], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
        waited_for(lambda: "Ctrl-C ends it." in self.log.read_text() or self.first.poll() is not None)
        assert self.first.poll() is None, self.log.read_text()

    def type(self, commands, seconds=80):
        """Types into the second terminal; gives what was printed. A command that fails ends it."""
        return subprocess.run(
            [*self.wrapper, "bash", "-euo", "pipefail", "-c", commands], cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
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
    # The seal key is gone, and then another one: `step` and `rotate` refuse. So does `rotate` without Landlock.
    assert out.count("exit status 78") == 3, out
    assert "sandboxed by limits, no-new-privs, seccomp" in out, out
    # Two keys, and no record of them.
    assert out.count("exit status 1\n") == 1 and "keyturn adopt" in out, out
    holding(desk.state())


@pytest.fixture
def postgres_desk():
    """A desk of one who is not root, with PostgreSQL's programs on the path."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="keyturn-drill-"))
    directory = root / "empty directory"
    directory.mkdir()
    wrapper = []
    if os.getuid() == 0:
        user = pwd.getpwnam("nobody")
        root.chmod(0o755)
        shutil.chown(directory, user.pw_uid, user.pw_gid)
        wrapper = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all"]
    desk = Desk(directory, wrapper)
    desk.log = root / "first-terminal"
    desk.environment["PATH"] += f":{binaries()}"
    yield desk
    desk.type("pg_ctl -D database -m immediate stop || true")
    desk.close()
    shutil.rmtree(root)


@pytest.mark.timeout(200)
def test_the_drill_of_the_database(postgres_desk):
    """Typed as written: the server is killed in the middle of a rotation, which goes on once it is back."""
    out = follow(postgres_desk, "Recovery.md", "## The drill of the database", seconds=120)
    assert out.count("exit status 69") == 1 and "exit status 1\n" not in out, out
    key = holding(postgres_desk.state())
    # What the stand-ins showed meanwhile: both keys Active, and the new one at every target.
    meanwhile, _ = json.JSONDecoder().raw_decode(out[out.index('{"'):])
    assert [held["status"] for held in meanwhile["users"]["cicd-bot"]["keys"]] == ["Active", "Active"]
    assert meanwhile["targets"]["github:acme/app"]["AWS_ACCESS_KEY_ID"] == key
