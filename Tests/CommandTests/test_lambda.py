"""`keyturn lambda`: events come twice, late and never, the process is frozen between them and killed in them, and every rotation ends."""

import json
import pathlib
import random
import subprocess
import time

import pytest

import plugins
import program
from runtimeapi import LONGEST_PAYLOAD, Function
from test_dynamo import kept_in, moto, table
from test_moto import moto as moto_iam
from test_pushers import Cast
from world import waited_for

TARGETS = ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]
TIMER = {
    "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": "123456789012", "time": "2026-11-29T00:00:00Z", "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/keyturn"], "detail": {},
}
#: Where `detail` is a string, as EventBridge Scheduler sends it by itself.
SCHEDULER = {**TIMER, "source": "aws.scheduler", "detail": "{}"}


def exposed(*entities, code="AWS_RISK_CREDENTIALS_EXPOSED", status="open"):
    """An event of AWS Health."""
    return {
        **TIMER, "detail-type": "AWS Health Event", "source": "aws.health", "resources": list(entities),
        "detail": {
            "eventArn": f"arn:aws:health:us-east-1::event/{code}_1", "service": "RISK", "eventTypeCode": code,
            "eventTypeCategory": "issue", "statusCode": status,
            "affectedEntities": [{"entityValue": entity, "tags": {}} for entity in entities],
        },
    }


@pytest.fixture
def deploy(make, moto):
    """Makes functions: a world, whose state is a table, and Lambda around it."""
    made = []

    def deploy(world=None, **options):
        name = f"lambda-{time.monotonic_ns()}"
        table(moto, name)
        function = Function(kept_in(world or make(), moto, name), **options)
        made.append(function)
        return function

    yield deploy
    for function in made:
        function.close()


def until_idle(function, rotation=1, events=30, user="cicd-bot"):
    """Wakes the function up until that rotation is complete."""
    world = function.world
    for _ in range(events):
        kind, document = function.invoke(random.choice([TIMER, SCHEDULER, {}, [], "wake up"]))
        assert kind == "response", (kind, document, function.log)
        status = world.status(user)
        if status["phase"] == "idle" and status["rotation"] >= rotation:
            return status
        waited_for(lambda: world.is_due(user))
    raise AssertionError(function.log)


def test_a_rotation_by_events_alone(deploy):
    """Frozen after each event; some come twice. What the last event answers is where the user is."""
    function = deploy()
    function.world.must("rotate")
    until_idle(function)
    function.world.assert_holds_only(TARGETS)
    first, second = function.must(TIMER), function.must(TIMER)
    assert first == second and first["problems"] == [] and first["worked"] == []
    assert first["users"] == 1 and first["next"]["user"] == "cicd-bot" and first["next"]["action"] == "rotate"
    secret = function.world.sandbox.secret_at_gitlab()
    assert secret not in function.log and "waiting for events" in function.log
    # One process answered all of them.
    assert len(function.logs) == 1


def test_a_freeze_that_is_longer_than_connections_live(deploy):
    """They are not used again: after a thaw nothing would come back on them."""
    function = deploy()
    function.must()
    time.sleep(22)
    began = time.monotonic()
    function.must()
    assert time.monotonic() - began < 5, function.log


def slow_pushes(world, seconds):
    """GitLab takes that long for each write, and hears of it in the end."""
    for method in ("PUT", "POST"):
        world.sandbox.fault("gitlab", method=method, delayMilliseconds=seconds * 1_000, times=0)


@pytest.mark.timeout(120)
def test_killed_in_the_middle(deploy):
    """Another environment takes the user over when the lease is over, and no key is lost or made in vain."""
    function = deploy()
    world = function.world
    old = leak(function)
    slow_pushes(world, 25)
    # SIGKILL without a word, while a push is in progress.
    kind, _ = function.invoke({"keyturn": {"revoke": old}}, kill_when=lambda: len(world.sandbox.keys()) == 2 and any(
        delivery["state"] == "confirmed" for delivery in world.deliveries().values()))
    assert kind == "timeout"
    killed, made = time.monotonic(), set(world.sandbox.keys())
    world.sandbox.clear_faults()
    function.renew()
    while old in world.sandbox.keys():
        answer = function.must(TIMER)
        assert time.monotonic() < killed + 80, (answer, function.log)
        time.sleep(1)
    # The lease of 20 s held until its end: the other environment cannot see that its owner is gone.
    assert time.monotonic() > killed + 12, function.log
    assert world.assert_holds_only(TARGETS) in made


