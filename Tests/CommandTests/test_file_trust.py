"""Files that keyturn obeys are root's or its own user's, and no one else can write them: else 77, and nothing is done."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

import program
import world as worlds

#: no one, and a user that there is not.
UNPRIVILEGED, STRANGER = 65534, 54321
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def refused(world, path, *words, command=("rotate",)):
    result = world.must(*command, status=77)
    sentence = result.err.strip().splitlines()[-1]
    assert f"{path}: " in sentence and all(word in sentence for word in words), result.err
    assert world.sandbox.requests() == []


@pytest.mark.parametrize("name", ["keyturn.yaml", "gitlab.token"])
@pytest.mark.parametrize("mode", [0o666, 0o664, 0o622])
def test_a_file_that_others_can_write(world, name, mode):
    """The path, its mode and what to type are said. A mode that only lets others read is fine."""
    path = world.directory / name
    path.chmod(mode)
    refused(world, path, "others can write it", f"mode {mode:o}", f"run `chmod go-w {path}`")
    path.chmod(0o644)
    world.must("rotate", "--wait")


def test_looking_needs_a_trusted_file_too(world):
    """A file of targets may name any program as `command`."""
    (world.directory / "keyturn.yaml").chmod(0o666)
    for command in (["status"], ["plan"], ["check"], ["plugin", "list"], ["step"], ["history"]):
        refused(world, world.directory / "keyturn.yaml", "others can write it", command=command)


@pytest.mark.parametrize("name", ["state", "."])
def test_a_directory_that_others_can_write(world, name):
    """Of the state, or of all files: who can write it can put another file there."""
    path = (world.directory / name).resolve()
    path.chmod(0o777)
    refused(world, path, "others can write it (mode 777", f"chmod go-w {path}")
    path.chmod(0o755)
    world.must("rotate", "--wait")


def test_a_state_that_others_can_write(world):
    """The file itself."""
    world.must("rotate", "--wait")
    world.database.chmod(0o666)
    result = world.must("status", status=77)
    assert f"{world.database}: others can write it (mode 666" in result.err


@root_only
@pytest.mark.parametrize("name", ["keyturn.yaml", "gitlab.token", "seal.key", "state", "."])
def test_a_file_of_another_user(world, name):
    """Whoever owns it can change it whatever its mode is. A sticky directory is its owner's too."""
    path = (world.directory / name).resolve()
    if path.is_dir():
        path.chmod(0o1777)
    os.chown(path, STRANGER, STRANGER)
    refused(world, path, f"it belongs to user {STRANGER}", f"run `sudo chown -h root {path}`")
    os.chown(path, 0, 0)
    world.must("rotate", "--wait")


def test_links_lead_to_trusted_files_only(world):
    """As Kubernetes mounts a configuration: by links. Each directory on the way counts."""
    data = world.directory / "data"
    data.mkdir(mode=0o755)
    (world.directory / "keyturn.yaml").rename(data / "keyturn.yaml")
    (world.directory / "keyturn.yaml").symlink_to("..data/keyturn.yaml")
    (world.directory / "..data").symlink_to("data")
    world.must("check")
    data.chmod(0o777)
    refused(world, data, "others can write it")


@root_only
def test_a_link_of_another_user(world):
    """It could lead elsewhere the next time."""
    link = world.directory / "keyturn.yaml"
    link.rename(world.directory / "real.yaml")
    link.symlink_to("real.yaml")
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    refused(world, link, f"it belongs to user {STRANGER}", "chown -h root")


def test_a_path_is_quoted_for_the_shell(world):
    """What is to be typed can be typed."""
    place = world.directory / "it's here"
    place.mkdir(mode=0o755)
    (world.directory / "keyturn.yaml").rename(place / "keyturn.yaml")
    (place / "keyturn.yaml").chmod(0o666)
    result = world.must("status", "--config", place / "keyturn.yaml", status=77)
    command = result.err.strip().rpartition("; run `")[2].rstrip("`")
    subprocess.run(command, shell=True, check=True, timeout=10)
    assert (place / "keyturn.yaml").stat().st_mode & 0o777 == 0o644


