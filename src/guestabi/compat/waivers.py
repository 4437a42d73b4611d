"""Waivers: findings that somebody accepts, with a reason and until a day.

::

    [[waiver]]
    fingerprint = "0123456789ab"            # one finding, exactly as it was
    reason = "no guest of ours has a PMU"
    expires = 2027-03-31

    [[waiver]]
    register = "PSCI_VERSION"               # or: a register, wherever it is found,
    value = "0x10003"                       # perhaps only at this value in the guest,
    question = "rollback"                   # perhaps only in one question
    reason = "guests are rebooted before the rollback"
    expires = 2027-03-31

A waiver that matches nothing is an error, and an expired one is not applied and said so.
"""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from typing import Annotated, Iterable, Literal, Optional, Union

from msgspec import Meta, Struct

from guestabi.compat.findings import Finding
from guestabi.compat.outcome import Weighed
from guestabi.errors import BadInput, UnknownName
from guestabi.policies import sheet
from guestabi.registers.catalogue import find, name_of


class _Row(Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1)]
    expires: datetime.date
    fingerprint: Optional[Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]] = None
    register: Optional[str] = None
    value: Optional[Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{1,512}\Z")]] = None
    question: Optional[Literal["forward", "return", "rollback", "pinned"]] = None


class _File(Struct, forbid_unknown_fields=True):
    waiver: Annotated[list[_Row], Meta(min_length=1)]


@dataclass(frozen=True)
class Waiver:
    """One accepted difference. ``register`` is an id; ``value`` the guest's value before the
    move; either a fingerprint or a register is given."""

    reason: str
    expires: datetime.date
    fingerprint: Optional[str] = None
    register: Optional[int] = None
    value: Optional[int] = None
    question: Optional[str] = None

    def __str__(self) -> str:
        if self.fingerprint is not None:
            return f"fingerprint {self.fingerprint}"
        at = "" if self.value is None else f" = {self.value:#x}"
        return f"{name_of(self.register or 0)}{at}"


@dataclass(frozen=True)
class Waivers:
    """The waivers of one file; ``path`` is only named in errors."""

    path: str
    rows: tuple[Waiver, ...]


def load(path: str | os.PathLike[str]) -> Waivers:
    """Read a waiver file. Raises BadInput."""
    return _waivers(sheet.read(path, _File), path)


def parse(data: bytes, path: str | os.PathLike[str]) -> Waivers:
    """Return the waivers in TOML text. Raises BadInput."""
    return _waivers(sheet.parse(data, path, _File), path)


def _waivers(file: _File, path: str | os.PathLike[str]) -> Waivers:
    return Waivers(os.fspath(path), tuple(_waiver(row, path) for row in file.waiver))


def _waiver(row: _Row, path: str | os.PathLike[str]) -> Waiver:
    if (row.fingerprint is None) == (row.register is None):
        raise BadInput(path, "a waiver has either a fingerprint or a register")
    if row.value is not None and row.register is None:
        raise BadInput(path, "a waiver's value goes with a register")
    try:
        register = None if row.register is None else find(row.register).id
    except UnknownName as error:
        raise BadInput(path, str(error), hint=error.hint) from None
    value = None if row.value is None else int(row.value, 16)
    return Waiver(row.reason, row.expires, row.fingerprint, register, value, row.question)


class Used:
    """Waivers at work: which applied, which have expired."""

    def __init__(self, waivers: Union[Waivers, Iterable[Waiver]], today: datetime.date) -> None:
        given = waivers if isinstance(waivers, Waivers) else Waivers("waivers", tuple(waivers))
        self._path = given.path
        self._live = [each for each in given.rows if each.expires >= today]
        expired = [each for each in given.rows if each.expires < today]
        self._matched: set[Waiver] = set()
        self.notes = tuple(
            f"{given.path}: the waiver of {each} expired on {each.expires}: not applied"
            for each in expired
        )

    def of_outcome(self, question: str, weighed: Weighed) -> Optional[Waiver]:
        """Return the first waiver that accepts this outcome of one register."""
        outcome = weighed.outcome
        for each in self._live:
            fits = each.register is not None and each.register == outcome.id
            if fits and each.value in (None, outcome.source) and self._asks(each, question):
                self._matched.add(each)
                return each
        return None

    def of_finding(self, question: str, finding: Finding) -> Optional[Waiver]:
        """Return the first waiver that accepts this finding by its fingerprint."""
        for each in self._live:
            if each.fingerprint == finding.fingerprint and self._asks(each, question):
                self._matched.add(each)
                return each
        return None

    def check_all_matched(self) -> None:
        """Raise BadInput if a waiver matched nothing, as it may be mistyped or out of date."""
        idle = [each for each in self._live if each not in self._matched]
        if idle:
            raise BadInput(
                self._path,
                f"the waiver of {idle[0]} matches nothing",
                hint="remove it, or correct its fingerprint, register, value or question",
            )

    @staticmethod
    def _asks(waiver: Waiver, question: str) -> bool:
        return waiver.question in (None, question)
