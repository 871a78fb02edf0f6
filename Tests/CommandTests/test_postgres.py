"""A state in PostgreSQL, with a real server: what is kept, what is refused, and several workers on one state."""

import pathlib
import shutil
import socket
import sys
import time

import pytest

import relay
from world import waited_for

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from postgres import Bouncer, Postgres  # noqa: E402

TARGETS = ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]


@pytest.fixture(scope="module")
def server():
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def databases(server):
    """Makes databases on the server of this module."""
    made = []

    def make(name):
        server.query(f"CREATE DATABASE {name}")
        made.append(name)
        return server.address(name)

    yield make
    for name in made:
        server.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_server():
    """Makes servers that the test may harm."""
    made = []

    def make(**options):
        made.append(Postgres(**options))
        return made[-1]

    yield make
    for server in made:
        server.close()


def kept_in(world, address):
    world.configuration["state"] = address
    world.save()
    return world


def test_a_rotation(make, databases, server):
    world = kept_in(make(), databases("rotation"))
    assert not world.must("status", "--json").json["users"][0]["keys"]
    assert server.query("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'keyturn'", "rotation") == "0"
    world.must("rotate", "--all", "--wait")
    world.assert_holds_only(TARGETS)
    assert world.must("history", "verify").status == 0
    assert "no worker is up" in world.must("status").out
    result = world.must("check")
    assert "no synchronous standby" in result.out + result.err
    # What is sealed there is sealed: no secret is in the database.
    secret = world.sandbox.secret_at_gitlab()
    dump = server.query("SELECT encode(record, 'escape') FROM keyturn.users UNION ALL SELECT encode(content, 'escape') FROM "
                        "keyturn.parts UNION ALL SELECT encode(content, 'escape') FROM keyturn.lines", "rotation")
    assert "cicd" in dump or "created" in dump
    assert secret not in dump
    assert list(world.database.parent.iterdir()) == []


@pytest.mark.parametrize(
    "address, status, words",
    [("postgresql:///nobody?host={socket}&user=keyturn", 77, "createdb"),
     ("postgresql:///postgres?host={socket}&user=stranger", 77, "stranger"),
     ("postgresql://127.0.0.1:9/keyturn", 69, "127.0.0.1"),
     ("postgresql:///postgres?host={socket}&user=keyturn&nonsense=1", 1, "libpq cannot read it")])
def test_a_server_that_does_not_let_it_in(make, server, address, status, words):
    """Ends with a sentence and its exit status, and touches nothing."""
    world = kept_in(make(), address.format(socket=server.socket))
    for command in (["step"], ["status"], ["run"]):
        result = world.must(*command, status=status)
        assert words in result.err and "state" in result.err, str(result)
    assert world.sandbox.requests() == []


def test_rights_and_layouts(make, databases, server):
    """A role that may not make the schema is refused with that reason; a schema of another program and a newer one are left alone."""
    address = databases("rights")
    server.query("CREATE ROLE worker LOGIN")
    try:
        world = kept_in(make(), address.replace("user=keyturn", "user=worker"))
        assert "permission denied" in world.must("step", status=77).err
        kept_in(world, address).must("step")
        server.query("GRANT USAGE ON SCHEMA keyturn TO worker", "rights")
        server.query("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA keyturn TO worker", "rights")
        kept_in(world, address.replace("user=keyturn", "user=worker")).must("rotate", "--all", "--wait")
        world.assert_holds_only(TARGETS)
        with pytest.raises(RuntimeError, match="only added to"):
            server.query("DELETE FROM keyturn.lines", "rights")
        with pytest.raises(RuntimeError, match="only added to"):
            server.query("UPDATE keyturn.lines SET at = 0", "rights")
        server.query("UPDATE keyturn.layout SET number = 7, lowest = 1", "rights")
        world.must("status")
        server.query("UPDATE keyturn.layout SET lowest = 7", "rights")
        assert "layout 7" in world.must("step", status=78).err
        server.query("DELETE FROM keyturn.layout", "rights")
        assert "not one of keyturn" in world.must("step", status=78).err
    finally:
        server.query("DROP OWNED BY worker", "rights")
        server.query("DROP ROLE worker")


def test_a_password(make, databases, own_server):
    """From `state-password`, and never in what is printed."""
    server = own_server()
    server.query("CREATE DATABASE keyturn")
    server.query("CREATE ROLE ci LOGIN PASSWORD 'correct horse'")
    server.query("ALTER DATABASE keyturn OWNER TO ci")
    rules = server.data / "pg_hba.conf"
    rules.write_text("local all keyturn trust\nlocal all all scram-sha-256\n")
    server.query("SELECT pg_reload_conf()")
    world = kept_in(make(), server.address().replace("user=keyturn", "user=ci"))
    waited_for(lambda: world.run("step").status == 77)
    world.configuration["state-password"] = {"env": "STATE_PASSWORD"}
    world.save()
    world.environment["STATE_PASSWORD"] = "battery staple"
    result = world.must("step", status=77)
    assert "state-password" in result.err and "battery" not in result.err + result.out
    world.environment["STATE_PASSWORD"] = "correct horse"
    world.must("rotate", "--all", "--wait")
    world.assert_holds_only(TARGETS)


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_server_that_forgets(make, own_server, setting):
    server = own_server(settings={setting: "off"})
    server.query("CREATE DATABASE keyturn")
    world = kept_in(make(), server.address())
    assert f"{setting} is off" in world.must("step", status=1).err
    assert world.sandbox.requests() == []


