"""A PostgreSQL server of the tests' own, on a socket of its own: `python3 Tests/postgres.py COMMAND…` runs a command with one.

The command finds the server's address in KEYTURN_POSTGRES. Debian's server is used where it is installed, and else unpacked below
`.build`: installing it would start a service on the machine.
"""

import argparse
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
#: What Debian's server needs next to libc. Libraries, which start nothing.
LIBRARIES = [
    "libgssapi-krb5-2", "libicu72", "libldap-2.5-0", "liblz4-1", "libpam0g", "libpq5", "libssl3", "libsystemd0", "libxml2",
    "libzstd1"]


#: ... and PgBouncer.
LIBRARIES_OF_PGBOUNCER = ["libc-ares2", "libevent-2.1-7", "libpam0g", "libssl3", "libsystemd0"]


def unpack(packages, libraries):
    """Unpacks Debian's packages below `.build`, whose scripts would start services, and installs the libraries that they need."""
    unpacked = ROOT / ".build/postgresql"
    unpacked.mkdir(parents=True, exist_ok=True)
    sudo = [] if os.getuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True)
    subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", *libraries], check=True)
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        subprocess.run(["apt-get", "download", "-qq", *packages], cwd=directory, check=True)
        for package in pathlib.Path(directory).glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    return unpacked


def binaries():
    """The directory of `initdb` and `postgres`."""
    for place in [pathlib.Path("/usr/lib/postgresql"), ROOT / ".build/postgresql/usr/lib/postgresql"]:
        found = sorted(place.glob("*/bin/initdb"))
        if found:
            return found[-1].parent
    unpacked = unpack(["postgresql-15", "postgresql-client-15"], LIBRARIES)
    return sorted((unpacked / "usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent


def pgbouncer():
    """The program PgBouncer."""
    unpacked = ROOT / ".build/postgresql/usr/sbin/pgbouncer"
    found = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
    if found:
        return pathlib.Path(found)
    if not unpacked.exists():
        unpack(["pgbouncer"], LIBRARIES_OF_PGBOUNCER)
    return unpacked


class Bouncer:
    """PgBouncer in transaction mode in front of a server: each transaction may go over another connection."""

    def __init__(self, server, port, pool=3):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="keyturn-bouncer-"))
        self.directory.chmod(0o777)
        self.port = port
        settings = self.directory / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={server.socket} port={server.port or 5432} user=keyturn\n[pgbouncer]\npool_mode = transaction\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\ndefault_pool_size = {pool}\n"
            "max_client_conn = 200\n")
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*server.as_user(), pgbouncer(), settings], stdout=log, stderr=log, cwd="/", start_new_session=True)
        end = time.monotonic() + 20
        while subprocess.run(
                [binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], cwd="/", check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.directory / "log").read_text()[-2_000:])
            time.sleep(0.05)

    def address(self, database):
        return f"postgresql://keyturn@127.0.0.1:{self.port}/{database}"

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres:
    """One server. It refuses to run as root, so it runs as `nobody` where the tests do."""

    #: Settings of every server: small, on a socket alone unless a port is given.
    SETTINGS = {"max_connections": "300", "shared_buffers": "16MB", "wal_level": "replica", "max_wal_senders": "4"}

    def __init__(self, directory=None, port=None, settings=None, standby_of=None):
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="keyturn-postgres-"))
        self.port, self.settings, self.process = port, {**self.SETTINGS, **(settings or {})}, None
        self.data, self.socket = self.directory / "data", self.directory / "socket"
        self.directory.chmod(0o755)
        for path in (self.data, self.socket):
            path.mkdir()
            if os.getuid() == 0:
                shutil.chown(path, "nobody")
        self.data.chmod(0o700)
        if standby_of is None:
            self.run("initdb", "-D", self.data, "-U", "keyturn", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        else:
            self.run(
                "pg_basebackup", "-c", "fast", "-D", self.data, "-R", "-X", "stream", "-d",
                f"{standby_of.address('postgres')}&application_name=standby")
        self.start()

    def run(self, program, *arguments, **options):
        return subprocess.run(
            [*self.as_user(), binaries() / program, *arguments], check=True, capture_output=True, cwd="/", **options)

    def as_user(self):
        if os.getuid() != 0:
            return []
        user = pwd.getpwnam("nobody")
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all"]

    def start(self):
        options = {"unix_socket_directories": str(self.socket), **self.settings}
        options["listen_addresses"] = "" if self.port is None else options.get("listen_addresses", "127.0.0.1")
        if self.port is not None:
            options["port"] = str(self.port)
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen(
            [*self.as_user(), binaries() / "postgres", "-D", self.data, *words], stdout=log, stderr=log, cwd="/",
            start_new_session=True)
        log.close()
        end = time.monotonic() + 60
        while True:
            ready = subprocess.run(
                [binaries() / "pg_isready", "-q", "-h", self.socket, *self.port_words()], cwd="/", check=False)
            if ready.returncode == 0:
                return
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.directory / "log").read_text()[-2_000:])
            time.sleep(0.05)

    def port_words(self):
        return [] if self.port is None else ["-p", str(self.port)]

    def address(self, database="keyturn"):
        """A URI of libpq, to which settings can be added with `&`."""
        port = "" if self.port is None else f"&port={self.port}"
        return f"postgresql:///{database}?host={self.socket}&user=keyturn{port}"

    def query(self, sql, database="postgres"):
        """What psql prints: a line for each row."""
        result = subprocess.run(
            [binaries() / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, self.address(database)], cwd="/",
            capture_output=True, text=True, timeout=60, check=False)
        if result.returncode:
            raise RuntimeError(result.stderr)
        return result.stdout.strip()

    def kill(self):
        """As in a crash, with all of its processes."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self):
        """At once, without waiting for those who are connected."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def close(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    server = Postgres()
    try:
        server.query("CREATE DATABASE keyturn")
        process = subprocess.Popen(options.command, env={**os.environ, "KEYTURN_POSTGRES": server.address()})
        # Whoever ends this program, such as a time limit, ends the command and with it the server.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        status = process.wait()
        sys.exit(128 - status if status < 0 else status)
    finally:
        server.close()


if __name__ == "__main__":
    main()
