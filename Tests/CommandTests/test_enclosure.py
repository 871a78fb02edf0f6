"""A kernel that lacks a part of the enclosure: pushers are refused, unless the configuration accepts it by name."""

import pathlib
import subprocess

import pytest

import plugins
import program

#: landlock_create_ruleset, the same on every architecture.
LANDLOCK = 444


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """A program that runs another one without a system call."""
    made = tmp_path_factory.mktemp("without") / "without"
    source = pathlib.Path(__file__).parent / "pushers" / "without.c"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", made, source, "-lseccomp"], check=True, timeout=60)
    return made


def run(world, without, *arguments):
    done = subprocess.run(
        [without, str(LANDLOCK), program.binary(), *arguments], cwd=world.directory, env=world.environment,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    return program.Result(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_missing_part_is_refused(world, without):
    """One sentence with the line and what would accept it; nothing is asked or written."""
    result = run(world, without, "rotate")
    assert result.status == 78, str(result)
    assert "no landlock" in result.err and "accept-missing: [landlock]" in result.err
    assert world.sandbox.requests() == []


def test_a_missing_part_is_accepted_by_name(world, without):
    """Then the rest is in force, and `check` and `plugin info` say what is."""
    world.configuration["plugins"] = {"accept-missing": ["landlock"]}
    world.save()
    checked = run(world, without, "check")
    assert checked.status == 0 and "sandboxed by limits, no-new-privs, seccomp" in checked.out, str(checked)
    assert "this kernel has no landlock" in run(world, without, "plugin", "info", "travis-ci").out
    result = run(world, without, "rotate", "--wait")
    assert result.status == 0, str(result)
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])


def test_a_plugin_test_needs_every_part_too(world, without, tmp_path):
    """The library is not opened on a kernel that lacks one, unless an option or the configuration accepts it."""
    opened = tmp_path / "opened"
    place = plugins.put(tmp_path, "mine", IN_CONSTRUCTOR=f'close(open("{opened}",O_CREAT|O_WRONLY,0600))')
    test = ["plugin", "test", str(place), "--check", "opens"]
    result = run(world, without, *test)
    assert result.status == 78 and "no landlock" in result.err and "accept-missing: [landlock]" in result.err, str(result)
    assert "--accept-missing landlock" in result.err and not opened.exists()
    result = run(world, without, *test, "--accept-missing", "landlock")
    assert result.status == 0 and "not sandboxed by landlock" in result.out, str(result)
    world.configuration["plugins"] = {"accept-missing": ["landlock"]}
    world.save()
    result = run(world, without, *test)
    assert result.status == 0 and "not sandboxed by landlock" in result.out, str(result)


def test_a_part_that_nobody_knows(world):
    """A typing error is not a gap in the wall."""
    world.configuration["plugins"] = {"accept-missing": ["landlok"]}
    world.save()
    assert "must be a list of landlock, seccomp" in world.must("check", status=78).err
