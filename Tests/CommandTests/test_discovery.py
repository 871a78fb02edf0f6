"""Users that are found by tag or path, with targets from a template."""

import boto3
import pytest

import world as worlds

TEMPLATE = [{"pusher": "travis", "repository": "{tag:repository}"}, {"pusher": "github", "repository": "acme/{user}"}]


@pytest.fixture
def found(make):
    """A world that manages whoever is tagged, and two such users with their places."""
    world = make()
    for user in ("app-a", "app-b"):
        for service, place in (("travis", f"team/{user}"), ("github", f"acme/{user}")):
            world.sandbox.place(service, place)
        world.sandbox.add_user(user, 1, tags={"keyturn": "yes", "repository": f"team/{user}", "team": "x"}, path="/ci/")
    world.sandbox.add_user("other", 1, tags={"keyturn": "no"})
    world.sandbox.add_user("bare", 1)
    del world.configuration["users"]
    world.configuration["discover"] = {"tag": "keyturn=yes", "targets": TEMPLATE, "overlap": "2s"}
    world.save()
    return world


def tag(sandbox, user, value):
    boto3.client(
        "iam", endpoint_url=sandbox.aws, region_name="us-east-1", aws_access_key_id=sandbox.accessKeyId,
        aws_secret_access_key=sandbox.secretAccessKey).tag_user(UserName=user, Tags=[{"Key": "keyturn", "Value": value}])


def plan(world, status=0):
    return {line["user"]: line for line in world.must("plan", "--offline", "--json", status=status).json["plan"]}


def test_users_by_tag(found):
    """plan shows them and changes nothing; rotate gives each its own targets."""
    lines = plan(found)
    assert set(lines) == {"app-a", "app-b"}
    assert {line["from"] for line in lines.values()} == {"discover: tag keyturn=yes"}
    assert list(found.database.parent.iterdir()) == []
    assert "discover: tag keyturn=yes" in found.must("plan").out
    found.must("rotate", "--all", "--wait")
    for user in ("app-a", "app-b"):
        found.assert_holds_only([f"travis:team/{user}", f"github:acme/{user}"], user)
    # Without asking AWS: those that were found.
    found.sandbox.clear_requests()
    assert {user["user"] for user in found.must("status", "--json").json["users"]} == {"app-a", "app-b"}
    assert "2 found" in found.must("check").out.replace("users found", "found")
    assert found.sandbox.requests() == []
    found.must("status", "--online")
    found.must("check", "--online")


def test_users_by_path(found):
    """Without tags in the template, no user is asked for its tags."""
    found.configuration["discover"] = [{"path": "/ci/", "targets": TEMPLATE[1:]}]
    found.save()
    found.sandbox.clear_requests()
    assert set(plan(found)) == {"app-a", "app-b"}
    assert [entry["body"].split("&")[0] for entry in found.sandbox.requests("aws") if "body" in entry] in ([], ["Action=ListUsers"])
    assert len(found.sandbox.requests("aws")) == 1


def test_more_users_than_a_page(found):
    """IAM gives them a hundred at a time."""
    for number in range(130):
        found.sandbox.add_user(f"many-{number}", 0, tags={"keyturn": "yes", "repository": f"many/{number}"}, path="/many/")
    assert len(plan(found)) == 132


def test_explicit_users_come_first(found):
    """The file's own word about a user is followed, and that is reported."""
    found.configuration["users"] = {"app-a": {"targets": [{"pusher": "gitlab", "project": "acme/tools/app"}]}}
    found.save()
    result = found.must("plan")
    assert "app-a, found by `discover`, is listed in `users.app-a` already" in result.err
    lines = plan(found)
    assert lines["app-a"]["from"] == "users" and lines["app-a"]["targets"] == 1 and lines["app-b"]["targets"] == 2


def test_a_user_without_the_templates_tag(found):
    """It is left alone and reported; the others are rotated."""
    found.sandbox.add_user("app-c", 1, tags={"keyturn": "yes"})
    before = found.sandbox.keys("app-c")
    result = found.must("rotate", "--all", status=1)
    assert "app-c" in result.err and "has no tag repository" in result.err
    assert found.sandbox.keys("app-c") == before
    assert found.status("app-a")["phase"] in ("overlap", "soak", "deleting", "idle") and found.status("app-a")["rotation"] == 1
    checks = found.must("check", "--online", "--json", status=1).json["checks"]
    assert any("app-c" in entry["detail"] and not entry["ok"] for entry in checks)


def test_a_tag_that_is_no_place(found):
    """What the plugin's schema refuses holds only the user that has it."""
    found.sandbox.add_user("app-c", 1, tags={"keyturn": "yes", "repository": "no place at all"})
    result = found.must("plan", status=1)
    assert "app-c" in result.err and "keyturn.yaml:" in result.err
    assert "app-a" in result.out


