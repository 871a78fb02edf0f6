"""`keyturn import`: what was found becomes targets, in files of their own."""

import csv
import io
import json

import yaml


def plant(world):
    """A user whose key is at three places; gives the key."""
    (key,) = world.sandbox.add_user("deploy-bot", 1)
    world.sandbox.plant(
        {"service": "gitlab", "place": "acme/web", "name": "DEPLOY_KEY_ID", "value": key},
        {"service": "gitlab", "place": "acme/web", "name": "DEPLOY_SECRET", "value": "s"},
        {"service": "gitlab", "place": "acme/web", "name": "CI_FILE", "type": "file",
         "value": f"[ci]\naws_access_key_id = {key}\naws_secret_access_key = x\n"},
        {"service": "github", "place": "acme/hook", "name": "AWS_ACCESS_KEY_ID", "value": key},
        {"service": "github", "place": "acme/hook", "name": "AWS_SECRET_ACCESS_KEY", "value": "s"},
        {"service": "gitlab", "place": "acme/old", "name": "AWS_ACCESS_KEY_ID", "value": "AKIAGONEGONEGONEGONE"},
        {"service": "gitlab", "place": "acme/old", "name": "AWS_SECRET_ACCESS_KEY", "value": "s"},
    )
    return key


def include(world):
    world.configuration["include"] = ["users.d/*.yaml"]
    world.save()


def found(world, name="found.json", kind="--json"):
    world.write(name, world.must("find", kind).out)
    return name


def targets(world, user="deploy-bot"):
    return yaml.safe_load((world.directory / "users.d" / f"{user}.yaml").read_text())["users"][user]["targets"]


def test_what_was_found_becomes_a_file_for_each_user(world):
    """Shown first, and written only when that is said; then the places are managed, and a second import has nothing to do."""
    key = plant(world)
    include(world)
    shown = world.must("import", found(world))
    assert "+       - pusher: gitlab" in shown.out and "left out: gitlab:acme/old" in shown.out and "users.d" in shown.out
    assert not (world.directory / "users.d").exists()
    world.must("import", "found.json", "--write")
    assert targets(world) == [
        {"pusher": "gitlab", "project": "acme/web", "shape": "credentials-file", "credentials-file": "CI_FILE", "profile": "ci"},
        {"pusher": "gitlab", "project": "acme/web", "access-key-id": "DEPLOY_KEY_ID", "secret-access-key": "DEPLOY_SECRET"},
    ]
    text = (world.directory / "users.d" / "deploy-bot.yaml").read_text()
    assert f"# keyturn find: unmanaged, held {key}" in text
    world.must("check")
    assert "Nothing to write." in world.must("import", "found.json").out
    places = world.must("find", "--json").json["find"]["places"]
    assert {place["standing"] for place in places if place["place"] == "acme/web"} == {"managed"}
    world.must("rotate", "deploy-bot", "--wait")


def test_an_edited_csv_says_whose_a_place_is(world):
    """GitHub shows no values: a person fills in the user."""
    plant(world)
    include(world)
    rows = list(csv.DictReader(io.StringIO(world.must("find", "--csv").out)))
    for row in rows:
        if row["place"] == "acme/hook":
            row["user"] = "deploy-bot"
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), delimiter=";")
    writer.writeheader()
    writer.writerows(row for row in rows if row["place"] != "acme/web")
    world.write("edited.csv", "\ufeff" + text.getvalue())
    world.must("import", "edited.csv", "--write")
    assert targets(world) == [{"pusher": "github", "repository": "acme/hook"}]
    # What is found later is added; what is there stays.
    world.must("import", found(world), "--write")
    assert len(targets(world)) == 3


def test_a_file_of_a_persons_is_never_touched(world):
    """Neither the configuration itself, nor a file that was changed after it was written."""
    plant(world)
    include(world)
    before = (world.directory / "keyturn.yaml").read_text()
    world.must("import", found(world), "--write")
    file = world.directory / "users.d" / "deploy-bot.yaml"
    file.write_text(file.read_text().replace("targets:", "rotate-every: 12h\n    targets:"))
    mine = file.read_text()
    world.sandbox.plant(
        {"service": "gitlab", "place": "acme/later", "name": "AWS_ACCESS_KEY_ID",
         "value": next(iter(world.sandbox.keys("deploy-bot")))},
        {"service": "gitlab", "place": "acme/later", "name": "AWS_SECRET_ACCESS_KEY", "value": "s"})
    shown = world.must("import", found(world), "--write")
    assert "to do: deploy-bot is in a file of yours" in shown.out and "project: acme/later" in shown.out
    assert file.read_text() == mine and (world.directory / "keyturn.yaml").read_text() == before


