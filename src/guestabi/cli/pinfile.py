"""Pin files: register values that a VMM sets when a guest is born.

JSON ``{"0x6030000000140000": "0x10001"}``, or TOML with ``PSCI_VERSION = "0x10001"`` under
``[pins]``. Registers by name or id, values as hex text or as numbers. A baseline of
``guestabi baseline -o`` is a pin file too. Anything else is refused.
"""

from __future__ import annotations

import json
from typing import Any

import tomllib

from guestabi.errors import BadInput
from guestabi.fleet import files, pinning
from guestabi.fleet.baseline import MARK

MAX_BYTES = 1 << 20


def load(path: str) -> dict[int, int]:
    """Return the pins in ``path``: value by register id, sorted by id. Raises BadInput."""
    text = _text(path)
    entries = _entries(text, path)
    if MARK in entries:
        return dict(files.loads(text.encode(), path).values)
    if not entries:
        raise BadInput(path, "pins nothing", hint='write for example {"PSCI_VERSION": "0x10001"}')
    return pinning.parse(entries, path)


def _text(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise BadInput(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise BadInput(path, "is not UTF-8 text") from None
    if len(data) > MAX_BYTES:
        raise BadInput(path, "is larger than 1 MB: no pin file is")
    return text


def _entries(text: str, path: str) -> dict[str, Any]:
    found = _json(text, path) if text.lstrip()[:1] == "{" else _toml(text, path)
    if not isinstance(found, dict):
        raise BadInput(path, "is no table of registers and values")
    return found


def _json(text: str, path: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, path))
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]], path: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadInput(path, "has a key twice")
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
