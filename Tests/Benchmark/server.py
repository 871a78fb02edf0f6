"""Stand-ins that cost next to nothing: AWS and the three CI systems, on one thread, answering after a fixed time.

What a benchmark needs of them and no more: IAM users with keys, and places that remember which key ID was written last. A
place that no one has written holds the pair's variables, with the user's first key. `GET /report` on any port says what was
asked, and how many requests were in progress at most; `POST /reset` forgets that.

    server.py LATENCY_MS TARGETS USERS       prints one JSON line with the addresses, and ends with its standard input
"""

import asyncio
import json
import re
import sys
import time
import urllib.parse

from email.utils import formatdate
from socket import IPPROTO_TCP, TCP_NODELAY

LATENCY, TARGETS, USERS = float(sys.argv[1]) / 1000, int(sys.argv[2]), int(sys.argv[3])
DEAD = re.compile(sys.argv[4]) if len(sys.argv) > 4 else None
REGION, ACCOUNT = "us-west-2", "123456789012"


class World:
    def __init__(self):
        self.made = 0
        self.users = {}
        for name in ["bench", *(f"ci-{number}" for number in range(1, USERS + 1))]:
            self.users[name] = {self.make(): "Active"}
        self.owners = {key: name for name, keys in self.users.items() for key in keys}
        self.created = {key: "2024-01-01T00:00:00Z" for key in self.owners}
        self.held = {}
        self.reset()

    def make(self):
        self.made += 1
        return f"AKIABENCH{self.made:011d}"

    def reset(self):
        self.counts, self.under_way, self.most = {}, 0, 0
        self.first = self.last = None


world = World()


# --- AWS ---------------------------------------------------------------------------------------------------------------

def xml(action, content, version="https://iam.amazonaws.com/doc/2010-05-08/"):
    return 200, "text/xml", (
        f'<{action}Response xmlns="{version}">{content}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>'
        f"</{action}Response>")


def key_xml(user, key, secret=None):
    more = f"<SecretAccessKey>{secret}</SecretAccessKey>" if secret else ""
    return (f"<UserName>{user}</UserName><AccessKeyId>{key}</AccessKeyId><Status>{world.users[user][key]}</Status>{more}"
            f"<CreateDate>{world.created[key]}</CreateDate>")


def aws(method, path, headers, body):
    form = dict(urllib.parse.parse_qsl(body.decode()))
    action, user = form.get("Action"), form.get("UserName")
    signer = re.search(rb"Credential=([A-Z0-9]+)/", headers)
    if action == "GetCallerIdentity":
        name = world.owners.get(signer[1].decode(), "operator") if signer else "operator"
        return xml(action, f"<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn><UserId>AIDA{name}</UserId>"
                           f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult>",
                   "https://sts.amazonaws.com/doc/2011-06-15/")
    keys = world.users[user]
    if action == "ListAccessKeys":
        members = "".join(f"<member>{key_xml(user, key)}</member>" for key in keys)
        return xml(action, f"<ListAccessKeysResult><AccessKeyMetadata>{members}</AccessKeyMetadata>"
                           f"<IsTruncated>false</IsTruncated></ListAccessKeysResult>")
    if action == "CreateAccessKey":
        key = world.make()
        keys[key], world.owners[key] = "Active", user
        world.created[key] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return xml(action, f"<CreateAccessKeyResult><AccessKey>{key_xml(user, key, 'S' * 40)}</AccessKey></CreateAccessKeyResult>")
    if action == "UpdateAccessKey":
        keys[form["AccessKeyId"]] = form["Status"]
    elif action == "DeleteAccessKey":
        del keys[form["AccessKeyId"]]
    else:
        return 400, "text/xml", "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>"
    return xml(action, "")


# --- The CI systems ----------------------------------------------------------------------------------------------------

def held(place):
    return world.held.setdefault(place, {"AWS_ACCESS_KEY_ID": "AKIAOLD", "AWS_SECRET_ACCESS_KEY": "", "at": 0})


