"""No secret ever shows: not on a stream, in a file, in a process list, whatever goes wrong."""

import pathlib

import leaks
from world import waited_for


def test_a_rotation_tells_no_secret(world):
    """During and after a rotation with failing pushes: streams, state, process arguments and environments."""
    sandbox = world.sandbox
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    secrets = {"the old secret": sandbox.secret_at_gitlab(), "the administrator's": sandbox.secretAccessKey, **sandbox.tokens}
    sandbox.fault("gitlab", method="PUT", delayMilliseconds=1500, times=1)
    sandbox.fault("travis", method="PATCH", status=500, times=0)
    rotating = world.start("rotate", "--verbose")
    waited_for(lambda: [entry for entry in sandbox.writes() if entry["service"] == "gitlab"])
    processes = runners(rotating.pid)
    assert len(processes) == 3
    seen = b"\n".join(processes.values())
    # keyturn has the environment that the user gave it; its arguments are for all to see.
    arguments = pathlib.Path(f"/proc/{rotating.pid}/cmdline").read_bytes()
    during = {path: path.read_bytes() for path in world.directory.rglob("*") if path.is_file()}
    assert world.finish(rotating).status == 75
    secrets["the new secret"] = sandbox.secret_at_gitlab()
    assert secrets["the new secret"] != secrets["the old secret"]
    assert leaks.found_in(seen + arguments, secrets) == []
    for path, data in during.items():
        assert path.name == "gitlab.token" or leaks.found_in(data, secrets) == [], path
    leaks.assert_told_nowhere(world, secrets)

    sandbox.clear_faults()
    for command in ("step", "retry", "plan", "policy", "check"):
        world.run(command, "--verbose")
    world.run("check", "--online", "--json", "--verbose")
    world.step_until_idle()
    leaks.assert_told_nowhere(world, secrets)


def runners(parent):
    """Arguments and environment of each runner that a process has started."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                environment = path.parent / "environ"
                found[path.parent.name] = (path.parent / "cmdline").read_bytes()
                found[path.parent.name] += environment.read_bytes()
        except PermissionError:
            pass  # Not readable is even better.
        except OSError:
            continue
    return found


def test_vendors_that_repeat_what_they_were_sent(world):
    """An answer that holds the token it was asked with gets it into neither log, history nor status."""
    sandbox = world.sandbox
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    for service, token in sandbox.tokens.items():
        sandbox.fault(service, status=422, body=f"you sent {token}", times=0)
    world.must("rotate", "--verbose", status=75)
    leaks.assert_told_nowhere(world, sandbox.tokens)


def test_the_state_holds_the_new_secret_sealed_only(world):
    """In the middle of delivering the pair is in the state, but no one can read it there; afterwards it is gone."""
    sandbox = world.sandbox
    world.configuration["users"]["cicd-bot"].update({"max-attempts": 1, "retry": "1h"})
    world.save()
    sandbox.fault("github", method="PUT", status=503, times=0)
    world.must("rotate", status=75)
    secret = {"the new secret": sandbox.secret_at_gitlab(), "the seal key": (world.directory / "seal.key").read_text().strip()}
    assert leaks.found_in_files(world.database.parent, secret) == {}
    for path in world.database.parent.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
