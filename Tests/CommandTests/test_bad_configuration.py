"""What is wrong with the configuration is told in one sentence with file and line, and nothing is changed anywhere."""

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


#: Where an unknown field is, and what it is near to.
STRANGERS = {
    "at the top": ([], "sael-key", "seal-key"),
    "in aws": (["aws"], "regoin", "region"),
    "in a pusher": (["pushers", "gitlab"], "endpiont", "endpoint"),
    "in defaults": (["defaults"], "overlapp", "overlap"),
    "in a user": (["users", "cicd-bot"], "rotate-evry", "rotate-every"),
    "in a target": (["users", "cicd-bot", "targets", 2], "enviroment", "environment"),
    "in plugins": (["plugins"], "pathh", "path"),
    "in a user's aws": (["users", "cicd-bot", "aws"], "profil", "profile"),
}


@pytest.mark.parametrize("place", STRANGERS)
def test_an_unknown_field(world, place):
    """With the line, and the nearest known name."""
    path, name, near = STRANGERS[place]
    world.configuration["plugins"] = {"path": []}
    world.configuration["users"]["cicd-bot"]["aws"] = {"region": "us-east-1"}
    at = world.configuration
    for step in path:
        at = at[step]
    at[name] = "x"
    world.save()
    refuses(world, "rotate", words=[f"`{name}`", f"did you mean `{near}`?"], line=line_of(world, name))


