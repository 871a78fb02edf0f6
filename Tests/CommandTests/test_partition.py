"""Workers on machines whose links fail: each in network and PID namespaces of its own, with links that the test stops and fixes."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import relay
from test_fleet import ELSEWHERE, fleet, needs_namespaces, worker_of
from test_postgres import TARGETS, databases, own_server, server  # noqa: F401: fixtures
from world import waited_for

HERE = pathlib.Path(__file__).parent
SERVICES = ["aws", "travis", "gitlab", "github"]


def port_of(url):
    return int(url.rsplit(":", 1)[1].split("/")[0])


class Machine:
    """Network namespace with a loopback alone. What is reachable in it comes through a relay of its own, which is a link to be cut."""

    def __init__(self, directory, world, database):
        self.directory, self.links = directory, {}
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "3600"])
        waited_for(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        self.inside = ["nsenter", "-t", str(self.holder.pid), "--net"]
        subprocess.run([*self.inside, "ip", "link", "set", "lo", "up"], check=True)
        self.outside = []
        for name in SERVICES:
            port = port_of(getattr(world.sandbox, name))
            self.outside.append(relay.to_file(directory / name, ("127.0.0.1", port)))
            self._link(name, port, directory / name)
        self._link("database", 5432, database)
        world.wrapper = [*self.inside, *ELSEWHERE]

    def _link(self, name, port, path):
        process = subprocess.Popen(
            [*self.inside, sys.executable, HERE / "relay.py", str(port), path], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        self.links[name] = process

    def cut(self, *names):
        """Nothing arrives any more, and no one learns of it."""
        for name in names:
            self.links[name].send_signal(signal.SIGSTOP)

    def mend(self, *names):
        for name in names:
            self.links[name].send_signal(signal.SIGCONT)

    def close(self):
        for process in [*self.links.values(), self.holder]:
            process.kill()
            process.wait()
        for process in self.links.values():
            process.stdout.close()
        for link in self.outside:
            link.close()


@pytest.fixture
def machines(make, databases, server, tmp_path):  # noqa: F811: fixtures
    """Makes machines, each with a worker's world."""
    made = []

    def machines(name, count):
        databases(name)
        worlds = fleet(make, f"postgresql://keyturn@127.0.0.1:5432/{name}?sslmode=disable", count)
        for number, world in enumerate(worlds):
            directory = tmp_path / f"links-{number}"
            directory.mkdir()
            made.append(Machine(directory, world, server.socket / ".s.PGSQL.5432"))
        return list(zip(worlds, made))

    yield machines
    for machine in made:
        machine.close()


def writes_of(sandbox):
    """Requests that change something."""
    return [entry for entry in sandbox.requests() if entry["method"] not in ("GET", "HEAD") and entry["path"] not in
            ("ListAccessKeys", "GetCallerIdentity", "GetAccessKeyLastUsed")]


def outside(world, address):
    """The same state, asked from the machine of the test."""
    world.wrapper = []
    world.configuration["state"] = address
    world.save()
    return world


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="network namespaces with links need root")


@needs_root
@needs_namespaces
@pytest.mark.timeout(200)
def test_a_worker_cut_from_the_database(machines, make, server):  # noqa: F811
    """It sends nothing more when its lease is over; another takes its user over within 30 s; one key is made, and all hold it."""
    (one, first), (two, second) = machines("cut_database", 2)
    (old,) = one.sandbox.keys("cicd-bot")
    cut_off = one.start("run")
    waited_for(lambda: len(one.sandbox.keys("cicd-bot")) == 2, seconds=40)
    first.cut("database")
    began = time.monotonic()
    other = two.start("run")
    waited_for(lambda: old not in one.sandbox.keys("cicd-bot"), seconds=80)
    # A lease, the wait for it, and the rotation itself.
    assert time.monotonic() - began < 30 + 25
    one.sandbox.clear_requests()
    first.mend("database")
    time.sleep(2)
    assert writes_of(one.sandbox) == []
    for world, process in ((one, cut_off), (two, other)):
        assert process.poll() is None
        os.kill(worker_of(process), signal.SIGTERM)
        assert world.finish(process).status == 0
    outside(one, server.address("cut_database")).assert_holds_only(TARGETS)
    assert one.must("history", "verify").status == 0


@needs_root
@needs_namespaces
@pytest.mark.timeout(200)
def test_a_worker_cut_from_the_services(machines, server):  # noqa: F811
    """It keeps its lease, for it lives, and goes on when they are there again; one that can neither say so nor send is taken over."""
    (one, first), (two, second) = machines("cut_services", 2)
    (old,) = one.sandbox.keys("cicd-bot")
    running = [one.start("run")]
    waited_for(lambda: len(one.sandbox.keys("cicd-bot")) == 2, seconds=40)
    first.cut(*SERVICES)
    running.append(two.start("run"))
    time.sleep(8)
    first.mend(*SERVICES)
    waited_for(lambda: old not in one.sandbox.keys("cicd-bot"), seconds=90)
    for world, process in zip((one, two), running):
        os.kill(worker_of(process), signal.SIGTERM)
        assert world.finish(process).status == 0
    outside(one, server.address("cut_services")).assert_holds_only(TARGETS)
    created = [line for line in one.sandbox.requests("aws") if line["path"] == "CreateAccessKey"]
    assert len(created) == 1


@needs_root
@needs_namespaces
@pytest.mark.timeout(200)
@pytest.mark.parametrize("shift", [3_600, -3_600])
def test_a_clock_an_hour_off(machines, server, tmp_path, shift):  # noqa: F811
    """Leases, overlap and schedule go by the database's clock, AWS's signatures by AWS's: a worker whose own is wrong changes nothing."""
    name = "wrong_clock_" + ("ahead" if shift > 0 else "behind")
    (one, _), (two, _) = machines(name, 2)
    for world in (one, two):
        world.configuration["defaults"]["overlap"] = "25s"
        world.save()
    (old,) = one.sandbox.keys("cicd-bot")
    running = [one.start("run")]
    waited_for(lambda: "all-delivered" in [line["event"] for line in watched(one, server.address(name))], seconds=40)
    began = time.monotonic()
    # Whoever comes after it goes by another clock.
    os.kill(worker_of(running[0]), signal.SIGKILL)
    one.finish(running[0])
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", HERE / "shifted_clock.c", "-o", library], check=True)
    two.environment.update(CLOCK_SHIFT=str(shift), LD_PRELOAD=str(library))
    other = two.start("run")
    waited_for(lambda: one.sandbox.keys("cicd-bot").get(old) != "Active", seconds=60)
    assert time.monotonic() - began > 22
    waited_for(lambda: old not in one.sandbox.keys("cicd-bot"), seconds=60)
    time.sleep(1)
    os.kill(worker_of(other), signal.SIGTERM)
    result = two.finish(other)
    assert result.status == 0 and f"{'ahead of' if shift > 0 else 'behind'} that of the state's server" in result.err, str(result)
    one.assert_holds_only(TARGETS)
    created = [line for line in one.sandbox.requests("aws") if line["path"] == "CreateAccessKey"]
    assert len(created) == 1


def watched(world, address):
    """The history, read from the machine of the test."""
    configuration, wrapper = dict(world.configuration), world.wrapper
    watcher = outside(world, address)
    try:
        return watcher.history()
    finally:
        world.configuration, world.wrapper = configuration, wrapper
        world.save()

