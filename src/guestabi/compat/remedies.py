"""What to do about a finding: the rule's general advice, or more where a register has its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from msgspec import Struct

from guestabi.compat.rules import Rule
from guestabi.policies import Policy, sheet
from guestabi.registers.catalogue import find


class _Row(Struct, forbid_unknown_fields=True):
    register: str
    rules: list[str]
    text: str
    vmm: list[str] = []


class _File(Struct, forbid_unknown_fields=True):
    remedy: list[_Row]


@cache
def _rows() -> dict[tuple[int, str], list[_Row]]:
    found: dict[tuple[int, str], list[_Row]] = {}
    for row in sheet.read(Path(__file__).with_name("remedies.toml"), _File).remedy:
        for rule in row.rules:
            found.setdefault((find(row.register).id, rule), []).append(row)
    return found


def template(rule: Rule, number: int, policy: Policy, effect: str) -> str:
    """Return the text to fill in: of the first row for this register, rule and VMM, or the
    rule's own; always the rule's where nothing is wrong."""
    if effect == "benign":
        return rule.remedy
    for row in _rows().get((number, rule.id), ()):
        if not row.vmm or policy.name in row.vmm:
            return row.text
    return rule.remedy


def ruled() -> frozenset[str]:
    """Return the ids of the rules that ``remedies.toml`` speaks of, for its test."""
    return frozenset(rule for _, rule in _rows())
