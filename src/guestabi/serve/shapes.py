"""The JSON that only the service answers, as closed types; the document is made from them."""

from __future__ import annotations

from typing import Literal, Optional

from msgspec import Struct

from guestabi.report.schemas import Digest


class RowJson(Struct, forbid_unknown_fields=True):
    """One profile. ``cpu``: the emulator's model, or MIDR_EL1 as hex text; null: not known."""

    name: str
    digest: Digest
    kernel: str
    cpu: Optional[str]


class BadJson(Struct, forbid_unknown_fields=True):
    """A file that is no profile."""

    file: str
    reason: str


class ProfilesJson(Struct, forbid_unknown_fields=True):
    schema: Literal[1]
    profiles: list[RowJson]
    bad: list[BadJson]


class StoredJson(Struct, forbid_unknown_fields=True):
    """A capture that was taken; ``created`` is false where the same was there already."""

    schema: Literal[1]
    name: str
    digest: Digest
    created: bool


class HealthJson(Struct, forbid_unknown_fields=True):
    status: Literal["ok"]


class ReasonJson(Struct, forbid_unknown_fields=True):
    reason: str
    hint: str


class ErrorJson(Struct, forbid_unknown_fields=True):
    """Every answer that is an error."""

    error: ReasonJson
