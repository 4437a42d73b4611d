"""Files that appear whole or not at all. Standard library alone."""

from __future__ import annotations

import os
import tempfile
from typing import Union

from guestabi.errors import GuestAbiError


def write_text(path: Union[str, os.PathLike[str]], text: str) -> None:
    """Write ``text`` to a temporary file beside ``path``, then rename it.

    Raises GuestAbiError where the system refuses; then nothing is left behind.
    """
    target = os.path.abspath(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".guestabi-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise GuestAbiError(f"cannot write {os.fspath(path)}: {error.strerror}") from error
