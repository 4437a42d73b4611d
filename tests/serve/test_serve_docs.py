"""docs/serve.md: what it shows is what the service answers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from guestabi import atlas
from guestabi.serve import limits
from guestabi.serve.shelf import folder as folders
from serve.conftest import TOKEN
from serve.running import running

PAGE = Path(__file__).resolve().parents[2] / "docs" / "serve.md"
BLOCK = re.compile(r"<!-- (run [^\n]*) -->\n *```\n(.*?)```", re.DOTALL)
SHIPPED = {"old.json": "debian-6.12.117/neoverse-n1", "new.json": "debian-7.2.12/neoverse-n1"}
CANDIDATE = "debian-7.3.4/neoverse-n1"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def shown(kind):
    """(command, what the page says that it prints), in the order of the page."""
    found = []
    for said, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if said == kind:
            lines = [
                line.removeprefix("  ") if "token" in kind else line for line in block.split("\n")
            ]
            text = "\n".join(lines).rstrip()
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((command, output.strip("\n")))
    return found


def printed(command, service, where):
    command = command.replace("http://127.0.0.1:8420/", service.url)
    done = subprocess.run(
        ["bash", "-c", command], cwd=where, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip("\n")


@pytest.fixture
def captures(tmp_path):
    folder = tmp_path / "captures"
    folder.mkdir()
    for name, entry in SHIPPED.items():
        shutil.copy(atlas.find(entry).path, folder / name)
    shutil.copy(atlas.find(CANDIDATE).path, tmp_path / "candidate.json")
    (tmp_path / "token").write_text(TOKEN)
    return folder


@pytest.mark.parametrize(
    ("kind", "arguments", "least"),
    [("run in a folder of captures", (), 6), ("run with a token", ("--token-file", "token"), 2)],
)
def test_examples(captures, tmp_path, monkeypatch, kind, arguments, least):
    """Each command prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    commands = shown(kind)
    assert len(commands) >= least
    with running("captures", *arguments) as service:
        for command, output in commands:
            assert printed(command, service, tmp_path) == output, command


def test_the_page_names_the_limits_and_paths():
    """Numbers and paths stand in it as they stand in the code."""
    text = PAGE.read_text(encoding="utf-8")
    usual = limits.USUAL
    for words in (
        f"at most {usual.body >> 20} MB",
        f"a head {usual.head >> 10} KB",
        f"after {usual.ask:g} s, its body after {usual.upload:g} s",
        f"taken within {usual.listen:g} s",
        f"at most {usual.connections} connections",
        f"up to {folders.MOST} files",
    ):
        assert words in text.replace("\n  ", " ")
    for path in ("/v1/check", "/v1/profiles", "/healthz", "/openapi.json"):
        assert f"`GET {path}" in text
