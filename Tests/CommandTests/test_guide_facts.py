"""What README, guides and examples name is there: pages, commands, options, fields, problems."""

import re

import jsonschema
import pytest
import yaml

import guides
import program


@pytest.mark.parametrize("page", guides.pages(), ids=lambda page: str(page.relative_to(guides.REPOSITORY)))
def test_no_link_is_broken(page):
    """Neither to a page nor to a heading of it."""
    assert guides.broken(page) == []


def test_no_link_of_the_installed_pages_is_broken():
    """They stand in other places there."""
    pages = sorted((program.stage() / "share" / "doc" / "keyturn").rglob("*.md"))
    assert len(pages) > 15
    assert {str(page): guides.broken(page) for page in pages if guides.broken(page)} == {}
    # What is about the sources alone stays with them.
    front = program.stage() / "share" / "doc" / "keyturn" / "README.md"
    assert "Sources/" in (guides.REPOSITORY / "README.md").read_text() and "Sources/" not in front.read_text()
    assert front.read_text().rstrip().endswith("(Apache-2.0)")


def test_the_security_policy_says_what_it_must_and_is_installed(tmp_path):
    """How to report in private, which versions get fixes, what is promised and what is not; linked from the README."""
    text = (guides.REPOSITORY / "SECURITY.md").read_text()
    for words in ("/security/advisories/new", "## Supported versions", "## What is promised", "## What is not promised"):
        assert words in text
    assert f"| {program.Program(tmp_path).must('--version').out.strip()}" in text
    installed = program.stage() / "share" / "doc" / "keyturn" / "SECURITY.md"
    assert "/security/advisories/new" in installed.read_text()
    for page in (guides.REPOSITORY / "README.md", program.stage() / "share" / "doc" / "keyturn" / "README.md"):
        assert "(SECURITY.md)" in page.read_text()


def test_every_guide_is_linked():
    """From the README, or from a guide that is."""
    text = "".join(page.read_text() for page in guides.pages())
    assert [page.name for page in guides.GUIDES.glob("*.md") if not re.search(rf"[(/]{re.escape(page.name)}[)#]", text)] == []


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Each command with its options, as the program shows them."""
    help = program.Program(tmp_path_factory.mktemp("help")).must("--experimental-dump-help").json
    found = {}

    def take(command, path):
        names = [name for argument in command.get("arguments", []) for name in argument.get("names") or []]
        found[path] = ({"-" * (1 if name["kind"] == "short" else 2) + name["name"] for name in names},
                       any(argument["kind"] == "positional" for argument in command.get("arguments", [])))
        for part in command.get("subcommands", []):
            take(part, (*path, part["commandName"]))

    take(help["command"], ())
    return found


def lost(words, known):
    """Why a command line could not be typed; nothing where it could."""
    path = ()
    while words and (*path, words[0]) in known:
        path, words = (*path, words[0]), words[1:]
    options, takes_words = known[path]
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in options]
    if unknown:
        return f"{path} has no {unknown}"
    if words and not words[0].startswith("-") and not takes_words:
        return f"there is no command {(*path, words[0])}"
    return None


@pytest.mark.parametrize("page", guides.pages(), ids=lambda page: str(page.relative_to(guides.REPOSITORY)))
def test_every_command_exists(page, known):
    """With every option that is named."""
    found = guides.commands(page.read_text())
    assert {" ".join(words): lost(words, known) for words in found if lost(words, known)} == {}


def test_the_search_for_commands_finds_them(known):
    """So that the test above is worth something."""
    text = guides.GUIDES.joinpath("LeakResponse.md").read_text()
    found = guides.commands(text)
    assert ["revoke", "cicd-bot", "--now"] in found and ["status", "--json"] in found
    assert lost(["revoke", "--nwo"], known) and lost(["revoek"], known) and not lost(["history", "verify"], known)


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    return program.Program(tmp_path_factory.mktemp("schema")).must("config", "schema").json


def names(schema):
    """Every field that the schema knows, wherever."""
    if isinstance(schema, dict):
        own = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
        return own.union(*map(names, schema.values()), set())
    return set().union(*map(names, schema)) if isinstance(schema, list) else set()


class Yaml(yaml.SafeLoader):
    """As editors and keyturn read it: a date is a text, and `on` a word."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers
                if not tag.endswith(":timestamp") and not (tag.endswith(":bool") and first in "oO")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