@pytest.fixture
def alien(start):
    """A world of a user without privileges, in a directory that every user can reach."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="keyturn-trust-"))
    directory.chmod(0o755)
    made = worlds.World(directory, start())
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    made.wrapper = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    yield made
    made.close()
    shutil.rmtree(directory)


@root_only
def test_another_user_than_root_trusts_itself_and_root(alien):
    """Not a third one, and root does not trust it."""
    alien.must("check")
    path = alien.directory / "keyturn.yaml"
    os.chown(path, 0, 0)
    alien.must("check")
    os.chown(path, STRANGER, STRANGER)
    refused(alien, path, f"it belongs to user {STRANGER}", f"run `sudo chown -h nobody {path}`", command=["check"])
    os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    alien.wrapper = []
    # The directory is the first that is not root's on the way to the file, and the file comes before it.
    refused(alien, path, "it belongs to user nobody", command=["check"])


@root_only
def test_a_configuration_that_this_user_may_not_read(alien):
    """Owner, mode, who keyturn is, and what to type."""
    path = alien.directory / "keyturn.yaml"
    os.chown(path, 0, 0)
    path.chmod(0o600)
    err = alien.must("check", status=78).err
    assert "the file cannot be read: Permission denied (mode 600, owner root; keyturn runs as nobody)" in err
    assert "run keyturn as root, `sudo keyturn …`; or, if it is to be nobody's, run `sudo chown nobody " in err
    assert "keyturn.yaml`; or name another file with `--config`" in err


@root_only
def test_init_says_why_it_cannot_write(alien):
    directory = alien.directory / "theirs"
    directory.mkdir(mode=0o755)
    err = alien.must("init", "--config", directory / "keyturn.yaml", status=1).err
    assert f"keyturn.yaml cannot be written: {directory}: Permission denied (mode 755, owner root; keyturn runs as nobody): run keyturn as root" in err
    assert not list(directory.iterdir())


@root_only
def test_a_state_that_this_user_may_not_write(alien):
    """`check` says so before anything has made it, with the reason; and of a file that another user has made."""
    state = alien.database.parent
    os.chown(state, 0, 0)
    result = alien.must("check", status=77)
    assert f"{state}: Permission denied (mode 755, owner root; keyturn runs as nobody): run keyturn as root, `sudo keyturn …`" in result.out
    assert f"or, if it is to be nobody's, run `sudo chown nobody {state}`" in result.out
    os.chown(state, UNPRIVILEGED, UNPRIVILEGED)
    alien.database.touch(mode=0o644)
    assert f"{alien.database}: Permission denied (mode 644, owner root" in alien.must("check", status=77).err
    assert alien.database.stat().st_size == 0


@root_only
@pytest.mark.parametrize("variable, command", [
    ("AWS_SHARED_CREDENTIALS_FILE", ["plan"]), ("AWS_SHARED_CREDENTIALS_FILE", ["check", "--online"]),
    ("AWS_SHARED_CREDENTIALS_FILE", ["doctor"]), ("AWS_SHARED_CREDENTIALS_FILE", ["step"]), ("AWS_CONFIG_FILE", ["plan"]),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", ["plan"]), ("AWS_WEB_IDENTITY_TOKEN_FILE", ["doctor"]),
])
def test_credentials_that_this_user_may_not_read(alien, variable, command):
    """Mode and owner, and what to type; nothing else is used in their place. A directory that is closed is named as well."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del alien.environment[name]
    directory = alien.directory / "root"
    directory.mkdir(mode=0o755)
    path = directory / "file"
    path.write_text("")
    path.chmod(0o600)
    alien.environment.update({variable: str(path), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r"})
    result = alien.run(*command)
    assert result.status == 77 if command != ["doctor"] else result.status != 0, result
    said = result.out + result.err
    assert "cannot be read: Permission denied (mode 600, owner root; keyturn runs as nobody): run keyturn as root, `sudo keyturn …`" in said
    assert f"or, if it is to be nobody's, run `sudo chown nobody {path}`" in said, result
    directory.chmod(0o700)
    result = alien.run(*command)
    assert f"nobody may not enter {directory} (mode 700, owner root): run keyturn as root, `sudo keyturn …`" in result.out + result.err


@root_only
def test_a_file_of_the_own_key_that_this_user_may_not_replace(alien):
    """Of `self-rotation`: the new file is made next to it, so it is the directory that is named."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del alien.environment[name]
    file = alien.write(
        ".aws/credentials",
        f"[default]\naws_access_key_id = {alien.sandbox.accessKeyId}\naws_secret_access_key = {alien.sandbox.secretAccessKey}\n", 0o600)
    file.parent.chmod(0o755)
    os.chown(file, UNPRIVILEGED, UNPRIVILEGED)
    alien.configuration["self-rotation"] = {"user": "keyturn-admin", "profile": "default"}
    os.chown(alien.save(), UNPRIVILEGED, UNPRIVILEGED)
    result = alien.run("check", "--online")
    assert result.status == 77, result
    assert "a file cannot be made next to it: Permission denied (mode 755, owner root; keyturn runs as nobody): run keyturn as root" in result.out


@root_only
def test_modes_do_not_matter_where_nothing_can_be_written(world):
    """As containers mount their configuration: read-only, with whatever modes the files have."""
    place = world.directory / "mounted"
    place.mkdir(mode=0o755)
    script = (
        'mount -t tmpfs -o mode=777 none mounted && cp keyturn.yaml seal.key gitlab.token mounted && chmod 666 mounted/keyturn.yaml && '
        'if [ "$1" = ro ]; then mount -o remount,ro mounted; fi && shift && exec "$@"')
    world.configuration["state"] = f"sqlite:{world.database}"
    world.save()
    for mode, status in (("ro", 0), ("rw", 77)):
        world.wrapper = ["unshare", "-m", "sh", "-c", script, "sh", mode]
        world.must("check", "--config", "mounted/keyturn.yaml", status=status)


@root_only
def test_a_volume_of_a_private_group_may_hold_the_state(alien):
    """As Kubernetes makes it with `fsGroup`: root's, and writable for a group that only keyturn's user is in."""
    state = alien.directory / "state"
    alien.wrapper = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    for path in [alien.directory, *alien.directory.rglob("*")]:
        os.chown(path, STRANGER, STRANGER)
    os.chown(state, 0, STRANGER)
    state.chmod(0o2775)
    alien.must("check")
    os.chown(state, 0, UNPRIVILEGED)
    state.chmod(0o2775)
    refused(alien, state, "others can write it (mode 2775", command=["check"])
