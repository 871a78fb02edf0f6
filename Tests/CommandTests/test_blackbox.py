"""A few rotations of the black box with keys at every system that keyturn ships a pusher for; `make blackbox-systems` does two hundred."""

import subprocess
import sys

import pytest

import guides
import program


@pytest.mark.timeout(240)
def test_no_job_gets_a_dead_key_at_any_system():
    """Under `kill -9`, faults of every kind and a second writer; it ends by itself when the promise was not kept."""
    done = subprocess.run(
        [sys.executable, guides.REPOSITORY / "Tests" / "BlackBox" / "blackbox.py", "--systems", "--users", "3", "--rotations", "3"],
        capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    # One place of each pusher, but for the one that runs programs.
    assert f"3 of 3, each with {len(program.own_pushers()) - 1} targets" in done.stdout
