"""Profiles from and to files. What is not a whole, valid profile is refused, with the reason."""

from __future__ import annotations

import os
from typing import Any, Mapping

import msgspec

from guestabi.errors import BadInput
from guestabi.profile import canonical, reading, writing
from guestabi.profile.host import HostProfile, Pattern, ProbedField, ProbedRegister
from guestabi.profile.schema import PatternRecord, ProfileRecord, RegisterRecord
from guestabi.uapi import regid

MAX_BYTES = 8 << 20
"""The largest file that is read; a capture with every probe is about 0.3 MB."""


def load(path: str | os.PathLike[str], *, shipped: bool = False) -> HostProfile:
    """Read the profile in ``path``. Raises BadInput.

    ``shipped`` leaves out the check of its digests, which is most of the time: for files of the
    package itself alone, which a test checks.
    """
    data = content(path)
    if not shipped:
        return loads(data, path)
    record = msgspec.json.decode(data, type=ProfileRecord)
    return HostProfile(record.name, record.digest, record, _registers(record, path), data)


def content(path: str | os.PathLike[str]) -> bytes:
    """Return what is in the file ``path``. Raises BadInput."""
    return reading.content(path, MAX_BYTES, "profile", hint="give a profile's JSON file")


def loads(data: bytes, path: str | os.PathLike[str] = "profile") -> HostProfile:
    """Return the profile in ``data``; ``path`` is only named in errors. Raises BadInput."""
    record = _record(data, path)
    registers = _registers(record, path)
    return HostProfile(record.name, record.digest, record, registers, data)


def save(profile: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a sealed profile to ``path``, whole or not at all."""
    writing.write_text(path, canonical.to_text(profile))


def _record(data: bytes, path: str | os.PathLike[str]) -> ProfileRecord:
    try:
        plain = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadInput(path, f"is not JSON: {error}") from None
    if not isinstance(plain, dict) or "schema" not in plain:
        raise BadInput(path, "is no guestabi profile: it has no schema number")
    schema = plain["schema"]
    if isinstance(schema, int) and schema > canonical.SCHEMA:
        raise BadInput(
            path,
            f"has schema {schema}, newer than this program's {canonical.SCHEMA}",
            hint="read it with a newer guestabi",
        )
    try:
        record = msgspec.convert(plain, ProfileRecord)
        right = (canonical.abi_digest(plain), canonical.checksum(plain))
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise BadInput(path, f"is no valid profile: {error}") from None
    if (record.digest, record.checksum) != right:
        raise BadInput(path, "its content does not match its digest", hint="capture it again")
    return record


def _registers(record: ProfileRecord, path: str | os.PathLike[str]) -> dict[int, ProbedRegister]:
    registers: dict[int, ProbedRegister] = {}
    last = -1
    for row in record.registers:
        try:
            register = _register(row)
        except ValueError as error:
            raise BadInput(path, f"register {row.id}: {error}") from None
        if register.id == last:
            raise BadInput(path, f"register {row.id} stands in it twice")
        if register.id < last:
            raise BadInput(path, f"register {row.id} is out of order")
        registers[register.id] = register
        last = register.id
    if not registers:
        raise BadInput(path, "has no registers")
    return registers


def _register(row: RegisterRecord) -> ProbedRegister:
    number = int(row.id, 16)
    if isinstance(regid.decode(number), regid.Unknown):
        size = regid.size_of(number)
        if size > 256:
            raise ValueError("its id is no KVM/arm64 register id")
    size = regid.size_of(number)
    if row.volatile and row.default is not None:
        raise ValueError("a volatile register has no default")
    return ProbedRegister(
        id=number,
        name=row.name,
        size=size,
        scope=row.scope,
        window=row.window,
        volatile=row.volatile,
        default=None if row.default is None else _fits(row.default, size),
        fields=None if row.fields is None else _fields(row, size),
        patterns=None if row.patterns is None else tuple(_pattern(p, size) for p in row.patterns),
        stages={stage: (late.same, late.other) for stage, late in row.stages.items()},
        survives_other_init=row.survives_other_init,
        survives_reinit=row.survives_reinit,
        errno=row.errno,
        acts=row.acts,
        shares=tuple(int(each, 16) for each in row.shares),
        vm_only=row.vm_only,
    )


def _fits(text: str, size: int) -> int:
    value = int(text, 16)
    if value >> 8 * size:
        raise ValueError(f"value {text[:40]} is wider than its {8 * size} bits")
    return value


def _pattern(row: PatternRecord, size: int) -> Pattern:
    value = _fits(row.value, size)
    return Pattern(value, row.errno, value if row.got is None else _fits(row.got, size))


def _fields(row: RegisterRecord, size: int) -> tuple[ProbedField, ...]:
    taken = 0
    fields = []
    for record in row.fields or ():
        field = ProbedField(record.low, record.width, record, record.errno or row.errno)
        if record.low + record.width > 8 * size:
            raise ValueError(f"field at bit {record.low} is outside its {8 * size} bits")
        if taken & field.mask:
            raise ValueError(f"field at bit {record.low} overlaps another one")
        limit = (1 << record.width) - 1
        odd = [(first, last) for first, last, _ in record.otherwise]
        spans = [*record.accepts, *record.refuses, *odd]
        if any(first > last or last > limit for first, last in spans):
            raise ValueError(f"field at bit {record.low} has a range that it cannot hold")
        if any(got > limit for _, _, got in record.otherwise):
            raise ValueError(f"field at bit {record.low} has a value that it cannot hold")
        taken |= field.mask
        fields.append(field)
    return tuple(fields)
