"""Running command lines, in this process and in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, NamedTuple

import pytest

from guestabi.cli import main
from guestabi.profile.host import HostProfile
from pairs import new, old

SRC = Path(main.__file__).parents[2]


class Result(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """``run(*arguments)``: one command line in this process."""

    def run_one(*arguments: str) -> Result:
        status = main.run(list(map(str, arguments)))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run_one


def spawn(*arguments: str, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """The same in a process of its own, as a shell would run it."""
    environment = {**os.environ, "PYTHONPATH": str(SRC), **dict(settings.pop("env", {}))}  # type: ignore[call-overload]
    command = [sys.executable, "-m", "guestabi.cli.main", *map(str, arguments)]
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60, **settings}
    return subprocess.run(command, env=environment, **settings)  # type: ignore[call-overload, no-any-return]


def write(path: Path, profile: HostProfile) -> Path:
    """Write a profile into a file, as 'guestabi capture' would."""
    from guestabi.profile import canonical

    path.write_text(canonical.to_text(profile.to_builtins()))
    return path


@pytest.fixture
def a(tmp_path: Path) -> Path:
    return write(tmp_path / "a.json", old())


@pytest.fixture
def b(tmp_path: Path) -> Path:
    return write(tmp_path / "b.json", new())
