"""The ABI can grow: plugins and hosts that were built with longer and with shorter structs work with each other."""

import json
import pathlib
import subprocess

import pytest

import grown
import plugins
import program
from test_compatibility import echo, put_old_plugin, use_old_plugin  # noqa: F401 (a fixture)
from test_pushers import key_held

pytestmark = pytest.mark.later

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
TODAY = (ROOT / "plugin-sdk" / "include" / "keyturn_pusher.h").read_text()


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """An installation whose runner has longer structs."""
    return grown.stage(tmp_path_factory.mktemp("later"))


def test_every_struct_grows():
    """So that the tests below are about all of them."""
    before, after = grown.sizes(TODAY), grown.sizes(grown.header(TODAY))
    assert {name for name in before if after[name] == before[name]} == grown.FROZEN
    assert len(before) - len(grown.FROZEN) == TODAY.count("#define KT_MIN_SIZE_") == 19


@pytest.mark.timeout(400)
@pytest.mark.parametrize("which", ["today", "old-c", "old-rust", "old-binary"])
def test_a_plugin_of_today_works_on_a_host_of_later(later, cast, echo, monkeypatch, which):  # noqa: F811
    """With shorter structs in both directions: requests, reports, tables."""
    monkeypatch.setenv("KEYTURN_STAGE", str(later))
    if which == "today":
        plugins.put(cast.directory, "frozen", ANY_HOST=1)
        cast.use("mine", "frozen", "here", "there")
    else:
        put_old_plugin(cast.directory, which.removeprefix("old-"))
        use_old_plugin(cast, "mine", echo.url, "here", "there=aws")
    cast.world.must("check", "--online")
    cast.world.must("rotate", "--wait")
    (new,) = cast.sandbox.keys()
    assert key_held(cast.server, "here") == key_held(cast.server, "there") == new


@pytest.mark.timeout(400)
def test_the_pushers_that_come_with_keyturn_work_on_a_host_of_later(later, monkeypatch, make):
    """PusherKit's: push, inspect, the look around each target."""
    monkeypatch.setenv("KEYTURN_STAGE", str(later))
    world = make()
    world.must("check", "--online")
    world.must("rotate", "--wait")
    world.assert_holds_only(["travis:acme/app", "gitlab:acme/tools/app", "github:acme/app"])
    evidence = {name: delivery["evidence"] for name, delivery in world.deliveries().items()}
    assert evidence["gitlab:acme/tools/app"] == "read-back"


def put_grown_plugin(directory, name):
    """A plugin that is built with longer structs."""
    place = plugins.put(directory, name)
    include = grown.include(pathlib.Path(directory).parent / "later")
    text = (place / "manifest.json").read_text()
    subprocess.run(
        ["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{include}", "-DANY_HOST",
         f"-DID={json.dumps(name)}", f"-DMANIFEST={json.dumps(text)}", "-o", place / "pusher.so", HERE / "pushers" / "pusher.c"],
        check=True, timeout=60)
    return place


def test_a_plugin_of_later_works_on_todays_host(cast):
    """What its structs have beyond is left alone."""
    put_grown_plugin(cast.directory, "later")
    cast.use("mine", "later", "here", "there=says-read-back")
    cast.world.must("check", "--online")
    cast.world.must("rotate", "--wait")
    (new,) = cast.sandbox.keys()
    assert key_held(cast.server, "here") == new
    assert cast.world.deliveries()["mine:there"]["evidence"] == "read-back"


@pytest.mark.parametrize("bytes, status", [("KT_MIN_SIZE_PUSHER", 0), ("KT_MIN_SIZE_PUSHER - 1", 1), ("8", 1)])
def test_a_table_that_no_version_has_is_refused(cast, bytes, status):
    """With both sizes."""
    plugins.put(cast.directory, "sized", TABLE_SIZE=f"({bytes})")
    cast.use("mine", "sized", "here")
    result = cast.world.run("check", "--online")
    assert (result.status == 0) is (status == 0), str(result)
    if status:
        assert "the smallest of any version has 120" in result.out + result.err


def test_a_request_that_no_version_has_is_refused(cast):
    """One byte less than in version 1.0."""
    plugins.put(cast.directory, "sized", REQUEST_SIZE="(KT_MIN_SIZE_HTTP_REQUEST - 1)")
    cast.use("mine", "sized", "here")
    cast.world.run("rotate")
    delivery = cast.world.deliveries()["mine:here"]
    assert delivery["state"] != "confirmed" and cast.server.kept == {}, delivery


def test_nothing_is_sent_while_a_pusher_opens(cast):
    """send() answers KT_HTTP_REFUSED; the plugin aborts at any other answer."""
    plugins.put(cast.directory, "eager", IN_OPEN="send_in_open(host,call,configuration)")
    cast.use("mine", "eager", "here")
    cast.world.must("check", "--online")
    assert cast.server.kept == {}
    cast.world.must("rotate", "--wait")
    assert set(cast.server.kept) == {"here"}
    assert program.stage().name != "prefix"