#: A change to the configuration, the text that shows its line, and words of the sentence.
MISTAKES = {
    "a token written out": (
        lambda c: c["pushers"]["travis"].update(token="tok-1234567"), "tok-1234567", ["a secret is never written here"]),
    "a seal key written out": (lambda c: c.update({"seal-key": "c2VjcmV0"}), "c2VjcmV0", ["never written here"]),
    "a duration without a unit": (lambda c: c["defaults"].update(overlap=90), "overlap: 90", ["duration"]),
    "a duration below a second": (lambda c: c["defaults"].update(soak="0s"), "soak: 0s", ["duration"]),
    "a list instead of a mapping": (lambda c: c.update(aws=["us-east-1"]), "us-east-1", ["`aws`", "mapping"]),
    "a number that is too large": (
        lambda c: c["defaults"].update({"max-attempts": 1000}), "max-attempts", ["from 1 to 100"]),
    "an unknown pusher": (
        lambda c: c["users"]["cicd-bot"]["targets"][0].update(pusher="travs"), "travs", ["did you mean `travis`?"]),
    "an unknown plugin": (lambda c: c["pushers"]["github"].update(plugin="jenkins"), "github:", ["no plugin `jenkins`"]),
    "no targets": (lambda c: c["users"]["cicd-bot"].update(targets=[]), "cicd-bot:", ["at least one target"]),
    "a repository that is none": (
        lambda c: c["users"]["cicd-bot"]["targets"][0].update(repository="app"), "repository: app", ["repository"]),
    "a project and a group": (
        lambda c: c["users"]["cicd-bot"]["targets"][1].update(group="acme"), None, ["targets[1]"]),
    "no place at all": (
        lambda c: c["users"]["cicd-bot"]["targets"][1].pop("project"), None, ["targets[1]"]),
    "a user name that IAM has not": (
        lambda c: c["users"].update({"a b": c["users"].pop("cicd-bot")}), "a b:", ["IAM user name"]),
    "two targets that name one place": (
        lambda c: c["users"]["cicd-bot"]["targets"].append({"pusher": "travis", "repository": "ACME/app"}),
        None, ["keyturn.yaml:37:", "travis:ACME/app", "same place", "line 31"]),
    "another version": (lambda c: c.update(version=2), "version: 2", ["version"]),
    "a state that is no sqlite": (lambda c: c.update(state="postgres://x"), "postgres", ["sqlite:"]),
    "a state in a directory that is not there": (lambda c: c.update(state="sqlite:no/where.db"), None, ["no"]),
    "plain http to another machine": (
        lambda c: c["pushers"]["github"].update(endpoint="http://ci.example.com"), None, ["http"]),
    "an endpoint that is no URL": (lambda c: c["pushers"]["github"].update(endpoint="ci.example.com"), None, []),
    "a secret that is not set": (
        lambda c: c["pushers"]["travis"]["token"].update(env="NOT_SET"), "NOT_SET", ["NOT_SET is not set"]),
    "a secret file that is not there": (
        lambda c: c["pushers"]["gitlab"]["token"].update(file="none.token"), "none.token", ["none.token", "cannot be read"]),
    "a secret command that fails": (
        lambda c: c["pushers"]["gitlab"].update(token={"command": ["false"]}), None, ["false", "ended with status 1"]),
    "no seal key": (lambda c: c.pop("seal-key"), None, ["`seal-key`", "keyturn init"]),
    "a certificate file that is not there": (lambda c: c.update({"ca-file": "ca.pem"}), None, ["ca.pem", "cannot be read"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake(world, mistake):
    """One sentence; the line where there is one; status 78."""
    change, text, words = MISTAKES[mistake]
    change(world.configuration)
    world.save()
    line = line_of(world, text) if text and "\n" not in text else None
    refuses(world, "rotate", words=words, line=line)


def test_a_secret_that_is_written_out_is_not_repeated(world):
    """Neither in the sentence nor anywhere else."""
    world.configuration["pushers"]["travis"]["token"] = "tok-1234567"
    world.save()
    assert "tok-1234567" not in refuses(world, "check")


@pytest.mark.parametrize("text, line", [
    ("version: 1\nstate: [\n", None), ("version: 1\n\tstate: x\n", 2), ("version: 1\nversion: 1\n", 1), ("", None),
    ("just words\n", 1), ("version: 1\nstate: &a [*a]\n", None), ("\x00", None),
    ("version: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
     "g: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", None),
], ids=["open bracket", "tab", "twice", "empty", "words", "loop", "control character", "billion laughs"])
def test_text_that_is_no_configuration(world, text, line):
    """YAML that cannot be read, or is something else."""
    world.write("keyturn.yaml", text)
    refuses(world, "rotate", line=line)


def test_no_configuration_at_all(bare):
    """It says where it looked, and what writes one; `--config` and $KEYTURN_CONFIG that lead nowhere are named."""
    for command in ("status", "rotate", "check", "plan", "step", "run", "history", "policy", "retry"):
        result = bare.must(command, status=78)
        assert "keyturn init" in result.err and result.out == ""
    assert "none.yaml" in bare.must("status", "--config", "none.yaml", status=78).err
    assert "other.yaml" in bare.must("status", environment={"KEYTURN_CONFIG": "other.yaml"}, status=78).err
    assert list(bare.directory.iterdir()) == []


def test_an_unknown_user(world):
    """The known ones are listed, or the one that was meant."""
    refuses(world, "rotate", "--user", "nobody", words=["nobody", "cicd-bot"], status=1)
    refuses(world, "rotate", "--user", "cicdbot", words=["did you mean `cicd-bot`?"], status=1)


@pytest.mark.parametrize("arguments, words", [
    (["stauts"], "did you mean `keyturn status`?"), (["plugin", "lst"], "did you mean `keyturn plugin list`?"),
    (["help", "revok"], "did you mean `keyturn revoke`?"), (["history", "verfy"], "did you mean `keyturn history verify`?"),
    (["elephant"], "`keyturn --help` lists those that there are"),
], ids=str)
def test_an_unknown_command(world, arguments, words):
    """The one that was meant is named."""
    refuses(world, *arguments, words=["there is no command", words], status=64)


def test_a_needed_field_that_is_misspelled(world):
    """It is told as that, not as missing."""
    user = world.configuration["users"]["cicd-bot"]
    user["tragets"] = user.pop("targets")
    world.save()
    refuses(world, "check", words=["unknown field `tragets`; did you mean `targets`?"])


def test_a_plugin_of_nearly_that_name(world):
    """The one that was meant is named."""
    world.configuration["pushers"]["travis"]["plugin"] = "travis"
    world.save()
    refuses(world, "check", words=["no plugin `travis`", "did you mean `travis-ci`?"])


def test_a_configuration_without_users(bare):
    """Commands say what is missing; what a timer calls is no failure."""
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


@pytest.mark.parametrize("key, words", [
    ("", []), ("c2hvcnQ=\n", ["32 bytes in base64"]), ("not base64 at all!\n", ["32 bytes in base64"]),
    ("\x00\x01\x02", []), ("A" * 100_000, [])],
    ids=["empty", "short", "not base64", "binary", "long"])
def test_a_malformed_seal_key(world, key, words):
    """What it must be is said; the key itself is not."""
    world.write("seal.key", key, 0o600)
    sentence = refuses(world, "rotate", words=["seal-key", *words])
    assert len(sentence) < 500 and (len(key.strip()) < 4 or key.strip() not in sentence)


def test_a_seal_key_that_others_can_read(world):
    """Group or world: refused, with the command that mends it."""
    for mode in (0o640, 0o604, 0o644, 0o660):
        (world.directory / "seal.key").chmod(mode)
        refuses(world, "rotate", words=["seal.key", "chmod 600"])


def test_a_seal_key_that_is_not_there(world):
    """The path is named."""
    (world.directory / "seal.key").unlink()
    refuses(world, "rotate", words=["seal.key", "cannot be read"])


@pytest.mark.parametrize("kind", ["missing entry", "no library", "other abi", "only v2", "other id", "refuses"])
def test_a_plugin_that_cannot_be_used(world, kind):
    """Told before anything is changed: the library is opened first, and keys are made afterwards."""
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
