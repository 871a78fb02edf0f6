"""The pusher `file`: files of this machine, in folders that were granted and no others."""

import json
import os
import stat

import pytest

import leaks
import vendor


@pytest.fixture
def filed(make):
    world = make(users={"cicd-bot": {"targets": []}})
    folder = world.directory / "ci"
    folder.mkdir(mode=0o700)
    world.credentials, world.env = folder / "credentials", folder / "app.env"
    world.configuration["pushers"]["file"] = {"plugin": "file"}
    world.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "file", "path": str(world.credentials), "profile": "deploy"},
        {"pusher": "file", "path": str(world.env), "format": "dotenv"}]
    world.save()
    return world


def grant(world, *folders, status=0):
    folders = folders or [world.credentials.parent]
    return world.must(
        "plugin", "pin", "file", "--grant", "files", *(word for folder in folders for word in ("--folder", str(folder))), status=status)


def values(path):
    lines = [line.split("=", 1) for line in path.read_text().splitlines() if "=" in line]
    return {name.strip().removeprefix("export "): value.strip() for name, value in lines}


def assert_holds_the_current_key(world):
    key = world.status()["keys"][0]["id"]
    for path, names in ((world.credentials, ("aws_access_key_id", "aws_secret_access_key")), (world.env, ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))):
        found = values(path)
        assert found[names[0]] == key
        vendor.assert_is_a_pair(world, key, found[names[1]])


def test_check_says_what_a_worker_would_meet(filed):
    """Without a request: a folder that is not granted or is missing; a target that is fine has no line."""
    out = filed.run("check").out
    assert f"FAILED  target file:{filed.credentials}" in out, out
    assert f"keyturn plugin pin file --grant files --folder {filed.credentials.parent}" in out, out
    grant(filed)
    assert "target file:" not in filed.must("check").out
    missing = filed.directory / "gone"
    filed.configuration["users"]["cicd-bot"]["targets"][0]["path"] = str(missing / "credentials")
    filed.save()
    result = filed.run("check")
    assert result.status == 1 and f"there is no folder {missing}" in " ".join(result.out.split()), result.out
    filed.assert_untouched()


def test_two_rotations(filed):
    """The pair is read back; everything else in the files stays, and so do mode and links."""
    grant(filed)
    real = filed.credentials.parent / "real"
    real.write_text("# ours\n[other]\nregion = x\n\n[deploy]\n# theirs\noutput = json\n")
    real.chmod(0o640)
    filed.credentials.symlink_to("real")
    filed.env.write_text("PORT=80\nexport AWS_ACCESS_KEY_ID=\n# end\n")
    for _ in range(2):
        filed.must("rotate", "--wait")
        assert_holds_the_current_key(filed)
        assert {delivery["evidence"] for delivery in filed.deliveries().values()} == {"read-back"}
    text = real.read_text()
    assert text.startswith("# ours\n[other]\nregion = x\n\n[deploy]\naws_access_key_id = AKIA") and text.endswith("# theirs\noutput = json\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640 and filed.credentials.is_symlink()
    assert filed.env.read_text().startswith("PORT=80\nexport AWS_ACCESS_KEY_ID=AKIA")
    assert sorted(path.name for path in filed.credentials.parent.iterdir()) == ["app.env", "credentials", "real"]
    assert filed.deliveries().keys() == {f"file:{filed.credentials}@deploy", f"file:{filed.env}"}


def test_nothing_is_written_without_a_grant(filed):
    """No key is made; the message has the command."""
    keys = filed.sandbox.keys()
    told = filed.run("check", "--online").out
    assert f"keyturn plugin pin file --grant files --folder {filed.credentials.parent}" in told
    assert filed.run("rotate").status != 0 and filed.sandbox.keys() == keys
    grant(filed)
    filed.must("rotate", "--wait")
    assert_holds_the_current_key(filed)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_folder_that_a_unit_has_made_read_only(filed):
    """As systemd's `ProtectSystem=strict` leaves it: the message names the line of the unit."""
    grant(filed)
    folder = filed.credentials.parent
    filed.wrapper = [
        "unshare", "-m", "sh", "-c", f'mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec "$@"', "sh"]
    said = " ".join(filed.run("check", "--online").out.split())
    assert f"Read-only file system; under systemd, add `ReadWritePaths={folder}` to the unit: `sudo systemctl edit keyturn`" in said


def test_only_the_folders_that_were_named(filed):
    """Neither another folder, nor one to which a link leads."""
    (filed.directory / "elsewhere").mkdir()
    grant(filed, filed.directory / "elsewhere")
    told = filed.run("check", "--online").out
    assert f"--folder {filed.credentials.parent}" in told
    filed.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "file", "path": str(filed.directory / "elsewhere" / "link")}]
    filed.configuration["defaults"]["preflight"] = False
    filed.save()
    filed.credentials.write_text("[default]\n")
    (filed.directory / "elsewhere" / "link").symlink_to(filed.credentials)
    filed.run("rotate")
    assert filed.credentials.read_text() == "[default]\n"
    assert f"--folder {filed.credentials.parent}" in next(iter(filed.deliveries().values()))["detail"]


