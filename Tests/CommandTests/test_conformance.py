"""`keyturn plugin test`: the pushers that come with keyturn pass it, and each rule is broken once by one that does not."""

import base64
import json
import pathlib
import re
import signal
import subprocess
from xml.etree import ElementTree

import pytest

import plugins
import program
from test_schemas import fits

HERE = pathlib.Path(__file__).parent
EXAMPLE = HERE.parents[1] / "plugin-sdk" / "Examples" / "c"
FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE"]

#: What a pusher does, which check finds it, and as what.
FAULTS = [
    ("refuses-host", "loads", "fail"), ("tiny-table", "loads", "fail"), ("huge-table", "loads", "fail"),
    ("exact-host", "larger-host", "fail"), ("needs-log", "without-log", "crashed"),
    ("needs-secret", "without-secret", "crashed"), ("needs-clock", "without-clock", "crashed"),
    ("needs-http", "without-http", "crashed"), ("needs-http", "without-services", "crashed"),
    ("needs-aws", "without-aws", "crashed"),
    ("bad-id", "identity", "fail"), ("bad-version", "identity", "fail"),
    ("any-extension", "unknown-extension", "fail"), ("other-manifest", "manifest-embedded", "fail"),
    ("bad-version", "manifest-embedded", "fail"), ("no-inspect", "manifest-fields", "warn"),
    ("refuses-all", "opens", "fail"), ("aborts-in-open", "opens", "crashed"), ("aborts-in-close", "opens", "crashed"),
    ("sends-in-open", "open-sends-nothing", "fail"), ("accepts-all", "refuses-bad-configuration", "fail"),
    ("accepts-all", "refuses-no-configuration", "fail"), ("never-well", "push", "fail"),
    ("crashes", "push", "crashed"), ("exits", "push", "crashed"), ("hangs", "push", "timed-out"),
    ("rubbish", "answers-500", "fail"), ("always-unchanged", "push-again", "fail"),
    ("writes-in-check", "check", "fail"), ("asks-nothing-in-check", "check", "warn"),
    ("inspects-wrongly", "inspect", "fail"), ("one-mount-only", "every-target", "fail"),
    ("one-at-a-time", "concurrent-pushes", "fail"), ("always-ok-in-check", "answers-401", "fail"),
    ("no-retry-after", "answers-429", "warn"), ("all-internal", "answers-401", "warn"),
    ("two-lines", "answers-500", "warn"), ("ignores-a-write", "fault-at-any-request", "fail"),
    ("gives-up-for-ever", "finishes-what-was-cut-short", "fail"), ("always-ok", "cancelled-before", "fail"),
    ("after-answer-stays", "cancelled-meanwhile", "fail"), ("after-answer-sleeps", "cancelled-between-tries", "fail"),
    ("after-answer-stays", "deadline", "fail"), ("tries-for-ever", "gives-up", "fail"),
    ("secret-in-log", "secrets-in-logs", "fail"), ("token-in-log", "secrets-in-logs", "fail"),
    ("secret-upper-case", "secrets-in-logs", "fail"), ("secret-over-two-lines", "secrets-in-logs", "fail"),
    ("half-a-secret", "secrets-in-messages", "fail"),
    ("sends-late", "late-calls", "fail"), ("reports-late", "late-calls", "fail"), ("lies-in-the-end", "stays-honest", "fail"),
    ("find-writes", "find", "fail"), ("find-secret", "find", "fail"), ("find-token", "find", "fail"),
    ("find-other-fields", "find", "fail"), ("find-no-fields", "find", "fail"), ("find-long-field", "find", "fail"),
    ("find-missing-field", "find", "fail"), ("find-itself", "find", "fail"), ("find-no-key-id", "find", "fail"),
    ("find-no-time", "find", "fail"), ("find-small-struct", "find", "fail"), ("find-endless", "find", "fail"),
    ("find-writes", "find-without-answers", "fail"), ("find-without-answer", "find-without-answers", "fail"),
    ("below-writes", "find-below", "fail"), ("below-no-names", "find-below", "fail"),
    ("below-other-fields", "find-below", "fail"), ("below-token", "find-below", "fail"),
    ("below-itself", "find-below", "fail"), ("below-endless", "find-below", "fail"),
    ("below-good-gap", "find-below", "fail"), ("below-no-part", "find-below", "fail"),
    ("below-silent", "find-below-without-answers", "fail"), ("below-invents", "find-below-without-answers", "fail"),
    ("secret-in-log-as-base64", "secrets-in-logs", "fail"), ("secret-in-message", "secrets-in-messages", "fail"),
    ("token-as-key-id", "secrets-in-messages", "fail"), ("echo-in-message", "secrets-in-messages", "fail"),
    ("token-in-url", "secrets-in-urls", "fail"), ("asks-elsewhere", "requests", "fail"),
    ("bad-method", "requests", "fail"), ("bad-header", "requests", "fail"),
    ("get-with-body", "requests", "fail"), ("fragment", "requests", "fail"), ("own-framing", "requests", "fail"),
    ("after-answer-follows", "redirects", "fail"), ("own-endpoint", "endpoint", "fail"),
    ("plain-url", "odd-targets", "fail"), ("always-ok", "bad-targets", "fail"), ("no-quotes", "odd-pairs", "fail"),
    ("keeps-a-pointer", "borrowed-memory", "crashed"), ("keeps-to-close", "borrowed-memory", "crashed"),
    ("reads-to-a-nul", "text-bounds", "crashed"),
    ("header-to-a-nul", "text-bounds", "crashed"), ("body-to-a-nul", "text-bounds", "crashed"),
    ("header-to-a-nul", "answers-429", "warn"), ("bidi-in-message", "plain-texts", "fail"),
    ("bidi-in-log", "plain-texts", "fail"), ("zero-width-in-key-id", "plain-texts", "fail"),
    ("hidden-in-header", "plain-texts", "fail"), ("hidden-in-body", "plain-texts", "fail"),
    ("small-report", "push", "fail"), ("small-request", "requests", "fail"), ("evidence-used", "push", "fail"),
    ("evidence-17", "push", "fail"), ("unseen-key-id", "evidence", "warn"),
    ("unseen-end", "evidence", "warn"), ("memory", "memory", "fail"), ("signals", "signals", "fail"),
    ("working-directory", "working-directory", "fail"), ("environment", "environment", "fail"),
    ("locale", "locale", "fail"), ("umask", "umask", "fail"), ("descriptors", "descriptors", "fail"),
    ("reads-files", "enclosure", "fail"),
    ("threads", "threads", "fail"), ("output", "output", "fail"), ("writes-at-load", "output", "fail"),
    ("fragile-configuration", "fuzz-configuration", "crashed"), ("fragile-target", "fuzz-targets", "crashed"),
    ("after-answer-aborts", "fuzz-replies", "crashed"), ("after-answer-aborts", "unknown-error", "crashed"),
]
#: The checks in which the service never says yes: a pusher that always does is found by each.
ANSWERS = [
    *(f"answers-{status}" for status in ("400", "401", "403", "404", "409", "422", "429", "429-without-time", "500", "502",
                                         "503", "301", "unknown")),
    "lost", "timed-out", "unreachable", "refused", "too-large", "untrusted", "unknown-error", "garbage", "empty-body",
    "cut-body", "strange-body",
]
#: What is wrong with how the library was linked: warnings.
LINKS = [
    (["-DMORE_EXPORTS"], "exports"), (["-Wl,--no-as-needed", "-lssl"], "self-contained"),
    (["-Wl,-rpath,/opt/lib"], "self-contained"), (["-Wl,-z,execstack"], "hardened"),
]


