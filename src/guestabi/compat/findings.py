"""Findings: outcomes that a person should look at, one for each cause."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Iterable, Optional

from guestabi.compat.effects import rank
from guestabi.compat.known import feature_of
from guestabi.compat.outcome import Outcome, Weighed
from guestabi.compat.remedies import template
from guestabi.compat.rules import Rule, rule_of
from guestabi.policies import Policy
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import hex_id, size_of

FINGERPRINT_DIGITS = 12


@dataclass(frozen=True)
class Finding:
    """One difference that matters.

    ``rule``         id of the rule
    ``fingerprint``  12 hex digits, of what differs and how; of no host's or profile's name
    ``register``     name of the register that the rule speaks of, the first of several; ``id``
                     its number, 0: of no ONE_REG register
    ``field``        names of its fields that differ or are refused, comma-separated; may be empty
    ``outcome``      the outcome's kind; empty where the finding is of no register
    ``source``, ``destination``  whole values before and after; None: none, or volatile
    ``severity``     error, warning or info; ``effect``: what it makes of the verdict
    ``cause``        the feature that comes and goes as one; empty where there is none
    ``members``      names of all its registers, sorted by id
    ``bits``         mask of the bits that differ or are refused, of ``register``
    """

    rule: str
    fingerprint: str
    register: str
    id: int
    field: str
    outcome: str
    source: Optional[int]
    destination: Optional[int]
    remedy: str
    title: str
    why: str
    severity: str
    effect: str
    cause: str = ""
    members: tuple[str, ...] = ()
    bits: int = 0
    references: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many registers it stands for."""
        return len(self.members)

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form: ids and values as hex text, null for none."""
        return {
            "rule": self.rule,
            "fingerprint": self.fingerprint,
            "register": self.register,
            "id": hex_id(self.id) if self.id else None,
            "field": self.field or None,
            "outcome": self.outcome or None,
            "source": _hex(self.source, self.id),
            "destination": _hex(self.destination, self.id),
            "remedy": self.remedy,
            "title": self.title,
            "why": self.why,
            "severity": self.severity,
            "effect": self.effect,
            "cause": self.cause or None,
            "count": self.count,
            "members": list(self.members),
            "bits": _hex(self.bits, self.id) if self.bits else None,
            "references": list(self.references),
        }


def findings(weighed: Iterable[Weighed], policy: Policy) -> list[Finding]:
    """Return the findings of a move, one for each rule, effect and cause; the worst first.

    Of a feature whose registers are missing, all that have the same effect are one finding, under
    the rule of the worst of them: most of them may hold what reset put there, but not all do.
    """
    groups: dict[tuple[str, str, object], list[tuple[Rule, Weighed]]] = {}
    for each in weighed:
        rule = rule_of(each)
        together = each.outcome.kind if _is_gone(rule, each.outcome) else rule.id
        key = (together, each.effect, _cause(rule, each.outcome))
        groups.setdefault(key, []).append((rule, each))
    return sorted((_of_rows(rows, policy) for rows in groups.values()), key=_place)


def plain(
    rule: Rule,
    policy: Policy,
    effect: str,
    *,
    number: int = 0,
    source: Optional[int] = None,
    destination: Optional[int] = None,
    bits: int = 0,
    fields: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that code makes of no outcome."""
    name = name_of(number) if number else ""
    outcome = Outcome(number, name, "", source, destination, None, "", fields, bits)
    return _finding(rule, [Weighed(outcome, effect)], policy)


def _is_gone(rule: Rule, outcome: Outcome) -> bool:
    """Whether it is a register that went with its whole feature."""
    return (
        outcome.kind == "missing" and rule.group == "feature" and feature_of(outcome.id) is not None
    )


def _worst(rules: list[Rule]) -> Rule:
    # What excuses a register is asked first, so that of two rules the later one is the worse.
    return max(rules, key=lambda rule: (-_SEVERITIES.index(rule.severity), rule.priority, rule.id))


def _of_rows(rows: list[tuple[Rule, Weighed]], policy: Policy) -> Finding:
    worst = _worst([rule for rule, _ in rows])
    first = next(each.outcome for rule, each in rows if rule is worst)
    return _finding(worst, [each for _, each in rows], policy, first)


def _cause(rule: Rule, outcome: Outcome) -> object:
    if rule.group == "all":
        return outcome.grade
    feature = feature_of(outcome.id) if rule.group == "feature" else None
    return feature or (outcome.id, outcome.name)


def _finding(
    rule: Rule, group: list[Weighed], policy: Policy, first: Optional[Outcome] = None
) -> Finding:
    effect = group[0].effect
    first = first or group[0].outcome
    names = tuple(each.outcome.name for each in group if each.outcome.name)
    words = _words(first, len(names))
    return Finding(
        rule=rule.id,
        fingerprint=_fingerprint(rule, group),
        register=first.name,
        id=first.id,
        field=", ".join(first.fields) if len(names) == 1 else "",
        outcome=first.kind,
        source=first.source,
        destination=first.destination,
        remedy=template(rule, first.id, policy, effect).format(**words),
        title=_title(rule, first.name, len(names), words),
        why=rule.why,
        severity="info" if effect == "benign" else rule.severity,
        effect=effect,
        cause=(feature_of(first.id) or "") if rule.group == "feature" else "",
        members=names,
        bits=first.bits,
        references=rule.references,
    )


def _title(rule: Rule, first: str, count: int, words: dict[str, str]) -> str:
    if count > 1:
        words = {**words, "register": f"{first} and {count - 1} more", "field": "fields"}
    return rule.title.format(**words)


def _words(outcome: Outcome, count: int) -> dict[str, str]:
    return {
        "register": outcome.name,
        "field": ", ".join(outcome.fields) or "the value",
        "source": _word(outcome.source, outcome.id),
        "destination": _word(outcome.destination, outcome.id),
        "destination_version": _version(outcome.destination),
        "errno": outcome.errno or "an error",
        "count": str(count),
    }


def _word(value: Optional[int], number: int) -> str:
    return _hex(value, number) or "no value"


def _version(value: Optional[int]) -> str:
    # PSCI: major in the upper half, minor in the lower (Arm DEN0022, PSCI_VERSION).
    return "?" if value is None else f"{value >> 16}.{value & 0xFFFF}"


def _hex(value: Optional[int], number: int) -> Optional[str]:
    if value is None:
        return None
    digits = 2 * size_of(number) if number else 8
    return f"0x{value:0{min(digits, 16)}x}"


def _fingerprint(rule: Rule, group: list[Weighed]) -> str:
    lines = [rule.id]
    for each in group:
        outcome = each.outcome
        what = (each.effect, outcome.id, outcome.name if not outcome.id else "", outcome.kind)
        values = (outcome.source, outcome.destination, outcome.bits)
        lines.append(repr((*what, outcome.grade, *values)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:FINGERPRINT_DIGITS]


_SEVERITIES = ("error", "warning", "info")


def _place(finding: Finding) -> tuple[int, int, str, int, str]:
    severity = _SEVERITIES.index(finding.severity)
    return -rank(finding.effect), severity, finding.rule, finding.id, finding.register