def test_all_files_are_never_granted(filed):
    """Folders have to be named, and those of before stay."""
    refused = filed.must("plugin", "pin", "file", "--grant", "files", status=77)
    assert "it asks for every file of this machine" in refused.err and "--folder" in refused.err
    assert filed.run("plugin", "pin", "file", "--folder", "/tmp").status == 64
    for folder, words in (("/none", "there is no such directory"), ("none", "it is not an absolute path"), ("/etc/passwd", "it is not a directory")):
        assert words in filed.must("plugin", "pin", "file", "--grant", "files", "--folder", folder, status=1).err
    (filed.directory / "second").mkdir()
    first, second = str(filed.credentials.parent), str(filed.directory / "second")
    grant(filed, first)
    grant(filed, second)
    grant(filed, second)

    def granted():
        return json.loads((filed.directory / "keyturn.lock").read_text())["plugins"]["file"]["grants"]["files"]

    assert granted() == {"write": [first, second]}
    filed.must("plugin", "pin", "file")
    assert granted() == {"write": [first, second]}
    assert f"writing {first}" in filed.must("plugin", "info", "file").out


def test_a_file_that_cannot_be_edited_is_left_alone(filed):
    grant(filed)
    filed.credentials.write_text("not a credentials file\n")
    filed.env.write_text("AWS_ACCESS_KEY_ID=1\nAWS_ACCESS_KEY_ID=2\n")
    told = filed.run("check", "--online").out
    assert "line 1 is none of a credentials file" in told and "AWS_ACCESS_KEY_ID is in it more than once" in told
    filed.configuration["defaults"]["preflight"] = False
    filed.save()
    assert filed.run("rotate").status != 0
    assert filed.credentials.read_text() == "not a credentials file\n"
    assert "Active" in filed.sandbox.keys().values()


def test_drift_is_seen(filed):
    """Someone puts another key back."""
    grant(filed)
    filed.must("rotate", "--wait")
    filed.env.write_text("AWS_ACCESS_KEY_ID=AKIAOTHEROTHEROTHER0\nAWS_SECRET_ACCESS_KEY=x\n")
    assert "AKIAOTHEROTHEROTHER0" in filed.run("status", "--online").out


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: files of another user")
def test_the_owner_stays(filed):
    """keyturn as root writes the files of others, which stay theirs: the sandbox lets the pusher do that."""
    grant(filed)
    filed.credentials.write_text("[deploy]\n")
    os.chown(filed.credentials, 12345, 23456)
    filed.credentials.chmod(0o600)
    filed.must("rotate", "--wait")
    attributes = filed.credentials.stat()
    assert (attributes.st_uid, attributes.st_gid, stat.S_IMODE(attributes.st_mode)) == (12345, 23456, 0o600)
    assert_holds_the_current_key(filed)


@pytest.mark.parametrize("target, words", [
    ({}, "path"), ({"path": "relative"}, "path"), ({"path": "/x/"}, "path"), ({"path": "/x", "profile": "a]"}, "profile"),
    ({"path": "/x", "profile": "a", "format": "dotenv"}, "profile"), ({"path": "/x", "format": "ini"}, "format"),
])
def test_a_target_that_cannot_be(filed, target, words):
    grant(filed)
    filed.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "file", **target}]
    filed.save()
    result = filed.run("check", "--online")
    assert result.status != 0 and words in result.out + result.err


def test_no_secret_is_told(filed):
    grant(filed)
    filed.must("rotate", "--wait", "--verbose")
    secret = values(filed.env)["AWS_SECRET_ACCESS_KEY"]
    for path in (filed.credentials, filed.env):
        path.unlink()
    leaks.assert_told_nowhere(filed, {"secret": secret})
