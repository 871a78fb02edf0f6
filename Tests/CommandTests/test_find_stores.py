"""`keyturn find` in stores and in CI systems that have no list of everything: what is seen, what is not, and which right lacks."""

import pytest

import azure_devops
import forgejo
import jenkins
import kubernetes
import leaks
import vault

PAIR = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
SECRET = "pL4nt3dS3cr3t/AccessKey+0123456789abcdef"


def found(world, *scopes, status=0):
    report = world.must("find", *scopes, "--json", status=status, timeout=120).json["find"]
    leaks.assert_told_nowhere(world, {"secret": SECRET})
    return report


def standings(report):
    return {place["place"]: place["standing"] for place in report["places"]}


def unseen(report):
    return {part["part"]: part["reason"] for part in report["unseen"]}


@pytest.fixture
def serve():
    """Starts a stand-in, whose requests and answers have to be as they are documented, and none of which may be a write."""
    running = []

    def serve(service):
        running.append(service)
        return service

    yield serve
    for service in running:
        service.stop()
        assert service.wrong == []
        writes = [each for each in service.requests if each[0] not in ("GET", "HEAD")]
        assert writes == []


def world_of(make, name, pusher, *targets):
    world = make(users={"cicd-bot": {"targets": [{"pusher": name, **target} for target in targets] or [
        {"pusher": "gitlab", "project": "acme/tools/app"}]}})
    world.environment["TOKEN_OF_IT"] = pusher.pop("secret")
    world.configuration["pushers"][name] = pusher
    world.save()
    return world


def test_azure_devops(make, serve):
    """All projects of the organization of a target; a secret key ID is there by name, a group of a key vault cannot be a target."""
    service = serve(azure_devops.AzureDevOps())
    world = world_of(make, "azure", {
        "plugin": "azure-devops", "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": azure_devops.TOKEN},
        {"organization": "acme", "project": "our app", "variable-group": "aws"})
    (key,) = world.sandbox.keys()
    service.put("aws", PAIR[0], key)
    service.put("aws", PAIR[1], SECRET, secret=True)
    service.put("zeta", PAIR[0], "x", secret=True)
    service.add("vaulted", kind="AzureKeyVault", projects=["other"])
    service.group("vaulted")["variables"] = {"AWS-SECRET-ACCESS-KEY": {"value": None, "isSecret": True}}
    report = found(world)
    assert report["scopes"] == ["azure:acme"] and report["unseen"] == []
    assert standings(report) == {
        "variable group aws of acme/our app": "managed", "variable group aws of acme/other": "unmanaged",
        "variable group zeta of acme/our app": "by-name", "variable group zeta of acme/other": "by-name",
        "variable group vaulted of acme/other": "by-name"}
    places = {place["place"]: place for place in report["places"]}
    assert places["variable group vaulted of acme/other"]["fields"] == {}
    # Two pages of projects, and each project's groups in pages of one.
    assert len(service.requests) == 2 + 3 + 4
    service.signs_in, world.environment["TOKEN_OF_IT"] = 203, "ended"
    assert unseen(found(world, "azure:acme", status=77)) == {"acme": "not-permitted"}


@pytest.mark.parametrize("gitea", [False, True])
def test_forgejo(make, serve, gitea):
    """An owner with its repositories; one that is archived, one that is closed to the token, one without anything."""
    service = serve(forgejo.Forgejo(repositories=("acme/app", "acme/old", "acme/shut", "acme/bare"), gitea=gitea))
    world = world_of(make, "forgejo", {
        "plugin": "forgejo", "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": forgejo.TOKEN},
        {"repository": "acme/app", "key-id-as": "variable"})
    (key,) = world.sandbox.keys()
    item = {"created_at": "2026-11-01T00:00:00Z", "description": ""}
    for place in ("repos/acme/app", "repos/acme/old", "orgs/acme"):
        service.places[place]["variables"][PAIR[0]] = {"value": key, **item}
        service.places[place]["secrets"][PAIR[1]] = {"value": SECRET, **item}
    service.archived, service.closed = {"acme/old"}, {"repos/acme/shut"}
    report = found(world)
    assert report["scopes"] == ["forgejo:acme"]
    assert standings(report) == {"acme/app": "managed", "acme/old": "unmanaged", "organization acme": "unmanaged"}
    assert unseen(report) == {"variables of acme/shut": "not-permitted", "secrets of acme/shut": "not-permitted"}
    places = {place["place"]: place for place in report["places"]}
    assert places["acme/old"]["state"] == "archived" and places["acme/old"]["key"] == key
    # What a repository has wins over its owner's.
    assert "acme/app" in places["organization acme"]["shadowed-by"]
    assert unseen(found(world, "forgejo:nobody", status=1)) == {"nobody": "not-permitted"}


