"""Stores of secrets, files and webhooks: stand-ins, moto, and the documented receiver."""

import json
import os
import subprocess
import sys
import threading
import time

from system import NAMES, System, replace

import guides
import kubernetes
import test_aws_targets
import vault


class Kubernetes(System):
    plugin, token = "kubernetes", kubernetes.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = kubernetes.Kubernetes(*(("ci", f"aws-{number}") for number in world.numbers))

    def target(self, number):
        return {"namespace": "ci", "secret": f"aws-{number}"}

    def read(self, number):
        return tuple(self.service.value(("ci", f"aws-{number}"), name) for name in NAMES)

    def put(self, number, pair):
        self.service.touch(("ci", f"aws-{number}"), **dict(zip(NAMES, pair)))


class Vault(System):
    plugin, token = "vault-kv", vault.TOKEN

    def __init__(self, world):
        super().__init__(world)
        self.service = vault.Vault()

    def target(self, number):
        return {"path": f"ci/app-{number}"}

    def read(self, number):
        return tuple(self.service.fields(f"ci/app-{number}")[name] for name in NAMES)

    def put(self, number, pair):
        self.service.put(f"ci/app-{number}", **dict(zip(NAMES, pair)))


class Webhook(System):
    """The documented receiver, with a path for each user."""

    plugin, token = "webhook", "0123456789abcdef0123456789abcdef0123456789abcdef"

    class Service:
        def __init__(self, directory, paths):
            directory.mkdir()
            code = ("import runpy, sys; names = runpy.run_path(sys.argv.pop(1)); "
                    f"names['PATHS'].clear(); names['PATHS'].update({paths!r}); "
                    "server = names['http'].server.HTTPServer(('127.0.0.1', 0), names['Receiver']); "
                    "print(server.server_port, flush=True); server.serve_forever()")
            with (directory / "log").open("w") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-c", code, str(guides.EXAMPLES / "webhook" / "receiver.py"), str(directory)],
                    stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "RECEIVER_SECRET": Webhook.token})
            self.url = "http://127.0.0.1:" + self.process.stdout.readline().strip()
            self.wrong, self.lock = [], threading.Lock()

        def stop(self):
            self.process.terminate()
            self.process.wait(timeout=10)

    def __init__(self, world):
        super().__init__(world)
        self.directory = world.outside / "received"
        self.service = self.Service(self.directory, {f"/hooks/app-{number}": f"app-{number}.json" for number in world.numbers})

    def target(self, number):
        return {"path": f"/hooks/app-{number}"}

    def read(self, number):
        kept = json.loads((self.directory / f"app-{number}.json").read_text())
        return kept["access-key-id"], kept["secret-access-key"]

    def put(self, number, pair):
        kept = {"access-key-id": pair[0], "secret-access-key": pair[1], "sent-at": int(time.time())}
        replace(self.directory / f"app-{number}.json", json.dumps(kept))


class File(System):
    plugin = "file"

    def pusher(self, _):
        return {"plugin": "file"}

    def path(self, number):
        return self.world.outside / f"app-{number}.env"

    def target(self, number):
        return {"path": str(self.path(number)), "format": "dotenv"}

    def read(self, number):
        values = dict(line.split("=", 1) for line in self.path(number).read_text().splitlines())
        return tuple(values.get(name) for name in NAMES)

    def put(self, number, pair):
        replace(self.path(number), "".join(f"{name}={value}\n" for name, value in zip(NAMES, pair)))


class Stores(System):
    """A store of AWS, on moto, which checks every signature."""

    is_slow = True
    role = f"arn:aws:iam::{test_aws_targets.ACCOUNT}:role/writer"

    def pusher(self, _):
        return {"plugin": self.plugin, "aws": {"role-arn": self.role, "region": test_aws_targets.REGION}}


class SecretsManager(Stores):
    plugin = "aws-secrets-manager"

    def target(self, number):
        return {"secret": f"ci/app-{number}"}

    def read(self, number):
        value = json.loads(self.world.stores.secret(f"ci/app-{number}")["SecretString"])
        return tuple(value[name] for name in NAMES)

    def put(self, number, pair):
        secrets, text = self.world.stores.secrets, json.dumps(dict(zip(NAMES, pair)))
        try:
            secrets.put_secret_value(SecretId=f"ci/app-{number}", SecretString=text)
        except secrets.exceptions.ResourceNotFoundException:
            secrets.create_secret(Name=f"ci/app-{number}", SecretString=text)


class ParameterStore(Stores):
    plugin = "aws-ssm"

    def target(self, number):
        return {"parameter": f"/ci/app-{number}"}

    def read(self, number):
        value = json.loads(self.world.stores.parameter(f"/ci/app-{number}")["Value"])
        return tuple(value[name] for name in NAMES)

    def put(self, number, pair):
        self.world.stores.parameters.put_parameter(
            Name=f"/ci/app-{number}", Value=json.dumps(dict(zip(NAMES, pair))), Type="SecureString", Overwrite=True)
