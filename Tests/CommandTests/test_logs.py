"""The log for programs: JSON lines of a fixed form, levels, and priorities for journald."""

import json
import os
import re
import signal

import pytest

import program
from test_schemas import validator
from world import waited_for

SEPARATORS = "\u2028\u2029\u0085\x1b[31m\x07"


def lines(text):
    """Each line, by the schema that is installed with keyturn."""
    found = [json.loads(line) for line in text.splitlines()]
    assert found, "nothing was logged"
    schema = validator("log-line")
    for line in found:
        errors = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(line)]
        assert errors == [], (line, errors)
    return found


def test_a_rotation_line_by_line(world):
    """User, target, rotation, key, and GitHub's own ID of the request; the old key is not confused with the new one."""
    result = world.must("rotate", "--log-format", "json")
    logged = lines(result.err)
    assert {line["user"] for line in logged if "event" in line} == {"cicd-bot"}
    delivered = {line["target"]: line for line in logged if line.get("event") == "delivered"}
    assert set(delivered) == {"travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"}
    new = next(key["id"] for key in world.status()["keys"] if key["role"] == "current")
    github = delivered["github:acme/app"]
    assert (github["pusher"], github["rotation"], github["key"], github["level"]) == ("github", 1, new, "info")
    assert re.fullmatch(r"[0-9A-Za-z:-]{8,}", github["service-request-id"])
    times = [line["time"] for line in logged]
    assert times == sorted(times)
    # The first three members come first, for people who read it.
    assert all(line.startswith('{"time":"') and '","level":"' in line for line in result.err.splitlines())


def test_a_push_that_is_tried_again_in_a_moment_is_no_error(world):
    world.sandbox.fault("github", method="PUT", status=503, times=1)
    logged = lines(world.must("rotate", "--log-format=json").err)
    (again,) = [line for line in logged if line.get("event") == "not-delivered"]
    assert (again["level"], again["code"], again["target"]) == ("notice", "retryable", "github:acme/app")
    words = r"fault on the service's side; it is tried again (now|in \S+)$"
    assert again["message"].count("again") == 1 and re.search(words, again["message"]), again["message"]
    assert "error" not in {line["level"] for line in logged}
    shown = world.must("history").out
    assert re.search(words, shown, re.MULTILINE), shown
    assert [line.get("retry-at") is None for line in world.history()] == [line["event"] != "not-delivered" for line in world.history()]


def test_quiet_says_nothing_of_a_push_that_is_tried_again_and_says_what_failed(world):
    world.sandbox.fault("github", method="PUT", status=500, times=1)
    assert world.must("rotate", "--wait", "--quiet").err == ""
    world.sandbox.fault("github", method="PUT", status=401, times=0)
    err = world.must("rotate", "--quiet", status=75).err
    # What became of the first rotation's push is not known, so this one waits.
    assert " error " in err and "cicd-bot: 1 of 3 targets has not confirmed: github:acme/app: waiting" in err, err
    assert re.search(r"; `keyturn run` or `keyturn step` goes on (now|in \S+)", err), err


def test_what_aws_refuses_has_its_request_id(world):
    world.sandbox.fault("aws", path=".*", status=403, times=0, body=(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        "<RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ErrorResponse>"))
    logged = lines(world.run("rotate", "--log-format", "json").err)
    blocked = [line for line in logged if line.get("event") == "blocked"]
    assert blocked and blocked[0]["request-id"] == "01234567-89ab-cdef-0123-456789abcdef", logged
    assert blocked[0]["code"] == "denied" and blocked[0]["level"] == "error"


def test_a_hostile_answer_stays_on_its_line(world):
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h", "preflight": False})
    world.save()
    world.sandbox.fault("travis", method="PATCH", status=422, times=0, body=f'a{SEPARATORS}\n{{"level":"info","message":"forged"}}')
    err = world.must("rotate", "--log-format", "json", status=75).err
    assert not any(character in err for character in SEPARATORS if character not in "[31m")
    logged = lines(err)
    assert "forged" not in {line["message"] for line in logged}
    assert any(line["level"] == "error" and line.get("target") == "travis:acme/app" for line in logged)


@pytest.mark.parametrize("how", ["options", "environment"])
def test_levels(world, how):
    def logged(level):
        if how == "options":
            return world.must("step", "--log-format", "json", "--log-level", level).err
        return world.must("step", environment={"KEYTURN_LOG_FORMAT": "json", "KEYTURN_LOG_LEVEL": level}).err

    world.must("rotate", "--wait")
    world.configuration["defaults"]["rotate-every"] = "1s"
    world.save()
    assert logged("warning") == ""
    waited_for(lambda: world.is_due("cicd-bot"))
    assert {line["level"] for line in lines(logged("info"))} <= {"info", "notice", "warning", "error"}


def test_options_go_before_the_environment(world):
    environment = {"KEYTURN_LOG_FORMAT": "json", "KEYTURN_LOG_LEVEL": "error"}
    err = world.must("rotate", "--log-format", "text", "--log-level", "info", environment=environment).err
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info    cicd-bot: ", err)
    for name in environment:
        result = world.must("status", status=64, environment={name: "loud"})
        assert f"${name} is `loud`; the values are: " in result.err
    assert "--log-level cannot" in world.must("status", "--quiet", "--log-level", "debug", status=64).err
    assert "--log-format" in world.must("status", "--log-format", "xml", status=64).err


def test_a_command_that_fails_says_so_in_the_same_form(tmp_path):
    empty = program.Program(tmp_path)
    result = empty.must("status", "--log-format", "json", status=78)
    (line,) = lines(result.err)
    assert (line["level"], line["code"]) == ("error", "exit-78") and "keyturn.yaml" in line["message"]
    assert empty.must("status", status=78).err.startswith("keyturn: ")


def test_run_with_json_logs_json(world):
    process = world.start("run", "--json")
    os.set_blocking(process.stderr.fileno(), False)
    read = []
    waited_for(lambda: read.append(process.stderr.read() or b"") or b"running: 1 user" in b"".join(read))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    rest = process.stderr.read() or b""
    logged = lines((b"".join(read) + rest).decode())
    assert logged[-1]["message"] == "stopped"
    assert process.stdout.read() == b""


@pytest.mark.parametrize("form", ["text", "json"])
def test_journald_reads_priorities(world, form):
    """Where stderr is the stream that JOURNAL_STREAM names, and nowhere else."""
    reader, writer = os.pipe()
    attributes = os.fstat(writer)
    world.environment["KEYTURN_LOG_FORMAT"] = form
    world.environment["JOURNAL_STREAM"] = f"{attributes.st_dev}:{attributes.st_ino}"
    world.sandbox.fault("github", method="PUT", status=503, times=1)
    process = world.start("rotate", stderr=writer)
    os.close(writer)
    with os.fdopen(reader) as stream:
        logged = stream.read().splitlines()
    assert process.wait(timeout=30) == 0
    assert {line[:3] for line in logged} == {"<6>", "<5>"}
    if form == "json":
        lines("\n".join(line[3:] for line in logged))
    assert not world.must("step").err.startswith("<")
