"""Values that can be worked with and are hardly meant: `check` says a word about each; impossible ones are errors."""

import getpass
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import program


def looks(world):
    """What `check` asks to look at: the lines of each in one."""
    items = re.split(r"\n(?! )", world.must("check", "--no-color").out)
    return [" ".join(item.split()) for item in items if item.startswith("look")]


@pytest.mark.parametrize("change, words", [
    ({"rotate-every": "5s", "overlap": "2h", "soak": "1h"}, "5s is shorter than overlap and soak together (3h)"),
    ({"freeze": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]}, "no rotation ever begins by itself"),
    ({"freeze": [{"from": "22:00", "to": "06:00"}, {"from": "06:00", "to": "22:00"}]}, "no rotation ever begins by itself"),
])
def test_times_that_are_hardly_meant(world, change, words):
    assert looks(world) == []
    world.configuration["users"]["cicd-bot"].update(change)
    world.save()
    (line,) = looks(world)
    assert words in line
    name = line.split(":")[0].split()[1]
    assert line.startswith(f"look {name}: cicd-bot ")
    assert f"ok      {name}:" not in world.must("check").out, "one thing has one mark"


def test_a_token_that_all_can_read(world):
    """With mode, owner and the command that fixes it."""
    (world.directory / "gitlab.token").chmod(0o644)
    line = next(line for line in looks(world) if "gitlab.token" in line)
    assert f"(mode 644, owner {getpass.getuser()}): run `chmod 600" in line


@pytest.mark.parametrize("place, value, words", [
    (("aws", "region"), "us_east_1", "must be the code of a region, such as eu-central-1"),
    (("users", "cicd-bot", "targets", 0, "repository"), "acme/*", "repository"),
    (("users", "cicd-bot", "targets", 2, "repository"), "acme/*", "repository"),
])
def test_values_that_cannot_be(world, place, value, words):
    """One sentence with file and line, exit status 78."""
    node = world.configuration
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    world.save()
    err = world.must("check", status=78).err
    assert words in err and "keyturn.yaml:" in err and len(err.strip().split("\n")) == 1, err


def test_a_directory_in_place_of_a_file(world):
    (world.directory / "folder").mkdir()
    assert "it is a directory, and a file is needed" in world.must("check", "--config", world.directory / "folder", status=78).err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_the_state_of_another_user_is_worked_on_as_that_user(world):
    """What a service keeps belongs to the service's user, and stays so."""
    state = world.directory / "service"
    state.mkdir()
    world.configuration["state"] = "sqlite:service/keyturn.db"
    world.save()
    os.chown(state, 65534, 65534)
    err = world.must("rotate", "--all", status=77).err
    assert f"{state}: it belongs to user nobody (mode 755, owner nobody), who could change it, and keyturn runs as root here" in err
    assert "`sudo -u nobody keyturn …`" in err and "root or to root" not in err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_what_may_not_be_read_is_not_taken_for_what_is_not_there(world):
    """A configuration that is found by its place, and the state that one names."""
    def refusal(place):
        shutil.copy(world.directory / "keyturn.yaml", place)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--clear-groups", "--", program.binary(), "status"], cwd=place, capture_output=True, text=True,
            env={"PATH": os.environ["PATH"]}, timeout=60)
        assert done.returncode in (77, 78) and done.stdout == "", done
        return done.stderr

    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        words = refusal(place)
        assert "keyturn.yaml: the file cannot be read: Permission denied" in words and "keyturn init" not in words
        os.chmod(place, 0o755)
        hidden = pathlib.Path(place, "hidden")
        hidden.mkdir(0o700)
        world.configuration["state"] = f"sqlite:{hidden}/keyturn.db"
        world.save()
        assert f"{hidden}" in (words := refusal(place)) and "Permission denied" in words


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_the_configuration_of_a_service_is_used_as_its_user(world):
    """As Debian's package makes it: root's, and a group's that has the user's name. The directory that is closed is named."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = pathlib.Path(place, "etc", "keyturn.yaml")
        path.parent.mkdir()
        shutil.copy(world.directory / "keyturn.yaml", path)
        os.chmod(place, 0o755)
        path.parent.chmod(0o755)
        path.chmod(0o640)
        shutil.chown(path, "root", "daemon")
        world.wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        err = world.must("status", "--config", path, status=78).err
        assert "(mode 640, owner root; keyturn runs as nobody): run keyturn as daemon, `sudo -u daemon keyturn …`; or, if" in err
        shutil.chown(path.parent, "root", "daemon")
        path.parent.chmod(0o750)
        err = world.must("status", "--config", path, status=78).err
        assert (f"{path}: the file cannot be read: Permission denied: nobody may not enter {path.parent} (mode 750, owner root): "
                "run keyturn as daemon, `sudo -u daemon keyturn …`; or name another file with `--config`") in err


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_file_that_lacks_only_the_right_of_the_service_s_group(world):
    """What Operating.md makes: root's, and readable for the service's group. To change its owner would be the wrong advice."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = pathlib.Path(place, "keyturn.yaml")
        shutil.copy(world.directory / "keyturn.yaml", path)
        os.chmod(place, 0o755)
        path.chmod(0o600)
        shutil.chown(path, "root", "daemon")
        group = path.stat().st_gid
        for groups in ([f"--regid={group}", "--clear-groups"], ["--regid=65534", f"--groups={group}"]):
            world.wrapper = ["setpriv", "--reuid=65534", *groups, "--"]
            err = world.must("status", "--config", path, status=78).err
            assert (f"(mode 600, owner root; keyturn runs as nobody): run `sudo chmod g+r {path}`; or, if only nobody is to read it, "
                    f"`sudo chown nobody {path}`") in err, err


def test_no_configuration_says_where_it_was_looked_for(bare):
    """The directory by its name, and both ways on."""
    err = bare.must("status", status=78).err
    assert f"there is none in {bare.directory}, nor /etc/keyturn/keyturn.yaml" in err and "`--config`" in err and "`keyturn init`" in err
