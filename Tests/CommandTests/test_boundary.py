"""The boundary: what a plugin or a service says is judged by the host, and reaches no other pusher, nor the program itself."""

import http.server
import json
import re
import subprocess
import threading

import pytest
import requests

import leaks
import plugins
import wiretap
from test_pushers import Cast, key_held
from world import waited_for

#: Requests that would mean something else to the service than to the host, and the words by which each is refused.
SMUGGLING = {
    "length": "content-length", "chunked": "transfer-encoding", "host": "`host`", "line": "control character",
    "bare-cr": "control character", "name": "not a token", "connection": "`connection`", "override": "x-http-method-override",
    "get-body": "a GET with a body", "many": "64 header fields",
}

#: More than the host can want to take.
FLOODS = ["requests", "bodies", "refusals", "secrets", "own-secrets", "lines", "unending", "marks"]

#: Messages that are not the plugin's to send.
FORGERIES = ["confined", "opened", "outcomes"]

#: What keyturn may take, in MiB, whatever its pushers do.
MOST_MEMORY = 128


class Front(Cast):
    """A cast whose targets, GitLab and AWS are behind one address that logs each connection."""

    def __init__(self, directory, **policy):
        super().__init__(directory, **policy)
        self.service = wiretap.Service(self.sandbox.aws, self.sandbox.gitlab)
        self.tap = self.service.tap
        self.server.stop()
        self.world.configuration["aws"]["endpoint-url"] = self.service.url
        self.world.configuration["pushers"]["gitlab"]["endpoint"] = self.service.url
        self.server = type("Address", (), {"url": self.service.url, "stop": self.service.stop})()
        self.world.save()

    def written(self, place):
        """What the service was asked to keep there last."""
        bodies = [entry["body"].decode() for entry in self.tap.requests if entry["path"] == f"/{place}"]
        return bodies[-1] if bodies else None


def rotate(cast, timeout=150):
    """Rotates once: how it ended, and the most memory that keyturn had."""
    with open(cast.world.directory / "err", "wb") as errors:
        process = cast.world.start("rotate", "--verbose", stdout=subprocess.DEVNULL, stderr=errors)
        most = wiretap.watched(process)
    return process.returncode, (cast.world.directory / "err").read_text(), most


@pytest.fixture(scope="module")
def smuggled(tmp_path_factory):
    """One rotation in which a pusher tries every way to frame requests itself, next to GitLab at the same address."""
    cast = Front(tmp_path_factory.mktemp("smuggled"), **{"max-attempts": 1, "preflight": False})
    plugins.put(cast.directory, "plain")
    names = list(SMUGGLING)
    cast.use("evil", "plain", *(f"{name}=wire-smuggle-{name}" for name in names), "evil-good")
    cast.use("other", "plain", "other-good")
    cast.status, cast.err, _ = rotate(cast)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("what", SMUGGLING)
def test_a_plugin_frames_no_request(smuggled, what):
    """The request is not sent, the plugin and the operator learn why."""
    delivery = smuggled.found[f"evil:{what}"]
    assert "not sent" in delivery["detail"] and SMUGGLING[what] in delivery["detail"], delivery
    assert not any(entry["path"] in ("/attack", "/stolen") for entry in smuggled.tap.requests)
    if what != "many":
        assert any("a request was refused" in line and SMUGGLING[what] in line for line in smuggled.err.splitlines())


@pytest.mark.timeout(180)
def test_honest_pushers_at_the_same_service_are_confirmed(smuggled):
    """And each connection carried the requests of one owner alone."""
    for target in ("gitlab:acme/tools/app", "travis:acme/app", "github:acme/app", "evil:evil-good", "other:other-good"):
        assert smuggled.found[target]["state"] == "confirmed", smuggled.found[target]
    assert all(len(owners) == 1 for owners in smuggled.tap.owners()), smuggled.tap.owners()


