"""Services that log each of their connections: whose requests came over it, and what they said."""

import http.server
import socketserver
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events
import requests


def owner(path, headers):
    """Who sent a request, by what only that one sends."""
    headers = {name.lower(): value for name, value in headers.items()}
    if headers.get("authorization", "").startswith("AWS4-HMAC"):
        return "aws"
    if "keyturn-signature" in headers:
        return "notifications"
    token = headers.get("private-token") or headers.get("authorization") or "nobody"
    # Two pushers may have the same token: they differ in their project.
    project = path.split("/")[4] if path.startswith("/api/v4/projects/") else ""
    if path.startswith("/api/v4/") and not project:
        return None  # What both ask alike says nothing.
    return f"{token} {project}".strip()


class Tap:
    """What came, connection by connection."""

    def __init__(self):
        self.connections, self.requests, self.lock = [], [], threading.Lock()

    def connected(self):
        with self.lock:
            self.connections.append([])
            return self.connections[-1]

    def take(self, connection, method, path, headers, body):
        with self.lock:
            entry = {"owner": owner(path, headers), "method": method, "path": path, "headers": dict(headers), "body": body}
            connection.append(entry)
            self.requests.append(entry)

    def owners(self):
        """For each connection, those whose requests came over it."""
        with self.lock:
            found = [sorted({entry["owner"] for entry in connection} - {None}) for connection in self.connections]
            return [owners for owners in found if owners]


class Tapped(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 with kept connections: hands AWS's and GitLab's requests on, and takes everything else itself."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.kept = self.server.tap.connected()

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.tap.take(self.kept, self.command, self.path, self.headers, body)
        if self.path == "/hang":
            return self.server.ending.wait(60)
        status, content = 200, b"{}"
        kind = "application/json"
        upstream = self.server.upstream(self.path)
        if upstream:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            reply = requests.request(self.command, upstream + self.path, data=body, headers=headers, timeout=20)
            status, content, kind = reply.status_code, reply.content, reply.headers.get("Content-Type", kind)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        return None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

    def log_message(self, *_):
        """Tests are quiet."""


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Attackers' connections end as they like."""


class Service:
    """The tap over HTTP/1.1, on loopback."""

    def __init__(self, aws=None, gitlab=None):
        self.tap = Tap()
        self.server = Server(("127.0.0.1", 0), Tapped)
        self.server.tap, self.server.ending = self.tap, threading.Event()
        self.server.upstream = lambda path: (
            gitlab if path.startswith("/api/v4/") else aws if path == "/" else None)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.ending.set()
        self.server.shutdown()
        self.server.server_close()


class Multiplexed(socketserver.BaseRequestHandler):
    """HTTP/2 over TLS: a GitLab whose variables are whatever was written last."""

    def handle(self):
        kept = self.server.tap.connected()
        with self.server.context.wrap_socket(self.request, server_side=True) as tls:
            connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
            connection.initiate_connection()
            tls.sendall(connection.data_to_send())
            streams = {}
            while data := tls.recv(65_536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        streams[event.stream_id] = dict(event.headers), bytearray()
                    elif isinstance(event, h2.events.DataReceived):
                        streams[event.stream_id][1].extend(event.data)
                        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        self.answer(kept, connection, event.stream_id, *streams.pop(event.stream_id))
                tls.sendall(connection.data_to_send())

    def answer(self, kept, connection, stream, headers, body):
        path, method = headers[":path"], headers[":method"]
        self.server.tap.take(kept, method, path, headers, bytes(body))
        content = self.server.answer(method, path.split("?")[0], bytes(body))
        connection.send_headers(stream, [
            (":status", "200"), ("content-type", "application/json"), ("content-length", str(len(content)))])
        connection.send_data(stream, content, end_stream=True)


class MultiplexedServer(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 256

    def handle_error(self, *_):
        """Clients end their connections as they like."""


class MultiplexedService:
    """The tap over HTTP/2."""

    def __init__(self, certificate, answer):
        self.tap = Tap()
        self.server = MultiplexedServer(("127.0.0.1", 0), Multiplexed)
        self.server.tap, self.server.answer = self.tap, answer
        self.server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.context.load_cert_chain(*certificate)
        self.server.context.set_alpn_protocols(["h2"])
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def peak_memory(process):
    """The most memory that a process has had, in MiB; 0: it has ended."""
    try:
        with open(f"/proc/{process}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        return 0


def watched(process, every=0.05):
    """Waits for a process to end, and gives the most memory that it was seen with."""
    most = 0
    while process.poll() is None:
        most = max(most, peak_memory(process.pid))
        time.sleep(every)
    return most