class Workshop:
    """Compiles the example with a fault. Pushers are kept, for several checks may be of one."""

    def __init__(self, directory):
        self.directory = directory
        self.objects = []
        self.made = {}
        # Faults of kt.find/1 are the business of pushers that have it: the others look for nothing.
        without = json.loads((EXAMPLE / "manifest.json").read_text()) | {"can": ["check", "inspect"]}
        self.manifest = {name: value for name, value in without.items() if name not in ("scope", "owners")}
        (directory / "manifest.h").write_text(f"#define MANIFEST {json.dumps(json.dumps(self.manifest))}\n")
        for name in ("json", "buffer", "vault", "find"):
            self.objects.append(directory / f"{name}.o")
            self.compile("-c", "-o", self.objects[-1], EXAMPLE / f"{name}.c")

    def compile(self, *arguments):
        subprocess.run(
            ["cc", *FLAGS, f"-I{program.stage()}/include", f"-I{self.directory}", f"-I{EXAMPLE}", *arguments], check=True,
            timeout=60)

    def pusher(self, fault="none", *flags):
        """The directory of the pusher with that fault."""
        key = (fault, *flags)
        if key not in self.made:
            place = self.directory / f"{fault}-{len(flags)}-{len(self.made)}"
            place.mkdir(exist_ok=True)
            for name in ("manifest.json", "conformance.json"):
                document = self.manifest if name == "manifest.json" else json.loads((EXAMPLE / name).read_text())
                if fault.startswith("below-"):
                    document = document | ({"scope": {"type": "string"}} if name == "manifest.json" else {"scopes": ["ci"]})
                (place / name).write_text(json.dumps(document))
            self.compile(
                "-shared", f'-DFAULT="{fault}"', "-o", place / "pusher.so", HERE / "pushers" / "faulty.c", *self.objects,
                *flags)
            self.made[key] = place
        return self.made[key]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture
