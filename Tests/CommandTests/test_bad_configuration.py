"""What is wrong with the configuration is reported in one sentence with file and line, and nothing is changed anywhere."""

import re

import pytest
import yaml

import plugins


def refuses(world, *arguments, words=(), status=78, line=None, file="keyturn.yaml"):
    """A command ends with that status and one sentence that has these words, and nothing was done."""
    result = world.must(*arguments, status=status)
    assert result.out == ""
    sentence = result.err.strip()
    assert sentence.startswith("keyturn: ") and "\n" not in sentence, sentence
    if line:
        assert re.match(rf"keyturn: \S*{re.escape(file)}:{line}: ", sentence), sentence
    for word in words:
        assert word in sentence, sentence
    assert "Error Domain" not in sentence and "Swift" not in sentence
    world.assert_untouched()
    return sentence


def line_of(world, text):
    """The line of the configuration that has this text."""
    lines = (world.directory / "keyturn.yaml").read_text().splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return number


def test_a_mistake(world):
    """One sentence with the line on stderr, status 78; what else can be wrong is tried in Tests/OperationsTests/MistakeTests.swift."""
    world.configuration["pushers"]["travis"]["token"] = "tok-1234567"
    world.save()
    for command in ("rotate", "check"):
        sentence = refuses(world, command, words=["a secret is never written here"], line=line_of(world, "tok-1234567"))
        assert "tok-1234567" not in sentence


def test_no_configuration_at_all(bare):
    """It says where it looked, and what writes one; `--config` and $KEYTURN_CONFIG that lead nowhere are named."""
    for command in ("status", "rotate", "check", "plan", "step", "run", "history", "policy", "retry"):
        result = bare.must(command, status=78)
        assert "keyturn init" in result.err and result.out == ""
    assert "none.yaml" in bare.must("status", "--config", "none.yaml", status=78).err
    assert "other.yaml" in bare.must("status", environment={"KEYTURN_CONFIG": "other.yaml"}, status=78).err
    assert list(bare.directory.iterdir()) == []


@pytest.mark.parametrize("arguments, words", [
    (["stauts"], "did you mean `keyturn status`?"), (["plugin", "lst"], "did you mean `keyturn plugin list`?"),
    (["help", "revok"], "did you mean `keyturn revoke`?"), (["state", "cpoy"], "did you mean `keyturn state copy`?"),
    (["elephant"], "`keyturn --help` lists those that there are"),
], ids=str)
def test_an_unknown_command(world, arguments, words):
    """The one that was meant is named."""
    refuses(world, *arguments, words=["there is no command", words], status=64)


def test_a_configuration_without_users(bare):
    """Commands say what is missing; what a timer calls is not a failure."""
    bare.must("init")
    for command in ("step", "rotate"):
        assert bare.must(command).out == "keyturn.yaml has no users yet: fill in `users`.\n"
    assert "fill in `users`" in bare.must("policy", status=78).err


@pytest.mark.parametrize("arguments", [
    ["rotate", "--wiat"], ["status", "--config"], ["rotate", "--all", "cicd-bot"], ["history", "--limit", "0"],
    ["history", "--limit", "x"], ["status", "--quiet", "--verbose"], ["skip"], ["plugin", "info"], ["--no-such"],
], ids=" ".join)
def test_wrong_flags(world, arguments):
    """Status 64, the usage on stderr, nothing on stdout."""
    result = world.must(*arguments, status=64)
    assert result.out == "" and "Usage" in result.err
    world.assert_untouched()


@pytest.mark.parametrize("kind", ["missing entry", "no library", "other abi", "only v2", "other id", "refuses"])
def test_a_plugin_that_cannot_be_used(world, kind):
    """Reported before anything is changed: the library is opened first, and keys are made afterwards."""
    directory = world.directory / "plugins"
    if kind == "other abi":
        plugins.put(directory, "odd", says=plugins.manifest("odd", abi={"min": 2, "max": 2}))
    elif kind == "only v2":
        plugins.put(directory, "odd", ENTRY="kt_pusher_entry_v2")
    elif kind == "missing entry":
        plugins.put(directory, "odd", ENTRY="something_else")
    elif kind == "other id":
        plugins.put(directory, "odd", ID='"other"')
    elif kind == "refuses":
        plugins.put(directory, "odd", IN_OPEN="return KT_INVALID_CONFIG")
    else:
        (plugins.put(directory, "odd") / "pusher.so").unlink()
    world.configuration["plugins"] = {"path": ["plugins"]}
    world.configuration["pushers"]["odd"] = {"plugin": "odd", "token": {"env": "TRAVIS_TOKEN"}}
    world.configuration["users"]["cicd-bot"]["targets"].append({"pusher": "odd", "place": "x"})
    world.save()
    world.must("plugin", "pin", "odd", status=78 if kind in ("other abi", "no library") else 0)
    result = world.must("rotate", status=78)
    sentence = result.err.strip().splitlines()[-1]
    line = line_of(world, "  odd:")
    assert re.match(rf"keyturn: \S*keyturn.yaml:{line}: ", sentence), result.err
    assert "odd" in sentence
    assert world.sandbox.requests() == []
    assert world.must("plan", status=78 if kind in ("other abi", "no library") else 0)
    listed = world.must("plugin", "list", "--json").json["plugins"]
    (odd,) = [plugin for plugin in listed if plugin["id"] == "odd"]
    assert (odd["problem"] is None) == (kind not in ("other abi", "no library"))


def test_a_json_error_is_one_document(world):
    """With --json, a failure too is one JSON document on stdout."""
    world.configuration["defaults"]["overlap"] = "x"
    world.save()
    result = world.must("status", "--json", status=78)
    assert set(result.json) == {"error"} and result.json["error"]["status"] == 78
    assert result.json["error"]["message"] in result.err


def test_configuration_in_another_directory(world, tmp_path):
    """Paths are relative to the file, wherever keyturn is started."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = world.directory
    world.directory = elsewhere
    world.must("step", "--config", before / "keyturn.yaml")
    world.must("status", "--config", f"../{before.name}/keyturn.yaml")
    world.must("status", environment={"KEYTURN_CONFIG": str(before / "keyturn.yaml")})
    assert list(elsewhere.iterdir()) == []
    assert yaml.safe_load((before / "keyturn.yaml").read_text()) == world.configuration