def test_the_time_of_an_event_is_kept(deploy):
    """A function whose timeout is shorter than a push may take is refused, with the number that it needs; nothing is begun."""
    function = deploy()
    kind, document = function.invoke(timeout=20)
    assert (kind, document["errorType"]) == ("error", "Keyturn.Configuration")
    assert "at least 45 s" in document["errorMessage"] and "nothing was begun" in document["errorMessage"]
    assert function.world.sandbox.requests("aws") == []
    assert function.invoke(timeout=60)[0] == "response"


def test_a_target_that_hangs(deploy):
    """The event is answered before its deadline, and the next one goes on; the lease is free at once."""
    function = deploy(timeout=16)
    world = function.world
    world.configuration["defaults"]["push-timeout"] = "2s"
    world.save()
    function.must()
    slow_pushes(world, 60)
    began = time.time()
    kind, document = function.invoke({"keyturn": {"revoke": next(iter(world.sandbox.keys()))}})
    assert kind == "response" and document["orders"][0]["status"] == 75, (document, function.log)
    assert time.time() - began < 16
    assert world.status()["phase"] == "delivering"
    world.sandbox.clear_faults()
    function.renew()
    until_idle(function)
    world.assert_holds_only(TARGETS)


def leak(function):
    """A function whose user has been rotated and waits in a long soak."""
    world = function.world
    world.configuration["defaults"].update(overlap="1h", soak="1h")
    world.save()
    function.must()
    return next(iter(world.sandbox.keys()))


@pytest.mark.parametrize("event", ["health", "user", "order"])
def test_an_event_that_says_a_key_leaked(deploy, event):
    """It is replaced and deleted in that event; the same event again changes nothing, nor does another user's key."""
    function = deploy()
    old = leak(function)
    world = function.world
    said = {"health": exposed(old), "user": exposed("cicd-bot"), "order": {"keyturn": {"revoke": old}}}[event]
    answer = function.must(said)
    assert answer["orders"][0]["user"] == "cicd-bot" and answer["orders"][0]["status"] == 0, (answer, function.log)
    assert old not in world.sandbox.keys()
    new = world.assert_holds_only(TARGETS)
    if event != "user":
        again = function.must(said)
        assert again["orders"][0]["result"] == "it is deleted", again
        assert world.assert_holds_only(TARGETS) == new
    # The user's next key within the hour.
    kind, document = function.invoke(exposed(new))
    assert (kind, document["errorType"]) == ("error", "Keyturn.Failed") and "within the last hour" in document["errorMessage"]
    assert world.assert_holds_only(TARGETS) == new
    # A person may.
    world.must("revoke", new)
    assert new not in world.sandbox.keys()


def test_events_about_keys_that_are_nobodys(deploy):
    """Answered and logged, no failure; nothing is changed."""
    function = deploy()
    old = leak(function)
    stranger = function.world.sandbox.add_user("somebody", 1)[0]
    for event in (exposed(stranger), exposed("AKIAQQQQQQQQQQQQQQQQ"), exposed("somebody"), exposed("ASIAQQQQQQQQQQQQQQQQ")):
        answer = function.must(event)
        assert answer["orders"][0]["user"] is None and answer["orders"][0]["status"] == 0, answer
    for event in (exposed(old, status="closed"), exposed(old, code="AWS_EC2_OPERATIONAL_ISSUE"), {**exposed(old), "source": "mine"}):
        assert function.must(event)["orders"] == []
    assert list(function.world.sandbox.keys()) == [old]
    assert stranger in function.world.sandbox.keys("somebody")
    assert f"event: {stranger}: is a key of the IAM user somebody" in function.log


@pytest.mark.parametrize("event", [b"{", b"\xff\xfe", {"keyturn": {"revoke": "cicd-bot"}}, {"keyturn": 1}, exposed("$(rm -rf)"),
                                   b'"' + b"x" * LONGEST_PAYLOAD + b'"'], ids=range(6))
def test_events_that_cannot_be_read(deploy, event):
    """What is due is done all the same, and the function fails on them, so that someone looks."""
    function = deploy()
    kind, document = function.invoke(event)
    assert (kind, document["errorType"]) == ("error", "Keyturn.Failed"), document
    assert [key["role"] for key in function.world.status()["keys"]] == ["current"]
    assert function.must()["orders"] == []


