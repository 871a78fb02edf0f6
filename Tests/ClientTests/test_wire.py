"""The sandbox's HTTP server by the byte: framing, bounds, and connections that stay open."""

import concurrent.futures
import socket
import time
import urllib.parse

import pytest
import requests


def connect(url):
    place = urllib.parse.urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=10)


def reply(connection):
    """The next reply on a connection: its status, its fields, its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(1)
        if not chunk:
            return None
        data += chunk
    lines = data.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
    body = b""
    while len(body) < int(fields.get("content-length", 0)):
        body += connection.recv(int(fields["content-length"]) - len(body))
    return int(lines[0].split()[1]), fields, body


def ask(sandbox, data):
    """What a new connection answers to these bytes, and whether it is closed then."""
    with connect(sandbox.control) as connection:
        connection.sendall(data)
        answer = reply(connection)
        connection.settimeout(0.3)
        try:
            return answer[0], connection.recv(1) == b""
        except TimeoutError:
            return answer[0], False


STATE = b"GET /requests HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_connection_takes_one_request_after_the_other(sandbox):
    """Also when they come in one piece, or byte by byte."""
    with connect(sandbox.control) as connection:
        for _ in range(3):
            connection.sendall(STATE)
            assert reply(connection)[0] == 200
        connection.sendall(STATE * 3)
        assert [reply(connection)[0] for _ in range(3)] == [200, 200, 200]
        for byte in b"POST /requests/clear HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}" + STATE:
            connection.sendall(bytes([byte]))
        assert [reply(connection)[0] for _ in range(2)] == [204, 200]


@pytest.mark.parametrize("data, status", [
    (b"GET /requests HTTP/1.1\r\nConnection: close\r\n\r\n", 200), (b"GET /requests HTTP/1.0\r\n\r\n", 200),
    (b"nonsense\r\n\r\n", 400), (b"GET requests HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/3\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), (b"\xff / HTTP/1.1\r\n\r\n", 400),
    (b"POST /faults HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400), (b"POST /faults HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST /faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /faults HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", 413),
    (b"POST /faults HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 400),
])
def test_what_ends_a_connection(sandbox, data, status):
    assert ask(sandbox, data) == (status, True)


def test_a_large_body_arrives_whole(sandbox):
    body = b'{"service":"github","body":"' + b"x" * 900_000 + b'"}'
    head = b"POST /faults HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    with connect(sandbox.control) as connection:
        connection.sendall(head)
        assert reply(connection)[0] == 100
        connection.sendall(body)
        assert reply(connection)[0] in (200, 201)
    sandbox.clear_faults()


def test_head_has_the_fields_and_no_body(sandbox):
    headers = b"User-Agent: x\r\nAuthorization: Bearer " + sandbox.tokens["github"].encode()
    with connect(sandbox.github) as connection:
        connection.sendall(b"HEAD /repos/acme/app HTTP/1.1\r\n" + headers + b"\r\nConnection: close\r\n\r\n")
        data = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1
    assert data.lower().count(b"\r\ndate: ") == 1


def test_a_reply_that_is_held_back_holds_up_no_other(sandbox):
    """A hundred of them, each on a connection of its own."""
    sandbox.fault("github", path="^/slow", delayMilliseconds=1_500, times=0)
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        begun = time.monotonic()
        slow = [pool.submit(requests.get, sandbox.github + "/slow", timeout=20) for _ in range(100)]
        assert requests.get(sandbox.control + "/requests", timeout=10).status_code == 200
        assert requests.get(sandbox.github + "/fast", timeout=10).status_code in (401, 404)
        assert not any(one.done() for one in slow)
        for one in slow:
            one.result()
        assert 1.5 <= time.monotonic() - begun < 15
    sandbox.clear_faults()


def test_clients_that_go_away_leave_the_others(sandbox):
    """In the middle of a head, of a body, and before the reply."""
    sandbox.fault("github", path="^/slow", delayMilliseconds=200, times=0)
    for data in (b"GET /slow HT", b"POST /slow HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", b"GET /slow HTTP/1.1\r\n\r\n"):
        for _ in range(20):
            with connect(sandbox.github) as connection:
                connection.sendall(data)
    sandbox.clear_faults()
    assert sandbox.state()


def test_a_kept_connection_is_dropped_without_a_byte(sandbox):
    with connect(sandbox.github) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nUser-Agent: x\r\n\r\n")
        assert reply(connection)[0] in (401, 404)
        sandbox.fault("github", close=True)
        connection.sendall(b"GET /x HTTP/1.1\r\nUser-Agent: x\r\n\r\n")
        assert connection.recv(1) == b""
