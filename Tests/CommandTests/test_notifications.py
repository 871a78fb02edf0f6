"""Who is notified of what: signed webhooks, Slack, commands; once, never a secret, and never in the way of a rotation."""

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import re
import threading
import time

import pytest

import leaks
from test_schemas import validator
from world import waited_for

SECRET = "a shared secret of the receiver"


class Receiver:
    """Takes webhooks as its documentation says that a receiver should."""

    def __init__(self):
        self.messages = []
        self.answer = 204
        self.delay = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.messages.append((self.path, dict(self.headers), body))
                time.sleep(receiver.delay)
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def events(self):
        return [json.loads(body)["event"] for _, _, body in self.messages]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def verify(headers, body, now=None):
    """What Notifications.md asks of a receiver."""
    parts = dict(part.split("=", 1) for part in headers["Keyturn-Signature"].split(","))
    if abs((now or time.time()) - int(parts["t"])) > 300:
        return False
    wanted = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def told(world, receiver):
    """A world whose operators have a webhook."""
    world.write("webhook.secret", SECRET + "\n", 0o600)
    world.configuration["notifications"] = [
        {"webhook": f"{receiver.url}/hook/PATH-TOKEN?key=QUERY-TOKEN", "secret": {"file": "webhook.secret"}, "blocked-after": "1s"}]
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h", "preflight": False})
    world.save()
    return world


def test_a_completed_rotation(told, receiver):
    told.must("rotate", "--wait")
    assert receiver.events == ["completed"]
    path, headers, body = receiver.messages[0]
    assert verify(headers, body) and headers["Content-Type"] == "application/json"
    assert not verify(headers, body.replace(b"cicd", b"evil"))
    assert not verify(headers, body, time.time() + 3600), "what someone kept is refused later"
    message = json.loads(body)
    key = told.status()["keys"][0]["id"]
    assert (message["user"], message["rotation"], message["key"], message["version"]) == ("cicd-bot", 1, key, 1)
    assert message["id"] == f"cicd-bot/1/completed/{key}" and message["at"].endswith("Z")
    told.must("step")
    told.must("rotate", "--wait")
    assert receiver.events == ["completed", "completed"]


def test_blocked_is_told_once_and_so_is_its_end(told, receiver):
    """Over many steps of a timer, each a process of its own, with an answer that repeats the token."""
    sandbox = told.sandbox
    token = sandbox.tokens["travis"]
    sandbox.fault("travis", method="PATCH", status=422, body=f"you sent {token}", times=0)
    told.must("rotate", status=75)

    def step(until):
        told.must("step", status=75)
        return until()

    waited_for(lambda: step(lambda: receiver.events))
    for _ in range(3):
        tried = len(sandbox.writes())
        waited_for(lambda: step(lambda: len(sandbox.writes()) > tried))
    assert receiver.events == ["blocked"]
    message = json.loads(receiver.messages[0][2])
    assert message["problem"] == "not-delivered" and "travis:acme/app" in message["text"]
    assert message["text"].endswith("; keyturn tries again by itself"), message["text"]
    sandbox.clear_faults()
    told.step_until_idle()
    assert receiver.events == ["blocked", "recovered", "completed"]
    secrets = {**sandbox.tokens, "aws": sandbox.secretAccessKey, "the new secret": sandbox.secret_at_gitlab(), "shared": SECRET}
    for _, headers, body in receiver.messages:
        assert leaks.found_in(body, secrets) == [] and leaks.found_in(str(headers), secrets) == []
    leaks.assert_told_nowhere(told, secrets, but=("gitlab.token", "webhook.secret"))


def test_a_leak(told, receiver):
    told.must("rotate", "--wait")
    leaked = told.status()["keys"][0]["id"]
    receiver.messages.clear()
    told.must("revoke", "--user", "cicd-bot")
    assert receiver.events == ["revoked", "completed"]
    assert json.loads(receiver.messages[0][2])["key"] == leaked


