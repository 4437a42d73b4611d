"""compat.rules: every rule is triggered, every outcome has its rule, every rule its mirror."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from guestabi.compat import effects, grades, remedies, rules
from guestabi.compat.known import UNKNOWN
from guestabi.compat.verdict import check
from guestabi.errors import BadInput
from guestabi.registers.model import ROLES

from .hosts import PAIRS, Pair

GRADES = {
    "missing": ("dead", "zero", "possible", "poison", "live", "unknown"),
    "refused": ("", "width", "pin"),
    "readback": ("dead", "poison", "computed", "undone", "likewise", "visible", "state", "pin"),
    "defaulted": ("hidden", "state", "visible", "possible", "unknown", "lost"),
    "scope": ("vm-to-vcpu", "vcpu-to-vm"),
    "order": ("",),
    "unmeasured": ("", "pin"),
    "device": ("", "absent"),
    "answer": ("",),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_triggers_exactly_its_rules(name: str) -> None:
    """Every rule runs over every pair; the set found is the set written down, no more, no less."""
    pair: Pair = PAIRS[name]
    checked = check(pair.source, pair.destination, pair.policy, pins=pair.pins)
    found = {finding.rule for finding in checked.questions[pair.question].findings}
    assert found == pair.rules


def test_every_rule_has_a_pair() -> None:
    """A rule that nothing triggers is not tested."""
    triggered = frozenset().union(*(pair.rules for pair in PAIRS.values()))
    assert triggered == {rule.id for rule in rules.all_rules()}


def test_every_outcome_has_a_rule() -> None:
    """Whatever happens to whatever register, there is something to say."""
    roles = (*ROLES, UNKNOWN)
    assert sorted(GRADES) == sorted(rules.KINDS)
    for kind in rules.KINDS:
        for grade, role, effect in itertools.product(GRADES[kind], roles, effects.ORDER[1:]):
            if grade == "likewise":
                continue  # its effect is same: nothing to say
            possible = any(rule.matches(kind, grade, role, effect) for rule in rules.all_rules())
            assert possible, (kind, grade, role, effect)


def test_no_rule_catches_all() -> None:
    """A rule names the kind that it speaks of; two rules never share a priority."""
    found = rules.all_rules()
    assert {rule.kind for rule in found} == {*rules.KINDS, rules.NO_KIND}
    assert len({rule.priority for rule in found}) == len(found)


def test_every_rule_has_a_mirror_or_a_reason() -> None:
    """The same difference seen the other way has its rule too, or it is said why not."""
    names = {rule.id for rule in rules.all_rules()}
    for rule in rules.all_rules():
        assert (rule.mirror is None) != (rule.mirror_reason is None), rule.id
        assert rule.mirror is None or rule.mirror in names, rule.id


def test_a_rule_explains_itself() -> None:
    """Title, why and remedy are there, and the file is called like the rule."""
    files = {path.stem for path in (Path(rules.__file__).parent / "rules").glob("*.toml")}
    assert files == {rule.id for rule in rules.all_rules()}
    for rule in rules.all_rules():
        assert min(len(rule.title), len(rule.why), len(rule.remedy)) > 10, rule.id


def test_remedies_speak_of_rules_that_exist() -> None:
    """A remedy for a rule of another name would never be shown."""
    assert remedies.ruled() <= {rule.id for rule in rules.all_rules()}
    assert len(remedies.ruled()) >= 4


def test_services_and_computed_bits_are_rows_with_a_source() -> None:
    """What capabilities tell of unlisted bitmaps, and what no write can change, are data."""
    assert sum(len(rows) for rows in grades.services().values()) == 4
    assert all(len(row.source) > 20 for rows in grades.services().values() for row in rows)
    assert set(grades.computed().values()) == {4}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("priority = 10", "priority = 10\nshade = 1"),
        ('kind = "missing"', 'kind = "mising"'),
        ('mirror = "defaulted-hidden"', ""),
        ('mirror = "defaulted-hidden"', 'mirror = "x"\nmirror_reason = "y"'),
        ('severity = "error"', 'severity = "dire"'),
        ('grade = ["dead"]', 'grade = ["dead"], role = ["sidekick"]'),
        ('grade = ["dead"]', 'grade = ["dead"], effect = ["meh"]'),
    ],
)
def test_a_rule_file_is_closed(tmp_path: Path, old: str, new: str) -> None:
    """An unknown key or word is refused with the path."""
    text = (Path(rules.__file__).parent / "rules" / "missing-dead.toml").read_text()
    assert old in text
    path = tmp_path / "rule.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=r"rule\.toml"):
        rules.load(path)
