"""Tiny synthetic profiles for tests: real format, sealed, read back through the real reader."""

from __future__ import annotations

from typing import Any, Mapping, Union

from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find, name_of
from guestabi.uapi.regid import hex_id

Rows = Mapping[Union[int, str], Union[int, Mapping[str, Any], None]]


def make_profile(name: str, registers: Rows, **changes: Any) -> HostProfile:
    """Return a profile with these registers, keyed by id or catalogue name.

    A register is its default (None: volatile), or a dict of the file's keys, in which ``default``
    and pattern values may be integers. ``changes``: ``release``, ``cpu`` (emulated; None: real),
    ``features``, ``capabilities``, ``devices``, ``notes``, ``vcpu_features``, ``gics``, ``guest``
    (answers of guest code: text by name).
    """
    return files.loads(make_bytes(name, registers, **changes), name)


def make_bytes(name: str, registers: Rows, **changes: Any) -> bytes:
    """The same as a file's content."""
    return canonical.to_text(make_plain(name, registers, **changes)).encode()


def make_plain(name: str, registers: Rows, **changes: Any) -> dict[str, Any]:
    """The same as plain data, sealed."""
    cpu = changes.get("cpu", "neoverse-n1")
    rows = [_row(find(key).id if isinstance(key, str) else key, v) for key, v in registers.items()]
    plain = {
        "schema": 1,
        "name": name,
        "taken": {
            "tool": "guestabi test",
            "kernel_release": changes.get("release", "1.2.3-test"),
            "kernel_version": "#1 SMP test",
            "machine": "aarch64",
            "page_size": 4096,
        },
        "vm": {
            "features": sorted(changes.get("features", ["psci-0.2"])),
            "gic": "v3",
            "target": 5,
            "vcpus": 2,
            "enabled_caps": [],
        },
        "host": {
            "capabilities": dict(changes.get("capabilities", {})),
            "vcpu_features": sorted(changes.get("vcpu_features", ["psci-0.2"])),
            "gics": sorted(changes.get("gics", ["v3"])),
            "ipa_bits": 40,
            "writable_masks": None,
        },
        "devices": list(changes.get("devices", [])),
        "registers": sorted(rows, key=lambda row: row["id"]),
    }
    if cpu is not None:
        plain["taken"]["emulator"] = {"program": "QEMU 10.0", "cpu": cpu}
    if "notes" in changes:
        plain["taken"]["notes"] = list(changes["notes"])
    if "guest" in changes:
        plain["guest"] = dict(changes["guest"])
    return canonical.seal(plain)


def _row(number: int, said: Union[int, Mapping[str, Any], None]) -> dict[str, Any]:
    given = dict(said) if isinstance(said, Mapping) else {"default": said}
    row = {
        "id": hex_id(number),
        "name": name_of(number),
        "scope": "vm",
        "window": "before-run",
        "volatile": given.get("default", 0) is None,
        "default": 0,
        **given,
    }
    row["default"] = _hexed(row["default"])
    if row.get("patterns") is not None:
        row["patterns"] = [{k: _hexed(v) for k, v in p.items()} for p in row["patterns"]]
    return row


def _hexed(value: Any) -> Any:
    return hex(value) if isinstance(value, int) else value
