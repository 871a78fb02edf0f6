"""keyturn compared with the ways that it replaces, in one run on one machine, against one server.

    bench.py PREFIX [--quick] [--json FILE]

PREFIX is an installation of a release build. Three programs are measured: keyturn, `serial.py` and `threaded.py`. For each:
wall-clock time, time on the processor, peak memory, requests, and the most of them in progress at once. Times of a shared machine
vary: each case runs several times, and the run of the median is reported. What is in progress is counted by the server.
"""

import argparse
import base64
import contextlib
import json
import math
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import boto3
import requests

HERE = pathlib.Path(__file__).parent
IN_FLIGHT = 64
PLUGINS = {
    "gitlab": ("gitlab-ci", "project", 2), "travis": ("travis-ci", "repository", 3), "github": ("github-actions", "repository", 5),
}
MIB = 1024


class Server:
    def __init__(self, latency=0, targets=0, users=0, dead=None):
        command = [sys.executable, HERE / "server.py", str(latency), str(targets), str(users), *([dead] if dead else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addresses = json.loads(self.process.stdout.readline())

    def __getitem__(self, service):
        return self.addresses[service]

    def report(self):
        with urllib.request.urlopen(self["aws"] + "/report", timeout=30) as reply:
            return json.load(reply)

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(self["aws"] + "/reset", method="POST"), timeout=30).close()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


@contextlib.contextmanager
def serving(**what):
    server = Server(**what)
    try:
        yield server
    finally:
        server.close()


def environment(home):
    # Nothing of the caller's: proxies and profiles would be measured too.
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TOKEN": "glpat-0123456789abcdefghij",
        "AWS_ACCESS_KEY_ID": "AKIAOPERATOR", "AWS_SECRET_ACCESS_KEY": "operator", "AWS_EC2_METADATA_DISABLED": "true",
    }


