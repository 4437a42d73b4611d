"""What a rehearsal on a real kernel means, by the same rules as the offline answer.

A rehearsal says what one kernel answered to exactly one guest's values. That is a profile that
knows no other values: it is judged like any destination.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Mapping, Optional

import msgspec
from msgspec import Struct

from guestabi.compat import effects
from guestabi.compat.findings import Finding, findings
from guestabi.compat.move import move
from guestabi.compat.verdict import CANNOT_TELL, SAFE, UNSAFE, Question
from guestabi.errors import BadInput
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile, Pattern, ProbedRegister
from guestabi.profile.schema import (
    Digest,
    Hex,
    HostRecord,
    Id,
    ProfileRecord,
    TakenRecord,
    Text,
    VmRecord,
)
from guestabi.uapi.regid import size_of


class OutcomeRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """One register of a rehearsal, as ``probe.rehearse`` writes it."""

    id: Id
    name: Text
    kind: Literal["same", "missing", "refused", "readback", "defaulted"]
    source: Optional[Hex]
    destination: Optional[Hex]
    errno: Optional[Text] = None


class SourceRecord(Struct, frozen=True, forbid_unknown_fields=True):
    name: Text
    digest: Digest


class RehearsalRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole rehearsal."""

    schema: Literal[1]
    kernel_release: Text
    source: SourceRecord
    outcomes: list[OutcomeRecord]


@dataclass(frozen=True)
class Judged:
    """A rehearsal under a loader policy: its verdict (as of compat.verdict) and findings."""

    source: HostProfile
    kernel: str
    vmm: str
    verdict: str
    findings: tuple[Finding, ...]

    def exit_status(self) -> int:
        """0 safe, 100 unsafe, 101 cannot tell."""
        if self.verdict in ("refused", "changed"):
            return UNSAFE
        return CANNOT_TELL if self.verdict == "unknown" else SAFE

    def question(self) -> Question:
        """Return verdict and findings as those of a check's question."""
        return Question(self.verdict, self.findings)

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi rehearse``."""
        return {
            "schema": 1,
            "source": {"name": self.source.label, "digest": self.source.digest},
            "destination": {"kernel_release": self.kernel},
            "vmm": self.vmm,
            "verdict": self.verdict,
            "findings": [each.to_builtins() for each in self.findings],
        }


def judge(source: HostProfile, result: Mapping[str, Any], policy: Policy) -> Judged:
    """Judge ``result``, a rehearsal of ``source``, as ``policy``'s VMM would meet it.

    Raises BadInput where it is no rehearsal, or one of another profile.
    """
    record = _record(source, result)
    moved = move(source.defaults, _answered(record), policy, source=source, devices={})
    weighed = list(moved.weighed)
    verdict = effects.worst([each.effect for each in weighed])
    return Judged(
        source, record.kernel_release, policy.name, verdict, tuple(findings(weighed, policy))
    )


def answered(source: HostProfile, result: Mapping[str, Any]) -> HostProfile:
    """Return the rehearsing host as a profile that knows the answers to ``source``'s values."""
    return _answered(_record(source, result))


def _record(source: HostProfile, result: Mapping[str, Any]) -> RehearsalRecord:
    try:
        record = msgspec.convert(result, RehearsalRecord)
    except msgspec.ValidationError as error:
        raise BadInput("rehearsal", f"is no valid rehearsal: {error}") from None
    if record.source.digest != source.digest:
        raise BadInput("rehearsal", f"is of {record.source.name}, not of {source.label}")
    return record


def _answered(record: RehearsalRecord) -> HostProfile:
    registers = {
        int(row.id, 16): _register(row) for row in record.outcomes if row.kind != "missing"
    }
    release = record.kernel_release
    profile = ProfileRecord(
        schema=1,
        digest="0" * 64,
        checksum="0" * 64,
        taken=TakenRecord("rehearsal", release, "", "aarch64"),
        vm=VmRecord([], None, 0, 0, []),
        host=HostRecord({}, [], [], 0, None),
        devices=[],
        registers=[],
        name=release,
    )
    return HostProfile(release, profile.digest, profile, registers, b"")


def _register(row: OutcomeRecord) -> ProbedRegister:
    number = int(row.id, 16)
    wanted = None if row.source is None else int(row.source, 16)
    got = None if row.destination is None else int(row.destination, 16)
    patterns: tuple[Pattern, ...] = ()
    if row.kind in ("refused", "readback") and wanted is not None and got is not None:
        patterns = (Pattern(wanted, row.errno, got),)
    return ProbedRegister(
        id=number,
        name=row.name,
        size=size_of(number),
        scope="unknown",
        window="unknown",
        volatile=got is None,
        default=got,
        fields=None,
        patterns=patterns,
        stages={},
        survives_other_init=None,
        survives_reinit=None,
    )
