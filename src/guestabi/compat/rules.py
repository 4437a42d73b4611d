"""Rules: from an outcome to what a person should know about it. One closed TOML file a rule.

A rule matches by ``kind``, ``grade``, ``role`` and ``effect`` of an outcome; the first by
``priority`` wins. Findings that stand for no register (``kind = "none"``) are named in code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Optional

from msgspec import Struct

from guestabi.compat import effects
from guestabi.compat.known import UNKNOWN, role_of
from guestabi.compat.outcome import KINDS, Weighed
from guestabi.errors import BadInput
from guestabi.policies import sheet
from guestabi.registers.model import ROLES

Severity = Literal["error", "warning", "info"]
Group = Literal["feature", "all", "none"]

NO_KIND = "none"


class _Match(Struct, forbid_unknown_fields=True):
    kind: str
    grade: list[str] = []
    role: list[str] = []
    effect: list[str] = []


class _File(Struct, forbid_unknown_fields=True):
    id: str
    title: str
    why: str
    severity: Severity
    remedy: str
    references: list[str]
    priority: int
    match: _Match
    group: Group = "feature"
    mirror: Optional[str] = None
    mirror_reason: Optional[str] = None


@dataclass(frozen=True)
class Rule:
    """One rule. Empty match tuples match anything.

    ``title`` and ``remedy`` are templates with {register}, {field}, {source}, {destination},
    {errno} and {count}. ``severity`` holds where the effect is bad; else it is info.
    ``group``: one finding per ``feature``, for ``all``, or none: one a register.
    ``mirror`` is what the same difference is called in the other direction.
    """

    id: str
    title: str
    why: str
    severity: str
    remedy: str
    references: tuple[str, ...]
    priority: int
    kind: str
    grades: tuple[str, ...]
    roles: tuple[str, ...]
    effects: tuple[str, ...]
    group: str
    mirror: Optional[str]
    mirror_reason: Optional[str]

    def matches(self, kind: str, grade: str, role: str, effect: str) -> bool:
        """Whether the rule speaks of such an outcome."""
        return (
            self.kind == kind
            and (not self.grades or grade in self.grades)
            and (not self.roles or role in self.roles)
            and (not self.effects or effect in self.effects)
        )


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, by priority."""
    rules = [load(path) for path in sheet.shipped(__file__, "rules").values()]
    return tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id)))


def load(path: Path) -> Rule:
    """Read one rule. Raises BadInput."""
    file = sheet.read(path, _File)
    match = file.match
    _check(path, "kind", [match.kind], (*KINDS, NO_KIND))
    _check(path, "role", match.role, (*ROLES, UNKNOWN))
    _check(path, "effect", match.effect, effects.ORDER)
    if (file.mirror is None) == (file.mirror_reason is None):
        raise BadInput(path, "a rule has either a mirror or a mirror_reason")
    return Rule(
        id=file.id,
        title=file.title,
        why=file.why,
        severity=file.severity,
        remedy=file.remedy,
        references=tuple(file.references),
        priority=file.priority,
        kind=match.kind,
        grades=tuple(match.grade),
        roles=tuple(match.role),
        effects=tuple(match.effect),
        group=file.group,
        mirror=file.mirror,
        mirror_reason=file.mirror_reason,
    )


def named(name: str) -> Rule:
    """Return the rule called ``name``; KeyError if there is none, which is a bug."""
    return {rule.id: rule for rule in all_rules()}[name]


def rule_of(weighed: Weighed) -> Rule:
    """Return the rule that speaks of an outcome; LookupError if none does, which is a bug."""
    outcome = weighed.outcome
    return _first(outcome.kind, outcome.grade, role_of(outcome.id), weighed.effect)


@cache
def _first(kind: str, grade: str, role: str, effect: str) -> Rule:
    for rule in all_rules():
        if rule.matches(kind, grade, role, effect):
            return rule
    raise LookupError(f"no rule speaks of {kind}/{grade}/{role}/{effect}")


def _check(path: Path, key: str, said: list[str], known: tuple[str, ...]) -> None:
    for each in said:
        if each not in known:
            raise BadInput(path, f"match.{key} is {each!r}, not one of {', '.join(known)}")
