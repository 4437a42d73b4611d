"""The matrix as data: the verdict of one question for every ordered pair of hosts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Sequence

from guestabi.profile.host import HostProfile
from guestabi.report.counted import plural

EMULATED = "The CPUs are an emulator's models; lists, defaults and answers are the kernels' own."
"""Said wherever results from the lab are shown."""

Reasons = Callable[[HostProfile, HostProfile], tuple[str, ...]]


@dataclass(frozen=True)
class Grid:
    """``verdicts[i][j]``: a guest of host i, asked ``question`` about host j.

    For ``forward`` that is: born on i, moves to j. ``names`` are distinct. ``releases`` are the
    kernels. ``reasons[i][j]`` are the first findings of that cell in words; empty where none
    were asked for. ``emulated``: at least one host's CPU was an emulator's model.
    """

    vmm: str
    question: str
    names: tuple[str, ...]
    releases: tuple[str, ...]
    verdicts: tuple[tuple[str, ...], ...]
    reasons: tuple[tuple[tuple[str, ...], ...], ...] = ()
    emulated: bool = False

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "schema": 1,
            "vmm": self.vmm,
            "question": self.question,
            "profiles": list(self.names),
            "verdicts": [list(row) for row in self.verdicts],
        }

    def moves(self) -> list[tuple[int, int]]:
        """Every ordered pair of two different hosts."""
        count = len(self.names)
        return [(i, j) for i in range(count) for j in range(count) if i != j]

    def counts(self) -> Counter[str]:
        """How many moves have which verdict; the diagonal is no move."""
        return Counter(self.verdicts[i][j] for i, j in self.moves())

    def direction(self, i: int, j: int) -> int:
        """1 if j runs a newer kernel than i, -1 if an older one, 0 if the same."""
        a, b = natural(self.releases[i]), natural(self.releases[j])
        return (b > a) - (b < a)

    def headline(self) -> str:
        """One line that counts: ``110 moves: 43 refused (34 rollbacks, 9 upgrades), ...``."""
        moves = self.moves()
        parts = []
        for verdict in ("refused", "unknown", "changed", "benign", "same"):
            ways = [self.direction(i, j) for i, j in moves if self.verdicts[i][j] == verdict]
            if ways:
                parts.append(f"{len(ways):,} {verdict}{_ways(ways)}")
        return f"{plural(len(moves), 'move')}: {', '.join(parts)}" if moves else "no moves"


def build(
    hosts: Sequence[HostProfile],
    vmm: str,
    question: str,
    verdicts: Sequence[Sequence[str]],
    reasons: Reasons | None = None,
) -> Grid:
    """Return the grid of ``verdicts[i][j]``; ``reasons``, where given, is asked about every pair
    that is not ``same``.
    """
    said: tuple[tuple[tuple[str, ...], ...], ...] = ()
    if reasons is not None:
        said = tuple(
            tuple(() if verdicts[i][j] == "same" else reasons(a, b) for j, b in enumerate(hosts))
            for i, a in enumerate(hosts)
        )
    return Grid(
        vmm,
        question,
        _distinct([host.label for host in hosts]),
        tuple(host.kernel for host in hosts),
        tuple(tuple(row) for row in verdicts),
        said,
        any(host.emulated_cpu for host in hosts),
    )


def natural(text: str) -> list[tuple[int, str]]:
    """A sort key in which 6.2 comes before 6.12."""
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(int(part), "") if part[0] in "0123456789" else (-1, part) for part in parts]


def _ways(ways: list[int]) -> str:
    named = ((ways.count(-1), "rollback"), (ways.count(1), "upgrade"), (ways.count(0), "sideways"))
    said = ", ".join(
        f"{count:,} {word}" if word == "sideways" else plural(count, word)
        for count, word in named
        if count
    )
    return f" ({said})"


def _distinct(names: list[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(found)
