"""`keyturn deploy`: one template, made from the configuration; what it makes on moto; and the role's policy against every call."""

import ast
import json
import pathlib
import subprocess
import sys
import textwrap
import zipfile

import pytest
import requests

import guides
import program
import serverless
from runtimeapi import Function
from serverless import ACCOUNT, REGION, client, configure, make_stack, permits
from test_dynamo import moto
from test_lambda import TARGETS, TIMER, exposed
from world import waited_for

ROLE = f"arn:aws:iam::{ACCOUNT}:role/ci-deploy"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def template(world, *options):
    return world.must("deploy", *options).json


@pytest.mark.parametrize("change, field, words", [
    (lambda c: c.update(state="sqlite:state/keyturn.db", aws={"region": REGION}), "state:", "must be dynamodb://TABLE"),
    (lambda c: c.update(aws={}), "aws:", "write `aws: { region: us-east-1 }`"),
    (lambda c: c.update({"seal-key": {"file": "seal.key"}}), "seal-key:", "`seal-key` must be sealed by KMS"),
    (lambda c: c.update({"seal-key": [{"kms": {"key": "alias/keyturn"}}, {"file": "seal.key"}]}), "- file: seal.key", "`seal-key[1]` must"),
    (lambda c: c.update(state="dynamodb://keyturn?region=eu-west-1"), "  kms:", "name one region"),
    (lambda c: c["aws"].update(profile="work"), "  profile: work", "`aws.profile`"),
    (lambda c: c["aws"].update({"role-arn": ROLE}), "  role-arn:", "`aws.role-arn`"),
    (lambda c: c["users"]["cicd-bot"].update(aws={"profile": "other"}), "      profile: other", "`users.cicd-bot.aws.profile`"),
    (lambda c: c["pushers"]["travis"].update(token={"env": "TRAVIS_TOKEN"}), "    token:", "environment is shown to everyone"),
    (lambda c: c["pushers"]["gitlab"].update(token={"file": "gitlab.token"}), "    token:", "a file in the function's code"),
    (lambda c: c["pushers"]["github"].update(token={"command": ["cat", "x"]}), "    token:", "has no program to run"),
    (lambda c: c.update(notifications=[{"slack": {"env": "HOOK"}}]), "- slack:", "`notifications[0].slack`: it must be"),
    (lambda c: c.update({"self-rotation": {"user": "keyturn-admin", "profile": "keyturn"}}), "self-rotation:", "`self-rotation`"),
    (lambda c: c["pushers"].update(ssm={"plugin": "aws-ssm", "aws": {"profile": "other"}}), "  ssm:", "`pushers.ssm.aws.profile`"),
    (lambda c: c.update(users={}), None, "no users"),
], ids=range(15))
def test_what_a_function_cannot_have(world, change, field, words):
    """One sentence, with the line, and the status for a configuration; nothing is printed."""
    configure(world)
    change(world.configuration)
    world.save()
    result = world.must("deploy", status=78)
    assert result.out == "" and words in result.err, str(result)
    assert len(result.err.strip().splitlines()) == 1, str(result)
    if field:
        line = int(result.err.split("keyturn.yaml:")[1].split(":")[0])
        lines = (world.directory / "keyturn.yaml").read_text().splitlines()
        # Of a value that begins on the next line that one is named.
        assert any(text.startswith(field) for text in lines[line - 2:line]), (lines[line - 2:line], result.err)
    world.assert_untouched()


def test_every_mistake_is_named_at_once(world):
    """Whoever moves to Lambda does not go through them one by one."""
    err = world.must("deploy", status=78).err
    for words in ("`state` must", "`seal-key` must", "pushers.travis.token", "pushers.gitlab.token", "pushers.github.token"):
        assert words in err, err
    world.assert_untouched()


@pytest.mark.parametrize("options, words", [
    (["--with-users"], "Add --assume"), (["--assume", ROLE], "--with-users"), (["--with-users", "--assume", "ci"], "must have the form"),
    (["--with-users", "--assume", f"arn:aws:iam::{ACCOUNT}:role/*"], "must have the form"),
])
def test_options_that_do_not_fit(world, options, words):
    assert words in configure(world).must("deploy", *options, status=64).err