@pytest.mark.timeout(120)
def test_a_server_that_is_killed(make, own_server):
    """In the middle of a rotation, and comes back after longer than a statement is waited for."""
    server = own_server()
    server.query("CREATE DATABASE keyturn")
    world = kept_in(make("--propagation-delay", 3, "--key-age", 3600), server.address())
    world.configuration["defaults"]["rotate-every"] = "20m"
    world.save()
    (old,) = world.sandbox.keys("cicd-bot")
    process = world.start("run")
    waited_for(lambda: len(world.sandbox.keys("cicd-bot")) == 2)
    server.kill()
    time.sleep(12)
    assert process.poll() is None
    server.start()
    waited_for(lambda: old not in world.sandbox.keys("cicd-bot"), seconds=60)
    process.terminate()
    result = world.finish(process)
    assert result.status == 0 and "the state cannot be" in result.err, str(result)
    world.assert_holds_only(TARGETS)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.timeout(150)
def test_answers_that_are_lost(make, databases, server):
    """Every third write is carried out, and its answer does not come: nothing is done twice, and nothing is forgotten."""
    world = kept_in(make("--key-age", 3600), databases("lost"))
    world.must("step")
    writes = []

    def swallow(data):
        if b"write_id = $7" in data or b"INSERT INTO keyturn.users" in data or b"content, write_id" in data:
            writes.append(data)
            return len(writes) % 3 == 1
        return False

    link = relay.on_loopback(server.socket / ".s.PGSQL.5432", swallow)
    try:
        port = link.listener.getsockname()[1]
        kept_in(world, f"postgresql://keyturn@127.0.0.1:{port}/lost?sslmode=disable")
        (old,) = world.sandbox.keys("cicd-bot")
        world.must("rotate", "--all", "--wait")
        assert link.swallowed >= 3
        assert world.must("history", "verify").status == 0
    finally:
        link.close()
    assert old not in world.sandbox.keys("cicd-bot")
    world.assert_holds_only(TARGETS)
    requests = [line["path"] for line in world.sandbox.requests("aws")]
    assert requests.count("CreateAccessKey") == 1 and requests.count("DeleteAccessKey") == 1
    numbers = server.query("SELECT count(*), count(DISTINCT number), max(number) FROM keyturn.lines", "lost").split("|")
    assert len(set(numbers)) == 1, numbers


def test_a_bouncer(make, databases, server):
    """PgBouncer in transaction mode, with fewer connections than keyturn would have: nothing depends on the session."""
    databases("bounced")
    bouncer = Bouncer(server, free_port())
    try:
        world = kept_in(make(), bouncer.address("bounced"))
        world.must("rotate", "--all", "--wait")
        world.assert_holds_only(TARGETS)
        assert world.must("history", "verify").status == 0
        assert server.query("SELECT count(*) FROM pg_stat_activity WHERE datname = 'bounced'") <= "3"
        again = make(sandbox=world.sandbox)
        again.environment = {**world.environment, "HOME": str(again.directory), "TMPDIR": str(again.temporary)}
        shutil.copy(world.directory / "seal.key", again.directory / "seal.key")
        kept_in(again, bouncer.address("bounced"))
        running = [place.start("rotate", "--all", "--wait") for place in (world, again)]
        assert {place.finish(process).status for place, process in zip((world, again), running)} <= {0, 75}
        world.assert_holds_only(TARGETS)
    finally:
        bouncer.close()


def test_tls(make, own_server, certificate):
    """As libpq does it: a server whose certificate is signed by the named authority, and no other, gets what is kept."""
    port = free_port()
    server = own_server(port=port)
    server.query("CREATE DATABASE keyturn")
    for path, name in zip(certificate, ("server.crt", "server.key")):
        shutil.copy(path, server.data / name)
        (server.data / name).chmod(0o600)
        shutil.chown(server.data / name, (server.data.stat()).st_uid)
    server.query("ALTER SYSTEM SET ssl = on")
    server.query("SELECT pg_reload_conf()")
    # 127.0.0.1 is not the certificate's name.
    base = f"postgresql://keyturn@localhost:{port}/keyturn?sslmode=verify-full&hostaddr=127.0.0.1"
    world = kept_in(make(), f"{base}&sslrootcert={certificate[0]}")
    waited_for(lambda: world.run("step").status == 0)
    world.must("rotate", "--all", "--wait")
    world.assert_holds_only(TARGETS)
    for address in (base, f"{base}&sslrootcert={certificate[0]}".replace("@localhost", "@elsewhere")):
        world.sandbox.clear_requests()
        result = kept_in(world, address).run("rotate", "--all")
        assert result.status in (1, 69, 77) and "certificate" in result.err, str(result)
        assert world.sandbox.requests() == []
