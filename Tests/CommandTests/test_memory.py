"""What stays of secrets in the memory of running processes."""

import os
import pathlib
import signal

import pytest

import forwarder
import memory
import plugins
import program
from test_process import links
from test_pushers import Cast
from world import waited_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root reads the memory of keyturn")

#: keyturn ends the process of a pusher that has had nothing to do for this long, and forgets its pairs.
IDLE_SECONDS = 10


def test_the_measure_itself(world):
    """A token that keyturn holds is found; so is what a process was given as an argument."""
    daemon = world.start("run")
    waited_for(lambda: any("keyturn.db" in link for link in links(daemon.pid).values()))
    waited_for(lambda: memory.found(daemon.pid, world.sandbox.tokens["travis"]))
    daemon.kill()


def test_secrets_lie_in_memory_that_is_left_out_of_dumps(world):
    """A token: locked into memory where the limit allows it, and in no core dump (`dd`, `lo` of proc(5))."""
    daemon = world.start("run")
    token = world.sandbox.tokens["travis"]
    # It is found from the first moment on: in the variables that the process was given.
    waited_for(lambda: any(
        {"dd", "lo"} <= memory.flags(daemon.pid, address) for _, _, address in memory.found(daemon.pid, token)))
    daemon.kill()


@pytest.fixture(params=["plain", "tls"])
def transport(request, world, certificate):
    """The services of a world over plain http, and over TLS on connections that stay open."""
    running = []
    if request.param == "tls":
        running = [forwarder.Forwarder(certificate, getattr(world.sandbox, name)) for name in ("aws", "travis", "gitlab", "github")]
        world.configuration["aws"]["endpoint-url"] = running[0].url
        for name, service in zip(("travis", "gitlab", "github"), running[1:]):
            world.configuration["pushers"][name]["endpoint"] = service.url
        world.configuration["ca-file"] = certificate[0]
        world.save()
    yield request.param
    for service in running:
        service.stop()


@pytest.mark.timeout(120)
def test_keyturn_forgets_a_rotation_that_is_over(world, transport):
    """A daemon that has made, verified and delivered keys has none of their secrets when the rotation is over."""
    world.configuration["defaults"]["rotate-every"] = "1s"
    world.save()
    daemon = world.start("run", stderr=open(world.directory / "log", "wb"))
    waited_for(lambda: world.status()["rotation"] >= 2, seconds=60)
    world.configuration["defaults"]["rotate-every"] = "24h"
    world.save()
    daemon.send_signal(signal.SIGHUP)
    waited_for(lambda: world.status()["phase"] == "idle", seconds=60)
    secret = world.sandbox.secret_at_gitlab()
    assert len(secret) == 40
    # The pushers' processes are kept for a while, and with them what is looked for in what they say.
    waited_for(lambda: not memory.found(daemon.pid, secret), seconds=2 * IDLE_SECONDS + 10, every=1)
    daemon.terminate()
    assert daemon.wait(timeout=20) == 0


#: What a runner with one of keyturn's pushers may have of the machine's memory while it waits, in KiB.
RESIDENT = 6 << 10


def resident(process):
    """Its pages in memory, in KiB."""
    return int(pathlib.Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0])


def test_a_runner_that_waits_is_small(world):
    """Also when it has pushed."""
    world.configuration["defaults"]["rotate-every"] = "1s"
    world.save()
    daemon = world.start("run", stderr=open(world.directory / "log", "wb"))
    waited_for(lambda: world.status()["rotation"] >= 1, seconds=60)
    sizes = {}

    def are_small():
        sizes.update({pusher(path.name): resident(path.name) for path in runners(daemon.pid)})
        return len(sizes) == 3 and max(sizes.values()) <= RESIDENT

    try:
        waited_for(are_small, seconds=8, every=0.1)
    finally:
        print(sizes)
        daemon.kill()


ROTATIONS = 20


