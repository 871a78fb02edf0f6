"""The seal key by KMS, its replacement next to a running worker, and tokens that AWS keeps, on moto, which checks every signature."""

import base64
import contextlib
import http.server
import json
import os
import re
import signal
import sqlite3
import threading

import pytest
import yaml

import test_schemas
from test_moto import moto, rotating  # noqa: F401 (fixtures)
from world import mode, waited_for

CONTEXT = {"keyturn": "seal-key"}


def client(moto, service):
    return moto.client(service, moto.admin["AccessKeyId"], moto.admin["SecretAccessKey"])


@pytest.fixture
def kms(moto):
    return client(moto, "kms")


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


def sealed_by_kms(world, key):
    field = yaml.safe_load(world.must("seal-key", "new", "--kms", key).out)
    world.configuration.update(field)
    world.save()
    return field["seal-key"]["kms"]


def test_a_whole_rotation_with_a_seal_key_of_kms(rotating, kms, key):
    """Nothing of the key is shown or written; the policy allows just this."""
    sealed = sealed_by_kms(rotating, key)
    plain = kms.decrypt(CiphertextBlob=base64.b64decode(sealed["sealed"]), EncryptionContext=CONTEXT)["Plaintext"]
    assert len(plain) == 32
    rotating.must("check")
    rotating.must("rotate", "--wait")
    rotating.must("history", "verify")
    said = "".join(result.out + result.err for result in rotating.results)
    for form in (base64.b64encode(plain).decode(), plain.hex()):
        assert form not in said
    statements = {one["Sid"]: one for one in json.loads(rotating.must("policy").out)["Statement"]}
    assert statements["KeyturnOpensItsSealKey"] == {
        "Sid": "KeyturnOpensItsSealKey", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [key],
        "Condition": {"StringEquals": {"kms:EncryptionContext:keyturn": "seal-key"}}}


def test_a_seal_key_that_kms_does_not_open(rotating, kms, key):
    """Says why; nothing is asked or written."""
    sealed = sealed_by_kms(rotating, key)
    before = len(rotating.sandbox.requests())
    other = kms.create_key()["KeyMetadata"]["Arn"]
    for_something_else = kms.encrypt(KeyId=key, Plaintext=b"x" * 32, EncryptionContext={"keyturn": "other"})["CiphertextBlob"]
    short = kms.encrypt(KeyId=key, Plaintext=b"x" * 16, EncryptionContext=CONTEXT)["CiphertextBlob"]
    nowhere = re.sub("key/.*", "key/00000000-0000-0000-0000-000000000000", key)
    for change, words in [
        ({"sealed": base64.b64encode(for_something_else).decode()}, "sealed for another purpose"),
        ({"sealed": base64.b64encode(short).decode()}, "is not 32 bytes long"),
        ({"key": nowhere}, "no such key"),
    ]:
        rotating.configuration["seal-key"] = {"kms": {**sealed, **change}}
        rotating.save()
        result = rotating.must("step", status=78)
        assert words in result.err and "keyturn.yaml:" in result.err, str(result)
    # moto does not let on that the key is another one; AWS says IncorrectKeyException.
    rotating.configuration["seal-key"] = {"kms": {**sealed, "key": other}}
    rotating.save()
    assert "KeyturnOpensItsSealKey" in rotating.must("step", status=77).err
    rotating.configuration["seal-key"] = {"kms": sealed}
    rotating.save()
    wrong = {"AWS_SECRET_ACCESS_KEY": "x" * 40}
    assert "KeyturnOpensItsSealKey" in rotating.must("step", status=77, environment=wrong).err
    rotating.configuration["aws"]["endpoint-url"] = "http://127.0.0.1:9"
    rotating.save()
    rotating.must("step", status=69)
    assert len(rotating.sandbox.requests()) == before and not list(rotating.database.parent.iterdir())


def kept_by_the_state(world, key):
    world.configuration["seal-key"] = {"kms": {"key": key}}
    world.save()
    return world