def test_revoke_from_an_event_on_standard_input(world):
    """The command follows the rules for events."""
    world.configuration["defaults"].update(overlap="1h", soak="1h")
    world.save()
    world.must("step")
    (old,) = world.sandbox.keys()

    def revoke(event, status=0):
        done = subprocess.run(
            [program.binary(), "revoke", "--event", "-", "--json"], cwd=world.directory, env=world.environment, timeout=60,
            input=json.dumps(event).encode(), capture_output=True)
        assert done.returncode == status, (done.stdout, done.stderr)
        return json.loads(done.stdout)["users"]

    assert [user["user"] for user in revoke(exposed(old))] == ["cicd-bot"]
    new = world.assert_holds_only(TARGETS)
    assert revoke(exposed(new), status=1) == []
    assert revoke(exposed("AKIAQQQQQQQQQQQQQQQQ")) == []
    world.must("revoke", "--event", "-", "cicd-bot", status=64)
    world.must("revoke", "--event", world.write("event.json", json.dumps(TIMER)))
    assert world.assert_holds_only(TARGETS) == new


def test_a_user_that_needs_a_person_is_a_function_error(deploy):
    """So CloudWatch's Errors metric can alarm. The process goes on."""
    function = deploy()
    world = function.world
    world.sandbox.add_user("twice", 2)
    world.configuration["users"]["twice"] = {"targets": [{"pusher": "github", "repository": "acme/app", "environment": "prod"}]}
    world.save()
    kind, document = function.invoke()
    assert (kind, document["errorType"]) == ("error", "Keyturn.Failed") and "twice" in document["errorMessage"], document
    assert function.invoke()[0] == "error" and len(function.logs) == 1


@pytest.mark.parametrize("change, kind, words", [
    (lambda world: world.configuration.update(state="sqlite:state/keyturn.db"), "Configuration", "dynamodb://"),
    (lambda world: world.configuration.update(state="dynamodb://nowhere?region=us-east-1&endpoint-url=http://127.0.0.1:9"),
     "Unavailable", "127.0.0.1:9"),
    (lambda world: world.configuration.update(nonsense=1), "Configuration", "nonsense"),
    (lambda world: world.configuration["pushers"]["travis"].update(plugin="travic"), "Configuration", "travic"),
    (lambda world: world.environment.pop("TRAVIS_TOKEN"), "Configuration", "TRAVIS_TOKEN"),
])
def test_what_cannot_start_says_so(deploy, change, kind, words):
    """To /init/error, and ends with the status of a command."""
    function = deploy()
    change(function.world)
    function.world.save()
    outcome, document = function.invoke()
    assert outcome == "init" and document["errorType"] == f"Keyturn.{kind}" and words in document["errorMessage"], document
    assert function.process.returncode == {"Configuration": 78, "Unavailable": 69}[kind]


def test_a_file_that_outlives_environments(make):
    """Only by an option that says so."""
    function = Function(make(), "--accept-file-state")
    try:
        assert function.must()["users"] == 1
    finally:
        function.close()


def test_outside_of_lambda(world):
    assert "AWS_LAMBDA_RUNTIME_API is not set" in world.must("lambda", status=64).err


@pytest.mark.parametrize("refusal", [403, 413, 500])
def test_answers_that_the_api_does_not_take(deploy, refusal):
    """403: it came too late, and the next event is waited for. 413: an error in its place. 500: the process ends."""
    function = deploy()
    function.must()
    function.runtime.refusal = refusal
    kind, document = function.invoke()
    if refusal == 500:
        assert (kind, document) == ("exit", 1), (kind, document)
    elif refusal == 413:
        assert (kind, document["errorType"]) == ("error", "Keyturn.AnswerTooLarge")
    else:
        assert kind == "late"
    assert function.must()["users"] == 1


def test_credentials_that_ended(deploy, moto_iam):
    """The function fails, and the process ends: Lambda starts another one with new credentials."""
    function = deploy()
    world = function.world
    function.must()
    world.configuration["aws"]["endpoint-url"] = moto_iam.url
    world.save()
    world.environment.update(AWS_ACCESS_KEY_ID="AKIAXXXXXXXXXXXXXXXX", AWS_SECRET_ACCESS_KEY="x" * 40)
    function.renew()
    # IAM is asked whose key that is.
    kind, document = function.invoke(exposed("AKIAQQQQQQQQQQQQQQQQ"))
    assert (kind, document["errorType"]) == ("error", "Keyturn.CredentialsEnded"), (document, function.log)
    assert function.process.wait(timeout=10) == 77
    world.environment.update(
        AWS_ACCESS_KEY_ID=moto_iam.admin["AccessKeyId"], AWS_SECRET_ACCESS_KEY=moto_iam.admin["SecretAccessKey"])
    assert function.invoke()[0] == "response"


