"""What people see on terminals of their size, in the manual, and when they press Tab."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from test_output import in_terminal
from world import three_targets

import program
import state


def fill(world, targets, failing=3):
    """A rotation with many targets in the state, without asking anybody."""
    names = [f"acme/repository-{number:03}" for number in range(targets)]
    world.configuration["users"]["cicd-bot"]["targets"] = [
        {"pusher": "travis", "repository": name} for name in names]
    world.save()
    rotation = state.rotation(world.database, "cicd-bot")
    rotation.update(
        phase="delivering", number=2, next={"id": "AKIANEXT", "created": 1, "status": "Active"})
    deliveries = {}
    for index, name in enumerate(names):
        outcome, evidence = ("failed", {}) if index % (targets // failing) == 2 else ("confirmed", {"evidence": "read-back"})
        deliveries[f"travis:{name}"] = {
            "state": outcome, "attempts": 1, "at": 1, **evidence,
            "detail": "Travis CI: this is what the service said about it, at some length"}
    with state.connected(world.database) as connection:
        state.put(connection, "cicd-bot", rotation, deliveries)


def test_many_targets_are_counted(world):
    """500 targets: how many are in which state, and those that are not confirmed; --verbose lists all."""
    world.must("step")
    fill(world, 500)
    out = world.must("status").out
    assert "500 targets: 3 failed, 497 confirmed" in out and len(out.splitlines()) < 20
    assert out.count("\n  failed") == 3
    # The sentence on why it is late has what one of them said.
    assert out.count("at some length") == 3 and out.count("see above") == 1
    verbose = world.must("status", "--verbose").out
    assert verbose.count("\n  confirmed") == 497 and verbose.index("\n  failed") < verbose.index("\n  confirmed")
    assert len(world.status()["deliveries"]) == 500


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_lines_fit(world, columns):
    """Whatever the width: no line is longer, but for a word that is."""
    world.must("step")
    fill(world, 10)
    world.environment["COLUMNS"] = str(columns)
    commands = [["status"], ["plan"], ["history"], ["history", "--verbose"], ["config", "show"], ["report"], ["find", "travis:acme"]]
    for command in commands:
        for line in world.run(*command).out.splitlines():
            has_long_word = max(map(len, line.split()), default=0) > columns - 24
            assert len(line) <= columns or has_long_word, (command, line)
            assert not line.endswith(" "), (command, line)
    del world.environment["COLUMNS"]
    # No one looks: a line stays a line, for grep.
    assert max(map(len, world.must("status").out.splitlines())) > 120


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_usages_and_errors_fit(world, columns):
    """An option stays with its value, and a usage's other lines are indented; where no one looks, a line stays a line."""
    commands = [
        ["status", "--help"], ["init", "--help"], ["config", "show", "--bogus"], ["rotate", "--yes"], ["rotate", "--canary", "3"],
        ["rotate", "cicd-bto"], ["rotat"], ["plan", "--config", "/nonexistent/keyturn.yaml"], ["seal-key"], ["plugin", "pin"]]
    for command in commands:
        result = world.run(*command, environment={"COLUMNS": str(columns)})
        for line in (result.err + result.out).splitlines():
            # The parser's own column of names is 26 wide; other lines begin at most where `keyturn: ` ends.
            beginning = 26 if line.startswith(" " * 26) or re.match(" {2}[-<a-z]", line) else 9
            assert len(line) <= columns or max(map(len, line.split())) > columns - beginning, (command, line)
    usage = world.run("status", "--help", environment={"COLUMNS": str(columns)}).out.partition("\n\nARGUMENTS")[0]
    lines = usage[usage.index("USAGE: "):].splitlines()
    assert len(lines) >= 3 and all(line.startswith(" " * (7 if columns > 40 else 4)) for line in lines[1:]), lines
    assert all(line.count("[") == line.count("]") for line in lines) and "[--config <file>]" in usage
    assert len(world.must("rotate", "cicd-bto", status=1).err.splitlines()) == 1
    assert max(map(len, world.run("status", "--help").out.splitlines())) > 120


