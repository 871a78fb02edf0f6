"""The sandbox that the installation brings along: AWS and three CI systems on loopback."""

import json
import subprocess

import requests

import program


class Sandbox:
    """A running sandbox: what it announced, and its control port."""

    def __init__(self, *options):
        command = [str(program.stage() / "libexec/keyturn/keyturn-sandbox"), "--until-stdin-closes", *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line = json.loads(self.process.stdout.readline())
        self.session = requests.Session()

    def second_view(self):
        """The same sandbox, for another thread: sessions are not shared."""
        view = object.__new__(Sandbox)
        view.process, view.line, view.session = self.process, self.line, requests.Session()
        return view

    def __getattr__(self, name):
        try:
            return self.__dict__["line"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def credentials(self):
        return {"AWS_ACCESS_KEY_ID": self.accessKeyId, "AWS_SECRET_ACCESS_KEY": self.secretAccessKey}

    def state(self):
        return self._control("GET", "/state").json()

    def keys(self, user="cicd-bot"):
        """Key IDs with their status."""
        return {key["id"]: key["status"] for key in self.state()["users"][user]["keys"]}

    def requests(self, service=None):
        found = self._control("GET", "/requests").json()
        return [entry for entry in found if service in (None, entry["service"])]

    def writes(self):
        """What was asked of the CI systems besides reading."""
        return [entry for entry in self.requests() if entry["service"] != "aws" and entry["method"] != "GET"]

    def clear_requests(self):
        self._control("POST", "/requests/clear")

    def fault(self, service, **what):
        self._control("POST", "/faults", {"service": service, **what})

    def mood(self, **what):
        """How the services differ from an ordinary day: `github_lag=10`."""
        self._control("POST", "/moods", {name.replace("_", "-"): value for name, value in what.items()})

    def clear_faults(self):
        self._control("DELETE", "/faults")

    def place(self, service, name, user=None):
        self._control("POST", "/places", {"service": service, "name": name, **({"user": user} if user else {})})

    def plant(self, *entries):
        """Puts variables and secrets into places, which are made where they are not there; and uses of keys."""
        self._control("POST", "/plants", list(entries))

    def add_user(self, name, keys, **more):
        """Also with a `path` and `tags`."""
        return self._control("POST", "/users", {"name": name, "keys": keys, **more}).json()["keys"]

    def secret_at_gitlab(self, project="acme/tools/app"):
        """The secret access key that a project's variable holds, as its maintainer can read it."""
        return self.held_at_gitlab("AWS_SECRET_ACCESS_KEY", project)

    def held_at_gitlab(self, variable, project="acme/tools/app"):
        """What a project's variable holds."""
        address = f"{self.gitlab}/api/v4/projects/{project.replace('/', '%2F')}/variables/{variable}"
        reply = self.session.get(address, headers={"PRIVATE-TOKEN": self.tokens["gitlab"]}, timeout=10)
        assert reply.ok, reply.text
        return reply.json()["value"]

    def _control(self, method, path, body=None):
        reply = self.session.request(method, self.control + path, json=body, timeout=10)
        assert reply.ok, reply.text
        return reply

    def stop(self):
        self.session.close()
        self.process.terminate()
        self.process.wait(timeout=5)
        self.process.stdin.close()
        self.process.stdout.close()