def test(bare):
    """Runs checks, and gives what they found by name."""

    def test(pusher, *options, status=None):
        result = bare.run("plugin", "test", pusher, "--json", "--iterations", 40, *options, timeout=300)
        assert status is None or result.status == status, [
            check for check in result.json["checks"] if check["result"] != "pass"] or str(result)
        return result.json

    return test


def by_name(document):
    return {check["check"]: check for check in document["checks"]}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("identifier", program.own_pushers())
def test_the_pushers_that_come_with_keyturn_conform(test, identifier):
    """All checks, and not even a warning."""
    grant = {"exec": "programs", "file": "files"}.get(identifier)
    grants = ["--grant", grant] if grant else []
    found = test(program.stage() / "lib" / "keyturn" / "pushers" / identifier, "--time-limit", 60, *grants)
    # First, and alone: of more than eighty checks these are what a person looks for.
    not_passed = [check for check in found["checks"] if check["result"] != "pass"]
    assert not_passed == []
    checks, conforms = len(found["checks"]), found["conforms"]
    assert conforms is True and checks >= 80
    assert found.pop("not-granted") == [] and found.pop("missing") == []


@pytest.mark.timeout(300)
def test_the_base_of_the_faulty_ones_conforms(test, workshop):
    """So that what a faulty one is found for is its fault."""
    found = test(workshop.pusher(), status=0)
    assert [check for check in found["checks"] if check["result"] != "pass"] == []


@pytest.mark.parametrize("fault, check, result", FAULTS)
def test_a_fault_is_found(test, workshop, fault, check, result):
    """A pusher that breaks one rule is found by the check for that rule."""
    found = test(workshop.pusher(fault), "--check", check, "--time-limit", 40 if fault != "hangs" else 2)
    assert by_name(found)[check]["result"] == result, found
    assert by_name(found)[check]["findings"] != []
    assert found["conforms"] is (result == "warn")


@pytest.mark.parametrize("check", ANSWERS)
def test_a_yes_without_the_service_is_found(test, workshop, check):
    """A pusher that says KT_OK whatever the service answers."""
    found = by_name(test(workshop.pusher("always-ok"), "--check", check, status=1))
    assert found[check]["result"] == "fail" and "KT_OK" in found[check]["findings"][0]


