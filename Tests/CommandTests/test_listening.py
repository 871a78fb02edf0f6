"""What `run --listen` shows to monitoring and to browsers, and to no one else."""

import concurrent.futures
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

import leaks
from world import waited_for

PATHS = ["/", "/style.css", "/metrics", "/healthz", "/readyz", "/status.json"]
HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("address, words", [
    ("here", '--listen must be an address and a port, such as 127.0.0.1:9464'), ("0.0.0.0:1", "is not an address of this machine alone")])
def test_a_bad_address_is_a_mistake_of_the_command_line(world, address, words):
    """In the form of the others, with the command that it belongs to."""
    err = world.must("run", "--listen", address, status=64).err
    assert err.startswith("Error: --listen ") and words in err
    usage, see = err.strip().split("\n")[-2:]
    assert usage.startswith("Usage: keyturn run ") and see == "  See 'keyturn run --help' for more information."


class Shown:
    """A `keyturn run --listen` of one world."""

    def __init__(self, world, *arguments):
        self.world = world
        self.log = world.directory / "run.log"
        with self.log.open("wb") as log:
            self.process = world.start("run", *(arguments or ("--listen", "127.0.0.1:0")), stderr=log)
        self.url = waited_for(self.announced)
        self.port = int(self.url.rpartition(":")[2])
        # From then on it ends in good order.
        waited_for(lambda: " running: " in self.log.read_text())

    def announced(self):
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"status page and metrics on (http://\S+)/", self.log.read_text())
        return found and found[1]

    def get(self, path, method="GET", **options):
        return requests.request(method, self.url + path, timeout=10, **options)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0, self.log.read_text()

    def send(self, data):
        """What a client gets for these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer


def values(text):
    """Each sample by name and labels; the parser refuses what is not the exposition format."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type != "unknown", family.name
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


def value(shown, name, **labels):
    return values(shown.get("/metrics").text).get((name, tuple(sorted(labels.items()))))


def test_a_rotation_seen_from_outside(world):
    """The page, the metrics and the status show a rotation, and no answer holds a secret."""
    sandbox = world.sandbox
    secrets = {"the old secret": sandbox.secret_at_gitlab(), **sandbox.tokens, "aws": sandbox.secretAccessKey}
    world.configuration["defaults"]["soak"] = "1h"
    world.save()
    world.must("rotate")
    shown = Shown(world)
    waited_for(lambda: shown.get("/readyz").status_code == 200)
    assert shown.get("/healthz").text == "ok\n"
    waited_for(lambda: value(shown, "keyturn_user_phase", user="cicd-bot", phase="soak") == 1)
    secrets["the new secret"] = sandbox.secret_at_gitlab()
    secrets["the seal key"] = (world.directory / "seal.key").read_text().strip()
    assert value(shown, "keyturn_deliveries", user="cicd-bot", state="confirmed") == 3
    assert value(shown, "keyturn_blocked_targets", user="cicd-bot") == 0
    created = value(shown, "keyturn_key_created_timestamp_seconds", user="cicd-bot", role="current", status="Active")
    assert 0 <= time.time() - created < 60
    assert 3500 < value(shown, "keyturn_next_action_timestamp_seconds", user="cicd-bot", action="delete") - time.time() <= 3600
    assert time.time() - value(shown, "keyturn_last_pass_timestamp_seconds") < 20
    page = shown.get("/").text
    assert "travis:acme/app" in page and "read-back" in page and "soak" in page
    assert shown.get("/status.json").json() == world.must("status", "--json").json
    for path in PATHS:
        reply = shown.get(path)
        assert leaks.found_in(reply.content, secrets) == [], path
        assert leaks.found_in(str(reply.headers), secrets) == [], path
    shown.stop()


