"""Reads the KVM ioctls and capabilities of a Linux source tree, for every architecture.

Nothing of the kernel is kept here. GUESTABI_LINUX_SOURCE names an unpacked tree; without it,
Debian's ``linux-source-*`` package is used.
"""

from __future__ import annotations

import os
import re
import tarfile
from pathlib import Path
from typing import NamedTuple, Optional

import pytest

from registers import kernel_tables

COMMON = "include/uapi/linux/kvm.h"
PER_ARCHITECTURE = re.compile(r"arch/\w+/include/uapi/asm/kvm\.h")
MANUAL = "Documentation/virt/kvm/api.rst"

_DIRECTIONS = {"_IO": 0, "_IOW": 1, "_IOR": 2, "_IOWR": 3}
_IOCTL = re.compile(
    r"^#define\s+(\w+)[\s\\]+(_IO[WR]*)\(KVMIO,\s*(0x[0-9a-fA-F]+)(?:,\s*(?:\\\s*)?([^)]+?))?\s*\)",
    re.MULTILINE,
)
_CAPABILITY = re.compile(r"^#define\s+(KVM_CAP_\w+)\s+(\d+)", re.MULTILINE)
_MEMBER = re.compile(r"^\s*(__[us](\d+)|char)\s+\w+(?:\[(\d+)\])?;")
_SECTION = re.compile(r"^4\.\d+ (KVM_\w+)(.*?)(?=^4\.\d+ |\Z)", re.MULTILINE | re.DOTALL)


class Defined(NamedTuple):
    """An ioctl of some header. ``direction``: 0 none, 1 write, 2 read, 3 both."""

    name: str
    direction: int
    nr: int
    argument: str


def tree(into: Path) -> Path:
    """Return the root of a source tree that has the headers of all architectures."""
    named = os.environ.get("GUESTABI_LINUX_SOURCE")
    if named and len(headers(Path(named))) > 1:
        return Path(named)
    archive = kernel_tables.newest_archive()
    if archive:
        return _unpack(archive, into)
    reason = "no Linux source: apt install linux-source, or set GUESTABI_LINUX_SOURCE"
    if os.environ.get("GUESTABI_REQUIRE_LINUX_SOURCE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _unpack(archive: Path, into: Path) -> Path:
    with tarfile.open(archive, "r|xz") as stream:
        for member in stream:
            path = member.name.partition("/")[2]
            wanted = path in (COMMON, MANUAL) or PER_ARCHITECTURE.fullmatch(path)
            content = stream.extractfile(member) if wanted else None
            if content is not None:
                target = into / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    return into


def headers(root: Path) -> list[Path]:
    """Return the uapi headers of each architecture."""
    return sorted(root.glob("arch/*/include/uapi/asm/kvm.h"))


def read_ioctls(root: Path) -> list[Defined]:
    """Return every ioctl that a header of ``root`` defines."""
    found = []
    for path in [root / COMMON, *headers(root)]:
        for name, kind, nr, argument in _IOCTL.findall(path.read_text(encoding="utf-8")):
            found.append(Defined(name, _DIRECTIONS[kind], int(nr, 16), argument))
    return found


def count_ioctls(root: Path) -> int:
    """Return how often the headers form a KVM number, however it is laid out."""
    paths = [root / COMMON, *headers(root)]
    return sum(path.read_text(encoding="utf-8").count("(KVMIO,") for path in paths)


def read_capabilities(root: Path) -> dict[str, int]:
    """Return every capability's number."""
    text = (root / COMMON).read_text(encoding="utf-8")
    return {name: int(value) for name, value in _CAPABILITY.findall(text)}


def read_types(root: Path) -> dict[str, str]:
    """Return what the manual says of an ioctl's descriptor: ``vcpu ioctl``, ``vm ioctl``, ..."""
    text = (root / MANUAL).read_text(encoding="utf-8")
    found = {}
    for name, body in _SECTION.findall(text):
        said = re.search(r"^:Type: (.*)$", body, re.MULTILINE)
        if said:
            found[name] = said.group(1)
    return found


def size_of(root: Path, argument: str) -> Optional[int]:
    """Return the bytes of a flat struct of the headers, None where it is not that simple."""
    for path in [root / COMMON, *headers(root)]:
        text = path.read_text(encoding="utf-8")
        body = re.search(rf"^{re.escape(argument)} \{{(.*?)^\}};", text, re.MULTILINE | re.DOTALL)
        if body is None:
            continue
        lines = [line for line in body.group(1).splitlines() if line.strip()]
        members = [_MEMBER.match(line) for line in lines]
        if not all(members):
            return None
        return sum(
            int(found.group(2) or 8) // 8 * int(found.group(3) or 1) for found in members if found
        )
    return None