@pytest.mark.parametrize("flags, check", LINKS)
def test_a_badly_linked_library_is_found(test, workshop, flags, check):
    """As a warning: it may well work."""
    found = by_name(test(workshop.pusher("none", *flags), "--check", check, status=0))
    assert found[check]["result"] == "warn", found


def changed(workshop, tmp_path, name, change):
    """The good pusher, with another manifest.json or conformance.json next to it."""
    place = tmp_path / "changed"
    place.mkdir()
    for file in workshop.pusher().iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    document = json.loads((place / name).read_text())
    change(document)
    (place / name).write_text(json.dumps(document))
    return place


@pytest.mark.parametrize("check, change", [
    ("manifest-fields", lambda manifest: manifest.update(secrets=["password"])),
    ("manifest-fields", lambda manifest: manifest.update(hosts=["https://ci.example.com/"])),
    ("manifest-fields", lambda manifest: manifest.update(threads="some")),
    ("manifest-fields", lambda manifest: manifest.update(runtime="cobol")),
    ("manifest-schema", lambda manifest: manifest["target"]["properties"]["path"].update(type="text")),
    ("manifest-schema", lambda manifest: manifest["target"]["properties"]["path"].update(pattern="(")),
    ("manifest-schema", lambda manifest: manifest["target"]["properties"]["path"].update(pattern="^(?!a)")),
    ("manifest-schema", lambda manifest: manifest["target"]["properties"]["path"].update(pattern="(a)\\1")),
    ("manifest-schema", lambda manifest: manifest["configuration"].update(required=["password"])),
    ("manifest-embedded", lambda manifest: manifest.update(summary="another")),
])
def test_a_bad_manifest_is_found(test, workshop, tmp_path, check, change):
    """Fields that do not fit together, and schemas that are none."""
    found = by_name(test(changed(workshop, tmp_path, "manifest.json", change), "--check", check, status=1))
    assert found[check]["result"] == "fail"


#: Mistakes in a manifest, and what both commands say of them.
MISTAKES = [
    (lambda manifest: manifest.update(secret=manifest.pop("secrets")), "unknown field `secret`; did you mean `secrets`?"),
    (lambda manifest: manifest.update(colour="red"), "unknown field `colour`; known here: `abi`, "),
    (lambda manifest: manifest.update(threads="meny"), '`threads` is "meny"; it must be "many" or "one"'),
    (lambda manifest: manifest.update(secrets=["tokn"]), "`secrets` names `tokn`, which is not a field of `configuration`"),
    (lambda manifest: manifest.update(place=["pth"]), "`place` names `pth`, which is not a field of `target`"),
    (lambda manifest: manifest["target"]["properties"]["path"].update(type="strng"), 'target.path.type is "strng", not one of'),
    (lambda manifest: manifest.update(abi={"min": 2, "max": 3}), "it is for version 2 to 3 of the pusher ABI, and this keyturn has version 1"),
    (lambda manifest: manifest.update(version="one"), "`version` is not a semantic version like 1.4.0"),
    (lambda manifest: manifest.update(files={"reed": ["/etc"]}), "unknown field `reed`; did you mean `read`?"),
]


@pytest.mark.parametrize("change, words", MISTAKES)
def test_what_fails_in_a_manifest_is_not_pinned(test, bare, workshop, tmp_path, change, words):
    """`plugin test` and `plugin pin` say the same sentence; nothing is written."""
    place = changed(workshop, tmp_path, "manifest.json", change)
    checks = test(place, "--check", "manifest-fields", "--check", "manifest-schema", status=1)["checks"]
    (finding,) = [found for check in checks for found in check["findings"] if words in found]
    place.rename(bare.directory / "vault-kv")
    (bare.directory / "seal.key").write_text(base64.b64encode(bytes(32)).decode())
    (bare.directory / "seal.key").chmod(0o600)
    (bare.directory / "keyturn.yaml").write_text(json.dumps({
        "version": 1, "state": "sqlite:state.db", "seal-key": {"file": "seal.key"}, "plugins": {"path": ["."]},
        "pushers": {}, "users": {}}))
    result = bare.must("plugin", "pin", "vault-kv", status=78)
    assert finding.removeprefix("manifest.json: ") in result.err, (finding, result.err)
    assert not (bare.directory / "keyturn.lock").exists()


