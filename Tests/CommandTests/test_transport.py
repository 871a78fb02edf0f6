"""TLS is verified, redirects are not followed, proxies are respected, and this machine is never behind one."""

import http.server
import socket
import ssl
import threading

import pytest
import requests


class Forwarder(http.server.BaseHTTPRequestHandler):
    """Hands requests on to the sandbox, and remembers that they came."""

    target = None
    redirect = None

    def do_any(self):
        self.server.seen.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.redirect:
            self.send_response(307)
            self.send_header("Location", self.redirect + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        reply = requests.request(self.command, self.target + self.path, data=body, headers=headers, timeout=10)
        self.send_response(reply.status_code)
        for name in ("Content-Type", "Date"):
            if name in reply.headers:
                self.send_header(name, reply.headers[name])
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def do_CONNECT(self):
        self.server.seen.append(f"CONNECT {self.path}")
        self.send_error(502)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_any

    def log_message(self, *_):
        """Tests are quiet."""


@pytest.fixture
def serve():
    servers = []

    def serve(target=None, redirect=None, certificate=None):
        handler = type("Handler", (Forwarder,), {"target": target, "redirect": redirect})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.seen = []
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_certificate_that_nobody_vouches_for(world, serve, certificate):
    """Nothing is sent; with `ca-file` naming it, the delivery goes through."""
    server = serve(target=world.sandbox.travis, certificate=certificate)
    world.configuration["pushers"]["travis"]["endpoint"] = f"https://localhost:{server.server_port}"
    world.save()
    result = world.must("check", "--online", status=69)
    assert "travis:acme/app" in result.out and "certificate" in result.out.lower()
    assert server.seen == []
    world.configuration["ca-file"] = certificate[0]
    world.save()
    world.must("check", "--online")
    assert server.seen


def test_a_pusher_has_certificate_authorities_of_its_own(world, serve, certificate):
    """Its service is checked against these, and other services against the system's all the same."""
    for name, target in (("travis", world.sandbox.travis), ("gitlab", world.sandbox.gitlab)):
        server = serve(target=target, certificate=certificate)
        world.configuration["pushers"][name]["endpoint"] = f"https://localhost:{server.server_port}"
    world.configuration["pushers"]["travis"]["ca-file"] = str(certificate[0])
    world.save()
    lines = world.must("check", "--online", status=69).out.splitlines()
    assert all("certificate" not in line for line in lines if "travis:acme/app" in line)
    assert any("certificate" in line for line in lines if "gitlab:" in line)
    world.configuration["pushers"]["gitlab"]["ca-file"] = str(certificate[0])
    world.save()
    world.must("check", "--online")
    world.configuration["pushers"]["travis"]["ca-file"] = "none.pem"
    world.save()
    assert "`pushers.travis.ca-file`" in world.must("check", "--online", status=78).err


@pytest.mark.parametrize("variable", ["CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_names_certificate_authorities(world, serve, certificate, variable):
    """As for curl, and for what is built on OpenSSL."""
    server = serve(target=world.sandbox.travis, certificate=certificate)
    world.configuration["pushers"]["travis"]["endpoint"] = f"https://localhost:{server.server_port}"
    world.save()
    world.environment[variable] = str(certificate[0])
    world.must("check", "--online")
    assert server.seen


@pytest.mark.parametrize("way", ["AWS_CA_BUNDLE", "ca_bundle"])
def test_aws_has_certificate_authorities_of_its_own(world, serve, certificate, way):
    """Other services do not trust them."""
    aws = serve(target=world.sandbox.aws, certificate=certificate)
    travis = serve(target=world.sandbox.travis, certificate=certificate)
    world.configuration["aws"]["endpoint-url"] = f"https://localhost:{aws.server_port}"
    world.configuration["pushers"]["travis"]["endpoint"] = f"https://localhost:{travis.server_port}"
    world.save()
    if way == "ca_bundle":
        world.write(".aws/config", f"[default]\nca_bundle = {certificate[0]}\n")
    else:
        world.environment[way] = str(certificate[0])
    result = world.run("check", "--online")
    # The forwarder's host is in the signature, so the sandbox refuses it: what counts is that it was asked.
    assert aws.seen and travis.seen == [] and "travis:acme/app" in result.out


@pytest.mark.parametrize("value", ["example.com", ".example.com", "*.example.com", "x, iam.example.com:443", "*", "a b example.com"])
def test_no_proxy_in_every_form(make, serve, value):
    """The proxy hears nothing; nothing answers at the host itself."""
    proxy = serve(target="http://127.0.0.1:9")
    world = make(https_proxy=f"http://127.0.0.1:{proxy.server_port}", NO_PROXY=value)
    world.configuration["aws"]["endpoint-url"] = "https://iam.example.com"
    world.save()
    world.must("check", "--online", status=69)
    assert proxy.seen == []


def test_a_redirect_takes_no_token_along(world, serve):
    """The place that it points to hears nothing, and the operator reads where it points."""
    elsewhere = serve(target=world.sandbox.gitlab)
    server = serve(redirect=f"http://127.0.0.1:{elsewhere.server_port}")
    world.configuration["pushers"]["gitlab"]["endpoint"] = f"http://127.0.0.1:{server.server_port}"
    world.save()
    world.must("rotate", status=75)
    assert server.seen and elsewhere.seen == []
    assert str(elsewhere.server_port) in world.status()["problem"]


def test_this_machine_is_not_behind_a_proxy(make):
    """Stand-ins on loopback work where the environment names a proxy."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        make(http_proxy=proxy, https_proxy=proxy, all_proxy=proxy).must("check", "--online")


def test_other_machines_are_behind_the_proxy(make, serve):
    """A request to a host elsewhere goes to the proxy that the environment names."""
    proxy = serve(target="http://127.0.0.1:9")
    world = make(https_proxy=f"http://127.0.0.1:{proxy.server_port}")
    world.configuration["aws"]["endpoint-url"] = "https://iam.example.com"
    world.save()
    world.must("check", "--online", status=69)
    assert set(proxy.seen) == {"CONNECT iam.example.com:443"}
