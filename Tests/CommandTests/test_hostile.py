"""Hostile pushers: what each one tries, that it gets nothing, that others deliver, and that the operator learns of it."""

import os
import pathlib
import signal
import time

import pytest

import plugins
from test_pushers import Cast, key_held
from world import waited_for

#: What is tried, and the words by which the operator learns of it.
ATTEMPTS = {
    "try-read /etc/passwd": "openat /etc/passwd",
    "try-read AWS_FILE": "openat AWS_FILE",
    "try-read STATE": "openat STATE",
    "try-parent-file environ": "/environ",
    "try-parent-file mem": "/mem",
    "try-write /tmp/keyturn-hostile": "openat /tmp/keyturn-hostile",
    "try-connect PORT": "socket",
    "try-exec": "execve",
    "try-fork": "clone",
    "try-parent": "ptrace, process_vm_readv, kill",
    "try-kernel": "bpf, keyctl, io_uring_setup, mount, unshare, memfd_create",
    "try-signals": "fcntl, ioctl",
    "try-uncounted": "mmap, mprotect, madvise, fcntl, pipe2, prlimit64",
    "try-tables": "clone, unshare, close_range, prctl",
    "try-metadata /etc/passwd": "openat",
    "try-post https://collector.example.com/": "collector.example.com is not granted",
    "try-post http://127.0.0.1:1/": "127.0.0.1 is not granted",
    "try-post https://169.254.169.254/latest/meta-data/": "169.254.169.254 is not granted",
    "try-post https://trick.localhost:PORT/": "leads to an address of this machine",
}

#: What never comes to an end, or breaks the protocol.
DISTURBANCES = ["loop", "ignore", "try-frame huge", "try-frame cut", "forge", "garbage"]


@pytest.fixture(scope="module")
def siege(tmp_path_factory):
    """One rotation with every attack, each by a pusher of its own next to an honest target of the same library."""
    directory = tmp_path_factory.mktemp("siege")
    cast = Cast(directory, **{"max-attempts": 3})
    aws_file = cast.world.write(".aws/credentials", "[default]\naws_access_key_id = AKIAEXAMPLE\n", 0o600)
    port = cast.server.url.rpartition(":")[2]
    plugins.put(
        cast.directory, "hostile", says=plugins.manifest("hostile", hosts=["*.localhost"]), ARENA=f'"{directory}"')
    cast.real = {}
    for number, what in enumerate([*ATTEMPTS, *DISTURBANCES, "try-memory", "try-descriptors"]):
        told = ATTEMPTS.get(what, "")
        for word, value in (("AWS_FILE", str(aws_file)), ("PORT", port), ("STATE", str(cast.world.directory / "seal.key"))):
            what, told = what.replace(word, value), told.replace(word, value)
        cast.real[list([*ATTEMPTS, *DISTURBANCES, "try-memory", "try-descriptors"])[number]] = (f"h{number}", told)
        cast.use(f"h{number}", "hostile", f"h{number}-bad={what}", f"h{number}-good")
    plugins.put(
        cast.directory, "at-load",
        IN_CONSTRUCTOR=f'attack("read","/etc/passwd"),attack("exec",""),attack("connect","{port}")',
        ARENA=f'"{directory}"')
    cast.use("constructor", "at-load", "constructor-good")
    cast.use("good", "hostile", "good")
    cast.place = directory
    cast.old = next(iter(cast.sandbox.keys()))
    cast.result = cast.world.run("rotate", "--verbose", timeout=110)
    cast.found = cast.world.deliveries()
    yield cast
    cast.close()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("what", ATTEMPTS)
