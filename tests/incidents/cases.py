"""Incidents as data: the closed format of ``data/*.toml`` and ``not-shown.toml``, made into hosts.

A case names small hosts (registers, their defaults, what else they accept) and asks questions of
pairs of them; every row holds the exact findings that the answer must have, none being a row that
must stay silent. ``{0..30}`` in a register's name stands for that many registers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterable, Literal, Optional

from msgspec import Struct, field

from guestabi import policies
from guestabi.compat import QUESTIONS, check
from guestabi.compat.verdict import Question
from guestabi.policies import sheet
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find, name_of
from guestabi.registers.model import Field
from profiles import make_profile

DATA = Path(__file__).parent / "data"
NOT_SHOWN = Path(__file__).parent / "not-shown.toml"
MOVES = "moves"
"""The ``default`` of a register that differs by itself: a counter."""
KINDS = {
    "missing": "the destination lacks a register",
    "refused": "the destination refuses a value",
    "changed": "the guest's ABI changes without a word",
    "order": "the answer depends on when it is written",
    "scope": "per vCPU here, per VM there",
    "capability": "a host lacks a whole feature or device",
    "avoided": "what would have broken, and did not",
    "false-alarm": "nothing of the guest's ABI was wrong",
}
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")

Kind = Literal[
    "missing", "refused", "changed", "order", "scope", "capability", "avoided", "false-alarm"
]
Verdict = Literal["same", "benign", "changed", "unknown", "refused"]
Scope = Literal["vm", "vcpu"]


class Tried(Struct, forbid_unknown_fields=True, kw_only=True):
    """Values that were tried: taken as written, taken but read back otherwise, or refused."""

    default: str
    accepts: list[str] = []
    reads: dict[str, str] = {}
    refuses: list[str] = []

    def patterns(self) -> list[dict[str, Any]]:
        rows = [{"value": value} for value in self.accepts]
        rows += [{"value": value, "got": got} for value, got in self.reads.items()]
        return rows + [{"value": value, "errno": "EINVAL"} for value in self.refuses]


class Register(Tried, forbid_unknown_fields=True, kw_only=True):
    """``fields``: values accepted by field name, beside the default's; all else is refused."""

    fields: Optional[dict[str, list[int]]] = None
    scope: Scope = "vm"
    survives_other_init: Optional[bool] = None

    def row(self, number: int) -> dict[str, Any]:
        """Return it as tests/profiles.py takes it."""
        row: dict[str, Any] = {"scope": self.scope}
        if self.survives_other_init is not None:
            row["survives_other_init"] = self.survives_other_init
        if self.default == MOVES:
            return {**row, "default": None, "volatile": True}
        row["default"] = self.default
        if tried := self.patterns():
            row["patterns"] = tried
        if self.fields is not None:
            register = find(name_of(number))
            own = int(self.default, 16)
            rows = [_swept(register.field(name), v, own) for name, v in self.fields.items()]
            row["fields"] = sorted(rows, key=lambda each: each["low"])
        return row


class Device(Tried, forbid_unknown_fields=True, kw_only=True):
    """A register of an in-kernel device."""

    device: str
    attribute: str


class Host(Struct, forbid_unknown_fields=True):
    """``what``: which host it stands for, in words. ``guest``: what guest code found there."""

    what: str
    registers: dict[str, Register]
    devices: list[Device] = []
    capabilities: dict[str, int] = {}
    guest: Optional[dict[str, str]] = None
    gics: list[str] = field(default_factory=lambda: ["v3"])

    def profile(self, name: str) -> HostProfile:
        """Return the host as a profile that was read from its file."""
        rows: dict[int | str, Any] = {}
        for words, register in self.registers.items():
            for key in expand([words]):
                number = int(key, 16) if key.startswith("0x") else find(key).id
                rows[number] = register.row(number)
        devices = [
            {
                "device": each.device,
                "attribute": each.attribute,
                "default": each.default,
                "patterns": each.patterns(),
            }
            for each in self.devices
        ]
        changes = {} if self.guest is None else {"guest": self.guest}
        return make_profile(
            *(name, rows),
            devices=devices,
            capabilities=self.capabilities,
            gics=self.gics,
            **changes,
        )


class Expected(Struct, forbid_unknown_fields=True):
    """One finding: all its registers, sorted by id."""

    rule: str
    registers: list[str]
    outcome: str
    verdict: Verdict

    def key(self) -> tuple[str, tuple[str, ...], str, str]:
        return self.rule, tuple(expand(self.registers)), self.outcome, self.verdict


class Asked(Struct, forbid_unknown_fields=True):
    """One question about ``hosts`` (old, new) under ``policy``, and the exact answer."""

    about: str
    hosts: tuple[str, str]
    question: str
    policy: str
    verdict: Verdict
    findings: list[Expected] = []


class Incident(Struct, forbid_unknown_fields=True):
    """``lead``: reported or documented, its registers inferred by us."""

    id: str
    title: str
    kind: Kind
    sources: list[str]
    host: dict[str, Host]
    asked: list[Asked]
    lead: bool = False


class NotShown(Struct, forbid_unknown_fields=True):
    """A case that two register profiles cannot show, and why."""

    id: str
    title: str
    why: str
    sources: list[str]


class _NotShownFile(Struct, forbid_unknown_fields=True):
    case: list[NotShown]


def shown() -> dict[str, Incident]:
    """Return every case by file stem, sorted. Raises BadInput for a file of another shape."""
    return {path.stem: read(path) for path in sorted(DATA.glob("*.toml"))}


def read(path: Path) -> Incident:
    """Read one case."""
    return sheet.read(path, Incident)


def not_shown() -> list[NotShown]:
    """Return the cases that are not shown, in the file's order."""
    return sheet.read(NOT_SHOWN, _NotShownFile).case


def answer(case: Incident, asked: Asked) -> Question:
    """Return what guestabi says."""
    old, new = (case.host[name].profile(name) for name in asked.hosts)
    return check(old, new, policies.load(asked.policy)).questions[asked.question]


def found(question: Question) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Return the findings as :meth:`Expected.key` writes them, sorted."""
    return sorted(
        (each.rule, each.members, each.outcome, each.effect) for each in question.findings
    )


def expected(asked: Asked) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Return the findings that the case demands, sorted."""
    return sorted(each.key() for each in asked.findings)


def problems(case: Incident) -> list[str]:
    """Return what is wrong with a case beyond its shape: names that mean nothing."""
    known = policies.names()
    wrong = [f"no policy {each.policy}" for each in case.asked if each.policy not in known]
    wrong += [f"no question {a.question}" for a in case.asked if a.question not in QUESTIONS]
    used = {name for each in case.asked for name in each.hosts}
    wrong += [
        f"host {name}: named or described, not both" for name in sorted(used ^ set(case.host))
    ]
    if not case.sources:
        wrong.append("no source")
    return wrong


def expand(names: Iterable[str]) -> list[str]:
    """Write out ``{first..last}``."""
    result = []
    for name in names:
        span = _RANGE.search(name)
        if span is None:
            result.append(name)
            continue
        first, last = int(span[1]), int(span[2])
        result += [_RANGE.sub(str(number), name) for number in range(first, last + 1)]
    return result


def _swept(place: Field, values: list[int], default: int) -> dict[str, Any]:
    own = default >> place.low & ((1 << place.width) - 1)
    spans = [[value, value] for value in sorted({own, *values})]
    return {"low": place.low, "width": place.width, "accepts": spans, "errno": "EINVAL"}
