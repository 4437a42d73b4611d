"""A writer of newc cpio archives, the format of an initramfs.

Layout: the kernel's ``Documentation/driver-api/early-userspace/buffer-format.rst``. Everything in
the archive belongs to root and has time 0, and entries are sorted, so the same tree gives the same
bytes. Archives may be concatenated; a later file replaces an earlier one.
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ALIGN = 4
TRAILER = "TRAILER!!!"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its mode with type bits, its content (a link's target), a device's numbers."""

    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def regular(data: bytes, *, executable: bool = False) -> Entry:
    """Return a regular file, readable by all."""
    return Entry(stat.S_IFREG | (0o755 if executable else 0o644), data)


def directory() -> Entry:
    """Return a directory."""
    return Entry(stat.S_IFDIR | 0o755)


def symlink(target: str) -> Entry:
    """Return a symbolic link to ``target``."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def character(major: int, minor: int) -> Entry:
    """Return a character device."""
    return Entry(stat.S_IFCHR | 0o600, device=(major, minor))


def pack(entries: Mapping[str, Entry]) -> bytes:
    """Return the archive of ``entries`` (path -> entry); parent directories are added."""
    whole = _with_parents({name.strip("/"): entry for name, entry in entries.items()})
    parts = [_member(number, name, whole[name]) for number, name in enumerate(sorted(whole), 1)]
    return b"".join([*parts, _member(0, TRAILER, Entry(0))])


def tree(root: Path) -> dict[str, Entry]:
    """Return the entries of a directory tree: its directories, files and symbolic links."""
    found: dict[str, Entry] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = symlink(str(path.readlink()))
        elif path.is_dir():
            found[name] = directory()
        elif path.is_file():
            found[name] = regular(path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
    return found


def _with_parents(entries: dict[str, Entry]) -> dict[str, Entry]:
    parents = {str(parent) for name in entries for parent in PurePosixPath(name).parents}
    return {name: directory() for name in parents - {"."}} | entries


def _member(number: int, name: str, entry: Entry) -> bytes:
    path = name.encode() + b"\0"
    fields = (
        *(number, entry.mode, 0, 0, 1, 0, len(entry.data)),
        *(0, 0, *entry.device, len(path), 0),
    )
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _padded(header + path) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGN)
