"""Instructions of fixed pieces of work, held against a recorded budget.

    counts.py PROGRAM [--record] [--profile DIRECTORY]

PROGRAM is `keyturn-counts`. Each case runs alone under callgrind, which counts instructions: the same number whatever else the
machine does. A case over its budget by more than the tolerance fails, and one far under it asks for a lower budget. `--profile`
keeps callgrind's files, for `callgrind_annotate` and KCachegrind.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

BUDGET = pathlib.Path(__file__).with_name("budget.json")
#: Libraries differ a little from machine to machine.
TOLERANCE = 0.10


def count(program, case, profile):
    place = profile / f"{case}.callgrind" if profile else "/dev/null"
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={place}", program, case],
        capture_output=True, text=True, timeout=300,
        # A hash seed of its own would make each run another one.
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "SWIFT_DETERMINISTIC_HASHING": "1"})
    if run.returncode != 0:
        sys.exit(f"{case}: status {run.returncode}\n{run.stderr[-2000:]}")
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", type=pathlib.Path)
    arguments.add_argument("--record", action="store_true", help="write the budget again")
    arguments.add_argument("--profile", type=pathlib.Path)
    chosen = arguments.parse_args()
    if chosen.profile:
        chosen.profile.mkdir(parents=True, exist_ok=True)
    # Valgrind does not read the debugging information of today's compilers; the names of functions are enough.
    program = chosen.program.with_name(chosen.program.name + ".stripped")
    subprocess.run(["strip", "--strip-debug", "-o", program, chosen.program], check=True)
    cases = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    counts = {case: count(program, case, chosen.profile) for case in cases}
    # What every program does before its work is no work of ours.
    start = counts.pop("nothing")
    counts = {case: number - start for case, number in counts.items()}
    if chosen.record:
        BUDGET.write_text(json.dumps(counts, indent=1) + "\n")
    budget = json.loads(BUDGET.read_text())
    failed = sorted(set(budget) ^ set(counts))
    for case, number in counts.items():
        share = number / budget.get(case, number)
        print(f"{case:32} {number / 1e6:9.1f} million instructions, {share:6.1%} of the budget")
        if share > 1 + TOLERANCE:
            failed.append(case)
        elif share < 0.7:
            print(f"{'':32} far under its budget: record it (`make counts-record`)")
    growth = counts["rotation-of-800-targets"] / counts["rotation-of-200-targets"]
    print(f"a rotation of 800 targets costs {growth:.2f} × one of 200")
    if growth > 4 * 1.6:
        failed.append("the cost of a rotation grows faster than its targets")
    if failed:
        sys.exit("over budget: " + ", ".join(failed))


if __name__ == "__main__":
    main()
