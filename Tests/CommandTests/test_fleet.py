"""Several workers on one state in PostgreSQL, each as if on a machine of its own."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from test_postgres import TARGETS, databases, kept_in, own_server, server  # noqa: F401: fixtures
from world import waited_for

#: A worker in a PID namespace of its own, as on another machine: no one else sees whether it lives.
ELSEWHERE = ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--pid", "--fork", "--mount-proc", "--kill-child"]


def worker_of(process):
    """The process of keyturn itself, inside its namespace."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return waited_for(lambda: int((children.read_text().split() or [0])[0]))


def is_isolated():
    """Whether a PID namespace can be made here."""
    return shutil.which("unshare") and subprocess.run([*ELSEWHERE, "true"], check=False, capture_output=True).returncode == 0


needs_namespaces = pytest.mark.skipif(not is_isolated(), reason="no PID namespace can be made here")


def fleet(make, address, count, *options):
    """Workers on one state, each as if on a machine of its own."""
    first = make("--propagation-delay", 4, "--key-age", 3600, *options)
    worlds = [first] + [make(sandbox=first.sandbox) for _ in range(count - 1)]
    for world in worlds:
        kept_in(world, address)
        world.configuration["defaults"]["rotate-every"] = "20m"
        world.save()
        if world is not first:
            shutil.copy(first.directory / "seal.key", world.directory / "seal.key")
            world.environment = {**first.environment, "HOME": str(world.directory), "TMPDIR": str(world.temporary)}
        world.wrapper = ELSEWHERE
    return worlds


@needs_namespaces
@pytest.mark.timeout(120)
def test_a_worker_that_dies_is_taken_over(make, databases):
    """Within 30 s, though no one can see that it is dead."""
    one, two = fleet(make, databases("takeover"), 2)
    (old,) = one.sandbox.keys("cicd-bot")
    first = one.start("run")
    waited_for(lambda: len(one.sandbox.keys("cicd-bot")) == 2)
    second = two.start("run")
    waited_for(lambda: len(one.must("status", "--json").json["workers"]) == 2)
    os.kill(worker_of(first), signal.SIGKILL)
    began = time.monotonic()
    waited_for(lambda: "GetCallerIdentity" in [entry["path"] for entry in one.sandbox.requests("aws")], seconds=35)
    waited_for(lambda: old not in one.sandbox.keys("cicd-bot"), seconds=45)
    # The wait for the lease, and the rotation itself, with the spreading of the key.
    assert time.monotonic() - began < 30 + 20
    one.assert_holds_only(TARGETS)
    os.kill(worker_of(second), signal.SIGTERM)
    assert two.finish(second).status == 0
    assert one.must("status", "--json").json["workers"][1:] == []
    assert len([line for line in one.sandbox.requests("aws") if line["path"] == "CreateAccessKey"]) == 1


@needs_namespaces
@pytest.mark.timeout(150)
def test_a_worker_that_was_stopped_sends_nothing_more(make, databases):
    """It wakes after its user was taken over, and all is done: what it had in its hands stays there."""
    one, two = fleet(make, databases("stopped"), 2)
    (old,) = one.sandbox.keys("cicd-bot")
    first = one.start("run")
    # Stopped while it waits for the key to spread: with the pair in its hands, and three pushes before it.
    waited_for(lambda: len(one.sandbox.keys("cicd-bot")) == 2)
    stopped = worker_of(first)
    os.kill(stopped, signal.SIGSTOP)
    second = two.start("run")
    waited_for(lambda: old not in one.sandbox.keys("cicd-bot"), seconds=60)
    waited_for(lambda: one.status()["phase"] == "idle")
    os.kill(worker_of(second), signal.SIGSTOP)
    one.sandbox.clear_requests()
    os.kill(stopped, signal.SIGCONT)
    # It has looked at its lease once it says so.
    time.sleep(3)
    writes = [entry for entry in one.sandbox.requests() if entry["method"] not in ("GET", "HEAD") and entry["path"] not in
              ("ListAccessKeys", "GetCallerIdentity", "GetAccessKeyLastUsed")]
    assert len(writes) <= 1, writes
    one.assert_holds_only(TARGETS)
    os.kill(stopped, signal.SIGTERM)
    result = one.finish(first)
    # The third: it was stopped while it asked the database for something.
    words = ("lease is over", "taken cicd-bot over", "the state cannot be written")
    assert any(word in result.err for word in words), str(result)


@needs_namespaces
@pytest.mark.timeout(150)
def test_a_switch_to_the_standby(make, own_server):
    """With a synchronous standby nothing is lost; what was in progress is looked at again, and goes on."""
    primary = own_server()
    primary.query("CREATE DATABASE keyturn")
    standby = own_server(standby_of=primary)
    primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    primary.query("SELECT pg_reload_conf()")
    waited_for(lambda: primary.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1")
    hosts = f"{primary.socket},{standby.socket}"
    world = kept_in(make("--propagation-delay", 3, "--key-age", 3600), f"postgresql:///keyturn?host={hosts}&port=5432,5432&user=keyturn")
    world.configuration["defaults"].update({"rotate-every": "20m"})
    world.save()
    (old,) = world.sandbox.keys("cicd-bot")
    process = world.start("run")
    waited_for(lambda: len(world.sandbox.keys("cicd-bot")) == 2)
    primary.kill()
    standby.query("SELECT pg_promote()")
    waited_for(lambda: old not in world.sandbox.keys("cicd-bot"), seconds=90)
    process.terminate()
    result = world.finish(process)
    assert result.status == 0, str(result)
    world.assert_holds_only(TARGETS)
    events = [line["event"] for line in world.history()]
    assert "state-may-be-behind" in events, events
    assert world.must("history", "verify").status == 0
    created = [line for line in world.sandbox.requests("aws") if line["path"] == "CreateAccessKey"]
    assert len(created) == 1


def test_users_are_shared(make, databases):
    """Two `step`s at once on ten users: each user is rotated once."""
    users = {f"ci-{number}": {"targets": [{"pusher": "travis", "repository": f"acme/app-{number}"}]} for number in range(1, 11)}
    first = make("--users", 10, "--targets", 10, users=users)
    second = make(sandbox=first.sandbox, users=users)
    shutil.copy(first.directory / "seal.key", second.directory / "seal.key")
    second.environment = {**first.environment, "HOME": str(second.directory), "TMPDIR": str(second.temporary)}
    address = databases("shared")
    for world in (first, second):
        # Orders are given at once as long as the first process is not through before the second has begun.
        world.configuration["defaults"]["overlap"] = "15s"
        kept_in(world, address)
    running = [world.start("rotate", "--all", "--wait") for world in (first, second)]
    results = [world.finish(process) for world, process in zip((first, second), running)]
    assert {result.status for result in results} <= {0, 75}, [str(result) for result in results]
    created = [line for line in first.sandbox.requests("aws") if line["path"] == "CreateAccessKey"]
    assert len(created) == 10
