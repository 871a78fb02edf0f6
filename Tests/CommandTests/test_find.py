"""`keyturn find`: places that hold keys, or may hold one."""

import csv
import io

import pytest

import plugins
from test_pushers import Cast

FORBIDDEN = '{"message": "Resource not accessible by personal access token"}'
PAIR = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]


def found(world, *arguments, status=0):
    return world.must("find", *arguments, "--json", status=status).json["find"]


def places(report):
    return {f"{place['pusher']}:{place['place']}": place for place in report["places"]}


def plant(world, *entries):
    world.sandbox.plant(*entries)


def test_without_a_scope_the_owners_of_the_targets_are_looked_through(world):
    """The pair of the sandbox's user is at three services; the targets' places are managed. Nothing is written."""
    report = found(world)
    assert report["scopes"] == ["github:acme", "gitlab:acme", "travis:acme"]
    known = places(report)
    assert known["github:acme/app"]["standing"] == "managed" and known["github:acme/app"]["target"] == "github:acme/app"
    gitlab = known["gitlab:acme/tools/app"]
    (key,) = world.sandbox.keys()
    assert (gitlab["standing"], gitlab["key"], gitlab["user"], gitlab["names"]) == ("managed", key, "cicd-bot", PAIR)
    # Travis CI shows no private value, so only the name speaks for it; it is the target's all the same.
    assert known["travis:acme/app"]["standing"] == "managed" and "key" not in known["travis:acme/app"]
    assert world.sandbox.writes() == []
    assert list(world.database.parent.iterdir()) == []


def test_each_kind_of_place_is_told_apart(world):
    """Unmanaged, dead, foreign, by name: by what IAM says of the key that a place holds."""
    (own,) = world.sandbox.keys()
    (other,) = world.sandbox.add_user("other", 1)
    plant(
        world,
        {"service": "gitlab", "place": "acme/web", "name": "DEPLOY_KEY_ID", "value": other},
        {"service": "gitlab", "place": "acme/web", "name": "DEPLOY_SECRET", "value": "s"},
        {"service": "gitlab", "place": "acme/web", "name": "AWS_ACCESS_KEY_ID", "value": own, "scope": "staging"},
        {"service": "gitlab", "place": "acme/old", "name": "AWS_ACCESS_KEY_ID", "value": "AKIAGONEGONEGONEGONE"},
        {"service": "gitlab", "place": "acme/file", "name": "CREDENTIALS", "type": "file",
         "value": f"[default]\naws_access_key_id = {own}\n[deploy]\naws_access_key_id={other}\n"},
        {"service": "gitlab", "place": "acme/hidden", "name": "AWS_ACCESS_KEY_ID", "value": own, "hidden": True},
        {"service": "gitlab", "place": "acme/hidden", "name": "AWS_SECRET_ACCESS_KEY", "value": "s", "hidden": True},
    )
    report = found(world, "gitlab:acme")
    known = places(report)
    web = known["gitlab:acme/web"]
    assert (web["standing"], web["user"], web["names"]) == ("unmanaged", "other", ["DEPLOY_KEY_ID", "DEPLOY_SECRET"])
    assert web["fields"] == {
        "project": "acme/web", "environment-scope": "*", "shape": "pair", "access-key-id": "DEPLOY_KEY_ID",
        "secret-access-key": "DEPLOY_SECRET"}
    assert known["gitlab:acme/web (scope staging)"]["key"] == own
    assert known["gitlab:acme/old"]["standing"] == "dead"
    files = {place["key"]: place["fields"]["profile"] for place in report["places"] if place["place"] == "acme/file"}
    assert files == {own: "default", other: "deploy"}
    assert known["gitlab:acme/hidden"]["standing"] == "by-name"