def test_an_error_on_a_terminal_fits(world):
    """Also where stdout goes to a file: the terminal is that of stderr."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    environment = {name: value for name, value in world.environment.items() if name != "COLUMNS"}
    done = subprocess.run([program.binary(), "rotate", "cicd-bto"], cwd=world.directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=follower, timeout=20)
    os.close(follower)
    shown = os.read(leader, 65536).decode().replace("\r", "").splitlines()
    os.close(leader)
    assert done.returncode == 1 and len(shown) > 1 and all(line.startswith(" " * 9) for line in shown[1:]), shown
    assert " ".join(" ".join(shown).split()).startswith("keyturn: ")


def test_rotate_has_no_yes(world):
    """It would not say whose keys are meant, and --all is not what was."""
    world.configuration["users"]["other"] = {"targets": [three_targets()[0] | {"access-key-id": "A", "secret-access-key": "B"}]}
    world.save()
    for option in ("--yes", "-y"):
        err = world.must("rotate", option, status=64).err
        assert "it would not say whose keys to rotate: name the users, or give --all" in err and "Did you mean" not in err
        err = world.must("rotate", "other", option, status=64).err
        assert "leave it out" in err and "or give --all" not in err
    assert "--yes" not in world.must("rotate", "--help").out
    world.assert_untouched()


@pytest.mark.parametrize("columns", [40, 60])
def test_no_line_ends_in_blanks(world, columns):
    """Where a long name leaves no room next to it, in a file and in colours."""
    name = "deploy-" * 8 + "bot"
    world.configuration["users"] = {
        name: {"targets": [{"pusher": "travis", "repository": f"{'acme' * 8}/{'app' * 10}"}]}}
    world.save()
    # There is no such user: a problem.
    world.run("step")
    world.environment["COLUMNS"] = str(columns)
    for command in (["status"], ["status", "--verbose"], ["plan"], ["history"], ["config", "show"], ["check"]):
        lines = world.run(*command).out.splitlines()
        assert lines and [line for line in lines if line.endswith(" ")] == [], command
    drawn, _ = in_terminal(world, "status")
    lines = re.sub(r"\x1b\[\d+m", "", drawn).replace("\r", "").splitlines()
    assert lines[0].startswith(name) and "\x1b[" in drawn and [line for line in lines if line.endswith(" ")] == []


def test_a_terminal_tells_its_width(world):
    """Without COLUMNS the terminal is asked; one that does not know has 80."""
    world.must("step")
    fill(world, 10)
    drawn, status = in_terminal(world, "status", "--no-color")
    assert status == 0 and max(len(line) for line in drawn.splitlines()) <= 80


def test_trouble_comes_first(world):
    """Many users: those with a problem in full and first, the others on a line each."""
    world.must("step")
    fill(world, 10)
    for number in range(8):
        world.configuration["users"][f"a-quiet-{number}"] = {"targets": [{"pusher": "github", "repository": f"acme/q{number}"}]}
    world.save()
    lines = world.must("status").out.splitlines()
    assert lines[0].startswith("9 users: 1 ") and lines[2].startswith("cicd-bot  delivering")
    assert [line.split()[0] for line in lines[-8:]] == [f"a-quiet-{number}" for number in range(8)]
    assert world.must("status", "--verbose").out.count("next: ") == 9


def answered(bare, *answers, arguments=("init",)):
    """Runs a command in a terminal, and answers each question; gives what was shown and the status."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [program.binary(), *arguments], cwd=bare.directory, env=bare.environment, stdin=follower, stdout=follower,
        stderr=follower)
    os.close(follower)
    shown, left = b"", list(answers)
    try:
        while True:
            shown += os.read(leader, 65536)
            # Behind the question, as a person does it.
            if left and re.search(rb":(\x1b\[0m)? $", shown):
                os.write(leader, left.pop(0).encode() + b"\n")
    except OSError:
        pass
    os.close(leader)
    return shown.decode(), process.wait(timeout=20)


def test_init_asks_on_a_terminal(bare):
    """System, place, user and region, in this order; an answer that does not fit is asked for again; what is written is fine."""
    shown, status = answered(bare, "bamboo", "gitlab", "acme", "acme/tools/app", "deploy-bot", "eu-central-1")
    assert status == 0 and "please one of" in shown and "`acme` is not a project of GitLab CI" in shown and "GITLAB_TOKEN" in shown
    bare.environment["GITLAB_TOKEN"] = "glpat-0123456789"
    (user,) = bare.must("status", "--json").json["users"]
    assert user["user"] == "deploy-bot"
    bare.must("check")
    text = (bare.directory / "keyturn.yaml").read_text()
    assert "- { pusher: gitlab, project: acme/tools/app }" in text and "region: eu-central-1" in text
    assert "user/*/deploy-bot" in (bare.directory / "keyturn-policy.json").read_text()


def test_init_takes_names_in_any_case_and_those_of_plugins(bare):
    """What is written into the examples is explained in words of the system; a region that AWS may not have is pointed out."""
    shown, status = answered(bare, "Webhook", "/hooks/app", "deploy-bot", "eu-centrl-1")
    said = " ".join(shown.split())
    assert status == 0 and "please one of" not in said and "webhook path, such as /hooks/app:" in said
    assert "by the address of your webhook" in said and "into WEBHOOK_SECRET; `openssl rand -hex 32` makes one" in said
    assert "look: keyturn does not know the region eu-centrl-1: did you mean eu-central-1?" in said
    assert "- { pusher: hook, path: /hooks/app }" in (bare.directory / "keyturn.yaml").read_text()


