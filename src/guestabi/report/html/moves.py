"""Verdicts of every pair of classes, and what stands behind them, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any, TypeVar

from guestabi.compat import effects
from guestabi.compat.findings import Finding
from guestabi.compat.matrix import Verdicts, matrix
from guestabi.compat.rules import named
from guestabi.compat.seen import Change
from guestabi.compat.verdict import QUESTIONS
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile
from guestabi.report.clean import clean
from guestabi.report.html.explain import Answers, Explainer
from guestabi.report.html.hosts import Fleet, cpu_of
from guestabi.report.html.interned import Interned
from guestabi.report.html.sources import link

MOST = 1200
"""So many pairs of classes are explained, those within one CPU first; of the others the page has
the verdicts alone, and the command that explains them."""

_MANY = 200

Pair = tuple[int, int]
T = TypeVar("T")
R = TypeVar("R")
Share = Callable[[Callable[[T], R], Sequence[T]], Iterable[R]]


class Told:
    """Findings, changes and rules of the whole page, each kept once."""

    def __init__(self) -> None:
        self._rules = Interned()
        self._remedies = Interned()
        self._findings = Interned()
        self._changes = Interned()
        self._answers = Interned()
        self._places: dict[tuple[str, ...], int] = {}

    def answer(self, found: Iterable[Finding], changes: Iterable[Change]) -> int:
        """Return the place of an answer: its findings, and what the guest sees otherwise."""
        rows = [self._place(each) for each in found]
        seen = [self._changes.at(_change(each)) for each in changes]
        return self._answers.at([rows, seen])

    def to_builtins(self) -> dict[str, Any]:
        """Return all of it, each list by what it is."""
        return {
            "rules": self._rules.rows,
            "remedies": self._remedies.rows,
            "findings": self._findings.rows,
            "changes": self._changes.rows,
            "answers": self._answers.rows,
        }

    def _place(self, each: Finding) -> int:
        key = (each.rule, each.fingerprint, each.title, each.remedy)
        if key not in self._places:
            self._places[key] = self._findings.at(self._finding(each))
        return self._places[key]

    def _finding(self, each: Finding) -> dict[str, Any]:
        plain = each.to_builtins()
        kept = ("fingerprint", "register", "id", "field", "outcome", "source", "destination")
        found = {key: plain[key] for key in (*kept, "bits", "cause") if plain[key] is not None}
        found |= {key: plain[key] for key in ("severity", "effect")}
        found["title"] = clean(each.title)
        found["rule"] = self._rules.at(_rule(each.rule))
        found["remedy"] = self._remedies.at(clean(each.remedy))
        if each.count > 1:
            found["members"] = [clean(name) for name in each.members]
        for key in ("register", "field"):
            if key in found:
                found[key] = clean(found[key])
        return found


def _rule(name: str) -> dict[str, Any]:
    rule = named(name)
    return {"id": rule.id, "why": rule.why, "sources": [[r, link(r)] for r in rule.references]}


def _change(change: Change) -> list[str]:
    return [clean(each) for each in change.to_builtins().values()]


def to_builtins(
    fleet: Fleet, policies: Sequence[Policy], told: Told, share: Share[Any, Any] = map
) -> list[dict[str, Any]]:
    """Return for each policy ``verdicts`` and ``answers``.

    ``verdicts`` has a number a pair of classes, row after row: the places of the four verdicts in
    ``combinations``. ``answers`` has, by ``from,to``, the place of each question's answer, -1 for
    none. ``share`` is as ``map``: with it the work may be done elsewhere.
    """
    pairs = chosen(fleet)
    return [_of_policy(fleet, policy, pairs, told, share) for policy in policies]


def chosen(fleet: Fleet) -> list[Pair]:
    """Return the pairs of classes that are explained."""
    cpus = [cpu_of(host) for host in fleet.members]
    places = range(len(cpus))
    every = list(product(places, places))
    if len(every) <= MOST:
        return every
    within = [(i, j) for i, j in every if cpus[i] == cpus[j]]
    hosts = [len(numbers) for numbers in fleet.classes]
    within.sort(key=lambda pair: (-hosts[pair[0]] * hosts[pair[1]], pair))
    return sorted(within[:MOST])


def _of_policy(
    fleet: Fleet, policy: Policy, pairs: Sequence[Pair], told: Told, share: Share[Any, Any]
) -> dict[str, Any]:
    members = fleet.members
    rows = verdicts(members, policy)
    combinations = Interned()
    places = [combinations.at([cell[q] for q in QUESTIONS]) for row in rows for cell in row]
    work = partial(_explained, members, rows, Explainer(policy))
    units = sorted({(min(i, j), max(i, j)) for i, j in pairs})
    found = {}
    for unit, both in zip(units, share(work, units), strict=True):
        for (i, j), explained in zip((unit, unit[::-1]), both, strict=True):
            if explained:
                answers = [told.answer(*explained[q]) if q in explained else -1 for q in QUESTIONS]
                found[f"{i},{j}"] = answers
    return {
        "vmm": policy.name,
        "title": policy.title,
        "combinations": combinations.rows,
        "verdicts": places,
        "explained": [f"{i},{j}" for i, j in pairs] if len(pairs) < len(members) ** 2 else None,
        "answers": found,
    }


def verdicts(members: Sequence[HostProfile], policy: Policy) -> list[list[Verdicts]]:
    """Return the four verdicts of every pair, all at once where there are many."""
    if len(members) <= _MANY or find_spec("numpy") is None:
        return matrix(members, policy)
    from guestabi.compat import bulk

    ranks = {name: rows.tolist() for name, rows in bulk.matrix(members, policy).ranks.items()}
    places = range(len(members))
    return [
        [{name: effects.ORDER[ranks[name][i][j]] for name in QUESTIONS} for j in places]
        for i in places
    ]


def _explained(
    members: Sequence[HostProfile], rows: list[list[Verdicts]], explainer: Explainer, unit: Pair
) -> list[Answers]:
    """Both ways of a pair: what is ``forward`` of one is ``rollback`` of the other."""
    found = []
    for i, j in (unit, unit[::-1]):
        asking = [name for name in QUESTIONS if rows[i][j][name] != "same"]
        found.append(explainer.answers(members[i], members[j], asking))
    return found