def test_a_target_that_holds_its_user(world):
    """Held targets, their problem and attempts are reported; a hostile answer of a service is shown as text."""
    sandbox = world.sandbox
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h", "preflight": False})
    world.save()
    sandbox.fault("travis", method="PATCH", status=422, body=HOSTILE, times=0)
    shown = Shown(world)
    waited_for(lambda: shown.get("/readyz").status_code == 200)
    world.must("rotate", status=75)
    waited_for(lambda: value(shown, "keyturn_blocked_targets", user="cicd-bot") == 1)
    assert value(shown, "keyturn_user_problem", user="cicd-bot", code="not-delivered") == 1
    page = shown.get("/").text
    assert "Needs attention (1)" in page and "<script" not in page
    shown.stop()


def test_what_a_process_did_is_counted(world):
    """A rotation of this process is in its counters, with its duration."""
    world.configuration["defaults"]["rotate-every"] = "1s"
    world.save()
    shown = Shown(world)
    waited_for(lambda: (value(shown, "keyturn_rotations_completed_total", user="cicd-bot") or 0) >= 1, seconds=60)
    assert value(shown, "keyturn_pushes_total", pusher="travis", outcome="confirmed") >= 1
    assert value(shown, "keyturn_rotation_duration_seconds_count") >= 1
    assert value(shown, "keyturn_delivery_duration_seconds_sum") > 0
    # The stand-in says, as GitHub does, what is left of its limit.
    left = value(shown, "keyturn_rate_limit_remaining_requests", pusher="github", span="service")
    assert left is not None and left > 0
    shown.stop()


def test_headers(world):
    shown = Shown(world)
    for path in [*PATHS, "/nothing"]:
        reply = shown.get(path)
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert shown.get("/nothing").status_code == 404
    assert shown.get("/../etc/passwd").status_code == 404
    shown.stop()


def test_looking_only(world):
    shown = Shown(world)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        reply = shown.get("/", method, data=b"x" * 100_000 if method == "POST" else None)
        assert reply.status_code == 405 and reply.headers["Allow"] == "GET, HEAD", method
    head, whole = shown.get("/metrics", "HEAD"), shown.get("/metrics")
    assert head.status_code == 200 and head.content == b"" and int(head.headers["Content-Length"]) > 1000
    assert whole.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    shown.stop()


def test_a_name_of_somebody_else_that_leads_here(world):
    """A web page whose own name resolves to 127.0.0.1 reads nothing."""
    shown = Shown(world)
    for host in ("evil.example.com", f"evil.example.com:{shown.port}", "127.0.0.1.evil.example.com"):
        assert shown.get("/status.json", headers={"Host": host}).status_code == 421
    for host in ("localhost", f"localhost:{shown.port}", "127.0.0.1", f"[::1]:{shown.port}"):
        assert shown.get("/healthz", headers={"Host": host}).status_code == 200
    shown.stop()


def test_hostile_clients(world):
    """Nonsense and heads without end are answered in a line, and crowds in full."""
    shown = Shown(world)
    assert b" 400 " in shown.send(b"nonsense\r\n\r\n").split(b"\r\n")[0]
    assert b" 400 " in shown.send(b"\xff\xfe / HTTP/1.1\r\n\r\n").split(b"\r\n")[0]
    assert b" 431 " in shown.send(b"GET / HTTP/1.1\r\nx: " + b"y" * 9000).split(b"\r\n")[0]
    # A head that comes letter by letter is one all the same.
    with socket.create_connection(("127.0.0.1", shown.port)) as connection:
        for letter in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":
            connection.sendall(bytes([letter]))
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert {reply.status_code for reply in pool.map(shown.get, ["/", "/metrics", "/status.json"] * 30)} == {200}
    shown.stop()


