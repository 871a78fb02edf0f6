"""Pushers in plain C, made from the header alone: a good one, and every way to be a bad one."""

import hashlib
import pathlib
import time

import pytest

import leaks
import plugins
import standin
from world import World

#: What a push does instead of its work, and so is never known to have been done.
FAULTS = ["segfault", "loop", "exit", "rubbish", "garbage", "forge", "close"]


def key_held(server, place):
    """The key ID and whether there is a secret of the right length."""
    identifier, _, secret = server.kept.get(place, ":").partition(":")
    return identifier if len(secret) == 40 else None


class Cast:
    """A world with pushers made for the test, each with targets of its own."""

    def __init__(self, directory, **policy):
        directory.mkdir(exist_ok=True)
        self.server = plugins.Server()
        self.sandbox = standin.Sandbox("--propagation-delay", 0)
        self.world = World(directory, self.sandbox, TOKEN="plain-token-of-a-service-0123456789")
        self.directory = directory / "plugins"
        self.world.configuration["plugins"] = {"path": ["plugins"]}
        self.world.configuration["defaults"].update({"push-timeout": "2s", "retry": "1h", **policy})
        self.targets = self.world.configuration["users"]["cicd-bot"]["targets"]
        self.token = self.world.environment["TOKEN"]

    def use(self, pusher, plugin, *targets):
        """Configures a pusher, and targets `place` or `place=what it does`."""
        self.world.configuration["pushers"][pusher] = {
            "plugin": plugin, "token": {"env": "TOKEN"}, "endpoint": self.server.url}
        for target in targets:
            place, _, what = target.partition("=")
            self.targets.append({"pusher": pusher, "place": place, **({"do": what} if what else {})})
        self.world.save()
        self.world.must("plugin", "pin", plugin)

    def close(self):
        self.world.close()
        self.sandbox.stop()
        self.server.stop()


@pytest.fixture(scope="module")
def troupe(tmp_path_factory):
    """One rotation with all the bad pushers at once, next to good ones; gives the cast and how `rotate` ended."""
    cast = Cast(tmp_path_factory.mktemp("troupe"), **{"max-attempts": 3})
    plugins.put(cast.directory, "plain")
    for fault in FAULTS:
        cast.use(fault, "plain", f"{fault}-bad={fault}", f"{fault}-good", f"{fault}-other")
    plugins.put(cast.directory, "at-load", IN_CONSTRUCTOR="raise(SIGSEGV)")
    plugins.put(cast.directory, "at-load-exit", IN_CONSTRUCTOR="_exit(0)")
    plugins.put(cast.directory, "at-open", IN_OPEN="abort()")
    for name in ("at-load", "at-load-exit", "at-open"):
        cast.use(name, name, f"{name}-bad")
    cast.use("good", "plain", "good")
    cast.old = next(iter(cast.sandbox.keys()))
    cast.result = cast.world.run("rotate", timeout=80)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()


@pytest.mark.timeout(120)
def test_the_old_key_stays_active_with_75(troupe):
    """Whatever a pusher does, keyturn ends by itself, says that it is not finished, and retires nothing."""
    assert troupe.result.status == 75, str(troupe.result)
    assert troupe.sandbox.keys()[troupe.old] == "Active" and len(troupe.sandbox.keys()) == 2
    assert troupe.world.status()["phase"] == "delivering"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", FAULTS + ["at-load", "at-load-exit", "at-open"])
