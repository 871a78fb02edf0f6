"""A world in which each user's key is at every system that keyturn ships a pusher for: `make blackbox-systems`.

What is new: a class in `ci_systems.py` or `stores.py`, and its name in `SYSTEMS`.
"""

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "CommandTests"))

from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

import program  # noqa: E402
import test_aws_targets  # noqa: E402
import test_moto  # noqa: E402
from ci_systems import AzureDevOps, Bitbucket, Buildkite, CircleCI, Forgejo, Jenkins, Terraform  # noqa: E402
from fronts import FAULTS, AWSFront, Front, Trap, struck  # noqa: E402
from stores import File, Kubernetes, ParameterStore, SecretsManager, Vault, Webhook  # noqa: E402
from worlds import STAGE, World  # noqa: E402

#: Those that the sandbox does not have.
SYSTEMS = [
    CircleCI, Bitbucket, AzureDevOps, Buildkite, Forgejo, Jenkins, Terraform, Kubernetes, Vault, Webhook, File, SecretsManager,
    ParameterStore]
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["secretsmanager:*", "ssm:*", "sts:*"], "Resource": "*"}]})


class Pairs:
    """Which secret belongs to which key: STS says it once."""

    def __init__(self, aws, region):
        self.aws, self.region, self.known = aws, region, {}

    def fit(self, key, secret):
        if key is None or secret is None:
            return False
        if key not in self.known and self.accepts(key, secret):
            self.known[key] = secret
        return self.known.get(key) == secret

    def accepts(self, key, secret):
        form = AWSRequest(
            "POST", self.aws, data=b"Action=GetCallerIdentity&Version=2011-06-15",
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
        SigV4Auth(Credentials(key, secret), "sts", self.region).add_auth(form)
        try:
            with urllib.request.urlopen(urllib.request.Request(self.aws, form.data, dict(form.headers)), timeout=20) as reply:
                return reply.status == 200
        except urllib.error.HTTPError:
            return False


class SystemPlace:
    """A user's place at a system."""

    def __init__(self, system, number, pairs):
        self.name, self.system, self.number, self.pairs = f"{system.name}:{number}", system, number, pairs
        self.is_slow = system.is_slow

    def read(self):
        with self.system.lock:
            return self.system.read(self.number)

    def judge(self, pair, _):
        """The key ID, and whether the secret is that key's."""
        return pair[0], self.pairs.fit(*pair)

    def put(self, pair):
        with self.system.lock:
            self.system.put(self.number, pair)
        return True


class SystemsWorld(World):
    """Services behind fronts that fail, slow down, cut and redirect what keyturn asks."""

    # So that all places are looked at before it is over, and jobs are followed on a busy machine.
    overlap_seconds = 6
    longest_rotation_seconds = 400
    rest_seconds = 2
    faults_each_rotation = 4

    def __init__(self, directory, users, seed, outside):
        outside.mkdir()
        self.outside, self.numbers, self.fronts = outside, range(1, users + 1), {}
        with (outside / "moto.log").open("wb") as log:
            self.moto = test_moto.Moto(log)
        self.moto.iam.create_role(RoleName="writer", AssumeRolePolicyDocument=test_aws_targets.TRUST)
        self.moto.iam.put_role_policy(RoleName="writer", PolicyName="all", PolicyDocument=EVERYTHING)
        self.stores, self.trap = test_aws_targets.Stores(self.moto), Trap()
        self.systems = [system(self) for system in SYSTEMS]
        super().__init__(directory, users, seed)
        self.pairs = Pairs(self.place["aws"], self.place["region"])
        self.own = {
            user: [SystemPlace(system, int(user.removeprefix("ci-")), self.pairs) for system in self.systems] for user in self.users}
        for user in self.users:
            pair = self.pair(user)
            for place in self.own[user]:
                place.put(pair)
        self.places += [place for places in self.own.values() for place in places]
        self.environment.update({f"{system.name.upper()}_TOKEN": system.token for system in self.systems if system.token})
        self.grant_files()

    def grant_files(self):
        """The file pusher writes into folders that were granted alone."""
        subprocess.run(
            [STAGE / "bin/keyturn", "plugin", "pin", "file", "--grant", "files", "--folder", self.outside, "--config",
             self.directory / "keyturn.yaml"], cwd=self.directory, env=self.environment, check=True, capture_output=True, timeout=60)

    def configuration(self):
        found = super().configuration()
        if not self.fronts:
            self.fronts = {name: Front(self.place[name], self.trap) for name in self.plugins}
            self.fronts |= {system.name: Front(system.service.url, self.trap) for system in self.systems if system.service}
            self.fronts["aws"] = AWSFront(self.place["aws"], self.moto, self.trap)
            for system in self.systems:
                if system.service:
                    # The services name their own address in lists and redirects.
                    system.service.url = self.fronts[system.name].url
        # Kills leave pushes unanswered, which the next key waits for: this long, and a minute.
        found["defaults"]["push-timeout"] = "15s"
        found["aws"]["endpoint-url"] = self.fronts["aws"].url
        for name in self.plugins:
            found["pushers"][name]["endpoint"] = self.fronts[name].url
        for system in self.systems:
            found["pushers"][system.name] = system.pusher(self.fronts[system.name].url if system.service else None)
            for number, user in zip(self.numbers, found["users"].values()):
                user["targets"].append({"pusher": system.name, **system.target(number)})
        missing = set(program.own_pushers()) - {each["plugin"] for each in found["pushers"].values()} - {"exec"}
        assert not missing, f"no place at {missing}"
        return found

    def writable(self, user):
        return super().writable(user) + [place for place in self.own[user] if place.system.shows_key]

    def stir(self, choice):
        for _ in range(self.faults_each_rotation):
            self.fronts[choice.choice(list(self.fronts))].fail(choice.choice(list(FAULTS)), choice.randint(1, 2))

    def calm(self):
        for front in self.fronts.values():
            front.calm()

    def tokens(self):
        own = {system.name: system.token for system in self.systems if system.token}
        return {**super().tokens(), **own, "moto": self.moto.admin["SecretAccessKey"], **self.pairs.known}

    def figures(self):
        total = struck(self.fronts.values())
        return [("faults", f"{sum(total.values())}: " + ", ".join(f"{name} {count}" for name, count in sorted(total.items())))]

    def problems(self):
        """What stand-ins have against requests, by the vendors' descriptions; and requests that followed a redirect."""
        found = [f"{system.name}: {wrong}" for system in self.systems for wrong in getattr(system.service, "wrong", [])[:3]]
        return found + [f"followed a redirect: {request}" for request in self.trap.came]

    def stop(self):
        super().stop()
        for system in self.systems:
            system.stop()
        for front in [*self.fronts.values(), self.trap]:
            front.stop()
        self.moto.stop()
