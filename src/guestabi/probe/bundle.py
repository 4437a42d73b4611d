"""Build ``guestabi-capture.pyz``: the part of guestabi that runs on a host, in one file.

    python -m guestabi.probe.bundle FILE

The bytes depend on the sources alone.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

PARTS = (
    "__init__.py",
    "errors.py",
    "uapi/*.py",
    "registers/**/*.py",
    "kvm/*.py",
    "probe/*.py",
    "vmm/*.py",
    "profile/__init__.py",
    "profile/bits.py",
    "profile/canonical.py",
    "profile/writing.py",
)
"""What goes in, relative to the package: host code alone."""

_MAIN = "import sys\nfrom guestabi.probe.standalone import main\nsys.exit(main())\n"
_STAMP = (1980, 1, 1, 0, 0, 0)


def bundle() -> bytes:
    """Return the zip application, with a ``#!/usr/bin/env python3`` line."""
    root = Path(__file__).resolve().parent.parent
    buffer = io.BytesIO()
    buffer.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "__main__.py", _MAIN)
        for path in sorted({path for part in PARTS for path in root.glob(part)}):
            name = f"guestabi/{path.relative_to(root).as_posix()}"
            _add(archive, name, path.read_text(encoding="utf-8"))
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


def main() -> int:
    """Write the bundle to the file named on the command line, executable."""
    target = Path(sys.argv[1])
    target.write_bytes(bundle())
    target.chmod(0o755)
    return 0


if __name__ == "__main__":
    sys.exit(main())
