"""AWS's shared files are read as AWS's tools read them: each file here is read by botocore, too."""

import json
import subprocess
import sys

import pytest

import signin as standins

OWN = "aws_access_key_id = AKIAOWN\naws_secret_access_key = own\n"
OTHER = "aws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n"

#: Prints what botocore makes of files and environment: the key, the region, and where IAM and STS are; or that it refuses.
BOTOCORE = """
import json, botocore.session
try:
    session = botocore.session.Session()
    found = session.get_credentials()
    frozen = found.get_frozen_credentials() if found else None
    key, token = (frozen.access_key, frozen.token) if frozen else (None, None)
    region = session.get_config_variable("region")
    places = [session.create_client(name, region_name=region or "us-west-2").meta.endpoint_url for name in ("iam", "sts")]
    print(json.dumps({"key": key, "region": region, "places": places, "token": token}))
except Exception as error:
    print(json.dumps({"refused": f"{type(error).__name__}: {error}"}))
"""

#: Name, ~/.aws/credentials, ~/.aws/config, environment. Where a file is None, there is none.
FILES = [
    ("plain", f"[default]\n{OWN}", None, {}),
    ("no files", None, None, {}),
    ("empty", "", "", {}),
    ("blank lines only", "\n \n\t\n", None, {}),
    ("comments only", "# a\n; b\n  # c\n", None, {}),
    ("indented settings", "[default]\n  aws_access_key_id = AKIAOWN\n  aws_secret_access_key = own\n", None, {}),
    ("settings behind a tab", "[default]\n\taws_access_key_id = AKIAOWN\n\taws_secret_access_key = own\n", None, {}),
    ("less and less far in", "[default]\n    aws_access_key_id = AKIAOWN\n  aws_secret_access_key = own\n", None, {}),
    ("further and further in", "[default]\naws_access_key_id = AKIAOWN\n  aws_secret_access_key = own\n", None, {}),
    ("colons", "[default]\naws_access_key_id: AKIAOWN\naws_secret_access_key :own\n", None, {}),
    ("a colon before the equals sign", "[default]\naws_access_key_id: AKIA=OWN\naws_secret_access_key = own\n", None, {}),
    ("equals signs in the value", "[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key = o=w:n==\n", None, {}),
    ("no blanks", "[default]\naws_access_key_id=AKIAOWN\naws_secret_access_key=own", None, {}),
    ("upper case", "[default]\nAWS_ACCESS_KEY_ID = AKIAOWN\nAws_Secret_Access_Key = own\n", None, {}),
    ("upper case of the section", f"[Default]\n{OWN}", None, {}),
    ("CRLF", f"[default]\n{OWN}".replace("\n", "\r\n"), None, {}),
    ("CR alone", f"[default]\n{OWN}".replace("\n", "\r"), None, {}),
    ("mixed ends of lines", "[default]\r\naws_access_key_id = AKIAOWN\raws_secret_access_key = own\n", None, {}),
    ("a form feed", "[default]\n\faws_access_key_id = AKIAOWN\n\faws_secret_access_key = own\n", None, {}),
    ("BOM", f"\ufeff[default]\n{OWN}", None, {}),
    ("BOM in the other file", f"[default]\n{OWN}", "\ufeff[default]\nregion = eu-west-1\n", {}),
    ("Latin-1", f"# caf\u00e9\n[default]\n{OWN}".encode("latin-1"), None, {}),
    ("Latin-1 in the other file", f"[default]\n{OWN}", "[profile caf\u00e9]\n".encode("latin-1"), {}),
    ("UTF-16", f"[default]\n{OWN}".encode("utf-16"), None, {}),
    ("UTF-8 beyond ASCII", f"# caf\u00e9 \U0001f511\n[default]\n{OWN}", None, {}),
    ("a no-break space around values", "[default]\naws_access_key_id =\u00a0AKIAOWN\u00a0\naws_secret_access_key = own\n", None, {}),
    ("NUL", f"[default]\n{OWN}\0\n", None, {}),
    ("comment behind the section", f"[default] # mine\n{OWN}", None, {}),
    ("comment behind the section with a bracket", f"[default] # [mine]\n{OWN}", None, {}),
    ("comment behind a value", "[default]\naws_access_key_id = AKIAOWN # mine\naws_secret_access_key = own\n", None, {}),
    ("comments between", f"[default]\n# [other]\n;aws_access_key_id = X\n{OWN}", None, {}),
    ("a comment further in", "[default]\naws_access_key_id = AKIAOWN\n  # a comment\naws_secret_access_key = own\n", None, {}),
    ("blanks in the brackets", f"[ default ]\n{OWN}", None, {}),
    ("blanks before the bracket", f"  [default]\n{OWN}", None, {}),
    ("a section further in", f"[x]\na = b\n  [default]\n{OWN}", None, {}),
    ("no closing bracket", f"[default\n{OWN}", None, {}),
    ("no name in the brackets", f"[]\n{OWN}", None, {}),
    ("two brackets", f"[[default]]\n{OWN}", None, {}),
    ("text behind the bracket", f"[default] x\n{OWN}", None, {}),
    ("no section", OWN, None, {}),
    ("a setting before the section", f"region = x\n[default]\n{OWN}", None, {}),
    ("text before the section", f"hello\n[default]\n{OWN}", None, {}),
    ("a line that is nothing", f"[default]\n{OWN}hello\n", None, {}),
    ("a line that is nothing in another section", f"[default]\n{OWN}[x]\nhello\n", None, {}),
    ("no name before the sign", f"[default]\n= x\n{OWN}", None, {}),
    ("section twice", f"[default]\n{OTHER}[default]\n{OWN}", None, {}),
    ("another section twice", f"[default]\n{OWN}[x]\n[x]\n", None, {}),
    ("setting twice", f"[default]\n{OWN}aws_access_key_id = AKIAOTHER\n", None, {}),
    ("setting twice in another case", f"[default]\n{OWN}AWS_ACCESS_KEY_ID = AKIAOTHER\n", None, {}),
    ("another setting twice", f"[default]\n{OWN}[x]\na = 1\na = 2\n", None, {}),
    ("secret over two lines", "[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key = ow\n  n\n", None, {}),
    ("key ID on the next line", "[default]\naws_access_key_id =\n  AKIAOWN\naws_secret_access_key = own\n", None, {}),
    ("no secret", "[default]\naws_access_key_id = AKIAOWN\n", None, {}),
    ("no key ID", "[default]\naws_secret_access_key = own\n", None, {}),
    ("secret without a value", "[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key =\n", None, {}),
    ("secret without a sign", "[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key\n", None, {}),
    ("[DEFAULT] for all", f"[DEFAULT]\n{OWN}[default]\n", None, {}),
    ("[DEFAULT] alone", f"[DEFAULT]\n{OWN}", None, {}),
    ("[DEFAULT] and its own", f"[DEFAULT]\n{OTHER}[default]\n{OWN}", None, {}),
    ("nested settings", f"[default]\n{OWN}s3 =\n  max_queue_size = 10\n  region = eu-west-1\nregion = eu-west-2\n", None, {}),
    ("nested lines that are no settings", f"[default]\n{OWN}s3 =\n  hello\n", None, {}),
    ("nested settings after a blank line", f"[default]\ns3 =\n\n  a = b\n{OWN}", None, {}),
    ("keys in the config file", None, f"[default]\n{OWN}", {}),
    ("[profile default] in the config file", None, f"[profile default]\n{OWN}", {}),
    ("both defaults, the first first", None, f"[default]\n{OTHER}[profile default]\n{OWN}", {}),
    ("both defaults, the other first", None, f"[profile default]\n{OTHER}[default]\n{OWN}", {}),
    ("both files", f"[default]\n{OWN}", f"[default]\n{OTHER}", {}),
    ("region in both files", f"[default]\n{OWN}region = eu-west-1\n", "[default]\nregion = eu-west-2\n", {}),
    ("profile named", f"[default]\n{OTHER}[ci]\n{OWN}", None, {"AWS_PROFILE": "ci"}),
    ("profile named, two ways", f"[a]\n{OTHER}[ci]\n{OWN}", None, {"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "ci"}),
    ("profile that is not there", f"[default]\n{OWN}", None, {"AWS_PROFILE": "ci"}),
    ("profile in quotes", None, f'[profile "x y"]\n{OWN}', {"AWS_PROFILE": "x y"}),
    ("profile in single quotes", None, f"[profile 'x y']\n{OWN}", {"AWS_PROFILE": "x y"}),
    ("profile with more blanks", None, f"[profile   ci]\n{OWN}", {"AWS_PROFILE": "ci"}),
    ("profile behind a tab", None, f"[profile\tci]\n{OWN}", {"AWS_PROFILE": "ci"}),
    ("profile of two words", None, f"[profile x y]\n{OWN}", {"AWS_PROFILE": "x y"}),
    ("profile with an open quote", None, f'[profile "ci]\n{OWN}', {"AWS_PROFILE": "ci"}),
    ("profile without the word", None, f"[ci]\n{OWN}", {"AWS_PROFILE": "ci"}),
    ("profile with the word in the credentials file", f"[profile ci]\n{OWN}", None, {"AWS_PROFILE": "ci"}),
    ("profile named with the word", f"[profile ci]\n{OWN}", None, {"AWS_PROFILE": "profile ci"}),
    ("profile by two headers", None, f'[profile ci]\n{OTHER}[profile "ci"]\n{OWN}', {"AWS_PROFILE": "ci"}),
    ("other sections", f"[default]\n{OWN}", "[preview]\na = b\n[sso-session s]\nsso_region = x\n[plugins]\n", {}),
    ("region of the profile", f"[ci]\n{OWN}", "[profile ci]\nregion = eu-central-1\n", {"AWS_PROFILE": "ci"}),
    ("region of another profile", f"[ci]\n{OWN}", "[default]\nregion = eu-central-1\n", {"AWS_PROFILE": "ci"}),
    ("region of the environment", f"[default]\n{OWN}region = a-b-1\n", None, {"AWS_DEFAULT_REGION": "eu-south-1"}),
    ("a service's endpoint", f"[default]\n{OWN}", "[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = STS\n", {}),
    ("endpoints of all", f"[default]\n{OWN}", "[default]\nendpoint_url = ALL\n", {}),
    ("endpoint of the credentials file", f"[default]\n{OWN}endpoint_url = ALL\n", None, {}),
    ("both endpoints", f"[default]\n{OWN}", "[default]\nservices = s\nendpoint_url = ALL\n[services s]\niam =\n  endpoint_url = IAM\n", {}),
    ("endpoints that are switched off", f"[default]\n{OWN}", "[default]\nendpoint_url = ALL\nignore_configured_endpoint_urls = true\n", {}),
    ("endpoint of the environment", f"[default]\n{OWN}", "[default]\nendpoint_url = ALL\n", {"AWS_ENDPOINT_URL_STS": "STS"}),
    ("session token", f"[default]\n{OWN}aws_session_token = t\n", None, {}),
    ("two session tokens", f"[default]\n{OWN}aws_session_token = t\naws_security_token = u\n", None, {}),
    ("no file by its variable", f"[default]\n{OWN}", None, {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}),
    ("a directory", f"[default]\n{OWN}", None, {"AWS_CONFIG_FILE": "/tmp"}),
    ("a variable in the path", f"[default]\n{OWN}", None, {"AWS_SHARED_CREDENTIALS_FILE": "$HOME/.aws/credentials"}),
    ("a tilde in the path", f"[default]\n{OWN}", None, {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}),
    ("an empty path", f"[default]\n{OWN}", f"[default]\n{OTHER}", {"AWS_SHARED_CREDENTIALS_FILE": ""}),
    ("keys of the environment", f"[default]\n{OTHER}", None, {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "own"}),
]

#: What keyturn refuses, with the line, though botocore goes on: with half a key, or with another source.
STRICTER = {
    "secret over two lines", "key ID on the next line", "no key ID", "secret without a value", "further and further in",
    "NUL", "comment behind a value", "a colon before the equals sign",
}


@pytest.fixture(scope="module")
def place():
    """An AWS that only notes who signs."""
    class Notes(standins.Server):
        def __init__(self):
            self.seen = []
            super().__init__()

        def answer(self, request, body):
            import re
            import urllib.parse

            found = re.search(r"Credential=([^/]*)/\d+/([^/]+)/", request.headers.get("authorization") or "")
            action = dict(urllib.parse.parse_qsl(body.decode()))["Action"]
            self.seen.append((action, *(found.groups() if found else (None, None)), request.headers.get("x-amz-security-token")))
            return 403, standins.ERROR.format("AccessDenied", "noted")

    server = Notes()
    yield server
    server.stop()


def prepared(world, place, credentials, config, environment, urls):
    """Writes the files, with the places in them, and gives the environment for both."""
    for name, text in (("credentials", credentials), ("config", config)):
        if text is None:
            continue
        content = text if isinstance(text, bytes) else replaced(text, urls).encode()
        path = world.directory / ".aws" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return {
        **{name: value for name, value in world.environment.items() if not name.startswith("AWS_")},
        "AWS_EC2_METADATA_DISABLED": "true",
        **{name: replaced(value, urls) if name.startswith("AWS_ENDPOINT") else value for name, value in environment.items()}}


def replaced(text, urls):
    for word, url in urls.items():
        text = text.replace(f"= {word}\n", f"= {url}\n") if "\n" in text else text.replace(word, url)
    return text


def botocore(world, environment):
    done = subprocess.run(
        [sys.executable, "-c", BOTOCORE], env=environment, cwd=world.directory, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name, credentials, config, environment", FILES, ids=[entry[0] for entry in FILES])
def test_the_identity_is_that_of_awss_tools(world, place, name, credentials, config, environment):
    """The same key signs, in the same region; or no one does, and the file's line is said."""
    urls = {"STS": "http://127.0.0.1:1/sts", "IAM": "http://127.0.0.1:1/iam", "ALL": "http://127.0.0.1:1/all"}
    environment = prepared(world, place, credentials, config, environment, urls)
    expected = botocore(world, environment)
    world.environment = environment
    world.configuration["aws"] = {"endpoint-url": place.url}
    world.save()
    place.seen.clear()
    result = world.run("check", "--online", "--json")
    signers = {key for _, key, _, _ in place.seen}
    if "refused" in expected or name in STRICTER:
        assert not signers, f"botocore refuses: {expected}"
        assert result.status != 0
        if "ProfileNotFound" not in str(expected) and "NoCredentials" not in str(expected):
            assert f"{world.directory}/.aws/" in result.out, result
            assert any(f"/.aws/{file}:{line}" in result.out for file in ("credentials", "config") for line in range(1, 12)), result
        return
    assert signers == ({expected["key"]} if expected["key"] else set()), (expected, result)
    region = expected["region"]
    for action, _, signed, token in place.seen:
        assert token == expected["token"]
        if action == "GetCallerIdentity" and region:
            assert signed == region


@pytest.mark.parametrize(
    "name, credentials, config, environment", [entry for entry in FILES if "endpoint" in entry[0]],
    ids=[entry[0] for entry in FILES if "endpoint" in entry[0]])
def test_the_endpoint_is_that_of_awss_tools(world, place, name, credentials, config, environment):
    """Where botocore calls a stand-in, keyturn does."""
    others = [type(place)(), type(place)()]
    urls = {"STS": others[0].url, "IAM": others[1].url, "ALL": place.url}
    try:
        environment = prepared(world, place, credentials, config, environment, urls)
        expected = botocore(world, environment)["places"]
        world.environment = environment
        world.configuration["aws"] = {"region": "us-west-2"}
        # Nothing but loopback is reached from here.
        world.environment["https_proxy"] = "http://127.0.0.1:1"
        world.save()
        place.seen.clear()
        world.run("check", "--online", "--json")
        world.run("plan")
        seen = {server.url: {action for action, *_ in server.seen} for server in (place, *others)}
        for service, url in zip(("iam", "sts"), expected):
            for server, actions in seen.items():
                called = bool(actions & ({"GetCallerIdentity"} if service == "sts" else {"ListAccessKeys", "GetUser"}))
                assert called == (url.rstrip("/") == server), (service, url, seen)
    finally:
        for server in others:
            server.stop()


def test_home_is_that_of_the_system_where_no_variable_says_it(world, place):
    """A service without HOME reads the same files."""
    del world.environment["HOME"]
    expected = subprocess.run(
        [sys.executable, "-c", "import os; print(os.path.expanduser('~/.aws/credentials'))"], env=world.environment,
        capture_output=True, text=True, timeout=60).stdout.strip()
    world.environment = {name: value for name, value in world.environment.items() if not name.startswith("AWS_ACCESS")}
    world.environment["AWS_PROFILE"] = "of-that-name-is-none"
    world.environment["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/no-such-file"
    result = world.run("check", "--online")
    assert "no profile of-that-name-is-none" in result.out + result.err
    assert expected.startswith("/")