def rotate_often(function, number=20, seed=20261129):
    """Rotations by events that come twice, late and never, in environments that change, are frozen between events and are killed in the
    middle: all end. Gives how often each happened."""
    world, choice = function.world, random.Random(seed)
    kinds = {"response": 0, "timeout": 0, "lost": 0, "late": 0, "twice": 0, "renewed": 0}
    kills = 0
    function.must()
    for count in range(1, number + 1):
        began = world.run("rotate", "--user", "cicd-bot")
        assert began.status in (0, 75), (str(began), function.log)
        end = time.monotonic() + 90
        while True:
            status = world.status()
            if status["phase"] == "idle" and status["rotation"] >= count:
                break
            assert time.monotonic() < end, (seed, count, status, function.log)
            dice = choice.random()
            if dice < 0.15:
                kinds["lost"] += 1
                time.sleep(0.2)
            elif dice < 0.25:
                kinds["renewed"] += 1
                function.renew()
            elif dice < 0.45 and kills < 4 and function.process.poll() is None:
                # As at the deadline, in its work, wherever that is; in the same environment, so that no one has to wait for a lease.
                kills += 1
                until = time.monotonic() + choice.random()
                kind, _ = function.invoke(TIMER, kill_when=lambda: time.monotonic() > until or function.runtime.outcome)
                kinds[kind] += 1
            else:
                if choice.random() < 0.1:
                    kinds["late"] += 1
                    time.sleep(1.5)
                kind, document = function.invoke(TIMER)
                assert kind == "response", (seed, kind, document, function.log)
                kinds[kind] += 1
                if choice.random() < 0.3:
                    kinds["twice"] += 1
                    function.must(TIMER)
            time.sleep(0.3)
    print(seed, kinds)
    assert min(kinds.values()) > 0, kinds
    assert world.must("history", "verify")
    return kinds


@pytest.mark.later
@pytest.mark.timeout(600)
def test_twenty_rotations_under_lambda(make, deploy, moto_iam):
    """With IAM and STS of another make, which lets the last key in."""
    world = make()
    world.configuration["aws"]["endpoint-url"] = moto_iam.url
    world.configuration["defaults"].update({"overlap": "1s", "soak": "1s", "push-timeout": "5s"})
    world.save()
    world.environment.update(
        AWS_ACCESS_KEY_ID=moto_iam.admin["AccessKeyId"], AWS_SECRET_ACCESS_KEY=moto_iam.admin["SecretAccessKey"])
    function = deploy(world, timeout=30)
    rotate_often(function)
    ((last, state),) = moto_iam.keys().items()
    assert state == "Active" and [key["id"] for key in world.status()["keys"]] == [last]
    secret = world.sandbox.secret_at_gitlab()
    assert moto_iam.client("sts", last, secret).get_caller_identity()["Arn"].endswith(":user/cicd-bot")


# What the environment refuses.


@pytest.fixture(scope="module")
def cage(tmp_path_factory):
    """Runs a program with what Lambda refuses."""
    made = tmp_path_factory.mktemp("lambda") / "lambda"
    source = pathlib.Path(__file__).parent / "pushers" / "lambda.c"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", made, source, "-lseccomp"], check=True, timeout=60)
    return made


def test_without_any_wall(deploy, cage):
    """keyturn's own pushers run, and it says what is missing; a whole rotation."""
    function = deploy()
    function.world.wrapper = [cage]
    function.must()
    for wall in ("no-new-privs", "landlock", "seccomp", "user namespaces"):
        assert f"sandbox: {wall}: refused here" in function.log, function.log
    assert "sandbox: limits: works" in function.log
    assert "travis: starts; sandboxed by limits" in function.log
    function.world.must("rotate", status=78)
    answer = function.must({"keyturn": {"revoke": next(iter(function.world.sandbox.keys()))}})
    assert answer["orders"][0]["status"] == 0
    function.world.assert_holds_only(TARGETS)


def test_pushers_of_others_need_a_word(cast, cage, moto):
    """Without walls a stranger's library could read everything: only where `accept-missing` says so."""
    plugins.put(cast.directory, "foreign", says=plugins.manifest("foreign", hosts=["*.localhost"]))
    cast.use("f", "foreign", "f-one")
    cast.world.must("plugin", "pin", "foreign")
    name = f"lambda-{time.monotonic_ns()}"
    table(moto, name)
    function = Function(kept_in(cast.world, moto, name))
    cast.world.wrapper = [cage]
    try:
        kind, document = function.invoke()
        assert kind == "init" and document["errorType"] == "Keyturn.NotAllowed", (kind, document, function.log)
        assert "did not come with keyturn" in document["errorMessage"]
        assert "accept-missing: [no-new-privs, landlock, seccomp]" in document["errorMessage"]
        cast.world.configuration.setdefault("plugins", {})["accept-missing"] = ["no-new-privs", "landlock", "seccomp"]
        cast.world.save()
        assert function.invoke()[0] == "response", function.log
    finally:
        function.close()