@pytest.mark.parametrize("fault, runtime, result", [
    ("handles-faults", None, "fail"), ("handles-faults", "go", "pass"), ("signals", "go", "fail"),
])
def test_a_declared_runtime_excuses_its_own_signals_alone(test, workshop, tmp_path, fault, runtime, result):
    """Go handles SIGSEGV and SIGURG, and leaves SIGUSR1 alone."""
    place = tmp_path / "declared"
    place.mkdir()
    for file in workshop.pusher(fault).iterdir():
        (place / file.name).write_bytes(file.read_bytes())
    if runtime:
        document = json.loads((place / "manifest.json").read_text())
        (place / "manifest.json").write_text(json.dumps({**document, "runtime": runtime}))
    assert by_name(test(place, "--check", "signals"))["signals"]["result"] == result


@pytest.mark.parametrize("change", [
    lambda fixture: fixture.update(targets=[]), lambda fixture: fixture.update(replys=[]),
    lambda fixture: fixture["replies"][0].update(path="("), lambda fixture: fixture["replies"][0].pop("status"),
])
def test_a_bad_fixture_is_found(test, workshop, tmp_path, change):
    """And reported with the place of the mistake."""
    found = by_name(test(changed(workshop, tmp_path, "conformance.json", change), "--check", "fixture", status=1))
    assert found["fixture"]["result"] == "fail" and "conformance.json: " in found["fixture"]["findings"][0]


@pytest.fixture
def grasping(tmp_path):
    """A pusher whose manifest asks for everything, and that takes it as soon as it is opened."""
    (tmp_path / "out").mkdir()
    taken = tmp_path / "out" / "taken"
    asks = {"files": {"write": [str(taken.parent)]}, "network": True, "programs": True}
    place = plugins.put(
        tmp_path, "grasping", says=plugins.manifest("grasping", **asks),
        IN_CONSTRUCTOR=f'close(open("{taken}",O_CREAT|O_WRONLY,0600))')
    return place, taken


def test_a_manifest_alone_grants_nothing(bare, grasping):
    """Files, a network and programs are for `--grant`, as with `plugin pin`; what is withheld is said."""
    place, taken = grasping
    result = bare.must("plugin", "test", place, "--check", "opens")
    assert not taken.exists()
    assert f"not granted: writing {taken.parent}" in result.out
    assert "--grant files --grant network --grant programs allows it" in result.out
    result = bare.must("plugin", "test", place, "--check", "opens", "--grant", "files", "--json")
    fits("plugin-test", result)
    found = result.json
    assert taken.exists()
    assert found["granted"] == [f"writing {taken.parent}"] and len(found["not-granted"]) == 2
    taken.unlink()
    bare.must("plugin", "test", place, "--check", "opens", "--grant", "network")
    assert not taken.exists()
    bare.must("plugin", "test", place, "--check", "opens", "--grant", "programs")
    assert taken.exists()


def test_a_refused_grant_is_a_finding(test, workshop, tmp_path):
    """What a pusher tries without the grant that its manifest asks for."""
    place = changed(workshop, tmp_path, "manifest.json", lambda manifest: manifest.update(files={"read": ["/etc"]}))
    library = workshop.pusher("reads-files") / "pusher.so"
    (place / "pusher.so").write_bytes(library.read_bytes())
    found = by_name(test(place, "--check", "enclosure", status=1))["enclosure"]
    assert "was not granted" in found["findings"][0]


