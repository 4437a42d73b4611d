"""What boots brought home, kept under the digest of all that went into them."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from guestabi.lab.store import disk_errors, scratch


class Kept:
    """Outputs of boots in the folder ``home``, each whole or not there."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def get(self, name: str) -> bytes | None:
        """Return what was kept as ``name``; one that is damaged is as good as none."""
        try:
            sealed = (self._home / name).read_bytes()
        except OSError:
            return None
        digest, packed = sealed[:32], sealed[32:]
        return zlib.decompress(packed) if hashlib.sha256(packed).digest() == digest else None

    def put(self, name: str, output: bytes) -> None:
        """Keep ``output``. Raises LabError where the disk refuses it."""
        packed = zlib.compress(output, 1)
        with disk_errors(self._home), scratch(self._home) as fresh:
            (fresh / "kept").write_bytes(hashlib.sha256(packed).digest() + packed)
            (fresh / "kept").replace(self._home / name)