class Memory(threading.Thread):
    """The peak of a process and of its children, by name, looked at every 5 ms while they run."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peaks, self.is_over = process, {}, threading.Event()

    def run(self):
        known = {self.process.pid}
        while not self.is_over.wait(0.005):
            with contextlib.suppress(OSError):
                for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
                    known |= {int(child) for child in (task / "children").read_text().split()}
            for pid in list(known):
                self.look(pid)

    def look(self, pid):
        with contextlib.suppress(OSError, KeyError):
            lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
            name = lines["Name"].strip()
            self.peaks[name] = max(self.peaks.get(name, 0), int(lines["VmHWM"].split()[0]))


def measured(command, server=None, **options):
    """Runs a program, and says what it took."""
    if server:
        server.reset()
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    memory = Memory(process)
    memory.start()
    _, errors = process.communicate(timeout=1_200)
    wall = time.monotonic() - start
    memory.is_over.set()
    memory.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        "status": process.returncode, "wall": wall,
        "cpu": after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
        "memory_kib": memory.peaks, "errors": errors.decode(errors="replace")[-2_000:],
    }
    if server:
        report = server.report()
        ci = {name: count for name, count in report["counts"].items() if not name.startswith("aws")}
        result |= {
            "requests": report["counts"], "ci_requests": sum(ci.values()), "most": report["most"],
            "window": report["last"] - report["first"] if report["first"] and report["last"] else 0,
        }
    return result


def median(runs):
    """The run whose time is in the middle."""
    return sorted(runs, key=lambda run: run["window"] if run.get("window") else run["wall"])[(len(runs) - 1) // 2]


class Keyturn:
    """An installation, and a configuration for a server."""

    def __init__(self, prefix, directory):
        self.program, self.directory = prefix / "bin/keyturn", pathlib.Path(directory)
        self.environment = environment(directory)
        seal = self.directory / "seal.key"
        seal.write_text(base64.b64encode(os.urandom(32)).decode())
        seal.chmod(0o600)

    def configure(self, server, users, pusher="gitlab", **defaults):
        """`users`: how many targets each has."""
        plugin, field, _ = PLUGINS[pusher]
        for old in self.directory.glob("state.db*"):
            old.unlink()
        lines, number = [], 0
        for user, count in users.items():
            targets = [{"pusher": pusher, field: f"acme/app-{number + index}"} for index in range(1, count + 1)]
            number += count
            lines.append(f"  {user}: {{ targets: {json.dumps(targets)} }}")
        settings = {"first-rotation": "when-due", "rotate-every": "7d", "overlap": "1h", "soak": "1h", **defaults}
        (self.directory / "keyturn.yaml").write_text("\n".join([
            "version: 1", "state: sqlite:state.db", "seal-key: { file: seal.key }",
            f"aws: {{ region: us-west-2, endpoint-url: {server['aws']} }}",
            # No limit of the service's is imposed: what is measured is keyturn.
            f"pushers: {{ {pusher}: {{ plugin: {plugin}, token: {{ env: TOKEN }}, endpoint: {server[pusher]}, limits: [] }} }}",
            f"defaults: {json.dumps(settings)}", "users:", *lines, "",
        ]))

    def run(self, *arguments, server=None):
        return measured([self.program, *arguments], server, cwd=self.directory, env=self.environment)


# --- Cases -------------------------------------------------------------------------------------------------------------

def fan_out(keyturn, latency, count, pusher="gitlab", repeats=3):
    """One user's rotation up to the last confirmation. The targets' own question, before a key is made, is left out: a key in
    an emergency goes without it, and no script asks it."""
    runs = []
    for _ in range(repeats):
        with serving(latency=latency, targets=count) as server:
            keyturn.configure(server, {"bench": count}, pusher, preflight=False)
            run = keyturn.run("rotate", "--all", "--quiet", server=server)
            assert run["status"] == 0, run["errors"]
            assert run["ci_requests"] == count * PLUGINS[pusher][2], run
            runs.append(run)
    return median(runs)


def script(name, latency, count, repeats=1, **arguments):
    runs = []
    for _ in range(repeats):
        with serving(latency=latency, targets=count) as server, tempfile.TemporaryDirectory() as home:
            call = {"endpoint": server["gitlab"], "token": "glpat-0123456789abcdefghij", "count": count, **arguments}
            if name == "threaded":
                call["aws"] = server["aws"]
            run = measured([sys.executable, HERE / f"{name}.py", json.dumps(call)], server, env=environment(home))
            assert run["status"] == 0, run["errors"]
            runs.append(run)
    return median(runs)


def serial(latency, count, repeats=1):
    return script("serial", latency, count, repeats, key="AKIABENCH", secret="S" * 40)


def threaded(latency, count, repeats=1):
    return script("threaded", latency, count, repeats, verifies=True)


def many_users(keyturn, users, targets, latency):
    with serving(latency=latency, targets=users * targets, users=users) as server:
        keyturn.configure(server, {f"ci-{number}": targets for number in range(1, users + 1)}, preflight=False)
        run = keyturn.run("rotate", "--all", "--quiet", server=server)
        assert run["status"] == 0, run["errors"]
        return run


def one_dead(keyturn, count, latency, limit):
    """Next to the same fan-out with all alive: when the last living target was written."""
    with serving(latency=latency, targets=count, dead="app-7/") as server:
        keyturn.configure(server, {"bench": count}, preflight=False, **{"push-timeout": f"{limit}s", "max-attempts": 1})
        run = keyturn.run("rotate", "--all", "--quiet", server=server)
        assert run["status"] == 75, run["errors"]
        return run


def nothing_due(keyturn, users, repeats=3):
    with serving(targets=users, users=users) as server:
        keyturn.configure(server, {f"ci-{number}": 1 for number in range(1, users + 1)})
        # The first time, each user's keys are looked at. Made in 2024, they would all be due.
        first = keyturn.run("rotate", "--all", "--quiet", server=server)
        assert first["status"] == 0, first["errors"]
        runs = [keyturn.run("step", "--quiet", server=server) for _ in range(repeats)]
        assert all(run["status"] == 0 and not run["requests"] for run in runs), runs
        return {**median(runs), "first": first}


def start_up(command, repeats=15):
    return {"wall": statistics.median(measured(command, env=environment("/nonexistent"))["wall"] for _ in range(repeats))}


def processor(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def switches(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                total += int(line.split()[1])
    return total


def idle_daemon(keyturn, users, seconds=20):
    with serving(targets=users, users=users) as server:
        keyturn.configure(server, {f"ci-{number}": 1 for number in range(1, users + 1)})
        assert keyturn.run("rotate", "--all", "--quiet", server=server)["status"] == 0
        process = subprocess.Popen(
            [keyturn.program, "run"], cwd=keyturn.directory, env=keyturn.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        try:
            process.stderr.readline()
            # Pushers that have nothing to do end after a minute.
            end = time.monotonic() + 90
            while children(process.pid) and time.monotonic() < end:
                time.sleep(1)
            before = processor(process.pid), switches(process.pid)
            time.sleep(seconds)
            lines = dict(
                line.split(":", 1) for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines() if ":" in line)
            return {
                "users": users, "seconds": seconds, "memory_kib": int(lines["VmRSS"].split()[0]),
                "own_memory_kib": int(lines["RssAnon"].split()[0]), "runners": len(children(process.pid)),
                "cpu": processor(process.pid) - before[0], "wakes": switches(process.pid) - before[1],
            }
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stderr.close()


def children(pid):
    return [child for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def pusher_calls(prefix, directory, count=3_000):
    """A pusher that answers at once, called over a runner, and in the same process."""
    source = HERE / "empty_pusher.c"
    library, caller = directory / "empty.so", directory / "caller"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{prefix}/include", source, "-o", library], check=True)
    subprocess.run(["cc", "-O2", f"-I{prefix}/include", HERE / "call_pusher.c", "-o", caller, "-ldl"], check=True)
    run = subprocess.run([caller, prefix / "libexec/keyturn/keyturn-runner", library, str(count)], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


# --- The run -----------------------------------------------------------------------------------------------------------

def machine(prefix):
    processors = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": processors[0] if processors else platform.processor(), "cores": os.cpu_count(), "kernel": platform.release(),
        "keyturn": subprocess.run([prefix / "bin/keyturn", "--version"], capture_output=True, text=True).stdout.strip(),
        "swift": subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.splitlines()[0],
        "python": platform.python_version(), "boto3": boto3.__version__, "requests": requests.__version__,
        "load_before": os.getloadavg()[0], "seeds": "none: nothing is drawn by lot",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def ideal(run, latency):
    return run["ci_requests"] * latency / 1000 / IN_FLIGHT


def peak(run, name):
    return run["memory_kib"].get(name, 0) / MIB


def row(title, run, latency, *, count, program="keyturn"):
    core = peak(run, "keyturn") if program == "keyturn" else max(run["memory_kib"].values(), default=0) / MIB
    least = ideal(run, latency) if program == "keyturn" else 0
    return [
        title, program, f"{run['wall']:.2f}", f"{run['window']:.2f}", f"{run['window'] / least:.2f} ×" if least else "",
        f"{run['cpu']:.2f}", f"{run['cpu'] / count * 1e6:.0f}", f"{core:.0f}",
        f"{peak(run, 'keyturn-runner'):.0f}" if program == "keyturn" else "", f"{run['ci_requests']}", f"{run['most']}",
    ]


HEADINGS = [
    "case", "program", "wall s", "pushes s", "of ideal", "CPU s", "CPU µs/target", "peak MiB", "runner MiB", "requests", "in flight",
]


def table(headings, rows):
    widths = [max(len(str(line[index])) for line in [headings, *rows]) for index in range(len(headings))]
    for line in [headings, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(line, widths)) + " |")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("prefix", type=pathlib.Path)
    arguments.add_argument("--quick", action="store_true", help="the cases with goals only, once")
    arguments.add_argument("--json", type=pathlib.Path)
    chosen = arguments.parse_args()
    prefix, results, rows = chosen.prefix.resolve(), {"machine": machine(chosen.prefix)}, []
    repeats = 1 if chosen.quick else 3
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        keyturn = Keyturn(prefix, directory)

        def note(name, title, run, latency, count, program="keyturn"):
            results[name] = run
            rows.append(row(title, run, latency, count=count, program=program))
            print(f"  {title}: {program}: {run['wall']:.2f} s", file=sys.stderr, flush=True)

        cases = [(20, 50), (20, 500), (20, 2_000)] if chosen.quick else [
            (latency, count) for latency in (0, 20, 100) for count in (10, 50, 500, 2_000)]
        for latency, count in cases:
            title = f"1 × {count} at {latency} ms"
            note(f"keyturn-{count}-{latency}", title, fan_out(keyturn, latency, count, repeats=repeats), latency, count)
            note(f"threaded-{count}-{latency}", title, threaded(latency, count, repeats), latency, count, "threads")
            # Longer ones are arithmetic: three requests a target, one after the other.
            if count * 3 * max(latency, 2) / 1000 < 60:
                note(f"serial-{count}-{latency}", title, serial(latency, count), latency, count, "serial")
        for pusher in ("travis", "github"):
            note(f"{pusher}-500-20", f"1 × 500 at 20 ms, {pusher}", fan_out(keyturn, 20, 500, pusher, repeats), 20, 500)
        note("users-100", "100 × 10 at 20 ms", many_users(keyturn, 100, 10, 20), 20, 1_000)
        note("dead", "1 × 500 at 20 ms, one dead", one_dead(keyturn, 500, 20, 3), 20, 500)
        print()
        table(HEADINGS, rows)
        small = []
        for users in ([5_000] if chosen.quick else [1, 100, 5_000]):
            results[f"nothing-due-{users}"] = run = nothing_due(keyturn, users)
            small.append([f"`step`, nothing due for {users} users", f"{run['wall']:.3f} s, {run['cpu']:.3f} s CPU, 0 requests"])
        results["version"] = start_up([prefix / "bin/keyturn", "--version"])
        small.append(["`keyturn --version`", f"{results['version']['wall'] * 1000:.1f} ms"])
        if shutil.which("aws"):
            results["aws-version"] = start_up(["aws", "--version"], 5)
            ratio = results["aws-version"]["wall"] / results["version"]["wall"]
            small.append(["`aws --version`", f"{results['aws-version']['wall'] * 1000:.0f} ms: {ratio:.0f} × as long"])
        results["calls"] = calls = pusher_calls(prefix, directory)
        small.append(["call of a pusher over its runner", f"{calls['over_runner_us']:.0f} µs, direct {calls['direct_us']:.3f} µs"])
        small.append(["start of a runner, to its first answer", f"{calls['start_ms']:.1f} ms"])
        results["idle"] = idle = idle_daemon(keyturn, 100, 10 if chosen.quick else 20)
        small.append(["`keyturn run`, nothing due for 100 users",
                      f"{idle['memory_kib'] / MIB:.0f} MiB ({idle['own_memory_kib'] / MIB:.0f} of its own), {idle['runners']} runners, "
                      f"{idle['cpu']:.2f} s CPU and {idle['wakes']} wakes in {idle['seconds']} s"])
        print()
        table(["case", "measured"], small)
    results["goals"] = goals(results)
    print()
    table(["goal", "measured", "reached"], [[name, text, "yes" if is_reached else "NO"] for name, text, is_reached in results["goals"]])
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1, default=str) + "\n")


def goals(results):
    fast, threads = results["keyturn-500-20"], results["threaded-500-20"]
    least, slow = ideal(fast, 20), results["serial-500-20"]["wall"]
    per_target = {count: results[f"keyturn-{count}-20"]["cpu"] / count for count in (50, 2_000)}
    large = results["keyturn-2000-20"]
    found = [
        ("500 targets at 20 ms: pushes at most 1.25 × the ideal", f"{fast['window'] / least:.2f} ×", fast["window"] <= 1.25 * least),
        ("pushes at least 25 × faster than one after the other", f"{slow / fast['window']:.0f} ×", slow >= 25 * fast["window"]),
        ("ahead of sixteen threads: wall", f"{threads['wall'] / fast['wall']:.2f} ×", fast["wall"] < threads["wall"]),
        ("ahead of sixteen threads: CPU", f"{threads['cpu'] / fast['cpu']:.1f} ×", fast["cpu"] < threads["cpu"]),
        ("ahead of sixteen threads: memory", f"{max(threads['memory_kib'].values()) / sum(fast['memory_kib'].values()):.2f} ×",
         sum(fast["memory_kib"].values()) < max(threads["memory_kib"].values())),
        ("CPU per target at 2,000 at most 1.2 × that at 50", f"{per_target[2_000] / per_target[50]:.2f} ×",
         per_target[2_000] <= 1.2 * per_target[50]),
        ("2,000 targets: core under 64 MiB", f"{peak(large, 'keyturn'):.0f} MiB", peak(large, "keyturn") < 64),
        ("2,000 targets: runner under 32 MiB", f"{peak(large, 'keyturn-runner'):.0f} MiB", peak(large, "keyturn-runner") < 32),
        ("a dead target delays no other", f"the last other one after {results['dead']['window'] / fast['window']:.2f} × the time",
         results["dead"]["window"] < 1.5 * fast["window"]),
        ("nothing due for 5,000 users: under 0.3 s", f"{results['nothing-due-5000']['wall']:.2f} s", results["nothing-due-5000"]["wall"] < 0.3),
        ("idle daemon under 30 MiB", f"{results['idle']['memory_kib'] / MIB:.0f} MiB", results["idle"]["memory_kib"] < 30 * MIB),
    ]
    if "aws-version" in results:
        ratio = results["aws-version"]["wall"] / results["version"]["wall"]
        found.append(("`keyturn --version` under a tenth of `aws --version`", f"1/{math.floor(ratio)}", ratio > 10))
    return found


if __name__ == "__main__":
    main()
