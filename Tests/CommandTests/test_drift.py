"""What targets really hold: `status --online` and `check --online` ask them."""

import shapes
import state

GITLAB = "gitlab:acme/tools/app"


def holdings(world):
    document = world.must("status", "--online", "--json").json
    (user,) = document["users"]
    found = {delivery["target"]: delivery["holds"] for delivery in user["deliveries"]}
    shapes.check_status(document)
    return found


def write_at_gitlab(sandbox, key, value, project="acme/tools/app"):
    """What a colleague does in the settings."""
    address = f"{sandbox.gitlab}/api/v4/projects/{project.replace('/', '%2F')}/variables/{key}"
    reply = sandbox.session.put(
        address, headers={"PRIVATE-TOKEN": sandbox.tokens["gitlab"]}, json={"value": value}, timeout=10)
    assert reply.ok, reply.text


def test_each_target_is_asked(world):
    """The current key where it can be read, `unreadable` with the time of writing where it cannot."""
    world.must("rotate", "--wait")
    (key,) = world.sandbox.keys()
    found = holdings(world)
    assert found[GITLAB]["role"] == found["travis:acme/app"]["role"] == "current"
    assert found[GITLAB]["key"] == key and found[GITLAB]["drift"] is None
    assert found["github:acme/app"]["role"] == "unreadable" and found["github:acme/app"]["since"]
    assert f"holds {key} (current)" in world.must("check", "--online").out
    assert "holds" not in world.deliveries()[GITLAB]


def test_a_variable_that_somebody_changed_is_drift(world):
    """A failure with the command that gives the target a key again, and that command does."""
    world.must("rotate", "--wait")
    write_at_gitlab(world.sandbox, "AWS_ACCESS_KEY_ID", "AKIAFOREIGN000000000")
    found = holdings(world)[GITLAB]
    assert found["role"] == "foreign" and "keyturn rotate cicd-bot" in found["drift"]
    checked = world.must("check", "--online", status=1)
    assert "AKIAFOREIGN000000000" in checked.out
    world.must("status", "--online")
    world.must("status", "--online", "--exit-code", status=1)
    world.must("rotate", "--user", "cicd-bot", "--wait")
    assert holdings(world)[GITLAB]["role"] == "current"


def test_nothing_is_written(world):
    """Asking changes neither targets nor state."""
    world.must("rotate", "--wait")
    before = state.everything(world.database)
    world.sandbox.clear_requests()
    holdings(world)
    assert world.sandbox.writes() == []
    assert state.everything(world.database) == before


def test_a_target_that_cannot_be_asked_is_unknown(world):
    """The others are reported all the same."""
    world.must("rotate", "--wait")
    world.sandbox.fault("gitlab", status=500)
    found = holdings(world)
    assert found[GITLAB]["role"] == "unknown" and found["travis:acme/app"]["role"] == "current"