def test_a_receiver_that_is_down(told, receiver):
    """The rotation goes on as if there was none, the log has no part of the address, and the next step sends the message."""
    receiver.answer = 500
    began = time.monotonic()
    told.must("rotate", "--wait")
    assert time.monotonic() - began < 30
    log = told.results[-1].err
    assert "did not take `completed`" in log and "it answered 500" in log
    assert "TOKEN" not in "".join(result.err + result.out for result in told.results)
    assert b"TOKEN" not in told.database.read_bytes()
    receiver.answer = 200
    receiver.messages.clear()
    told.must("step")
    assert receiver.events == ["completed"]
    told.must("step")
    assert receiver.events == ["completed"]


def test_a_receiver_that_hangs_delays_no_rotation(told, receiver):
    """The rotation itself ends at once; the process waits a bounded time for the receiver."""
    receiver.delay = 60
    began = time.monotonic()
    told.must("rotate", "--wait")
    passed = time.monotonic() - began
    history = told.history()
    assert history[-1]["event"] == "completed" and passed < 25
    told.must("step")
    assert len(receiver.messages) >= 2, "it is owed still"


def test_slack_and_commands(told, receiver):
    """Slack gets a text; a command gets the JSON on its standard input, and no secret in its environment."""
    told.write("slack.url", f"{receiver.url}/services/SLACK-TOKEN\n", 0o600)
    told.write("tell.sh", "#!/bin/sh\n{ cat; echo \"$@\"; env; } >> told.txt\n", 0o755)
    told.configuration["notifications"] = [
        {"slack": {"file": "slack.url"}, "on": ["completed"]},
        {"command": ["./tell.sh", "an argument"], "on": ["completed"]},
    ]
    told.save()
    told.must("rotate", "--wait")
    (path, headers, body), = receiver.messages
    assert path == "/services/SLACK-TOKEN" and "Keyturn-Signature" not in headers
    assert list(json.loads(body)) == ["text"] and "rotation 1 is complete" in json.loads(body)["text"]
    lines = (told.directory / "told.txt").read_text().splitlines()
    assert json.loads(lines[0])["event"] == "completed" and lines[1] == "an argument"
    secrets = {**told.sandbox.tokens, "aws": told.sandbox.secretAccessKey}
    assert leaks.found_in("\n".join(lines), secrets) == [] and "TOKEN" not in "\n".join(lines[2:])
    assert not told.temporary.joinpath("x").exists()


def test_a_command_that_fails_or_hangs(told):
    told.configuration["notifications"] = [{"command": ["false"]}, {"command": ["/nonexistent"]}, {"command": ["sleep", "600"]}]
    told.save()
    began = time.monotonic()
    result = told.must("rotate", "--wait", timeout=60)
    assert time.monotonic() - began < 20
    assert "command sleep did not take `completed`" in result.err and "was ended" in result.err
    assert "command false did not take" in result.err and "command /nonexistent did not take" in result.err


def test_run_tells_while_it_goes_on(told, receiver):
    """Also what another process did, and SIGTERM ends it at once."""
    told.configuration["defaults"]["rotate-every"] = "3s"
    told.save()
    process = told.start("run")
    waited_for(lambda: receiver.events.count("completed") >= 2, seconds=60)
    began = time.monotonic()
    process.terminate()
    assert told.finish(process, timeout=10).status == 0
    assert time.monotonic() - began < 9
    ids = [json.loads(body)["id"] for _, _, body in receiver.messages]
    assert len(ids) == len(set(ids)), ids


def test_the_test_message(told, receiver):
    told.write("slack.url", f"{receiver.url}/services/SLACK-TOKEN\n", 0o600)
    told.configuration["notifications"].append({"slack": {"file": "slack.url"}, "on": ["blocked"]})
    told.save()
    result = told.must("notify")
    assert len(receiver.messages) == 2 and "took the test message" in result.out and "TOKEN" not in result.out
    hook = next(message for message in receiver.messages if message[0].startswith("/hook"))
    assert verify(*hook[1:]) and json.loads(hook[2])["event"] == "test"
    receiver.answer = 404
    result = told.must("notify", "--json", status=69)
    assert [check["ok"] for check in result.json["checks"]] == [False, False]
    assert "it answered 404" in result.json["checks"][0]["detail"]
    assert "webhook http://127.0.0.1" in told.must("check").out