def test_no_connection_is_shared_over_http_1(tmp_path):
    """AWS, notifications, two pushers of one plugin and one of another, at one address that keeps connections."""
    cast = Front(tmp_path / "cast")
    try:
        plugins.put(cast.directory, "plain")
        cast.use("mine", "plain", "here", "there")
        cast.sandbox.place("gitlab", "acme/second")
        cast.world.configuration["pushers"]["second"] = dict(cast.world.configuration["pushers"]["gitlab"])
        cast.targets.append({"pusher": "second", "project": "acme/second"})
        cast.world.write("hook", "a secret of the receiver", 0o600)
        cast.world.configuration["notifications"] = [{"webhook": f"{cast.service.url}/hook", "secret": {"file": "hook"}}]
        cast.world.save()
        cast.world.must("rotate", "--wait", timeout=90)
        # What is asked about the token or a group names no project: the other requests of the connection say whose it is.
        gitlab = cast.sandbox.tokens["gitlab"]
        owners = [[owner for owner in found if owner != gitlab or len(found) == 1] for found in cast.tap.owners()]
        assert all(len(found) == 1 for found in owners), owners
        seen = {found[0] for found in owners} - {gitlab}
        assert "aws" in seen and "notifications" in seen and cast.token in seen and len(seen) == 5, seen
        # Kept connections were used again, or this says nothing.
        assert any(len(connection) > 3 for connection in cast.tap.connections)
    finally:
        cast.close()


def test_no_connection_is_shared_over_http_2(make, certificate):
    """Two pushers of one plugin at a service that multiplexes: a connection each, and many streams on it."""
    count, variables = 6, {}

    def answer(method, path, body):
        key = (path.split("/")[4], path.split("/")[-1])
        if method == "PUT":
            variables[key] = json.loads(body)["value"]
        return json.dumps({
            "key": key[1], "value": variables.get(key, ""), "variable_type": "env_var", "protected": False, "masked": True,
            "raw": True, "hidden": False, "environment_scope": "*"}).encode()

    service = wiretap.MultiplexedService(certificate, answer)
    world = make("--targets", 2 * count)
    try:
        world.configuration["ca-file"] = certificate[0]
        world.configuration["defaults"]["preflight"] = False
        gitlab = world.configuration["pushers"]["gitlab"] | {"endpoint": service.url, "limits": []}
        world.write("second.token", "glpat-of-the-second-pusher-00\n", 0o600)
        world.configuration["pushers"] = {"gitlab": gitlab, "second": gitlab | {"token": {"file": "second.token"}}}
        world.configuration["users"]["cicd-bot"]["targets"] = [
            {"pusher": "second" if number > count else "gitlab", "project": f"acme/app-{number}"}
            for number in range(1, 2 * count + 1)]
        world.save()
        world.must("rotate", status=0)
        tokens = [
            {entry["headers"]["private-token"] for entry in connection} for connection in service.tap.connections if connection]
        assert len(tokens) == 2 and all(len(found) == 1 for found in tokens) and tokens[0] != tokens[1], tokens
        assert all(len(connection) > count for connection in service.tap.connections if connection)
    finally:
        service.stop()


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    """One rotation in which each flood and each forgery has a pusher of its own, all at the same time."""
    cast = Front(tmp_path_factory.mktemp("flooded"), **{"max-attempts": 2, "preflight": False, "push-timeout": "4s"})
    plugins.put(cast.directory, "plain")
    for what in FLOODS:
        cast.use(f"flood-{what}", "plain", f"flood-{what}-bad=wire-flood-{what}", f"flood-{what}-good")
    for what in FORGERIES:
        cast.use(f"forge-{what}", "plain", f"forge-{what}-bad=wire-forge-{what}", f"forge-{what}-good")
    cast.old = next(iter(cast.sandbox.keys()))
    cast.status, cast.err, cast.memory = rotate(cast)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("what", [*(f"flood-{what}" for what in FLOODS), *(f"forge-{what}" for what in FORGERIES)])
def test_a_flood_or_a_forgery_is_unknown_and_its_other_targets_are_delivered(flooded, what):
    """What the pusher said is never taken for a delivery, and it takes no other target along."""
    assert flooded.found[f"{what}:{what}-bad"]["state"] == "unknown", flooded.found[f"{what}:{what}-bad"]
    assert flooded.found[f"{what}:{what}-good"]["state"] == "confirmed", flooded.found[f"{what}:{what}-good"]
    assert any(f" {what}: " in line and "error" in line for line in flooded.err.splitlines())