def test_looking_at_a_plugin_does_not_load_it(bare, tmp_path):
    """No command but `plugin test` opens a library that is not pinned."""
    loaded = tmp_path / "loaded"
    place = plugins.put(tmp_path / "plugins", "mine", IN_CONSTRUCTOR=f'close(open("{loaded}",O_CREAT|O_WRONLY,0600))')
    key = bare.directory / "seal.key"
    key.write_text(base64.b64encode(bytes(32)).decode())
    key.chmod(0o600)
    (bare.directory / "keyturn.yaml").write_text(json.dumps({
        "version": 1, "state": "sqlite:state.db", "seal-key": {"file": "seal.key"},
        "plugins": {"path": [str(place.parent)]}, "pushers": {"mine": {"plugin": "mine", "token": {"env": "HOME"}}},
        "users": {"ci": {"targets": [{"pusher": "mine", "place": "here"}]}}}))
    for command in (["plugin", "list"], ["plugin", "info", "mine"], ["plugin", "pin", "mine", "--dry-run"],
                    ["plugin", "test", place, "--list"], ["status"], ["config", "schema"]):
        bare.must(*command)
    bare.must("check", status=77)
    bare.must("plugin", "sign", place, "--key", tmp_path / "author.key")
    assert not loaded.exists()


def test_every_check_was_seen_red(test, workshop, bare):
    """The tests above break each rule at least once."""
    rules = bare.must("plugin", "test", workshop.pusher(), "--list", "--json").json["checks"]
    broken = {check for _, check, _ in FAULTS} | set(ANSWERS) | {check for _, check in LINKS}
    broken |= {"manifest-schema", "fixture"}
    assert {rule["check"] for rule in rules} - broken == set()
    assert len(rules) == len({rule["check"] for rule in rules}) >= 30


@pytest.mark.timeout(300)
def test_without_a_fixture_what_needs_success_is_a_warning(test, workshop, tmp_path):
    """The samples come from the schema; no check fails for want of a fixture."""
    place = changed(workshop, tmp_path, "conformance.json", lambda _: None)
    (place / "conformance.json").unlink()
    found = test(place, status=0)
    warned = {check["check"] for check in found["checks"] if check["result"] == "warn"}
    assert {"push", "push-again", "check", "every-target", "fixture", "fault-at-any-request"} <= warned
    assert {check["result"] for check in found["checks"]} == {"pass", "warn"}, found
    push = by_name(found)["push"]
    assert "needs conformance.json" in push["findings"][0]


def test_a_made_up_case_can_be_repeated(test, workshop):
    """What a failure names is the very case; another is not."""
    pusher = workshop.pusher("after-answer-aborts")
    found = by_name(test(pusher, "--check", "fuzz-replies", "--seed", 3, status=1))["fuzz-replies"]
    case = found["findings"][-1].rpartition("--reproduce ")[2]
    assert case.startswith("3:")
    again = by_name(test(pusher, "--check", "fuzz-replies", "--reproduce", case, status=1))["fuzz-replies"]
    assert again["result"] == "crashed" and again["findings"][-1].endswith(case)


def test_people_see_a_table_and_a_sum(bare, workshop):
    """What did not pass, why, and how many passed; nothing on stderr."""
    chosen = [workshop.pusher("crashes"), "--check", "push", "--check", "opens"]
    assert "opens  pass" in bare.must("plugin", "test", *chosen, "--verbose", status=1).out
    result = bare.must("plugin", "test", *chosen, status=1)
    assert "push   crashed" in result.out and "opens" not in result.out and result.err == ""
    assert "crashed (Segmentation fault) in push, at: push" in result.out
    assert result.out.endswith("2 checks: 1 pass, 1 crashed\n")