def test_every_message_has_the_form_that_is_promised(told, receiver):
    """By the schema that is installed."""
    told.sandbox.fault("travis", method="PATCH", status=422, times=0)
    told.must("rotate", status=75)
    waited_for(lambda: told.run("step") and receiver.events)
    told.sandbox.clear_faults()
    told.step_until_idle()
    told.must("notify")
    assert set(receiver.events) == {"blocked", "recovered", "completed", "test"}
    schema = validator("notification")
    for _, _, body in receiver.messages:
        errors = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(json.loads(body))]
        assert errors == [], (body, errors)


PAGERDUTY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def routed(world, receiver):
    """A world with a receiver of each kind, and a sendmail that keeps what it is given."""
    world.write("pagerduty.key", PAGERDUTY + "\n", 0o600)
    world.write("teams.url", f"{receiver.url}/workflows/TEAMS-TOKEN?sig=SIGNATURE\n", 0o600)
    world.write("sendmail.sh", '#!/bin/sh\n{ printf "%s\\n" "$@"; echo; cat; echo =====; } >> mails.txt\n', 0o755)
    world.configuration["notify"] = {
        "oncall": {"pagerduty": {"file": "pagerduty.key"}, "endpoint": receiver.url, "blocked-after": "1s"},
        "team": [
            {"teams": {"file": "teams.url"}, "blocked-after": "1s"},
            {"email": ["ops@example.com", "dev@example.com"], "from": "keyturn@example.com",
             "sendmail": ["./sendmail.sh", "-v"], "blocked-after": "1s"}],
    }
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h", "preflight": False})
    world.save()
    return world


def mails(world):
    path = world.directory / "mails.txt"
    return path.read_text().split("=====\n")[:-1] if path.exists() else []


def letter(mail):
    """The arguments of sendmail, and the letter."""
    arguments, text = mail.split("\n\n", 1)
    return arguments.split("\n"), email.message_from_string(text, policy=email.policy.default)


def test_pagerduty_gets_a_trigger_and_a_resolve(routed, receiver):
    """By PagerDuty's own contract: 202, one key for an incident; nothing for what needs no person."""
    routed.configuration["users"]["cicd-bot"]["owner"] = "oncall"
    routed.save()
    receiver.answer = 202
    routed.sandbox.fault("travis", method="PATCH", status=422, times=0)
    routed.must("rotate", status=75)
    waited_for(lambda: routed.run("step") and receiver.messages)
    routed.must("step", status=75)
    routed.sandbox.clear_faults()
    routed.step_until_idle()
    assert [path for path, _, _ in receiver.messages] == ["/v2/enqueue"] * 2
    trigger, resolve = (json.loads(body) for _, _, body in receiver.messages)
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["routing_key"] == resolve["routing_key"] == PAGERDUTY
    assert trigger["dedup_key"] == resolve["dedup_key"] and len(trigger["dedup_key"]) <= 255
    payload = trigger["payload"]
    assert payload["severity"] == "error" and payload["source"] and "cicd-bot needs attention" in payload["summary"]
    assert payload["custom_details"]["user"] == "cicd-bot" and payload["class"] == "blocked"
    assert PAGERDUTY not in "".join(result.err + result.out for result in routed.results)


