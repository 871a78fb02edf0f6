"""The walls on kernels whose Landlock is older: what that version does not limit, the filter of system calls does."""

import pathlib
import subprocess

import pytest

import plugins
from test_hostile import ATTEMPTS
from test_pushers import Cast, key_held

#: From Linux 5.13 to 6.15. Later ones limit nothing more of what a pusher may do.
VERSIONS = range(1, 8)


@pytest.fixture(scope="module")
def landlock(tmp_path_factory):
    """A program that runs another one with an older version of Landlock."""
    made = tmp_path_factory.mktemp("landlock") / "landlock"
    source = pathlib.Path(__file__).parent / "pushers" / "landlock.c"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", made, source, "-lseccomp"], check=True, timeout=60)
    return made


def kernel():
    """The version that the kernel itself has."""
    call = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"
    return int(subprocess.run(["python3", "-c", call], check=True, capture_output=True, timeout=20).stdout)


#: Those of `make test`: the first one, the first that limits connections, and one that limits signals and sockets.
OFTEN = {1, 4, 7}


@pytest.fixture(
    scope="module",
    params=[pytest.param(version, marks=() if version in OFTEN else pytest.mark.later) for version in VERSIONS])
def siege(request, landlock, tmp_path_factory):
    """One rotation with every attack on a kernel of that version: each by a pusher of its own, with an honest target."""
    if kernel() < request.param:
        pytest.skip(f"the kernel has no version {request.param}")
    directory = tmp_path_factory.mktemp("siege")
    cast = Cast(directory, **{"max-attempts": 2, "preflight": False})
    cast.version = request.param
    cast.world.wrapper = [landlock, str(request.param)]
    readable = cast.world.write("readable.txt", "as it was\n", 0o644)
    secret = cast.world.write("secret.txt", "not for pushers\n", 0o600)
    port = cast.server.url.rpartition(":")[2]
    plugins.put(cast.directory, "hostile", says=plugins.manifest("hostile", hosts=["*.localhost"]), ARENA=f'"{directory}"')
    plugins.put(cast.directory, "reader", says=plugins.manifest("reader", files={"read": [str(readable)]}), ARENA=f'"{directory}"')
    plugins.put(cast.directory, "caller", says=plugins.manifest("caller", network=True), ARENA=f'"{directory}"')
    cast.bad = []
    for number, what in enumerate(ATTEMPTS):
        what = what.replace("AWS_FILE", str(secret)).replace("STATE", str(secret)).replace("PORT", port)
        cast.use(f"h{number}", "hostile", f"h{number}-bad={what}", f"h{number}-good")
        cast.bad.append(f"h{number}:h{number}-bad")
    for plugin, grant, attacks in (
            ("reader", "files", [f"try-change {readable}", f"try-read {secret}", f"try-write {directory}/made", "try-signals"]),
            ("caller", "network", ["try-sockets", f"try-read {secret}", f"try-write {directory}/made", "try-signals", "try-tables"])):
        for number, what in enumerate(attacks):
            cast.use(f"{plugin}{number}", plugin, f"{plugin}{number}-bad={what}", f"{plugin}{number}-good")
            cast.bad.append(f"{plugin}{number}:{plugin}{number}-bad")
        cast.world.must("plugin", "pin", plugin, "--grant", grant)
    cast.readable, cast.made = readable, directory / "made"
    cast.checked = cast.world.run("check").out
    cast.result = cast.world.run("rotate", timeout=110)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()


@pytest.mark.timeout(200)
def test_every_attack_gets_nothing(siege):
    """With keyturn alive at the end, nothing written, and the other targets delivered."""
    assert f"landlock {siege.version}," in siege.checked or f"landlock {siege.version}\n" in siege.checked, siege.checked
    for target in siege.bad:
        delivery = siege.found[target]
        assert delivery["detail"] and "got" not in delivery["detail"].split(), (target, delivery)
    assert siege.result.status in (0, 75), str(siege.result)
    assert siege.readable.read_text() == "as it was\n" and siege.readable.stat().st_mode & 0o777 == 0o644
    assert not siege.made.exists()
    for target in [target for target in siege.found if target.endswith("-good")]:
        assert siege.found[target]["state"] == "confirmed", siege.found[target]
        assert key_held(siege.server, target.partition(":")[2])
