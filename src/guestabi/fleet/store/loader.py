"""Many profiles read: what two of them have in common, byte for byte, is looked at once.

Hosts of a fleet differ in a few registers. A register's row that stood in a profile that
:mod:`guestabi.profile.files` has read, and that comes again as the same bytes, is known to be
valid; its canonical text is known too, so that both digests of the new profile are made of known
pieces. A few new rows are read as a profile of their own. What looks odd in any way is left to
``files.loads``. Profiles that share rows share them in memory.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import msgspec

from guestabi.errors import BadInput
from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.profile.schema import ProfileRecord, RegisterRecord

MOST = 1 << 16
"""Rows that are kept: some 100 MB. A fleet has a few thousand different ones."""

_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


Raws = Sequence[msgspec.Raw]


@dataclass(frozen=True)
class _Row:
    """One row of ``registers``: its canonical text, the same without names, and what it means."""

    text: str
    bare: str
    record: RegisterRecord
    register: ProbedRegister


class Loader:
    """``load`` and ``loads`` do what those of ``profile.files`` do, and raise the same errors."""

    def __init__(self) -> None:
        self._rows: dict[bytes, _Row] = {}

    def load(self, path: str | os.PathLike[str]) -> HostProfile:
        """Read the profile in ``path``. Raises BadInput."""
        return self.loads(files.content(path), path)

    def loads(self, data: bytes, path: str | os.PathLike[str] = "profile") -> HostProfile:
        """Return the profile in ``data``; ``path`` is only named in errors. Raises BadInput."""
        try:
            known = self._known(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, BadInput):
            known = None
        if known is not None:
            return known
        profile = files.loads(data, path)
        self._learn(_LIST.decode(_TOP.decode(data)["registers"]), profile)
        return profile

    def _known(self, data: bytes) -> Optional[HostProfile]:
        """Return the profile, if most rows are known and all else is in order."""
        top = _TOP.decode(data)
        raws = _LIST.decode(top.pop("registers"))
        plain = {key: msgspec.json.decode(value) for key, value in top.items()}
        if not self._learn_few([raw for raw in raws if bytes(raw) not in self._rows], raws, plain):
            return None
        rows = self._in_order(raws)
        if not rows:
            return None
        record = msgspec.convert({**plain, "registers": []}, ProfileRecord)
        if (record.digest, record.checksum) != _digests(plain, rows):
            return None
        record = msgspec.structs.replace(record, registers=[row.record for row in rows])
        registers = {row.register.id: row.register for row in rows}
        return HostProfile(record.name, record.digest, record, registers, data)

    def _learn_few(self, new: Raws, raws: Raws, plain: Mapping[str, Any]) -> bool:
        """Learn ``new`` rows from a profile that has no others; false where they are too many."""
        if 2 * len(new) > len(raws):
            return False
        if new:
            rows = [msgspec.json.decode(raw) for raw in new]
            sealed = canonical.seal({**plain, "registers": rows})
            self._learn(new, files.loads(canonical.to_text(sealed).encode()))
        return True

    def _in_order(self, raws: Raws) -> list[_Row]:
        """Return the rows of ascending ids; none where one is not known or out of order."""
        rows: list[_Row] = []
        last = -1
        for raw in raws:
            row = self._rows.get(bytes(raw))
            if row is None or row.register.id <= last:
                return []
            last = row.register.id
            rows.append(row)
        return rows

    def _learn(self, raws: Raws, profile: HostProfile) -> None:
        known = zip(raws, profile.record.registers, profile.registers.values(), strict=True)
        for raw, record, register in known:
            data = bytes(raw)
            if data not in self._rows and len(self._rows) < MOST:
                plain = msgspec.json.decode(data)
                text = canonical.dumps(plain)
                bare = canonical.dumps(canonical.without_labels(plain))
                self._rows[data] = _Row(text, bare, record, register)


def _digests(plain: Mapping[str, Any], rows: Sequence[_Row]) -> tuple[str, str]:
    """Return canonical.abi_digest and canonical.checksum of the profile with these rows."""
    texts = {key: canonical.dumps(value) for key, value in plain.items() if key != "checksum"}
    abi = {key: texts[key] for key in canonical.ABI_KEYS if key != "registers"}
    if plain.get("guest") is not None:
        abi["guest"] = texts["guest"]
    abi["registers"] = _joined([row.bare for row in rows])
    texts["registers"] = _joined([row.text for row in rows])
    return _sha256(abi), _sha256(texts)


def _joined(texts: Sequence[str]) -> str:
    return f"[{','.join(texts)}]"


def _sha256(texts: Mapping[str, str]) -> str:
    """canonical.sha256 of an object whose values are canonical texts already."""
    body = ",".join(f"{canonical.dumps(key)}:{texts[key]}" for key in sorted(texts))
    return hashlib.sha256(f"{{{body}}}".encode()).hexdigest()
