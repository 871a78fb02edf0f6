"""`kill -9` at many moments: whatever was in progress, `step` brings the rotation to its end."""

import concurrent.futures
import pathlib
import random
import signal
import time

import pytest

import standin
from world import World, waited_for

#: Worlds that run side by side. They wait more than they work.
SIDE_BY_SIDE = 8

TARGETS = [("travis", "repository"), ("gitlab", "project"), ("github", "repository")]

#: What is slowed down, so that the kill hits it: service, fault, and a request that shows that it is in progress.
MOMENTS = {
    "CreateAccessKey is sent": ("aws", {"path": "CreateAccessKey", "delayMilliseconds": 3000}),
    "CreateAccessKey is done, its answer on the way": (
        "aws", {"path": "CreateAccessKey", "delayMilliseconds": 3000, "afterEffect": True}),
    "CreateAccessKey is done, its answer lost": (
        "aws", {"path": "CreateAccessKey", "close": True, "afterEffect": True}),
    "GetCallerIdentity is sent": ("aws", {"path": "GetCallerIdentity", "delayMilliseconds": 3000}),
    "UpdateAccessKey is sent": ("aws", {"path": "UpdateAccessKey", "delayMilliseconds": 3000}),
    "UpdateAccessKey is done, its answer lost": ("aws", {"path": "UpdateAccessKey", "close": True, "afterEffect": True}),
    "DeleteAccessKey is sent": ("aws", {"path": "DeleteAccessKey", "delayMilliseconds": 3000}),
    "DeleteAccessKey is done, its answer lost": ("aws", {"path": "DeleteAccessKey", "close": True, "afterEffect": True}),
    "a push to Travis CI is in progress": ("travis", {"method": "PATCH", "delayMilliseconds": 3000}),
    "a push to GitLab is in progress": ("gitlab", {"method": "PUT", "delayMilliseconds": 3000}),
    "a push to GitHub is in progress": ("github", {"method": "PUT", "delayMilliseconds": 3000}),
    "a push to GitHub is done, its answer lost": ("github", {"method": "PUT", "close": True, "afterEffect": True}),
}


def runners_of(pid):
    """The processes that this one has started."""
    children = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[1]) == pid:
            children.append(int(path.parent.name))
    return children


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(process):
    """Kills keyturn alone; its runners must die of that."""
    runners = runners_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    waited_for(lambda: not any(is_alive(runner) for runner in runners), seconds=5)
    return len(runners)


def is_striking(sandbox, service, fault):
    """Whether the request that the fault is for has come."""
    wanted = fault.get("path") or fault["method"]
    return any(wanted in (entry["path"], entry["method"]) for entry in sandbox.requests(service))


def settle(world, user, targets):
    """Steps until the rotation is over, and checks that IAM never has more than two keys on the way."""
    end = time.monotonic() + 60
    while True:
        world.run("step")
        assert len(world.sandbox.keys(user)) <= 2
        status = world.status(user)
        if status["phase"] == "idle":
            break
        assert "adopt" not in (status["problem"] or ""), status["problem"]
        assert time.monotonic() < end, status
        # What is due is done; what is not due yet is waited for.
        waited_for(lambda: world.is_due(user), seconds=40, every=0.2)
    key = world.assert_holds_only(targets, user)
    assert [(line["id"], line["role"]) for line in status["keys"]] == [(key, "current")]
    assert status["problem"] is None


def at_random(directory, sandbox, number, delay):
    """One rotation, killed after a delay, and killed once more on its way back."""
    user = f"ci-{number}"
    targets = [{"pusher": pusher, field: f"acme/app-{number}"} for pusher, field in TARGETS]
    world = World(directory, sandbox, {user: {"targets": targets}})
    try:
        (old,) = sandbox.keys(user)
        for wait in (delay, delay / 3):
            process = world.start("rotate", "--wait")
            time.sleep(wait)
            kill(process)
        names = [f"{pusher}:acme/app-{number}" for pusher, _ in TARGETS]
        settle(world, user, names)
        if old in sandbox.keys(user):
            # Killed before it had begun.
            world.must("rotate", "--wait")
            world.assert_holds_only(names, user)
    finally:
        world.close()


@pytest.mark.timeout(150)
def test_killed_after_a_random_time(start, tmp_path):
    """Twenty-four rotations, each killed twice, with propagation and latency as AWS has them."""
    count = 24
    sandbox = start("--targets", count, "--users", count, "--propagation-delay", 0.5, "--latency", 20)
    seeded = random.Random(20_261_122)
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        kills = []
        for number in range(1, count + 1):
            directory = tmp_path / str(number)
            directory.mkdir()
            kills.append(pool.submit(at_random, directory, sandbox, number, seeded.uniform(0.02, 5.5)))
        for done in concurrent.futures.as_completed(kills):
            done.result()


def at_moment(directory, moment):
    """One rotation, killed while that is in progress."""
    service, fault = MOMENTS[moment]
    sandbox = standin.Sandbox("--propagation-delay", 0)
    directory.mkdir()
    world = World(directory, sandbox)
    try:
        world.must("step")
        sandbox.clear_requests()
        sandbox.fault(service, times=1, **fault)
        process = world.start("rotate", "--wait")
        waited_for(lambda: is_striking(sandbox, service, fault), seconds=40)
        runners = kill(process)
        # After a lost answer it goes on, and may have ended.
        assert runners == len(TARGETS) or "lost" in moment
        settle(world, "cicd-bot", ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
        created = [entry for entry in sandbox.requests("aws") if entry["path"] == "CreateAccessKey"]
        # Each answer that no one keeps costs one more: the one that was lost, and the one that the kill may have hit after it.
        assert len(created) <= 1 + ("CreateAccessKey" in moment) * (2 if "lost" in moment else 1)
    finally:
        world.close()
        sandbox.stop()


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    """All of them side by side, for they wait more than they work."""
    directory = tmp_path_factory.mktemp("moments")
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {
            moment: pool.submit(at_moment, directory / str(number), moment)
            for number, moment in enumerate(MOMENTS)}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while(moments, moment):
    """Completes, with one key, held by every target, and no second one made where the first is known."""
    moments[moment].result()
