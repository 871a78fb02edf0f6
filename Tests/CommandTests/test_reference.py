"""keyturn.yaml(5) and its page in the guides: made from the schema, and whole."""

import pathlib
import re
import subprocess

import program

REPOSITORY = pathlib.Path(__file__).parents[2]


def fields(schema, node, depth=0):
    """The names of the fields of a part of the schema."""
    if "$ref" in node:
        node = {**schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], **{k: v for k, v in node.items() if k != "$ref"}}
    for name, field in node.get("properties", {}).items():
        yield name
        if depth < 3:
            yield from fields(schema, field, depth + 1)
    for part in ("items", "additionalProperties"):
        if isinstance(node.get(part), dict):
            yield from fields(schema, node[part], depth + 1)


def test_the_manual_page_has_every_field(bare):
    """Without a warning of groff, and with a sentence for each field of keyturn's own."""
    page = program.stage() / "share" / "man" / "man5" / "keyturn.yaml.5"
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=200n", str(page)], capture_output=True, text=True, check=True)
    assert done.stderr == "", done.stderr
    schema = bare.must("config", "schema").json
    text = done.stdout
    names = set(schema["properties"]) | set(fields(schema, {"$ref": "#/$defs/discovery"})) | {
        name for key, node in schema["$defs"].items() if key.startswith(("pusher-", "target-")) for name in fields(schema, node)}
    # They are sections.
    for name in names - {"users", "pushers", "defaults", "plugin"}:
        assert re.search(rf"^ *{re.escape(name)}( \(|$)", text, re.M), name
    assert "Default: 256" in text or "default: 256" in text


def test_the_page_of_the_guides_is_the_one_that_the_schema_makes(bare):
    """`make tables` writes it again."""
    made = bare.directory / "made"
    made.mkdir()
    schema = bare.must("config", "schema").out
    maker = program.stage().parents[1] / ".build-static" / "debug" / "keyturn-manual"
    subprocess.run([maker, "--configuration", made], input=schema, text=True, check=True)
    committed = REPOSITORY / "Sources" / "Documentation" / "Guides" / "Configuration.md"
    assert (made / "Configuration.md").read_text() == committed.read_text(), "run `make tables`"


def test_every_field_is_described(bare):
    """No field of keyturn's own is left without a sentence."""
    schema = bare.must("config", "schema").json
    missing = []

    def look(node, path):
        for name, field in node.get("properties", {}).items():
            target = field
            if "$ref" in field:
                target = {**schema["$defs"][field["$ref"].rsplit("/", 1)[-1]], **field}
            if "description" not in target and "const" not in target:
                missing.append(f"{path}.{name}")
            look(field, f"{path}.{name}")
        for part in ("items", "additionalProperties"):
            if isinstance(node.get(part), dict):
                look(node[part], path)

    look({"properties": {name: node for name, node in schema["properties"].items()}}, "")
    for name in ("account", "discovery", "notification"):
        look(schema["$defs"][name], name)
    assert missing == []
