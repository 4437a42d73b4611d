"""Moves of real guests beside what was predicted of them, as data for every view.

:func:`read` takes the plain data that the lab makes::

    {"schema": 1, "vmm", "cpu", "emulator", "taken", "kernels": [names],
     "moves": [{"source", "destination": indices into "kernels",
                "observed": "loaded|refused|silent",
                "predicted": "same|benign|changed|refused|unknown",
                "agrees": true or false; null: nothing was predicted,
                "changes": [{"name", "before", "after", "vcpus"}], "unexpected": [names],
                "unseen": [names], "reasons": [lines]}]}

Not every pair need be there. Whatever comes from the file is cleaned once, here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from guestabi.report.clean import clean, one_line
from guestabi.report.counted import plural
from guestabi.report.labels import Labels
from guestabi.report.verdicts import Look

OBSERVED = {
    "loaded": Look("✓", "green", "the guest runs and reads what it read before"),
    "changed": Look("~", "yellow", "the guest runs and reads other answers"),
    "refused": Look("✗", "bold red", "the VMM refuses the guest"),
    "silent": Look("…", "bold magenta", "the VMM says it runs; it was not heard again"),
}
"""How each thing that can be observed looks, from best to worst."""

MOST = 8
"""So many answers or reasons of one move are named, where not all of them fit."""


class Answer(NamedTuple):
    """One answer of a guest that is not what it was; ``where`` is "" unless only some vCPUs say so,
    e.g. ``vCPU 1``."""

    name: str
    before: str
    after: str
    where: str

    def __str__(self) -> str:
        said = f"{self.name}: {self.before} → {self.after}"
        return f"{said} ({self.where})" if self.where else said


@dataclass(frozen=True)
class Move:
    """One move; ``observed`` is a key of OBSERVED, ``agrees`` None where nothing was predicted.

    ``unexpected`` and ``unseen`` are names of answers: that changed and should not have, and that
    should have and did not. A name in both changed, but not to what was predicted.
    """

    source: int
    destination: int
    observed: str
    predicted: str
    agrees: bool | None
    answers: tuple[Answer, ...]
    unexpected: tuple[str, ...]
    unseen: tuple[str, ...]
    reasons: tuple[str, ...]

    def summary(self) -> str:
        """``predicted same, observed loaded with 2 changed answers``."""
        seen = self.observed
        if self.observed == "changed":
            seen = f"loaded with {plural(len(self.answers), 'changed answer')}"
        return f"predicted {self.predicted}, observed {seen}"

    def surprises(self) -> list[str]:
        """What the answers are that differ from what was predicted, a line a kind."""
        kinds = (
            ("not predicted", [name for name in self.unexpected if name not in self.unseen]),
            ("predicted and not seen", [n for n in self.unseen if n not in self.unexpected]),
            ("other than predicted", [name for name in self.unexpected if name in self.unseen]),
        )
        return [f"{kind}: {', '.join(some(names))}" for kind, names in kinds if names]


@dataclass(frozen=True)
class Observed:
    """All moves of one VMM on one CPU model; ``names`` are the kernels'."""

    vmm: str
    cpu: str
    names: tuple[str, ...]
    moves: tuple[Move, ...]

    def against(self) -> list[Move]:
        """The moves that did not go as predicted."""
        return [move for move in self.moves if move.agrees is False]


@dataclass(frozen=True)
class Tally:
    """``seen`` counts moves by OBSERVED, ``predicted`` by verdict; ``untold`` had no prediction."""

    seen: Counter[str]
    predicted: Counter[str]
    agreed: int
    against: int
    untold: int

    @property
    def moves(self) -> int:
        return self.seen.total()

    @property
    def loaded(self) -> int:
        """Moves that the VMM made, whatever the guest reads then."""
        return self.seen["loaded"] + self.seen["changed"]

    def headline(self) -> str:
        """``121 moves observed, 119 as predicted, 2 not``."""
        said = [f"{plural(self.moves, 'move')} observed", f"{self.agreed:,} as predicted"]
        if self.against:
            said.append(f"{self.against} not")
        if self.untold:
            said.append(f"{self.untold} without a prediction")
        return ", ".join(said)


