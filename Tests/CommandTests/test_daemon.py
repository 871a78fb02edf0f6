"""`keyturn run` as a service manager sees it: ready, reload, watchdog, and an end that loses nothing."""

import os
import signal
import socket
import time

import pytest

from world import waited_for

MANY = 500


def gitlab(count):
    return [{"pusher": "gitlab", "project": f"acme/app-{number}"} for number in range(1, count + 1)]


def log_of(process):
    """What a started keyturn writes to stderr, line by line, without waiting."""
    os.set_blocking(process.stderr.fileno(), False)
    lines = []

    def read():
        data = process.stderr.read()
        if data:
            lines.append(data.decode())
        return "".join(lines)

    return read


class Manager:
    """The socket that systemd gives to a service."""

    def __init__(self, directory):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = str(directory / "notify")
        self.socket.bind(self.path)
        self.socket.settimeout(20)
        self.heard = []

    def until(self, word):
        """Everything that was said up to a message with that word."""
        while True:
            message = self.socket.recv(4096).decode()
            self.heard.append(message)
            if word in message:
                return message

    def close(self):
        self.socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.close()


def held(world, count):
    """Targets by what they really hold: the key ID where the secret belongs to it, else None."""
    targets = world.sandbox.state()["targets"]
    found = {}
    for number in range(1, count + 1):
        variables = targets[f"gitlab:acme/app-{number}"]
        is_whole = variables["AWS_SECRET_ACCESS_KEY"] == "matches"
        found[f"gitlab:acme/app-{number}"] = variables["AWS_ACCESS_KEY_ID"] if is_whole else None
    return found


@pytest.mark.timeout(150)
def test_stopping_in_the_middle_of_many_pushes(make):
    """Ends within ten seconds; what the targets hold and what the state says are the same; nothing is written twice."""
    world = make("--targets", MANY, "--latency", 250, users={"cicd-bot": {"targets": gitlab(MANY)}})
    world.configuration["defaults"] |= {"rotate-every": "1s", "preflight": False, "overlap": "1h"}
    world.configuration["pushers"]["gitlab"]["limits"] = []
    world.save()
    process = world.start("run")
    log_of(process)
    waited_for(lambda: len(world.sandbox.writes()) > 150, seconds=60)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert time.monotonic() - asked < 10
    writes = len(world.sandbox.writes())
    assert writes < 2 * MANY, "it was stopped too late to show anything"

    status = world.status()
    new = next(key["id"] for key in status["keys"] if key["role"] == "next")
    really = held(world, MANY)
    deliveries = {delivery["target"]: delivery for delivery in status["deliveries"]}
    assert status["phase"] == "delivering"
    assert {delivery["state"] for delivery in deliveries.values()} == {"confirmed", "pending"}
    for target, key in really.items():
        assert (deliveries[target]["state"] == "confirmed") == (key == new), (target, key, deliveries[target])
    untouched = [delivery for delivery in deliveries.values() if delivery["state"] == "pending"]
    assert untouched and all(delivery["attempts"] == 0 and not delivery["may-be-torn"] for delivery in untouched)

    world.must("step", timeout=60)
    assert all(key == new for key in held(world, MANY).values())
    assert len(world.sandbox.writes()) == 2 * MANY, "what was confirmed was written again"


def test_a_second_signal_ends_it_at_once(make):
    world = make("--targets", 3, users={"cicd-bot": {"targets": gitlab(3)}})
    world.configuration["defaults"] |= {"rotate-every": "1s", "preflight": False}
    world.save()
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=60_000)
    process = world.start("run")
    read = log_of(process)
    waited_for(lambda: "delivering" in read())
    process.send_signal(signal.SIGTERM)
    waited_for(lambda: "stopping" in read())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=2) == 128 + signal.SIGTERM


