"""keyturn with nothing but AWS around it, on moto: a configuration for Lambda, the stack that `deploy` prints, and every call held against
the policy of its role."""

import fnmatch
import http.client
import http.server
import io
import json
import re
import threading
import urllib.parse
import zipfile

import boto3

ACCOUNT, REGION = "123456789012", "us-east-1"
#: What moto's CloudFormation skips, and says nothing of.
SKIPPED = {"AWS::Lambda::EventInvokeConfig", "AWS::IAM::Group", "AWS::CloudWatch::Alarm"}
#: Actions that need no permission.
FREE = {"sts:GetCallerIdentity"}


def client(url, service, key="AKIATEST", secret="test"):
    return boto3.client(
        service, endpoint_url=url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret)


def configure(world, url=None):
    """Makes a world's configuration one for Lambda; with the address of AWS its secrets are put there."""
    configuration = world.configuration
    configuration["state"] = f"dynamodb://keyturn?region={REGION}"
    configuration["seal-key"] = {"kms": {"key": "alias/keyturn"}}
    configuration["aws"] = {"region": REGION}
    pushers = configuration["pushers"]
    pushers["travis"]["token"] = {"secretsmanager": "keyturn/tokens", "key": "travis"}
    pushers["gitlab"]["token"] = {"secretsmanager": "keyturn/gitlab"}
    pushers["github"]["token"] = {"ssm": "/keyturn/github"}
    for name in ("TRAVIS_TOKEN", "GITHUB_TOKEN"):
        world.environment.pop(name, None)
    if url:
        tokens = world.sandbox.tokens
        secrets, parameters = client(url, "secretsmanager"), client(url, "ssm")
        secrets.create_secret(Name="keyturn/tokens", SecretString=json.dumps({"travis": tokens["travis"]}))
        secrets.create_secret(Name="keyturn/gitlab", SecretString=tokens["gitlab"])
        parameters.put_parameter(Name="/keyturn/github", Value=tokens["github"], Type="SecureString")
    world.save()
    return world


def some_zip():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    return made.getvalue()


def make_stack(url, template, **parameters):
    """Makes the stack, with a bucket that holds some zip; gives the resources that came of it, by their names."""
    storage = client(url, "s3")
    if "CodeBucket" in template["Parameters"]:
        storage.create_bucket(Bucket="code")
        storage.put_object(Bucket="code", Key="keyturn.zip", Body=some_zip())
        parameters = {"CodeBucket": "code", "CodeKey": "keyturn.zip", **parameters}
    formation = client(url, "cloudformation")
    formation.create_stack(
        StackName="keyturn", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()])
    stack = formation.describe_stacks(StackName="keyturn")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {
        resource["LogicalResourceId"]: resource
        for resource in formation.describe_stack_resources(StackName="keyturn")["StackResources"]
        # Those that it skips have no name either.
        if "LogicalResourceId" in resource}


def key_of(url, alias):
    """The ID of the KMS key. moto's DescribeKey cannot read the policy of a key that its CloudFormation made."""
    aliases = client(url, "kms").list_aliases()["Aliases"]
    return next(found["TargetKeyId"] for found in aliases if found["AliasName"] == alias)


class Watch:
    """A proxy in front of moto that knows of each call which action on which resource it was."""

    TARGETS = {"DynamoDB_20120810": "dynamodb", "TrentService": "kms", "secretsmanager": "secretsmanager", "AmazonSSM": "ssm"}

    def __init__(self, url):
        self.upstream = url
        #: Action, resource, and the keys of conditions.
        self.calls = []
        #: What an answer is refused with, by action.
        self.refused = {}
        watch, host = self, urllib.parse.urlsplit(url).netloc
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                calls = watch.read(self.headers, body)
                with watch.lock:
                    watch.calls += calls
                connection = http.client.HTTPConnection(host, timeout=20)
                connection.request("POST", self.path, body, dict(self.headers))
                reply = connection.getresponse()
                content = reply.read()
                connection.close()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.owners = {}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def read(self, headers, body):
        target = headers.get("x-amz-target")
        if not target:
            form = dict(urllib.parse.parse_qsl(body.decode()))
            service = re.search(r"/(iam|sts)/aws4_request", headers["authorization"])[1]
            return [(f"{service}:{form['Action']}", self.user(form) if service == "iam" else "*", {})]
        name, action = target.split(".")
        service, asked = self.TARGETS[name], json.loads(body)
        return [
            (f"{service}:{action}", resource, keys)
            for action, resource, keys in getattr(self, service)(action, asked)]

    def user(self, form):
        if "UserName" in form:
            return f"arn:aws:iam::{ACCOUNT}:user/{form['UserName']}"
        if form["Action"] == "ListUsers":
            return "*"
        # IAM knows whose key it is, also of one that was deleted since.
        iam = client(self.upstream, "iam")
        for user in iam.list_users()["Users"]:
            for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]:
                self.owners[key["AccessKeyId"]] = user["Arn"]
        return self.owners.get(form["AccessKeyId"], "*")

    @staticmethod
    def dynamodb(action, asked):
        def table(name):
            return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"

        if action == "TransactWriteItems":
            return [
                ({"Update": "UpdateItem", "Delete": "DeleteItem", "Put": "PutItem", "ConditionCheck": "ConditionCheckItem"}[kind],
                 table(what["TableName"]), {})
                for item in asked["TransactItems"] for kind, what in item.items()]
        if action == "BatchWriteItem":
            return [(action, table(name), {}) for name in asked["RequestItems"]]
        return [(action, table(asked["TableName"]), {})]

    def kms(self, action, asked):
        found = key_of(self.upstream, asked["KeyId"])
        aliases = client(self.upstream, "kms").list_aliases(KeyId=found)["Aliases"]
        keys = {f"kms:EncryptionContext:{name}": value for name, value in asked.get("EncryptionContext", {}).items()}
        keys["kms:ResourceAliases"] = [alias["AliasName"] for alias in aliases]
        return [(action, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{found}", keys)]

    def secretsmanager(self, action, asked):
        return [(action, client(self.upstream, "secretsmanager").describe_secret(SecretId=asked["SecretId"])["ARN"], {})]

    @staticmethod
    def ssm(action, asked):
        return [(action, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{asked['Name'].lstrip('/')}", {})]


def matches(pattern, text):
    """As IAM compares: `*` and `?` alone are special."""
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def holds(condition, keys):
    """The operators that keyturn's policies have; another one is a mistake of this test."""
    for operator, wanted in condition.items():
        for name, values in wanted.items():
            values = values if isinstance(values, list) else [values]
            present = keys.get(name, [])
            present = present if isinstance(present, list) else [present]
            assert operator in ("StringEquals", "ForAnyValue:StringEquals"), operator
            if not any(value in values for value in present):
                return False
    return True


def listed(value):
    return value if isinstance(value, list) else [value]


def permits(statements, call):
    """The statements' parts, (Sid, action, resource), that allow a call."""
    action, resource, keys = call
    return [
        (statement["Sid"], allowed, place)
        for statement in statements if holds(statement.get("Condition", {}), keys)
        for allowed in listed(statement["Action"]) if allowed == action
        for place in listed(statement["Resource"]) if matches(place, resource)]


def parts(statements):
    """Each action and resource that is granted."""
    return {
        (statement["Sid"], action, place)
        for statement in statements for action in listed(statement["Action"]) for place in listed(statement["Resource"])}