@dataclass(frozen=True)
class Group:
    """Moves after which guests report the same changes."""

    moves: tuple[Move, ...]
    answers: tuple[Answer, ...]


def read(compared: Mapping[str, Any]) -> Observed:
    """Return the lab's plain data, fit to be shown, moves in the order of their kernels."""
    rows = compared["moves"]
    everywhere = {vcpu for row in rows for each in row["changes"] for vcpu in each["vcpus"]}
    moves = sorted(
        (_move(row, everywhere) for row in rows), key=lambda m: (m.source, m.destination)
    )
    names = tuple(clean(name) for name in compared["kernels"])
    return Observed(clean(compared["vmm"]), clean(compared["cpu"]), names, tuple(moves))


def tally(moves: Iterable[Move]) -> Tally:
    """Count ``moves``."""
    rows = list(moves)
    agree = Counter(move.agrees for move in rows)
    return Tally(
        Counter(move.observed for move in rows),
        Counter(move.predicted for move in rows),
        agree[True],
        agree[False],
        agree[None],
    )


def groups(moves: Iterable[Move]) -> list[Group]:
    """Return the moves after which the guest reads other answers, by what it reads."""
    found: dict[tuple[Answer, ...], list[Move]] = {}
    for move in moves:
        if move.observed == "changed":
            found.setdefault(move.answers, []).append(move)
    return [Group(tuple(members), answers) for answers, members in found.items()]


def by_names(moves: Iterable[Move]) -> list[tuple[tuple[str, ...], tuple[Move, ...]]]:
    """Return the same by the names alone, whatever the answers were before and after."""
    found: dict[tuple[str, ...], list[Move]] = {}
    for move in moves:
        if move.observed == "changed":
            found.setdefault(tuple(sorted({each.name for each in move.answers})), []).append(move)
    return [(names, tuple(members)) for names, members in found.items()]


def short(labels: Labels) -> tuple[str, ...]:
    """Return what to call kernels in a sentence: by their series, where each has its own."""
    numbered = all(label.isdigit() for label in labels.columns)
    return labels.rows if numbered else labels.columns


def ways(moves: Sequence[Move], labels: Sequence[str]) -> str:
    """Return who went where, each kernel by its label: ``5.10, 6.1 → 6.12, 6.16; 6.2 → 6.12``."""
    to: dict[int, list[int]] = {}
    for move in moves:
        to.setdefault(move.source, []).append(move.destination)
    alike: dict[tuple[int, ...], list[int]] = {}
    for source, destinations in to.items():
        alike.setdefault(tuple(destinations), []).append(source)
    return "; ".join(
        f"{_labels(sources, labels)} → {_labels(destinations, labels)}"
        for destinations, sources in alike.items()
    )


def some(said: Iterable[object]) -> list[str]:
    """Return at most MOST of ``said``, and how many more there are."""
    lines = [str(each) for each in said]
    left = len(lines) - MOST
    return [*lines[:MOST], f"and {left} more"] if left > 0 else lines


def _move(row: Mapping[str, Any], everywhere: set[int]) -> Move:
    answers = tuple(sorted(_answer(each, everywhere) for each in row["changes"]))
    loaded = row["observed"] == "loaded"
    return Move(
        row["source"],
        row["destination"],
        "changed" if loaded and answers else row["observed"],
        row["predicted"],
        row["agrees"],
        answers,
        tuple(clean(name) for name in row["unexpected"]),
        tuple(clean(name) for name in row["unseen"]),
        _reasons(row["reasons"]),
    )


def _reasons(lines: Iterable[str]) -> tuple[str, ...]:
    # QEMU warns before it says what is wrong; what is no warning comes first.
    return tuple(sorted(map(one_line, lines), key=lambda line: "warning: " in line))


def _answer(change: Mapping[str, Any], everywhere: set[int]) -> Answer:
    before, after = ("not asked" if v is None else v for v in (change["before"], change["after"]))
    vcpus = change["vcpus"]
    where = (
        "" if len(vcpus) > 1 and set(vcpus) == everywhere else f"vCPU {', '.join(map(str, vcpus))}"
    )
    return Answer(clean(change["name"]), clean(before), clean(after), where)


def _labels(numbers: Iterable[int], labels: Sequence[str]) -> str:
    return ", ".join(labels[number] for number in numbers)