def test_an_attempt_gets_nothing_and_is_told(siege, what):
    """The attack fails, and a line names the pusher and what it tried."""
    pusher, told = siege.real[what]
    delivery = siege.found[f"{pusher}:{pusher}-bad"]
    assert delivery["detail"] and "got" not in delivery["detail"].split(), delivery
    lines = [line for line in siege.result.err.splitlines() if f" {pusher}" in line and told in line]
    assert lines and "warning" in lines[0], (told, siege.result.err)
    if told.startswith("openat") or "is not granted" in told:
        assert "`keyturn plugin info hostile` shows what it asks for and what it is granted" in lines[0], lines


@pytest.mark.timeout(150)
@pytest.mark.parametrize("what", DISTURBANCES)
def test_a_disturbance_is_unknown_and_told(siege, what):
    """It is never taken for delivered, and its process is gone."""
    pusher, _ = siege.real[what]
    assert siege.found[f"{pusher}:{pusher}-bad"]["state"] == "unknown"
    assert any("error" in line and f" {pusher}:" in line for line in siege.result.err.splitlines()), siege.result.err


@pytest.mark.timeout(150)
def test_memory_and_descriptors_have_an_end(siege):
    """512 MiB, nothing shared, and 64 descriptors."""
    memory = siege.found["{0}:{0}-bad".format(siege.real["try-memory"][0])]["detail"]
    assert 100 < int(memory.split()[1]) <= 512 and "shared Operation not permitted" in memory
    descriptors = siege.found["{0}:{0}-bad".format(siege.real["try-descriptors"][0])]["detail"]
    assert 0 < int(descriptors.split()[1]) < 64


@pytest.mark.timeout(150)
def test_a_constructor_is_shut_in_already(siege):
    """The moment of dlopen is not a gap; what it tried is reported, and its pusher delivers all the same."""
    lines = [line for line in siege.result.err.splitlines() if "constructor:" in line and "openat /etc/passwd" in line]
    assert lines and "execve" in lines[0] and "socket" in lines[0], siege.result.err
    assert siege.found["constructor:constructor-good"]["state"] == "confirmed"


@pytest.mark.timeout(150)
def test_nothing_was_done(siege):
    """No file was written, no program ran, no process is left."""
    assert not (siege.place / "executed").exists() and not pathlib.Path("/tmp/keyturn-hostile").exists()
    runners = [
        path for path in pathlib.Path("/proc").glob("[0-9]*")
        if b"keyturn-runner" in _read(path / "cmdline") and _parent_is_gone(path)]
    assert runners == []


@pytest.mark.timeout(150)
def test_honest_targets_are_delivered(siege):
    """Those of the same hostile library, and those of other pushers."""
    (new,) = set(siege.sandbox.keys()) - {siege.old}
    honest = [target for target in siege.found if target.endswith("good")]
    assert len(honest) > 20
    for target in honest:
        assert siege.found[target]["state"] == "confirmed", siege.found[target]
        assert key_held(siege.server, target.partition(":")[2]) == new
    assert siege.result.status == 75 and siege.sandbox.keys()[siege.old] == "Active"


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _parent_is_gone(path):
    return b"PPid:\t1\n" in _read(path / "status")


def refused(cast, *words, status=77):
    result = cast.world.must("rotate", status=status)
    sentence = result.err.strip().splitlines()[-1]
    assert all(word in sentence for word in words), result.err
    assert cast.sandbox.requests() == []
    return sentence


def test_an_unpinned_plugin_is_not_loaded(cast):
    """77, nothing is asked or written; `info` shows it, `pin` allows it."""
    plugins.put(cast.directory, "mine", IN_CONSTRUCTOR="_exit(0)")
    cast.use("mine", "mine", "here")
    (cast.world.directory / "keyturn.lock").unlink()
    refused(cast, "plugin `mine` is not loaded", "has no pin", "keyturn plugin pin mine")
    assert "not loaded until" in cast.world.must("plugin", "info", "mine").out
    cast.world.must("check", status=77)