def test_init_takes_no_example_for_an_answer(bare):
    """Enter is the default that is in brackets. Where there is none, it is no answer."""
    shown, status = answered(bare, "github", "", "acme/app", "", "deploy-bot", "")
    assert status == 0, shown
    assert "GitHub Actions repository, such as acme/app:" in shown and "an answer is needed, such as acme/app\r\n" in shown
    assert "IAM user, such as cicd-bot:" in shown and "an answer is needed, such as cicd-bot\r\n" in shown
    assert "AWS region [us-east-1]:" in shown and shown.count(" [") == 2
    text = (bare.directory / "keyturn.yaml").read_text()
    assert "  deploy-bot:\n" in text and "region: us-east-1" in text


@pytest.mark.parametrize("columns", [40, 60])
def test_the_questions_of_init_fit(bare, columns):
    """Whatever the width, and so do refusals and what is next."""
    bare.environment.update(COLUMNS=str(columns), NO_COLOR="1")
    shown, status = answered(bare, "bamboo", "jenkins", "aws\"deploy", "aws-deploy", "deploy-bot", "")
    assert status == 0, shown
    # A name and what was typed are not broken.
    assert [line for line in shown.splitlines() if len(line.rpartition(": ")[0] or line) > columns] == []
    assert "CI system (azure, bitbucket, buildkite,\r\n" in shown or columns > 40


@pytest.mark.parametrize("system, template", [
    (["--ci", "gitlab", "--place", "acme/tools/app"], '{ pusher: gitlab, project: "acme/tools/{user}" }'),
    (["--ci", "bitbucket", "--place", "app"], '{ pusher: bitbucket, repository: "{user}", workspace: acme }'),
    (["--ci", "buildkite", "--place", "Default cluster"], '{ pusher: buildkite, cluster: "{user}", organization: acme }'),
])
def test_the_example_of_discover_is_of_the_chosen_system(bare, system, template):
    """It works as it is once it is not a comment any more."""
    bare.must("init", "--user", "bot", *system)
    for variable in ("GITLAB_TOKEN", "BITBUCKET_TOKEN", "BUILDKITE_TOKEN"):
        bare.environment[variable] = "glpat-0123456789"
    path = bare.directory / "keyturn.yaml"
    before, comment, after = path.read_text().partition("# discover:\n")
    assert template in after and "github" not in after
    example, blank, rest = after.partition("\n\n")
    path.write_text(before + "discover:\n" + example.replace("#   ", "  ") + blank + rest)
    assert "tag: keyturn=yes" in path.read_text()
    bare.must("check")


@pytest.mark.parametrize("system, place, target, steps", [
    ("exec", "acme/app", "{ pusher: exec, place: acme/app }",
     ["replace the example /usr/local/bin/push-key in keyturn.yaml by the path of your program",
      "`keyturn plugin pin exec --grant programs`"]),
    ("aws-ssm", "/ci/app", "{ pusher: ssm, parameter: /ci/app }",
     ["replace the example arn:aws:iam::123456789012:role/keyturn-ssm in keyturn.yaml by a role", "`keyturn policy --pusher ssm`"]),
    ("aws-secrets-manager", "ci/app", "{ pusher: secrets-manager, secret: ci/app }",
     ["role/keyturn-secrets-manager in keyturn.yaml", "`keyturn policy --pusher secrets-manager`"]),
])
def test_init_for_a_program_and_for_the_stores_of_aws(bare, system, place, target, steps):
    """What cannot be known is an example, which the next steps name; `check` takes the file once they are done."""
    shown = " ".join(bare.must("init", "--user", "bot", "--ci", system, "--place", place, "--region", "eu-central-1").out.split())
    assert [step for step in steps if step not in shown] == [], shown
    path = bare.directory / "keyturn.yaml"
    assert target in path.read_text()
    if system == "exec":
        path.write_text(path.read_text().replace("/usr/local/bin/push-key", "/bin/true"))
        bare.must("plugin", "pin", "exec", "--grant", "programs")
    else:
        name = target.split()[2].rstrip(",")
        assert ":eu-central-1:" in bare.must("policy", "--pusher", name).out
        assert f"role/keyturn-{name}" in bare.must("policy").out
    bare.must("check")


