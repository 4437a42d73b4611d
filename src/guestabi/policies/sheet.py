"""Closed TOML files: read whole, checked against a struct, or refused with path and reason."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec
import tomllib

from guestabi.errors import BadInput
from guestabi.profile import reading

MAX_BYTES = 1 << 20
"""No sheet that a person writes is larger."""

T = TypeVar("T")


def read(path: str | os.PathLike[str], shape: type[T]) -> T:
    """Return the TOML file ``path`` as a ``shape``. Raises BadInput, for an unknown key too."""
    return parse(content(path), path, shape)


def content(path: str | os.PathLike[str]) -> bytes:
    """Return what is in the file ``path``. Raises BadInput."""
    return reading.content(path, MAX_BYTES, "such sheet")


def parse(data: bytes, path: str | os.PathLike[str], shape: type[T]) -> T:
    """Return TOML text as a ``shape``; ``path`` is only named in errors. Raises BadInput."""
    try:
        plain = tomllib.loads(data.decode("utf-8"))
        return msgspec.convert(plain, shape)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(path, f"is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise BadInput(path, str(error)) from None


def shipped(package_file: str, folder: str) -> dict[str, Path]:
    """Return the ``*.toml`` files of ``folder`` beside ``package_file`` by stem, sorted."""
    found = sorted((Path(package_file).parent / folder).glob("*.toml"))
    return {path.stem: path for path in found}
