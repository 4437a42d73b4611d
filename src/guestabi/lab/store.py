"""The lab's cache on disk: where it is, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from guestabi.errors import LabError

# Free space that stays free whatever is fetched.
MARGIN_BYTES = 16 << 20


def cache_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the lab's cache directory: ``$XDG_CACHE_HOME/guestabi``, usually in ~/.cache."""
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "guestabi"


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    with scratch(path.parent) as fresh:
        (fresh / "text").write_text(text)
        (fresh / "text").replace(path)


def build_once(home: Path, write: Callable[[Path], None]) -> Path:
    """Return the directory ``home``, filled by ``write`` unless it is there already."""
    if not home.exists():
        with scratch(home.parent) as fresh:
            (fresh / "whole").mkdir()
            write(fresh / "whole")
            # Another process may have been quicker; the contents are the same.
            with suppress(FileExistsError):
                _rename(fresh / "whole", home)
    return home


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Give a scratch directory below ``parent``, which is made if need be."""
    with disk_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".guestabi-", dir=parent) as name:
            yield Path(name)


@contextmanager
def disk_errors(parent: Path) -> Iterator[None]:
    """Turn what a disk refuses below ``parent`` into a LabError that says where and why."""
    try:
        yield
    except OSError as error:
        raise LabError(
            f"cannot use {error.filename or parent}: {error.strerror or error}",
            hint="make room there, or set XDG_CACHE_HOME and TMPDIR to other directories",
        ) from error


def require_space(parent: Path, size: int) -> None:
    """Raise LabError unless ``size`` bytes and a little more are free below ``parent``."""
    with disk_errors(parent):
        free = shutil.disk_usage(parent).free
    if free < size + MARGIN_BYTES:
        raise LabError(
            f"the disk is full: {(size + MARGIN_BYTES) / 1e6:.0f} MB are needed below {parent}, "
            f"{free / 1e6:.0f} MB are free",
            hint="make room there, or set XDG_CACHE_HOME to another directory",
        )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _rename(fresh: Path, home: Path) -> None:
    try:
        fresh.rename(home)
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:
            raise FileExistsError(home) from error
        raise
