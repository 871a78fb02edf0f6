"""Starts keyturn-sandbox for a test and talks to it.

KEYTURN_SANDBOX names the program; without it the tests are skipped.
"""

import json
import os
import pathlib
import subprocess

import pytest
import requests

import github_more
from contract import published as contract


class Sandbox:
    """A running sandbox: what it announced, and its control port."""

    def __init__(self, *options):
        program = os.environ.get("KEYTURN_SANDBOX")
        if not program:
            pytest.skip("KEYTURN_SANDBOX does not name the program")
        command = [program, "--until-stdin-closes", *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.line = json.loads(self.process.stdout.readline())

    def __getattr__(self, name):
        try:
            return self.line[name]
        except KeyError:
            raise AttributeError(name) from None

    def state(self):
        return self._control("GET", "/state").json()

    def target(self, name):
        return self.state()["targets"][name]

    def keys(self, user="cicd-bot"):
        return self.state()["users"][user]["keys"]

    def requests(self):
        return self._control("GET", "/requests").json()

    def fault(self, service, **what):
        return self._control("POST", "/faults", {"service": service, **what}).json()["id"]

    def clear_faults(self):
        self._control("DELETE", "/faults")

    def _control(self, method, path, body=None):
        reply = requests.request(method, self.control + path, json=body, timeout=10)
        assert reply.ok, reply.text
        return reply

    def stop(self):
        """Ends the program; returns its exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=5)
        self.process.stdin.close()
        self.process.stdout.close()
        return status


@pytest.fixture
def start():
    """Starts sandboxes with options of the test's choice."""
    running = []

    def start(*options):
        running.append(Sandbox(*options))
        return running[-1]

    yield start
    for sandbox in running:
        assert sandbox.stop() == 0


@pytest.fixture
def sandbox(start):
    """One with no propagation delay."""
    return start("--propagation-delay", 0)


@pytest.fixture
def travis_contract():
    return contract("travis-env-vars")


@pytest.fixture
def gitlab_contract():
    return contract("gitlab-ci-variables")


@pytest.fixture
def github_contract():
    return contract("github-actions", github_more.complete)
