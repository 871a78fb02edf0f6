"""The state is copied from a file to DynamoDB or PostgreSQL and back, in the middle of a rotation."""

import json
import sqlite3

import pytest

from test_dynamo import moto, table  # noqa: F401 (fixtures)
from test_postgres import databases, server  # noqa: F401 (fixtures)
from test_schemas import fits


@pytest.fixture(params=["dynamodb", "postgresql"])
def elsewhere(request):
    """An address of an empty state."""
    if request.param == "postgresql":
        return request.getfixturevalue("databases")("copied")
    moto = request.getfixturevalue("moto")
    table(moto, "copied")
    return f"dynamodb://copied?region=us-east-1&endpoint-url={moto}"


def test_there_and_back(make, elsewhere):
    """The rotation goes on where the state is; a place that was left refuses, says where it went, and can be reopened."""
    world = make()
    world.sandbox.fault("travis", status=503, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    world.must("rotate", status=75)
    head = world.must("history", "verify", "--json").json["head"]
    address = elsewhere
    copied = world.must("state", "copy", "--to", address, "--json")
    fits("state-copy", copied)
    report = copied.json
    assert report["head"] == head and report["users"] == 1 and report["lines"] > 3
    refused = world.must("step", status=78).err
    assert report["to"].startswith(address.split("/")[0]) and "copied" in report["to"]
    assert world.status()["phase"] == "delivering"
    assert "is not empty" in world.must("state", "copy", "--to", address, status=78).err
    world.configuration["state"] = address
    world.save()
    world.must("history", "verify", "--head", head)
    world.must("state", "copy", "--to", "sqlite:state/back.db")
    world.configuration["state"] = "sqlite:state/back.db"
    world.save()
    world.sandbox.clear_faults()
    world.run("retry")
    world.step_until_idle()
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    world.must("history", "verify", "--head", head)
    world.configuration["state"] = "sqlite:state/keyturn.db"
    world.save()
    reopened = world.must("state", "reopen", "--json")
    fits("state-reopen", reopened)
    assert f"it was copied to {reopened.json['copied-to']}, which is in use now" in refused
    assert "it was not marked" in world.must("state", "reopen").out


def test_a_worker_that_is_up_is_named(world):
    """Whoever holds a lease; nothing is changed."""
    world.must("step")
    with sqlite3.connect(world.database) as database:
        database.execute("UPDATE user SET lease_owner = 'elsewhere 4711 5', lease_until = (unixepoch() + 30) * 1000")
    database.close()
    result = world.must("state", "copy", "--to", "sqlite:state/other.db", status=75)
    assert "process 4711 is at work on cicd-bot" in result.err
    assert json.loads(world.must("status", "--json").out)["users"]
    assert "sqlite:PATH" in world.must("state", "copy", "--to", "elsewhere", status=64).err
