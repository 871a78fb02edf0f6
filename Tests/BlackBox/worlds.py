"""A world to rotate in: a sandbox, a configuration for it, and commands of keyturn in a directory of their own."""

import base64
import json
import os
import pathlib
import random
import subprocess
import time
import urllib.request

from states import FileState, ServerState

STAGE = pathlib.Path(os.environ["KEYTURN_STAGE"])
#: What a service does to a few requests.
FAULTS = [{"status": 503}, {"close": True}, {"afterEffect": True, "close": True}, {"garbage": True}]


def call(url, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as reply:
        text = reply.read()
    return json.loads(text) if text else None


class SandboxPlace:
    """A place at one of the sandbox's services, which itself compares what it holds with what IAM has."""

    is_slow = False

    def __init__(self, name):
        self.name = name

    def read(self):
        return None

    def judge(self, _, state):
        """The key ID, and whether the secret is that key's."""
        held = state["targets"][self.name]
        return held["AWS_ACCESS_KEY_ID"], held["AWS_SECRET_ACCESS_KEY"] == "matches"


class GitLabPlace(SandboxPlace):
    """One whose values can be read, and put back."""

    NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    def __init__(self, name, world):
        super().__init__(name)
        self.world = world

    def variable(self, name, value=None):
        """Reads a variable, or writes it; None: it did not work, for a fault that is meant for keyturn may strike this request."""
        project = self.name.removeprefix("gitlab:").replace("/", "%2F")
        body = None if value is None else json.dumps({"value": value}).encode()
        request = urllib.request.Request(
            f"{self.world.place['gitlab']}/api/v4/projects/{project}/variables/{name}", body,
            {"PRIVATE-TOKEN": self.world.place["tokens"]["gitlab"], "Content-Type": "application/json"},
            method="GET" if value is None else "PUT")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return json.loads(reply.read())["value"]
        except (OSError, ValueError, KeyError):
            return None

    def pair(self):
        values = tuple(self.variable(name) for name in self.NAMES)
        return values if all(values) else None

    def put(self, pair):
        """Puts a pair there, the secret first. False: one of the two was not taken."""
        taken = [any(self.variable(name, value) is not None for _ in range(3)) for name, value in reversed(list(zip(self.NAMES, pair)))]
        return taken[0] == taken[1]


class World:
    """Users that each have a repository or project at the three services of the sandbox."""

    overlap_seconds = 3
    longest_rotation_seconds = 180
    #: Between two steps of a user whose rotation was cut off.
    rest_seconds = 0.2
    plugins = {"travis": "travis-ci", "gitlab": "gitlab-ci", "github": "github-actions"}

    def __init__(self, directory, users, seed, machines=0):
        self.machines, self.state = machines, ServerState() if machines else FileState(directory / "keyturn.db")
        self.directory, self.users = directory, [f"ci-{number + 1}" for number in range(users)]
        self.random, self.secrets = random.Random(seed), {}
        key = directory / "seal.key"
        key.write_bytes(base64.b64encode(os.urandom(32)))
        key.chmod(0o600)
        self.sandbox = subprocess.Popen(
            [STAGE / "libexec/keyturn/keyturn-sandbox", "--until-stdin-closes", "--propagation-delay", "0.5",
             "--targets", str(users), "--users", str(users)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.place = json.loads(self.sandbox.stdout.readline())
        self.control = self.place["control"]
        self.gitlab = {user: GitLabPlace(f"gitlab:{self.repository(user)}", self) for user in self.users}
        self.places = [
            SandboxPlace(f"{name}:{self.repository(user)}") if name != "gitlab" else self.gitlab[user]
            for user in self.users for name in self.plugins]
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.directory), "AWS_ACCESS_KEY_ID": self.place["accessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.place["secretAccessKey"],
            **{f"{name.upper()}_TOKEN": self.place["tokens"][name] for name in self.plugins}}
        self.save()

    @property
    def targets(self):
        """The names of the places."""
        return [place.name for place in self.places]

    @staticmethod
    def repository(user):
        return f"acme/app-{user.removeprefix('ci-')}"

    def configuration(self):
        return {
            "version": 1, "state": self.state.address, "seal-key": {"file": "seal.key"},
            "aws": {"region": self.place["region"], "endpoint-url": self.place["aws"]},
            "pushers": {
                name: {"plugin": plugin, "token": {"env": f"{name.upper()}_TOKEN"}, "endpoint": self.place[name]}
                for name, plugin in self.plugins.items()},
            "defaults": {"first-rotation": "when-due", "rotate-every": "30d", "overlap": f"{self.overlap_seconds}s", "soak": "1s"},
            "users": {
                user: {"targets": [
                    {"pusher": name, "project" if name == "gitlab" else "repository": self.repository(user)}
                    for name in self.plugins]}
                for user in self.users}}

    def save(self, **defaults):
        configuration = self.configuration()
        configuration["defaults"].update(defaults)
        # JSON is YAML.
        (self.directory / "keyturn.yaml").write_text(json.dumps(configuration))

    def start(self, *arguments, machine=None):
        """Starts a command, on that machine or on any."""
        elsewhere = []
        if self.machines:
            machine = self.random.randrange(self.machines) if machine is None else machine
            elsewhere = ["unshare", "--pid", "--fork", "--mount-proc", "--uts", "--kill-child", "sh", "-c",
                         f'hostname m{machine}; exec "$@"', "sh"]
        with (self.directory / "log").open("a") as log:
            return subprocess.Popen(
                [*elsewhere, STAGE / "bin/keyturn", *arguments, "--config", self.directory / "keyturn.yaml"], cwd=self.directory,
                env=self.environment, stdout=log, stderr=log)

    def position(self, user):
        """Which rotation the user is in, and in which phase; as the journal has it."""
        rotation = self.state.rotation(user)
        return (rotation["number"], rotation["phase"]) if rotation else (0, "idle")

    def overlap_age(self, user):
        """For how long the user has been in `overlap`, in seconds; None: it is not. With the rotation's number."""
        rotation = self.state.rotation(user)
        if not rotation or rotation["phase"] != "overlap":
            return (rotation["number"] if rotation else 0), None
        return rotation["number"], time.time() - rotation["phaseSince"] / 1000

    def pair(self, user):
        """The pair that the user's GitLab project holds; None: it cannot be read just now."""
        return self.gitlab[user].pair()

    def remember_secret(self, user):
        """So that it is looked for on the disk."""
        for _ in range(20):
            if pair := self.pair(user):
                self.secrets[f"secret {len(self.secrets)}"] = pair[1]
                return
            time.sleep(0.1)

    def tokens(self):
        """What else must not be on the disk."""
        return self.place["tokens"]

    def writable(self, user):
        """The user's places at which keyturn sees that another pair was put there."""
        return [self.gitlab[user]]

    def stir(self, choice):
        """Sometimes a fault somewhere, for a few requests."""
        if choice.random() >= 0.3:
            return
        service = choice.choice([*self.plugins, "aws"])
        self.fault(service, times=choice.randint(1, 4), **choice.choice(FAULTS))

    def fault(self, service, **what):
        call(self.control + "/faults", "POST", {"service": service, **what})

    def calm(self):
        """Ends all faults."""
        call(self.control + "/faults", "DELETE")

    def figures(self):
        """More lines for the table: names and values."""
        return []

    def problems(self):
        """What the services have against keyturn's requests."""
        return []

    def stop(self):
        self.state.close()
        self.sandbox.terminate()
        self.sandbox.wait(timeout=10)
