"""`doctor`, the support bundle, and `--version --verbose`."""

import json
import re
import socket
import stat

from test_schemas import fits


def lines(result):
    fits("doctor", result)
    return {(line["subject"]): line for line in result.json["checks"]}


def test_without_a_configuration(bare):
    """The installation, the kernel and the machine are looked at all the same."""
    found = lines(bare.must("doctor", "--json"))
    assert {"keyturn", "plugins", "kernel", "clock", "user", "open files", "proxy", "certificates", "credentials", "configuration"} == set(found)
    assert found["configuration"]["warning"] == "`keyturn init` writes one"
    assert re.match(r"Linux \S+: pushers are sandboxed by ", found["kernel"]["detail"])
    assert re.match(r"\d+ are as they were pinned", found["plugins"]["detail"])


def test_with_a_configuration(world):
    """Files with mode and owner; what all can read is to look at; nothing is asked of anyone."""
    (world.directory / "gitlab.token").chmod(0o644)
    result = world.must("doctor")
    text = " ".join(result.out.split())
    assert "keyturn.yaml (mode 644, owner " in text and f"{world.directory}/seal.key (mode 600, owner " in text
    assert "gitlab.token can be read by every user of this machine" in text
    assert "credentials: in the environment ($AWS_ACCESS_KEY_ID)" in text
    world.assert_untouched()


def test_connections(world):
    """Each service is connected to, without credentials; one that does not answer is named, and the others are looked at."""
    found = lines(world.must("doctor", "--online", "--json"))
    for name in ("AWS", "pusher travis", "pusher gitlab", "pusher github"):
        assert "answers (status" in found[name]["detail"], found
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        world.configuration["pushers"]["travis"]["endpoint"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
        world.save()
        found = lines(world.must("doctor", "--online", "--json", status=69))
    assert not found["pusher travis"]["ok"] and found["pusher github"]["ok"]
    for request in world.sandbox.requests():
        assert request["method"] == "GET"


def test_a_mistake_in_the_configuration_is_said_at_the_end(world):
    """What is found before it is shown, too."""
    world.write("keyturn.yaml", "version: 2\n")
    result = world.must("doctor", status=78)
    assert "ok      kernel" in result.out and "FAILED  configuration: " in result.out


def test_a_proxy_is_shown_without_its_password(bare):
    bare.environment["https_proxy"] = "http://deploy:hunter2@proxy.example.com:3128"
    result = bare.must("doctor")
    assert "https_proxy=http://…@proxy.example.com:3128" in result.out and "hunter2" not in result.out + result.err


def test_the_bundle_holds_what_helps_and_no_secret(world):
    """One JSON file for its owner alone; a file that is there is not written over."""
    world.must("rotate")
    result = world.must("doctor", "--bundle", "support.json")
    assert "wrote support.json: read it before you send it to someone" in result.out
    path = world.directory / "support.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    bundle = json.loads(text)
    assert bundle["missing"] == {} and bundle["keyturn"]["version"] and bundle["doctor"]
    assert bundle["status"]["users"][0]["user"] == "cicd-bot" and bundle["history"]["history"]
    assert any(setting["name"] == "state" for setting in bundle["configuration"]["settings"])
    assert len(bundle["plugins"]) > 10
    secrets = [*world.sandbox.tokens.values(), (world.directory / "seal.key").read_text().strip(), world.environment["AWS_SECRET_ACCESS_KEY"]]
    for secret in secrets:
        assert secret not in text
    before = path.read_bytes()
    assert "File exists; nothing was written" in world.must("doctor", "--bundle", "support.json", status=1).err
    assert path.read_bytes() == before


def test_a_bundle_of_what_is_broken_says_what_is_missing(world):
    """A configuration that cannot be read is one of the reasons to ask for help."""
    world.write("keyturn.yaml", "version: 2\n")
    world.must("doctor", "--bundle", "support.json", status=78)
    bundle = json.loads((world.directory / "support.json").read_text())
    assert "`version` must be 1" in bundle["missing"]["configuration"] and bundle.get("configuration") is None


def test_the_version_with_everything(bare):
    """Commit, ABI, libraries and walls; the short form stays one line."""
    short = bare.must("--version").out.strip()
    assert bare.must("-v").out.strip() == short and "`keyturn --version` prints" in bare.must("version", status=64).err
    text = bare.must("--version", "--verbose").out
    assert text.startswith(f"keyturn     {short}\n") and "plugin ABI  1.0\n" in text and "libcurl/" in text
    build = bare.must("--version", "--verbose", "--json").json
    assert build["version"] == short and build["abi"] == "1.0" and set(build["libraries"]) >= {"libcurl", "sqlite", "libpq", "libsodium"}
    assert re.fullmatch(r"([0-9a-f]{40}( with changes)?)?", build["commit"] or "")
