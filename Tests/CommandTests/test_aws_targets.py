"""Secrets Manager and the Parameter Store, on moto, which checks every signature; and what a hostile plugin gets of kt.aws/1: nothing."""

import fnmatch
import http.server
import json

import boto3
import pytest

import leaks
import plugins
from test_moto import moto, rotating  # noqa: F401 (fixtures)
from test_pushers import Cast

REGION = "eu-west-1"
ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"}}]})
NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class Stores:
    """The two stores of moto, as an administrator sees them."""

    def __init__(self, moto):
        self.moto = moto
        self.secrets, self.parameters = self.client("secretsmanager"), self.client("ssm")

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.moto.url, region_name=REGION, aws_access_key_id=self.moto.admin["AccessKeyId"],
            aws_secret_access_key=self.moto.admin["SecretAccessKey"])

    def secret(self, name="ci/app"):
        return self.secrets.get_secret_value(SecretId=name)

    def parameter(self, name="/ci/app"):
        return self.parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]

    def pairs(self):
        values = json.loads(self.secret()["SecretString"]), json.loads(self.parameter()["Value"])
        return [tuple(value[name] for name in NAMES) for value in values]


@pytest.fixture
def stores(moto):
    stores = Stores(moto)
    stores.secrets.create_secret(Name="ci/app", SecretString=json.dumps({"url": "https://db"}))
    stores.parameters.put_parameter(
        Name="/ci/app", Value=json.dumps({"n": 1.5}), Type="SecureString", Description="of CI")
    return stores


@pytest.fixture
def world_of_aws(rotating, stores, moto):
    """Two targets in AWS, whose pushers sign as a role with the least rights."""
    role = f"arn:aws:iam::{ACCOUNT}:role/writer"
    identity = {"role-arn": role, "region": REGION}
    rotating.configuration["pushers"] = {
        "secrets": {"plugin": "aws-secrets-manager", "aws": identity}, "ssm": {"plugin": "aws-ssm", "aws": identity}}
    rotating.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "secrets", "secret": "ci/app"}, {"pusher": "ssm", "parameter": "/ci/app"}]
    rotating.save()
    moto.iam.create_role(RoleName="writer", AssumeRolePolicyDocument=TRUST)
    allow(rotating, moto)
    return rotating


def policies(world):
    return {name: json.loads(world.must("policy", "--pusher", name).out)["Statement"] for name in ("secrets", "ssm")}


def allow(world, moto, without=()):
    """Gives the role what `policy --pusher` prints. moto knows no resources of these services but `*`."""
    for name, statements in policies(world).items():
        document = {"Version": "2012-10-17", "Statement": [
            {**statement, "Resource": "*", "Action": [one for one in statement["Action"] if one not in without] or ["sts:GetCallerIdentity"]}
            for statement in statements]}
        moto.iam.put_role_policy(RoleName="writer", PolicyName=name, PolicyDocument=json.dumps(document))


def test_two_rotations(world_of_aws, stores, moto):
    """The version that was written is the current one, other members stay, and the key is one that moto lets in."""
    for version in (2, 3):
        world_of_aws.must("rotate", "--wait")
        (key,) = moto.keys()
        found = stores.pairs()
        assert {pair[0] for pair in found} == {key} and len(set(found)) == 1
        assert moto.client("sts", *found[0]).get_caller_identity()["Arn"].endswith("user/cicd-bot")
        assert {one["evidence"] for one in world_of_aws.deliveries().values()} == {"version"}
        assert stores.parameter()["Version"] == version
    assert world_of_aws.deliveries().keys() == {"secrets:ci/app@eu-west-1", "ssm:/ci/app@eu-west-1"}
    assert json.loads(stores.secret()["SecretString"])["url"] == "https://db"
    assert json.loads(stores.parameter()["Value"])["n"] == 1.5
    (described,) = stores.parameters.describe_parameters()["Parameters"]
    assert described["Type"] == "SecureString" and described["Description"] == "of CI"
    leaks.assert_told_nowhere(world_of_aws, {"secret": found[0][1], "own": moto.admin["SecretAccessKey"]})


