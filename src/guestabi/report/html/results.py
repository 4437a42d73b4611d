"""A file of ``guestabi lab matrix``, read strictly: with predictions, or what was seen alone."""

from __future__ import annotations

from typing import Any, Literal, Optional, Union

import msgspec
from msgspec import Struct

from guestabi.errors import BadInput

Verdict = Literal["same", "benign", "changed", "refused", "unknown"]
Outcome = Literal["loaded", "refused", "silent"]


class _Change(Struct, forbid_unknown_fields=True):
    name: str
    before: Optional[str]
    after: Optional[str]
    vcpus: list[int]


class _Seen(Struct, forbid_unknown_fields=True):
    source: int
    destination: int
    outcome: Outcome
    reasons: list[str]
    changes: list[_Change]


class _Compared(Struct, forbid_unknown_fields=True):
    source: int
    destination: int
    observed: Outcome
    predicted: Verdict
    agrees: Optional[bool]
    changes: list[_Change]
    unexpected: list[str]
    unseen: list[str]
    reasons: list[str]


class _Kernel(Struct, forbid_unknown_fields=True):
    name: str
    release: str


class _Head(Struct, forbid_unknown_fields=True, kw_only=True):
    schema: Literal[1]
    vmm: str
    cpu: str
    emulator: str
    taken: str


class RawResults(_Head, kw_only=True):
    """What was seen."""

    kernels: list[_Kernel]
    births: list[dict[str, str]]
    moves: list[_Seen]


class ComparedResults(_Head, kw_only=True):
    """What was seen, beside what was predicted."""

    kernels: list[str]
    moves: list[_Compared]


def is_results(content: bytes) -> bool:
    """Whether this is such a file, good or bad, rather than a profile."""
    try:
        plain = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return False
    return isinstance(plain, dict) and "moves" in plain and "kernels" in plain


def parse(content: bytes, path: str) -> tuple[dict[str, Any], bool]:
    """Return the plain data, and whether the predictions are in it. Raises BadInput."""
    plain = msgspec.json.decode(content)
    compared = all("predicted" in row for row in plain["moves"] if isinstance(row, dict))
    kind: Any = ComparedResults if compared and "births" not in plain else RawResults
    try:
        found: Union[RawResults, ComparedResults] = msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise BadInput(path, f"no results of 'guestabi lab matrix': {error}") from None
    count = len(found.kernels)
    if not found.moves:
        raise BadInput(path, "results without a move")
    for move in found.moves:
        if not (0 <= move.source < count and 0 <= move.destination < count):
            raise BadInput(path, "a move names a kernel that is not listed")
    return msgspec.to_builtins(found), kind is ComparedResults