@pytest.mark.parametrize("page", guides.pages()[3:], ids=lambda page: page.stem)
def test_every_field_exists(page, schema):
    """Of keyturn.yaml: examples are right as a whole, and a field that is named in the text is one."""
    rest = {"version": 1, "state": "sqlite:keyturn.db", "seal-key": {"file": "seal.key"}}
    for block in guides.blocks(page.read_text(), "yaml"):
        file = yaml.load(block, Loader=Yaml)
        if not {"deploy", "jobs", "before_script", "scrape_configs", "groups"} & set(file):  # Pipelines, files of Prometheus.
            jsonschema.Draft202012Validator(schema).validate({**rest, **file})
    named = set(re.findall(r"`([a-z][a-z-]+): [^`]*`", guides.prose(page.read_text())))
    others = {"app", "gitlab", "public", "x-ratelimit-remaining"}  # Pushers' names, and words of the services.
    assert named - names(schema) - others == set()


def test_the_guide_knows_every_problem():
    """Each code has a heading that says what to do, and no heading is of a code that went."""
    source = (guides.REPOSITORY / "Sources" / "Rotation" / "Problem.swift").read_text()
    codes = {raw or name for name, raw in re.findall(r"^        case (\w+)(?: = \"([\w-]+)\")?$", source, re.MULTILINE)}
    assert len(codes) > 10
    assert set(re.findall(r"^### (\S+)$", guides.section("Blocked.md", "## Problems"), re.MULTILINE)) == codes


def test_the_examples_are_right(schema, known):
    """keyturn.yaml in the Kubernetes example, and the commands that are started."""
    text = "".join((guides.EXAMPLES / "kubernetes" / f"{name}.yaml").read_text() + "---\n"
                   for name in ("common", "deployment", "cronjob"))
    objects = {one["kind"]: one for one in yaml.safe_load_all(text) if one}
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(objects["ConfigMap"]["data"]["keyturn.yaml"]))
    pods = [objects["Deployment"]["spec"]["template"], objects["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]]
    for pod in pods:
        assert lost([str(word) for word in pod["spec"]["containers"][0]["args"]], known) is None
        assert pod["spec"]["serviceAccountName"] == objects["ServiceAccount"]["metadata"]["name"]
        sources = {volume["name"] for volume in pod["spec"]["volumes"]}
        assert {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]} == sources
    assert objects["Deployment"]["spec"]["replicas"] == 1 and objects["CronJob"]["spec"]["concurrencyPolicy"] == "Forbid"
    last = (guides.EXAMPLES / "Containerfile").read_text().split("CMD ")[1]
    assert lost(yaml.safe_load(last), known) is None


def test_the_template_of_the_serverless_example_is_right():
    """As cfn-lint, AWS's own checker, sees it; and it allows what `keyturn policy` prints."""
    from cfnlint import api

    text = (guides.EXAMPLES / "serverless" / "step.yaml").read_text()
    severities = [{match.rule.severity for match in api.lint_all(template)} - {"informational"}
                  for template in (text, text.replace("AWS::EFS::MountTarget", "AWS::EFS::Mount"))]
    assert severities == [set(), {"error"}]
    source = (guides.REPOSITORY / "Sources/Operations/NewConfiguration/PolicyDocument.swift").read_text()
    actions = set(re.findall(r'"(iam:\w+AccessKey\w*|iam:GetUser)"', source))
    assert len(actions) == 6 and actions <= set(re.findall(r"- (iam:\w+)$", text, re.MULTILINE))
