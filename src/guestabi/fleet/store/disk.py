"""The few ways in which a fleet touches the disk. Each is one step that a power cut may follow."""

from __future__ import annotations

import os
from pathlib import Path

from guestabi.errors import GuestAbiError

TEMPORARY = "_tmp-"
"""What a file that is being written is called first: Spark, Trino and Hive skip such names."""


def make_folder(path: Path) -> None:
    """Make a directory, unless it is there."""
    path.mkdir(parents=True, exist_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a file that is on the disk when this returns."""
    with open(path, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Bring a file, or a directory's names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(source: Path, target: Path) -> None:
    """Give a file its name, in place of what has it, at one stroke."""
    os.replace(source, target)


def link(source: Path, target: Path) -> None:
    """Give a file a second name. Raises FileExistsError where something has it."""
    os.link(source, target)


def remove(path: Path) -> None:
    """Remove a file, if it is still there."""
    path.unlink(missing_ok=True)


def refused(path: Path, error: OSError) -> GuestAbiError:
    """Return the error for a write that the system refused."""
    return GuestAbiError(f"cannot write {path}: {error.strerror or error}")
