"""Fixtures of the command tests. KEYTURN_STAGE names the installation; without it the tests are skipped."""

import http.server
import os
import pathlib
import subprocess

import pytest

import program
import signin as standins
import standin
import world as worlds
from test_pushers import Cast

HERE = pathlib.Path(__file__).parent

# The five of the library lose connections of a burst on a busy machine.
http.server.ThreadingHTTPServer.request_queue_size = 256


def pytest_configure(config):
    config.addinivalue_line("markers", "timeout(seconds): the longest that a test may take")
    config.addinivalue_line("markers", "later: takes minutes; not part of `make test`, but of `make test-later`")


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="KEYTURN_STAGE does not name an installation")
    for item in items:
        if HERE in item.path.parents:
            if not os.environ.get("KEYTURN_STAGE"):
                item.add_marker(skip)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(90))


@pytest.fixture
def start():
    """Starts sandboxes with options of the test's choice."""
    running = []

    def start(*options):
        running.append(standin.Sandbox("--propagation-delay", 0, *options))
        return running[-1]

    yield start
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def make(start, tmp_path):
    """Makes worlds: a sandbox with a configuration for it."""
    made = []

    def make(*options, users=None, sandbox=None, **environment):
        directory = tmp_path / f"world-{len(made)}"
        directory.mkdir()
        made.append(worlds.World(directory, sandbox or start(*options), users, **environment))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make):
    """One user, and one target in each CI system."""
    return make()


@pytest.fixture
def bare(tmp_path):
    """keyturn in an empty directory, without configuration or credentials."""
    directory = tmp_path / "bare"
    directory.mkdir()
    bare = program.Program(directory)
    bare.temporary.rmdir()
    bare.environment["TMPDIR"] = str(tmp_path)
    yield bare
    bare.close()


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost that no system trusts."""
    paths = tmp_path / "certificate.pem", tmp_path / "certificate.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", paths[1], "-out", paths[0]],
        check=True, capture_output=True, timeout=30)
    return [str(path) for path in paths]


@pytest.fixture
def signin(world):
    """An STS in front of the world's sandbox, and a world without credentials that uses it."""
    server = standins.SignIn(world.sandbox)
    world.configuration["aws"]["endpoint-url"] = server.url
    world.save()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del world.environment[name]
    yield server
    server.stop()


@pytest.fixture
def metadata(signin):
    server = standins.Metadata(signin)
    yield server
    server.stop()


@pytest.fixture
def cast(tmp_path):
    """A world of test pushers and their one service."""
    cast = Cast(tmp_path / "cast")
    yield cast
    cast.close()
