"""What goes to stdout and what to stderr, for programs, pipes and terminals."""

import os
import pty
import re
import select
import time

import pytest

COMMANDS = [
    "demo", "init", "check", "plan", "step", "rotate", "run", "status", "history", "retry", "skip", "policy", "config",
    "config schema", "plugin",
    "state", "state copy", "state reopen", "state restored", "seal-key", "seal-key new", "seal-key rotate", "plugin list", "plugin info", "plugin new", "plugin test", "sandbox", "rollback", "revoke", "adopt"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help(bare, command):
    """Every command explains itself, and ends with 0."""
    result = bare.must(*command.split(), "--help")
    assert result.out.startswith("OVERVIEW: ") and f"USAGE: keyturn {command}" in result.out and result.err == ""
    for option in () if command in ("plugin", "config", "seal-key", "state") else ("--config", "--json", "--quiet", "--verbose", "--no-color"):
        assert option in result.out


def test_version(bare):
    """`--version` is one line."""
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", bare.must("--version").out)


def test_json_is_all_that_is_on_stdout(world):
    """Each command with --json prints one document; what is logged is on stderr."""
    for command in (
        ["check"], ["check", "--online"], ["plan"], ["policy"], ["plugin", "list"], ["plugin", "info", "gitlab-ci"], ["status"],
        ["history"], ["step"], ["rotate"], ["retry"], ["rotate", "--wait"], ["status"], ["history"], ["step"]):
        result = world.must(*command, "--json", "--verbose")
        assert isinstance(result.json, dict), str(result)
        assert "\x1b" not in result.out + result.err
    for command in (["skip", "travis:none/none", "--reason", "x"], ["rotate", "--user", "nobody"]):
        assert set(world.must(*command, "--json", status=1).json) == {"error"}
    assert set(world.must("init", "--json", status=1).json) == {"error"}


def test_a_wrong_flag_with_json_is_one_document_too(world):
    """Status 64, and nothing on stdout that is not JSON."""
    result = world.must("status", "--json", "--nonsense", status=64)
    assert result.out == "" or result.json


def test_quiet_says_nothing_when_all_is_well(world):
    """With --quiet a rotation leaves both streams empty; a failure is still reported."""
    result = world.must("rotate", "--wait", "--quiet")
    assert (result.out, result.err) == ("", "")
    world.sandbox.fault("travis", status=500, times=0)
    world.configuration["users"]["cicd-bot"]["max-attempts"] = 1
    world.save()
    result = world.must("rotate", "--quiet", status=75)
    assert "travis:acme/app" in result.err and result.out == ""


def test_no_escapes_in_a_pipe(world):
    """Neither colours nor a live display where no one looks; lines of the log begin with the time."""
    result = world.must("rotate", "--wait", environment={"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    assert "\x1b" not in result.out + result.err
    for line in result.err.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (info|warning|error|debug) +\S", line), line


def test_a_reader_that_goes_away_is_no_crash(world):
    """`keyturn status | true`."""
    assert without_reader(world, "stdout", "status") in (0, 1)


def test_a_log_that_nobody_reads_stops_no_rotation(world):
    """`keyturn rotate 2> >(true)`: the key is delivered all the same."""
    assert without_reader(world, "stderr", "rotate") == 0
    assert world.status()["phase"] == "overlap"


def without_reader(world, stream, *arguments):
    """Runs a command of which one stream is a pipe that no one reads; gives its status."""
    reader, writer = os.pipe()
    os.close(reader)
    process = world.start(*arguments, **{stream: writer})
    os.close(writer)
    process.communicate(timeout=30)
    return process.returncode


def in_terminal(world, *arguments, seconds=40, typed=None):
    """Runs a command in a terminal of 100 columns, where someone types; gives what it drew and its status."""
    leader, follower = pty.openpty()
    os.set_blocking(leader, False)
    world.environment["TERM"] = "xterm-256color"
    stdin = {} if typed is None else {"stdin": follower}
    process = world.start(*arguments, stdout=follower, stderr=follower, **stdin)
    os.close(follower)
    if typed is not None:
        os.write(leader, typed.encode())
    drawn, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                drawn += os.read(leader, 65536)
            except OSError:
                break
        elif process.poll() is not None:
            break
    os.close(leader)
    if time.monotonic() >= end:
        # It would go on for ever.
        process.terminate()
    return drawn.decode(), process.wait(timeout=10)


def test_the_live_display(world):
    """A terminal is drawn over: phases, targets, a countdown; it ends with the rotation."""
    drawn, status = in_terminal(world, "rotate", "--wait")
    assert status == 0, drawn
    assert "\x1b[" in drawn and "✓ delivering" in drawn.replace("\x1b[32m", "").replace("\x1b[0m", "")
    for target in ("travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"):
        assert target in drawn
    world.assert_holds_only(world.deliveries())


def test_no_color_in_a_terminal(world):
    """--no-color, NO_COLOR and TERM=dumb: no escapes."""
    drawn, status = in_terminal(world, "status", "--no-color")
    assert status == 0 and "\x1b" not in drawn
    world.environment["NO_COLOR"] = "1"
    assert "\x1b" not in in_terminal(world, "status")[0]


def test_the_sandbox_of_a_plugin_names_each_part_once(bare):
    (line,) = [line for line in bare.must("plugin", "info", "travis-ci").out.splitlines() if line.startswith("sandbox ")]
    parts = line.removeprefix("sandbox").strip().split(", ")
    assert "no-new-privs" in parts and len(set(parts)) == len(parts), line