@pytest.mark.parametrize("name", ["arn", "alias"])
def test_a_seal_key_that_the_state_keeps(rotating, kms, key, name):
    """Made at the first use and opened once at each start; looking makes nothing; nothing of it is shown or written in the clear."""
    if name == "alias":
        kms.create_alias(AliasName="alias/ci/keyturn", TargetKeyId=key)
    world = kept_by_the_state(rotating, key if name == "arn" else "alias/ci/keyturn")
    for command in ("check", "status", "plan"):
        world.must(command)
    assert not list(world.database.parent.iterdir())
    world.must("rotate", "--wait")
    world.must("history", "verify")
    assert "everything in the state is sealed with" in world.must("check").out
    sealed = json.loads(document(world.database, "data-key\n%"))["sealed"]
    plain = kms.decrypt(CiphertextBlob=base64.b64decode(sealed), EncryptionContext=CONTEXT)["Plaintext"]
    assert len(plain) == 32
    said = "".join(result.out + result.err for result in world.results)
    files = b"".join(path.read_bytes() for path in world.database.parent.iterdir())
    for form in (base64.b64encode(plain), plain.hex().encode(), plain):
        assert form not in files and form not in said.encode()
    # The alias of another key: what is sealed is not opened by that one.
    if name == "alias":
        kms.update_alias(AliasName="alias/ci/keyturn", TargetKeyId=kms.create_key()["KeyMetadata"]["Arn"])
        assert "KeyturnMakesItsSealKey" in world.must("step", status=77).err


def document(database, pattern):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("SELECT content FROM document WHERE name LIKE ?", (pattern,)).fetchall()
    return found[0]