#: Configurations of every kind, by name: what is changed, and the options.
VARIANTS = {
    "zip": (lambda c: None, []),
    "image": (lambda c: None, ["--image"]),
    "users": (lambda c: None, ["--with-users", "--assume", ROLE]),
    "key": (lambda c: c.update({"seal-key": {"kms": {"key": KEY, "sealed": "AAECAw=="}}}), []),
    "keys": (lambda c: c.update({"seal-key": [{"kms": {"key": "alias/new"}}, {"kms": {"key": "alias/old"}}, {"kms": {"key": KEY}}]}), []),
    "discovery": (lambda c: c.update(
        users={}, discover=[{"path": "/ci/", "tag": "keyturn=yes", "targets": [{"pusher": "gitlab", "project": "acme/{user}"}]}]), []),
    "elsewhere": (lambda c: (
        c.update(state="dynamodb://keyturn", aws={"region": "eu-central-1"}, history={"keep": "400d"}), c["users"]["cicd-bot"].update(
            {"aws": {"role-arn": "arn:aws:iam::222233334444:role/keyturn"}, "push-timeout": "10m"})), []),
    "china": (lambda c: c.update(state="dynamodb://keyturn?region=cn-north-1", aws={"region": "cn-north-1"}), []),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_cfn_lint_has_no_findings(world, name):
    """Nor does the second printing differ, whatever the environment is."""
    change, options = VARIANTS[name]
    configure(world)
    change(world.configuration)
    world.save()
    printed = world.must("deploy", *options).out
    other = {"AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "ap-south-1", "AWS_PROFILE": "x", "TZ": "Asia/Tokyo", "HOME": "/"}
    assert world.must("deploy", *options, environment=other).out == printed
    file = world.write("template.json", printed)
    region = json.loads(printed)["Rules"]["RegionOfTheConfiguration"]["Assertions"][0]["Assert"]["Fn::Equals"][1]
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "cfn-lint", "--include-checks", "I", "--regions", region, "--", str(file)], capture_output=True, text=True,
        timeout=80)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    assert "AWS::IAM::AccessKey" not in printed and not [token for token in world.sandbox.tokens.values() if token in printed]


def test_what_depends_on_the_configuration(world):
    """The timeout on the longest push, rights on what is used, the key on how it is named, users on the option."""
    configure(world)
    made = template(world)
    resources = made["Resources"]
    assert resources["Function"]["Properties"]["Timeout"] == 300
    assert {"SealKey", "SealKeyAlias", "Table"} <= set(resources)
    for name in ("SealKey", "SealKeyAlias", "Table"):
        assert (resources[name]["DeletionPolicy"], resources[name]["UpdateReplacePolicy"]) == ("Retain", "Retain")
    world.configuration["users"]["cicd-bot"]["push-timeout"] = "10m"
    world.configuration["users"]["far"] = {
        "aws": {"role-arn": "arn:aws:iam::222233334444:role/keyturn"}, "targets": [{"pusher": "gitlab", "project": "acme/far"}]}
    world.configuration["seal-key"] = {"kms": {"key": KEY}}
    world.save()
    other = template(world)["Resources"]
    # 10 minutes for a push, 15 s to write down how it ended, and as long as usual for other work.
    assert other["Function"]["Properties"]["Timeout"] == 855
    assert not [name for name in other if name.startswith("SealKey")]
    statements = {one["Sid"]: one for one in other["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]}
    assert statements["KeyturnAssumesRoles"]["Resource"] == ["arn:aws:iam::222233334444:role/keyturn"]
    assert "far" not in json.dumps(statements["KeyturnRotatesAccessKeys"])
    assert statements["KeyturnMakesItsSealKey"]["Resource"] == [KEY]
    assert "another account" in world.must("deploy", "--with-users", "--assume", ROLE, status=78).err


def test_what_moto_skips(world):
    """Alarms whose actions depend on the topic, no retries of Lambda's, and a group that may do one thing."""
    resources = template(configure(world), "--with-users", "--assume", ROLE)["Resources"]
    alarms = {one["Properties"]["MetricName"]: one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {name: alarm["TreatMissingData"] for name, alarm in alarms.items()} == {"Errors": "notBreaching", "Invocations": "breaching"}
    for alarm in alarms.values():
        assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "Function"}}]
    assert resources["InvokeConfig"]["Properties"]["MaximumRetryAttempts"] == 0
    (policy,) = resources["Users"]["Properties"]["Policies"]
    assert [(one["Action"], one["Resource"]) for one in policy["PolicyDocument"]["Statement"]] == [("sts:AssumeRole", ROLE)]
    assert resources["User1"]["Properties"] == {"UserName": "cicd-bot", "Groups": [{"Ref": "Users"}]}


