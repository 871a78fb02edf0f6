"""Where keyturn's own credentials come from, and what happens when they end."""

import json
import socket
import sys
import time

import pytest

import signin as standins

ROLE = standins.ROLE


def keys_of(world):
    sandbox = world.sandbox
    return f"aws_access_key_id = {sandbox.accessKeyId}\naws_secret_access_key = {sandbox.secretAccessKey}\n"


def program(world, signin, life=None, **document):
    """A `credential_process` that prints a session, and counts its starts."""
    session = signin.issue(life=life)
    told = {
        "Version": 1, "AccessKeyId": session["key"], "SecretAccessKey": session["secret"],
        "SessionToken": session["token"], "Expiration": session["expiry"], **document}
    path = world.write(
        "my program.py", f"import sys\nopen('starts', 'a').write(repr(sys.argv[1:]) + '\\n')\nprint('''{json.dumps(told)}''')\n")
    return f"{sys.executable} '{path}' \"a \\\"b\\\"\" c\\ d"


def identity(world, *arguments):
    """What `check --online` says of the account."""
    found = world.must("check", "--online", "--json", *arguments).json["checks"]
    return [entry["detail"] for entry in found if entry["subject"].startswith("aws ")]


def test_a_profile_with_a_role_and_a_source_profile(world, signin):
    """The source's key assumes the role, with all that the profile says."""
    world.write(".aws/credentials", f"[base]\n{keys_of(world)}")
    world.write(
        ".aws/config",
        f"[profile ci]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = ext-1\nrole_session_name = nightly\n"
        "duration_seconds = 1800\n")
    world.environment["AWS_PROFILE"] = "ci"
    (line,) = identity(world)
    assert "assumed-role/keyturn/nightly" in line and "profile ci, role" in line and "profile base" in line
    (form,) = signin.assumed
    assert form["ExternalId"] == "ext-1" and form["DurationSeconds"] == "1800" and form["RoleArn"] == ROLE
    assert form["signer"] == world.sandbox.accessKeyId


def test_a_chain_of_profiles(world, signin):
    """Each role is assumed with the one before."""
    world.write(".aws/credentials", f"[base]\n{keys_of(world)}")
    world.write(
        ".aws/config",
        f"[profile one]\nrole_arn = {ROLE}-one\nsource_profile = base\n"
        f"[profile two]\nrole_arn = {ROLE}-two\nsource_profile = one\n")
    world.configuration["aws"]["profile"] = "two"
    world.save()
    (line,) = identity(world)
    assert "assumed-role/keyturn-two/keyturn-" in line
    assert [form["RoleArn"] for form in signin.assumed] == [f"{ROLE}-one", f"{ROLE}-two"]
    assert signin.assumed[1]["signer"].startswith("ASIA")