def test_an_owner_hears_of_its_users_and_nobody_else_does(routed, receiver):
    routed.configuration["notifications"] = [{"slack": {"file": "teams.url"}}]
    routed.configuration["users"]["cicd-bot"]["owner"] = "team"
    routed.save()
    routed.must("rotate", "--wait")
    (path, _, body), = receiver.messages
    assert path.startswith("/workflows/TEAMS-TOKEN")
    card = json.loads(body)["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard" and "rotation 1 is complete" in json.dumps(card["content"]["body"])
    arguments, mail = letter(mails(routed)[0])
    assert arguments == ["-v", "-i", "-f", "keyturn@example.com", "--", "ops@example.com", "dev@example.com"]
    assert mail["Subject"] == "[keyturn] cicd-bot: rotation 1 is complete"
    assert mail["To"] == "ops@example.com, dev@example.com" and mail["Auto-Submitted"] == "auto-generated"
    assert "rotation 1 is complete, every target holds" in mail.get_content() and not mail.defects
    assert abs(mail["Date"].datetime.timestamp() - time.time()) < 60
    assert "TOKEN" not in "".join(result.err + result.out for result in routed.results)
    # An owner that is not there is a mistake.
    routed.configuration["users"]["cicd-bot"]["owner"] = "taem"
    routed.save()
    result = routed.must("check", status=78)
    assert "`users.cicd-bot.owner` names `taem`, which is not in `notify`; did you mean `team`?" in result.err


def test_no_answer_of_a_service_adds_a_header_or_a_link(routed, receiver):
    routed.configuration["users"]["cicd-bot"]["owner"] = "team"
    routed.save()
    hostile = "x\r\nBcc: evil@example.com\r\n\r\n[click](https://evil.example.com) =?utf-8?B?eA==?="
    routed.sandbox.fault("travis", method="PATCH", status=422, body=hostile, times=0)
    routed.must("rotate", status=75)
    waited_for(lambda: routed.run("step") and mails(routed) and receiver.messages)
    arguments, mail = letter(mails(routed)[0])
    assert mail["Bcc"] is None and set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert arguments[-2:] == ["ops@example.com", "dev@example.com"]
    body = json.loads(receiver.messages[0][2])["attachments"][0]["content"]["body"]
    assert {block["type"] for block in body} == {"RichTextBlock"}, "text blocks are Markdown"


def test_the_test_message_of_the_new_kinds(routed, receiver):
    """PagerDuty opens and resolves at once; a sendmail that fails is said."""
    routed.must("notify")
    events = [json.loads(body) for path, _, body in receiver.messages if path == "/v2/enqueue"]
    assert [event["event_action"] for event in events] == ["trigger", "resolve"]
    assert events[0]["payload"]["severity"] == "info" and events[0]["dedup_key"] == events[1]["dedup_key"]
    assert len(receiver.messages) == 3 and "nothing has happened" in letter(mails(routed)[0])[1].get_content()
    routed.write("sendmail.sh", "#!/bin/sh\nexit 75\n", 0o755)
    result = routed.must("notify", status=69)
    assert "team: email ops@example.com and 1 more" in result.out and "did not take the test message" in result.out


MANY = 500


@pytest.mark.later
@pytest.mark.timeout(540)
def test_500_users_and_one_refused_token(make, receiver):
    """One notification, and a status that fits on a screen; when the token is right again, one more."""
    users = {f"user-{number:03}": {"targets": [{"pusher": "gitlab", "project": f"acme/app-{number + 1}"}]} for number in range(MANY)}
    world = make("--targets", MANY, users=users)
    world.write("webhook.secret", SECRET + "\n", 0o600)
    world.configuration["notifications"] = [
        {"webhook": receiver.url, "secret": {"file": "webhook.secret"}, "blocked-after": "20s", "on": ["blocked", "recovered"]}]
    world.configuration["defaults"] |= {"max-attempts": 1, "retry": "1h", "preflight": False, "overlap": "1h"}
    world.configuration["pushers"]["gitlab"]["limits"] = []
    world.save()
    for user in users:
        world.sandbox.add_user(user, 0)
    world.sandbox.fault("gitlab", status=401, body='{"message":"401 Unauthorized"}', times=0)
    world.run("rotate", "--all", "--quiet", timeout=300)
    waited_for(lambda: world.run("step", "--quiet", timeout=60) and receiver.messages, seconds=120)
    for _ in range(2):
        world.run("step", "--quiet", timeout=60)
    assert receiver.events == ["blocked"]
    message = json.loads(receiver.messages[0][2])
    assert message["cause"] == "not-delivered gitlab unauthorized"
    # Those that had got so far by then; the others are part of it.
    assert message["user-count"] > 1 and "users need attention for one reason" in message["text"]
    status = world.must("status")
    assert len(status.out.splitlines()) < 40, status.out
    world.sandbox.clear_faults()
    world.run("retry", "--quiet", timeout=300)
    waited_for(lambda: world.run("step", "--quiet", timeout=60) and len(receiver.messages) > 1, seconds=60)
    assert receiver.events == ["blocked", "recovered"]
    end = json.loads(receiver.messages[1][2])
    assert end["incident"] == message["incident"] and end["user-count"] == message["user-count"]