def test_a_configuration_that_would_not_work_is_not_left_behind(world):
    """Another entry has the place already under another user: nothing of the import stays."""
    plant(world)
    include(world)
    found(world)
    document = json.loads((world.directory / "found.json").read_text())
    for place in document["find"]["places"]:
        if place["place"] == "acme/app":
            place.pop("target", None)
            place["user"] = "deploy-bot"
    world.write("found.json", json.dumps(document))
    refused = world.must("import", "found.json", "--write", status=78)
    assert "is the same place as" in refused.err and "Nothing was changed" in refused.err
    assert not (world.directory / "users.d" / "deploy-bot.yaml").exists()


def test_cloud_key_rotator(world):
    """Its locations that keyturn has a pusher for; the others are named."""
    include(world)
    world.write("config.json", json.dumps({
        "DefaultRotationAgeThresholdMins": 720,
        "AccountKeyLocations": [
            {"serviceAccountName": "deploy-bot", "RotationAgeThresholdMins": 60,
             "GitHub": [{"Owner": "acme", "Repo": "app", "Env": "prod", "KeyIDEnvVar": "ID", "KeyEnvVar": "SECRET"}],
             "K8s": [{"Cluster": "x"}], "CircleCI": [{"UsernameProject": "acme/app"}]}]}))
    shown = world.must("import", "config.json", "--write")
    assert "a location k8s" in shown.out and "has no pusher circleci" in shown.out
    assert targets(world) == [
        {"pusher": "github", "repository": "acme/app", "environment": "prod", "access-key-id": "ID", "secret-access-key": "SECRET"}]
    user = yaml.safe_load((world.directory / "users.d" / "deploy-bot.yaml").read_text())["users"]["deploy-bot"]
    assert user["rotate-every"] == "60m"
    world.must("check")


def test_rotator(world):
    """CZI's: sources that are IAM users, with their role and age."""
    include(world)
    world.write("rotator.yaml", """
version: 1
secrets:
  - name: deploy
    source: { kind: aws, max_age: 1h40m0s, role_arn: "arn:aws:iam::123456789012:role/admin", username: deploy-bot, external_id: "" }
    sinks:
      - { kind: TravisCI, repo_slug: acme/hook, key_to_name: { accessKeyId: MY_ID, secretAccessKey: MY_SECRET } }
      - { kind: AWSParameterStore, region: eu-west-1, key_to_name: { accessKeyId: A, secretAccessKey: B } }
""")
    shown = world.must("import", "rotator.yaml", "--write")
    assert "a sink AWSParameterStore" in shown.out
    user = yaml.safe_load((world.directory / "users.d" / "deploy-bot.yaml").read_text())["users"]["deploy-bot"]
    assert user == {
        "rotate-every": "6000s", "aws": {"role-arn": "arn:aws:iam::123456789012:role/admin"},
        "targets": [{
            "pusher": "travis", "repository": "acme/hook", "access-key-id": "MY_ID", "secret-access-key": "MY_SECRET"}]}


def test_what_is_no_such_file_is_refused(world):
    world.write("other.txt", "hello")
    assert "none of what is imported" in world.must("import", "other.txt", status=1).err
    world.write("broken.csv", 'user,pusher,standing\n"a,b')
    assert "broken.csv:2:" in world.must("import", "broken.csv", status=1).err


def test_included_files_name_themselves_in_errors(world):
    """And a name stands for one entry, whichever file has it."""
    include(world)
    world.write("users.d/a.yaml", "users:\n  cicd-bot:\n    targets: [{ pusher: gitlab, project: acme/x }]\n")
    assert "users.d/a.yaml:2: `users.cicd-bot` is in" in world.must("check", status=78).err
    world.write("users.d/a.yaml", "users:\n  other:\n    targets:\n      - { pusher: gitlab, projekt: acme/x }\n")
    assert "users.d/a.yaml:4: unknown field `projekt`" in world.must("check", status=78).err
    world.write("users.d/a.yaml", "users:\n  other:\n    targets:\n      - { pusher: gitlab, project: acme/tools/app }\n")
    assert "is the same place as `gitlab:acme/tools/app` in" in world.must("check", status=78).err
    world.write("users.d/a.yaml", "state: sqlite:other.db\n")
    assert "users.d/a.yaml:1: unknown field `state`" in world.must("check", status=78).err
    world.write("users.d/a.yaml", "users: {}\n", 0o666)
    assert "users.d/a.yaml: it is not used" in world.must("check", status=77).err
