"""`keyturn federate`: its commands are typed against moto, its documents fit their schema, its template makes the role."""

import json
import os
import pathlib
import shlex
import subprocess
import sys

import pytest
import requests
import yaml

import program
from test_moto import ADMINISTRATOR, moto  # noqa: F401: a fixture
from test_schemas import fits

ID = {name: f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for name, digit in (("o", "1"), ("p", "2"), ("e", "3"))}
GITHUB = "token.actions.githubusercontent.com"

#: For each system a pusher, a target, what has to be added, and what the role's policy says of the subject.
SYSTEMS = {
    "github": (
        {"plugin": "github-actions"}, {"repository": "acme/app", "environment": "prod"}, [],
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": "repo:acme/app:environment:prod"}}),
    "gitlab": (
        {"plugin": "gitlab-ci"}, {"project": "acme/tools/app"}, ["--branch", "main"],
        {"StringEquals": {"gitlab.com:aud": "https://gitlab.com", "gitlab.com:sub": "project_path:acme/tools/app:ref_type:branch:ref:main"}}),
    "circleci": (
        {"plugin": "circleci"}, {"project": "gh/acme/app"},
        ["--id", f"organization-id={ID['o']}", "--id", f"project-id={ID['p']}", "--branch", "main"], None),
    "bitbucket": (
        {"plugin": "bitbucket"}, {"workspace": "acme", "repository": "app", "environment": "Production"},
        ["--id", f"workspace-id={ID['o']}", "--id", f"repository-id={ID['p']}", "--id", f"environment-id={ID['e']}"], None),
    "azure": (
        {"plugin": "azure-devops"}, {"organization": "acme", "project": "app", "variable-group": "aws"},
        ["--id", f"organization-id={ID['o']}", "--id", "service-connection=aws"], None),
    "buildkite": (
        {"plugin": "buildkite"}, {"organization": "acme", "cluster": "Default cluster"},
        ["--id", "pipeline=app", "--branch", "main"], None),
    "terraform": (
        {"plugin": "terraform-cloud"}, {"organization": "acme", "workspace": "prod"}, ["--id", "project=Default Project"], None),
    "jenkins": (
        {"plugin": "jenkins", "user": "keyturn", "endpoint": "https://ci.example.com"}, {"credential": "aws"}, ["--id", "job=app/main"], None),
    "forgejo": (
        {"plugin": "forgejo", "endpoint": "https://codeberg.org"}, {"repository": "acme/app"}, ["--sub", "repo:acme/app:ref:refs/heads/main"], None),
}

PLACES = {
    "github": "acme/app@prod", "gitlab": "acme/tools/app", "circleci": "gh/acme/app", "bitbucket": "app@Production@acme",
    "azure": "aws@app@acme", "buildkite": "Default cluster@acme", "terraform": "prod@acme", "jenkins": "aws", "forgejo": "acme/app"}


def configured(world, moto, system):
    """A world with one target at a service's usual address, whose AWS is moto.

    Returns the target's name, and the options that `federate` needs for it.
    """
    pusher, target, options, _ = SYSTEMS[system]
    world.configuration["aws"]["endpoint-url"] = moto.url
    world.configuration["pushers"] = {system: {**pusher, "token": {"env": "GITHUB_TOKEN"}}}
    world.configuration["users"] = {"cicd-bot": {"targets": [{"pusher": system, **target}]}}
    world.save()
    world.environment.update(
        AWS_ACCESS_KEY_ID=moto.admin["AccessKeyId"], AWS_SECRET_ACCESS_KEY=moto.admin["SecretAccessKey"])
    return f"{system}:{PLACES[system]}", options


def typed(world, moto, text):
    """Types a step's text into a shell, as a person does who has AWS's command line."""
    tools = [pathlib.Path(sys.executable).parent, program.stage() / "bin"]
    environment = {
        **world.environment, "PATH": ":".join([*map(str, tools), os.environ["PATH"]]), "AWS_ENDPOINT_URL": moto.url,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=world.directory, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def admit_all(moto):
    """moto looks at a signature in every request, and cannot do without: AssumeRoleWithWebIdentity has none."""
    requests.post(f"{moto.url}/moto-api/reset-auth", data="1000", headers={"content-type": "text/plain"}, timeout=10)


def role(moto, name):
    return moto.iam.get_role(RoleName=name)["Role"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_printed_can_be_typed(world, moto, system):
    """The provider and the roles that IAM then has are those of the document, and the user's policies are theirs."""
    name, options = configured(world, moto, system)
    result = world.must("federate", name, *options, "--json")
    fits("federate", result)
    document = result.json
    assert document["account"] == "123456789012"
    policy = moto.iam.create_policy(PolicyName="deploys", PolicyDocument=ADMINISTRATOR)["Policy"]["Arn"]
    moto.iam.attach_user_policy(UserName="cicd-bot", PolicyArn=policy)
    moto.iam.put_user_policy(UserName="cicd-bot", PolicyName="own", PolicyDocument=ADMINISTRATOR)
    admit_all(moto)
    steps = [step for step in document["steps"] if step["text"].startswith(("aws iam", "cat >"))]
    # The text for people is the same.
    text = world.must("federate", name, *options).out
    assert all(step["text"] in text for step in document["steps"])
    for step in steps[:3]:
        typed(world, moto, step["text"])
    (provider,) = moto.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert provider["Arn"] == document["provider"]["arn"]
    found = moto.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])
    assert "https://" + found["Url"].removeprefix("https://") == document["provider"]["url"]
    assert found["ClientIDList"] == [document["provider"]["audience"]]
    for printed in document["roles"]:
        made = role(moto, printed["name"])
        assert made["Arn"] == printed["arn"] and made["AssumeRolePolicyDocument"] == printed["trust-policy"]
        (statement,) = made["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": provider["Arn"]}
        expected = SYSTEMS[system][3]
        assert expected is None or statement["Condition"] == expected
        attached = moto.iam.list_attached_role_policies(RoleName=printed["name"])["AttachedPolicies"]
        assert [line["PolicyArn"] for line in attached] == [policy]
        assert moto.iam.get_role_policy(RoleName=printed["name"], PolicyName="own")["PolicyDocument"] == json.loads(ADMINISTRATOR)
        session = moto.client("sts", "x", "x").assume_role_with_web_identity(
            RoleArn=printed["arn"], RoleSessionName="job", WebIdentityToken="token")
        assert session["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{printed['name']}/job")
    # The second command is for an account that has the provider. moto does not know it: only what would be sent is checked.
    (more,) = [line[2:] for line in steps[0]["text"].splitlines() if line.startswith("# aws")]
    typed(world, moto, f"{more} --generate-cli-skeleton output")
    assert json.loads(shlex.split(more)[-1]) == {
        "OpenIDConnectProviderArn": provider["Arn"], "ClientID": document["provider"]["audience"]}
    # keyturn changed nothing by itself.
    assert not world.database.exists() and moto.keys() == {moto.first: "Active"}


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name not in ("jenkins", "terraform")])
def test_the_pipeline_is_yaml_with_the_role(world, moto, system):
    name, options = configured(world, moto, system)
    document = world.must("federate", name, *options, "--account", "123456789012", "--json").json
    text = document["pipeline"]["text"]
    assert yaml.safe_load(text) and document["roles"][0]["arn"] in text
    # As a key that the environment holds would win over a token.
    if "AWS_WEB_IDENTITY_TOKEN_FILE" in text:
        assert "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN" in text


