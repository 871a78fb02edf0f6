"""Fan-outs under rate limits: kept to before the service has to insist, and paused when it does."""

import http.server
import threading

import plugins
import pytest

from test_pushers import Cast
from world import waited_for


def repositories(count):
    return [{"pusher": "github", "repository": f"acme/app-{number}"} for number in range(1, count + 1)]


def moment(entry):
    """Seconds since the sandbox began."""
    return entry["milliseconds"] / 1000


@pytest.mark.timeout(150)
def test_300_repositories_under_a_secondary_limit(make):
    """900 points a `minute`, which takes eight seconds here: hardly one request is refused, and no time is lost."""
    minute, count = 8, 300
    world = make("--rate-limits", "--github-minute", minute, "--targets", count, users={
        "cicd-bot": {"targets": repositories(count)}})
    world.configuration["pushers"]["github"]["limits"] = [{"seconds": minute, "cost": 900, "read": 1, "write": 5}]
    world.save()
    world.sandbox.clear_requests()
    world.must("rotate", "--quiet", timeout=120)
    assert all(delivery["state"] == "confirmed" for delivery in world.deliveries().values())
    asked = world.sandbox.requests("github")
    refused = [entry for entry in asked if entry["status"] in (403, 429)]
    assert len(refused) < len(asked) / 100, (len(refused), len(asked))
    # What was asked, before the first key and for the pushes, takes so many minutes.
    points = sum(1 if entry["method"] == "GET" else 5 for entry in asked)
    took = moment(asked[-1]) - moment(asked[0])
    imposed = minute * ((points - 1) // 900)
    assert took >= imposed
    print(f"{count} repositories: {took:.1f} s, imposed {imposed} s, {len(refused)} of {len(asked)} requests refused")


def test_a_pause_is_kept(make):
    """A 403 with Retry-After: that credential's requests stop, other pushers' do not, and nothing comes too early."""
    world = make("--targets", 40, users={
        "cicd-bot": {"targets": repositories(40) + [{"pusher": "gitlab", "project": f"acme/app-{n}"} for n in range(1, 5)]}})
    world.sandbox.fault("github", method="PUT", status=403, retryAfter=3, times=1)
    result = world.must("rotate", "--wait", "--verbose", timeout=80)
    assert "asks for a pause" in result.err
    asked = world.sandbox.requests("github")
    refusal = next(moment(entry) for entry in asked if entry["status"] == 403)
    # What was on its way already arrives a moment later.
    early = [entry for entry in asked if refusal + 0.5 < moment(entry) < refusal + 2.9]
    assert early == []
    assert all(delivery["state"] == "confirmed" for delivery in world.deliveries().values())


def test_the_plan_tells_how_long_a_fan_out_takes(make):
    """By the limits that are known before anything is asked."""
    world = make("--targets", 300, users={"cicd-bot": {"targets": repositories(300)}})
    world.configuration["pushers"]["github"]["limits"] = [{"seconds": 60, "cost": 80, "write": 1}]
    world.save()
    (step,) = world.must("plan", "--json").json["plan"]
    assert step["fan-out-seconds"] == 420
    assert "300 (at least 7m)" in world.must("plan").out


def test_limits_that_make_no_sense(world):
    """One sentence with the line."""
    world.configuration["pushers"]["github"]["limits"] = [{"seconds": 0, "cost": 80}]
    world.save()
    result = world.must("plan", status=78)
    assert "pushers.github.limits.0.seconds` must be at least 1" in result.err


def test_a_half_written_pair_goes_before_all_that_wait_for_their_turn(tmp_path):
    """One write of twelve has no answer: its target is written again as soon as anything may be, not after the others."""
    written = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers.get("content-length") or 0))
            written.append(self.path.strip("/"))
            if written == ["a-torn"]:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Tests are quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cast = Cast(tmp_path / "cast")
    try:
        plugins.put(cast.directory, "plain", says=plugins.manifest("plain", pace={"push": {"write": 1}}))
        cast.world.configuration["defaults"]["preflight"] = False
        cast.use("mine", "plain", "a-torn", *(f"b-{number:02}" for number in range(12)))
        cast.world.configuration["pushers"]["mine"] |= {
            "endpoint": f"http://127.0.0.1:{server.server_port}", "limits": [{"seconds": 3, "cost": 1, "write": 1}]}
        cast.world.save()
        process = cast.world.start("rotate", "--quiet")
        try:
            again = lambda: written.count("a-torn") == 2 and len(written) >= 4  # noqa: E731
            assert waited_for(again, 60), written
        finally:
            process.kill()
            process.wait(timeout=20)
        assert written.index("a-torn") == 0 and "a-torn" in written[1:3], written
    finally:
        cast.close()
        server.shutdown()
        server.server_close()
