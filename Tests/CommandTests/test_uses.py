"""`keyturn uses`: who used the old key, from log files of CloudTrail and from its event history."""

import gzip
import json
import threading
import http.server

import pytest


def event(number, key, agent="Boto3/1.34 exec-env/none", address="192.0.2.7", **more):
    return {
        "eventVersion": "1.09", "eventID": f"id-{number}", "eventTime": more.pop("at", "2036-11-22T10:00:00Z"),
        "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "awsRegion": "us-west-2", "sourceIPAddress": address,
        "userAgent": agent, "userIdentity": {"type": "IAMUser", "userName": "cicd-bot", "accessKeyId": key}, **more}


@pytest.fixture
def overlapping(world):
    """A user whose old key is still Active, and that key."""
    world.configuration["defaults"]["overlap"] = "1h"
    world.save()
    world.must("rotate")
    return world, next(key["id"] for key in world.status()["keys"] if key["role"] == "previous")


def logs(world, *events, name="AWSLogs/1/CloudTrail/us-west-2/2036/11/22/log.json.gz"):
    path = world.directory / "trail" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"Records": list(events)}).encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def test_a_place_that_nobody_named_is_in_the_log_files(overlapping):
    """The old key is used from a place that is not a target: the files name program, address and service. AWS is asked nothing."""
    world, old = overlapping
    other = "AKIASOMEBODYELSE0001"
    logs(world, event(1, old), event(2, old), event(3, other, address="203.0.113.1"),
         event(4, old, agent="aws-cli/2.15", address="198.51.100.4", errorCode="AccessDenied"),
         event(5, old, at="2016-11-22T10:00:00Z"))
    # The same record again, as when a bucket is copied twice.
    logs(world, event(1, old), name="again.json")
    world.write("ranges", "198.51.100.0/24 the build room\n")
    world.sandbox.clear_requests()
    document = world.must("uses", "cicd-bot", "--cloudtrail", "trail", "--ranges", "ranges", "--json").json
    assert world.sandbox.requests() == []
    assert document["key"] == old and document["last-used"] is None
    assert document["sources"] == [{"name": "trail", "records": 6, "has-more": False, "problems": []}]
    uses = {use["address"]: use for use in document["uses"]}
    assert set(uses) == {"192.0.2.7", "198.51.100.4"}
    assert uses["192.0.2.7"]["count"] == 2 and uses["192.0.2.7"]["program"] == "a Python program"
    assert uses["198.51.100.4"]["refused"] == 1 and uses["198.51.100.4"]["network"] == "the build room"
    text = world.must("uses", "cicd-bot", "--cloudtrail", "trail", "--ranges", "ranges").out
    assert "AWS CLI, from 198.51.100.4 (the build room)" in text and "Silence proves nothing" in text


def test_files_that_are_none_are_named_and_the_others_read(overlapping):
    world, old = overlapping
    logs(world, event(1, old))
    cut = logs(world, event(2, old), name="cut.json.gz")
    cut.write_bytes(cut.read_bytes()[:60])
    logs(world, name="text.json").write_text("no JSON at all")
    document = world.must("uses", "cicd-bot", "--cloudtrail", "trail", "--json", status=1).json
    assert [use["count"] for use in document["uses"]] == [1]
    assert {problem.partition(":")[0] for problem in document["sources"][0]["problems"]} == {"trail/cut.json.gz", "trail/text.json"}
    assert "there is no directory" in world.must("uses", "cicd-bot", "--cloudtrail", "none", status=1).err
    assert "cannot be combined with" in world.must("uses", "cicd-bot", "--cloudtrail", "trail", "--region", "x", status=64).err


class Trail(http.server.BaseHTTPRequestHandler):
    """LookupEvents as botocore's model has it, two events a page."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append((self.headers["x-amz-target"], self.headers["authorization"], body))
        start = int(body.get("NextToken", "0"))
        found = self.server.events[start:start + 2]
        answer = {"Events": [{"EventId": e["eventID"], "AccessKeyId": e["userIdentity"]["accessKeyId"], "CloudTrailEvent": "{" if e["eventID"] == getattr(self.server, "broken", None) else json.dumps(e)}
                             for e in found]}
        if start + 2 < len(self.server.events):
            answer["NextToken"] = str(start + 2)
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def test_the_event_history_is_read_to_its_end(overlapping):
    """Every page, for that key alone, in the region and the partition's global one; the same event is counted once."""
    world, old = overlapping
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trail)
    server.calls, server.events = [], [event(number, old, at="2026-11-22T10:00:00Z") for number in range(5)]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        # The endpoint of CloudTrail alone: the configuration's is that of all services.
        endpoint = world.configuration["aws"].pop("endpoint-url")
        world.save()
        for service in ("IAM", "STS"):
            world.environment[f"AWS_ENDPOINT_URL_{service}"] = endpoint
        world.environment["AWS_ENDPOINT_URL_CLOUDTRAIL"] = f"http://127.0.0.1:{server.server_port}"
        document = world.must("uses", "cicd-bot", "--since", "90d", "--region", "eu-west-1", "--json").json
    finally:
        server.shutdown()
        server.server_close()
    regions = list(dict.fromkeys([world.sandbox.region, "us-east-1", "eu-west-1"]))
    assert sorted((source["name"], source["records"], source["problems"]) for source in document["sources"]) == sorted(
        (region, 5, []) for region in regions)
    assert [use["count"] for use in document["uses"]] == [5]
    target, authorization, body = server.calls[0]
    assert target == "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
    assert f"/{world.sandbox.region}/cloudtrail/aws4_request" in authorization
    assert body["LookupAttributes"] == [{"AttributeKey": "AccessKeyId", "AttributeValue": old}]
    assert body["MaxResults"] == 50 and body["StartTime"] < body["EndTime"]
    assert len(server.calls) == 3 * len(regions)


def test_a_record_that_cannot_be_read_is_reported(overlapping):
    """What was read before it is shown; nothing is left out in silence."""
    world, old = overlapping
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trail)
    server.calls, server.events = [], [event(number, old, at="2026-11-22T10:00:00Z") for number in range(3)]
    server.broken = "id-2"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = world.configuration["aws"].pop("endpoint-url")
        world.save()
        for service in ("IAM", "STS"):
            world.environment[f"AWS_ENDPOINT_URL_{service}"] = endpoint
        world.environment["AWS_ENDPOINT_URL_CLOUDTRAIL"] = f"http://127.0.0.1:{server.server_port}"
        document = world.must("uses", "cicd-bot", "--since", "90d", "--json", status=1).json
    finally:
        server.shutdown()
        server.server_close()
    assert [use["count"] for use in document["uses"]] == [2]
    assert all("cannot be read" in source["problems"][0] for source in document["sources"])