@pytest.mark.timeout(240)
def test_memory_and_log_stay_bounded(flooded):
    """Eight floods at once, and the program is no larger than it may be next to one."""
    assert flooded.status == 75 and flooded.sandbox.keys()[flooded.old] == "Active"
    assert 0 < flooded.memory < MOST_MEMORY, f"{flooded.memory} MiB"
    assert len(flooded.err) < 4 << 20 and max(map(len, flooded.err.encode().splitlines())) <= 4_200
    for target in ("gitlab:acme/tools/app", "travis:acme/app", "github:acme/app"):
        assert flooded.found[target]["state"] == "confirmed" and flooded.found[target]["attempts"] == 1, flooded.found[target]


@pytest.mark.timeout(400)
@pytest.mark.parametrize("rotations", [6, pytest.param(20, marks=pytest.mark.later)])
def test_rotations_beside_two_hostile_pushers(tmp_path, rotations):
    """Two pushers attack all the time; the three that come with keyturn confirm every target of another user."""
    cast = Front(tmp_path / "siege")
    try:
        cast.world.configuration["defaults"] |= {
            "preflight": False, "push-timeout": "2s", "retry": "1s", "rotate-every": "1s", "overlap": "1s", "soak": "1s"}
        cast.sandbox.add_user("besieged", 1)
        cast.world.configuration["users"]["besieged"] = {"targets": [], "max-attempts": 100}
        cast.targets = cast.world.configuration["users"]["besieged"]["targets"]
        plugins.put(cast.directory, "plain")
        for evil in ("one", "two"):
            cast.use(evil, "plain", *(f"{evil}-{number}=wire-storm" for number in range(3)))
        with open(cast.world.directory / "err", "wb") as errors:
            process = cast.world.start("run", stdout=subprocess.DEVNULL, stderr=errors)
        most = 0

        def done():
            nonlocal most
            most = max(most, wiretap.peak_memory(process.pid))
            assert process.poll() is None, (cast.world.directory / "err").read_text()[-4_000:]
            return cast.world.status()["rotation"] > rotations

        waited_for(done, seconds=360, every=1)
        secrets = [cast.sandbox.secret_at_gitlab(), *cast.sandbox.tokens.values()]
        process.terminate()
        process.wait(timeout=20)
        log = (cast.world.directory / "err").read_text()
        history = [line for line in cast.world.history() if line["user"] == "cicd-bot"]
        completed = [line for line in history if line["event"] == "completed"]
        assert len(completed) >= rotations and not any(line["event"] == "not-delivered" for line in history)
        # Attackers ask with their token and without one; no connection of theirs is an honest one's, and nothing honest came with
        # their requests.
        theirs = {cast.token, "nobody"}
        assert all(len(owners) == 1 or set(owners) <= theirs for owners in cast.tap.owners()), cast.tap.owners()
        assert any(not theirs & set(owners) for owners in cast.tap.owners())
        stolen = b"".join(entry["body"] for entry in cast.tap.requests if entry["owner"] == cast.token).decode(errors="replace")
        assert all(secret not in stolen for secret in secrets)
        assert most < MOST_MEMORY, f"{most} MiB"
        assert len(log) < 8 << 20
        # Each attack ends with its process, so this is how many there were.
        attacks = sum(" error " in line and (" one: " in line or " two: " in line) for line in log.splitlines())
        assert attacks >= rotations, f"{attacks} attacks are none all the time"
        print(f"{len(completed)} rotations, {attacks} attacks, at most {most:.0f} MiB, {len(log) >> 10} KiB of log")
    finally:
        cast.close()


