"""What is installed or given as an example, held against the tools that its readers have: no findings."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import kubernetes_validate
import pytest
import yaml

import guides
import program

REPOSITORY = pathlib.Path(__file__).parents[2]
SCRIPTS = sorted(
    path for folder in ("Sources", "Tests", "plugin-sdk", ".ci") for path in (REPOSITORY / folder).rglob("*")
    if path.is_file() and ".build" not in path.parts and (
        path.suffix == ".sh" or path.read_bytes()[:20].startswith((b"#!/bin/sh", b"#!/usr/bin/env bash", b"#!/bin/bash"))))


def clean(*command, **options):
    """Runs a tool, which has to find nothing."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0 and done.stdout + done.stderr == "", (command, done.stdout, done.stderr)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_shellcheck(script):
    clean("shellcheck", script)


def test_yamllint():
    """Examples and what is installed; lines may be long, and several values may be on one line."""
    rules = "{extends: default, rules: {line-length: disable, braces: {max-spaces-inside: 1}, document-start: disable, comments: {min-spaces-from-content: 1}}}"
    files = [*guides.EXAMPLES.rglob("*.yaml"), *(REPOSITORY / "Sources" / "Packaging").rglob("*.yaml")]
    assert len(files) >= 4
    clean(sys.executable, "-m", "yamllint", "-f", "parsable", "-d", rules, *files)


def test_kubernetes_manifests():
    """Each document fits the API that it names, with unknown fields refused."""
    documents = [
        (path.name, document) for path in sorted((guides.EXAMPLES / "kubernetes").glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())]
    assert {document["kind"] for _, document in documents} == {
        "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Deployment", "CronJob"}
    for name, document in documents:
        kubernetes_validate.validate(document, "1.29", strict=True)
    broken = next(document for _, document in documents if document["kind"] == "Deployment") | {"specs": {}}
    with pytest.raises(Exception):
        kubernetes_validate.validate(broken, "1.29", strict=True)


def test_kubernetes_manifests_agree_with_the_guide():
    """The files, the object's name and the image's version are those of the guide and of this version."""
    text = (guides.GUIDES / "Operating.md").read_text()
    for path in (guides.EXAMPLES / "kubernetes").glob("*.yaml"):
        assert f"kubernetes/{path.name}" in text
        for document in yaml.safe_load_all(path.read_text()):
            assert document["metadata"]["name"] == "keyturn"
            images = re.findall(r"image: \S+:(\S+)", path.read_text())
            assert set(images) <= {subprocess.run(
                [program.binary(), "--version"], capture_output=True, text=True, check=True).stdout.strip()}


def test_man_pages():
    """man's own warnings, for each page."""
    pages = sorted((program.stage() / "share" / "man").rglob("*.[15]"))
    assert len(pages) > 30
    environment = {**os.environ, "MANROFFSEQ": "", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    for page in pages:
        done = subprocess.run(
            ["man", "--warnings", "--local-file", "--encoding=UTF-8", str(page)], capture_output=True, text=True, timeout=60,
            env=environment)
        assert done.returncode == 0 and done.stderr == "" and "keyturn" in done.stdout, (page, done.stderr)


def test_systemd_units(tmp_path):
    """As `systemd-analyze verify` sees them, with the programs that they name in their place."""
    units = program.stage() / "lib" / "systemd" / "system"
    names = sorted(unit.name for unit in units.iterdir())
    assert names == ["keyturn-step.service", "keyturn.service", "keyturn.timer"]
    for name in names:
        text = re.sub(r"/usr/local/bin/keyturn", str(program.binary()), (units / name).read_text())
        (tmp_path / name).write_text(text)
    if not shutil.which("systemd-analyze"):
        pytest.fail("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / name) for name in names)],
        capture_output=True, text=True, timeout=60)
    own = [line for line in (done.stdout + done.stderr).splitlines() if "keyturn" in line]
    assert done.returncode == 0 and own == [], done.stderr
