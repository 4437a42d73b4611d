"""Profiles as rows of the tables ``classes`` and ``registers``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from guestabi.fleet.store import values
from guestabi.fleet.store.tables import CLASSES, REGISTERS
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import find, name_of
from guestabi.uapi.regid import hex_id

Row = tuple[Any, ...]
Columns = dict[str, Sequence[Any]]

MIDR = find("MIDR_EL1").id


class Rows:
    """Rows to be written."""

    def __init__(self) -> None:
        self._classes: list[Row] = []
        self._registers: list[Row] = []
        self._made: dict[int, tuple[ProbedRegister, Row]] = {}

    def __len__(self) -> int:
        return len(self._classes)

    def add(self, profile: HostProfile) -> None:
        """Append the rows of one class."""
        self._classes.append(class_row(profile))
        for register in profile.registers.values():
            self._registers.append((profile.digest, *self._row(register)))

    def classes(self) -> Columns:
        """Return the rows of ``classes``, column by column."""
        return _turned(CLASSES, self._classes)

    def registers(self) -> Columns:
        """Return the rows of ``registers``, column by column."""
        return _turned(REGISTERS, self._registers)

    def _row(self, register: ProbedRegister) -> Row:
        """The row of a register that profiles share is made once."""
        made = self._made.get(id(register))
        if made is None:
            made = self._made[id(register)] = (register, register_row(register))
        return made[1]


def class_row(profile: HostProfile) -> Row:
    """Return the row of ``classes``."""
    midr = profile.defaults.get(MIDR)
    return (
        profile.digest,
        profile.name or None,
        profile.kernel or None,
        profile.emulated_cpu or values.text(midr),
        values.bits(midr, 8),
        values.text(midr),
        ",".join(profile.features),
        profile.record.vm.gic,
        len(profile.registers),
        profile.raw.decode("utf-8"),
    )


def register_row(register: ProbedRegister) -> Row:
    """Return a row of ``registers`` without the digest; the name is the catalogue's."""
    return (
        values.signed(register.id),
        hex_id(register.id),
        name_of(register.id),
        register.size,
        register.scope,
        register.window,
        register.volatile,
        values.bits(register.default, register.size),
        values.text(register.default),
    )


def _turned(names: Iterable[str], rows: Sequence[Row]) -> Columns:
    return dict(zip(names, zip(*rows, strict=True), strict=True))
