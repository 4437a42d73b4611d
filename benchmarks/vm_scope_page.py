"""What docs/vm-registers.md tells of vm_scope.py's figures: kept, as tables, and drawn.

    python benchmarks/vm_scope_page.py

puts the tables into the page and draws docs/vm-scope-cost.svg once more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from vm_scope_chart import chart

HERE = Path(__file__).resolve().parent
FIGURES = HERE / "vm_scope.json"
DRAWING = HERE.parent / "docs" / "vm-scope-cost.svg"
PAGE = HERE.parent / "docs" / "vm-registers.md"
PARTS = {"vm": "the VM's part", "all": "all"}
PAIRS = ("per vCPU / VM-scoped", "per vCPU / scope flag")
WAYS = ("per vCPU", "VM-scoped", "scope flag")


def keep(part: str, found: list[dict]) -> None:
    """Put ``found`` in the place of that part of the figures: "times", "locks" or "model"."""
    figures = read() if FIGURES.exists() else {}
    FIGURES.write_text(json.dumps({**figures, part: found}, indent=1, sort_keys=True) + "\n")


def read() -> dict[str, list[dict]]:
    return json.loads(FIGURES.read_text())


def draw() -> None:
    """Draw what is kept, and put its tables into the page."""
    figures = read()
    DRAWING.write_text(chart(figures), "utf-8")
    PAGE.write_text(filled(PAGE.read_text("utf-8"), figures), "utf-8")


def filled(page: str, figures: dict[str, list[dict]]) -> str:
    """Return ``page`` with the tables of ``figures`` between its marks."""
    for name, rows in (("times", times(figures)), ("locks", taken(figures))):
        before, mark, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->\n")
        page = f"{before}{mark}{rows}{end}{after}"
    return page


def times(figures: dict[str, list[dict]]) -> str:
    """Return the table of milliseconds: of each kernel both ways, and the first over the second."""
    heads = [f"{part}, ms: {pair}" for part in PARTS.values() for pair in PAIRS]
    lines = []
    for pairs in by_vcpus(figures["times"]):
        init = ratio(*({"seconds": row["first_init"]} for row in pairs[0]))
        lines.append((pairs[0][0], [*cells(pairs, ratio), init]))
    return table([*heads, f"first init, ms: {PAIRS[0]}"], lines)


def taken(figures: dict[str, list[dict]]) -> str:
    """Return the table of locks, three numbers a cell: as the model counts, taken, waited for."""
    heads = [f"{part}: {way}" for part in PARTS.values() for way in WAYS]
    lines = []
    for model, real in zip(by_vcpus(figures["model"]), by_vcpus(figures["locks"]), strict=True):
        beside = list(zip(three(model), three(real), strict=True))
        lines.append((real[0][0], cells(beside, told)))
    return table(heads, lines)


def three(pairs: tuple) -> list[dict]:
    """Return the rows of WAYS. The second kernel's per vCPU is the first one's once more."""
    (each, scoped), (_, flag) = pairs
    return [each, scoped, flag]


def by_vcpus(found: list[dict]) -> list[tuple]:
    """Return, for each number of vCPUs, the two rows of each kernel."""
    return list(zip(*(zip(each["rows"][::2], each["rows"][1::2]) for each in found), strict=True))


def cells(pairs: Iterable[tuple], tell: Callable[[dict, dict], str]) -> list[str]:
    return [tell(one[part], other[part]) for part in PARTS for one, other in pairs]


def table(heads: list[str], lines: list[tuple[dict, list[str]]]) -> str:
    rows = [
        ["vCPUs", *heads],
        ["---"] * (len(heads) + 1),
        *([str(row["vcpus"]), *told] for row, told in lines),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def ratio(one: dict, other: dict) -> str:
    a, b = one["seconds"], other["seconds"]
    return f"{a * 1e3:.2f} / {b * 1e3:.2f} = **{a / b:.1f}**"


def told(model: dict, real: dict) -> str:
    counted, _ = locks(model) or (0, 0)
    taken, waited = locks(real) or (0, 0)
    return f"{counted}, {taken}, {waited}"


def locks(cost: dict) -> tuple[int, int] | None:
    """Return how often locks of the VM's were taken and waited for; None where nobody counted."""
    counts = list(cost["locks"].values())
    if not counts:
        return None
    return sum(taken for taken, _ in counts), sum(waited for _, waited in counts)


if __name__ == "__main__":
    sys.exit(draw())
