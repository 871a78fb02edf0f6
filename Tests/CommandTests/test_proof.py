"""`keyturn find --proof`: what a job's log proves of the key that it is given. The printed jobs are really run, by a shell."""

import base64
import csv
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

import test_schemas
from test_find import PAIR, found, places, plant
from test_moto import moto, rotating  # noqa: F401, fixtures
from test_seal_key import key, kms  # noqa: F401, fixtures

TOOLS = ["cut", "date", "od", "openssl", "sed", "sha256sum", "tr"]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#: What stands in for `aws`: it keeps what it was given, and ends as REFUSAL says.
AWS = """#!/bin/sh
echo "$*" >> "$RECORD"
echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY ${AWS_SESSION_TOKEN-none}" >> "$RECORD"
echo "arn:aws:iam::123456789012:user/x"
[ -z "$REFUSAL" ] || { echo "An error occurred ($REFUSAL)" >&2; exit 254; }
"""


class Job:
    """A job that keyturn printed, and what its CI system gives it."""

    def __init__(self, world, system, *options, **variables):
        self.world = world
        self.system = system
        self.text = world.must("find", "--proof-job", system, *options).out
        self.yaml = yaml.safe_load(self.text)
        self.variables = variables

    @property
    def step(self):
        return self.yaml["jobs"]["keyturn-proof"]["steps"][0]

    @property
    def script(self):
        if self.system == "github":
            return self.step["run"]
        if self.system == "gitlab":
            return self.yaml["keyturn-proof"]["script"][0]
        return self.yaml["jobs"]["include"][0]["script"][0]

    def run(self, tools, shell=("sh", "-e"), **variables):
        """What the job prints, on stdout and stderr; `tools` is its path."""
        part = {"KEYTURN_PART": self.step["env"]["KEYTURN_PART"]} if self.system == "github" else {}
        done = subprocess.run(
            [shutil.which(shell[0]), *shell[1:], "-c", self.script],
            env={"PATH": str(tools), **part, **self.variables, **variables},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def log(self, output):
        """As a log has it: the script as well, and times in front."""
        lines = [*self.text.splitlines(), *output.splitlines()]
        return "".join(f"2026-11-29T10:00:00.1234567Z {line}\r\n" for line in lines)


@pytest.fixture
def tools(tmp_path):
    """Makes directories with what a runner has, and with `aws` or curl only where they are named."""
    def make(*more):
        folder = tmp_path / "-".join(["tools", *more])
        folder.mkdir(exist_ok=True)
        for name in [*TOOLS, *(name for name in more if name != "aws")]:
            if not (folder / name).exists():
                (folder / name).symlink_to(shutil.which(name))
        if "aws" in more:
            (folder / "aws").write_text(AWS)
            (folder / "aws").chmod(0o755)
        return folder
    return make


@pytest.fixture
def github(world, tmp_path):
    """A secret of GitHub's whose value no one can read, and what a job there is given: the pair of a user that is in no
    configuration."""
    (key,) = world.sandbox.add_user("deploy-bot", 1)
    plant(world, *({"service": "github", "place": "acme/hook", "name": name, "value": "x"} for name in PAIR))
    return key, {
        "GITHUB_API_URL": world.sandbox.github, "GITHUB_REPOSITORY": "acme/hook", "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": SECRET, "RECORD": str(tmp_path / "record"), "REFUSAL": ""}


def proved(world, text, *arguments, status=0):
    world.write("job.log", text)
    return found(world, *arguments, "--proof", "job.log", status=status)


def test_a_secret_that_cannot_be_read_is_proved_by_a_job(world, tools, github, tmp_path):
    """Listed with key, user and evidence, as JSON, CSV and table; nothing is written; and import says why the target is there."""
    key, variables = github
    before = places(found(world))["github:acme/hook"]
    assert before["standing"] == "by-name" and "evidence" not in before and "key" not in before
    job = Job(world, "github", **variables)
    output = job.run(tools("aws"))
    assert len(output.splitlines()) == 1 and SECRET not in output
    place = places(proved(world, job.log(output)))["github:acme/hook"]
    test_schemas.fits("find", world.results[-1])
    assert (place["standing"], place["key"], place["user"], place["evidence"]) == ("unmanaged", key, "deploy-bot", "used")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", place["proved"])
    text = world.must("find", "--proof", "job.log").out
    assert f"used by a job at {place['proved']}" in text and "not accepted" not in text
    (row,) = [row for row in csv.DictReader(io.StringIO(world.must("find", "--csv", "--proof", "job.log").out))
              if row["place"] == "acme/hook"]
    assert (row["key"], row["evidence"], row["proved"]) == (key, "used", place["proved"])
    assert world.sandbox.writes() == [] and list(world.database.parent.iterdir()) == []
    world.configuration["include"] = ["users.d/*.yaml"]
    world.save()
    for name, options in (("found.csv", ["--csv"]), ("found.json", ["--json"])):
        world.write(name, world.must("find", *options, "--proof", "job.log").out)
        assert f"held {key}, which a job used at {place['proved']}" in world.must("import", name).out
    world.must("import", "found.json", "--write")
    assert places(found(world))["github:acme/hook"]["standing"] == "managed"
    # The secret goes to aws by its environment and never as an argument, and no other session with it.
    asked, given = (tmp_path / "record").read_text().splitlines()
    assert asked == "sts get-caller-identity --region us-west-2 --output text".replace("us-west-2", world.sandbox.region)
    assert given == f"{key} {SECRET} none"


def test_the_key_that_an_environment_gives(world, tools, github):
    """Its secrets win over the repository's, and the job names the environment itself."""
    key, variables = github
    plant(world, *({"service": "github", "place": "acme/hook@prod", "name": name, "value": "x"} for name in PAIR))
    job = Job(world, "github", "--proof-environment", "prod", **variables)
    assert job.yaml["jobs"]["keyturn-proof"]["environment"] == "prod"
    known = places(proved(world, job.run(tools("aws"))))
    assert known["github:acme/hook (environment prod)"]["key"] == key
    assert "key" not in known["github:acme/hook"]


def test_what_github_masks_does_not_hide_the_proof(world, tools, github):
    """Secrets are masked as they are and in base64. The key ID is printed in another form, and so is the place; where the key ID is
    masked all the same, the hash finds it among the keys that IAM lists."""
    key, variables = github
    output = Job(world, "github", **variables).run(tools("aws"))
    masked = output
    for secret in (key, SECRET, "acme/hook", "acme", "hook", "deploy-bot"):
        for form in (secret, base64.b64encode(secret.encode()).decode(), secret[::-1], secret.lower()):
            masked = masked.replace(form, "***")
    assert masked == output
    hidden = re.sub(r"key=\S+", "key=***", output)
    report = proved(world, hidden, status=1)
    assert "masked the key ID" in report["unproved"][0]["detail"]
    world.configuration["users"]["deploy-bot"] = {"targets": [{"pusher": "gitlab", "project": "acme/other"}]}
    world.save()
    place = places(proved(world, hidden))["github:acme/hook"]
    assert (place["key"], place["evidence"]) == (key, "used")


def pair(world):
    """The pair of the sandbox's user, which its STS accepts."""
    return dict(zip(PAIR, map(world.sandbox.held_at_gitlab, PAIR)))


def test_gitlab_hidden_variables(world, tools):
    """Asked by curl, whose signature the STS of the sandbox checks; the place that the project's group gives."""
    plant(world, *({"service": "gitlab", "place": "acme/tools", "group": True, "name": f"DEPLOY_{name}", "value": "x" * 20,
                    "hidden": True} for name in PAIR))
    names = [f"DEPLOY_{name}" for name in PAIR]
    job = Job(
        world, "gitlab", "--proof-names", ",".join(names), "--proof-environment", "review/1",
        CI_SERVER_URL=world.sandbox.gitlab, CI_PROJECT_PATH="acme/tools/app", CI_ENVIRONMENT_NAME="review/1",
        AWS_ENDPOINT_URL=world.sandbox.aws, **dict(zip(names, pair(world).values())))
    entry = job.yaml["keyturn-proof"]
    assert entry["environment"] == {"name": "review/1", "action": "verify"} and entry["needs"] == []
    (key,) = world.sandbox.keys()
    place = places(proved(world, job.run(tools("curl"), shell=("bash", "-eo", "pipefail"))))["gitlab:group acme/tools"]
    assert (place["key"], place["user"], place["evidence"]) == (key, "cicd-bot", "used")


def test_travis_private_variables(world, tools):
    """The target's own place, whose value no one can read."""
    job = Job(world, "travis", TRAVIS_REPO_SLUG="acme/app", TRAVIS_BRANCH="main", AWS_ENDPOINT_URL=world.sandbox.aws, **pair(world))
    assert job.yaml["jobs"]["include"][0]["if"] == "type != pull_request"
    # Travis CI runs it in a shell of its own, which must live on.
    place = places(proved(world, job.run(tools("curl"), shell=("bash",))))["travis:acme/app"]
    assert (place["standing"], place["evidence"]) == ("managed", "used")
    assert place["key"] in world.sandbox.keys()


def test_without_aws_and_curl_a_key_is_present_and_not_used(world, tools, github):
    key, variables = github
    place = places(proved(world, Job(world, "github", **variables).run(tools())))["github:acme/hook"]
    assert (place["key"], place["user"], place["evidence"]) == (key, "deploy-bot", "present")
    assert "neither aws nor a curl that signs" in place["note"]


def test_an_sts_that_cannot_be_reached(world, tools, github):
    key, variables = github
    output = Job(world, "github", **variables).run(tools("curl"), AWS_ENDPOINT_URL="http://127.0.0.1:1")
    place = places(proved(world, output))["github:acme/hook"]
    assert place["evidence"] == "present" and "could not reach STS" in place["note"]


def test_a_pair_that_sts_does_not_accept(world, tools, github):
    """The key is alive, and the secret next to it another one's: nothing else could show that."""
    key, variables = github
    output = Job(world, "github", **variables).run(tools("aws"), REFUSAL="SignatureDoesNotMatch")
    place = places(proved(world, output))["github:acme/hook"]
    assert place["key"] == key and "evidence" not in place and "AWS_SECRET_ACCESS_KEY is another key's" in place["note"]


@pytest.mark.parametrize("given, note", [
    ({"AWS_ACCESS_KEY_ID": ""}, "was given no access key ID in AWS_ACCESS_KEY_ID"),
    # The names were confused: what should be the key ID is the secret.
    ({"AWS_ACCESS_KEY_ID": SECRET, "AWS_SECRET_ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE"}, "was given no access key ID"),
    ({"AWS_ACCESS_KEY_ID": "AKIA$(touch x)`touch x`"}, "was given no access key ID"),
    ({"AWS_SECRET_ACCESS_KEY": ""}, "without a secret access key in AWS_SECRET_ACCESS_KEY"),
    ({"AWS_SECRET_ACCESS_KEY": f'{SECRET}"\nurl = "file:///etc/passwd'}, "without a secret access key"),
])
@pytest.mark.parametrize("trace", [False, True])
def test_no_secret_is_printed_whatever_the_variables_hold(world, tools, github, given, note, trace):
    """Also where the shell shows what it does."""
    _, variables = github
    output = Job(world, "github", **{**variables, **given}).run(
        tools("aws", "curl"), shell=("sh", "-ex" if trace else "-e"))
    assert SECRET not in output and "passwd" not in output
    place = places(proved(world, output))["github:acme/hook"]
    assert note in place["note"] and place.get("evidence") in (None, "present")


def refused(world, text, *arguments):
    """The one sentence, and status 1."""
    report = proved(world, text, *arguments, status=1)
    (line,) = report["unproved"]
    assert "job.log" == line["log"] and not any("evidence" in place for place in report["places"])
    shown = world.must("find", *arguments, "--proof", "job.log", status=1).out
    assert "Proofs that were not accepted (1)" in shown
    return line["detail"]


def test_what_proves_nothing_is_said_in_a_sentence_each(make, world, tools, github):
    """A job of another keyturn, a changed line, a place that is not in the listing."""
    _, variables = github
    other = make(sandbox=world.sandbox)
    foreign = Job(other, "github", **variables).run(tools("aws"))
    assert "was not printed with this configuration's seal key" in refused(world, foreign)
    job = Job(world, "github", **variables)
    output = job.run(tools("aws"))
    assert "hash does not belong" in refused(world, output.replace("result=used", "result=present"))
    assert "cut or changed" in refused(world, output[:200])
    elsewhere = job.run(tools("aws"), GITHUB_REPOSITORY="acme/none")
    assert "Name its scope, such as github:acme/none" in refused(world, elsewhere)
    assert "Name its scope" in refused(world, output, "gitlab:acme")
    server = job.run(tools("aws"), GITHUB_API_URL="https://github.example.com/api/v3")
    assert "no pusher of github-actions has this `endpoint`" in refused(world, server)


def test_a_key_that_iam_does_not_have(world, tools, github):
    """STS accepted it: another account's. It is listed, and said."""
    _, variables = github
    output = Job(world, "github", **{**variables, "AWS_ACCESS_KEY_ID": "AKIAGONEGONEGONEGONE"}).run(tools("aws"))
    report = proved(world, output, status=1)
    assert "is a key of another account" in report["unproved"][0]["detail"]
    assert places(report)["github:acme/hook"]["standing"] in ("dead", "foreign")


def test_of_several_proofs_the_newest_counts(world, tools, github):
    """Also in several logs; one of them from stdin."""
    key, variables = github
    job = Job(world, "github", **variables)
    world.write("good.log", job.run(tools("aws")))
    old = job.run(tools("aws"), AWS_ACCESS_KEY_ID="AKIAGONEGONEGONEGONE")
    changed = re.sub(r"at=\S+", "at=2020-01-01T00:00:00Z", old)
    world.write("old.log", changed)
    world.wrapper = ["sh", "-c", 'exec "$0" "$@" < good.log']
    report = found(world, "--proof", "-", "--proof", "old.log", status=1)
    assert places(report)["github:acme/hook"]["key"] == key and report["unproved"][0]["log"] == "old.log"


def test_a_log_of_hundreds_of_megabytes(world, tools, github):
    """It is read in pieces, from a pipe as well."""
    key, variables = github
    world.write("job.log", Job(world, "github", **variables).run(tools("aws")))
    world.wrapper = [
        "sh", "-c", '{ yes "$(printf "%0200d" 0)" | head -c 300000000; echo; cat job.log; } | "$0" "$@"']
    report = world.must("find", "github:acme/hook", "--json", "--proof", "-").json["find"]
    assert places(report)["github:acme/hook"]["key"] == key


def test_logs_without_a_proof_ask_no_one_anything(world):
    world.write("empty.log", "Run keyturn_proof\n")
    assert "empty.log has no line of a proof" in world.must("find", "--proof", "empty.log", status=1).err
    assert "none.log: the log cannot be read" in world.must("find", "--proof", "none.log", status=1).err
    assert world.sandbox.requests() == []


@pytest.mark.parametrize("arguments, words", [
    (["--proof-job", "jenkins"], "jenkins"), (["--proof-names", "A,B"], "are for --proof-job"),
    (["--proof-job", "github", "--proof-names", "A;B,C"], "--proof-names must be"),
    (["--proof-job", "github", "--proof-environment", "${{ secrets.X }}"], "without `$`"),
    (["--proof-job", "travis", "--proof-environment", "x"], "on the branch"),
    (["--proof-job", "github", "github:acme"], "looks through nothing"),
    (["--proof", "-", "--proof", "-"], "can be given once"),
])
def test_wrong_options(world, arguments, words):
    assert words in world.must("find", *arguments, status=64).err


@pytest.mark.parametrize("system", ["github", "gitlab", "travis"])
def test_the_jobs_themselves(world, system, tmp_path):
    """YAML with no action of others, no rights and a short life; a script that a POSIX shell and shellcheck accept; no line that looks
    like a proof; and the same as JSON."""
    hard = 'Prod "é" #1: x'
    options = [] if system == "travis" else ["--proof-environment", hard]
    job = Job(world, system, *options)
    assert "uses" not in job.text and "keyturn-proof/1" not in job.text
    script = tmp_path / "job.sh"
    script.write_text(job.script)
    for shell in ("sh", "bash"):
        subprocess.run([shell, "-n", script], check=True, timeout=20)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "-s", "sh", script], check=True, timeout=60)
    if system == "github":
        assert job.yaml["permissions"] == {} and job.step["env"]["KEYTURN_PART"] == hard
        assert job.yaml["jobs"]["keyturn-proof"]["environment"] == hard
        assert job.step["env"]["AWS_ACCESS_KEY_ID"] == "${{ secrets.AWS_ACCESS_KEY_ID || vars.AWS_ACCESS_KEY_ID }}"
        assert set(job.yaml["jobs"]["keyturn-proof"]["steps"][0]) == {"shell", "env", "run"}
        assert "${{" not in job.script
    if system == "gitlab":
        assert job.yaml["keyturn-proof"]["environment"]["name"] == hard
        assert job.yaml["keyturn-proof"]["inherit"] == {"default": ["image", "tags"], "variables": False}
    document = world.must("find", "--proof-job", system, "--json")
    test_schemas.fits("find-proof-job", document)
    assert document.json["proof-job"]["nonce"] in document.json["proof-job"]["yaml"]
    assert document.json["proof-job"]["nonce"] not in job.text
    assert world.sandbox.requests() == [] and list(world.database.parent.iterdir()) == []


