"""Where credentials come from, on loopback: an STS in front of a sandbox, a container's endpoint, an instance's metadata."""

import datetime
import http.client
import http.server
import json
import re
import threading
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROLE = "arn:aws:iam::123456789012:role/keyturn"
ERROR = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
SESSION = (
    "<{0}Response><{0}Result><Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey>"
    "<SessionToken>{3}</SessionToken><Expiration>{4}</Expiration></Credentials></{0}Result></{0}Response>")
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>")


class Server:
    """A server on loopback; its handler calls `answer(handler, body)`, which gives status, text and headers."""

    def __init__(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                with owner.lock:
                    status, text = owner.answer(self, body)
                content = text.encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do

            def log_message(self, *_):
                """Tests are quiet."""

        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class SignIn(Server):
    """Gives out sessions, refuses those that have ended, and hands the rest on to a sandbox, signed as its administrator."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.sessions = {}
        #: Action and the key that signed it, of each call.
        self.calls = []
        #: The form of each AssumeRole and AssumeRoleWithWebIdentity.
        self.assumed = []
        #: Keys that IAM made.
        self.created = 0
        #: Actions that end every session the next time one of them comes.
        self.ends_at = []
        #: Calls after which a session ends by itself.
        self.calls_per_session = None
        self.life = datetime.timedelta(hours=1)
        super().__init__()

    def issue(self, arn="arn:aws:sts::123456789012:assumed-role/keyturn/x", life=None):
        """A session: key, secret, token, expiry."""
        number = len(self.sessions) + 1
        key = f"ASIA{number:016d}"
        expiry = datetime.datetime.now(datetime.UTC) + (life or self.life)
        session = {
            "key": key, "secret": f"secret-of-{number:030d}", "token": f"token+/{number:030d}==", "arn": arn, "calls": 0,
            "expiry": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"), "ended": False}
        self.sessions[key] = session
        return session

    def end_all(self):
        for session in self.sessions.values():
            session["ended"] = True

    def answer(self, request, body):
        form = dict(urllib.parse.parse_qsl(body.decode()))
        action = form["Action"]
        found = re.search(r"Credential=(\w+)/", request.headers.get("authorization") or "")
        key = found.group(1) if found else None
        self.calls.append((action, key))
        if action in self.ends_at:
            self.ends_at.remove(action)
            self.end_all()
        session = self.sessions.get(key)
        if session:
            session["calls"] += 1
            if self.calls_per_session and session["calls"] > self.calls_per_session:
                session["ended"] = True
            if request.headers.get("x-amz-security-token") != session["token"]:
                return 403, ERROR.format("InvalidClientTokenId", "wrong session token")
            if session["ended"]:
                return 403, ERROR.format("ExpiredToken", "The security token included in the request is expired")
        if action.startswith("AssumeRole"):
            return self.assume(action, form, key)
        if action == "GetCallerIdentity" and session:
            return 200, IDENTITY.format(session["arn"])
        return self.forward(action, request, body, session)

    def assume(self, action, form, key):
        self.assumed.append({**form, "signer": key})
        if form["RoleArn"].endswith("/forbidden"):
            return 403, ERROR.format("AccessDenied", f"not authorized to perform: sts:{action} on {form['RoleArn']}")
        name = form["RoleArn"].split("/")[-1]
        account = form["RoleArn"].split(":")[4]
        issued = self.issue(f"arn:aws:sts::{account}:assumed-role/{name}/{form['RoleSessionName']}")
        return 200, SESSION.format(action, issued["key"], issued["secret"], issued["token"], issued["expiry"])

    def forward(self, action, request, body, session):
        host = urllib.parse.urlsplit(self.sandbox.aws).netloc
        headers = dict(request.headers)
        if session:
            signed = AWSRequest("POST", f"http://{host}/", data=body, headers={"Content-Type": headers["Content-Type"]})
            keys = Credentials(self.sandbox.accessKeyId, self.sandbox.secretAccessKey)
            service = re.search(r"/(iam|sts)/aws4_request", headers["Authorization"]).group(1)
            region = "us-east-1" if service == "iam" else self.sandbox.region
            SigV4Auth(keys, service, region).add_auth(signed)
            headers = dict(signed.headers)
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("POST", "/", body, headers)
        reply = connection.getresponse()
        text = reply.read().decode()
        connection.close()
        if action == "CreateAccessKey" and reply.status == 200:
            self.created += 1
        return reply.status, text


class Metadata(Server):
    """A container's credential endpoint (/container), and an instance's metadata."""

    def __init__(self, signin):
        self.signin = signin
        #: Path and headers of each request.
        self.seen = []
        #: Statuses that the next requests get.
        self.faults = []
        self.authorization = None
        super().__init__()

    def answer(self, request, _):
        self.seen.append((request.command, request.path, dict(request.headers)))
        if self.faults:
            return self.faults.pop(0), ""
        if request.path == "/container":
            if self.authorization and request.headers.get("authorization") != self.authorization:
                return 401, ""
            return 200, self.document()
        if request.path == "/latest/api/token":
            good = request.command == "PUT" and request.headers.get("x-aws-ec2-metadata-token-ttl-seconds")
            return (200, "metadata-token") if good else (405, "")
        if request.headers.get("x-aws-ec2-metadata-token") != "metadata-token":
            return 401, ""
        path = request.path.removeprefix("/latest/meta-data/iam/security-credentials/")
        if path == "":
            return 200, "instance-role"
        return (200, self.document(Code="Success")) if path == "instance-role" else (404, "")

    def document(self, **more):
        session = self.signin.issue()
        return json.dumps({
            "AccessKeyId": session["key"], "SecretAccessKey": session["secret"], "Token": session["token"],
            "Expiration": session["expiry"], **more})
