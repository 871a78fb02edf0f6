"""As few requests as the services allow, on few connections, and no more at once than a service is asked for."""

import json
import socket
import ssl
import threading

import h2.config
import h2.connection
import h2.events
import pytest

FIELDS = {"travis": "repository", "gitlab": "project", "github": "repository"}


def targets(pusher, count):
    return [{"pusher": pusher, FIELDS[pusher]: f"acme/app-{number}"} for number in range(1, count + 1)]


@pytest.mark.parametrize("pusher, least", [("travis", 3), ("gitlab", 2), ("github", 5)])
def test_requests_of_a_push(make, pusher, least):
    """Variables that are there already are written over: so many requests for each target, and not one more."""
    count = 12
    world = make("--targets", count, users={"cicd-bot": {"targets": targets(pusher, count)}})
    world.configuration["defaults"]["preflight"] = False
    if pusher == "github":
        # The places of the sandbox have their secrets already.
        world.configuration["pushers"]["github"]["limits"] = []
    world.save()
    world.must("step")
    world.sandbox.clear_requests()
    world.must("rotate")
    asked = world.sandbox.requests(pusher)
    assert len(asked) == least * count, [f"{entry['method']} {entry['path']}" for entry in asked][:10]


def test_timings_tell_connections_and_calls(make):
    count = 100
    world = make("--targets", count, "--latency", 10, users={"cicd-bot": {"targets": targets("gitlab", count)}})
    world.configuration["pushers"]["gitlab"]["limits"] = []
    world.save()
    timings = world.must("rotate", "--timings", "--json").json["timings"]
    lines = {line["what"]: line for line in timings["lines"]}
    assert lines["gitlab: push"]["count"] == lines["gitlab: check"]["count"] == count
    assert lines["IAM CreateAccessKey"]["count"] == 1
    assert lines["STS GetCallerIdentity"]["count"] >= 3
    assert lines["phase delivering"]["longest-ms"] <= timings["wall-ms"]
    assert lines["journal: commit"]["count"] < count, "answers that come together are written together"
    assert timings["requests"] >= 3 * count
    # Sixty-four to the service, a few to AWS; writes that create get one of their own, and here are none.
    assert timings["connections"] <= 64 + 16
    assert world.run("rotate", "--timings").err.count("phase delivering") <= 1


class Multiplexing(threading.Thread):
    """A service that speaks HTTP/2 and remembers how many connections it took, and streams at once."""

    def __init__(self, certificate, variables):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.requests, self.most, self.variables = 0, 0, 0, variables
        self.lock = threading.Lock()

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        with self.lock:
            self.connections += 1
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        streams = {}
        with self.context.wrap_socket(raw, server_side=True) as tls:
            assert tls.selected_alpn_protocol() == "h2"
            connection.initiate_connection()
            tls.sendall(connection.data_to_send())
            while data := self.read(tls):
                ended = []
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        streams[event.stream_id] = dict(event.headers), bytearray()
                    elif isinstance(event, h2.events.DataReceived):
                        streams[event.stream_id][1].extend(event.data)
                        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        ended.append(event.stream_id)
                self.most = max(self.most, len(ended))
                for stream in ended:
                    self.answer(connection, stream, *streams.pop(stream))
                tls.sendall(connection.data_to_send())

    def read(self, tls):
        """What comes, and what comes within a moment after it: other streams' requests, if there are any."""
        tls.settimeout(None)
        data = tls.recv(65_536)
        tls.settimeout(0.02)
        try:
            while more := tls.recv(65_536):
                data += more
        except TimeoutError:
            tls.settimeout(None)
        return data

    def answer(self, connection, stream, headers, body):
        path = headers[b":path"].decode().split("?")[0]
        project, name = path.split("/")[4], path.split("/")[-1]
        with self.lock:
            self.requests += 1
            if headers[b":method"] == b"PUT":
                self.variables[project, name] = json.loads(body)["value"]
        reply = json.dumps({
            "key": name, "value": self.variables.get((project, name), ""), "variable_type": "env_var", "protected": False,
            "masked": True, "raw": True, "hidden": False, "environment_scope": "*"}).encode()
        connection.send_headers(stream, [
            (":status", "200"), ("content-type", "application/json"), ("content-length", str(len(reply)))])
        connection.send_data(stream, reply, end_stream=True)

    def close(self):
        self.listener.close()


def test_http_2_is_multiplexed(make, certificate):
    """Forty targets at a service that offers HTTP/2 over TLS share one connection."""
    count = 40
    world = make("--targets", count, users={"cicd-bot": {"targets": targets("gitlab", count)}})
    variables = {}
    service = Multiplexing(certificate, variables)
    service.start()
    try:
        world.configuration["ca-file"] = certificate[0]
        world.configuration["pushers"]["gitlab"] |= {"endpoint": f"https://localhost:{service.port}", "limits": []}
        world.configuration["defaults"]["preflight"] = False
        world.save()
        world.must("rotate")
        key = next(key["id"] for key in world.status()["keys"] if key["role"] == "current")
        assert service.requests == 2 * count
        assert all(variables[f"acme%2Fapp-{number}", "AWS_ACCESS_KEY_ID"] == key for number in range(1, count + 1))
        assert service.connections <= 2, service.connections
        assert service.most > 1, "streams came one after the other"
    finally:
        service.close()
