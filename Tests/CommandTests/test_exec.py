"""The pusher `exec`: a program of the operator's gets the pair as JSON, once it was allowed to."""

import json
import pathlib
import stat

import pytest

import leaks

PROGRAM = """#!/usr/bin/env python3
import json, os, pathlib, sys, time
request = json.load(sys.stdin)
here = pathlib.Path(__file__).parent
what = request["input"].get("do", "")
with open(here / "log", "a") as log:
    secret = request.pop("secret-access-key", None)
    request["has-secret"] = secret is not None and len(secret) == 40
    request["arguments"] = sys.argv[1:]
    request["environment"] = sorted(os.environ)
    request["descriptors"] = sorted(os.listdir("/proc/self/fd"))
    log.write(json.dumps(request) + "\\n")
if request["action"] == "push" and what != "nothing":
    (here / request["place"]).write_text(request["access-key-id"])
if what.isdigit():
    print("as it was told")
    sys.exit(int(what))
if what == "leak":
    print("the secret is", secret)
if what == "sleep":
    time.sleep(60)
if request["action"] == "inspect" or what == "read":
    print(json.dumps({"key-id": (here / request["place"]).read_text(), "message": "read"}))
"""


@pytest.fixture
def pushed(world):
    """A world with one target of `exec`, and the program next to the configuration."""
    program = world.write("push.py", PROGRAM, 0o700)
    world.configuration["defaults"].update({"push-timeout": "3s", "max-attempts": 1, "retry": "1h"})

    def use(actions=None, **given):
        world.configuration["pushers"]["mine"] = {"plugin": "exec", "program": [str(program), "--flag"]}
        if actions:
            world.configuration["pushers"]["mine"]["actions"] = actions
        world.configuration["users"]["cicd-bot"]["targets"].append({"pusher": "mine", "place": "a/b".replace("/", "-"), "input": given})
        world.save()
        world.must("plugin", "pin", "exec", "--grant", "programs")
        return world

    use.world = world
    return use


def told(world):
    return [json.loads(line) for line in (world.directory / "log").read_text().splitlines()]


def test_check_looks_at_the_program(pushed):
    """Whether it is there, may be started and is granted; it is not started."""
    world = pushed(["push", "check"])
    world.must("check")
    program = world.directory / "push.py"
    program.chmod(0o600)
    result = world.must("check", status=77)
    assert f"{program} is not executable; run `chmod +x {program}`" in " ".join(result.out.split()), result.out
    program.unlink()
    result = world.must("check", status=78)
    assert f"pusher mine: its program cannot be started: {program}: No such file or directory" in " ".join(result.out.split()), result.out
    (world.directory / "keyturn.lock").unlink()
    result = world.must("check", status=77)
    assert "`keyturn plugin pin exec --grant programs`" in result.out, result.out
    assert not (world.directory / "log").exists()


def test_a_program_gets_the_pair(pushed):
    """On its standard input, with nothing else of keyturn's: no descriptors, no environment; and it delivers."""
    world = pushed(team="a", do="read")
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    (request,) = told(world)
    assert request["has-secret"] and request["access-key-id"] == key == (world.directory / "a-b").read_text()
    assert request["place"] == "a-b" and request["input"]["team"] == "a" and request["arguments"] == ["--flag"]
    assert request["variables"]["secret-access-key"] == "AWS_SECRET_ACCESS_KEY"
    assert set(request["environment"]) <= {"LANG", "PATH", "LC_CTYPE"}
    assert set(request["descriptors"]) <= {"0", "1", "2", "3", "4"}
    # A program's word: keyturn saw nothing of what it did.
    assert world.deliveries()["mine:a-b"]["evidence"] == "acknowledged"


def test_programs_must_be_granted(pushed):
    """The installed lock does not let it; the operator learns how to, before a key is made."""
    world = pushed()
    (world.directory / "keyturn.lock").unlink()
    assert "keyturn plugin pin exec --grant programs" in world.must("check", "--online", status=1).out
    keys = world.sandbox.keys()
    world.must("rotate", status=75)
    assert "keyturn plugin pin exec --grant programs" in world.status()["problem"] and world.sandbox.keys() == keys
    world.configuration["defaults"]["preflight"] = False
    world.save()
    world.must("retry", status=75)
    delivery = world.deliveries()["mine:a-b"]
    assert delivery["state"] == "failed" and "keyturn plugin pin exec --grant programs" in delivery["detail"]
    assert not (world.directory / "log").exists()
    assert "starting programs" in world.must("plugin", "info", "exec").out


@pytest.mark.parametrize(
    "status, state, words",
    [(75, "pending", "ended with status 75: as it was told"), (77, "failed", "status 77"), (66, "failed", "status 66"),
     (78, "failed", "status 78"), (3, "failed", "status 3")])
def test_its_exit_status_is_the_outcome(pushed, status, state, words):
    """As sysexits.h has them; the old key stays."""
    world = pushed(do=str(status))
    world.must("rotate", status=75)
    delivery = world.deliveries()["mine:a-b"]
    assert delivery["state"] in (state, "failed") and words in delivery["detail"], delivery
    assert all(value == "Active" for value in world.sandbox.keys().values())


def test_one_that_takes_too_long_is_ended(pushed):
    """SIGTERM when the time is over; the target is not confirmed, and no process is left."""
    world = pushed(do="sleep")
    world.must("rotate", status=75, timeout=40)
    assert world.deliveries()["mine:a-b"]["state"] != "confirmed"
    left = [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if str(world.directory).encode() in _read(path)]
    assert left == []


def test_check_and_inspect_where_it_can(pushed):
    """Named in `actions`, the program is asked, without the pair."""
    world = pushed(["push", "check", "inspect"])
    world.must("rotate", "--wait")
    (world.directory / "log").unlink()
    world.must("check", "--online")
    assert [request["action"] for request in told(world)] == ["check", "inspect"]
    assert not any(request["has-secret"] for request in told(world))


def test_one_that_fails_to_inspect_fails_the_check(pushed):
    """A rotation would wait for it before the old key goes."""
    world = pushed(["push", "inspect"], do="65")
    found = " ".join(world.must("check", "--online", status=1).out.split())
    assert "it cannot be asked which key it holds" in found and "ended with status 65: as it was told" in found, found


def test_what_it_says_is_searched_for_secrets(pushed):
    """A program that prints the secret does not bring it into any output."""
    world = pushed(do="leak")
    world.must("rotate", "--wait", "--verbose")
    assert "[redacted]" in world.deliveries()["mine:a-b"]["detail"]
    leaks.assert_told_nowhere(world, {"secret": world.sandbox.secret_at_gitlab()})


def test_a_program_that_is_not_there(pushed):
    """`check --online` reports it before a key is made."""
    world = pushed()
    (world.directory / "push.py").unlink()
    result = world.must("check", "--online", status=1)
    assert "cannot be started: No such file" in result.out
    assert stat.S_ISREG((world.directory / "keyturn.lock").stat().st_mode)


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
