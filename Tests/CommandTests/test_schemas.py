"""Each command's --json against the JSON Schema that is installed with it."""

import json
import os
import pathlib

import jsonschema
import pytest

import program

SCHEMAS = pathlib.Path(os.environ.get("KEYTURN_STAGE", ".")) / "share" / "keyturn" / "schemas"


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def fits(name, result):
    errors = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(result.json)]
    assert errors == [], (str(result), errors)


def test_every_document_has_the_form_that_is_promised(world):
    """Through a rotation with a target that fails first; also what fails."""
    world.sandbox.fault("github", method="PUT", status=503, times=0)
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    for command in (["plan"], ["check"], ["check", "--online"], ["policy"], ["history"], ["history", "verify"], ["status"]):
        fits("-".join(word for word in command if word[0] != "-"), world.must(*command, "--json"))
    fits("status", world.must("rotate", "--json", status=75))
    world.sandbox.clear_faults()
    fits("status", world.must("status", "--online", "--json"))
    fits("plan", world.must("plan", "--json"))
    fits("find", world.must("find", "--json"))
    world.write("found.json", world.results[-1].out)
    fits("import", world.must("import", "found.json", "--json"))
    fits("status", world.must("skip", "github:acme/app", "--reason", "gone", "--json", status=0))
    fits("status", world.run("adopt", "--user", "cicd-bot", "--current", "AKIANONE", "--json"))
    for command in (["step"], ["retry"], ["status", "--online"]):
        fits("status", world.run(*command, "--json"))
    fits("status", world.run("step", "--timings", "--json"))
    fits("history", world.must("history", "--json"))
    fits("report", world.must("report", "--online", "--json"))
    fits("history-verify", world.must("history", "verify", "--json"))
    fits("history-verify", world.must("history", "verify", "--head", "0:" + "0" * 64, "--json", status=1))
    fits("error", world.must("skip", "travis:none/none", "--reason", "x", "--json", status=1))
    fits("error", world.must("rotate", "--user", "nobody", "--json", status=1))
    fits("error", world.must("init", "--json", status=1))


def test_plugins_and_beginnings(world):
    """Documents of the plugin commands, of init and of the demo."""
    fits("plugin-list", world.must("plugin", "list", "--json"))
    for plugin in program.own_pushers():
        fits("plugin-info", world.must("plugin", "info", plugin, "--json"))
    fits("plugin-pin", world.must("plugin", "pin", "gitlab-ci", "--json"))
    fits("plugin-new", world.must("plugin", "new", "mine", "--lang", "c", "--json"))
    fits("init", world.must("init", "--config", world.temporary / "keyturn.yaml", "--json"))
    fits("demo", world.must("demo", "--json"))


def test_each_command_with_a_document_has_a_schema(world):
    """Those that print JSON in a form of their own; orders print that of `status`."""
    names = {path.stem for path in SCHEMAS.glob("*.json")}
    orders = {"adopt", "retire", "retry", "revoke", "rollback", "rotate", "skip", "step"}
    # A template of CloudFormation, a schema, a server's addresses, a log; and commands that have nothing to say.
    others = {"deploy", "config-schema", "sandbox", "run", "notify", "plugin-sign"}
    for command in world.must("--help").out.split("SUBCOMMANDS:")[1].split("See 'keyturn")[0].split("\n"):
        words = command.split()
        if not command.startswith("  ") or command.startswith("   ") or not words or words[0] in orders:
            continue
        own = world.must(words[0], "--help").out
        nested = [line.split()[0] for line in own.partition("SUBCOMMANDS:")[2].split("\n")
                  if line.startswith("  ") and line[2].isalpha() and line[2].islower()]
        for parts in [(words[0], sub) for sub in nested] or [(words[0],)]:
            assert "-".join(parts) in names | others or "--json" not in world.must(*parts, "--help").out, parts


@pytest.mark.parametrize("name, change", [
    ("status", lambda document: document["users"][0].update(phase="sleeping")),
    ("status", lambda document: document["users"][0].pop("problem")),
    ("history", lambda document: document["history"][0].update(extra=1)),
])
def test_the_schemas_refuse_what_is_not_promised(world, name, change):
    """A schema that takes everything would be no promise."""
    world.must("step")
    document = world.must(name, "--json").json
    change(document)
    assert list(validator(name).iter_errors(document))