@pytest.mark.later
@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["tls"], indirect=True)
def test_twenty_rotations_leave_nothing(world, transport):
    """Of no key, in no form, in no process: of the runners as soon as the last rotation is over, of keyturn once they have ended."""
    world.configuration["defaults"]["rotate-every"] = "1s"
    world.save()
    daemon = world.start("run", stderr=open(world.directory / "log", "wb"))
    secrets = set()

    def has_rotated():
        secrets.add(world.sandbox.secret_at_gitlab())
        return len(secrets) > ROTATIONS

    waited_for(has_rotated, seconds=240, every=0.3)
    world.configuration["defaults"].update({"rotate-every": "24h"})
    world.save()
    daemon.send_signal(signal.SIGHUP)
    waited_for(lambda: world.status()["phase"] == "idle", seconds=60)
    secrets.add(world.sandbox.secret_at_gitlab())
    # Stopped, it ends no runner while that is looked at.
    daemon.send_signal(signal.SIGSTOP)
    processes = {pusher(path.name): path.name for path in runners(daemon.pid)}
    places = {name: memory.found(process, *secrets) for name, process in processes.items()}
    daemon.send_signal(signal.SIGCONT)
    waited_for(lambda: not list(runners(daemon.pid)), seconds=2 * IDLE_SECONDS + 10, every=0.5)
    places["keyturn"] = memory.found(daemon.pid, *secrets)
    assert memory.found(daemon.pid, world.sandbox.tokens["travis"]), "the measure finds what is there"
    print(f"after {len(secrets)} keys\n{memory.table(places)}")
    assert sorted(processes) == ["github-actions", "gitlab-ci", "travis-ci"]
    assert {name: hits for name, hits in places.items() if hits} == {}
    daemon.terminate()
    assert daemon.wait(timeout=20) == 0


@pytest.mark.timeout(120)
def test_runners_keep_no_copy_after_a_push(world):
    """The processes of the three pushers, while they live on after the last push."""
    world.configuration["defaults"].update({"overlap": "1h", "rotate-every": "1s"})
    world.save()
    daemon = world.start("run", stderr=open(world.directory / "log", "wb"))
    waited_for(lambda: world.status()["phase"] == "overlap", seconds=60, every=0.2)
    secret = world.sandbox.secret_at_gitlab()
    processes = [path.name for path in runners(daemon.pid)]
    assert len(processes) == 3
    kept = {process: memory.found(process, secret) for process in processes}
    assert kept == {process: [] for process in processes}
    daemon.kill()


def test_a_runner_keeps_no_copy_of_a_pusher_in_c(tmp_path):
    """Nor what a pusher allocates itself and forgets to wipe."""
    cast = Cast(tmp_path / "cast")
    try:
        cast.world.configuration["defaults"].update({"overlap": "1h", "rotate-every": "1s"})
        plugins.put(cast.directory, "mine")
        cast.use("mine", "mine", "here")
        daemon = cast.world.start("run", stderr=open(cast.world.directory / "log", "wb"))
        waited_for(lambda: cast.world.status()["phase"] == "overlap", seconds=60, every=0.2)
        secret = cast.server.kept["here"].partition(":")[2]
        assert len(secret) == 40
        for path in runners(daemon.pid):
            assert memory.found(path.name, secret) == [], path
        daemon.kill()
    finally:
        cast.close()


def pusher(process):
    """The ID of the installed plugin that a runner has loaded, by the content of its library."""
    mapped = next(path for path in pathlib.Path(f"/proc/{process}/map_files").iterdir() if "memfd:pusher" in os.readlink(path))
    content = mapped.read_bytes()
    installed = (program.stage() / "lib" / "keyturn" / "pushers").glob("*/pusher.so")
    return next(path.parent.name for path in installed if path.read_bytes() == content)


def runners(parent):
    """The processes of the runners of a program."""
    from test_hostile import runners as found

    return found(parent)