def test_the_role_may_assume_that_of_a_pusher(world):
    """What the pusher writes is the affair of its own role, whose policy `policy --pusher` prints."""
    configure(world)
    writer = f"arn:aws:iam::{ACCOUNT}:role/writer"
    world.configuration["pushers"]["ssm"] = {"plugin": "aws-ssm", "aws": {"role-arn": writer}}
    world.configuration["users"]["cicd-bot"]["targets"].append({"pusher": "ssm", "parameter": "/ci/app"})
    world.save()
    policy = template(world)["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (assumes,) = [one for one in policy if one["Action"] == ["sts:AssumeRole"]]
    assert assumes["Resource"] == [writer]
    assert not any(action.startswith("ssm:Put") for one in policy for action in one["Action"])
    (puts,) = [one for one in world.must("policy", "--pusher", "ssm").json["Statement"] if "ssm:PutParameter" in one["Action"]]
    assert puts["Resource"] == [f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/ci/app"]


def test_the_policy_of_a_person(world):
    """What a function does not do is in it as well, and nothing more."""
    configure(world)
    statements = {one["Sid"]: one for one in world.must("policy").json["Statement"]}
    assert set(statements) == {
        "KeyturnRotatesAccessKeys", "KeyturnKeepsItsState", "KeyturnMakesItsSealKey", "KeyturnReadsSecrets", "KeyturnReadsParameters"}
    assert statements["KeyturnKeepsItsState"] == {
        "Sid": "KeyturnKeepsItsState", "Effect": "Allow", "Resource": [f"arn:aws:dynamodb:{REGION}:*:table/keyturn"],
        "Action": [f"dynamodb:{name}" for name in ("DeleteItem", "DescribeTable", "GetItem", "Query", "Scan", "UpdateItem")]}
    assert statements["KeyturnMakesItsSealKey"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"]
    assert statements["KeyturnMakesItsSealKey"]["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": ["alias/keyturn"]}
    world.configuration["history"] = {"keep": "90d"}
    world.save()
    statements = {one["Sid"]: one for one in world.must("policy").json["Statement"]}
    assert "dynamodb:BatchWriteItem" in statements["KeyturnKeepsItsState"]["Action"]


# On moto.


@pytest.fixture
def aws(moto):
    """moto with nothing in it."""
    requests.post(f"{moto}/moto-api/reset", timeout=20)
    return moto


@pytest.mark.parametrize("options", [[], ["--image"], ["--with-users", "--assume", ROLE]], ids=["zip", "image", "users"])
def test_what_the_stack_makes(world, aws, options):
    """Each resource is looked at, or is one that moto skips."""
    made = template(configure(world), *options)
    parameters = {"AlarmTopic": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"}
    if "--image" in options:
        parameters["ImageUri"] = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/keyturn:1"
    found = make_stack(aws, made, **parameters)
    kinds = {name: resource["Type"] for name, resource in made["Resources"].items()}
    missing = {kind for name, kind in kinds.items() if name not in found or not found[name].get("PhysicalResourceId")}
    # Permissions are made, and have no physical name.
    assert missing <= serverless.SKIPPED | {"AWS::Lambda::Permission"}, missing
    physical = {name: resource.get("PhysicalResourceId") for name, resource in found.items()}
    looked = set(serverless.SKIPPED)

    table = client(aws, "dynamodb").describe_table(TableName="keyturn")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST" and table["DeletionProtectionEnabled"]
    looked.add("AWS::DynamoDB::Table")

    kms, key = client(aws, "kms"), serverless.key_of(aws, "alias/keyturn")
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(made["Resources"]["SealKey"]["Properties"]["KeyPolicy"]))
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    looked |= {"AWS::KMS::Key", "AWS::KMS::Alias"}

    function = client(aws, "lambda").get_function(FunctionName=physical["Function"])["Configuration"]
    role = client(aws, "iam").get_role(RoleName=physical["Role"])["Role"]
    assert function["Role"] == role["Arn"]
    assert function["MemorySize"] == 512 and (function["Timeout"] == 300 or "--image" in options)
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    looked |= {"AWS::Lambda::Function", "AWS::IAM::Role"}

    groups = client(aws, "logs").describe_log_groups()["logGroups"]
    assert [group["retentionInDays"] for group in groups] == [90]
    looked.add("AWS::Logs::LogGroup")

    events = client(aws, "events")
    rules = {rule["Name"]: rule for rule in events.list_rules()["Rules"]}
    timer, leaks = (next(rule for name, rule in rules.items() if word in name) for word in ("Timer", "LeakedKeys"))
    assert timer["ScheduleExpression"] == "rate(5 minutes)" and timer["State"] == "ENABLED"
    pattern = json.loads(leaks["EventPattern"])
    assert pattern["source"] == ["aws.health"]
    for rule in (timer, leaks):
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"] == function["FunctionArn"]
    looked.add("AWS::Events::Rule")

    granted = json.loads(client(aws, "lambda").get_policy(FunctionName=physical["Function"])["Policy"])["Statement"]
    assert {one["Principal"]["Service"] for one in granted} == {"events.amazonaws.com"}
    assert {one["Condition"]["ArnLike"]["AWS:SourceArn"] for one in granted} == {timer["Arn"], leaks["Arn"]}
    looked.add("AWS::Lambda::Permission")

    if "--with-users" in options:
        assert client(aws, "iam").get_user(UserName="cicd-bot") and not client(aws, "iam").list_access_keys(UserName="cicd-bot")[
            "AccessKeyMetadata"]
        looked.add("AWS::IAM::User")
    assert set(kinds.values()) <= looked, set(kinds.values()) - looked


def test_the_event_pattern_takes_what_keyturn_reads(world):
    """Every event type that revokes a key, by the members that EventBridge compares."""
    pattern = template(configure(world))["Resources"]["LeakedKeys"]["Properties"]["EventPattern"]
    for code in ("AWS_RISK_CREDENTIALS_EXPOSED", "AWS_RISK_CREDENTIALS_COMPROMISED", "AWS_RISK_IAM_QUARANTINE"):
        event = exposed("AKIAQQQQQQQQQQQQQQQQ", code=code)
        for name in ("source", "detail-type"):
            assert event[name] in pattern[name]
        for name, values in pattern["detail"].items():
            assert event["detail"][name] in values
    assert len(pattern["detail"]["eventTypeCode"]) == 3


def role_statements(aws, stack):
    """The policy of the function's role, as CloudFormation made it."""
    document = client(aws, "iam").get_role_policy(
        RoleName=stack["Role"]["PhysicalResourceId"], PolicyName="keyturn")["PolicyDocument"]
    # moto gives back what its CloudFormation made of it: the text of a Python value.
    return (ast.literal_eval(document) if isinstance(document, str) else document)["Statement"]


class Watched(Function):
    """A function whose calls go through a proxy; those of the commands that the test types do not."""

    def __init__(self, world, watch, **options):
        self.watch = watch
        super().__init__(world, **options)

    def begin(self, log):
        self.world.environment["AWS_ENDPOINT_URL"] = self.watch.url
        try:
            return super().begin(log)
        finally:
            self.world.environment["AWS_ENDPOINT_URL"] = self.watch.upstream


def current(aws, user="cicd-bot"):
    found = client(aws, "iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in found}


@pytest.mark.timeout(240)
def test_every_call_is_granted_and_every_grant_is_used(world, aws):
    """First start, nothing due, a leak that is revoked with a look whether the key is used, and lines of history that are too old."""
    configure(world, aws)
    world.configuration["defaults"].update({"overlap": "1s", "soak": "1s", "quiet": "1s"})
    world.configuration["history"] = {"keep": "1s"}
    world.save()
    world.environment["AWS_ENDPOINT_URL"] = aws
    stack = make_stack(aws, template(world))
    iam = client(aws, "iam")
    iam.create_user(UserName="cicd-bot")
    iam.create_access_key(UserName="cicd-bot")
    watch = serverless.Watch(aws)
    function = Watched(world, watch)
    try:
        function.must(TIMER)
        function.must(TIMER)
        # A person begins a rotation; the function sees it through, and asks when the old key was last used.
        world.run("rotate", "cicd-bot")
        for _ in range(20):
            function.must(TIMER)
            if world.status()["phase"] == "idle":
                break
            waited_for(lambda: world.is_due("cicd-bot"))
        (old,) = current(aws)
        function.must(exposed(old))
        (key,) = current(aws)
        assert key != old
        # The stand-in for GitLab shows which key it is; of the others only that the new one was written is known.
        assert world.sandbox.held_at_gitlab("AWS_ACCESS_KEY_ID") == key
        assert {target: delivery["state"] for target, delivery in world.deliveries().items()} == {
            target: "confirmed" for target in TARGETS}
        # Another environment, which is not the first one: it opens the seal key that the state keeps.
        function.renew()
        function.must(TIMER)
        statements = [one for one in role_statements(aws, stack) if one["Sid"] != "KeyturnWritesItsLog"]
        asked = [call for call in watch.calls if call[0] not in serverless.FREE]
        denied = {(action, resource) for action, resource, keys in asked if not permits(statements, (action, resource, keys))}
        used = {part for call in asked for part in permits(statements, call)}
        # Of the two forms of a user's ARN only the one of its path is met.
        unused = {part for part in serverless.parts(statements) - used if "user/*/" not in part[2]}
        assert (denied, unused) == (set(), set())
        made = [action for action, _, _ in asked if action.startswith("kms:")]
        assert made.count("kms:GenerateDataKeyWithoutPlaintext") == 1 and made.count("kms:Decrypt") == 2, made
    finally:
        function.close()
        watch.close()


@pytest.mark.timeout(240)
def test_the_guide_from_nothing_to_a_running_rotation(world, aws):
    """Every command of the guide, as written, with the AWS CLI. Not AWS's: the zip has nothing but a name in it, and moto answers for the
    function, which it does not run."""
    section = guides.section("Lambda.md", "## From nothing to a running rotation").split("### ")[0]
    (configuration,) = guides.blocks(section, "yaml")
    endpoint = "token: { secretsmanager: keyturn/gitlab }"
    assert endpoint in configuration
    directory = world.directory
    world.write("keyturn.yaml", textwrap.dedent(configuration).replace(endpoint, f"{endpoint}, endpoint: '{world.sandbox.gitlab}'"))
    (directory / "keyturn-lambda-0.1.0.zip").write_bytes(serverless.some_zip())
    requests.post(f"{aws}/moto-api/config", json={"lambda": {"use_docker": False}}, timeout=20)
    client(aws, "iam").create_user(UserName="cicd-bot")
    environment = {
        **world.environment, "PATH": f"{program.stage() / 'bin'}:{pathlib.Path(sys.executable).parent}:{world.environment['PATH']}",
        "AWS_ENDPOINT_URL": aws, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": ""}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "".join(guides.blocks(section, "sh"))], cwd=directory, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=230)
    assert done.returncode == 0, done.stdout + done.stderr
    (key,) = current(aws)
    assert world.sandbox.held_at_gitlab("AWS_ACCESS_KEY_ID") == key and key in done.stdout, done.stdout
    with zipfile.ZipFile(directory / "keyturn-lambda-0.1.0.zip") as archive:
        assert archive.getinfo("keyturn.yaml").external_attr >> 16 & 0o777 == 0o644 and "bootstrap" in archive.namelist()
