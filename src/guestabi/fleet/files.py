"""Baselines from and to files. What is not a whole, valid baseline is refused, with the reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import Meta, Struct

from guestabi.errors import BadInput
from guestabi.fleet.baseline import FORMAT, MARK, Baseline, Pin
from guestabi.fleet.unknown import Unknown
from guestabi.profile import canonical, reading, writing
from guestabi.profile.schema import Digest, Hex, Id, Text
from guestabi.uapi import regid

MAX_BYTES = 1 << 20
"""The largest file that is read: room for some thousand hosts and pins."""


class HostRow(Struct, forbid_unknown_fields=True):
    name: Text
    digest: Digest


class PinRow(Struct, forbid_unknown_fields=True):
    """``fields``: names of those in which a guest of one of the hosts would see otherwise without
    the pin."""

    id: Id
    register: Text
    value: Hex
    fields: list[Text]
    reason: Text


class AgreedRow(Struct, forbid_unknown_fields=True):
    id: Id
    register: Text
    value: Hex


class RegisterRow(Struct, forbid_unknown_fields=True):
    id: Id
    register: Text


class UnknownRow(Struct, forbid_unknown_fields=True):
    """``reason`` is true of the ``hosts`` that are named."""

    id: Id
    register: Text
    hosts: Annotated[list[Text], Meta(min_length=1)]
    reason: Text


class _Both(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=1000)]
    version: Annotated[int, Meta(ge=1)]
    hosts: Annotated[list[HostRow], Meta(min_length=1)]
    pins: list[PinRow]
    agreed: list[AgreedRow]
    digest: Digest


class Baseline1(_Both, forbid_unknown_fields=True):
    """``digest``: SHA-256 of the rest as canonical JSON."""

    format: Literal[1] = msgspec.field(name=MARK)


class Baseline2(_Both, forbid_unknown_fields=True):
    """The same where ``allow_dead`` was asked for, or something is ``unknown``. ``dead``: registers
    of absent features, which therefore do not count."""

    format: Literal[2] = msgspec.field(name=MARK)
    allow_dead: bool
    dead: list[RegisterRow]
    unknown: list[UnknownRow]


_Record = Union[Baseline1, Baseline2]


def to_text(baseline: Baseline) -> str:
    """Return the file form: canonical JSON, one top-level key a line."""
    return canonical.to_text(baseline.to_builtins())


def save(baseline: Baseline, path: str | os.PathLike[str]) -> None:
    """Write ``baseline`` to ``path``, whole or not at all."""
    writing.write_text(path, to_text(baseline))


def load(path: str | os.PathLike[str]) -> Baseline:
    """Read the baseline in ``path``. Raises BadInput."""
    return loads(reading.content(path, MAX_BYTES, "baseline"), path)


def loads(data: bytes, path: str | os.PathLike[str] = "baseline") -> Baseline:
    """Return the baseline in ``data``; ``path`` is only named in errors. Raises BadInput."""
    if len(data) > MAX_BYTES:
        raise BadInput(path, f"is larger than {MAX_BYTES >> 20} MB: no baseline is")
    plain = _plain(data, path)
    try:
        record = _record(plain)
        right = canonical.sha256({key: plain[key] for key in plain if key != "digest"})
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise BadInput(path, f"is no valid baseline: {error}") from None
    if record.digest != right:
        raise BadInput(path, "its content does not match its digest", hint="make it again")
    found = _baseline(record, path)
    if found.to_builtins() != plain or not _in_order(found):
        raise BadInput(path, "is not as guestabi writes a baseline", hint="make it again")
    return found


def _record(plain: dict[str, Any]) -> _Record:
    if plain[MARK] == 1:
        return msgspec.convert(plain, Baseline1)
    return msgspec.convert(plain, Baseline2)


def _baseline(record: _Record, path: str | os.PathLike[str]) -> Baseline:
    pins = []
    for row in record.pins:
        pins.append(Pin(*_value(row, path), tuple(row.fields), row.reason))
    return Baseline(
        record.name,
        record.version,
        tuple((host.name, host.digest) for host in record.hosts),
        tuple(pins),
        tuple(_value(row, path) for row in record.agreed),
        *_more(record),
    )


def _more(record: _Record) -> tuple[tuple[Unknown, ...], bool, tuple[int, ...]]:
    """What format 1 has no word for: nothing is unknown, and nothing dead."""
    if isinstance(record, Baseline1):
        return (), False, ()
    unknown = (Unknown(int(row.id, 16), tuple(row.hosts), row.reason) for row in record.unknown)
    return tuple(unknown), record.allow_dead, tuple(int(row.id, 16) for row in record.dead)


def _in_order(found: Baseline) -> bool:
    """Whether hosts, pins and the rest are sorted, and no register stands in it twice; a register
    that is dead, or not known on some host, may be pinned on the others."""
    pins, agreed = [pin.id for pin in found.pins], [number for number, _ in found.agreed]
    untold = [(each.id, each.reason) for each in found.unknown]
    rows: list[Sequence[object]] = [pins, agreed, found.dead, untold, found.hosts]
    rows += [each.hosts for each in found.unknown]
    apart = {*agreed}.isdisjoint({*pins, *found.dead, *(number for number, _ in untold)})
    return apart and all(_ascending(row) for row in rows)


def _ascending(row: Sequence[Any]) -> bool:
    return all(before < after for before, after in zip(row, row[1:]))


def _plain(data: bytes, path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        plain = reading.json_object(data.decode("utf-8"), path)
    except UnicodeDecodeError as error:
        raise BadInput(path, f"is not JSON: {error}") from None
    if type(plain.get(MARK)) is not int:
        raise BadInput(path, "is no baseline", hint="guestabi baseline P... -o FILE makes one")
    if plain[MARK] > FORMAT:
        said = f"has format {plain[MARK]}, newer than this program's {FORMAT}"
        raise BadInput(path, said, hint="read it with a newer guestabi")
    if plain[MARK] < 1:
        raise BadInput(path, "is no valid baseline: formats start at 1")
    return plain


def _value(row: Union[PinRow, AgreedRow], path: str | os.PathLike[str]) -> tuple[int, int]:
    number, value = int(row.id, 16), int(row.value, 16)
    size = regid.size_of(number)
    if isinstance(regid.decode(number), regid.Unknown) and size > 256:
        raise BadInput(path, f"register {row.id}: its id is no KVM/arm64 register id")
    if value >> 8 * size:
        raise BadInput(path, f"register {row.id}: the value is wider than its {8 * size} bits")
    return number, value