def test_results_for_ci_systems(bare, workshop):
    """JUnit's XML: what a plugin says is text in it. Checks that were not made are skipped."""
    bare.must("plugin", "test", workshop.pusher("bidi-in-message"), "--check", "plain-texts", "--check", "opens", "--junit", "out.xml", status=1)
    (suite,) = ElementTree.parse(bare.directory / "out.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "1", "errors": "0", "skipped": "0"}
    cases = {case.get("name"): case for case in suite}
    assert list(cases["opens"]) == [] and float(cases["opens"].get("time")) > 0
    (failure,) = cases["plain-texts"]
    assert failure.tag == "failure" and failure.get("message") and failure.get("message") in failure.text
    bare.must("plugin", "test", workshop.pusher("hangs-in-open"), "--time-limit", 1, "--junit", "out.xml", "--json", status=1)
    (suite,) = ElementTree.parse(bare.directory / "out.xml").getroot()
    found = bare.results[-1].json["checks"]
    assert int(suite.get("errors")) >= 2 and int(suite.get("skipped")) == int(suite.get("tests")) - len(found) > 50
    assert [case.find("skipped") is not None for case in suite].count(True) == int(suite.get("skipped"))
    assert "cannot be written" in bare.must("plugin", "test", workshop.pusher(), "--check", "opens", "--junit", "no/out.xml", status=1).err


def test_a_good_find_is_found_good(test, workshop):
    """So that what the faulty ones are found for is their fault."""
    found = by_name(test(workshop.pusher("find-well"), "--check", "find", "--check", "find-without-answers", status=0))
    assert {check["result"] for check in found.values()} == {"pass"}, found
    below = ["--check", "find-below", "--check", "find-below-without-answers"]
    found = by_name(test(workshop.pusher("below-well"), *below, status=0))
    assert {check["result"] for check in found.values()} == {"pass"} and len(found) == 2, found


def test_two_hangs_in_one_place_end_the_run(test, bare, workshop):
    """Else a constructor or close() that hangs would hold each of the checks for the whole time limit."""
    pusher = workshop.pusher("hangs-in-open")
    found = test(pusher, "--time-limit", 1, status=1)
    hangs = [check["findings"][0] for check in found["checks"] if check["result"] == "timed-out"]
    assert len(hangs) == 2 and all(hang.startswith("open did not return within 1 s") for hang in hangs), hangs
    assert found["checks"][-1]["result"] == "timed-out" and found["stopped"] == "open"
    result = bare.must("plugin", "test", pusher, "--time-limit", 1, status=1, timeout=60)
    assert "two checks hang in open" in result.out and "were not made" in result.out
    assert test(workshop.pusher(), "--check", "opens", status=0)["stopped"] is None


def test_hangs_of_one_function_are_one_place(test, workshop):
    """However the checks describe what they do."""
    found = test(workshop.pusher("hangs"), "--time-limit", 1, "--check", "push", "--check", "answers-400", "--check", "answers-401")
    hangs = [check["findings"][0] for check in found["checks"] if check["result"] == "timed-out"]
    assert len(hangs) == 2 and len(set(hangs)) == 2 and found["stopped"] == "push", found
    assert hangs[0] == "push did not return within 1 s, at: push"


def test_a_crash_is_more_than_the_name_of_a_signal(test, workshop):
    """The first and the last lines that the process wrote to stderr are findings."""
    found = by_name(test(workshop.pusher("crashes-with-words"), "--check", "push", status=1))["push"]
    assert found["result"] == "crashed" and "it wrote: the frobnicator is full" in found["findings"]
    assert "in push, at: push" in found["findings"][0]
    said = by_name(test(workshop.pusher("crashes-with-a-stack"), "--check", "push", status=1))["push"]["findings"]
    assert said[1] == "it wrote: line 1" and said[-1] == "it wrote: line 40" and "(28 lines left out)" in said, said


def test_a_crash_of_many_checks_is_one_line(bare, workshop):
    """With a count, and a way to look at it."""
    pusher = workshop.pusher("crashes-with-words")
    result = bare.must("plugin", "test", pusher, "--iterations", 1, status=1, timeout=300)
    assert result.out.count("the frobnicator is full") == 1, result.out
    (line,) = [line for line in result.out.splitlines() if "more checks crashed like larger-host (" in line]
    assert line.endswith(f"keyturn plugin test {pusher} --debug larger-host") and int(line.split()[0]) > 50
    documented = bare.must("plugin", "test", pusher, "--iterations", 1, "--json", status=1, timeout=300).json["checks"]
    assert len([check for check in documented if check["result"] == "crashed"]) > int(line.split()[0])


def test_the_list_needs_no_library(bare):
    """But everything else does."""
    assert "answers-404" in bare.must("plugin", "test", "--list").out
    assert "Name a pusher.so" in bare.must("plugin", "test", status=64).err


def test_a_check_can_be_debugged(bare, workshop):
    """In the foreground: its steps and stderr are seen as they come, a signal is the exit, and nothing is refused."""
    result = bare.run("plugin", "test", workshop.pusher("crashes-with-words"), "--debug", "push")
    assert result.status == -signal.SIGABRT and "the frobnicator is full" in result.err and "doing: push\n" in result.out
    result = bare.must("plugin", "test", workshop.pusher("reads-and-says"), "--debug", "push")
    assert result.out.endswith("push: pass\n") and "read /etc/passwd" in result.err
    result = bare.run("plugin", "test", workshop.pusher("never-well"), "--debug", "push")
    assert result.status == 1 and result.out.endswith("push: fail\n")
    assert "did you mean push" in bare.must("plugin", "test", "x", "--debug", "pusch", status=64).err
    bare.must("plugin", "test", "x", "--debug", "push", "--json", status=64)


def test_bad_input(bare, workshop, tmp_path):
    """64 for flags, 78 for a place without a pusher; the sentence says what is missing."""
    assert "did you mean push" in bare.must("plugin", "test", "x", "--check", "pusch", status=64).err
    bare.must("plugin", "test", "x", "--reproduce", "one", status=64)
    bare.must("plugin", "test", "x", "--iterations", "0", status=64)
    assert "does not exist" in bare.must("plugin", "test", tmp_path / "none", status=78).err
    (tmp_path / "pusher.so").write_bytes(b"no library")
    assert "manifest.json is missing" in bare.must("plugin", "test", tmp_path, status=78).err
    (tmp_path / "manifest.json").write_text('{\n  id: "mine"\n}\n')
    said = bare.must("plugin", "test", tmp_path, status=78).err
    assert "manifest.json is not JSON" in said
    shown = subprocess.run(re.search("`(.*)`", said).group(1), shell=True, capture_output=True, text=True, timeout=60).stderr
    assert "line 2 column 3" in shown, shown
    (tmp_path / "manifest.json").write_text("[]")
    assert "manifest.json is not a JSON object" in bare.must("plugin", "test", tmp_path, status=78).err
    (tmp_path / "manifest.json").write_text("{}")
    found = by_name(bare.must("plugin", "test", tmp_path, "--json", "--check", "exports", "--check", "loads", status=1).json)
    assert found["loads"]["result"] == "fail" and "it is not an ELF library" in found["loads"]["findings"][0]


def test_the_directory_above_is_a_usual_mistake(bare, workshop):
    """So the pushers in it are named."""
    pusher = workshop.pusher()
    result = bare.must("plugin", "test", pusher.parent, status=78)
    assert f"did you mean {pusher.parent}/" in result.err
    lost = bare.must("plugin", "info", "nowhere", status=78).err
    assert f"there is no plugin `nowhere`: no {program.stage()}/lib/keyturn/pushers/nowhere/manifest.json" in lost


def test_a_404_is_shown_with_its_body(test, workshop):
    """What the service may have meant by it is in there."""
    found = by_name(test(workshop.pusher("always-ok"), "--check", "answers-404", status=1))["answers-404"]
    assert 'every answer was: 404 with the body {"error":"conformance: the service answers 404"' in found["findings"][0]


def test_the_library_itself_may_be_named(bare, workshop):
    """With a relative path too."""
    bare.must("plugin", "test", workshop.pusher() / "pusher.so", "--check", "opens")
    (bare.directory / "mine").symlink_to(workshop.pusher())
    bare.must("plugin", "test", "mine/pusher.so", "--check", "opens")
