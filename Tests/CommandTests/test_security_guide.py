"""The security guide says what is so: each of its sentences is held by a test, which claims.yaml names."""

import collections
import os
import pathlib
import re

import pytest
import yaml

import guides
import plugins
from world import waited_for

CLAIMS = pathlib.Path(__file__).parent / "claims.yaml"
PAGE = "SecurityModel.md"
#: What is not a claim that a test could hold. A limit says what keyturn does not do.
OTHERS = {"advice", "definition", "limit", "link"}


def claims():
    return yaml.safe_load(CLAIMS.read_text())


def test_each_sentence_of_the_guide_has_an_entry():
    """In the words that it has now: a sentence that changes is looked at again."""
    known = [entry["claim"] for entry in claims()]
    assert [claim for claim, count in collections.Counter(known).items() if count > 1] == []
    written = guides.sentences(PAGE)
    assert len(written) > 100
    assert [sentence for sentence in written if sentence not in known] == []
    assert [claim for claim in known if claim not in written] == []


def test_each_entry_has_tests_that_exist_or_says_why_not():
    for entry in claims():
        assert ("tests" in entry) != ("is" in entry), entry
        if "is" in entry:
            assert entry["is"] in OTHERS, entry
            continue
        assert entry["tests"], entry
        for test in entry["tests"]:
            file, _, name = test.partition("::")
            text = (guides.REPOSITORY / file).read_text()
            wanted = rf"^def {name}\(" if file.endswith(".py") else rf"^    func {name}\("
            assert re.search(wanted, text, re.MULTILINE), f"{test} of: {entry['claim']}"


#: Numbers of the guide, and the line of the source that each comes from.
HEADER = "plugin-sdk/include/keyturn_pusher.h"
NUMBERS = [
    ("it ends 10 seconds after its last call", "PusherHost/PusherSession+Deadlines", "idleLimit: Duration = .seconds(10)"),
    ("no more calls 15 minutes after its first pair", "PusherHost/PusherSession", "pairLimit: Duration = .seconds(900)"),
    ("256 requests and 8 MiB of them in one call", HEADER, "KT_MAX_REQUESTS 256 ", "KT_MAX_REQUEST_BYTES 8388608 "),
    ("250,000 requests an hour", "PusherHost/PusherLimits", "requestsPerHour = 250_000"),
    ("4 MiB in progress at once", "PusherHost/PusherLimits", "requestBytesAtOnce = 4 << 20"),
    ("answers of 4 MiB", HEADER, "KT_MAX_RESPONSE_BODY 4194304 "),
    ("2,000 log lines and 256 KiB of them an hour", "PusherHost/PusherLimits", "linesPerHour = 2_000", "lineBytesPerHour = 256 << 10"),
    ("messages of 1,000 bytes", HEADER, "KT_MAX_MESSAGE 1000 "),
    ("256 threads", HEADER, "KT_MAX_THREADS 256 "),
    ("five times a second", "PusherHost/PusherLimits", "threadsInterval: Duration = .milliseconds(200)"),
    ("4,096 threads of all", "Enclosure/Limits", "limit(__RLIMIT_NPROC, 4_096)"),
    ("512 MiB of memory", "Enclosure/Limits", "limit(RLIMIT_DATA, rlim_t(KT_MAX_MEMORY))"),
    ("512 MiB of memory", HEADER, "KT_MAX_MEMORY 536870912 "),
    ("4 GiB of address space", "Enclosure/Limits", "limit(RLIMIT_AS, 4 << 30)"),
    ("8 MiB of stack", "Enclosure/Limits", "limit(RLIMIT_STACK, 8 << 20)"),
    ("64 descriptors", "Enclosure/Limits", "limit(RLIMIT_NOFILE, rlim_t(KT_MAX_DESCRIPTORS))"),
    ("64 descriptors", HEADER, "KT_MAX_DESCRIPTORS 64 "),
    ("no core dumps", "Enclosure/Limits", "limit(RLIMIT_CORE, 0)"),
    ("30 seconds, 60 for `credential_process`", "Configuration/SecretReference", "commandLimit: Duration = .seconds(30)"),
    ("30 seconds, 60 for `credential_process`", "AWS/Credentials/ProcessCredentials", "timeLimit: Duration = .seconds(60)"),
    ("30 seconds, 60 for `credential_process`", "Operations/Services/ServiceFactory+Notifications", "programLimit: Duration = .seconds(30)"),
    ("SIGKILL 2 seconds later", "Programs/ProgramRun", "grace: Duration = .seconds(2)"),
    ("64 KiB of output", "Configuration/SecretReference", "sizeLimit = 64 << 10"),
    ("64 KiB of output", "AWS/Credentials/ProcessCredentials", "sizeLimit = 64 << 10"),
]


def test_numbers():
    """Those of the guide are those of the sources."""
    text = " ".join(guides.GUIDES.joinpath(PAGE).read_text().split())
    for words, file, *lines in NUMBERS:
        assert words in text, words
        place = file if file == HEADER else f"Sources/{file}.swift"
        source = (guides.REPOSITORY / place).read_text()
        for line in lines:
            assert line in source, (words, file, line)


def test_every_rule_of_the_filter_has_a_reason():
    text = (guides.REPOSITORY / "Sources" / "Enclosure" / "SystemCallTable.swift").read_text()
    rules = re.findall(r"^        \.(?:allow|fail)\((?:[^()\"]|\"[^\"]*\"|\((?:[^()]|\([^()]*\))*\))*\)", text, re.MULTILINE)
    assert len(rules) > 40
    assert [rule for rule in rules if not re.search(r'for:\s*"[^"]{6,}', rule)] == []


def test_the_policy_has_six_actions(world):
    """On the users of the configuration alone; none that makes users or attaches policies."""
    (statement,) = world.must("policy").json["Statement"]
    assert len(statement["Action"]) == 6 and all("AccessKey" in action or action == "iam:GetUser" for action in statement["Action"])
    assert statement["Resource"] and all(arn.endswith("/cicd-bot") for arn in statement["Resource"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look into the process of a pusher")
def test_a_pushers_process_inherits_nothing(world):
    """Two variables of its own, and as descriptors /dev/null, its standard error, the socket and the library."""
    world.sandbox.fault("gitlab", method="PUT", delayMilliseconds=3000, times=1)
    rotating = world.start("rotate")
    runner = plugins.waited_for_runner(rotating.pid)
    waited_for(lambda: world.sandbox.requests("gitlab"))
    environment = pathlib.Path(f"/proc/{runner}/environ").read_bytes().split(b"\0")
    assert {entry.split(b"=")[0] for entry in environment if entry} == {b"LANG", b"SWIFT_BACKTRACE"}
    links = {int(path.name): os.readlink(path) for path in pathlib.Path(f"/proc/{runner}/fd").iterdir()}
    assert links[0] == links[1] == "/dev/null" and links[2].startswith("pipe:") and links[3].startswith("socket:")
    others = {number: link for number, link in links.items() if number > 3}
    assert all("memfd:pusher" in link or link.startswith("anon_inode:") or link.startswith("pipe:") for link in others.values()), others
    world.finish(rotating)
