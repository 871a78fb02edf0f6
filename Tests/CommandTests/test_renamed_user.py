"""A user that is renamed in the configuration while a rotation is in progress: `status` shows what it left behind."""

TARGETS = ["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"]


def renamed(world, old, new):
    world.configuration["users"] = {new: {"user-name": "cicd-bot", **world.configuration["users"][old]}}
    world.save()


def test_a_user_renamed_in_the_middle_of_a_rotation(world):
    """Shown with both keys and with what to type; under its former name again it goes on to its end."""
    world.configuration["defaults"]["overlap"] = "1h"
    world.save()
    world.must("rotate")
    keys = set(world.sandbox.keys())
    renamed(world, "cicd-bot", "deployer")
    status = world.status("cicd-bot")
    assert status["phase"] == "overlap" and status["problem-code"] == "user-left", status
    assert {key["id"] for key in status["keys"]} == keys and len(keys) == 2
    shown = world.must("status", "--exit-code", status=1)
    assert "cicd-bot is not in the configuration" in shown.out and "keyturn forget cicd-bot" in " ".join(shown.out.split())
    assert [user["user"] for user in world.must("status", "cicd-bot", "--json").json["users"]] == ["cicd-bot"]
    renamed(world, "deployer", "cicd-bot")
    world.configuration["defaults"]["overlap"] = "1s"
    world.save()
    assert world.status("cicd-bot")["problem"] is None
    world.must("rotate", "--wait")
    world.assert_holds_only(TARGETS)


def test_a_user_that_is_forgotten_is_not_shown(world):
    world.configuration["defaults"]["overlap"] = "1h"
    world.save()
    world.must("rotate")
    renamed(world, "cicd-bot", "deployer")
    world.must("forget", "cicd-bot", "--reason", "renamed")
    assert [user["user"] for user in world.must("status", "--json").json["users"]] == ["deployer"]