def test_jenkins(make, serve):
    """The whole tree; a text is there by name alone, whatever its description says; folders that are shut are named."""
    service = serve(jenkins.Jenkins())
    world = world_of(make, "jenkins", {
        "plugin": "jenkins", "user": jenkins.USER, "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": jenkins.TOKEN},
        {"credential": "aws-deploy"})
    (key,) = world.sandbox.keys()
    service.stores[()]["_"] = {
        "aws-deploy": service.aws("aws-deploy", key=key, secret=SECRET), "login": service.password("login", "bob"),
        "AWS_SECRET_ACCESS_KEY": service.text("AWS_SECRET_ACCESS_KEY", description=f"{key} (of CI)", secret=SECRET)}
    service.stores["team", "our app"]["prod"] = {"aws-deploy": service.password("aws-deploy", "AKIAGONEGONEGONEGONE")}
    service.stores["shut",] = {"_": {"x": service.aws("x")}}
    service.closed = {("shut",)}
    report = found(world, "jenkins:*")
    assert standings(report) == {
        "Jenkins, credential aws-deploy": "managed", "Jenkins, credential AWS_SECRET_ACCESS_KEY": "by-name",
        "folder team/our app, domain prod, credential aws-deploy": "dead"}
    assert unseen(report) == {"credentials of folder shut": "not-permitted"}
    assert unseen(found(world, "jenkins:nowhere", status=1)) == {"nowhere": "not-permitted"}
    assert unseen(found(world, "jenkins:team")) == {}


def test_kubernetes(make, serve):
    """Namespaces one by one: what may be listed is searched, the others are named."""
    service = serve(kubernetes.Kubernetes())
    world = world_of(make, "cluster", {
        "plugin": "kubernetes", "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": kubernetes.TOKEN},
        {"namespace": "ci", "secret": "aws"})
    (key,) = world.sandbox.keys()
    service.make("ci", "aws", dict(zip(PAIR, (key, SECRET))))
    service.make("ci", "file", {"credentials": f"[default]\naws_access_key_id={key}\naws_secret_access_key={SECRET}\n"})
    service.make("ci", "release", {"release": key}, type="helm.sh/release.v1")
    service.make("ci", "tls", {"tls.key": "x"})
    service.make("web", "aws", dict(zip(PAIR, ("AKIAGONEGONEGONEGONE", SECRET))), immutable=True)
    service.make("shut", "aws", dict(zip(PAIR, (key, SECRET))))
    service.listable, service.lists_namespaces = {"ci", "web"}, True
    service.expired = 1
    report = found(world, "cluster:*")
    assert standings(report) == {"ci/aws": "managed", "ci/file": "unmanaged", "web/aws": "dead"}
    assert unseen(report) == {"shut": "not-permitted"}
    assert [place["state"] for place in report["places"] if place["place"] == "web/aws"] == ["immutable"]
    text = world.must("find", "cluster:shut", status=77)
    assert "a Role in namespace shut with the verb list for secrets" in text.out + text.err


