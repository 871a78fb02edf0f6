"""CI systems on their stand-ins."""

import uuid

from system import NAMES, System

import azure_devops
import bitbucket
import buildkite
import circleci
import forgejo
import jenkins
import terraform_cloud
import vendor


class CircleCI(System):
    plugin, token = "circleci", circleci.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = circleci.CircleCI([f"gh/acme/app-{number}" for number in world.numbers])

    def target(self, number):
        return {"project": f"gh/acme/app-{number}"}

    def read(self, number):
        held = self.service.projects[f"gh/acme/app-{number}"]
        return tuple(held.get(name, {}).get("value") for name in NAMES)

    def put(self, number, pair):
        for name, value in zip(NAMES, pair):
            self.service.projects[f"gh/acme/app-{number}"][name] = {"value": value, "at": circleci.moment()}


class Bitbucket(System):
    plugin, token = "bitbucket", bitbucket.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = bitbucket.Bitbucket([f"app-{number}" for number in world.numbers])

    def target(self, number):
        return {"workspace": "acme", "repository": f"app-{number}"}

    def read(self, number):
        held = self.service.named(self.service.repositories[f"app-{number}"])
        return tuple(held.get(name, {}).get("value") for name in NAMES)

    def put(self, number, pair):
        variables = self.service.repositories[f"app-{number}"]
        named = self.service.named(variables)
        for name, value in zip(NAMES, pair):
            if name in named:
                named[name]["value"] = value
            else:
                variables[bitbucket.braced()] = {"key": name, "value": value, "secured": name == NAMES[1]}


class AzureDevOps(System):
    plugin, token = "azure-devops", azure_devops.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = azure_devops.AzureDevOps(names=[f"aws-{number}" for number in world.numbers])

    def target(self, number):
        return {"organization": "acme", "project": "our app", "variable-group": f"aws-{number}"}

    def read(self, number):
        held = self.service.group(f"aws-{number}")["variables"]
        return tuple(held.get(name, {}).get("value") for name in NAMES)

    def put(self, number, pair):
        for name, value in zip(NAMES, pair):
            self.service.put(f"aws-{number}", name, value, secret=name == NAMES[1])


class Buildkite(System):
    plugin, token, shows_key = "buildkite", buildkite.TOKEN, False

    def __init__(self, world):
        super().__init__(world)
        self.service = buildkite.Buildkite([f"builds-{number}" for number in world.numbers])
        # A page for each of many clusters would be all that the machine does.
        self.service.page_size = 100

    def target(self, number):
        return {"organization": "acme", "cluster": f"builds-{number}"}

    def read(self, number):
        held = self.service.secrets(f"builds-{number}")
        return tuple(held.get(name, {}).get("value") for name in NAMES)

    def put(self, number, pair):
        cluster = next(each for each in self.service.clusters.values() if each["name"] == f"builds-{number}")
        for name, value in zip(NAMES, pair):
            cluster["secrets"][str(uuid.uuid4())] = {"key": name, "value": value, "at": vendor.moment(-60), "policy": None}


class Forgejo(System):
    plugin, token = "forgejo", forgejo.TOKEN
    kinds = ("variables", "secrets")

    def __init__(self, world):
        super().__init__(world)
        self.service = forgejo.Forgejo([f"acme/app-{number}" for number in world.numbers])

    def target(self, number):
        return {"repository": f"acme/app-{number}", "key-id-as": "variable"}

    def read(self, number):
        held = self.service.places[f"repos/acme/app-{number}"]
        return tuple(held[kind].get(name, {}).get("value") for kind, name in zip(self.kinds, NAMES))

    def put(self, number, pair):
        held = self.service.places[f"repos/acme/app-{number}"]
        for kind, name, value in zip(self.kinds, NAMES, pair):
            held[kind][name] = {"value": value, "created_at": vendor.moment(-60), "description": ""}


class Jenkins(System):
    plugin, token = "jenkins", jenkins.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = jenkins.Jenkins()

    def pusher(self, endpoint):
        return {**super().pusher(endpoint), "user": jenkins.USER}

    def target(self, number):
        return {"credential": f"aws-{number}"}

    def read(self, number):
        _, fields = self.service.stores[()]["_"][f"aws-{number}"]
        return fields["accessKey"], fields["secretKey"]

    def put(self, number, pair):
        self.service.stores[()]["_"][f"aws-{number}"] = self.service.aws(f"aws-{number}", *pair)


class Terraform(System):
    plugin, token = "terraform-cloud", terraform_cloud.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = terraform_cloud.TerraformCloud([f"prod-{number}" for number in world.numbers])

    def target(self, number):
        return {"organization": "acme", "workspace": f"prod-{number}"}

    def named(self, number):
        return {each["key"]: each for each in self.service.workspaces[f"prod-{number}"]["variables"].values()}

    def read(self, number):
        return tuple(self.named(number).get(name, {}).get("value") for name in NAMES)

    def put(self, number, pair):
        named = self.named(number)
        for name, value in zip(NAMES, pair):
            if name in named:
                named[name]["value"] = value
            else:
                self.service.put(self.service.workspaces[f"prod-{number}"], name, value, sensitive=name == NAMES[1])