def test_the_policy_of_a_pusher_is_the_least(world_of_aws, stores):
    """Its ARNs are those of what the targets name, and it reads no value of a target that says so."""
    found = policies(world_of_aws)
    actions = {action: statement["Resource"] for statement in found["secrets"] + found["ssm"] for action in statement["Action"]}
    assert set(actions) == {
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
        "ssm:DescribeParameters", "ssm:GetParameter", "ssm:PutParameter"}
    (secret,) = actions["secretsmanager:PutSecretValue"]
    assert secret == f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ci/app-??????"
    assert fnmatch.fnmatchcase(stores.secret()["ARN"], secret)
    assert actions["ssm:PutParameter"] == [stores.parameter()["ARN"]] and actions["ssm:DescribeParameters"] == ["*"]
    for target in world_of_aws.configuration["users"]["cicd-bot"]["targets"]:
        target["replace"] = True
    world_of_aws.save()
    listed = json.dumps(policies(world_of_aws))
    assert "GetSecretValue" not in listed and "ssm:GetParameter" not in listed
    own = json.loads(world_of_aws.must("policy").out)["Statement"]
    assert {"sts:AssumeRole"} == {a for s in own if s["Sid"] == "KeyturnAssumesRoles" for a in s["Action"]}
    assert not any("ssm:" in action or "secretsmanager:" in action for s in own for action in s["Action"])


def allow_finding(world, moto):
    """What `policy --pusher --find` prints beyond the rights of pushes."""
    for name in ("secrets", "ssm"):
        statements = json.loads(world.must("policy", "--pusher", name, "--find").out)["Statement"]
        moto.iam.put_role_policy(RoleName="writer", PolicyName=f"find-{name}", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [each for each in statements if each["Sid"] == "PusherFindsKeys"]}))


def test_find_sees_what_the_role_may_see(world_of_aws, stores, moto):
    """The rights of pushes list nothing of Secrets Manager, and names alone of the Parameter Store; nothing is taken for empty."""
    world_of_aws.must("rotate", "--wait")
    (key,) = moto.keys()
    stores.secrets.create_secret(Name="ci/file", SecretString=f"[x]\naws_access_key_id = {key}\naws_secret_access_key = s\n")
    stores.secrets.create_secret(Name="ci/gone", SecretString=json.dumps({"AWS_ACCESS_KEY_ID": key}))
    stores.secrets.delete_secret(SecretId="ci/gone", RecoveryWindowInDays=7)
    stores.secrets.create_secret(Name="other", SecretString=json.dumps({"AWS_ACCESS_KEY_ID": key}))
    stores.parameters.put_parameter(Name="/ci/two/AWS_ACCESS_KEY_ID", Value=key, Type="String")
    for number in range(12):
        stores.parameters.put_parameter(Name=f"/ci/more/p{number}", Value="x", Type="String")
    names = {action for statements in policies(world_of_aws).values() for one in statements for action in one["Action"]}
    assert not names & {"secretsmanager:ListSecrets", "secretsmanager:BatchGetSecretValue", "ssm:GetParametersByPath"}
    scopes = ["secrets:ci/", "ssm:/ci"]
    report = world_of_aws.must("find", *scopes, "--json", status=77).json["find"]
    assert {part["part"]: part["reason"] for part in report["unseen"]} == {
        "ci/": "not-permitted", "values of 14 parameters below /ci": "not-permitted"}
    assert {place["place"]: place["standing"] for place in report["places"]} == {
        "/ci/two/AWS_ACCESS_KEY_ID": "by-name"}
    allow_finding(world_of_aws, moto)
    report = world_of_aws.must("find", *scopes, "--json").json["find"]
    assert report["unseen"] == []
    assert {(place["place"], place["standing"], place["key"]) for place in report["places"]} == {
        ("ci/app in eu-west-1", "managed", key), ("ci/file in eu-west-1", "unmanaged", key),
        ("/ci/app in eu-west-1", "managed", key), ("/ci/two/AWS_ACCESS_KEY_ID in eu-west-1", "unmanaged", key)}
    secret = json.loads(stores.secret()["SecretString"])["AWS_SECRET_ACCESS_KEY"]
    leaks.assert_told_nowhere(world_of_aws, {"secret": secret, "own": moto.admin["SecretAccessKey"]})


def test_a_right_that_lacks_is_named(world_of_aws, moto):
    """By `check` where it can be; at the push the old key stays Active. What to do is said."""
    for right in ("ssm:GetParameter", "ssm:DescribeParameters"):
        allow(world_of_aws, moto, without=[right])
        said = world_of_aws.run("check", "--online").out
        assert f"perform: {right}" in said and "keyturn policy --pusher" in said
    allow(world_of_aws, moto, without=["ssm:PutParameter"])
    world_of_aws.must("rotate", status=75)
    found = world_of_aws.deliveries()["ssm:/ci/app@eu-west-1"]
    assert found["state"] == "failed" and "perform: ssm:PutParameter" in found["detail"]
    assert len(moto.keys()) == 2 and moto.keys()[moto.first] == "Active"


