"""A state in DynamoDB, on moto's server."""

import pathlib
import subprocess
import sys
import time

import boto3
import pytest
import requests

TARGETS = ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]


@pytest.fixture(scope="module")
def moto(tmp_path_factory):
    """The address of a moto server of this module."""
    log = open(tmp_path_factory.mktemp("moto") / "log", "wb")
    server = subprocess.Popen(
        [pathlib.Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", "0"], stdout=log, stderr=log)
    address, end = None, time.monotonic() + 40
    while address is None:
        assert server.poll() is None and time.monotonic() < end, pathlib.Path(log.name).read_text()
        for word in pathlib.Path(log.name).read_text().split():
            if word.startswith("http://127.0.0.1:") and not word.endswith(":0"):
                address = word
        time.sleep(0.05)
    requests.get(address + "/moto-api/", timeout=20)
    yield address
    server.kill()
    server.wait()
    log.close()


def table(moto, name):
    client = boto3.client(
        "dynamodb", region_name="us-east-1", endpoint_url=moto, aws_access_key_id="AKIATEST", aws_secret_access_key="test")
    client.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    return client


def kept_in(world, moto, name):
    world.configuration["state"] = f"dynamodb://{name}?region=us-east-1&endpoint-url={moto}"
    world.save()
    return world


def test_a_rotation(make, moto):
    client = table(moto, "keyturn")
    world = kept_in(make(), moto, "keyturn")
    # Looking makes nothing.
    assert not world.must("status", "--json").json["users"][0]["keys"]
    assert client.scan(TableName="keyturn")["Count"] == 0
    world.must("rotate", "--all", "--wait", timeout=90)
    world.assert_holds_only(TARGETS)
    world.must("history", "verify")
    assert "no worker is up" in world.must("status").out
    secret = world.sandbox.secret_at_gitlab()
    assert secret.encode() not in repr(client.scan(TableName="keyturn")).encode()
    assert list(world.database.parent.iterdir()) == []


def test_a_table_that_is_not_there(make, moto):
    """Says how to make it, and touches nothing."""
    world = kept_in(make(), moto, "nowhere")
    for command in ("step", "status"):
        result = world.must(command, status=1)
        assert "no table nowhere in us-east-1" in result.err and "aws dynamodb create-table" in result.err, str(result)
    assert world.sandbox.requests() == []


def test_a_service_that_is_away(make):
    world = kept_in(make(), "http://127.0.0.1:9", "keyturn")
    assert "127.0.0.1:9" in world.must("status", status=69).err
    assert world.sandbox.requests() == []
