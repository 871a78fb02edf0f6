"""`config show`: every value that holds, and where it comes from."""

import re

from test_schemas import fits
from world import three_targets


def settings(document, user=None):
    lines = document["settings"] if user is None else next(
        entry["settings"] for entry in document["users"] if entry["user"] == user)
    return {line["name"]: (line["value"], line["from"]) for line in lines}


def test_each_value_says_where_it_comes_from(world):
    """From the user's entry, from `defaults`, from a file of `include`, or keyturn's own; no secret is shown, no request made."""
    world.configuration["defaults"]["overlap"] = "2h"
    world.configuration["users"]["cicd-bot"]["soak"] = "30m"
    world.configuration["include"] = ["users.d/*.yaml"]
    world.save()
    world.write("users.d/other.yaml", """\
users:
  other:
    rotate-every: 12h
    aws:
      profile: other
      region: eu-west-1
    targets:
      - { pusher: travis, repository: acme/other }
""")
    result = world.must("config", "show", "--json")
    fits("config-show", result)
    text = world.directory.joinpath("keyturn.yaml").read_text().split("\n")
    shown = settings(result.json, "cicd-bot")
    assert shown["soak"][0] == "30m" and text[int(shown["soak"][1].rpartition(":")[2]) - 1].strip() == "soak: 30m"
    value, place = shown["overlap"]
    assert value == "2h" and place.endswith(" (defaults)") and text[int(place.split(":")[-1].split()[0]) - 1].strip() == "overlap: 2h"
    # What follows from the overlap, and what no one has set.
    assert shown["quiet"] == ("1h", "default") and shown["retry"] == ("5m", "default") and shown["spread"] == ("10%", "default")
    other = settings(result.json, "other")
    assert other["rotate-every"] == ("12h", f"{world.directory}/users.d/other.yaml:3")
    assert other["aws.profile"] == ("other", f"{world.directory}/users.d/other.yaml:5")
    assert other["aws.region"] == ("eu-west-1", f"{world.directory}/users.d/other.yaml:6")
    everything = settings(result.json)
    assert everything["state"][0].endswith("/state/keyturn.db") and everything["users-at-once"] == ("256", "default")
    pushers = {pusher["name"]: pusher for pusher in result.json["pushers"]}
    assert pushers["travis"]["secrets"] == ["token: env TRAVIS_TOKEN"] and pushers["travis"]["endpoint"] == world.sandbox.travis
    assert [target["target"] for target in result.json["users"][0]["targets"]] == [
        "travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]
    for token in world.sandbox.tokens.values():
        assert token not in result.out
    world.assert_untouched()


def test_each_field_of_aws_says_where_it_comes_from(world):
    """One that the user's own `aws` leaves out is the file's."""
    endpoint = world.sandbox.aws
    world.write("keyturn.yaml", f"""\
version: 1
state: sqlite:state/keyturn.db
seal-key: {{ file: seal.key }}
aws:
  region: us-east-1
  endpoint-url: {endpoint}
pushers:
  ssm:
    plugin: aws-ssm
    aws:
      role-arn: arn:aws:iam::123456789012:role/ssm
      region: eu-west-1
  manager: {{ plugin: aws-secrets-manager, aws: {{ role-arn: "arn:aws:iam::123456789012:role/sm" }} }}
users:
  cicd-bot:
    aws:
      role-session-name: ci
      role-arn: arn:aws:iam::123456789012:role/ci
    targets:
      - pusher: ssm
        parameter: /ci/app
        replace: true
      - {{ pusher: manager, secret: ci/app, access-key-id: ID }}
""")
    shown = world.must("config", "show", "--json")
    fits("config-show", shown)
    path = "keyturn.yaml"
    own = settings(shown.json, "cicd-bot")
    assert {name: place for name, (_, place) in own.items() if name.startswith("aws.")} == {
        "aws.region": f"{path}:5", "aws.endpoint-url": f"{path}:6", "aws.role-session-name": f"{path}:17", "aws.role-arn": f"{path}:18"}
    first, second = shown.json["users"][0]["targets"]
    fields = {field["name"]: (field["value"], field["from"]) for field in first["fields"]}
    assert first["pusher"] == "ssm" and fields == {
        "parameter": ("/ci/app", f"{path}:21"), "replace": ("true", f"{path}:22"), "region": ("eu-west-1", f"{path}:12"),
        "access-key-id": ("AWS_ACCESS_KEY_ID", "default"), "secret-access-key": ("AWS_SECRET_ACCESS_KEY", "default")}
    fields = {field["name"]: (field["value"], field["from"]) for field in second["fields"]}
    assert fields["region"] == ("us-east-1", f"{path}:5") and fields["access-key-id"] == ("ID", f"{path}:23")
    text = world.must("config", "show").out
    assert "  access-key-id" in text and "secret-access-key" not in text
    assert re.search(r"^target +ssm:/ci/app\S* .*\n(  .*\n)*  parameter +/ci/app +keyturn.yaml:21$", text, re.MULTILINE), text


def test_as_a_table(world):
    """For people; one user alone where it is named."""
    world.configuration["users"]["other"] = {"targets": [three_targets()[0] | {"access-key-id": "A", "secret-access-key": "B"}]}
    world.save()
    text = world.must("config", "show", "other").out
    assert "USER other" in text and "USER cicd-bot" not in text and "rotate-every" in text and "token: env TRAVIS_TOKEN" in text
    assert "has no user `othre`; did you mean `other`?" in world.must("config", "show", "othre", status=1).err


def test_one_long_name_leaves_the_columns_as_they_are(world):
    """What follows a cell that is much longer than the others is on the next line, in its column; places are short."""
    long = "acme-corporation/platform-infrastructure-terraform-modules-production"
    world.configuration["users"]["cicd-bot"]["targets"].append({"pusher": "github", "repository": long})
    world.save()
    for columns in (60, 80):
        lines = world.must("config", "show", environment={"COLUMNS": str(columns)}).out.split("\n")
        head = next(line for line in lines if line.startswith("USER cicd-bot"))
        place = head.index("FROM")
        user = lines[lines.index(head):]
        assert next(line for line in user if line.startswith("overlap "))[place:].startswith("keyturn.yaml:"), user
        name = next(index for index, line in enumerate(user) if long in line)
        assert user[name + 1].startswith(" " * place + "keyturn.yaml:"), user


def test_each_line_of_a_narrow_table_has_a_label(world):
    """Where the columns do not fit, rows are records."""
    lines = world.must("config", "show", environment={"COLUMNS": "40"}).out.split("\n")
    assert sum(line.startswith("  endpoint and secrets") for line in lines) == 3, lines


def test_paths_have_no_dots(world):
    world.configuration["state"] = "sqlite:./state/./keyturn.db"
    world.configuration["pushers"]["gitlab"]["token"] = {"file": "./gitlab.token"}
    world.save()
    text = world.must("config", "show", "--config", "./keyturn.yaml").out
    assert f"{world.directory}/state/keyturn.db" in text and f"file {world.directory}/gitlab.token" in text, text
    assert "/./" not in text