def test_people_see_a_table(world):
    """With age and last use of the key, and how many places there are of each standing."""
    (key,) = world.sandbox.keys()
    plant(world, {"service": "aws", "place": key, "used": 60})
    text = world.must("find", "gitlab:acme").out
    line = next(line for line in text.splitlines() if "gitlab:acme/tools/app" in line)
    assert line.startswith("managed") and f"{key}  cicd-bot  0d" in line and "T" in line.split("0d")[1]
    assert "1 place in gitlab:acme: 1 managed" in text
    assert "gitlab:acme/tools/app" not in world.must("find", "gitlab:acme", "--unmanaged").out


def test_csv_has_a_line_for_each_place_and_no_formulas(world):
    plant(world, {"service": "gitlab", "place": "acme/=cmd()", "name": "AWS_ACCESS_KEY_ID", "value": "AKIAGONEGONEGONEGONE"})
    done = world.must("find", "gitlab:acme", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["place"] for row in rows} == {"acme/=cmd()", "acme/tools/app"}
    assert all(cell[:1] not in "=+-@" or not cell for row in rows for cell in row.values())


def test_an_empty_list_and_one_that_may_not_be_read_are_two_things(world):
    world.sandbox.place("github", "acme/empty")
    world.sandbox.place("github", "acme/closed")
    world.sandbox.fault("github", path="acme/closed/dependabot", status=403, times=0, body=FORBIDDEN)
    report = found(world, "github:acme")
    assert [(part["part"], part["reason"]) for part in report["unseen"]] == [
        ("Dependabot secrets of acme/closed", "not-permitted")]
    assert not any("empty" in place["place"] for place in report["places"])
    text = world.must("find", "github:acme")
    assert "the token may not read it" in text.out and "Dependabot secrets of acme/closed" in text.out


def test_csv_does_not_hide_what_was_not_seen(world):
    """A spreadsheet has no line for it: it is said on stderr, where no redirection of the CSV takes it along."""
    world.sandbox.place("github", "acme/closed")
    world.sandbox.fault("github", path="acme/closed/dependabot", status=403, times=0, body=FORBIDDEN)
    done = world.must("find", "github:acme", "--csv")
    assert "Dependabot secrets of acme/closed" in done.err and "Dependabot secrets of" not in done.out
    assert "1 place in github:acme: 1 managed" in done.err
    assert world.must("find", "github:acme", "--csv", "--quiet").err == ""


@pytest.mark.parametrize("scope, words", [
    ("acme", "is not a scope"), ("gitlub:acme", "did you mean `gitlab`?"), ("github:a/b/c", "owner/name"),
])
def test_a_wrong_scope_is_refused(world, scope, words):
    assert words in world.must("find", scope, status=64).err


def test_a_scope_that_is_not_there_fails(world):
    assert found(world, "github:nobody-there/app", status=1)["unseen"][0]["part"] == "nobody-there/app"


def test_keys_in_use_that_are_found_nowhere_are_named(world):
    (lost,) = world.sandbox.add_user("lost", 1)
    world.configuration["users"]["lost"] = {"targets": [{"pusher": "gitlab", "project": "acme/app"}]}
    world.save()
    plant(world, {"service": "aws", "place": lost, "used": 3600})
    assert [key["key"] for key in found(world)["unplaced"]] == [lost]


def test_a_pause_of_a_service_is_waited_for(world):
    """What the paused call saw is seen again, and once."""
    world.sandbox.fault("github", path="/repos/acme/app/dependabot", status=429, times=1, retryAfter=1)
    report = found(world, "github:acme")
    assert [place["place"] for place in report["places"]] == ["acme/app"] and report["unseen"] == []


def test_what_wins_is_named(world):
    """An environment wins over its repository, and a repository over its organization; a narrower scope over the wider one."""
    plant(
        world,
        *({"service": "github", "place": place, "name": name, "value": "x"}
          for place in ("acme", "acme/app@prod") for name in PAIR),
        {"service": "gitlab", "place": "acme", "name": "AWS_ACCESS_KEY_ID", "value": "AKIAGONEGONEGONEGONE"},
        {"service": "gitlab", "place": "acme/tools", "group": True, "name": "AWS_ACCESS_KEY_ID", "value": "AKIAGONEGONEGONEGONE"},
    )
    known = places(found(world))
    assert known["github:organization acme"]["shadowed-by"] == ["acme/app", "acme/app (environment prod)"]
    assert known["github:acme/app"]["shadowed-by"] == ["acme/app (environment prod)"]
    assert known["gitlab:group acme"]["shadowed-by"] == ["acme/tools/app", "group acme/tools"]
    assert known["gitlab:group acme/tools"]["shadowed-by"] == ["acme/tools/app"]