@pytest.mark.parametrize("system, token", [("gitlab", "AWS_OIDC_TOKEN"), ("bitbucket", "BITBUCKET_STEP_OIDC_TOKEN"), ("circleci", "CIRCLE_OIDC_TOKEN_V2")])
def test_a_job_that_does_what_the_pipeline_says_becomes_the_role(world, moto, system, token):
    """AWS's command line then shows moto the token, and not the key that the environment still holds."""
    name, options = configured(world, moto, system)
    document = world.must("federate", name, *options, "--json").json
    for step in [step for step in document["steps"] if step["text"].startswith(("aws iam create-open", "cat >"))]:
        typed(world, moto, step["text"])
    admit_all(moto)
    pipeline = yaml.safe_load(document["pipeline"]["text"])
    lines = {
        "gitlab": lambda: pipeline["deploy"]["before_script"],
        "bitbucket": lambda: pipeline[0]["step"]["script"],
        "circleci": lambda: [pipeline["jobs"]["deploy"]["steps"][0]["run"]["command"], 'source "$BASH_ENV"'],
    }[system]()
    preamble = [f"export {token}=a.b.c BASH_ENV=$PWD/bash.env CI_JOB_ID=7 BITBUCKET_BUILD_NUMBER=7 CIRCLE_BUILD_NUM=7"]
    # moto looks whether the token is one; to it any is.
    out = typed(world, moto, "\n".join([*preamble, *lines, "aws sts get-caller-identity --query Arn --output text"]))
    assert out.strip() == f"arn:aws:sts::123456789012:assumed-role/{document['roles'][0]['name']}/{system}-7"


