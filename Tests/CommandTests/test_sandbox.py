"""`keyturn sandbox --directory`: what it writes, and what it leaves alone."""

import pytest


def begin(bare, directory):
    """Begins a sandbox; gives the process once it is up."""
    process = bare.start("sandbox", "--directory", directory, "--json", "--propagation-delay", "0")
    line = process.stdout.readline()
    assert line, bare.finish(process)
    return process


def end(bare, process):
    process.terminate()
    bare.finish(process)


def use(bare, directory):
    """The environment that the sandbox has written for whoever uses it."""
    for word in (bare.directory / directory / "environment").read_text().split():
        name, _, value = word.partition("=")
        if value:
            bare.environment[name] = value.strip("'")


def test_begun_again_in_its_own_directory(bare):
    """The keys of the first one are gone with it: so is its state, and a rotation begins with what the second one has."""
    first = begin(bare, "box")
    use(bare, "box")
    bare.must("rotate", "--wait")
    assert "rotation 1" in bare.must("status").out
    end(bare, first)
    second = begin(bare, "box")
    assert not (bare.directory / "box" / "keyturn.db").exists()
    use(bare, "box")
    bare.must("rotate", "--wait")
    assert bare.must("status", "--json").json["users"][0]["rotation"] == 1
    end(bare, second)


@pytest.mark.parametrize("name", ["keyturn.yaml", "seal.key"])
def test_files_of_a_real_installation_are_left_alone(bare, name):
    """Not one of them is written, and no stand-in is left running."""
    directory = bare.directory / "etc"
    directory.mkdir()
    (directory / name).write_text("precious\n")
    (directory / "keyturn.db").write_text("a state\n")
    result = bare.must("sandbox", "--directory", "etc", status=1)
    assert f"etc/{name} exists already" in result.err and "nothing was written" in result.err, result
    assert {path.name: path.read_text() for path in directory.iterdir()} == {name: "precious\n", "keyturn.db": "a state\n"}


def test_a_directory_that_cannot_be_written(bare):
    """It ends at once, and says where and why."""
    (bare.directory / "file").write_text("")
    for directory in ("/proc/box", "file/box"):
        result = bare.must("sandbox", "--directory", directory, status=1)
        assert f"{directory}: the files of the sandbox cannot be written there" in result.err, result
