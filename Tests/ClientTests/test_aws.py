"""AWS IAM and STS, with boto3."""

import datetime
import time

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError


def client(sandbox, service, key=None, secret=None, region="us-east-1", token=None):
    return boto3.client(
        service,
        endpoint_url=sandbox.aws,
        region_name=region,
        aws_access_key_id=key or sandbox.accessKeyId,
        aws_secret_access_key=secret or sandbox.secretAccessKey,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def iam(sandbox):
    return client(sandbox, "iam")


def refused(code, status, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Type"] == "Sender"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def identity(sandbox, key, **how):
    return client(sandbox, "sts", key["AccessKeyId"], key["SecretAccessKey"], **how).get_caller_identity


def create(iam, user="cicd-bot"):
    return iam.create_access_key(UserName=user)["AccessKey"]


def test_a_key_lives_from_creation_to_deletion(sandbox, iam):
    key = create(iam)
    assert key["AccessKeyId"].startswith("AKIA") and len(key["AccessKeyId"]) == 20
    assert len(key["SecretAccessKey"]) == 40 and key["Status"] == "Active"
    who = identity(sandbox, key)()
    assert who["Arn"] == "arn:aws:iam::123456789012:user/cicd-bot" and who["Account"] == "123456789012"

    name = {"UserName": "cicd-bot", "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**name, Status="Inactive")
    refused("InvalidClientTokenId", 403, identity(sandbox, key))
    iam.update_access_key(**name, Status="Active")
    identity(sandbox, key)()
    iam.delete_access_key(**name)
    refused("InvalidClientTokenId", 403, identity(sandbox, key))
    refused("NoSuchEntity", 404, iam.delete_access_key, **name)


def test_any_region_may_sign(sandbox, iam):
    assert identity(sandbox, create(iam), region="eu-central-1")()["Account"] == sandbox.account


def test_a_wrong_secret_is_refused(sandbox):
    wrong = client(sandbox, "iam", secret="x" * 40)
    refused("SignatureDoesNotMatch", 403, wrong.list_access_keys, UserName="cicd-bot")


def test_an_unknown_key_and_a_session_token_are_refused(sandbox, iam):
    refused("InvalidClientTokenId", 403, client(sandbox, "sts", key="AKIAAAAAAAAAAAAAAAAA").get_caller_identity)
    refused("InvalidClientTokenId", 403, identity(sandbox, create(iam), token="made-up"))


def test_a_request_without_a_signature_is_refused(sandbox):
    form = {"Action": "ListUsers", "Version": "2010-05-08"}
    reply = requests.post(sandbox.aws, data=form, timeout=10)
    assert reply.status_code == 403 and "<Code>MissingAuthenticationToken</Code>" in reply.text


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


def test_a_changed_body_is_refused(sandbox, iam):
    seen = []
    iam.meta.events.register("before-send", lambda request, **_: seen.append(request))
    iam.list_users()
    headers = {name: as_text(value) for name, value in seen[0].headers.items()}
    assert requests.post(sandbox.aws, data=seen[0].body, headers=headers, timeout=10).status_code == 200
    changed = requests.post(sandbox.aws, data=seen[0].body + "&MaxItems=7", headers=headers, timeout=10)
    assert changed.status_code == 403 and "SignatureDoesNotMatch" in changed.text


@pytest.mark.parametrize("minutes", [-8, 8])
def test_a_clock_that_is_far_off_is_refused(monkeypatch, iam, minutes):
    def off(by):
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=by)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)

    off(minutes / 2)
    iam.list_users()
    off(minutes)
    refused("SignatureDoesNotMatch", 403, iam.list_users)


def test_a_signature_for_another_service_is_refused(sandbox):
    key = Credentials(sandbox.accessKeyId, sandbox.secretAccessKey)
    form = "Action=GetCallerIdentity&Version=2011-06-15"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for service, status in [("sts", 200), ("iam", 403)]:
        request = AWSRequest("POST", sandbox.aws + "/", data=form, headers=kind)
        SigV4Auth(key, service, "us-east-1").add_auth(request)
        signed = request.prepare()
        reply = requests.post(signed.url, data=signed.body, headers=dict(signed.headers), timeout=10)
        assert reply.status_code == status, reply.text


def test_a_new_key_is_unknown_for_a_while(start):
    sandbox = start("--propagation-delay", 0.5)
    key = create(client(sandbox, "iam"))
    made = time.monotonic()
    refused("InvalidClientTokenId", 403, identity(sandbox, key))
    while True:
        try:
            identity(sandbox, key)()
            break
        except ClientError:
            assert time.monotonic() - made < 10
            time.sleep(0.05)
    assert time.monotonic() - made > 0.4


def test_a_user_has_two_keys_at_most_and_inactive_ones_count(sandbox, iam):
    key = create(iam)
    iam.update_access_key(UserName="cicd-bot", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused("LimitExceeded", 409, iam.create_access_key, UserName="cicd-bot")
    iam.delete_access_key(UserName="cicd-bot", AccessKeyId=key["AccessKeyId"])
    create(iam)


def test_keys_are_listed_in_pages(sandbox, iam):
    create(iam)
    first = iam.list_access_keys(UserName="cicd-bot", MaxItems=1)
    assert first["IsTruncated"] and len(first["AccessKeyMetadata"]) == 1
    paginator = iam.get_paginator("list_access_keys")
    pages = list(paginator.paginate(UserName="cicd-bot", PaginationConfig={"PageSize": 1}))
    ids = [key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"]]
    assert len(pages) == 2 and ids == [key["id"] for key in sandbox.keys()]
    refused("ValidationError", 400, iam.list_access_keys, UserName="cicd-bot", Marker="nonsense")


def test_the_last_use_is_known(sandbox, iam):
    key = create(iam)
    before = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert before["UserName"] == "cicd-bot" and before["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert "LastUsedDate" not in before["AccessKeyLastUsed"]
    identity(sandbox, key, region="eu-west-1")()
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert used["ServiceName"] == "sts" and used["Region"] == "eu-west-1" and used["LastUsedDate"]


def test_a_user_may_only_ask_who_it_is(sandbox, iam):
    key = create(iam)
    own = client(sandbox, "iam", key["AccessKeyId"], key["SecretAccessKey"])
    refused("AccessDenied", 403, own.list_access_keys)
    refused("AccessDenied", 403, own.create_access_key, UserName="keyturn-admin")


def test_users_come_and_go(sandbox, iam):
    iam.create_user(UserName="new")
    assert iam.get_user(UserName="new")["User"]["UserId"].startswith("AIDA")
    refused("EntityAlreadyExists", 409, iam.create_user, UserName="new")
    key = create(iam, "new")
    refused("DeleteConflict", 409, iam.delete_user, UserName="new")
    iam.delete_access_key(UserName="new", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="new")
    refused("NoSuchEntity", 404, iam.get_user, UserName="new")
    refused("NoSuchEntity", 404, iam.create_access_key, UserName="new")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["keyturn-admin", "cicd-bot"]
    assert iam.get_user()["User"]["UserName"] == "keyturn-admin"


def test_a_status_that_aws_does_not_know_is_refused(sandbox, iam):
    key = create(iam)
    # boto3 does not check the values of enumerations itself.
    refused("ValidationError", 400, iam.update_access_key, AccessKeyId=key["AccessKeyId"], Status="Off")


def test_throttling_and_a_lost_reply(sandbox, iam):
    sandbox.fault("aws", path="^ListUsers$", status=400)
    refused("Throttling", 400, iam.list_users)
    iam.list_users()
    sandbox.fault("aws", path="CreateAccessKey", close=True, afterEffect=True)
    with pytest.raises(Exception, match="Connection was closed"):
        create(iam)
    assert len(sandbox.keys()) == 2