def test_init_over_files_that_are_there(bare):
    """What to do with them, and how to write others: the command works as it is printed."""
    bare.must("init")
    err = bare.must("init", status=1).err
    assert "keyturn.yaml, seal.key, keyturn-policy.json exist already; nothing was written. Edit keyturn.yaml and run `keyturn check`" in err
    command = err.strip().rpartition("name another directory: `")[2].rstrip("`")
    assert command == "mkdir new && keyturn init --config new/keyturn.yaml"
    environment = {**bare.environment, "PATH": f"{program.stage()}/bin:{os.environ['PATH']}"}
    subprocess.run(command, shell=True, check=True, cwd=bare.directory, env=environment, timeout=20)
    assert (bare.directory / "new" / "seal.key").exists()


def test_init_writes_nothing_without_answers_that_fit(bare):
    """Five that do not, and it ends."""
    shown, status = answered(bare, *["bamboo"] * 5)
    assert status == 1 and "nothing was written" in shown and not (bare.directory / "keyturn.yaml").exists()


def test_init_takes_flags(bare):
    """The same without questions, also on a terminal; a part of them is an error."""
    for wrong in (["--ci", "travis"], ["--place", "acme/app"], ["--ci", "travis", "--place", "acme/app"],
                  ["--ci", "bamboo", "--place", "acme/app", "--user", "bot"],
                  ["--ci", "travis", "--place", "a b", "--user", "bot"], ["--user", "x" * 65]):
        bare.must("init", *wrong, status=64)
    shown, status = answered(bare, arguments=("init", "--user", "bot", "--ci", "github", "--place", "acme/app"))
    assert status == 0 and "[" not in shown.split("keyturn.yaml")[0]
    bare.environment["GITHUB_TOKEN"] = "ghp_0123456789"
    bare.must("check")


def commands():
    """Every command, as the program itself shows it."""
    help = json.loads(subprocess.run([program.binary(), "--experimental-dump-help"], capture_output=True, check=True).stdout)

    def walk(command, above):
        yield (*above, command["commandName"])
        for below in command.get("subcommands", []):
            if below["commandName"] != "help":
                yield from walk(below, (*above, command["commandName"]))

    return list(walk(help["command"], ()))


def test_every_command_has_a_manual_page():
    """Made from --help, without a warning of groff, with every option."""
    pages = program.stage() / "share" / "man" / "man1"
    assert {page.name for page in pages.iterdir()} == {"-".join(command) + ".1" for command in commands()}
    for command in commands():
        page = pages / ("-".join(command) + ".1")
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=200n", str(page)], capture_output=True, text=True, check=True)
        assert done.stderr == "", done.stderr
        shown = subprocess.run([program.binary(), *command[1:], "--help"], capture_output=True, text=True, check=True).stdout
        for word in shown.split("OPTIONS:")[-1].split():
            if word.startswith("--"):
                assert word.strip(".,;:)") in done.stdout, (command, word)


BASH = """
source {stage}/share/bash-completion/completions/keyturn || exit 1
COMP_WORDS=({words}); COMP_CWORD=$(({count} - 1)); COMP_LINE="{words}"; COMP_POINT=${{#COMP_LINE}}
_keyturn keyturn "${{COMP_WORDS[$COMP_CWORD]}}" "${{COMP_WORDS[$COMP_CWORD-1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(world, *words):
    """What bash offers for the last word."""
    text = BASH.format(stage=program.stage(), words=" ".join(words) + ("" if words[-1] else '""'), count=len(words))
    environment = {**world.environment, "PATH": f"{program.stage()}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", text], cwd=world.directory, env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_bash_offers_users_and_targets(world):
    """Of the configuration that is found without --config."""
    world.configuration["users"]["other-bot"] = {"targets": [{"pusher": "travis", "repository": "acme/other"}]}
    world.save()
    assert {"status", "history"} <= set(completed(world, "keyturn", ""))
    assert set(completed(world, "keyturn", "rotate", "--user", "")) >= {"cicd-bot", "other-bot"}
    assert "travis:acme/other" in completed(world, "keyturn", "skip", "")
    (world.directory / "keyturn.yaml").write_text("version: 7\n")
    assert "cicd-bot" not in completed(world, "keyturn", "rotate", "--user", "")


@pytest.mark.parametrize("shell, script", [
    ("zsh", "autoload -Uz compinit && compinit -u -D && source {0}/share/zsh/site-functions/_keyturn; whence -w _keyturn"),
    ("fish", "source {0}/share/fish/vendor_completions.d/keyturn.fish; and complete -C 'keyturn hist'"),
])
def test_other_shells_load_the_completions(world, shell, script):
    """zsh knows the function; fish offers the command."""
    environment = {**world.environment, "PATH": f"{program.stage()}/bin:{os.environ['PATH']}"}
    options = ["-f"] if shell == "zsh" else ["--no-config"]
    done = subprocess.run(
        [shell, *options, "-c", script.format(program.stage())], cwd=world.directory, env=environment,
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and ("_keyturn: function" in done.stdout or "history" in done.stdout), done
