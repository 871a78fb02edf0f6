"""Clocks that differ, an STS that is switched off, and credentials that fail once: no alarm without cause."""

import pytest

import signin as standins

REGION_DISABLED = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>RegionDisabledException</Code><Message>STS is not activated in this region "
    "for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.</Message>"
    "</Error><RequestId>r</RequestId></ErrorResponse>")


def set_clock(world, seconds):
    world.sandbox._control("POST", "/clock", {"seconds": seconds})


@pytest.mark.parametrize("seconds", [3600, -3600, 86400 * 3])
def test_a_clock_that_is_off_is_said_as_such(world, seconds):
    """Signed by AWS's clock, nothing fails; `check` says what is wrong, and nothing about permissions."""
    set_clock(world, seconds)
    found = world.must("check", "--online", "--json").json["checks"]
    (line,) = [entry for entry in found if entry["subject"] == "clock"]
    assert ("behind" if seconds > 0 else "ahead of") in line["warning"] and "set it (NTP)" in line["warning"]
    assert not any("permission" in entry["detail"] or "policy" in entry["detail"] for entry in found)
    world.must("rotate", "--wait")
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


@pytest.mark.parametrize("seconds", [0, 200, -200])
def test_a_clock_that_signatures_bear_is_not_mentioned(world, seconds):
    set_clock(world, seconds)
    found = world.must("check", "--online", "--json").json["checks"]
    assert not [entry for entry in found if entry["subject"] == "clock"]


@pytest.mark.parametrize("seconds", [240, -240, 3600, -3600])
def test_a_lost_key_is_not_from_the_future(world, seconds):
    """The reply to CreateAccessKey is lost under a skew: the key is accounted for, and the rotation goes on by itself."""
    set_clock(world, seconds)
    world.sandbox.fault("aws", path="CreateAccessKey", close=True, afterEffect=True)
    world.run("rotate", "--wait")
    status = world.step_until_idle()
    assert status["problem"] is None, status
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


def test_an_sts_that_is_switched_off_is_found_before_a_key_is_made(world):
    """And it says what to do."""
    world.sandbox.fault("aws", path="GetCallerIdentity", status=403, body=REGION_DISABLED, times=0)
    before = world.sandbox.keys()
    result = world.run("rotate")
    told = result.out + result.err + str(world.status()["problem"])
    assert "activate STS for this region" in told and "no key was made" in told, told
    assert world.sandbox.keys() == before
    check = world.run("check", "--online")
    assert check.status == 1 and "activate STS for this region" in check.out
    world.sandbox.clear_faults()
    world.must("rotate", "--wait")


@pytest.mark.parametrize("code", ["IDPCommunicationError", "InvalidIdentityToken", "AccessDenied"])
def test_a_web_identity_that_fails_once(world, signin, code):
    """It is tried again with the token that is there then."""
    token = world.write("token", "first.token.of-the-pod\n")
    world.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=standins.ROLE)
    assume, failures = signin.assume, [code]

    def failing(action, form, key):
        if failures:
            return 403, standins.ERROR.format(failures.pop(), "at the moment")
        return assume(action, form, key)

    signin.assume = failing
    world.must("check", "--online")
    assert not failures


def test_a_web_identity_that_fails_for_good(world, signin):
    """After three tries."""
    token = world.write("token", "first.token.of-the-pod\n")
    world.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=f"{standins.ROLE}/forbidden")
    result = world.must("check", "--online", status=77)
    assert "not authorized to perform" in result.out
    assert len(signin.assumed) % 3 == 0


def test_a_metadata_service_that_refuses_a_token_once(world, signin, metadata):
    answer, refusals = metadata.answer, [401]

    def failing(request, body):
        if refusals and request.command == "GET":
            return refusals.pop(), ""
        return answer(request, body)

    metadata.answer = failing
    world.environment.update(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    world.must("check", "--online")
    assert not refusals


def test_a_containers_endpoint_that_refuses_once(world, signin, metadata):
    metadata.faults = [401]
    world.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{metadata.url}/container"
    world.must("check", "--online")


def test_a_metadata_service_behind_one_hop_too_many(world, signin, metadata):
    """It answers everything but the request for a token: the hop limit is named."""
    import time

    answer = metadata.answer

    def silent(request, body):
        if request.command == "PUT":
            time.sleep(1.1)
        return answer(request, body)

    metadata.answer = silent
    world.environment.update(AWS_EC2_METADATA_DISABLED="", AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
    result = world.must("check", "--online", status=69)
    assert "hop limit" in result.out and "http-put-response-hop-limit" in result.out
