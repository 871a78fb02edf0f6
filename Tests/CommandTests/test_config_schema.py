"""`keyturn config schema`: what editors check keyturn.yaml with."""

import copy
import pathlib
import re

import jsonschema
import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).parents[2]


def validator(program):
    schema = program.must("config", "schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def example():
    """The configuration of the README."""
    text = (REPOSITORY / "README.md").read_text()
    block = next(block for block in re.findall(r"```yaml\n(.*?)```", text, re.S) if "version: 1" in block)
    return yaml.safe_load(block)


def test_what_is_right_validates(bare, world):
    """The README's example, what `init` writes, and what the tests work with."""
    schema = validator(bare)
    schema.validate(example())
    bare.must("init", "--region", "eu-central-1")
    schema.validate(yaml.safe_load((bare.directory / "keyturn.yaml").read_text()))
    schema.validate(world.configuration)
    schema.validate({**example(), "listen": "127.0.0.1:9464", "notifications": [
        {"webhook": "https://example.com/", "secret": {"env": "S"}, "on": ["blocked"], "blocked-after": "5m"},
        {"webhook": "http://[::1]:80/", "secret": {"env": "S"}}, {"webhook": {"file": "url"}, "secret": {"env": "S"}},
        {"slack": {"env": "URL"}}, {"command": ["tell", "them"]}]})
    schema.validate({**example(), "notify": {
        "one": {"pagerduty": {"env": "KEY"}, "endpoint": "https://events.eu.pagerduty.com", "digest": "24h"},
        "two": [{"teams": {"file": "url"}}, {"email": "a@example.com", "from": "b@example.com"},
                {"email": ["a@example.com"], "from": "b@example.com", "sendmail": ["msmtp"], "on": ["configuration"]}]},
        "users": {name: {**user, "owner": "two"} for name, user in example()["users"].items()}})
    assert "config schema" not in world.must("config", "schema").err


@pytest.mark.parametrize("change", [
    lambda file: file.update(verison=1),
    lambda file: file.update(version=2),
    lambda file: file.pop("seal-key"),
    lambda file: file.update({"seal-key": "cGxhaW4="}),
    lambda file: file["pushers"]["travis"].update(token="plain"),
    lambda file: file["pushers"]["travis"].update(plugin="travis"),
    lambda file: file["pushers"]["gitlab"].update(endpont="https://gitlab.example.com"),
    lambda file: file["defaults"].update(overlap="1 hour"),
    lambda file: file["defaults"].update({"rotate_every": "1h"}),
    lambda file: file["users"]["cicd-bot"].update(targets=[]),
    lambda file: file["users"]["cicd-bot"]["targets"][0].update(repositry="acme/app"),
    lambda file: file["users"]["cicd-bot"]["targets"][0].pop("pusher"),
    lambda file: file["users"]["cicd-bot"]["targets"][1].update(shape="file"),
    lambda file: file.update(history={"keep": "400"}),
    lambda file: file.update(plugins={"accept-missing": ["tls"]}),
    lambda file: file.update(notifications=[{"webhook": "http://example.com/", "secret": {"env": "S"}}]),
    lambda file: file.update(notifications=[{"webhook": "https://example.com/"}]),
    lambda file: file.update(notifications=[{"slack": "https://example.com/"}]),
    lambda file: file.update(notifications=[{"command": ["tell"], "on": ["hold"]}]),
    lambda file: file.update(notifications=[{"pagerduty": "0123456789abcdef0123456789abcdef"}]),
    lambda file: file.update(notifications=[{"email": "a@example.com"}]),
    lambda file: file.update(notifications=[{"email": "-a@example.com", "from": "b@example.com"}]),
    lambda file: file.update(notify={"a": {"slack": {"env": "S"}, "command": ["tell"]}}),
    lambda file: file.update(notify={"a": []}),
])
def test_what_is_wrong_does_not(bare, change):
    """Misspelled names, values of another form, plain secrets."""
    file = copy.deepcopy(example())
    change(file)
    assert not validator(bare).is_valid(file)


UNKNOWN = "zzzzzzzzzzzzzzzz"


@pytest.mark.parametrize("path", [
    (), ("aws",), ("defaults",), ("history",), ("plugins",), ("users", "cicd-bot"),
    ("users", "cicd-bot", "aws"), ("discover",), ("self-rotation",), ("notifications", 0),
])
def test_the_schema_knows_every_field_that_is_read(bare, path):
    """A field that the reader learns is a field for editors too: the reader lists the ones that it knows."""
    file = {**example(), "discover": {"tag": "keyturn=yes", "targets": example()["users"]["cicd-bot"]["targets"]},
            "self-rotation": {"user": "keyturn", "profile": "default"}, "notifications": [{"command": ["tell"]}]}
    place = file
    for name in path:
        if isinstance(place, dict):
            place.setdefault(name, {})
        place = place[name]
    place[UNKNOWN] = 1
    schema = validator(bare)
    (bare.directory / "keyturn.yaml").write_text(yaml.safe_dump(file))
    said = bare.must("check", status=78).err
    known = re.search(f"unknown field `{UNKNOWN}`[^;\n]*; known here: ([^;\n]*)", said)
    assert known, said
    fields = set(re.findall("`([^`]+)`", known[1]))
    assert fields
    place.pop(UNKNOWN)
    for field in fields:
        broken = copy.deepcopy(file)
        inner = broken
        for name in path:
            inner = inner[name]
        # A value of no field's type: an unknown field would be called additional, a known one wrong.
        inner[field] = {UNKNOWN: [[[]]]}
        messages = [message for error in schema.iter_errors(broken) for message in texts(error)]
        assert not any(f"'{field}' was unexpected" in message for message in messages), (field, messages)
    strange = copy.deepcopy(file)
    inner = strange
    for name in path:
        inner = inner[name]
    inner[UNKNOWN] = 1
    assert not schema.is_valid(strange)


def texts(error):
    return [error.message] + [text for inner in error.context for text in texts(inner)]