def gitlab(method, path, headers, body):
    _, _, _, _, project, _, *names = path.split("?")[0].split("/")
    place = held("gitlab " + project)
    def variable(name):
        return {"key": name, "value": place[name], "variable_type": "env_var", "protected": False, "masked": True, "raw": True,
                "hidden": False, "environment_scope": "*", "description": None}
    if not names:
        return 200, "application/json", json.dumps([variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")])
    name = names[0]
    if method == "PUT":
        kind = headers.lower()
        if b"application/json" in kind:
            value = json.loads(body)["value"]
        else:
            value = dict(urllib.parse.parse_qsl(body.decode()))["value"]
        place[name] = value
    return 200, "application/json", json.dumps(variable(name))


def travis(method, path, headers, body):
    parts = path.split("?")[0].split("/")
    place = held("travis " + parts[2])
    def variable(identifier, name, public):
        shown = {"value": place[name]} if public else {}
        return {"@type": "env_var", "@href": f"/repo/{parts[2]}/env_var/{identifier}", "@representation": "standard",
                "@permissions": {"read": True, "write": True}, "id": identifier, "name": name, "public": public,
                "branch": None, **shown}
    variables = {"1": variable("1", "AWS_ACCESS_KEY_ID", True), "2": variable("2", "AWS_SECRET_ACCESS_KEY", False)}
    if method == "PATCH":
        fields = json.loads(body)
        name = variables[parts[-1]]["name"]
        place[name] = fields.get("env_var.value", fields.get("env_var", {}).get("value"))
        return 200, "application/json", json.dumps(variable(parts[-1], name, variables[parts[-1]]["public"]))
    return 200, "application/json", json.dumps({
        "@type": "env_vars", "@href": path, "@representation": "standard", "env_vars": list(variables.values())})


#: Any point of the curve: no one opens the boxes.
PUBLIC_KEY = "hBT5WZEj8ZoOv6TYJsfWq7MxTEQopZO5/IT3ZCVQPzs="


def github(method, path, headers, body):
    parts = path.split("?")[0].split("/")
    place = held("github " + "/".join(parts[2:4]))
    if parts[-1] == "public-key":
        return 200, "application/json", json.dumps({"key_id": "568250167242549743", "key": PUBLIC_KEY})
    if method == "PUT":
        place[parts[-1]] = "sealed"
        place["at"] = time.time()
        return 204, "application/json", ""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(place["at"]))
    secrets = [{"name": name, "created_at": "2024-01-01T00:00:00Z", "updated_at": moment}
               for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if parts[-1] == "secrets":
        return 200, "application/json", json.dumps({"total_count": 2, "secrets": secrets})
    return 200, "application/json", json.dumps(next(secret for secret in secrets if secret["name"] == parts[-1]))


SERVICES = {"aws": aws, "gitlab": gitlab, "travis": travis, "github": github}
REASONS = {200: "OK", 201: "Created", 204: "No Content", 400: "Bad Request", 404: "Not Found"}


class Connection(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, kept open."""

    def __init__(self, service):
        self.service, self.received = service, b""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def data_received(self, data):
        self.received += data
        while True:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.received[:end]
            length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
            length = int(length[1]) if length else 0
            if len(self.received) < end + 4 + length:
                return
            body = self.received[end + 4:end + 4 + length]
            self.received = self.received[end + 4 + length:]
            self.take(head, body)

    def take(self, head, body):
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if path == "/report":
            return self.send(200, "application/json", json.dumps({
                "counts": world.counts, "most": world.most, "first": world.first, "last": world.last,
                "held": {place: fields["AWS_ACCESS_KEY_ID"] for place, fields in world.held.items()},
                "keys": world.users}))
        if path == "/reset":
            world.reset()
            return self.send(204, "application/json", "")
        if DEAD and DEAD.search(path):
            return
        if self.service != "aws":
            world.under_way += 1
            world.most = max(world.most, world.under_way)
            world.first = world.first or time.monotonic()
        name = f"{self.service} {method}"
        world.counts[name] = world.counts.get(name, 0) + 1
        if LATENCY:
            asyncio.get_running_loop().call_later(LATENCY, self.answer, method, path, head, body)
        else:
            self.answer(method, path, head, body)

    def answer(self, method, path, head, body):
        if self.service != "aws":
            world.under_way -= 1
            world.last = time.monotonic()
        try:
            reply = SERVICES[self.service](method, path, head, body)
        except (KeyError, ValueError, IndexError) as error:
            reply = 404, "application/json", json.dumps({"message": repr(error)})
        self.send(*reply)

    def send(self, status, kind, text):
        body = text.encode()
        self.transport.write(
            f"HTTP/1.1 {status} {REASONS[status]}\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


async def main():
    loop = asyncio.get_running_loop()
    addresses = {}
    for service in SERVICES:
        server = await loop.create_server(lambda service=service: Connection(service), "127.0.0.1", 0, backlog=512)
        addresses[service] = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    print(json.dumps(addresses), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
