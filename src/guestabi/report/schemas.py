"""The JSON that ``check`` and ``matrix`` print, as closed types; their JSON Schemas come from here.

Ids and values are hex text. Numbers of findings and order of keys are no promise; keys are.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Optional

import msgspec
from msgspec import Meta, Struct

Verdict = Literal["same", "benign", "changed", "refused", "unknown"]
QuestionName = Literal["forward", "return", "rollback", "pinned"]
Id = Annotated[str, Meta(pattern=r"^0x[0-9a-f]{16}\Z")]
Hex = Annotated[str, Meta(pattern=r"^0x[0-9a-f]+\Z")]
Fingerprint = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class HostJson(Struct, forbid_unknown_fields=True):
    name: str
    digest: Digest


class FindingJson(Struct, forbid_unknown_fields=True):
    """One cause. ``register``, ``id``, ``field``, ``source`` and ``destination`` are of the first
    of ``members``; null where there is none."""

    rule: str
    fingerprint: Fingerprint
    register: str
    id: Optional[Id]
    field: Optional[str]
    outcome: Optional[str]
    source: Optional[Hex]
    destination: Optional[Hex]
    remedy: str
    title: str
    why: str
    severity: Literal["error", "warning", "info"]
    effect: Verdict
    cause: Optional[str]
    count: int
    members: list[str]
    bits: Optional[Hex]
    references: list[str]


class WaivedJson(Struct, forbid_unknown_fields=True):
    what: str
    reason: str


class ChangeJson(Struct, forbid_unknown_fields=True):
    """What the guest asks, and what it is answered before and after the move: a number as hex text,
    or a word such as ``not supported``."""

    name: str
    before: str
    after: str


class QuestionJson(Struct, forbid_unknown_fields=True):
    verdict: Verdict
    findings: list[FindingJson]
    changes: list[ChangeJson]
    waived: list[WaivedJson]


class CheckJson(Struct, forbid_unknown_fields=True):
    """``questions`` holds the four, or the one that was asked for."""

    schema: Literal[1]
    source: HostJson
    destination: HostJson
    vmm: str
    questions: dict[QuestionName, QuestionJson]
    notes: list[str]


class MatrixJson(Struct, forbid_unknown_fields=True):
    """``verdicts[i][j]``: ``question`` asked of a guest of profile i and host j; for ``forward``,
    born on i and moved to j."""

    schema: Literal[1]
    vmm: str
    question: QuestionName
    profiles: list[str]
    verdicts: list[list[Verdict]]


def check_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi check --format json``."""
    return msgspec.json.schema(CheckJson)


def matrix_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi matrix --format json``."""
    return msgspec.json.schema(MatrixJson)
