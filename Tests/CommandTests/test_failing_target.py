"""One target of ten that fails holds the old key, and nothing else."""

from world import waited_for

FAILING = "github:acme/app-3"


def ten_targets():
    """Three in Travis, four in GitLab, three in GitHub."""
    travis = [{"pusher": "travis", "repository": f"acme/app-{number}"} for number in (1, 2, 3)]
    gitlab = [{"pusher": "gitlab", "project": f"acme/app-{number}"} for number in (1, 2, 3, 4)]
    github = [{"pusher": "github", "repository": f"acme/app-{number}"} for number in (1, 2, 3)]
    return travis + gitlab + github


def hold(make, **policy):
    """A world whose rotation is blocked by one target that answers 503 to every write."""
    world = make("--targets", 9, users={"cicd-bot": {"targets": ten_targets(), "max-attempts": 1, "retry": "1h", **policy}})
    world.sandbox.fault("github", method="PUT", path="/repos/acme/app-3/", status=503, times=0)
    world.must("rotate", "--all", status=75)
    return world


def ids(world):
    return {key["role"]: key["id"] for key in world.status()["keys"]}


def test_nine_confirm_and_the_tenth_is_made_up_for(make):
    """Exit 75 and the old key Active until the fault is gone; then only the tenth is pushed, with the same key."""
    world = hold(make)
    (old, new) = (ids(world)["current"], ids(world)["next"])
    deliveries = world.deliveries()
    assert len(deliveries) == 10
    assert {name for name, line in deliveries.items() if line["state"] != "confirmed"} == {FAILING}
    assert deliveries[FAILING]["state"] in ("failed", "unknown") and "503" in deliveries[FAILING]["detail"]
    assert world.sandbox.keys() == {old: "Active", new: "Active"}
    assert FAILING in world.status()["problem"]
    assert "stays active" in world.must("status").out

    world.must("step", status=75)
    assert world.sandbox.keys() == {old: "Active", new: "Active"}, "another try, and no other key"

    world.sandbox.clear_faults()
    world.sandbox.clear_requests()
    world.must("step")
    writes = world.sandbox.writes()
    assert writes and all(entry["path"].startswith("/repos/acme/app-3/") for entry in writes)
    assert not [entry for entry in world.sandbox.requests("aws") if entry["path"] == "CreateAccessKey"]
    assert ids(world) == {"current": new, "previous": old}

    assert world.step_until_idle()["keys"][0]["id"] == new
    assert world.assert_holds_only(world.deliveries()) == new


def test_wait_gives_up_with_75(make):
    """`rotate --wait --timeout` waits no longer for a target that does not answer."""
    world = make(users={"cicd-bot": {"targets": [{"pusher": "travis", "repository": "acme/app"}], "max-attempts": 2, "retry": "1h"}})
    world.sandbox.fault("travis", status=500, times=0)
    world.must("rotate", "--all", "--wait", "--timeout", "5s", status=75)
    assert list(world.sandbox.keys().values()) == ["Active", "Active"]
    assert world.must("status", "--json").json["users"][0]["phase"] == "delivering"


def test_skip_completes_without_a_target_that_is_gone(make):
    """With a reason, which is recorded; the others hold the new key, and the rotation ends."""
    world = hold(make)
    assert world.run("skip", FAILING).status == 64, "a reason is needed"
    unknown = world.must("skip", "github:acme/nothing", "--reason", "gone", status=1)
    assert "github:acme/nothing" in unknown.err
    assert list(world.sandbox.keys().values()) == ["Active", "Active"]

    world.sandbox.clear_requests()
    world.must("skip", FAILING, "--reason", "the repository was archived")
    assert world.sandbox.writes() == []
    delivery = world.deliveries()[FAILING]
    assert (delivery["state"], delivery["evidence"]) == ("skipped", None)
    assert "the repository was archived" in delivery["detail"]
    world.step_until_idle()
    world.assert_holds_only(set(world.deliveries()) - {FAILING})
    (line,) = [line for line in world.history() if line["event"] == "skipped"]
    assert line["target"] == FAILING and "the repository was archived" in line["detail"]


def test_retry_pushes_again_whatever_the_schedule_says(make):
    """The next try would be in an hour; `retry` makes it now, and only where it is needed."""
    world = hold(make)
    world.sandbox.clear_requests()
    world.must("retry", status=75)
    assert {entry["path"].split("/actions")[0] for entry in world.sandbox.writes()} == {"/repos/acme/app-3"}
    world.sandbox.clear_faults()
    world.must("retry")
    assert world.deliveries()[FAILING]["state"] == "confirmed"
    assert world.status()["phase"] == "overlap"
    world.sandbox.clear_requests()
    world.must("retry")
    assert world.sandbox.writes() == [], "there is nothing to push any more"


def test_a_blocked_user_blocks_no_other(make):
    """Two users; the target of one does not answer: the other's rotation comes to its end."""
    users = {
        name: {"targets": [{"pusher": "travis", "repository": repository}], "max-attempts": 1, "retry": "1h"}
        for name, repository in (("ci-1", "acme/app-1"), ("ci-2", "acme/app-2"))}
    world = make("--users", 2, "--targets", 2, users=users)
    world.sandbox.fault("travis", path="app-1", status=503, times=0)
    world.must("rotate", "--all", status=75)
    world.must("rotate", "--user", "ci-2", "--wait")
    world.assert_holds_only(["travis:acme/app-2"], user="ci-2")
    assert list(world.sandbox.keys("ci-1").values()) == ["Active", "Active"]
    assert world.status("ci-1")["phase"] == "delivering"


def test_a_rate_limited_target_is_left_in_peace(make):
    """`Retry-After` is kept to by the next step too; `retry` is the operator's own word."""
    world = make(users={"cicd-bot": {"targets": [{"pusher": "github", "repository": "acme/app"}]}})
    world.sandbox.fault("github", method="PUT", status=429, retryAfter=120, times=1)
    world.must("rotate", "--all", status=75)
    world.sandbox.clear_requests()
    world.must("step", status=75)
    assert world.sandbox.requests("github") == []
    world.must("retry")
    waited_for(lambda: world.status()["phase"] == "overlap")


def test_passing_faults_of_aws_are_ridden_out(world):
    """A 503 and a throttled request are asked again within the same command."""
    world.sandbox.fault("aws", path="ListAccessKeys", status=503, times=1)
    world.sandbox.fault("aws", path="UpdateAccessKey", status=400, times=2)
    world.must("rotate", "--all", "--wait")
    world.assert_holds_only(world.deliveries())


def test_a_create_whose_answer_was_lost_is_not_sent_twice(make):
    """GitLab has made the variable, and its answer is lost: what to do next is the pusher's to decide, after reading."""
    world = make(users={"cicd-bot": {"targets": [{"pusher": "gitlab", "project": "acme/fresh"}], "max-attempts": 1, "retry": "1h"}})
    world.sandbox.place("gitlab", "acme/fresh")
    world.sandbox.fault("gitlab", method="POST", close=True, afterEffect=True, times=1)
    world.run("rotate", "--all")
    asked = [(entry["method"], entry["status"]) for entry in world.sandbox.requests("gitlab")]
    assert asked[asked.index(("POST", 0)) + 1 :][:1] != [("POST", 400)], asked