def test_a_seal_key_that_kms_does_not_make(rotating, kms, key):
    """The state is not made before KMS has said yes, and the error says which rights are missing."""
    world = kept_by_the_state(rotating, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    (server.code, server.count) = ("AccessDeniedException", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    aws = world.configuration["aws"].pop("endpoint-url")
    world.save()
    there = {"AWS_ENDPOINT_URL": aws, "AWS_ENDPOINT_URL_KMS": f"http://127.0.0.1:{server.server_port}"}
    for command in ("step", "check"):
        err = world.must(command, status=77, environment=there).err
        assert "kms:GenerateDataKeyWithoutPlaintext" in err and "keyturn.yaml:" in err, err
    server.shutdown()
    assert not list(world.database.parent.iterdir())
    world.configuration["aws"]["endpoint-url"] = aws
    kept_by_the_state(world, "alias/nowhere")
    assert "no such key" in world.must("step", status=78).err
    assert not list(world.database.parent.iterdir())


def test_a_state_that_was_sealed_with_another_key(rotating, key):
    """None is made, whichever the other one is. As the second of a list it is made, and everything is sealed with it by `seal-key rotate`."""
    world = rotating
    world.must("rotate", "--wait")
    kept_by_the_state(world, key)
    for command in ("step", "check"):
        err = world.must(command, status=78).err
        assert "was sealed with another seal key" in err and "none was made" in err, err
    world.configuration["seal-key"] = [{"file": "seal.key"}, {"kms": {"key": key}}]
    world.save()
    assert "has no seal key by" in world.must("check", "--verbose").err
    world.must("step")
    world.configuration["seal-key"].reverse()
    world.save()
    world.must("seal-key", "rotate")
    kept_by_the_state(world, key)
    world.must("check")
    world.must("rotate", "--wait")
    world.must("history", "verify")
    world.configuration["seal-key"] = {"kms": {"key": key.replace("key/", "key/0")}}
    world.save()
    assert f"It keeps a seal key by {key}" in world.must("step", status=78).err


def test_many_that_begin_at_once_have_one_seal_key(rotating, kms, key):
    """Each of them has KMS make one, and all but one are thrown away."""
    world = kept_by_the_state(rotating, key)
    processes = [world.start("step") for _ in range(8)]
    for process in processes:
        assert world.finish(process).status in (0, 75), world.results[-1]
    world.must("history", "verify")
    world.must("rotate", "--wait")
    assert "everything in the state is sealed with" in world.must("check").out
    document(world.database, "data-key\n%")


def test_a_copy_has_the_seal_key_that_the_state_keeps(rotating, key):
    """With a pair in it, which is delivered from the copy."""
    world = kept_by_the_state(rotating, key)
    world.sandbox.fault("travis", status=500, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    world.must("rotate", status=75)
    world.must("state", "copy", "--to", "sqlite:copy.db")
    world.configuration["state"] = "sqlite:copy.db"
    world.save()
    world.database.unlink()
    world.sandbox.clear_faults()
    world.run("retry")
    world.step_until_idle()
    world.must("history", "verify")


class Refusing(http.server.BaseHTTPRequestHandler):
    """A KMS that refuses everything in the same way."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({"__type": self.server.code, "message": "Because."}).encode()
        self.send_response(500 if self.server.code == "KMSInternalException" else 400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.count += 1

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("code, status, words, tries", [
    ("IncorrectKeyException", 78, "sealed with another KMS key", 1),
    ("DisabledException", 1, "aws kms enable-key", 1),
    ("KMSInvalidStateException", 1, "cancel-key-deletion", 1),
    ("NotFoundException", 78, "is the ARN right?", 1),
    ("AccessDeniedException", 77, "kms:Decrypt", 1),
    ("KeyUnavailableException", 69, "Because.", 3),
    ("KMSInternalException", 69, "Because.", 3),
])
def test_what_kms_says(world, code, status, words, tries):
    """With the status for programs, what to do about it, and as many tries as help."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    (server.code, server.count) = (code, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    world.configuration["seal-key"] = {"kms": {"key": arn, "sealed": base64.b64encode(b"sealed").decode()}}
    world.environment["AWS_ENDPOINT_URL_KMS"] = f"http://127.0.0.1:{server.server_port}"
    del world.configuration["aws"]["endpoint-url"]
    world.save()
    result = world.must("step", status=status)
    server.shutdown()
    assert words in result.err and code in result.err and server.count == tries, (str(result), server.count)
    assert world.sandbox.requests() == [] and not list(world.database.parent.iterdir())


def test_new(bare, moto, key):
    """A file for its owner alone, which is never overwritten, nor what a link leads to."""
    assert "seal.key" in bare.must("seal-key", "new").out
    path = bare.directory / "seal.key"
    text = path.read_text()
    assert mode(path) == 0o600 and len(base64.b64decode(text)) == 32
    (bare.directory / "link").symlink_to(bare.directory / "elsewhere")
    for name in ("seal.key", "link"):
        assert "nothing was written" in bare.must("seal-key", "new", "--out", name, status=1).err
    assert path.read_text() == text and not (bare.directory / "elsewhere").exists()
    assert "key/ID" in bare.must("seal-key", "new", "--kms", "alias/x", status=64).err
    # Without a configuration the environment says as whom.
    bare.environment.update(
        AWS_ACCESS_KEY_ID=moto.admin["AccessKeyId"], AWS_SECRET_ACCESS_KEY=moto.admin["SecretAccessKey"],
        AWS_ENDPOINT_URL=moto.url)
    result = bare.must("seal-key", "new", "--kms", key, "--out", "field.yaml", "--json")
    test_schemas.fits("seal-key-new", result)
    assert (bare.directory / "field.yaml").read_text() == result.json["field"] + "\n"
    assert yaml.safe_load(result.json["field"])["seal-key"]["kms"]["key"] == key


def replace(world, *names):
    world.configuration["seal-key"] = [{"file": name} for name in names] if len(names) > 1 else {"file": names[0]}
    world.save()


def test_replacing_a_seal_key_next_to_a_running_worker(world):
    """Step by step as the guide says, with a pair in the state: it is delivered with the new key alone, and the history is true."""
    world.sandbox.fault("travis", status=500, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    world.must("rotate", status=75)
    assert world.status()["phase"] == "delivering"
    worker = world.start("run")
    head = world.must("history", "verify", "--json").json["head"]
    world.must("seal-key", "new", "--out", "new.key")
    for names in (("seal.key", "new.key"), ("new.key", "seal.key")):
        replace(world, *names)
        worker.send_signal(signal.SIGHUP)
        assert "can be removed" in world.must("check").out or names[0] == "new.key"
    assert "keyturn seal-key rotate" in world.must("check").out

    def rotated():
        result = world.run("seal-key", "rotate", "--json", timeout=90)
        assert result.status in (0, 75), str(result)
        test_schemas.fits("seal-key-rotate", result)
        return result.json["is-complete"]

    waited_for(rotated)
    replace(world, "new.key")
    worker.send_signal(signal.SIGHUP)
    world.sandbox.clear_faults()
    world.run("retry")
    waited_for(lambda: world.status()["phase"] == "idle" and world.status()["rotation"] == 1, seconds=40)
    worker.send_signal(signal.SIGTERM)
    assert world.finish(worker).status == 0
    world.must("history", "verify", "--head", head)
    assert "everything in the state is sealed with" in world.must("check").out
    replace(world, "seal.key")
    assert "another seal key" in world.must("step", status=78).err


def test_killed_at_any_time(world):
    """Both keys read everything, and it goes on."""
    world.configuration["users"] = {
        f"bot-{index}": {"targets": [{"pusher": "gitlab", "project": f"acme/{index}"}]} for index in range(20)}
    world.save()
    world.run("step")
    world.must("seal-key", "new", "--out", "new.key")
    replace(world, "new.key", "seal.key")
    for delay in (0.02, 0.03, 0.04, 0.05, 0.06):
        process = world.start("seal-key", "rotate")
        try:
            process.wait(timeout=delay)
        except Exception:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        world.must("history", "verify")
    world.must("seal-key", "rotate")
    assert "nothing to seal again: all 20 users have the key already" in world.must("seal-key", "rotate").out
    replace(world, "new.key")
    world.must("history", "verify")


def test_tokens_that_aws_keeps(rotating, moto):
    """A whole rotation with them; the policy names just these; none shows."""
    tokens = rotating.sandbox.tokens
    secrets, parameters = client(moto, "secretsmanager"), client(moto, "ssm")
    arn = secrets.create_secret(Name="ci/travis", SecretString=json.dumps({"token": tokens["travis"], "n": 1}))["ARN"]
    secrets.create_secret(Name="ci/gitlab", SecretString=tokens["gitlab"] + "\n")
    parameters.put_parameter(Name="/ci/github", Value=tokens["github"], Type="SecureString")
    pushers = rotating.configuration["pushers"]
    pushers["travis"]["token"] = {"secretsmanager": arn, "key": "token"}
    pushers["gitlab"]["token"] = {"secretsmanager": "ci/gitlab"}
    pushers["github"]["token"] = {"ssm": "/ci/github"}
    rotating.save()
    out = rotating.must("check", "--online").out
    assert "secret pushers.travis.token" in out and "the parameter /ci/github can be read" in out
    rotating.must("rotate", "--wait")
    said = "".join(result.out + result.err for result in rotating.results)
    assert not [name for name, token in tokens.items() if token in said]
    statements = {one["Sid"]: one for one in json.loads(rotating.must("policy").out)["Statement"]}
    assert statements["KeyturnReadsSecrets"]["Action"] == ["secretsmanager:GetSecretValue"]
    assert statements["KeyturnReadsSecrets"]["Resource"] == sorted([
        arn, "arn:aws:secretsmanager:us-east-1:*:secret:ci/gitlab-??????"])
    assert statements["KeyturnReadsParameters"]["Resource"] == ["arn:aws:ssm:us-east-1:*:parameter/ci/github"]
    # Which failed, and nothing of what could be read.
    pushers["travis"]["token"] = {"secretsmanager": "ci/travis", "key": "nothing"}
    pushers["github"]["token"] = {"ssm": "/ci/nowhere"}
    rotating.save()
    result = rotating.must("check", "--online", status=1)
    assert "has no text named `nothing`" in result.out and "ParameterNotFound" in result.out
    assert "ok      secret pushers.gitlab.token" in result.out
    said = "".join(result.out + result.err for result in rotating.results)
    assert not [name for name, token in tokens.items() if token in said]
    assert "pushers.travis.token" in rotating.must("rotate", status=1).err
