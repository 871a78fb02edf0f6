"""A whole rotation against moto, another implementation of IAM and STS, which checks every signature."""

import os
import pathlib
import socket
import subprocess
import sys

import boto3
import pytest
import requests

from world import waited_for

ADMINISTRATOR = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


class Moto:
    """moto's server with an administrator and the user cicd-bot, and with authentication switched on."""

    def __init__(self, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        program = pathlib.Path(sys.executable).parent / "moto_server"
        self.process = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
        waited_for(self.answers, seconds=40, every=0.2)
        iam = self.client("iam", "x", "x")
        iam.create_user(UserName="admin")
        iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=ADMINISTRATOR)
        self.admin = iam.create_access_key(UserName="admin")["AccessKey"]
        iam.create_user(UserName="cicd-bot")
        self.first = iam.create_access_key(UserName="cicd-bot")["AccessKey"]["AccessKeyId"]
        requests.post(f"{self.url}/moto-api/reset-auth", data="0", headers={"content-type": "text/plain"}, timeout=10)
        self.iam = self.client("iam", self.admin["AccessKeyId"], self.admin["SecretAccessKey"])

    def answers(self):
        try:
            return requests.get(f"{self.url}/moto-api/data.json", timeout=5).ok
        except requests.ConnectionError:
            return False

    def client(self, service, key, secret):
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)

    def keys(self):
        found = self.iam.list_access_keys(UserName="cicd-bot")["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in found}

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def moto(tmp_path):
    with open(tmp_path / "moto.log", "wb") as log:
        moto = Moto(log)
        yield moto
        moto.stop()


@pytest.fixture
def rotating(world, moto):
    """A world whose AWS is moto."""
    world.configuration["aws"]["endpoint-url"] = moto.url
    world.save()
    world.environment.update(
        AWS_ACCESS_KEY_ID=moto.admin["AccessKeyId"], AWS_SECRET_ACCESS_KEY=moto.admin["SecretAccessKey"])
    return world


def test_a_whole_rotation_with_motos_iam(rotating, moto):
    """check, rotate, and the key in the CI system is one that moto lets in."""
    rotating.must("check", "--online")
    assert moto.keys() == {moto.first: "Active"}
    rotating.must("rotate", "--wait")
    ((new, status),) = moto.keys().items()
    assert status == "Active" and new != moto.first
    secret = rotating.sandbox.secret_at_gitlab()
    identity = moto.client("sts", new, secret).get_caller_identity()
    assert identity["Arn"].endswith(":user/cicd-bot")
    assert [key["id"] for key in rotating.status()["keys"]] == [new]


def test_wrong_credentials_with_motos_iam(rotating, moto):
    """moto refuses the signature: 77, and nothing is made."""
    for environment in ({"AWS_SECRET_ACCESS_KEY": "x" * 40}, {"AWS_ACCESS_KEY_ID": "AKIAXXXXXXXXXXXXXXXX"}):
        rotating.must("rotate", status=77, environment=environment)
    assert moto.keys() == {moto.first: "Active"}


def test_a_role_that_moto_hands_out(rotating, moto):
    """AssumeRole, and a whole rotation with the session that it gives."""
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
    role = moto.iam.create_role(RoleName="keyturn", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    moto.iam.put_role_policy(RoleName="keyturn", PolicyName="all", PolicyDocument=ADMINISTRATOR)
    rotating.configuration["aws"].update({"role-arn": role, "role-session-name": "nightly"})
    rotating.save()
    assert "assumed-role/keyturn/nightly" in rotating.must("check", "--online").out
    rotating.must("rotate", "--wait")
    ((new, status),) = moto.keys().items()
    assert status == "Active" and new != moto.first
