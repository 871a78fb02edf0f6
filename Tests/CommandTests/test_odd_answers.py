"""Answers that are no answers, clocks that disagree, and services that say yes without meaning it."""

import http.server
import json
import subprocess
import threading

import pytest
import requests

import leaks
import plugins
import wiretap
from test_pushers import Cast
from world import waited_for


@pytest.fixture
def aws(cast):
    """AWS behind a proxy that may give another answer than AWS's: `aws.instead(action, body)` says which, or None."""
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self.server.count += 1
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            reply = requests.post(cast.sandbox.aws + self.path, data=body, headers=headers, timeout=10)
            other = self.server.instead(body.decode())
            if isinstance(other, bytes):
                self.wfile.write(other)
                self.close_connection = True
                return
            status, content = other or (reply.status_code, reply.content)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.instead, server.count = lambda body: None, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cast.world.configuration["aws"]["endpoint-url"] = f"http://127.0.0.1:{server.server_port}"
    cast.world.save()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("answer", [
    b"", b"HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n", b"garbage\r\n\r\n" * 100, b"HTTP/4.2 200 OK\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nlocation: /sign-in\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 408 Too Late\r\ncontent-length: 4\r\n\r\nlate", b"HTTP/1.1 403 No\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
])
def test_a_key_whose_reply_was_eaten_is_found(cast, aws, answer):
    """IAM made the key, and someone in between answered: whether it exists is asked, and none is left over."""
    made = []

    def instead(body):
        if "Action=CreateAccessKey" in body:
            made.append(body)
            return answer if len(made) == 1 else None
        return None

    aws.instead = instead
    cast.world.run("rotate", timeout=60)
    for _ in range(30):
        if cast.world.status()["phase"] == "idle" and cast.world.status()["rotation"] == 1:
            break
        cast.world.run("step", timeout=60)
        waited_for(lambda: cast.world.is_due("cicd-bot") or cast.world.status()["phase"] == "idle", seconds=70, every=0.2)
    assert list(cast.sandbox.keys().values()) == ["Active"] and len(made) == 2
    assert cast.world.status()["problem"] is None


def test_two_clocks_behind_one_address_do_not_keep_it_busy(cast, aws):
    """Each refusal names another time: signed again twice, then it is an error, and SIGTERM ends the daemon."""
    def instead(_):
        time = ["20261128T100000Z", "20261128T101000Z"][aws.count % 2]
        words = f"Signature expired: 20261128T000000Z is now earlier than 20261128T000000Z ({time} - 5 min.)"
        return 403, f"<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>{words}</Message></Error></ErrorResponse>".encode()

    aws.instead = instead
    assert cast.world.run("step", timeout=30).status != 0
    assert aws.count < 40, aws.count
    daemon = cast.world.start("run", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = aws.count
    waited_for(lambda: aws.count > before)
    daemon.terminate()
    assert daemon.wait(timeout=10) == 0


def test_what_aws_says_of_a_last_use_is_one_short_line(cast, aws):
    forged = "s3\n  current   AKIAFORGEDFORGED0000  Active    created now\n" + "A" * 900_000
    answer = (
        "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><AccessKeyLastUsed><LastUsedDate>2027-11-28T15:00:00Z</LastUsedDate>"
        f"<ServiceName>{forged}</ServiceName><Region>eu&#10;\u202eabc</Region></AccessKeyLastUsed></GetAccessKeyLastUsedResult>"
        "</GetAccessKeyLastUsedResponse>").encode()
    aws.instead = lambda body: (200, answer) if "GetAccessKeyLastUsed" in body else None
    cast.world.configuration["defaults"].update(quiet="1h", overlap="1s")
    cast.world.save()
    cast.world.run("rotate", timeout=60)
    waited_for(lambda: cast.world.is_due("cicd-bot"))
    cast.world.run("step", timeout=60)
    assert cast.world.status()["problem-code"] == "still-used"
    for command in (["status"], ["status", "--json"], ["history"], ["plan"]):
        result = cast.world.run(*command)
        assert len(result.out) < 30_000 and not leaks.unshowable(result.out)
        assert not any(line.strip().startswith("current   AKIAFORGED") for line in result.out.splitlines())


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 099 OK\r\ncontent-length: 0\r\n\r\n", b"garbage\r\n\r\n" * 200, b"HTTP/4.2 200 OK\r\ncontent-length: 0\r\n\r\n"])
def test_a_write_whose_answer_is_not_http_may_have_happened(cast, answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.wfile.write(answer)
            self.close_connection = True

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        cast.world.configuration["defaults"] |= {"max-attempts": 1, "preflight": False}
        plugins.put(cast.directory, "plain")
        cast.use("mine", "plain", "here")
        cast.world.configuration["pushers"]["mine"]["endpoint"] = f"http://127.0.0.1:{server.server_port}"
        cast.world.save()
        result = cast.world.run("rotate", timeout=40)
        assert cast.world.deliveries()["mine:here"]["may-be-torn"] is True
        assert "a request was refused" not in result.err
    finally:
        server.shutdown()
        server.server_close()


def test_a_write_that_was_sent_twice_may_have_happened(cast):
    """A kept connection ends without an answer, so libcurl sends the write again by itself: the refusal is of the second one."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            received.append(self.connection)
            if len(received) == 2:
                # Done, and not answered.
                self.close_connection = True
                return
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        cast.world.configuration["defaults"] |= {"max-attempts": 2, "preflight": False}
        plugins.put(cast.directory, "plain")
        cast.use("mine", "plain", "here")
        cast.world.configuration["pushers"]["mine"]["endpoint"] = f"http://127.0.0.1:{server.server_port}"
        cast.world.save()
        cast.world.run("rotate", timeout=60)
        assert len(received) >= 3 and received[0] is received[1] is not received[2]
        assert cast.world.deliveries()["mine:here"]["may-be-torn"] is True
    finally:
        server.shutdown()
        server.server_close()


def test_large_header_fields_of_a_service_take_no_more_memory_than_they_may(tmp_path):
    """Fields of the largest size from a service that one pusher asks as often as it can, over five ports."""
    content = b"".join(b"x-%03d: %s\r\n" % (number, b"\xff" * 180) for number in range(110))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + content + b"content-length: 0\r\n\r\n")

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cast = Cast(tmp_path / "cast")
    try:
        cast.world.configuration["defaults"] |= {"max-attempts": 1, "preflight": False}
        plugins.put(cast.directory, "plain")
        cast.use("mine", "plain", *(f"place-{number}" for number in range(400)))
        cast.world.configuration["pushers"]["mine"]["endpoint"] = f"http://127.0.0.1:{server.server_port}"
        cast.world.save()
        process = cast.world.start("rotate", "--quiet", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = wiretap.watched(process)
        assert 0 < most < 128, f"{most} MiB"
        found = {target: delivery for target, delivery in cast.world.deliveries().items() if target.startswith("mine:")}
        missed = {target: delivery["detail"] for target, delivery in found.items() if delivery["state"] != "confirmed"}
        assert len(found) == 400 and not missed, missed
    finally:
        cast.close()
        server.shutdown()
        server.server_close()


def test_blanks_in_a_row_make_no_line_of_their_own(cast):
    """A message that pads itself to the edge of a terminal, with ordinary blanks and with wide ones."""
    plugins.put(cast.directory, "plain")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "plain", "here=pad")
    cast.world.run("rotate")
    detail = cast.world.deliveries()["mine:here"]["detail"]
    assert "  " not in detail and "\u3000" not in detail and detail.endswith("all is well"), detail
    assert json.dumps(detail)