class Crowd:
    """Clients that open connections and are in no hurry: silent ones, ones that send their request letter by letter, and ones that
    ask for the longest page and do not read it. Each connects again when it is closed."""

    def __init__(self, port, count=200):
        self.port, self.is_over, self.opened = port, False, 0
        self.threads = [threading.Thread(target=self.dawdle, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def dawdle(self, number):
        while not self.is_over:
            try:
                with socket.socket() as connection:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                    connection.settimeout(1)
                    connection.connect(("127.0.0.1", self.port))
                    self.opened += 1
                    self.talk(connection, number % 3)
            except OSError:
                time.sleep(0.05)

    def talk(self, connection, manner):
        if manner == 2:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        for letter in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * 4_000:
            if self.is_over:
                return
            if manner == 1:
                connection.sendall(bytes([letter]))
            time.sleep(0.1)

    def end(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()


def test_slow_clients_delay_nobody(world):
    """200 of them at once, all the time: who sends a request has the answer at once."""
    shown = Shown(world)
    waited_for(lambda: shown.get("/readyz").status_code == 200)
    crowd = Crowd(shown.port)
    try:
        waited_for(lambda: crowd.opened >= 200)
        slowest, end = 0, time.monotonic() + 8
        while time.monotonic() < end:
            for path in ("/healthz", "/metrics"):
                began = time.monotonic()
                assert shown.get(path).status_code == 200
                slowest = max(slowest, time.monotonic() - began)
        print(f"at most {slowest * 1_000:.0f} ms, {crowd.opened} connections")
        assert slowest < 1
        assert len(list(pathlib.Path(f"/proc/{shown.process.pid}/fd").iterdir())) < 320
    finally:
        crowd.end()
    shown.stop()


def test_more_connections_than_there_is_room_for(world):
    """They take the places of each other, and of no client that asks."""
    shown = Shown(world)
    silent = []
    try:
        for _ in range(600):
            silent.append(socket.create_connection(("127.0.0.1", shown.port), timeout=5))
        began = time.monotonic()
        assert shown.get("/healthz").status_code == 200
        assert time.monotonic() - began < 1
        assert len(list(pathlib.Path(f"/proc/{shown.process.pid}/fd").iterdir())) < 320
    finally:
        for connection in silent:
            connection.close()
    shown.stop()


def test_other_addresses_are_refused_unless_meant(world):
    result = world.must("run", "--listen", "0.0.0.0:0", status=64)
    assert "without encryption and without a password" in result.err and "--listen-anywhere" in result.err
    for wrong in ("9464", "127.0.0.1", "example.com:80", "127.0.0.1:70000", "::1:80"):
        assert "an address and a port" in world.must("run", "--listen", wrong, status=64).err, wrong
    world.configuration["listen"] = "0.0.0.0:0"
    world.save()
    result = world.must("check", status=78)
    assert "keyturn.yaml:" in result.err and "listen-anywhere: true" in result.err
    world.configuration["listen"] = "nowhere"
    world.save()
    assert "`listen` must be an address and a port" in world.must("check", status=78).err
    world.assert_untouched()
    world.configuration.update({"listen": "0.0.0.0:0", "listen-anywhere": True})
    world.save()
    shown = Shown(world, "--no-color")
    assert "everyone who reaches it" in shown.log.read_text()
    assert requests.get(f"http://127.0.0.1:{shown.port}/healthz", headers={"Host": "box.lan"}, timeout=5).ok
    shown.stop()


def test_a_port_that_is_taken(world):
    """It is reported before anything is begun."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = world.must("run", "--listen", f"127.0.0.1:{port}", status=69)
        assert "Address already in use. `sudo ss -ltnp 'sport = :" in result.err and len(result.err.splitlines()) == 1
        assert "or choose another port; nothing was begun" in result.err
        # As it is printed, but for sudo.
        command = result.err.partition("`sudo ")[2].partition("`")[0]
        shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=10).stdout
        assert f"127.0.0.1:{port}" in shown and f"pid={os.getpid()}," in shown
    world.assert_untouched()


def test_off_by_default(world):
    process = world.start("run")
    waited_for(lambda: world.database.exists())
    assert listening_sockets(process.pid) == []
    process.terminate()


def listening_sockets(pid):
    """Sockets of a process that listen."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:
            continue
        if found:
            inodes.add(found[1])
    lines = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/{pid}/net/{name}").readlines()[1:]]
    return [line for line in lines if line[3] == "0A" and line[9] in inodes]


@pytest.mark.parametrize("address", ["[::1]:0"])
def test_ipv6(world, address):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    shown = Shown(world, "--listen", address)
    assert shown.get("/healthz").status_code == 200
    shown.stop()
