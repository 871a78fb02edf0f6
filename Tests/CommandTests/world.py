"""A sandbox, a configuration for it, and keyturn in the directory where that lies."""

import base64
import os
import stat
import time

import yaml

import program
import standin


def waited_for(condition, seconds=20, every=0.02):
    """Waits until the condition holds, and gives what it gave; fails when the time is over."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(every)


def three_targets():
    return [
        {"pusher": "travis", "repository": "acme/app"},
        {"pusher": "gitlab", "project": "acme/tools/app"},
        {"pusher": "github", "repository": "acme/app"},
    ]


class World(program.Program):
    """keyturn with a configuration for a running sandbox."""

    def __init__(self, directory, sandbox, users=None, **environment):
        super().__init__(
            directory, **sandbox.credentials, TRAVIS_TOKEN=sandbox.tokens["travis"],
            GITHUB_TOKEN=sandbox.tokens["github"], **environment)
        self.sandbox = sandbox
        self.database = self.directory / "state" / "keyturn.db"
        self.database.parent.mkdir(exist_ok=True)
        self.write("gitlab.token", sandbox.tokens["gitlab"] + "\n", 0o600)
        self.write("seal.key", base64.b64encode(os.urandom(32)).decode() + "\n", 0o600)
        self.configuration = {
            "version": 1,
            "state": "sqlite:state/keyturn.db",
            "seal-key": {"file": "seal.key"},
            "aws": {"region": sandbox.region, "endpoint-url": sandbox.aws},
            "pushers": {
                "travis": {"plugin": "travis-ci", "token": {"env": "TRAVIS_TOKEN"}, "endpoint": sandbox.travis},
                "gitlab": {"plugin": "gitlab-ci", "token": {"file": "gitlab.token"}, "endpoint": sandbox.gitlab},
                "github": {"plugin": "github-actions", "token": {"env": "GITHUB_TOKEN"}, "endpoint": sandbox.github},
            },
            "defaults": {"first-rotation": "when-due", "rotate-every": "24h", "overlap": "1s", "soak": "1s"},
            "users": users or {"cicd-bot": {"targets": three_targets()}},
        }
        self.save()

    def write(self, name, text, mode=0o644):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def save(self):
        """Writes the configuration as it is now."""
        return self.write("keyturn.yaml", yaml.safe_dump(self.configuration, sort_keys=False))

    def status(self, user="cicd-bot"):
        users = self.must("status", "--json").json["users"]
        return next(line for line in users if line["user"] == user)

    def deliveries(self, user="cicd-bot"):
        return {delivery["target"]: delivery for delivery in self.status(user)["deliveries"]}

    def history(self):
        return self.must("history", "--json").json["history"]

    def step_until_idle(self, limit=30, user="cicd-bot"):
        """What a timer would do; gives the last status."""
        for _ in range(limit):
            self.run("step")
            status = self.status(user)
            if status["phase"] == "idle" and status["rotation"] > 0:
                return status
            waited_for(lambda: self.is_due(user))
        raise AssertionError(f"not idle after {limit} steps: {status}")

    def is_due(self, user):
        plan = self.must("plan", "--offline", "--json").json["plan"]
        return next(line["is-due"] for line in plan if line["user"] == user)

    def assert_holds_only(self, targets, user="cicd-bot"):
        """IAM has one key of the user, Active, and every target holds it with its secret."""
        state = self.sandbox.state()
        keys = state["users"][user]["keys"]
        assert [key["status"] for key in keys] == ["Active"], keys
        for target in targets:
            held = state["targets"][target]
            assert held["AWS_ACCESS_KEY_ID"] == keys[0]["id"], (target, held, keys)
            assert held["AWS_SECRET_ACCESS_KEY"] == "matches", (target, held)
        return keys[0]["id"]

    def assert_untouched(self):
        """No request was made, and there is no state."""
        assert self.sandbox.requests() == []
        assert list(self.database.parent.iterdir()) == []


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


__all__ = ["World", "mode", "standin", "three_targets", "waited_for"]
