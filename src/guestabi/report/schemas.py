"""The JSON that commands print, as closed types; their JSON Schemas come from here.

Ids and values are hex text. Numbers of findings and order of keys are no promise; keys are.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Optional

import msgspec
from msgspec import Meta, Struct

from guestabi.fleet.files import Baseline1, Baseline2
from guestabi.profile.portable import portable

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


class ClashJson(Struct, forbid_unknown_fields=True):
    """No value of ``bits`` suits all hosts; ``fields`` are their names."""

    id: Id
    register: str
    fields: list[str]
    bits: Hex


class NoBaselineJson(Struct, forbid_unknown_fields=True):
    """``hosts``: a smallest set that has no baseline."""

    schema: Literal[1]
    baseline: None
    hosts: Annotated[list[HostJson], Meta(min_length=2)]
    clashes: Annotated[list[ClashJson], Meta(min_length=1)]


class NamedBaselineJson(Struct, forbid_unknown_fields=True):
    name: str
    version: int
    digest: Digest


Admitted = Literal["admitted", "refused", "unknown"]


class AskedJson(Struct, forbid_unknown_fields=True):
    """One pin, or one register that has none: what the host says, and why. Of a register without a
    pin whose verdict is ``unknown``, ``value`` means nothing."""

    id: Id
    register: str
    value: Hex
    fields: list[str]
    reason: str
    verdict: Admitted


class AdmissionJson(Struct, forbid_unknown_fields=True):
    """``others``: registers without a pin in which the host differs, or of which nothing tells."""

    schema: Literal[1]
    baseline: NamedBaselineJson
    host: HostJson
    verdict: Admitted
    pins: list[AskedJson]
    others: list[AskedJson]


class PlaceJson(Struct, forbid_unknown_fields=True):
    """Hosts of a group that run the same."""

    group: str
    profile: str
    digest: Digest
    vmm: str


class EventJson(Struct, forbid_unknown_fields=True):
    """One line of a story: a step (``undo-`` before it: undone), or what happens to the guest."""

    event: Literal[
        "begin",
        "finish",
        "do",
        "undo-begin",
        "undo-finish",
        "undo-do",
        "given",
        "boot",
        "move",
        "reboot",
    ]
    step: Optional[str]
    guests: Optional[str]
    place: Optional[PlaceJson]


class TriedJson(Struct, forbid_unknown_fields=True):
    """A move or birth at the end of a story, and what was found."""

    place: PlaceJson
    effect: Verdict
    findings: list[FindingJson]
    changes: list[ChangeJson]


Promise = Literal["unchanged", "leaves", "undone", "starts"]


class StoryJson(Struct, forbid_unknown_fields=True):
    """The shortest way to break ``property``; ``sure`` false: for all that is known."""

    property: Promise
    sure: bool
    kind: Literal["changes", "stuck", "birth"]
    way: Optional[Literal["up", "down", "stay"]]
    step: Optional[str]
    place: PlaceJson
    story: list[EventJson]
    tried: list[TriedJson]


class CountsJson(Struct, forbid_unknown_fields=True):
    states: int
    transitions: int
    moves: int
    crossings: int
    parts: int


class PlanJson(Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    plan: str
    verdict: Literal["proved", "broken", "unknown", "vacuous"]
    counts: CountsJson
    properties: dict[Promise, Literal["holds", "broken", "unknown"]]
    stories: list[StoryJson]
    notes: list[str]


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi plan check --format json``."""
    return _of(PlanJson)


def check_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi check --format json``."""
    return _of(CheckJson)


def matrix_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi matrix --format json``."""
    return _of(MatrixJson)


def baseline_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi baseline --format json``: the file, of either format."""
    return _either(Baseline1, Baseline2)


def no_baseline_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi baseline --format json`` where there is none."""
    return _of(NoBaselineJson)


def admission_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``guestabi baseline admit --format json``."""
    return _of(AdmissionJson)


def _of(kind: type[Struct]) -> dict[str, Any]:
    made: dict[str, Any] = portable(msgspec.json.schema(kind))
    return made


def _either(*kinds: type[Struct]) -> dict[str, Any]:
    # One type after the other: msgspec makes no union of types that only a number tells apart.
    schemas, parts = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    made: dict[str, Any] = portable({"anyOf": list(schemas), "$defs": parts})
    return made
