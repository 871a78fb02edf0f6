"""AWS Lambda for one function: its runtime API, strict, and what it does with the process that uses it.

The rules are those of AWS's guide to custom runtimes and of its runtime interface emulator: a call out of turn is refused with 403, an
unknown ID with 400. Whatever a real service would only shrug at is kept in `faults`, which every test ends by looking at.
"""

import http.server
import json
import os
import re
import signal
import threading
import time
import uuid

from test_schemas import validator

PREFIX = "/2018-06-01/runtime"
LONGEST_PAYLOAD = 6 << 20


class Runtime:
    """The API: one event at a time."""

    def __init__(self):
        runtime = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                runtime.take(self, b"")

            def do_POST(self):
                if "Content-Length" not in self.headers:
                    runtime.faults.append(f"{self.path} without Content-Length")
                runtime.take(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        self.change = threading.Condition()
        self.faults = []
        self.turn = "init"
        self.event = None
        self.outcome = None
        self.init_error = None
        #: What the next answer is refused with, instead of 202.
        self.refusal = None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    # What the function asks.

    def take(self, request, body):
        if request.headers.get("Host") != self.address:
            self.faults.append(f"Host: {request.headers.get('Host')}")
        if request.command == "GET" and request.path == PREFIX + "/invocation/next":
            return self.next(request)
        found = re.fullmatch(PREFIX + r"/invocation/([^/]+)/(response|error)", request.path)
        if request.command == "POST" and found:
            return self.reply(request, *self.answered(request, found[1], found[2], body))
        if request.command == "POST" and request.path == PREFIX + "/init/error":
            return self.reply(request, *self.failed_init(request, body))
        self.faults.append(f"{request.command} {request.path}")
        return self.reply(request, 404, "InvalidPath")

    def next(self, request):
        with self.change:
            if self.turn not in ("init", "answered"):
                self.faults.append(f"next while {self.turn}")
                return self.reply(request, 403, "InvalidStateTransition")
            self.turn = "waiting"
            self.change.notify_all()
            mine = threading.current_thread()
            self.waiter = mine
            self.change.wait_for(lambda: self.event is not None or self.waiter is not mine)
            if self.waiter is not mine:
                return None
            event, self.event, self.turn = self.event, None, "busy"
            self.current = event["id"]
        fields = {
            "Lambda-Runtime-Aws-Request-Id": event["id"], "Lambda-Runtime-Deadline-Ms": str(event["deadline"]),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:keyturn",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
            "Content-Type": "application/json",
        }
        return self.send(request, 200, event["body"], fields)

    def answered(self, request, name, kind, body):
        with self.change:
            if self.turn != "busy":
                self.faults.append(f"{kind} while {self.turn}")
                return 403, "InvalidStateTransition"
            if name != self.current:
                self.faults.append(f"{kind} for {name} in place of {self.current}")
                return 400, "InvalidRequestID"
            document = self.json(kind, body)
            if kind == "error":
                self.check_error(request, document)
            if self.refusal:
                refusal, self.refusal = self.refusal, None
                if refusal == 403:
                    self.finish(("late", document))
                return refusal, "Refused"
            self.finish((kind, document))
            return 202, None

    def failed_init(self, request, body):
        with self.change:
            if self.turn != "init":
                self.faults.append(f"init/error while {self.turn}")
                return 403, "InvalidStateTransition"
            self.init_error = self.json("init/error", body)
            self.check_error(request, self.init_error)
            self.turn = "failed"
            self.change.notify_all()
            return 202, None

    def finish(self, outcome):
        self.outcome, self.turn = outcome, "answered"
        self.change.notify_all()

    def json(self, kind, body):
        if len(body) > LONGEST_PAYLOAD:
            self.faults.append(f"{kind} of {len(body)} bytes")
        return json.loads(body)

    def check_error(self, request, document):
        kind = request.headers.get("Lambda-Runtime-Function-Error-Type", "")
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*\.[A-Z][A-Za-z0-9]*", kind):
            self.faults.append(f"Lambda-Runtime-Function-Error-Type: {kind}")
        if set(document) != {"errorMessage", "errorType", "stackTrace"} or document["errorType"] != kind:
            self.faults.append(f"the body of an error is {document}")
        if document.get("stackTrace") != []:
            self.faults.append(f"stackTrace {document.get('stackTrace')}")

    def reply(self, request, status, kind):
        body = b"" if kind is None else json.dumps({"errorMessage": kind, "errorType": kind}).encode()
        return self.send(request, status, body, {"Content-Type": "application/json"})

    @staticmethod
    def send(request, status, body, fields):
        try:
            request.send_response(status)
            for name, value in fields.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass

    # What Lambda does.

    def begin(self):
        """For another process."""
        with self.change:
            self.turn, self.event, self.outcome, self.init_error, self.waiter = "init", None, None, None, None
            self.change.notify_all()

    def wait_for(self, holds, process, seconds):
        """Waits until the condition holds; False: the time is over, or the process has ended before."""
        end = time.monotonic() + seconds
        with self.change:
            while not holds():
                if process.poll() is not None or time.monotonic() > end:
                    return False
                self.change.wait(0.05)
            return True

    def is_waiting(self):
        return self.turn == "waiting"

    def give(self, body, deadline):
        with self.change:
            assert self.turn == "waiting", self.turn
            self.outcome = None
            self.event = {"id": str(uuid.uuid4()), "deadline": int(deadline * 1_000), "body": body}
            self.change.notify_all()

    def stop(self):
        with self.change:
            self.waiter = None
            self.change.notify_all()
        self.server.shutdown()
        self.server.server_close()


class Function:
    """A function of Lambda in a world: started for an event, frozen after it, killed when its time is over."""

    #: A warm environment has the same log for as long as it lives.
    environments = 0

    def __init__(self, world, *options, timeout=60, freezes=True, init=30):
        self.world, self.options, self.timeout, self.freezes, self.init = world, options, timeout, freezes, init
        self.runtime = Runtime()
        self.process = None
        self.logs = []
        self.renew()

    def renew(self):
        """Another environment, as Lambda makes one whenever it likes: the next process is of another machine."""
        self.kill()
        Function.environments += 1
        self.stream = f"2026/11/29/[$LATEST]{Function.environments:032x}"

    def start(self):
        """The init phase. False: it has failed."""
        self.runtime.begin()
        path = self.world.directory / f"lambda-{len(self.logs)}.log"
        self.logs.append(path)
        self.world.environment.update(
            AWS_LAMBDA_RUNTIME_API=self.runtime.address, AWS_LAMBDA_LOG_STREAM_NAME=self.stream,
            AWS_LAMBDA_FUNCTION_NAME="keyturn", AWS_REGION="us-east-1", LAMBDA_TASK_ROOT=str(self.world.directory))
        with open(path, "wb") as log:
            self.process = self.begin(log)
        return self.runtime.wait_for(self.runtime.is_waiting, self.process, self.init)

    def begin(self, log):
        """Starts the process."""
        return self.world.start("lambda", *self.options, stdout=log, stderr=log)

    def invoke(self, event=None, timeout=None, kill_when=None):
        """Gives one event: what came back, as (kind, document). The kind is `timeout` where the time was over, `exit` where the process
        ended by itself, and `init` where it could not be started. `kill_when`: the process is killed once that holds."""
        timeout = timeout or self.timeout
        if self.process is None or self.process.poll() is not None:
            if not self.start():
                self.process.wait(timeout=20)
                return "init", self.runtime.init_error
        self.thaw()
        body = event if isinstance(event, bytes) else json.dumps(event or {"source": "aws.events", "detail": {}}).encode()
        assert self.runtime.wait_for(self.runtime.is_waiting, self.process, 20), self.log
        deadline = time.time() + timeout
        self.runtime.give(body, deadline)
        if kill_when:
            while not kill_when():
                assert time.time() < deadline and self.process.poll() is None, self.log
                time.sleep(0.02)
            self.kill()
            return "timeout", None
        if not self.runtime.wait_for(lambda: self.runtime.outcome, self.process, timeout):
            if self.process.poll() is None:
                self.kill()
                return "timeout", None
            return "exit", self.process.returncode
        outcome = self.runtime.outcome
        if self.runtime.wait_for(self.runtime.is_waiting, self.process, 10):
            self.freeze()
        return outcome

    def must(self, event=None, **options):
        """An event that is answered."""
        kind, document = self.invoke(event, **options)
        assert kind == "response", (kind, document, self.log)
        errors = [f"{error.json_path}: {error.message}" for error in validator("lambda").iter_errors(document)]
        assert errors == [], document
        return document

    def freeze(self):
        if self.freezes:
            os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        """As at a timeout: nothing is said before."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=20)

    @property
    def log(self):
        return "".join(path.read_text() for path in self.logs)

    def close(self):
        self.kill()
        self.runtime.stop()
        assert self.runtime.faults == [], self.runtime.faults
