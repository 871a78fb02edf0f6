"""Several keyturns at one state, and the one that stays up."""

import signal
import time

from world import waited_for


def test_the_second_says_so_and_doubles_nothing(world):
    """While one is at work on a user, another ends with 75, and one key is made."""
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=4000, times=1)
    first = world.start("rotate", "--wait")
    waited_for(lambda: [entry for entry in world.sandbox.writes() if entry["service"] == "gitlab"])
    for command in ("rotate", "step"):
        second = world.must(command, status=75)
        assert f"another keyturn (`keyturn rotate`, process {first.pid})" in second.err
        assert ("`keyturn rotate --wait` waits for it" in second.err) == (command == "rotate")
    assert world.must("rotate", "--json", status=75).json["users"][0]["phase"] == "delivering"
    assert world.finish(first).status == 0
    world.assert_holds_only(world.deliveries())
    asked = [entry["path"] for entry in world.sandbox.requests("aws")]
    assert len(world.history()) and [line["event"] for line in world.history()].count("created") == 1
    writes = [(entry["service"], entry["method"], entry["path"]) for entry in world.sandbox.writes()]
    assert len(writes) == len(set(writes)) == 6, (asked, writes)


def test_a_second_run_on_one_state_says_so(world):
    """One remark in its log; a state has room for both."""
    world.must("step")
    log = world.directory / "run.log"
    first = world.start("run", stderr=log.open("wb"))
    waited_for(lambda: " running: " in log.read_text())
    other = world.directory / "other.log"
    second = world.start("run", stderr=other.open("wb"))
    waited_for(lambda: f"another `keyturn run` (process {first.pid}) uses " in other.read_text())
    assert "another `keyturn run`" not in log.read_text()
    for process in (first, second):
        process.terminate()
        assert process.wait(timeout=15) == 0


def test_many_at_once(world):
    """Six at the same moment: one of them works, and there is one rotation."""
    started = [world.start("rotate") for _ in range(6)]
    ends = [world.finish(process).status for process in started]
    assert set(ends) <= {0, 75} and 0 in ends
    world.step_until_idle()
    world.assert_holds_only(world.deliveries())
    assert world.status()["rotation"] == [line["event"] for line in world.history()].count("created") == 1


def test_reading_goes_on_while_another_works(world):
    """status, history and plan answer at once next to a rotation."""
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=8000, times=1)
    rotating = world.start("rotate")
    waited_for(lambda: [entry for entry in world.sandbox.writes() if entry["service"] == "gitlab"])
    for command in ("status", "history", "plan"):
        world.must(command, timeout=5)
    assert rotating.poll() is None
    assert world.finish(rotating).status == 0


def start_run(world):
    """`run` with a user that is known already, and whose key is too old."""
    world.must("step")
    world.configuration["defaults"].update({"rotate-every": "1s", "push-timeout": "60s"})
    world.save()
    return world.start("run")


def end_run(world, running):
    """SIGTERM; gives how it ended."""
    began = time.monotonic()
    running.send_signal(signal.SIGTERM)
    result = world.finish(running, timeout=15)
    assert time.monotonic() - began < 10
    assert result.status == 0 and result.out == "", str(result)
    world.configuration["defaults"]["rotate-every"] = "24h"
    world.save()
    return result


def test_run_rotates_when_due_and_ends_on_sigterm(world):
    """It rotates at the configured age, and is gone within ten seconds of SIGTERM; `step` can go on."""
    running = start_run(world)
    waited_for(lambda: world.status()["phase"] == "overlap")
    end_run(world, running)
    world.step_until_idle()
    world.assert_holds_only(world.deliveries())


def test_run_goes_on_with_what_its_own_work_made_due(world):
    """An overlap of one second ends after one second, not when `run` next looks."""
    running = start_run(world)
    waited_for(lambda: world.status()["phase"] == "overlap")
    try:
        waited_for(lambda: world.status()["phase"] != "overlap", seconds=6)
    finally:
        end_run(world, running)


def test_run_ends_on_sigterm_in_the_middle_of_a_push(world):
    """What is in progress is journalled; the next step goes on with the same key."""
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=30000, times=1)
    running = start_run(world)
    waited_for(lambda: [entry for entry in world.sandbox.writes() if entry["service"] == "gitlab"])
    end_run(world, running)
    assert list(world.sandbox.keys().values()) == ["Active", "Active"]
    (new,) = [key["id"] for key in world.status()["keys"] if key["role"] == "next"]
    world.sandbox.clear_faults()
    world.step_until_idle()
    assert world.assert_holds_only(world.deliveries()) == new
