"""Files from elsewhere: read whole, up to a bound, or refused with path and reason."""

from __future__ import annotations

import json
import os
import stat
from typing import Any, Union

from guestabi.errors import BadInput

Path = Union[str, "os.PathLike[str]"]


def content(path: Path, most: int, what: str, *, hint: str = "") -> bytes:
    """Return what is in the file ``path``, of at most ``most`` bytes (whole MB); ``what`` it should
    be. A pipe or device is not waited for. Raises BadInput."""
    try:
        with open(path, "rb", opener=_without_waiting) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise BadInput(path, "is not a regular file", hint=hint)
            data = stream.read(most + 1)
    except IsADirectoryError:
        raise BadInput(path, "is a directory", hint=hint) from None
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from error
    if len(data) > most:
        raise BadInput(path, f"is larger than {most >> 20} MB: no {what} is")
    return data


def text(path: Path, most: int, what: str) -> str:
    """The same as text. Raises BadInput."""
    try:
        return content(path, most, what).decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(path, "is not UTF-8 text") from None


def json_object(said: str, path: Path) -> dict[str, Any]:
    """Return a JSON object in which no key stands twice; ``path`` is named. Raises BadInput."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadInput(path, "has a key twice")
        return found

    try:
        plain = json.loads(said, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is not JSON: {error}") from None
    if not isinstance(plain, dict):
        raise BadInput(path, "is no JSON object")
    return plain


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