def test_two_users_with_one_target(found):
    """As in the file: an error, and nothing is changed."""
    found.sandbox.place("github", "acme/app-c")
    found.sandbox.add_user("app-c", 1, tags={"keyturn": "yes", "repository": "team/app-a"})
    result = found.must("rotate", "--all", status=78)
    assert "travis:team/app-a" in result.err
    assert found.sandbox.writes() == []


def test_a_discovery_that_fails(found):
    """Users known already go on with their rotation, and no one is forgotten."""
    found.must("rotate", "--all")
    assert found.status("app-a")["phase"] == "overlap"
    found.sandbox.fault("aws", path="ListUsers", status=403, times=0, body=(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: iam:ListUsers</Message>"
        "</Error></ErrorResponse>"))
    result = found.must("step", status=77)
    assert "iam:ListUsers" in result.err and "the 2 users that it found before stay as they are" in result.err
    worlds.waited_for(lambda: found.run("step").status == 77 and found.status("app-a")["phase"] == "idle", every=0.2)
    assert list(found.sandbox.keys("app-a").values()) == ["Active"]
    assert set(plan(found, status=77)) == {"app-a", "app-b"}


def test_the_first_discovery_fails(found):
    found.sandbox.fault("aws", path="ListUserTags", status=500, times=0)
    result = found.must("step", status=69)
    assert "found no users before" in result.err
    assert found.sandbox.writes() == []


def test_a_user_that_is_not_tagged_any_more(found):
    """Nothing more is done for it, which is reported; its keys stay, and so does its record."""
    found.must("rotate", "--all")
    keys = found.sandbox.keys("app-a")
    tag(found.sandbox, "app-a", "no")
    result = found.run("step")
    assert "app-a is not found by `discover` any more" in result.err
    worlds.waited_for(lambda: found.run("step").status == 0 and found.status("app-b")["phase"] == "idle", every=0.2)
    assert found.sandbox.keys("app-a") == keys and len(keys) == 2
    assert set(plan(found)) == {"app-b"}
    tag(found.sandbox, "app-a", "yes")
    assert found.step_until_idle(user="app-a")["rotation"] == 1, "it goes on where it was"


def test_the_own_user(found):
    """Found or not: keyturn does not cut itself off, says which entry found it, and goes on with the others."""
    tag(found.sandbox, "keyturn-admin", "yes")
    found.configuration["discover"]["targets"] = TEMPLATE[1:]
    found.save()
    result = found.must("rotate", "--all", status=77)
    assert "found by `discover: tag keyturn=yes`" in result.err and "cut itself off" in result.err
    assert set(found.sandbox.keys("keyturn-admin").values()) == {"Active"} and len(found.sandbox.keys("keyturn-admin")) == 1
    assert found.sandbox.writes() != [], "a tag on one user stopped all"


def test_one_iam_user_under_two_entries(found):
    """By other settings of the same account: what one entry retires, the targets of the other hold."""
    found.write(".aws/credentials", f"[again]\naws_access_key_id={found.sandbox.accessKeyId}\n"
                f"aws_secret_access_key={found.sandbox.secretAccessKey}\n", 0o600)
    found.configuration["users"] = {"twin": {
        "user-name": "app-a", "aws": {"profile": "again"}, "targets": [{"pusher": "gitlab", "project": "acme/app"}]}}
    found.save()
    keys = found.sandbox.keys("app-a")
    result = found.must("rotate", "--all", status=77)
    assert "are the same IAM user, app-a of account" in result.err
    assert found.sandbox.keys("app-a") == keys
    # Where AWS does not say, no one guesses.
    found.sandbox.fault("aws", path="GetCallerIdentity", status=503, times=0)
    result = found.must("rotate", "--user", "twin", status=77)
    assert "may be the same IAM user" in result.err
    assert found.sandbox.keys("app-a") == keys


def test_what_was_found_does_not_fit_any_more(found):
    """The file was changed since: commands go on, and the next step looks again."""
    found.must("step")
    assert all(file.name.startswith("keyturn.db") for file in found.database.parent.iterdir())
    tag(found.sandbox, "app-a", "no")
    found.configuration["users"] = {"bare": {"targets": [{"pusher": "github", "repository": "acme/app-a"}]}}
    found.save()
    result = found.must("status")
    assert "does not match" in result.err and "until `keyturn step` has looked again" in result.err
    found.must("step")
    assert found.must("status").err == ""
    assert {user["user"] for user in found.must("status", "--json").json["users"]} == {"bare", "app-b"}
