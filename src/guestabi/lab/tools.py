"""Programs that a kernel is built with, and how one of them is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from guestabi.errors import MissingTool

# What is run, and the Debian package that has it.
BUILD_TOOLS: tuple[tuple[str, str], ...] = (
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    ("aarch64-linux-gnu-ld", "binutils-aarch64-linux-gnu"),
    ("bc", "bc"),
    ("bison", "bison"),
    ("dpkg-deb", "dpkg"),
    ("flex", "flex"),
    ("gcc", "gcc"),
    ("make", "make"),
    ("patch", "patch"),
    ("perl", "perl"),
    ("tar", "tar"),
    ("xz", "xz-utils"),
)


def require(tools: Iterable[tuple[str, str]] = BUILD_TOOLS) -> None:
    """Raise MissingTool, which names all that is missing and the packages that have it."""
    missing = [(name, package) for name, package in tools if shutil.which(name) is None]
    if missing:
        names = ", ".join(name for name, _ in missing)
        packages = " ".join(package for _, package in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise MissingTool(f"{names} {verb} not installed", hint=f"apt-get install {packages}")


def run(argv: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a short command in ``folder``; its words are English, whatever the machine's are."""
    try:
        return subprocess.run(
            argv,
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        package = dict(BUILD_TOOLS).get(argv[0], argv[0])
        hint = f"apt-get install {package}"
        raise MissingTool(f"{argv[0]} is not installed", hint=hint) from None
