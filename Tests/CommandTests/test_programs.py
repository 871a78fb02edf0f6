"""Programs that the configuration names: `command` of a secret and of a notification, and `credential_process`."""

import json
import sys
import time

import pytest

import world as worlds


def use(world, script, **more):
    """The token of Travis CI comes from a script."""
    world.write("token.sh", f"#!/bin/sh\n{script}\n", 0o755)
    world.configuration["pushers"]["travis"]["token"] = {"command": ["./token.sh"], **more}
    world.save()


def refused(world, *words):
    """Nothing is begun, and the error says why, for which target, and what to type."""
    result = world.must("rotate", status=78)
    for word in (*words, "`pushers.travis.token`", "./token.sh", "travis:acme/app", "cicd-bot", "nothing was changed", "env -i PATH"):
        assert word in result.err, result
    world.assert_untouched()
    return result


@pytest.fixture
def token(world):
    return world.sandbox.tokens["travis"]


def test_a_command_that_works(world, token):
    use(world, f"echo {token}")
    world.must("rotate", "--wait")
    world.assert_holds_only(["travis:acme/app"])


def test_a_command_gets_no_secret_of_keyturn(world, token):
    """The ordinary variables, and those that are named."""
    use(world, f"env > seen.txt; test \"$VAULT_ADDR\" = v && echo {token}", environment=["VAULT_ADDR"])
    world.environment.update(VAULT_ADDR="v", OTHER="o")
    world.must("rotate", "--wait")
    names = {line.split("=")[0] for line in (world.directory / "seen.txt").read_text().splitlines()}
    assert {"PATH", "HOME", "VAULT_ADDR"} <= names <= {
        "PATH", "HOME", "VAULT_ADDR", "LANG", "LC_ALL", "USER", "LOGNAME", "TZ", "TMPDIR", "PWD", "OLDPWD", "SHLVL", "_"}


def test_a_command_that_prints_its_environment(world):
    """What it prints is the secret; it holds none of the others."""
    use(world, "env; exit 1")
    result = refused(world, "ended with status 1")
    assert world.sandbox.secretAccessKey not in result.err
    use(world, "env | tr '\\n' ' ' >&2; exit 1")
    result = refused(world, "ended with status 1", "PATH=")
    assert world.sandbox.secretAccessKey not in result.err and "GITHUB_TOKEN" not in result.err


def test_a_command_whose_daemon_keeps_its_output(world, token):
    """As `gpg-agent` or `op` may do: the command has ended, the pipe has not."""
    use(world, f"setsid sleep 45 & echo $! > daemon; echo {token}")
    began = time.monotonic()
    world.must("rotate")
    assert time.monotonic() - began < 20


def test_a_command_that_reads_its_input(world, token):
    """There is nothing to read, also where keyturn has a terminal or a pipe."""
    use(world, f"cat; echo {token}")
    world.wrapper = [sys.executable, "-c", "import os, sys; r, w = os.pipe(); os.dup2(r, 0); os.execv(sys.argv[1], sys.argv[1:])"]
    world.must("rotate")


@pytest.mark.timeout(120)
def test_a_command_that_hangs(world):
    """SIGTERM first, then SIGKILL, for all that it started."""
    use(world, "trap 'echo $$ > asked' TERM; sleep 7654 & echo $! > child; while :; do wait; sleep 7655; done")
    began = time.monotonic()
    refused(world, "took longer than 30 s and was ended")
    assert time.monotonic() - began < 45
    child = (world.directory / "child").read_text().strip()
    worlds.waited_for(lambda: not is_running(child))
    assert (world.directory / "asked").exists()


def is_running(process):
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_command_that_floods(world):
    use(world, "yes 0123456789")
    began = time.monotonic()
    refused(world, "wrote more than 64 KiB and was ended")
    assert time.monotonic() - began < 15


def test_a_command_that_fails(world):
    """Its last words are shown, on one line, without what may be a token."""
    use(world, "echo first >&2; printf '\\033[31mno access for svc to glpat-Zm9vYmFyYmF6cXV4Zm9v\\n' >&2; exit 4")
    result = refused(world, "ended with status 4", "no access for svc to …")
    assert "glpat" not in result.err and "\x1b[31mno" not in result.err and "first" not in result.err
    use(world, "kill -SEGV $$")
    refused(world, "signal 11")


def test_a_credential_process_gets_no_tokens(world):
    """It gets AWS's own variables besides the ordinary ones."""
    sandbox = world.sandbox
    document = json.dumps({
        "Version": 1, "AccessKeyId": sandbox.accessKeyId, "SecretAccessKey": sandbox.secretAccessKey})
    path = world.write("process.sh", f"#!/bin/sh\nenv > seen.txt\necho '{document}'\n", 0o755)
    world.write(".aws/config", f"[profile ci]\ncredential_process = {path}\n")
    world.configuration["aws"]["profile"] = "ci"
    names = ["AWS_VAULT_BACKEND", "HTTPS_PROXY", "no_proxy", "SSL_CERT_DIR"]
    world.environment.update({"AWS_VAULT_BACKEND": "file", "HTTPS_PROXY": "http://127.0.0.1:1", "no_proxy": "x", "SSL_CERT_DIR": "/etc/ssl/certs"})
    world.save()
    world.must("check", "--online")
    seen = (world.directory / "seen.txt").read_text()
    assert all(f"{name}={world.environment[name]}\n" in seen for name in names)
    assert "TRAVIS_TOKEN" not in seen and "GITHUB_TOKEN" not in seen


@pytest.mark.parametrize("token, words", [
    ({"command": ["x"], "environment": "X"}, "`pushers.travis.token.environment` must be a list of names"),
    ({"command": ["x"], "environment": ["A=B"]}, "`pushers.travis.token.environment` must be a list of names"),
    ({"env": "X", "environment": ["X"]}, "`pushers.travis.token` must be"),
])
def test_names_of_variables(world, token, words):
    world.configuration["pushers"]["travis"]["token"] = token
    world.save()
    assert words in world.must("check", status=78).out + world.run("rotate").err


def test_a_notification_gets_what_is_named(world):
    world.write("tell.sh", "#!/bin/sh\nenv > seen.txt\n", 0o755)
    world.configuration["notifications"] = [{"command": ["./tell.sh"], "environment": ["PAGER_KEY"]}]
    world.environment["PAGER_KEY"] = "pager"
    world.save()
    world.must("notify")
    seen = (world.directory / "seen.txt").read_text()
    assert "PAGER_KEY=pager" in seen and "TRAVIS_TOKEN" not in seen
    world.configuration["notifications"] = [{"slack": {"env": "X"}, "environment": ["PAGER_KEY"]}]
    world.save()
    assert "`notifications[0].environment` belongs to a command" in world.must("notify", status=78).err