@pytest.mark.parametrize("file", ["pusher.so", "manifest.json"])
def test_a_changed_plugin_is_not_loaded(cast, file):
    """Swapped between pin and load: the difference is named, and shown by `info` and `list`."""
    place = plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here")
    cast.world.must("check")
    with open(place / file, "ab") as changed:
        changed.write(b" ")
    refused(cast, f"{place}/{file} has SHA-256", "is pinned", "keyturn plugin pin mine")
    assert "CHANGED" in cast.world.must("plugin", "info", "mine").out
    (listed,) = [line for line in cast.world.must("plugin", "list", "--json").json["plugins"] if line["id"] == "mine"]
    assert not listed["pinned"] and "has SHA-256" in listed["problem"]
    cast.world.must("plugin", "pin", "mine")
    cast.world.must("check")


def test_a_plugin_that_others_can_write_is_not_loaded(cast):
    """Mode and links of the library, its directory and the lock."""
    place = plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here")
    for path, mode in ((place / "pusher.so", 0o666), (place, 0o777), (cast.world.directory / "keyturn.lock", 0o664)):
        before = path.stat().st_mode
        path.chmod(mode)
        refused(cast, str(path), "others can write it", "chmod go-w")
        path.chmod(before)
    library = place / "pusher.so"
    library.rename(place / "real.so")
    library.symlink_to(place / "real.so")
    refused(cast, "not a regular file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_plugin_of_another_user_is_not_loaded(cast):
    """Whoever owns it could change it."""
    place = plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here")
    os.chown(place / "pusher.so", 1234, 1234)
    refused(cast, "belongs to user 1234")


def test_a_signer_vouches_for_new_versions(cast):
    """Pinned by its signer, another content is loaded with its signature, and not without or with a wrong one."""
    place = plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here")
    key = cast.world.must("plugin", "sign", place, "--key", "author.key").out.split("--signer ")[1].strip()
    assert (cast.world.directory / "author.key").stat().st_mode & 0o777 == 0o600
    cast.world.must("plugin", "pin", "mine", "--signer", key)
    with open(place / "pusher.so", "ab") as changed:
        changed.write(b" ")
    refused(cast, "pusher.sig is not by the pinned signer, or for other files")
    cast.world.must("plugin", "sign", place, "--key", "author.key")
    cast.world.must("check")
    (place / "pusher.sig").unlink()
    refused(cast, "pusher.sig", "is missing")
    cast.world.must("plugin", "sign", place, "--key", "stranger.key")
    refused(cast, "not by the pinned signer")


def test_files_are_granted_by_name_only(cast):
    """What the manifest asks for is withheld until --grant names it, and then it is that file and no other."""
    allowed = cast.world.write("allowed.txt", "allowed\n")
    place = plugins.put(
        cast.directory, "mine", says=plugins.manifest("mine", files={"read": [str(allowed)]}))
    cast.use("mine", "mine", f"here=try-read {allowed}")
    assert "--grant files" in cast.world.must("plugin", "pin", "mine").out
    err = cast.world.must("rotate", "--wait").err
    assert "Permission denied" in cast.world.deliveries()["mine:here"]["detail"]
    # The log has what to type, once, and that shows what works.
    (line,) = [line for line in err.splitlines() if "it tried what it was not granted" in line]
    assert f"openat {allowed}; `keyturn plugin info mine` shows what it asks for and what it is granted" in line
    shown = " ".join(cast.world.must("plugin", "info", "mine").out.split())
    assert f"{allowed}: it asks for that; --grant files allows it, given to `keyturn plugin pin mine`" in shown, shown
    cast.world.must("plugin", "pin", "mine", "--grant", "files")
    cast.world.must("rotate", "--wait")
    assert "got 8 bytes" in cast.world.deliveries()["mine:here"]["detail"]
    assert place.exists()


def test_a_network_is_granted_by_name_only(cast):
    """Sockets of its own are withheld until --grant network, and then a pusher connects."""
    port = cast.server.url.rpartition(":")[2]
    plugins.put(cast.directory, "mine", says=plugins.manifest("mine", network=True))
    cast.use("mine", "mine", f"here=try-connect {port}")
    assert "--grant network" in cast.world.must("plugin", "pin", "mine").out
    cast.world.must("rotate", "--wait")
    assert "Operation not permitted" in cast.world.deliveries()["mine:here"]["detail"]
    cast.world.must("plugin", "pin", "mine", "--grant", "network")
    cast.world.must("rotate", "--wait")
    assert cast.world.deliveries()["mine:here"]["detail"] == "got connected"


def test_a_network_is_tcp_and_udp(cast):
    """Not UNIX sockets, raw packets and the like; nor signals to the host by way of a socket."""
    plugins.put(cast.directory, "mine", says=plugins.manifest("mine", network=True))
    cast.use("mine", "mine", "here=try-sockets")
    cast.world.must("plugin", "pin", "mine", "--grant", "network")
    cast.world.must("rotate", "--wait")
    assert cast.world.deliveries()["mine:here"]["detail"] == "sockets: nothing"


def test_the_lock_grants_less_than_the_manifest_asks(cast):
    """A host that the operator took out of the lock file is not asked."""
    plugins.put(cast.directory, "mine", says=plugins.manifest("mine", hosts=["collector.example.com"]))
    cast.use("mine", "mine", "here=try-post https://collector.example.com/")
    lock = cast.world.directory / "keyturn.lock"
    assert "collector.example.com" in lock.read_text()
    lock.write_text(lock.read_text().replace('"collector.example.com"', ""))
    result = cast.world.must("rotate", "--wait")
    assert "collector.example.com is not granted" in result.err
    assert "if it is to have that, `keyturn plugin pin mine --grant hosts`" in result.err


@pytest.mark.parametrize(
    "text, words",
    [("{", "is not JSON"), ('{"version":1,"plugins":{"mine":{"library":1}}}', "plugins.mine"),
     ('{"version":2,"plugins":{}}', "`version` must be 1"), ('{"version":1,"plugins":{},"more":1}', "more")])
def test_a_lock_that_cannot_be_read(cast, text, words):
    """One sentence with the file; nothing is done."""
    plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here")
    cast.world.write("keyturn.lock", text)
    refused(cast, "keyturn.lock", words, status=78)


def test_threads_have_an_end(cast):
    """As many as it can start: its process is ended within a moment, and the others deliver."""
    plugins.put(cast.directory, "mine")
    cast.world.configuration["defaults"]["max-attempts"] = 1
    cast.use("mine", "mine", "here=try-threads")
    began = time.monotonic()
    process = cast.world.start("rotate", "--verbose")
    runner = plugins.waited_for_runner(process.pid)
    most = 0

    def ended():
        nonlocal most
        lines = [line for path in runners(process.pid) for line in _read(path / "status").splitlines()]
        most = max([most, *(int(line.split()[1]) for line in lines if line.startswith(b"Threads:"))])
        return process.poll() is not None

    waited_for(ended, seconds=60, every=0.005)
    result = cast.world.finish(process)
    print(f"{most} threads, {time.monotonic() - began:.1f} s, runner {runner}")
    assert "mine: it had more than 256 threads, and was ended" in result.err
    found = cast.world.deliveries()
    assert found["mine:here"]["state"] == "unknown" and found["gitlab:acme/tools/app"]["state"] == "confirmed"


def runners(parent):
    """The processes of the runners of a program."""
    tasks = pathlib.Path(f"/proc/{parent}/task").glob("*/children")
    return [pathlib.Path("/proc") / child.decode() for task in tasks for child in _read(task).split()]


def test_a_runner_dies_with_keyturn(cast):
    """kill -9 of the host ends the process of a pusher that is at work."""
    plugins.put(cast.directory, "mine")
    cast.use("mine", "mine", "here=ignore")
    process = cast.world.start("rotate")
    runner = plugins.waited_for_runner(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    plugins.wait_until_gone(runner)
