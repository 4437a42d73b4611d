"""Has a file changed since it was read? Asked of the file system, without reading the file."""

from __future__ import annotations

import os
from typing import NamedTuple


class Seen(NamedTuple):
    """What is another one once a file was written, or replaced, or touched."""

    inode: int
    size: int
    modified: int
    changed: int
    """times in nanoseconds"""

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Seen:
        """Look at ``path``. Raises OSError."""
        found = os.stat(path)
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