@pytest.mark.parametrize("client", ["aws", "curl"])
def test_the_signature_is_one_that_moto_accepts(world, moto, tools, client):  # noqa: F811
    """By AWS's own command line and by curl; a wrong secret is refused by both."""
    made = moto.iam.create_access_key(UserName="cicd-bot")["AccessKey"]
    given = {
        "TRAVIS_REPO_SLUG": "acme/app", "AWS_ENDPOINT_URL": moto.url, "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    folder = tools() if client == "aws" else tools("curl")
    if client == "aws":
        program = pathlib.Path(sys.executable).parent / "aws"
        (folder / "aws").write_text(f'#!/bin/sh\nexec {sys.executable} {program} "$@"\n')
        (folder / "aws").chmod(0o755)
    job = Job(world, "travis", HOME=os.fspath(world.directory), **given)
    assert "result=used" in job.run(folder)
    # A session that something else left behind is not that key's.
    assert "result=used" in job.run(folder, AWS_SESSION_TOKEN="x" * 40, AWS_PROFILE="none")
    assert "result=refused" in job.run(folder, AWS_SECRET_ACCESS_KEY="x" * 40)


def test_with_a_seal_key_that_the_state_keeps(rotating, kms, key, moto, tools):  # noqa: F811
    """Before KMS has made one there is none to know a job by, and nothing makes it but a step."""
    rotating.configuration["seal-key"] = {"kms": {"key": key}}
    rotating.save()
    early = rotating.must("find", "--proof-job", "github", status=78).err
    assert "KMS makes it at the first `keyturn step`" in early and list(rotating.database.parent.iterdir()) == []
    rotating.must("step")
    output = Job(
        rotating, "github", GITHUB_API_URL=rotating.sandbox.github, GITHUB_REPOSITORY="acme/app",
        AWS_ACCESS_KEY_ID=moto.first, AWS_SECRET_ACCESS_KEY=SECRET).run(tools())
    place = places(proved(rotating, output))["github:acme/app"]
    assert (place["standing"], place["key"], place["evidence"]) == ("managed", moto.first, "present")