@pytest.mark.parametrize("source, extra", [("Environment", {}), ("EcsContainer", {}), ("Ec2InstanceMetadata", {})])
def test_a_credential_source(world, signin, metadata, source, extra):
    """A profile's role is assumed with what the named place gives."""
    world.write(".aws/config", f"[profile ci]\nrole_arn = {ROLE}\ncredential_source = {source}\n")
    world.configuration["aws"]["profile"] = "ci"
    world.save()
    if source == "Environment":
        world.environment.update(world.sandbox.credentials)
    elif source == "EcsContainer":
        world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{metadata.url}/container"
    else:
        world.environment.update(
            AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    (line,) = identity(world)
    assert "assumed-role/keyturn/keyturn-" in line and "role arn:aws" in line
    assert len(signin.assumed) == 1, "check assumes the role once"


def test_a_program(world, signin):
    """credential_process is split as AWS's tools split it, and started without a shell."""
    command = program(world, signin)
    world.write(".aws/config", f"[default]\ncredential_process = {command}\n")
    (line,) = identity(world)
    assert "profile default (credential_process)" in line
    assert (world.directory / "starts").read_text() == "['a \"b\"', 'c d']\n"


@pytest.mark.parametrize("document, words", [
    ({"Version": 2}, "version 1"), ({"SecretAccessKey": ""}, "no AccessKeyId"), ({"Expiration": "soon"}, "no time"),
])
def test_a_program_that_prints_something_else(world, signin, document, words):
    world.write(".aws/config", f"[default]\ncredential_process = {program(world, signin, **document)}\n")
    result = world.must("check", "--online", status=77)
    assert words in result.out and "credential_process" in result.out
    assert "secret-of" not in result.out + result.err


@pytest.mark.parametrize("command, words", [
    ("false", "ended with status 1"), ("'unended", "quote"), ("/nonexistent/program", "cannot be started: No such file"),
    ("head -c 100000 /dev/zero", "more than"),
])
def test_a_program_that_fails(world, signin, command, words):
    """The source is named; the next one is not asked in its place."""
    world.write(".aws/config", f"[default]\ncredential_process = {command}\n")
    result = world.must("rotate", "--all", status=77)
    told = result.err + str(world.status()["problem"])
    assert words in told and "profile default" in told
    assert signin.created == 0


def test_a_web_identity(world, signin):
    """The token's file is read, and the request is not signed."""
    token = world.write("token", "first.token.of-the-pod\n")
    world.environment.update(
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=ROLE, AWS_ROLE_SESSION_NAME="pod-7")
    (line,) = identity(world)
    assert "assumed-role/keyturn/pod-7" in line and "web identity token" in line
    (form,) = signin.assumed
    assert form["signer"] is None and form["WebIdentityToken"] == "first.token.of-the-pod"


def test_a_web_identity_in_a_profile(world, signin):
    token = world.write("token", "first.token.of-the-pod\n")
    world.write(".aws/config", f"[profile ci]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n")
    world.configuration["aws"]["profile"] = "ci"
    world.save()
    (line,) = identity(world)
    assert "profile ci" in line and signin.assumed[0]["Action"] == "AssumeRoleWithWebIdentity"


@pytest.mark.parametrize("where", ["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
def test_a_containers_endpoint(world, signin, metadata, where):
    """The token goes along, and a fault that passes is waited out."""
    metadata.authorization = "pod-token"
    metadata.faults = [500]
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{metadata.url}/container"
    world.environment[where] = "pod-token" if not where.endswith("FILE") else str(world.write("pod", "pod-token"))
    (line,) = identity(world)
    assert "the container's endpoint" in line
    assert [path for _, path, _ in metadata.seen] == ["/container", "/container"]


def test_a_containers_endpoint_elsewhere(world, signin):
    """Plain http goes to this machine and to AWS's own addresses, and nowhere else."""
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://192.0.2.1/container"
    result = world.must("check", "--online", status=77)
    assert "192.0.2.1" in result.out and "plain http" in result.out


def test_an_instances_metadata(world, signin, metadata):
    """Version 2: a token first."""
    world.environment.update(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    (line,) = identity(world)
    assert "the instance's metadata (IMDS), role instance-role" in line
    assert [command for command, _, _ in metadata.seen] == ["PUT", "GET", "GET"]


def test_a_metadata_service_that_does_not_work(world, signin, metadata):
    metadata.faults = [500, 500]
    world.environment.update(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    shown = " ".join(world.must("check", "--online", status=69).out.split())
    assert "answered 500" in shown and "there are none in the environment (AWS_ACCESS_KEY_ID), in the shared files" in shown


def test_a_metadata_service_that_is_silent(world, signin):
    """Nobody waits long for it: a second, twice."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        world.environment.update(
            AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        result = world.must("check", "--online", status=69)
        # Once for the account, and once for the user in it.
        assert time.monotonic() - began < 8 and "the instance's metadata" in result.out


def test_half_a_key_in_the_shared_files(world, signin):
    """The sentence does not say in the same breath that the files have none."""
    world.write(".aws/credentials", "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    shown = " ".join(world.must("check", "--online", status=77).out.split())
    assert "it has a key ID and no aws_secret_access_key; there are none in the environment (AWS_ACCESS_KEY_ID)" in shown
    assert "in the shared files" not in shown


def test_no_credentials_at_all(world, signin):
    """One sentence, with every place that was looked at."""
    result = world.must("check", "--online", status=77)
    for place in ("the environment", "profile default", "container", "AWS_EC2_METADATA_DISABLED"):
        assert place in result.out


@pytest.mark.parametrize("config, words", [
    ("role_arn = R\nsource_profile = ci", "circle: ci → ci"),
    ("role_arn = R\nsource_profile = b\n[profile b]\nrole_arn = R\nsource_profile = ci", "circle: ci → b → ci"),
    ("role_arn = R\nsource_profile = nobody", "`nobody` is not in"),
    ("role_arn = R", "neither source_profile nor credential_source"),
    ("role_arn = R\nsource_profile = x\ncredential_source = Environment", "both"),
    ("role_arn = R\ncredential_source = Moon", "Moon"),
    ("role_arn = R\nsource_profile = base\nmfa_serial = arn:mfa", "mfa_serial"),
    ("role_arn = R\nsource_profile = base\nduration_seconds = 1", "900 to 43200"),
    ("role_arn = arn:aws:iam::1:role/forbidden\nsource_profile = base", "sts:AssumeRole"),
    ("web_identity_token_file = /nonexistent", "no role_arn"),
    ("role_arn = R\nweb_identity_token_file = /nonexistent", "cannot be read"),
    ("sso_session = s", "SSO"),
    ("region = eu-west-1", "it has none"),
    ("aws_access_key_id = AKIA", "no aws_secret_access_key"),
])
def test_a_profile_that_is_broken(world, signin, config, words):
    """It is named, and nothing else is used in its place, though there are keys in the environment."""
    world.write(".aws/credentials", f"[base]\n{keys_of(world)}")
    world.write(".aws/config", f"[profile ci]\n{config}\n")
    world.environment.update(world.sandbox.credentials)
    world.configuration["aws"]["profile"] = "ci"
    world.save()
    result = world.must("check", "--online", status=77)
    assert words in result.out and "profile" in result.out, str(result)
    assert signin.created == 0


def test_roles_of_several_accounts(world, signin):
    """One keyturn, one key of its own: each user's role is assumed once, with it."""
    world.environment.update(world.sandbox.credentials)
    targets = world.configuration["users"]["cicd-bot"]["targets"]
    world.sandbox.add_user("other-bot", 1)
    world.configuration["users"] = {
        "cicd-bot": {"targets": targets[:1], "aws": {"role-arn": f"{ROLE}-a", "external-id": "one"}},
        "other-bot": {"targets": targets[1:2], "aws": {"role-arn": ROLE.replace("1234", "9999"), "role-session-name": "kt"}},
    }
    world.save()
    world.must("rotate", "--all", "--wait")
    assert len(signin.assumed) == 2 and {form["signer"] for form in signin.assumed} == {world.sandbox.accessKeyId}
    forms = {form["RoleArn"]: form for form in signin.assumed}
    assert forms[f"{ROLE}-a"]["ExternalId"] == "one"
    assert forms[f"{ROLE}-a"]["RoleSessionName"].startswith("keyturn-")
    assert "ExternalId" not in forms[ROLE.replace("1234", "9999")]
    for user in ("cicd-bot", "other-bot"):
        assert world.status(user)["phase"] == "idle"
    lines = identity(world)
    assert len(lines) == 2 and all("assumed with the environment" in line for line in lines)
    statements = world.must("policy").json["Statement"]
    (assume,) = [statement for statement in statements if "sts:AssumeRole" in statement["Action"]]
    assert assume["Resource"] == [f"{ROLE}-a", ROLE.replace("1234", "9999")]


def test_the_own_user_behind_a_role(world, signin):
    """A role does not hide whose key it was assumed with."""
    world.environment.update(world.sandbox.credentials)
    world.configuration["users"]["keyturn-admin"] = {"targets": [{"pusher": "github", "repository": "acme/lib"}]}
    world.configuration["aws"]["role-arn"] = ROLE
    world.save()
    assert "cut itself off" in world.must("rotate", "--all", status=77).err
    assert signin.created == 0


def prepare(world, signin, metadata, source):
    if source == "role":
        world.environment.update(world.sandbox.credentials)
        world.configuration["aws"]["role-arn"] = ROLE
        world.save()
    elif source == "web identity":
        world.environment.update(
            AWS_WEB_IDENTITY_TOKEN_FILE=str(world.write("token", "token-of-the-pod")), AWS_ROLE_ARN=ROLE)
    elif source == "container":
        world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{metadata.url}/container"
    else:
        world.environment.update(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)


def assert_rotated_once(world, signin):
    """The rotation is through, with one new key and no third."""
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    assert signin.created == 1, signin.calls


@pytest.mark.parametrize("source", ["role", "web identity", "container", "instance"])
@pytest.mark.parametrize(
    "action", ["ListAccessKeys", "CreateAccessKey", "GetCallerIdentity", "UpdateAccessKey", "DeleteAccessKey"])
def test_credentials_that_end_in_the_middle(world, signin, metadata, source, action):
    """Whatever is in progress when the session ends is done with the next one."""
    prepare(world, signin, metadata, source)
    world.must("step")
    before = len(signin.sessions)
    signin.ends_at = [action]
    world.must("rotate", "--all", "--wait")
    assert len(signin.sessions) >= before + 2, "a second session was asked for"
    assert_rotated_once(world, signin)


def test_credentials_that_end_all_the_time(world, signin, metadata):
    """Two calls a session: the rotation comes through all the same."""
    prepare(world, signin, metadata, "container")
    signin.calls_per_session = 2
    world.must("rotate", "--all", "--wait")
    assert len(signin.sessions) > 3
    assert_rotated_once(world, signin)


def test_credentials_that_end_while_targets_are_pushed(world, signin, metadata):
    """Deliveries need no AWS; what comes after them gets new credentials."""
    prepare(world, signin, metadata, "web identity")
    world.sandbox.fault("gitlab", status=503, times=3)
    (world.directory / "token").write_text("second-token-of-the-pod")
    signin.ends_at = ["GetCallerIdentity", "GetCallerIdentity", "GetCallerIdentity"]
    world.configuration["defaults"]["retry"] = "1s"
    world.save()
    world.run("rotate", "--all", "--wait")
    world.step_until_idle()
    assert_rotated_once(world, signin)
    assert signin.assumed[-1]["WebIdentityToken"] == "second-token-of-the-pod"


def test_a_source_that_has_only_ended_credentials(world, signin):
    """It is asked once more, not for ever; the refusal is reported, and no key is made."""
    session = signin.issue()
    session["ended"] = True
    world.environment.update(
        AWS_ACCESS_KEY_ID=session["key"], AWS_SECRET_ACCESS_KEY=session["secret"], AWS_SESSION_TOKEN=session["token"])
    world.must("rotate", "--all", status=77)
    assert "ExpiredToken" in world.status()["problem"]
    assert signin.created == 0
    assert len(signin.calls) < 12
