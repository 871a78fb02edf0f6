"""The portable archive and Lambda's zip: in a root that has nothing else, in any directory, and with what Lambda refuses."""

import base64
import os
import pathlib
import re
import shutil
import socket
import ssl
import stat
import subprocess
import tarfile
import threading
import zipfile

import pytest

import guides
import program
import runtimeapi
import serverless
from test_dynamo import moto, table
from test_lambda import cage, exposed, rotate_often

PACK = pathlib.Path(__file__).parents[2] / "Sources" / "Packaging" / "archive" / "pack.sh"

pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(os.getuid() != 0, reason="roots of their own need root")]


def run(*command, status=0, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **{"timeout": 250, **options})
    assert done.returncode == status, (command, done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Packed from the installation under test: the archive and the zip."""
    tree = tmp_path_factory.mktemp("tree") / "tree"
    shutil.copytree(program.stage(), tree, symlinks=True)
    run("strip", "--strip-unneeded", tree / "bin/keyturn", *(tree / "libexec/keyturn").glob("keyturn-[rs]*"))
    output = tmp_path_factory.mktemp("archives")
    run(PACK, tree, output, env={**os.environ, "LEVEL": "1"})
    (archive,), (zipped,) = output.glob("*.tar.gz"), output.glob("*.zip")
    return archive, zipped


@pytest.fixture(scope="module")
def root(archives, tmp_path_factory):
    """A root with the unpacked archive, and nothing else but empty directories."""
    root = tmp_path_factory.mktemp("root")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(root, filter="fully_trusted")
    for place in ("proc", "dev", "tmp"):
        (root / place).mkdir()
    (root / "tmp").chmod(0o1777)
    return root


def inside(root, *command, status=0, **environment):
    """Runs a command in that root, with /proc and /dev."""
    script = 'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && root=$1 && shift && exec chroot "$root" "$@"'
    return run("unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", root, *command, status=status,
        env={"PATH": os.environ["PATH"], **environment})


def place(root):
    (found,) = root.glob("keyturn-*")
    return found


def test_a_demo_where_there_is_nothing_else(root):
    """No C library, no /etc, no certificates, no users: runner, sandbox and pushers start by the archive's own means."""
    assert sorted(path.name for path in root.iterdir() if not path.name.startswith("keyturn-")) == ["dev", "proc", "tmp"]
    keyturn = f"/{place(root).name}/bin/keyturn"
    done = inside(root, keyturn, "demo")
    assert "is deleted" in done.stderr and done.stdout.count("confirmed") >= 3, done
    assert inside(root, keyturn, "--version").stdout == run(program.binary(), "--version").stdout
    # PostgreSQL's client library is loaded by name.
    (root / "tmp/pg.yaml").write_text("version: 1\nstate: postgresql://127.0.0.1:9/keyturn\nseal-key: { env: SEAL }\n")
    seal = base64.b64encode(bytes(32)).decode()
    done = inside(root, keyturn, "status", "--config", "/tmp/pg.yaml", status=69, SEAL=seal)
    assert "127.0.0.1" in done.stderr and "libpq.so.5" not in done.stderr, done.stderr


def test_certificates_that_are_not_there(root, make):
    """The error says what is missing, not that the certificate is a bad one."""
    (root / "tmp/web.yaml").write_text(
        "version: 1\nstate: dynamodb://table?region=us-east-1&endpoint-url=https://127.0.0.1:PORT\nseal-key: { env: SEAL }\n"
        "aws: { region: us-east-1 }\n".replace("PORT", str(serve_tls(root))))
    environment = {"SEAL": base64.b64encode(bytes(32)).decode(), "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "x"}
    done = inside(root, f"/{place(root).name}/bin/keyturn", "status", "--config", "/tmp/web.yaml", status=69, **environment)
    assert "no file of certificate authorities" in done.stderr and "SSL_CERT_FILE" in done.stderr, done.stderr


def serve_tls(root):
    """The port of a server with a certificate of its own."""
    paths = root / "tmp/certificate.pem", root / "tmp/certificate.key"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
        "subjectAltName=IP:127.0.0.1", "-keyout", paths[1], "-out", paths[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, paths))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def test_any_directory(root, tmp_path):
    """Moved, and by a link that lies elsewhere; a pusher is tried by the archive's own programs."""
    moved = tmp_path / "some where" / "else"
    shutil.copytree(place(root), moved, symlinks=True)
    link = tmp_path / "kt"
    link.symlink_to(moved / "bin/keyturn")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert "travis-ci" in run(link, "plugin", "list", cwd=tmp_path, env=environment).stdout
    tried = run(
        moved / "bin/keyturn", "plugin", "test", moved / "lib/keyturn/pushers/travis-ci", "--check", "enclosure", "--verbose", cwd=tmp_path,
        env=environment)
    assert "enclosure" in tried.stdout, tried
    assert run(link, "plugin", "info", "travis-ci", cwd=tmp_path, env=environment).stdout


def test_processes_have_the_names_of_their_programs(root, tmp_path):
    """Not that of the dynamic linker which starts them."""
    process = subprocess.Popen(
        [place(root) / "bin/keyturn", "sandbox", "--directory", "box"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline()
        children = run("ps", "--ppid", process.pid, "-o", "comm=").stdout.split()
        assert (run("ps", "-p", process.pid, "-o", "comm=").stdout.split(), children) == (["keyturn"], ["keyturn-sandbox"])
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_units_for_the_place_that_the_guide_unpacks_it_to(root, tmp_path):
    """As `systemd-analyze verify` sees them, with the archive's program in its place; the guide names the same place."""
    units = place(root) / "share/keyturn/systemd"
    names = sorted(unit.name for unit in units.iterdir())
    assert names == ["keyturn-step.service", "keyturn.service", "keyturn.timer"]
    for name in names:
        text = (units / name).read_text()
        assert "/usr/" not in text and ("ExecStart=/opt/keyturn/bin/keyturn " in text or name.endswith(".timer"))
        (tmp_path / name).write_text(text.replace("/opt/keyturn/", f"{place(root)}/"))
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(tmp_path / name for name in names))
    assert [line for line in (done.stdout + done.stderr).splitlines() if "keyturn" in line] == []
    guide = guides.section("Operating.md", "### From the portable archive")
    assert "/opt/keyturn/share/keyturn/systemd" in guide and "ln -sf /opt/keyturn/bin/keyturn" in guide


def test_the_page_at_the_top_says_how_to_start(root, archives, tmp_path):
    """Its commands are there, and so is each file that it names."""
    text = (place(root) / "README.md").read_text()
    version = run(program.binary(), "--version").stdout.strip()
    assert text.startswith(f"# keyturn {version}, the portable archive\n") and len(text.splitlines()) < 50
    named = {word for word in re.findall(r"`((?:bin|share|lib|libexec)[^` ]*)", text)}
    assert len(named) > 8 and [word for word in sorted(named) if not (place(root) / word).exists()] == []
    block = text.partition("```sh\n")[2].partition("```")[0]
    script = block.replace("~/keyturn", f"'{tmp_path}/home'")
    script = script.replace("keyturn init ", "keyturn init --user bot --ci gitlab --place acme/app ").partition("keyturn check")[0]
    run("sh", "-eu", "-c", script, cwd=place(root), env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert (tmp_path / "home/keyturn.yaml").exists()
    help = run(program.binary(), "--help").stdout
    assert [word for word in re.findall(r"^(?:bin/)?keyturn (\w+)", block, re.MULTILINE) if f"\n  {word} " not in help] == []
    with zipfile.ZipFile(archives[1]) as zipped:
        assert "README.md" not in zipped.namelist()


def test_what_is_in_the_archive(archives):
    """Names in order, one owner and one time: the same tree gives the same bytes. Only the launchers are started by the system."""
    with tarfile.open(archives[0]) as archive:
        members = archive.getmembers()
    names = [member.name for member in members]
    assert {member.mtime for member in members} == {315532800} and {(member.uid, member.gid) for member in members} == {(0, 0)}
    top = names[0]
    assert all(name == top or name.startswith(top + "/") for name in names)
    assert not any(member.mode & 0o022 for member in members if not member.issym())
    for library in ("ld-linux-x86-64.so.2", "libc.so.6", "libcurl.so.4", "libpq.so.5", "libsodium.so.23"):
        assert f"{top}/lib/keyturn/libraries/{library}" in names
    with zipfile.ZipFile(archives[1]) as zipped:
        entries = {entry.filename: entry for entry in zipped.infolist()}
    assert stat.S_IMODE(entries["bootstrap"].external_attr >> 16) == 0o755
    assert list(entries) == sorted(entries) and not any("libpq" in name for name in entries)
    size = sum(entry.file_size for entry in entries.values())
    assert size < 250 << 20 and archives[1].stat().st_size < 50 << 20, (size, archives[1].stat().st_size)


class Zip(runtimeapi.Function):
    """The zip, unpacked into a root that is read-only but for /tmp, as no one; started by its `bootstrap`, without any wall, files in
    memory, locked memory or /dev/shm."""

    def __init__(self, world, zipped, cage, directory, **options):
        self.cage, self.root, self.temporary = cage, directory / "root", directory / "temporary"
        task = self.root / "var/task"
        task.mkdir(parents=True)
        shutil.copy(zipped, directory / "keyturn.zip")
        # As the guide says it.
        run("zip", "-q", "-g", directory / "keyturn.zip", "keyturn.yaml", cwd=world.directory)
        with zipfile.ZipFile(directory / "keyturn.zip") as archive:
            archive.extractall(task)
            for entry in archive.infolist():
                (task / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
        for path in [task, *task.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        for name in ("proc", "dev", "tmp"):
            (self.root / name).mkdir()
        self.temporary.mkdir()
        self.temporary.chmod(0o777)
        super().__init__(world, **options)

    def begin(self, log):
        environment = {
            **self.world.environment, "LAMBDA_ROOT": str(self.root), "LAMBDA_TMP": str(self.temporary), "LAMBDA_UID": "993"}
        return subprocess.Popen(
            [self.cage, "--no-memory-files", "/var/task/bootstrap"], cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)


def test_the_zip_under_lambda(archives, cage, moto, make, tmp_path):
    """A leak is revoked; nothing is left in /tmp."""
    world = make()
    table(moto, "zip")
    world.configuration["state"] = f"dynamodb://zip?region=us-east-1&endpoint-url={moto}"
    world.configuration["seal-key"] = {"env": "SEAL"}
    world.configuration["pushers"]["gitlab"]["token"] = {"env": "GITLAB"}
    world.environment.update(SEAL=(world.directory / "seal.key").read_text(), GITLAB=world.sandbox.tokens["gitlab"])
    world.save()
    function = Zip(world, archives[1], cage, tmp_path)
    try:
        answer = function.must()
        assert answer["users"] == 1, function.log
        assert "seccomp: refused here" in function.log
        old = next(iter(world.sandbox.keys()))
        answer = function.must(exposed(old))
        assert answer["orders"][0]["status"] == 0, (answer, function.log)
        world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
        assert list(function.temporary.iterdir()) == []
    finally:
        function.close()


@pytest.mark.later
@pytest.mark.timeout(900)
def test_twenty_rotations_of_the_zip(archives, cage, moto, make, tmp_path):
    """Everything of AWS is moto: the stack that `deploy` prints with its table and its KMS key, IAM, STS, Secrets Manager, Parameter Store. The
    seal key is made by the first event, and each environment opens it once."""
    world = serverless.configure(make(), moto)
    world.configuration["defaults"].update({"overlap": "1s", "soak": "1s", "push-timeout": "5s"})
    world.save()
    world.environment["AWS_ENDPOINT_URL"] = moto
    serverless.make_stack(moto, world.must("deploy").json)
    iam = serverless.client(moto, "iam")
    iam.create_user(UserName="cicd-bot")
    iam.create_access_key(UserName="cicd-bot")
    function = Zip(world, archives[1], cage, tmp_path, timeout=30)
    try:
        rotate_often(function)
        (last,) = iam.list_access_keys(UserName="cicd-bot")["AccessKeyMetadata"]
        assert world.sandbox.held_at_gitlab("AWS_ACCESS_KEY_ID") == last["AccessKeyId"] and last["Status"] == "Active"
        assert {delivery["state"] for delivery in world.deliveries().values()} == {"confirmed"}
        secret = world.sandbox.secret_at_gitlab()
        identity = serverless.client(moto, "sts", last["AccessKeyId"], secret).get_caller_identity()
        assert identity["Arn"].endswith(":user/cicd-bot")
        said = function.log + "".join(result.out + result.err for result in world.results)
        assert secret not in said and not [token for token in world.sandbox.tokens.values() if token in said]
        assert list(function.temporary.iterdir()) == []
    finally:
        function.close()