def test_whole_values_and_files(world_of_aws, stores):
    """With `replace: true` nothing is read; a credentials file keeps its other profiles; a new parameter is made."""
    stores.parameters.put_parameter(Name="/ci/file", Value="[audit]\nregion = x\n", Type="SecureString")
    world_of_aws.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "secrets", "secret": "ci/app", "replace": True},
        {"pusher": "ssm", "parameter": "/ci/file", "shape": "credentials-file"},
        {"pusher": "ssm", "parameter": "new", "region": "us-east-1", "access-key-id": "id", "secret-access-key": "secret"}]
    world_of_aws.save()
    world_of_aws.must("rotate", "--wait")
    assert set(json.loads(stores.secret()["SecretString"])) == set(NAMES)
    assert stores.parameter("/ci/file")["Value"].startswith("[audit]\nregion = x\n[default]\naws_access_key_id = AKIA")
    assert {one["evidence"] for one in world_of_aws.deliveries().values()} == {"version"}
    assert "ssm:new@us-east-1#id" in world_of_aws.deliveries()


def test_check_and_inspect(world_of_aws, stores, moto):
    assert "secrets:ci/app@eu-west-1" in world_of_aws.must("check", "--online").out
    world_of_aws.must("rotate", "--wait")
    (key,) = moto.keys()
    assert world_of_aws.must("status", "--online").out.count(key) >= 2
    stores.parameters.put_parameter(
        Name="/ci/app", Value=json.dumps(dict(zip(NAMES, ("AKIAOTHER", "x")))), Type="SecureString", Overwrite=True)
    assert "AKIAOTHER" in world_of_aws.run("status", "--online").out
    stores.parameters.delete_parameter(Name="/ci/app")
    stores.parameters.put_parameter(Name="/ci/app", Value="x", Type="String")
    assert "it is a String" in world_of_aws.run("check", "--online").out


def test_a_role_that_cannot_be_assumed_is_named(world_of_aws):
    """The plugin hears that there are no credentials; the operator hears which and why."""
    pushers = world_of_aws.configuration["pushers"]
    pushers["ssm"] = {**pushers["ssm"], "aws": {"role-arn": f"arn:aws:iam::{ACCOUNT}:role/writer", "profile": "nowhere"}}
    world_of_aws.configuration["defaults"]["preflight"] = False
    world_of_aws.save()
    world_of_aws.must("rotate", status=75)
    detail = world_of_aws.deliveries()["ssm:/ci/app@us-east-1"]["detail"]
    assert "there are no AWS credentials for this pusher" in detail and "nowhere" in detail


@pytest.mark.parametrize("identity, words", [
    (None, "`pushers.ssm.aws.role-arn` is missing"), ({"region": REGION}, "never as keyturn"),
    ({"role": "x"}, "role"), ({"role-arn": "nonsense"}, "must have the form"),
])
def test_a_pusher_never_signs_as_keyturn(world_of_aws, identity, words):
    pusher = {"plugin": "aws-ssm"} if identity is None else {"plugin": "aws-ssm", "aws": identity}
    world_of_aws.configuration["pushers"]["ssm"] = pusher
    world_of_aws.save()
    assert words in world_of_aws.must("check", status=78).err


def test_a_region_of_another_partition_is_refused(world_of_aws):
    """Its signature would be good for nothing, and the session token is not for it."""
    world_of_aws.configuration["users"]["cicd-bot"]["targets"][1]["region"] = "cn-north-1"
    world_of_aws.save()
    assert "cn-north-1 is in another partition of AWS than eu-west-1" in world_of_aws.run("check", "--online").out


def test_accounts_are_told_apart_and_regions_are_needed(world_of_aws):
    """One name in two accounts is two places; one in one account is one, whatever the pusher is called."""
    configuration = world_of_aws.configuration
    other = {"role-arn": "arn:aws:iam::210987654321:role/writer", "region": REGION}
    configuration["pushers"]["there"] = {"plugin": "aws-ssm", "aws": other}
    configuration["users"]["cicd-bot"]["targets"].append({"pusher": "there", "parameter": "/ci/app"})
    world_of_aws.save()
    world_of_aws.must("check")
    configuration["pushers"]["there"]["aws"] = {"role-arn": f"arn:aws:iam::{ACCOUNT}:role/second", "region": REGION}
    world_of_aws.save()
    assert "is the same place as" in world_of_aws.must("check", status=78).err
    configuration["users"]["cicd-bot"]["targets"].pop()
    del configuration["aws"]["region"]
    configuration["pushers"]["ssm"]["aws"] = {"role-arn": f"arn:aws:iam::{ACCOUNT}:role/writer"}
    world_of_aws.save()
    assert "targets[1].region` is missing" in world_of_aws.must("check", status=78).err


