"""What other processes of the same user can learn from keyturn's programs, and what becomes of closed standard streams."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import plugins
import program
import world as worlds
from world import waited_for

#: nobody: where the tests run as root, which may read everything, the programs run as this user.
UNPRIVILEGED = 65534


def options():
    """Of subprocess, for a program that has no privileges."""
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if os.geteuid() == 0 else {}


def own(directory):
    """Gives a directory and what is in it to the user without privileges."""
    if os.geteuid() == 0:
        for path in [directory, *pathlib.Path(directory).rglob("*")]:
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)


@pytest.fixture
def place():
    """A directory that every user can reach; the temporary directories of pytest are private."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="keyturn-process-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def alien(place, start):
    """A world of the user without privileges."""
    made = worlds.World(place, start())
    own(place)
    yield made
    made.close()


def readable(process):
    """Which files of a process, that hold its memory, a program of the same user can open."""
    found = []
    for name in ("mem", "environ", "auxv", "fd/0"):
        done = subprocess.run(
            ["dd", f"if=/proc/{process}/{name}", "of=/dev/null", "bs=1", "count=1"], capture_output=True, **options())
        if b"Permission denied" not in done.stderr:
            found.append(name)
    assert pathlib.Path(f"/proc/{process}").exists(), "it ended before it was looked at"
    return found


def assert_closed(process):
    assert readable(process) == []
    limits = pathlib.Path(f"/proc/{process}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[4:6] == ["0", "0"], line


def test_the_measure_itself(place):
    """An ordinary program of the same user can be read: what follows is not an accident of this machine."""
    sleeper = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, **options())
    try:
        waited_for(lambda: b"sleep" in pathlib.Path(f"/proc/{sleeper.pid}/cmdline").read_bytes())
        assert {"environ", "auxv", "fd/0"} <= set(readable(sleeper.pid))
    finally:
        sleeper.kill()
        sleeper.wait()


def test_keyturn_and_its_runners_cannot_be_read(alien):
    """During a push, when both hold the pair; without privileges the rotation goes on to its end all the same."""
    alien.sandbox.fault("gitlab", method="PUT", delayMilliseconds=3000, times=1)
    rotating = alien.start("rotate", "--wait", **options())
    runner = plugins.waited_for_runner(rotating.pid)
    waited_for(lambda: alien.sandbox.requests("gitlab"))
    assert_closed(rotating.pid)
    assert_closed(runner)
    assert alien.finish(rotating).status == 0, str(alien.results[-1])
    alien.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


def test_the_sandbox_and_the_conformance_program_cannot_be_read(place):
    """The sandbox as soon as it answers, and the process of `plugin test` before it opens the library."""
    program_directory = program.stage() / "libexec/keyturn"
    sandbox = subprocess.Popen(
        [program_directory / "keyturn-sandbox", "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        **options())
    library = plugins.put(place, "mine", IN_CONSTRUCTOR="for(;;) pause()") / "pusher.so"
    own(place)
    reading, writing = os.pipe()
    trying = subprocess.Popen(
        ["bash", "-c", f'exec 3>&{writing}; exec "$0" "$@"', program_directory / "keyturn-conformance", "loads", library, "1", "1", "", ""],
        stdin=subprocess.DEVNULL, pass_fds=[writing], **options())
    try:
        assert sandbox.stdout.readline().startswith(b"{")
        assert_closed(sandbox.pid)
        waited_for(lambda: "Seccomp:\t2" in pathlib.Path(f"/proc/{trying.pid}/status").read_text())
        assert_closed(trying.pid)
    finally:
        for process in (sandbox, trying):
            process.kill()
            process.communicate()
        os.close(reading)
        os.close(writing)


def without_streams(world, *arguments, **more):
    """keyturn with descriptors 0, 1 and 2 closed."""
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', program.binary(), *arguments], cwd=world.directory,
        env=world.environment, **more)
    world.running.append(process)
    return process


def test_closed_standard_streams(world):
    """They lead to /dev/null, so that no file or socket gets their numbers and what is printed."""
    assert without_streams(world, "status").wait(timeout=60) == 0
    assert without_streams(world, "rotate", "--wait", "--verbose").wait(timeout=60) == 0
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    daemon = without_streams(world, "run")
    waited_for(lambda: any("keyturn.db" in link for link in links(daemon.pid).values()))
    assert [links(daemon.pid)[number] for number in ("0", "1", "2")] == ["/dev/null"] * 3
    daemon.terminate()
    assert daemon.wait(timeout=20) == 0
    world.must("history", "verify")


def links(process):
    """Where the descriptors of a process lead."""
    found = {}
    for link in pathlib.Path(f"/proc/{process}/fd").iterdir():
        try:
            found[link.name] = os.readlink(link)
        except FileNotFoundError:
            continue
    return found
