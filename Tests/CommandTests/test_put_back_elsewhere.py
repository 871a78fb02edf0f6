"""Someone writes the old pair back at Travis CI and at GitHub, where less can be read than at GitLab."""

import base64
import time

import nacl.public
import pytest

NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")
TARGETS = {
    "travis": {"pusher": "travis", "repository": "acme/app"},
    "github-secrets": {"pusher": "github", "repository": "acme/app"},
    "github-variable": {"pusher": "github", "repository": "acme/app", "key-id-as": "variable"},
}
GITLAB = {"pusher": "gitlab", "project": "acme/tools/app"}


def ask(sandbox, method, url, token, body=None):
    reply = sandbox.session.request(
        method, url, headers={"Authorization": f"token {token}", "Travis-API-Version": "3"}, json=body, timeout=10)
    assert reply.ok, reply.text
    return reply.json() if reply.content else None


class Writer:
    """Terraform, a second tool, or a person: has the old pair, and writes it as the service's own documentation says."""

    def __init__(self, sandbox, service):
        self.sandbox, self.service = sandbox, service
        (key,) = sandbox.keys()
        # GitLab shows the pair that the others hold, too.
        self.pair = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": sandbox.secret_at_gitlab()}

    def __call__(self):
        for name in NAMES:
            if self.service == "travis":
                self.to_travis(name, self.pair[name])
            elif self.service == "github-variable" and name == "AWS_ACCESS_KEY_ID":
                place = f"{self.sandbox.github}/repos/acme/app/actions/variables/{name}"
                ask(self.sandbox, "PATCH", place, self.sandbox.tokens["github"], {"name": name, "value": self.pair[name]})
            else:
                self.to_github(name, self.pair[name])

    def to_travis(self, name, value):
        token = self.sandbox.tokens["travis"]
        known = ask(self.sandbox, "GET", f"{self.sandbox.travis}/repo/acme%2Fapp/env_vars", token)["env_vars"]
        (place,) = [entry["id"] for entry in known if entry["name"] == name]
        ask(self.sandbox, "PATCH", f"{self.sandbox.travis}/repo/acme%2Fapp/env_var/{place}", token, {"env_var.value": value})

    def to_github(self, name, value):
        place, token = f"{self.sandbox.github}/repos/acme/app/actions/secrets", self.sandbox.tokens["github"]
        key = ask(self.sandbox, "GET", f"{place}/public-key", token)
        box = nacl.public.SealedBox(nacl.public.PublicKey(base64.b64decode(key["key"])))
        sealed = base64.b64encode(box.encrypt(value.encode())).decode()
        ask(self.sandbox, "PUT", f"{place}/{name}", token, {"encrypted_value": sealed, "key_id": key["key_id"]})


def begun(make, service, **times):
    """Rotated once; then a second rotation up to its overlap, and a writer who has the pair from before it."""
    world = make(users={"cicd-bot": {"targets": [TARGETS[service], GITLAB]}})
    world.must("rotate", "--wait", timeout=90)
    writer = Writer(world.sandbox, service)
    world.configuration["defaults"].update(times)
    world.save()
    world.must("rotate")
    assert world.status()["phase"] == "overlap"
    return world, writer


def later(world):
    """A write that someone makes more than a minute later, by GitHub's own clock: all that it shows of one is its time."""
    world.sandbox._control("POST", "/moods", {"github-lead": 300})


def holds_current(world, service):
    (key,) = world.sandbox.keys()
    held = world.sandbox.state()["targets"][f"{service.split('-')[0]}:acme/app"]
    return held["AWS_ACCESS_KEY_ID"] == key and held["AWS_SECRET_ACCESS_KEY"] == "matches"


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", TARGETS)
def test_in_overlap(make, service):
    """Pushed again with the same pair; no second key is made, and the rotation completes with the new key everywhere."""
    world, writer = begun(make, service, overlap="3s")
    later(world)
    writer()
    world.step_until_idle()
    assert holds_current(world, service)
    events = [line["event"] for line in world.history() if line["rotation"] == 2]
    assert events.count("created") == 1 and "drift-seen" in events and "pushing-again" in events, events


@pytest.mark.timeout(150)
def test_hidden_at_travis(make):
    """The old key ID is put back and the variable then made private, so that nothing can be read there: taken for drift all the same."""
    world, writer = begun(make, "travis", overlap="3s")
    writer()
    token = world.sandbox.tokens["travis"]
    known = ask(world.sandbox, "GET", f"{world.sandbox.travis}/repo/acme%2Fapp/env_vars", token)["env_vars"]
    for entry in known:
        ask(world.sandbox, "PATCH", f"{world.sandbox.travis}/repo/acme%2Fapp/env_var/{entry['id']}", token, {"env_var.public": False})
    world.step_until_idle()
    assert holds_current(world, "travis")
    events = [line["event"] for line in world.history() if line["rotation"] == 2]
    assert "drift-seen" in events and "pushing-again" in events, events


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", TARGETS)
def test_in_soak(make, service):
    """The old key is made Active again before the new pair is pushed, so no job meets a dead one for longer than that."""
    world, writer = begun(make, service, overlap="1s", soak="4s")
    while world.status()["phase"] != "soak":
        world.run("step")
        time.sleep(0.1)
    later(world)
    writer()
    world.step_until_idle()
    assert holds_current(world, service)
    events = [line["event"] for line in world.history() if line["rotation"] == 2]
    assert events.index("drift-seen") < events.index("activated") and "pushing-again" in events, events


@pytest.mark.timeout(150)
@pytest.mark.parametrize("service", TARGETS)
def test_for_ever(make, service):
    """Written back after each push: the user stops with `drifted`, exit status 1, and the old key stays Active."""
    world, writer = begun(make, service, overlap="1s")
    for lead in range(1, 6):
        world.sandbox._control("POST", "/moods", {"github-lead": 300 * lead})
        writer()
        time.sleep(1.1)
        result = world.run("step")
        if result.status == 1:
            break
    status = world.status()
    assert result.status == 1 and status["problem-code"] == "drifted", (str(result), status)
    assert sorted(world.sandbox.keys().values()) == ["Active", "Active"]
    assert sum(line["event"] == "pushing-again" for line in world.history()) == 1