def test_a_delivery_that_nobody_reported_is_unknown(troupe, fault):
    """A crash, a hang, an exit, nonsense: not `failed`, and never `confirmed`."""
    delivery = troupe.found[f"{fault}:{fault}-bad"]
    assert delivery["state"] == "unknown", delivery
    assert delivery["detail"] and "\n" not in delivery["detail"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", FAULTS)
def test_other_targets_of_the_same_pusher_are_delivered(troupe, fault):
    """A target at which its pusher fails takes no other target along."""
    (new,) = set(troupe.sandbox.keys()) - {troupe.old}
    for place in (f"{fault}-good", f"{fault}-other"):
        assert troupe.found[f"{fault}:{place}"]["state"] == "confirmed"
        assert key_held(troupe.server, place) == new


@pytest.mark.timeout(120)
def test_other_pushers_are_not_disturbed(troupe):
    """The good one and the three that come with keyturn have delivered, at the first attempt."""
    for target in ("good:good", "travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"):
        assert troupe.found[target]["state"] == "confirmed" and troupe.found[target]["attempts"] == 1


@pytest.mark.timeout(120)
def test_no_runner_outlives_the_command(troupe):
    """Neither the looping ones nor the sleeping ones."""
    left = [
        path.parent.name for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
        if str(troupe.directory).encode() in _read(path)]
    assert left == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_good_one_delivers(cast):
    """kt.http/1, kt.log/1, kt.secret/1 and kt.clock/1 from C, and the key pair arrives whole."""
    plugins.put(cast.directory, "plain")
    cast.use("mine", "plain", "here", "there")
    cast.world.must("check", "--online")
    assert cast.server.kept == {}
    cast.world.must("rotate", "--wait")
    (new,) = cast.sandbox.keys()
    assert key_held(cast.server, "here") == key_held(cast.server, "there") == new
    identifier, _, secret = cast.server.kept["here"].partition(":")
    assert secret == cast.sandbox.secret_at_gitlab()
    assert all(headers["authorization"] == cast.token for headers in cast.server.headers)
    assert cast.world.deliveries()["mine:here"]["evidence"] == "acknowledged"
    # What it was delivered with is on record: in status, and in the history.
    library = hashlib.sha256((cast.directory / "plain" / "pusher.so").read_bytes()).hexdigest()
    delivery = cast.world.deliveries()["mine:here"]
    assert (delivery["plugin-version"], delivery["plugin-sha256"]) == ("1.0.0", library)
    assert f"sha256:{library}" in cast.world.must("status", "--verbose").out.replace("\n", "").replace(" ", "")
    (line,) = [line for line in cast.world.history() if line["event"] == "delivered" and line["target"] == "mine:here"]
    assert f"plain 1.0.0, sha256:{library}" in line["detail"]
    listed = {plugin["id"]: plugin for plugin in cast.world.must("plugin", "list", "--json").json["plugins"]}
    assert listed["plain"]["library"].endswith("plugins/plain/pusher.so")


@pytest.mark.parametrize("what", ["nothing", "unchanged", "read-only", "web-page", "proxy", "redirect", "echo"])
def test_one_that_only_says_yes(cast, what):
    """A yes is believed where the service confirmed a write: not without a request, after a read, or for a web page."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "plain", f"here=says-{what}", "there")
    old = next(iter(cast.sandbox.keys()))
    result = cast.world.must("rotate", status=75)
    found = cast.world.deliveries()
    assert found["mine:here"]["state"] == "failed" and "not counted as delivered" in found["mine:here"]["detail"], found
    assert found["mine:there"]["state"] == "confirmed"
    assert cast.sandbox.keys()[old] == "Active" and "mine:here" in result.err


@pytest.mark.parametrize("what, evidence", [
    ("accepted", "acknowledged"), ("read-back", "read-back"), ("lie", "acknowledged"), ("written-before", "acknowledged")])
def test_a_yes_is_worth_what_the_host_saw(cast, what, evidence):
    """202 is a promise; a key is read back where an answer held its ID; `unchanged` counts after a write that was seen."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["retry"] = "1s"
    cast.use("mine", "plain", f"here=says-{what}")
    cast.world.must("rotate", "--wait", timeout=60)
    assert cast.world.deliveries()["mine:here"]["evidence"] == evidence


def test_one_that_sleeps_until_cancelled(cast):
    """A push that heeds the deadline is done with it at once; its target is not confirmed."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "plain", "here=sleep")
    cast.world.must("rotate", status=75, timeout=20)
    assert cast.world.deliveries()["mine:here"]["state"] != "confirmed"


def test_one_that_prints(cast):
    """What a pusher writes to stdout and stderr reaches neither stream of keyturn."""
    plugins.put(cast.directory, "plain")
    cast.use("mine", "plain", "here=print")
    result = cast.world.must("rotate", "--json", "--verbose")
    assert "on stdout" not in result.out + result.err and "on stderr" not in result.out + result.err
    assert result.json["users"][0]["phase"] == "overlap"
    leaks.assert_told_nowhere(cast.world, {"secret": cast.server.kept["here"].partition(":")[2]})


def test_what_a_crash_was_about(cast):
    """The first and the last lines of a crash's stderr are in the log and the delivery's detail: cleaned, bounded, no secret."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "plain", "here=panic")
    result = cast.world.must("rotate", status=75)
    delivery = cast.world.deliveries()["mine:here"]
    assert "crashed (Aborted)" in delivery["detail"] and "it wrote: panic: the frobnicator is full" in delivery["detail"]
    lines = [line for line in result.err.splitlines() if "it wrote: " in line and "mine" in line]
    assert any("panic: the frobnicator is full" in line for line in lines)
    assert any(line.endswith("frame 2") for line in lines) and any(line.endswith("that was all") for line in lines), lines
    assert "… that was all" in delivery["detail"]
    assert len([line for line in lines if "frame " in line]) <= 20
    assert any("with [redacted] and [redacted]" in line for line in lines), lines
    assert "4865784d656d6f72" not in result.err and "\x1b[31m" not in result.err
    leaks.assert_told_nowhere(cast.world, {"token": cast.token})


@pytest.mark.parametrize("statement, said", [
    ("abort()", "crashed (Aborted) in close()"), ("_exit(7)", "exited with status 7 in close()"),
    ("for (;;) pause()", "close() did not return within 2 s"),
])
def test_close_is_called_and_bounded(cast, statement, said):
    """After the last call, with two seconds; what goes wrong in it costs nothing but a line."""
    plugins.put(cast.directory, "plain", IN_CLOSE=statement)
    cast.use("mine", "plain", "here")
    begin = time.monotonic()
    result = cast.world.must("rotate", timeout=20)
    assert time.monotonic() - begin < 15
    assert said in result.err
    assert cast.world.deliveries()["mine:here"]["state"] == "confirmed"


def test_an_orderly_close_is_silent(cast):
    """Nothing is said of a pusher that closes as it should."""
    plugins.put(cast.directory, "plain")
    cast.use("mine", "plain", "here")
    result = cast.world.must("rotate", "--verbose")
    assert "close()" not in result.err and "process" not in result.err


def test_one_that_gives_secrets_away(cast):
    """Secret and token in messages, log lines, paths and headers for a host that is not granted: shown nowhere."""
    plugins.put(cast.directory, "plain")
    cast.use("mine", "plain", "here=leak")
    result = cast.world.must("rotate", "--verbose", "--wait")
    assert "[redacted]" in result.err and "elsewhere.example.com is not granted" in result.err
    assert set(cast.server.kept) == {"here"}
    secrets = {"secret": cast.server.kept["here"].partition(":")[2], "token": cast.token}
    leaks.assert_told_nowhere(cast.world, secrets)
    assert "[redacted]" in cast.world.deliveries()["mine:here"]["detail"]


@pytest.mark.parametrize("how", ["without-call", "as-host", "as-user", "as-method", "cut"])
def test_one_that_gives_secrets_away_in_odd_places(cast, how):
    """The log without a call, a host name, a user name, a method, a line that is cut in the middle of the secret."""
    plugins.put(cast.directory, "plain")
    cast.use("mine", "plain", f"here=leak-{how}")
    cast.world.must("rotate", "--verbose")
    secret = cast.server.kept["here"].partition(":")[2]
    assert len(secret) == 40
    leaks.assert_told_nowhere(cast.world, {"secret": secret, "a part of it": secret[:16], "token": cast.token})
