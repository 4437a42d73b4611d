"""What a dump tells, and the profile that is made of it: one way for all kinds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Mapping, Optional

import guestabi
from guestabi.compat.grades import computed
from guestabi.compat.known import POISON, role_of
from guestabi.errors import BadInput
from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid

MAX_BYTES = 8 << 20
"""The largest dump that is read. Real ones are below 0.1 MB; QEMU's, without memory, below 1 MB."""

UNKNOWN_HERE = (
    "not known: which values the kernel accepts, when, and which registers are the VM's",
    "not known, so empty: capabilities, vCPU features, interrupt controller, IPA size",
    "counters, and bits that the processor computes when they are read, are left out of the values",
)
"""Notes of every import."""


@dataclass(frozen=True)
class Dump:
    """``values``: by register id, None: listed, and no value told. ``release``: of the host's
    kernel, "" where the dump does not say. ``notes``: what it is, and what it leaves out."""

    values: Mapping[int, Optional[int]]
    notes: tuple[str, ...]
    release: str = ""


def checked_id(number: int, path: str | os.PathLike[str]) -> int:
    """Return ``number`` if it is an id of arm64 KVM. Raises BadInput."""
    arm64 = number >> regid.ARCH_SHIFT == regid.ARCH_ARM64
    if not arm64 or (number >> regid.SIZE_SHIFT & 0xF) > regid.MAX_SIZE_LOG2:
        raise BadInput(path, f"{number:#x} is no register id of arm64 KVM")
    return number


def to_profile(dump: Dump, name: str, path: str | os.PathLike[str]) -> HostProfile:
    """Return the profile of ``dump``, read back as any profile is. Raises BadInput."""
    rows = [_row(number, dump.values[number]) for number in sorted(dump.values)]
    plain = {
        "schema": canonical.SCHEMA,
        "name": name,
        "taken": {
            "tool": f"guestabi import {guestabi.__version__}",
            "kernel_release": dump.release,
            "kernel_version": "",
            "machine": "aarch64",
            "notes": [*dump.notes, *UNKNOWN_HERE],
        },
        # No VM has 0 vCPUs, no target is -1: not known.
        "vm": {"features": [], "gic": None, "target": -1, "vcpus": 0, "enabled_caps": []},
        "host": {
            "capabilities": {},
            "vcpu_features": [],
            "gics": [],
            "ipa_bits": 0,
            "writable_masks": None,
        },
        "devices": [],
        "registers": rows,
    }
    try:
        text = canonical.to_text(canonical.seal(plain))
        return files.loads(text.encode("utf-8"), path)
    except UnicodeEncodeError:
        raise BadInput(path, "has text that is not Unicode") from None


def _row(number: int, value: Optional[int]) -> dict[str, Any]:
    # Nobody wrote a counter that is poison, and it has not moved: that much is told.
    moves = role_of(number) == "counter" and value != POISON
    known = None if moves or value is None else hex(value & ~computed().get(number, 0))
    return {
        "id": regid.hex_id(number),
        "name": name_of(number),
        "scope": "unknown",
        "window": "unknown",
        "volatile": moves,
        "default": known,
    }