def test_vault(make, serve):
    """Folders of both versions; deleted secrets are none, those that may not be read are named."""
    service = serve(vault.Vault())
    service.capabilities = {"read", "list"}
    world = world_of(make, "vault", {
        "plugin": "vault-kv", "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": vault.TOKEN},
        {"path": "ci/app"})
    (key,) = world.sandbox.keys()
    service.put("ci/app", **dict(zip(PAIR, (key, SECRET))))
    service.put("ci/deep/er/app", **dict(zip(PAIR, (key, SECRET))))
    for state in ("deletion_time", "destroyed"):
        service.put(f"ci/{state}", **dict(zip(PAIR, (key, SECRET))))
        service.versions[f"ci/{state}"][-1]["metadata"][state] = "2026-11-01T00:00:00Z" if state == "deletion_time" else True
    service.put("ci/aws-credentials", file="x")
    service.unreadable = {"ci/aws-credentials"}
    service.plain["old/app"] = dict(zip(PAIR, ("AKIAGONEGONEGONEGONE", SECRET)))
    report = found(world, "vault:*")
    assert standings(report) == {
        "secret/ci/app": "managed", "secret/ci/deep/er/app": "unmanaged", "secret/ci/aws-credentials": "by-name",
        "kv/old/app": "dead"}
    assert unseen(report) == {"values of 1 secrets of secret/ci": "not-permitted"}
    assert {place["place"] for place in found(world, "vault:secret/ci/deep")["places"]} == {"secret/ci/deep/er/app"}
    service.capabilities = {"read"}
    assert unseen(found(world, "vault:secret/ci", status=77)) == {"secret/ci": "not-permitted"}


def test_files(make, serve):
    """Below folders that were granted; without a grant the command to type is there."""
    world = make()
    folder = world.directory / "ci"
    (folder / "app").mkdir(parents=True, mode=0o700)
    world.configuration["pushers"]["file"] = {"plugin": "file"}
    world.configuration["users"]["cicd-bot"]["targets"] = [{"pusher": "file", "path": str(folder / "credentials")}]
    world.save()
    (key,) = world.sandbox.keys()
    (folder / "credentials").write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET}\n")
    (folder / "app" / ".env").write_text(f"AWS_ACCESS_KEY_ID={key}\nAWS_SECRET_ACCESS_KEY={SECRET}\n")
    for number in range(80):
        (folder / f"f{number}").mkdir()
    (folder / "app" / "credentials").symlink_to("/etc/passwd")
    refused = world.run("find", f"file:{folder}")
    assert refused.status == 77 and f"keyturn plugin pin file --grant files --folder {folder}" in refused.out + refused.err
    world.must("plugin", "pin", "file", "--grant", "files", "--folder", str(folder))
    report = world.must("find", f"file:{folder}", "--json").json["find"]
    assert standings(report) == {f"{folder}/credentials (profile default)": "managed", f"{folder}/app/.env": "unmanaged"}
    assert unseen(report) == {f"{folder}/app/credentials": "cannot-be-asked"}


def test_what_is_not_looked_through_is_said(make, serve):
    """A receiver has no list, and a cluster's takes a right that pushes do without: neither is an empty place."""
    service = serve(kubernetes.Kubernetes(("ci", "aws")))
    world = world_of(make, "cluster", {
        "plugin": "kubernetes", "token": {"env": "TOKEN_OF_IT"}, "endpoint": service.url, "secret": kubernetes.TOKEN},
        {"namespace": "ci", "secret": "aws"})
    world.configuration["pushers"]["hook"] = {
        "plugin": "webhook", "token": {"env": "TOKEN_OF_IT"}, "endpoint": "http://127.0.0.1:9"}
    world.configuration["users"]["cicd-bot"]["targets"] += [
        {"pusher": "hook", "path": "/x"}, {"pusher": "gitlab", "project": "acme/tools/app"}]
    world.save()
    report = found(world)
    assert report["scopes"] == ["gitlab:acme"]
    parts = {part["part"]: part for part in report["unseen"]}
    assert {part["reason"] for part in parts.values()} == {"cannot-be-asked"} and parts.keys() == {
        "places of cluster", "places of hook"}
    assert "nothing to list" in parts["places of hook"]["detail"]
    assert "keyturn find cluster:" in parts["places of cluster"]["detail"]
    assert service.requests == []
    assert "cannot list what is below a scope" in world.must("find", "hook:/x", status=64).err
