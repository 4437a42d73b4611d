"""The generated parts of docs/designs.md: :func:`page` returns the whole page, brought up to date.

In the page, ``<!-- WHAT ARGUMENTS -->`` .. ``<!-- end -->`` encloses what is generated: ``table``,
``designs``, ``behaviours``, ``grid DESIGN``, ``story DESIGN PROPERTY BEHAVIOUR``, ``space`` or
``entry-gate DESIGN BEHAVIOUR``. All else is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from guestabi.model import space, story, table
from guestabi.model.explore import BOUND, Bound, check
from guestabi.model.properties import PROPERTIES
from guestabi.model.replay import replay
from guestabi.model.semantics import BEHAVIOURS, DESIGNS
from guestabi.model.table import Cell
from guestabi.model.world import Rules

PAGE = Path(__file__).resolve().parent.parent / "docs" / "designs.md"
BLOCK = re.compile(r"(<!-- ((?:table|designs|behaviours|grid|story|space|entry-gate)\b.*?) -->\n)")
END = "<!-- end -->\n"
SMALL = Bound(kernels=2, vmms=2)


def page() -> str:
    """Return docs/designs.md with every generated part as the explorer finds it now."""
    text = PAGE.read_text(encoding="utf-8")
    parts, at = [], 0
    for found in BLOCK.finditer(text):
        end = text.index(END, found.end())
        what, *arguments = found.group(2).split()
        parts += [text[at : found.end()], MAKERS[what](*arguments)]
        at = end
    return "".join(parts) + text[at:]


@cache
def column(design: str) -> dict[str, Cell]:
    """Return what the explorer finds of a design, property by property."""
    return table.column(DESIGNS[design])


def _table() -> str:
    lines = ["| | " + " | ".join(DESIGNS) + " |", "|---" * (len(DESIGNS) + 1) + "|"]
    for name, row in PROPERTIES.items():
        cells = [_mark(column(design)[name]) for design in DESIGNS]
        lines.append(f"| **{name} {row.name}**: {row.meaning} | " + " | ".join(cells) + " |")
    states = sum(table.explored(column(design)) for design in DESIGNS)
    failed = sum(
        not told.answer.holds
        for design in DESIGNS
        for cell in column(design).values()
        for told in cell.behaviours.values()
    )
    lines.append(
        f"\n{states:,} states: {BOUND.kernels} kernel versions, {BOUND.vmms} VMM versions, "
        f"{BOUND.hosts} hosts, {BOUND.vcpus} vCPUs. {failed} failures, each one replayed."
    )
    return "\n".join(lines) + "\n"


def _mark(cell: Cell) -> str:
    answers = [told.answer for told in cell.behaviours.values()]
    failed = sum(not answer.holds for answer in answers)
    if failed:
        return f"✗ {failed}/{len(answers)}"
    if any(answer.refuses for answer in answers):
        return "✓ refuses"
    return "✓ until run" if any(answer.window for answer in answers) else "✓"


def _rows(rows: dict[str, str]) -> str:
    return "|||\n|---|---|\n" + "".join(f"| `{name}` | {says} |\n" for name, says in rows.items())


def _designs() -> str:
    return _rows({row.name: row.title for row in DESIGNS.values()})


def _behaviours() -> str:
    return _rows({row.name: row.title for row in BEHAVIOURS.values()})


def _grid(design: str) -> str:
    cells = column(design)
    lines = ["| | " + " | ".join(cells) + " |", "|---" * (len(cells) + 1) + "|"]
    for behaviour in BEHAVIOURS:
        marks = []
        for cell in cells.values():
            told = cell.behaviours.get(behaviour)
            marks.append(_mark(Cell({behaviour: told})).split("/")[0][:11] if told else "·")
        plain = [mark.replace("✗ 1", "✗") for mark in marks]
        lines.append(f"| `{behaviour}` | " + " | ".join(plain) + " |")
    return "\n".join(lines) + "\n"


def _story(design: str, name: str, behaviour: str) -> str:
    return _block(column(design)[name].behaviours[behaviour].story)


def _block(lines: tuple[str, ...] | list[str]) -> str:
    if not lines:
        raise SystemExit("a story is asked for where nothing fails")
    numbered = [f"{number:>2} {line}" for number, line in enumerate(lines[:-1], 1)]
    return "```\n" + "\n".join([*numbered, f"   {lines[-1]}"]) + "\n```\n"


def _entry_gate(design: str, behaviour: str) -> str:
    row = PROPERTIES["P9"]._replace(asks=Rules(others_set=True, gate="entry"))
    (answer,) = check(DESIGNS[design], BEHAVIOURS[behaviour], [row])
    if answer.failure is None:
        raise SystemExit("the gate at the entry alone is enough after all")
    replay(DESIGNS[design], BEHAVIOURS[behaviour], "P9", answer.failure)
    return _block(story.tell(DESIGNS[design], BEHAVIOURS[behaviour], "P9", answer.failure))


def _space() -> str:
    count = len(list(space.designs()))
    others = [row for row in BEHAVIOURS.values() if row.name != "list-checked"]
    questions = (
        ("P4 and P5", "`list-checked`", ["P4", "P5"], [BEHAVIOURS["list-checked"]]),
        ("P3", "`curated`", ["P3"], [BEHAVIOURS["curated"]]),
        ("all but P3", "all but `list-checked`", [n for n in PROPERTIES if n != "P3"], others),
    )
    lines = ["| promises | behaviours | designs that keep them |", "|---|---|---|"]
    for promises, said, names, behaviours in questions:
        kept = space.keeping(names, behaviours, SMALL)
        which = "; ".join(f"{each.name}" for each in kept)
        answer = f"{len(kept)} of {count}" + (f": {which}" if which else "")
        lines.append(f"| {promises} | {said} | {answer} |")
    return "\n".join(lines) + "\n"


MAKERS: dict[str, Callable[..., str]] = {
    "table": _table,
    "designs": _designs,
    "behaviours": _behaviours,
    "grid": _grid,
    "story": _story,
    "space": _space,
    "entry-gate": _entry_gate,
}

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
