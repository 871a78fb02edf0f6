"""Metrics, alert rules and the dashboard, by Prometheus' own tool; what a configuration that cannot be used looks like from outside."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

import guides
import program
from test_listening import Shown, value
from test_notifications import Receiver
from world import waited_for

PACKAGING = guides.REPOSITORY / "Sources" / "Packaging"
RULES = PACKAGING / "prometheus" / "keyturn.rules.yaml"
DASHBOARD = PACKAGING / "grafana" / "keyturn.json"


def promtool(*arguments, **options):
    beside = pathlib.Path(sys.executable).parent / "promtool"
    tool = shutil.which("promtool") or beside
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, **options)


@pytest.fixture
def shown(world):
    shown = Shown(world)
    waited_for(lambda: shown.get("/readyz").status_code == 200)
    yield shown
    shown.stop()


def exported(shown):
    """The names of all samples that there can be."""
    names = set()
    for family in text_string_to_metric_families(shown.get("/metrics").text):
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names |= {family.name + suffix for suffix in suffixes}
    return names


def test_promtool_finds_no_fault_in_the_metrics(world, shown):
    """Also in those that are there only while something happens."""
    text = shown.get("/metrics").text
    world.sandbox.fault("travis", method="PATCH", status=422, times=0)
    world.must("rotate", status=75)
    waited_for(lambda: value(shown, "keyturn_blocked_targets", user="cicd-bot") == 1)
    for metrics in (text, shown.get("/metrics").text):
        checked = promtool("check", "metrics", input=metrics)
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), checked
    bad = promtool("check", "metrics", input="# TYPE keyturn_age_minutes counter\nkeyturn_age_minutes 1\n")
    assert bad.returncode != 0, "it finds faults"


def test_counters_are_there_from_the_start(shown):
    assert value(shown, "keyturn_pushes_total", pusher="travis", outcome="confirmed") == 0
    assert value(shown, "keyturn_pushes_total", pusher="github", outcome="not-confirmed") == 0
    assert value(shown, "keyturn_rotations_completed_total", user="cicd-bot") == 0
    assert value(shown, "keyturn_problems", code="not-delivered") == 0
    assert value(shown, "keyturn_problems", code="unaccounted-key") == 0


def test_the_rules_are_right_and_fire_when_they_are_to():
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked
    tested = promtool("test", "rules", guides.REPOSITORY / "Tests" / "Monitoring" / "keyturn.rules.test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_rules_and_dashboard_ask_for_metrics_that_there_are(shown):
    names = exported(shown)
    known = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names} | names
    for path in (RULES, DASHBOARD):
        asked = set(re.findall(r"\bkeyturn_[a-z0-9_]+", "\n".join(queries(path))))
        assert asked and asked <= names, (path.name, asked - names)
    guide = set(re.findall(r"`(keyturn_[a-z0-9_]+)", (guides.GUIDES / "Monitoring.md").read_text()))
    assert guide == {name for name in known if not re.search(r"_(bucket|sum|count)$", name)}


def queries(path):
    """The expressions of a file of rules, or of a dashboard."""
    if path.suffix == ".yaml":
        return re.findall(r"^ +expr: (.*)$", path.read_text(), re.MULTILINE)
    panels = json.loads(path.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def test_the_dashboard_is_one_that_grafana_takes():
    """Each panel has a place of its own, a title, a description and a query by the dashboard's own data source."""
    board = json.loads(DASHBOARD.read_text())
    assert board["uid"] and board["title"] and board["schemaVersion"] >= 36 and "id" not in board
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] == "row":
            continue
        assert panel["title"] and panel["description"] and panel["targets"], panel
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all('job="$job"' in target["expr"] for target in panel["targets"]), panel["title"]
    for query in queries(DASHBOARD):
        plain = query.replace("$__rate_interval", "5m").replace("$job", "keyturn")
        rule = json.dumps({"groups": [{"name": "g", "rules": [{"record": "r", "expr": plain}]}]})
        checked = promtool("check", "rules", "/dev/stdin", input=rule)
        assert checked.returncode == 0, (query, checked.stdout + checked.stderr)


def test_rules_and_dashboard_are_installed():
    share = program.stage() / "share" / "keyturn"
    assert (share / "prometheus" / "keyturn.rules.yaml").read_bytes() == RULES.read_bytes()
    assert (share / "grafana" / "keyturn.json").read_bytes() == DASHBOARD.read_bytes()


def test_a_configuration_that_cannot_be_used_shows_everywhere(world):
    """After SIGHUP: metrics, page, readiness, and one message; then its end."""
    receiver = Receiver()
    world.write("webhook.secret", "a shared secret\n", 0o600)
    world.configuration["notifications"] = [{"webhook": receiver.url, "secret": {"file": "webhook.secret"}}]
    world.save()
    shown = Shown(world)
    waited_for(lambda: shown.get("/readyz").status_code == 200)
    assert value(shown, "keyturn_config_last_reload_successful") == 1
    began = value(shown, "keyturn_config_last_reload_success_timestamp_seconds")
    world.write("keyturn.yaml", "users: [")
    for _ in range(2):
        os.kill(shown.process.pid, signal.SIGHUP)
        waited_for(lambda: value(shown, "keyturn_config_last_reload_successful") == 0)
    assert "this is not YAML" in shown.get("/").text and "this is not YAML" in shown.get("/readyz").text
    assert shown.get("/readyz").status_code == 200
    waited_for(lambda: receiver.events == ["configuration"])
    message = json.loads(receiver.messages[0][2])
    assert "this is not YAML" in message["text"] and message["severity"] == "error"
    world.save()
    os.kill(shown.process.pid, signal.SIGHUP)
    waited_for(lambda: value(shown, "keyturn_config_last_reload_successful") == 1)
    waited_for(lambda: value(shown, "keyturn_config_last_reload_success_timestamp_seconds") > began)
    assert "not YAML" not in shown.get("/").text and shown.get("/readyz").text == "ready\n"
    waited_for(lambda: receiver.events == ["configuration", "recovered"])
    assert json.loads(receiver.messages[1][2])["incident"] == message["incident"]
    shown.stop()
    receiver.close()
