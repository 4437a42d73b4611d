"""How a profile is written and sealed: canonical JSON and two SHA-256 digests.

Standard library alone: this is the part of ``profile`` that runs on a hypervisor.

``digest`` covers what a guest and a VMM can rely on, and nothing of how or where it was measured,
so that identical hosts are one profile. ``checksum`` covers everything in the file but itself, so
that a damaged file is noticed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Mapping

SCHEMA = 1
"""The version of the profile format. A reader refuses a newer one."""

ABI_KEYS = ("vm", "host", "devices", "registers")
"""The top-level keys that the digest covers; ``guest`` too, where a profile has it."""


def dumps(value: Any) -> str:
    """Return the one JSON text of ``value``: sorted keys, no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(value: Any) -> str:
    """Return the SHA-256 of ``value``'s canonical JSON, 64 hex digits.

    Raises UnicodeEncodeError for text that is not valid Unicode (a lone surrogate).
    """
    return hashlib.sha256(dumps(value).encode("utf-8")).hexdigest()


def abi_digest(profile: Mapping[str, Any]) -> str:
    """Return the digest of the ABI part. Display names are no part of it: ids are."""
    plain = {key: profile[key] for key in ABI_KEYS}
    if profile.get("guest") is not None:
        plain["guest"] = profile["guest"]
    return sha256({**plain, "registers": [without_labels(row) for row in plain["registers"]]})


def checksum(profile: Mapping[str, Any]) -> str:
    """Return the digest of the whole profile except its ``checksum``."""
    return sha256({key: value for key, value in profile.items() if key != "checksum"})


def seal(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of ``profile`` with ``digest`` and ``checksum`` made anew."""
    sealed = dict(profile, digest=abi_digest(profile))
    sealed["checksum"] = checksum(sealed)
    return sealed


def to_text(profile: Mapping[str, Any]) -> str:
    """Return the file form: canonical JSON, one top-level key and one register a line."""
    lines = []
    for key in sorted(profile):
        value = profile[key]
        if key in ("registers", "devices") and value:
            body = ",\n  ".join(dumps(row) for row in value)
            lines.append(f"{dumps(key)}:[\n  {body}\n ]")
        else:
            lines.append(f"{dumps(key)}:{dumps(value)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def without_labels(row: Any) -> Any:
    """Leave out what names a register and its fields for people."""
    if not isinstance(row, Mapping):
        return row
    kept = {key: value for key, value in row.items() if key != "name"}
    if isinstance(kept.get("fields"), list):
        kept["fields"] = [
            {key: value for key, value in each.items() if key != "field"}
            if isinstance(each, Mapping)
            else each
            for each in kept["fields"]
        ]
    return kept