TOKEN = "FwoGZXIvYXdzEBYaDPSESSION/TOKEN+of/the+pusher=="
SECRET = "pUsherSecret/AccessKey+0123456789abcdefg"
KEY = "ASIAPUSHERIDENTITY01"

#: What a hostile plugin asks for, by the words in which it is refused.
REFUSED = {
    "ssm:DeleteParameter||": "ssm:DeleteParameter is not granted to this pusher",
    "ssm:putParameter||": "not one of those that pushers may ask for",
    "iam:CreateAccessKey||": "not one of those that pushers may ask for",
    "sts:AssumeRole||": "not one of those that pushers may ask for",
    "kms:Decrypt||": "not one of those that pushers may ask for",
    "secretsmanager:GetSecretValue||": "secretsmanager:GetSecretValue is not granted",
    "ssm:PutParameter|evil.example.com/|": "a region that is not written as AWS's are",
    "ssm:PutParameter|eu-west-1.evil|": "a region that is not written as AWS's are",
    "ssm:PutParameter|us-west-2|": "neither that of the target nor that of the pusher",
    "ssm:PutParameter||[1]": "a body that is not a JSON object",
}

#: How the service repeats what it was sent: in a yes, and in errors as AWS writes them and as it does not.
ECHOES = ["yes", "canonical", "xml", "plain", "header"]


class Echo(plugins.Served):
    """An AWS that repeats the request in its answers. What it does is in the parameter's name."""

    def __init__(self):
        seen = self.seen = []
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                seen.append((dict(self.headers), body))
                how = json.loads(body).get("Name", "")
                operation = self.headers["X-Amz-Target"].split(".")[1]
                asked.append((operation, how))
                sent = "".join(f"{name.lower()}:{value}\n" for name, value in self.headers.items())
                status, content, fields = 400, sent, {}
                if how == "yes":
                    status, content = 200, json.dumps({"Version": 1, "Echo": sent})
                if how == "good":
                    status, content = 200, json.dumps({"Version": 1})
                if how == "throttled" and asked.count((operation, how)) < 3:
                    content = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"})
                elif how == "faulty" and (operation == "PutParameter" or asked.count((operation, how)) < 3):
                    status, content = 500, json.dumps({"__type": "InternalServerError"})
                elif how in ("throttled", "faulty"):
                    status, content = 200, json.dumps({"Version": 1})
                if how == "canonical":
                    content = json.dumps({"__type": "x#InvalidSignatureException", "message": f"The Canonical String should have been {sent}"})
                if how == "xml":
                    status, content = 403, f"<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>{sent}</Message></Error></ErrorResponse>"
                if how == "header":
                    content = json.dumps({"__type": "ValidationException", "message": f"bad: {sent}"})
                    fields = {"x-echo": self.headers.get("x-amz-security-token", ""), "set-cookie": "a=b"}
                self.send_response(status)
                for name, value in {"content-type": "text/html", "content-length": str(len(content.encode())), **fields}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content.encode())

            def log_message(self, *_):
                pass

        super().__init__(Handler)


@pytest.fixture(scope="module")
def greedy(tmp_path_factory):
    """One rotation in which a plugin asks for whatever it can, and looks for credentials in the answers."""
    directory = tmp_path_factory.mktemp("greedy")
    cast = Cast(directory, **{"max-attempts": 1, "preflight": False, "push-timeout": "20s"})
    cast.echo = Echo()
    cast.world.write(
        ".aws/credentials",
        f"[pusher]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n", 0o600)
    says = plugins.manifest("greedy", aws=["ssm:PutParameter", "ssm:GetParameter"], scope={"type": "string"})
    plugins.put(cast.directory, "greedy", says=says, FIND=1)
    asked = [*REFUSED, *(f'ssm:PutParameter|eu-west-1|{{"Name":"{how}"}}' for how in [*ECHOES, "good", "throttled", "faulty"]),
             'ssm:GetParameter||{"Name":"good"}', 'ssm:GetParameter||{"Name":"faulty"}']
    cast.places = {what: f"p{number}" for number, what in enumerate(asked)}
    cast.use("greedy", "greedy", *(f"{place}=aws {what}" for what, place in cast.places.items()))
    cast.world.configuration["pushers"]["greedy"]["aws"] = {
        "profile": "pusher", "endpoint-url": cast.echo.url, "region": REGION}
    cast.world.save()
    cast.result = cast.world.run("rotate", "--verbose", timeout=110)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()
    cast.echo.stop()