def test_a_manifest_is_judged_before_it_is_shown(cast):
    """Escape sequences, line breaks and direction characters where people decide whether to trust a plugin."""
    cast.world.save()
    for number, says in enumerate([
        {"summary": "fine\u001b[2J\u001b[H"}, {"summary": "fine\npinned    by /etc/keyturn.lock"}, {"version": "1.0.0\u001b[31m"},
        {"summary": "\u202egnihton rof sksa"}, {"version": "1"}, {"files": {"read": ["/x\u0007y"]}}, {"hosts": ["a\u200b.example"]},
    ]):
        name = f"painted-{number}"
        plugins.put(cast.directory, name, says=plugins.manifest(name, **says))
        for command in (["plugin", "info", name], ["plugin", "pin", name], ["plugin", "list"]):
            result = cast.world.run(*command)
            assert not leaks.unshowable(result.out + result.err), (says, command)
            assert command[1] == "list" or result.status != 0, str(result)
        assert f"{name}/manifest.json" in result.out


def test_what_a_pusher_says_is_clean_wherever_it_goes(cast):
    """Log, status, history and their JSON: one line, bounded by bytes, and nothing that hides or turns."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "plain", "here=paint")
    cast.world.run("rotate", "--verbose")
    told = cast.world.deliveries()["mine:here"]["detail"]
    assert told.startswith("painted") and len(told.encode()) <= 1_000
    for command in (["status"], ["status", "--json"], ["history"], ["history", "--json"], ["plan", "--json"]):
        cast.world.run(*command)
    for result in cast.world.results:
        assert not leaks.unshowable(result.out + result.err), result.arguments
    assert key_held(cast.server, "here")


@pytest.fixture
def claims():
    """A service that answers everything with one status and header fields of the test's choice."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(self.server.status)
            for name, value in {"content-length": "0", **self.server.fields}.items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_PUT = do_POST = do_any

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.fields = 200, {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status, fields", [
    (403, {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "-9223372036854775808", "x-ratelimit-reset": "9223372036854775807"}),
    (200, {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "-9223372036854775808", "x-ratelimit-reset": "9223372036854775807"}),
    (429, {"retry-after": "31622400"}), (429, {"retry-after": "9" * 400}), (503, {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    (200, {"ratelimit-limit": "1", "ratelimit-remaining": "0", "ratelimit-reset": "99999999999"}),
])
def test_a_service_cannot_stop_the_program_by_its_numbers(make, claims, status, fields):
    """The smallest number for what is left of a limit, and times years ahead: no question hangs by them, and the daemon lives."""
    claims.status, claims.fields = status, fields
    world = make()
    world.configuration["pushers"]["gitlab"]["endpoint"] = f"http://127.0.0.1:{claims.server_port}"
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "gitlab", "project": f"acme/app-{n}"} for n in range(90)]
    world.save()
    assert world.run("check", "--online", timeout=90).status != 0
    daemon = world.start("run", "--listen", "127.0.0.1:0")
    lines = iter(daemon.stderr.readline, b"")
    address = next(re.search(rb"http://127.0.0.1:[0-9]+/", line) for line in lines if b"http://127.0.0.1:" in line).group().decode()
    threading.Thread(target=lambda: list(lines), daemon=True).start()
    for _ in range(3):
        assert requests.get(address + "metrics", timeout=10).status_code == 200
        assert requests.get(address + "healthz", timeout=10).status_code in (200, 503)
    assert daemon.poll() is None
    daemon.terminate()
    daemon.wait(timeout=20)
    assert daemon.returncode == 0


def test_aws_is_reached_in_plain_on_this_machine_only(world):
    for url in ("http://127.a.example.com:5555", "http://10.1.2.3/", "http://iam.example.com", "http://localhost.example.com/"):
        world.configuration["aws"]["endpoint-url"] = url
        world.save()
        for command in ("check", "step"):
            result = world.must(command, status=78)
            assert "aws.endpoint-url" in result.err and "http:// for this machine" in result.err
        # The environment is not the configuration's: it is reported when it is used.
    world.configuration["aws"].pop("endpoint-url")
    world.save()
    world.environment["AWS_ENDPOINT_URL"] = "http://iam.example.com"
    result = world.run("step")
    assert result.status == 69 and "plain http to iam.example.com" in result.err, str(result)