def test_the_end_of_a_key(world, moto):
    """The last steps as printed: the target and the user are forgotten, and the keys are dead, then gone."""
    configured(world, moto, "github")
    world.configuration["pushers"]["github"]["endpoint"] = world.sandbox.github
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "github", "repository": "acme/app"}]
    world.save()
    world.must("rotate", "--wait")
    ((key, _),) = moto.keys().items()
    options = ["--branch", "main", "--issuer", "https://tokens.example.com"]
    removal, end = world.must("federate", "github:acme/app", *options, "--json").json["steps"][-2:]
    assert "keyturn.yaml (line " in removal["detail"] and "AWS_ACCESS_KEY_ID" in removal["detail"]
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "github", "repository": "acme/tools"}]
    world.save()
    typed(world, moto, removal["text"])
    world.configuration["users"] = {}
    world.save()
    inactive, _, deleted = end["text"].partition("# some days later:\n")
    typed(world, moto, inactive)
    assert moto.keys() == {key: "Inactive"}
    typed(world, moto, deleted)
    assert moto.keys() == {}


@pytest.mark.parametrize("system", ["github", "terraform"])
@pytest.mark.parametrize("creates", ["true", "false"])
def test_the_template_makes_the_roles(world, moto, system, creates):
    name, options = configured(world, moto, system)
    template = world.must("federate", name, *options, "--cloudformation").out
    path = world.write("role.json", template)
    lint = subprocess.run(
        [pathlib.Path(sys.executable).parent / "cfn-lint", "--regions", "us-east-1", "--", path], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout
    document = world.must("federate", name, *options, "--json").json
    stack = moto.client("cloudformation", moto.admin["AccessKeyId"], moto.admin["SecretAccessKey"])
    stack.create_stack(
        StackName="federation", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "CreateProvider", "ParameterValue": creates}])
    (made,) = stack.describe_stacks(StackName="federation")["Stacks"]
    assert {output["OutputValue"] for output in made["Outputs"]} == {printed["arn"] for printed in document["roles"]}
    for printed in document["roles"]:
        policy = role(moto, printed["name"])["AssumeRolePolicyDocument"]
        conditions = [statement["Condition"] for statement in policy["Statement"]]
        assert conditions == [statement["Condition"] for statement in printed["trust-policy"]["Statement"]]
        if creates == "false":
            assert policy == printed["trust-policy"]


def test_what_a_person_forgot(world):
    """A sentence on stderr, nothing on stdout, and the exit status that the help names."""
    for arguments, status, words in (
            (["travis:acme/app"], 1, "needs a key: Travis CI gives its jobs no OIDC token"),
            (["github:acme/app"], 64, "http://127.0.0.1"),
            (["github:acme/app", "--issuer", "https://ci.example.com"], 64, "Add `--branch main`"),
            (["github:acme/app", "--branch", "main", "--account", "1"], 64, "12 digits"),
            (["gitlab:acme/nowhere"], 1, "there is no target"),
            (["github:acme/app", "--cloudformation", "--account", "123456789012"], 64, "has no effect")):
        result = world.must("federate", *arguments, status=status)
        assert result.out == "" and words in result.err, str(result)
    fits("error", world.must("federate", "travis:acme/app", "--json", status=1))


def test_the_report_counts_what_could_do_without_a_key(world):
    world.must("rotate", "--wait")
    document = world.must("report", "--json").json
    assert document["federation"] == {"targets": 3, "could-federate": 2}
    flags = {target["target"]: target["could-federate"] for target in document["users"][0]["targets"]}
    assert flags == {"travis:acme/app": False, "gitlab:acme/tools/app": True, "github:acme/app": True}
    assert "2 of 3 targets are in systems that could do without a key; `keyturn federate TARGET` shows how." in world.must("report").out
    csv = world.must("report", "--format", "csv").out
    assert "federation,,,2 of 3," in csv and csv.count("could federate") == 2
    assert "| federation |  |  | 2 of 3 |" in world.must("report", "--format", "markdown").out