def test_what_never_answers_does_not_hold_up_the_end(make):
    world = make("--targets", 3, users={"cicd-bot": {"targets": gitlab(3)}})
    world.configuration["defaults"] |= {"rotate-every": "1s", "preflight": False}
    world.save()
    world.sandbox.fault("gitlab", method="PUT", path=".*app-2.*", delayMilliseconds=60_000)
    process = world.start("run")
    log_of(process)
    waited_for(lambda: sum(entry["status"] is not None for entry in world.sandbox.writes()) >= 4)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    states = {name: (line["state"], line["may-be-torn"]) for name, line in world.deliveries().items()}
    assert states["gitlab:acme/app-1"] == states["gitlab:acme/app-3"] == ("confirmed", False)
    assert states["gitlab:acme/app-2"][0] == "pending"
    # The next start takes it for half written, and pushes it again.
    world.sandbox.clear_faults()
    world.must("step", timeout=120)
    assert {line["state"] for line in world.deliveries().values()} == {"confirmed"}


def test_the_service_manager_hears_of_it(make, manager):
    world = make(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="400000")
    process = world.start("run")
    assert "STATUS=running: 1 user" in manager.until("READY=1")
    manager.until("WATCHDOG=1")
    manager.until("WATCHDOG=1")
    process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in manager.until("RELOADING=1")
    manager.until("READY=1")
    process.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")
    assert process.wait(timeout=10) == 0


def test_a_watchdog_of_another_process_is_not_answered(make, manager):
    world = make(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    process = world.start("run")
    manager.until("READY=1")
    manager.socket.settimeout(0.5)
    with pytest.raises(TimeoutError):
        manager.until("WATCHDOG=1")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_new_configuration_is_taken_up(make):
    world = make("--targets", 2, users={"cicd-bot": {"targets": gitlab(1)}})
    process = world.start("run")
    read = log_of(process)
    waited_for(lambda: "running: 1 user" in read())
    world.sandbox.add_user("second", keys=0)
    world.configuration["users"]["second"] = {"targets": [{"pusher": "gitlab", "project": "acme/app-2"}]}
    world.save()
    process.send_signal(signal.SIGHUP)
    waited_for(lambda: "read the configuration again: new: second; running: 2 users" in read())
    waited_for(lambda: world.status("second")["phase"] == "idle" and world.status("second")["rotation"] == 1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("mistake, words", [
    ("users: [", "this is not YAML"),
    ("version: 1\nstate: sqlite:other.db\nseal-key: { file: seal.key }\npushers: {}\nusers: {}\n", "has no users"),
])
def test_a_mistake_in_a_new_configuration_changes_nothing(make, manager, mistake, words):
    world = make("--targets", 1, users={"cicd-bot": {"targets": gitlab(1)}}, NOTIFY_SOCKET=manager.path)
    process = world.start("run")
    read = log_of(process)
    waited_for(lambda: "running: 1 user" in read())
    world.write("keyturn.yaml", mistake)
    process.send_signal(signal.SIGHUP)
    waited_for(lambda: "stays in force" in read())
    assert words in read()
    assert "the old one stays in force" in manager.until("refused")
    world.save()
    # It still works by the old one: a rotation that is asked for goes its way.
    world.must("rotate")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_an_interrupted_rotation_says_where_it_stands(make):
    world = make("--targets", 3, users={"cicd-bot": {"targets": gitlab(3)}})
    world.configuration["defaults"] |= {"preflight": False}
    world.save()
    world.sandbox.fault("gitlab", method="PUT", path=".*app-2.*", delayMilliseconds=3_000, times=1)
    process = world.start("rotate", "--wait")
    read = log_of(process)
    waited_for(lambda: "delivering" in read())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 75
    assert "stopping" in read()
    states = {line["state"] for line in world.deliveries().values()}
    assert "unknown" not in states
    world.must("step", timeout=60)


@pytest.mark.parametrize("is_ignored", [True, False])
def test_a_terminal_that_is_closed(make, is_ignored):
    """Ends a rotation like Ctrl-C, unless it was started by nohup."""
    world = make("--targets", 2, users={"cicd-bot": {"targets": gitlab(2)}})
    world.configuration["defaults"] |= {"preflight": False, "overlap": "1h"}
    world.save()
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=1_500, times=2)
    meaning = signal.SIG_IGN if is_ignored else signal.SIG_DFL
    process = world.start("rotate", preexec_fn=lambda: signal.signal(signal.SIGHUP, meaning))
    read = log_of(process)
    waited_for(lambda: "delivering" in read())
    process.send_signal(signal.SIGHUP)
    status = process.wait(timeout=30)
    assert ("stopping" in read()) == (not is_ignored)
    assert status == (0 if is_ignored else 75)
