"""Pin files: register values that a VMM sets when a guest is born.

JSON ``{"0x6030000000140000": "0x10001"}``, or TOML with ``PSCI_VERSION = "0x10001"`` under
``[pins]``. Registers by name or id, values as hex text or as numbers. A baseline of
``guestabi baseline -o`` is a pin file too. Anything else is refused.
"""

from __future__ import annotations

from typing import Any

import tomllib

from guestabi.errors import BadInput
from guestabi.fleet import files, pinning
from guestabi.fleet.baseline import MARK
from guestabi.profile import reading

MAX_BYTES = 1 << 20


def load(path: str) -> dict[int, int]:
    """Return the pins in ``path``: value by register id, sorted by id. Raises BadInput."""
    text = reading.text(path, MAX_BYTES, "pin file")
    entries = _entries(text, path)
    if MARK in entries:
        return dict(files.loads(text.encode(), path).values)
    if not entries:
        raise BadInput(path, "pins nothing", hint='write for example {"PSCI_VERSION": "0x10001"}')
    return pinning.parse(entries, path)


def _entries(text: str, path: str) -> dict[str, Any]:
    if text.lstrip()[:1] == "{":
        return reading.json_object(text, path)
    found = _toml(text, path)
    if not isinstance(found, dict):
        raise BadInput(path, "is no table of registers and values")
    return found


def _toml(text: str, path: str) -> Any:
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is neither JSON nor TOML: {error}") from None
    strangers = sorted(set(table) - {"pins"})
    if strangers:
        raise BadInput(path, f"has an unknown key {strangers[0]!r}", hint="pins stand in [pins]")
    return table.get("pins", {})