def test_who_sees_a_selected_secret_of_an_organization_is_named(world):
    """By one request for each such secret that may be of a key, and for no other."""
    plant(
        world, *({"service": "github", "place": "acme", "name": name, "value": "x", "visibility": "selected",
                  "repositories": ["acme/app", "acme/hook"]} for name in (*PAIR, "UNRELATED")))
    world.sandbox.clear_requests()
    assert "github:organization acme (seen by acme/app, acme/hook)" in places(found(world, "github:acme"))
    asked = [entry["path"] for entry in world.sandbox.requests("github") if "/repositories" in entry["path"]]
    assert len(asked) == 2


def test_policy_allows_what_find_asks(world):
    """IAM is asked for keys of users that are in no configuration, so no user can be named."""
    statements = {entry["Sid"]: entry for entry in world.must("policy", "--find").json["Statement"]}
    assert statements["KeyturnFindsKeys"]["Action"] == ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "sts:GetAccessKeyInfo"]
    assert "KeyturnFindsKeys" not in world.must("policy").out


def test_only_some_pushers_are_asked(world):
    assert found(world, "--pusher", "travis")["scopes"] == ["travis:acme"]
    assert {entry["service"] for entry in world.sandbox.requests()} <= {"aws", "travis"}


@pytest.fixture(scope="module")
def finder(tmp_path_factory):
    """A pusher that looks below scopes, and does there what a good one never would."""
    cast = Cast(tmp_path_factory.mktemp("finder"))
    plugins.put(cast.directory, "finder", plugins.manifest("finder", scope={"type": "string"}), FIND=1)
    cast.use("finder", "finder", "target")
    yield cast
    cast.close()


def hostile(finder, scope, status=0):
    return found(finder.world, f"finder:{scope}", status=status)


def test_what_a_plugin_finds_is_cleaned(finder):
    """Nothing that moves or hides text, no key ID that is none, no outcome that the ABI does not have."""
    report = hostile(finder, "paint", status=75)
    (place,), (part,) = report["places"], report["unseen"]
    assert "key" not in place and place["standing"] == "by-name" and part["reason"] == "failed"
    for text in (place["place"], part["part"], part["detail"]):
        assert not any(letter in text for letter in "\x1b\u202e\u200b\n"), text


def test_a_plugins_secret_does_not_leave_by_a_place(finder):
    """Nor by a scope's name; and fields with a secret make no target."""
    finder.world.must("find", "finder:leak", "--json")
    result = finder.world.results[-1]
    assert finder.token not in result.out + result.err and "[redacted]" in result.out
    assert result.json["find"]["places"][0]["fields"] == {}


def test_fields_that_the_manifest_does_not_allow_make_no_target(finder):
    known = places(hostile(finder, "fields"))
    assert known["finder:unknown"]["fields"] == {} and known["finder:fine"]["fields"] == {"place": "fine"}


def test_a_flood_of_places_is_cut_and_said(finder):
    report = hostile(finder, "flood")
    assert len(report["places"]) == 500
    assert [part["reason"] for part in report["unseen"]] == ["cannot-be-asked"]


def test_scopes_without_end_end(finder):
    """A scope that lists itself again and again, each time as another one."""
    assert hostile(finder, "loop")["places"] == []


@pytest.mark.parametrize("scope, status", [("small", 0), ("segfault", 69), ("write", 0)])
def test_a_bad_plugin_is_no_ones_trouble_but_its_own(finder, scope, status):
    hostile(finder, scope, status)