def delivery(cast, what):
    return cast.found[f"greedy:{cast.places[what]}"]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("what", REFUSED)
def test_nothing_is_asked_that_was_not_granted(greedy, what):
    """No request leaves; the plugin and the operator learn why."""
    found = delivery(greedy, what)
    assert "error 1 status 0" in found["detail"] and REFUSED[what] in found["detail"], found
    assert found["state"] != "confirmed"
    asked = [fields["X-Amz-Target"] for fields, _ in greedy.echo.seen]
    assert set(asked) == {"AmazonSSM.PutParameter", "AmazonSSM.GetParameter"}, asked


@pytest.mark.timeout(150)
def test_a_scope_opens_no_other_region(greedy):
    """A target's region is the operator's word; the fields of a scope are the plugin's own."""
    before = len(greedy.echo.seen)
    (part,) = greedy.world.must("find", "greedy:region", "--json").json["find"]["unseen"]
    assert "error 1" in part["detail"] and "neither that of the target nor that of the pusher" in part["detail"]
    assert not any("AmazonSSM" in fields.get("X-Amz-Target", "") for fields, _ in greedy.echo.seen[before:])


@pytest.mark.timeout(150)
@pytest.mark.parametrize("how", ECHOES)
def test_no_answer_holds_credentials(greedy, how):
    """Whatever the service repeats: the plugin sees none of it, nor does anything that keyturn writes."""
    found = delivery(greedy, f'ssm:PutParameter|eu-west-1|{{"Name":"{how}"}}')
    assert found["state"] != "confirmed" and "x-echo" not in found["detail"] and "set-cookie" not in found["detail"]
    assert any(TOKEN in json.dumps(fields) for fields, _ in greedy.echo.seen), "the service was sent no token"


@pytest.mark.timeout(150)
def test_credentials_are_told_nowhere(greedy):
    said = greedy.result.out + greedy.result.err + json.dumps(greedy.world.must("history", "--json").json)
    said += json.dumps(greedy.found)
    for secret in (TOKEN, SECRET, TOKEN[:20], SECRET[:20], TOKEN.replace("/", "\\/")):
        assert secret not in said
    for found in greedy.found.values():
        assert KEY not in (found["detail"] or "") or "signed" in found["detail"]


@pytest.mark.timeout(150)
def test_only_a_write_that_was_accepted_confirms(greedy):
    """A yes to PutParameter does; a yes to GetParameter is not the service's word that anything was written."""
    good = delivery(greedy, 'ssm:PutParameter|eu-west-1|{"Name":"good"}')
    assert good["state"] == "confirmed" and good["evidence"] == "version", good
    read = delivery(greedy, 'ssm:GetParameter||{"Name":"good"}')
    assert read["state"] != "confirmed" and "confirmed no write" in read["detail"], read


@pytest.mark.timeout(150)
def test_what_passes_is_asked_again_as_awss_sdks_do(greedy):
    """A throttled request, which did nothing, and a read that met a fault, three times at most. A write that met one is not."""
    assert delivery(greedy, 'ssm:PutParameter|eu-west-1|{"Name":"throttled"}')["state"] == "confirmed"
    assert greedy.echo.asked.count(("PutParameter", "throttled")) == 3
    assert "error 0 status 200" in delivery(greedy, 'ssm:GetParameter||{"Name":"faulty"}')["detail"]
    assert greedy.echo.asked.count(("GetParameter", "faulty")) == 3
    faulty = delivery(greedy, 'ssm:PutParameter|eu-west-1|{"Name":"faulty"}')
    assert faulty["state"] != "confirmed" and "error 0 status 500" in faulty["detail"]
    # Once for each push: what may have written is pushed again soon.
    assert greedy.echo.asked.count(("PutParameter", "faulty")) == faulty["attempts"]
    assert "x-amzn-errortype=InternalServerError" in faulty["detail"]


@pytest.mark.timeout(150)
def test_requests_are_signed_for_their_region(greedy):
    scopes = {fields["Authorization"].split("Credential=")[1].split(",")[0].split("/", 2)[2] for fields, _ in greedy.echo.seen}
    assert scopes == {f"{REGION}/ssm/aws4_request"}
