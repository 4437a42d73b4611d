"""Pins as people write them: registers by name or id, values as hex text or numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guestabi.errors import BadInput, UnknownName
from guestabi.registers.catalogue import find
from guestabi.uapi import regid

_ID = re.compile(r"0x[0-9a-f]{16}")


def parse(entries: Mapping[str, Any], path: str) -> dict[int, int]:
    """Return value by register id, sorted by id; ``path`` is only named. Raises BadInput for a
    name that no register has, a value that is none, and a register that is named twice."""
    pins: dict[int, int] = {}
    for name, value in entries.items():
        number = register(name, path)
        if number in pins:
            raise BadInput(path, f"pins {name} twice")
        pins[number] = _value(name, number, value, path)
    return dict(sorted(pins.items()))


def register(name: str, path: str) -> int:
    """Return the id of the register that is called ``name``; an id that no catalogue has yet will
    do as well. Raises BadInput."""
    if _ID.fullmatch(name) and not isinstance(regid.decode(int(name, 16)), regid.Unknown):
        return int(name, 16)
    try:
        return find(name).id
    except UnknownName as error:
        raise BadInput(path, str(error), hint=error.hint) from None


def _value(name: str, number: int, value: Any, path: str) -> int:
    try:
        parsed = int(value, 0) if isinstance(value, str) else value
    except ValueError:
        parsed = None
    if not isinstance(parsed, int) or isinstance(parsed, bool) or parsed < 0:
        raise BadInput(path, f"{name}: {value!r} is no value", hint='write a value as "0x10001"')
    if parsed.bit_length() > 8 * regid.size_of(number):
        raise BadInput(
            path, f"{name}: the value is wider than its {8 * regid.size_of(number)} bits"
        )
    return parsed
