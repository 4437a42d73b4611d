"""A VMM as a layer of the initramfs: a root of its own below /vmm, with its own libraries."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from guestabi.errors import ArchiveError
from guestabi.lab import cpio
from guestabi.lab.image import System, unpack
from guestabi.lab.store import build_once

ROOT = "vmm"
# Raised where what is built of the same inputs becomes another thing.
FORM = 2
EMULATOR = "usr/bin/qemu-system-aarch64"
# All that is kept: the program, the shared libraries beside it, and what loads them.
KEPT = (
    EMULATOR,
    "*lib/aarch64-linux-gnu/*.so*",
    "*lib/ld-linux-aarch64.so.1",
)


def add_vmm(system: System, debs: Sequence[Path], cache: Path) -> System:
    """Return ``system`` with the VMM in ``debs`` below /vmm, built below ``cache`` once."""
    names = sorted(deb.name for deb in debs)
    key = hashlib.sha256(repr((system.base.parent.name, KEPT, names, FORM)).encode()).hexdigest()
    home = build_once(cache / key[:16], lambda fresh: _write(system, debs, fresh))
    return System(system.kernel, home / "base.cpio")


def _write(system: System, debs: Sequence[Path], home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        for deb in debs:
            unpack(deb, Path(scratch))
        entries = layer(Path(scratch))
    # Nothing is compressed: the emulated CPU would take long to unpack it.
    with (home / "base.cpio").open("wb") as whole, gzip.open(system.base) as base:
        whole.write(cpio.pack(entries))
        shutil.copyfileobj(base, whole)


def layer(root: Path) -> dict[str, cpio.Entry]:
    """Return what the guest gets of the unpacked packages below ``root``, by path.

    Both layouts are one here: /lib becomes /usr/lib, as on a system that is installed.
    """
    kept = {
        name: entry
        for name, entry in cpio.tree(root).items()
        if any(fnmatch(name, pattern) and _is_flat(name) for pattern in KEPT)
    }
    if EMULATOR not in kept:
        raise ArchiveError(f"the packages of the VMM hold no {EMULATOR}")
    merged = {name if name.startswith("usr/") else f"usr/{name}": e for name, e in kept.items()}
    links = {"lib": cpio.symlink("usr/lib"), "bin": cpio.symlink("usr/bin")}
    folders = {name: cpio.directory() for name in ("dev", "proc", "tmp")}
    return {f"{ROOT}/{name}": entry for name, entry in {**merged, **links, **folders}.items()}


def _is_flat(name: str) -> bool:
    # Plugins lie in folders below; nothing that runs here loads one.
    return name.removeprefix("usr/").count("/") <= 2
