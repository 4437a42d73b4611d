"""Plans for people: proved, or the stories that break them, a line for each thing that happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.compat.effects import GOOD
from guestabi.fleet.plan.found import PROPERTIES
from guestabi.report import plan_words
from guestabi.report.clean import clean, one_line
from guestabi.report.counted import plural
from guestabi.report.places import place as register_place
from guestabi.report.values import hexed

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.fleet.plan.proof import Proof, Told
    from guestabi.fleet.plan.repair import Repair
    from guestabi.fleet.plan.replay import Tried
    from guestabi.fleet.plan.shape import Plan

LOOKS = {
    "proved": ("✓", "green"),
    "broken": ("✗", "bold red"),
    "unknown": ("?", "magenta"),
    "vacuous": ("?", "magenta"),
}

_MARKS = {
    "same": ("=", "green"),
    "benign": ("✓", "green"),
    "changed": ("~", "bold yellow"),
    "unknown": ("?", "magenta"),
    "refused": ("✗", "bold red"),
}

_SHOWN_FINDINGS = 8
_SHOWN_TRIES = 12

_SAID = {
    "vacuous": "no guest goes anywhere: this proves nothing",
    "unknown": "nothing is known to break it, but not all is known",
}


def render(proof: Proof) -> RenderableType:
    """Return the verdict, what holds, and each story with what stands behind its end."""
    symbol, style = LOOKS[proof.verdict]
    found = proof.found
    head = Text.assemble(
        (f"{symbol} {proof.verdict}", style), "  ", (clean(proof.plan.name), "bold")
    )
    counts = [
        (found.states, "state"),
        (found.transitions, "transition"),
        (found.moves, "different move"),
        (len(proof.plan.steps), "step"),
        (len(proof.plan.groups), "group"),
    ]
    parts: list[RenderableType] = [
        head,
        Text(f"  {', '.join(plural(*each) for each in counts)}", "dim"),
    ]
    if proof.verdict in _SAID:
        parts.append(Text(f"  {_SAID[proof.verdict]}", style))
    parts += [Text(""), _properties(proof)]
    for told in proof.stories:
        parts += [Text(""), *story(proof.plan, told)]
    if proof.notes:
        parts.append(Text(""))
        parts += [Text(f"note: {one_line(note)}", "yellow") for note in proof.notes]
    return Group(*parts)


def story(plan: Plan, told: Told) -> Iterator[RenderableType]:
    """Yield one story: numbered lines, and what was tried at its end."""
    failure = told.failure
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for number, event in enumerate(failure.events):
        table.add_row(Text(f"{number + 1}", "dim"), Text(plan_words.line(plan, event)))
    symbol, style = ("✗", "bold red") if failure.sure else ("?", "magenta")
    table.add_row(Text(symbol, style), Text(plan_words.end(plan, told), style))
    sure = "not so" if failure.sure else "not known"
    yield Text(f"{PROPERTIES[failure.property]}: {sure}", "bold")
    yield Padding(table, (0, 0, 0, 2))
    for alike in _alike(told.tried):
        yield Padding(_tried(alike, failure.kind), (0, 0, 0, 5))


def _properties(proof: Proof) -> Table:
    table = Table.grid(padding=(0, 1))
    broken = {told.failure.property: told.failure.sure for told in reversed(proof.stories)}
    for name, meaning in PROPERTIES.items():
        symbol, style = ("✓", "green")
        if proof.verdict == "vacuous":
            symbol, style = ("·", "dim")
        elif name in broken:
            symbol, style = ("✗", "bold red") if broken[name] else ("?", "magenta")
        table.add_row(Text(f"  {symbol}", style), Text(meaning))
    return table


def _alike(tried: Iterable[Tried]) -> list[list[Tried]]:
    """What came to the same for the same reasons, together."""
    found: dict[object, list[Tried]] = {}
    for each in tried:
        prints = tuple(finding.fingerprint for finding in each.findings)
        key = (each.place.config, each.effect, prints, each.foreign)
        found.setdefault(key, []).append(each)
    return list(found.values())


def _tried(alike: list[Tried], kind: str) -> Table:
    first = alike[0]
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    symbol, style = _MARKS[first.effect]
    names = " and ".join(clean(each.place.group) for each in alike)
    verb = "to boot on" if kind == "birth" else "to"
    said = f"{verb} {names} ({clean(first.place.config.label)}): {first.effect}"
    table.add_row(Text(symbol, style), Text(said))
    if first.foreign:
        table.add_row(Text(""), Text("its VMM does not read what this one saves", "dim"))
    bad = [each for each in first.findings if each.effect not in GOOD]
    for finding in bad[:_SHOWN_FINDINGS]:
        table.add_row(Text(""), _finding(finding))
    if len(bad) > _SHOWN_FINDINGS:
        table.add_row(Text(""), Text(f"and {len(bad) - _SHOWN_FINDINGS} more", "dim"))
    harmless = [name for each in first.findings if each.effect in GOOD for name in each.members]
    if harmless and bad:
        more = f" and {len(harmless) - 6} more" if len(harmless) > 6 else ""
        said = f"· differs too, unseen by the guest: {', '.join(harmless[:6])}{more}"
        table.add_row(Text(""), Text(clean(said), "dim"))
    return table


def _finding(finding: Finding) -> Text:
    symbol, style = _MARKS[finding.effect]
    text = Text.assemble((f"{symbol} ", style), one_line(finding.title))
    if finding.count == 1 and finding.source is not None and finding.destination is not None:
        where = clean(register_place(finding))
        text.append(f"  {where} {hexed(finding.source)} → {hexed(finding.destination)}", "cyan")
    elif finding.count > 1:
        shown = ", ".join(finding.members[:4])
        more = f" and {finding.count - 4} more" if finding.count > 4 else ""
        text.append(f"  {clean(shown)}{more}", "cyan")
    return text


def repaired(found: Repair, path: str | None) -> RenderableType:
    """Return what a repair changes, or why there is none."""
    parts: list[RenderableType] = []
    if found.proof is not None:
        head = Text.assemble(("✓ repaired", "green"), "  proved anew, with")
        parts += [head, *(Text(f"  {one_line(each.words)}") for each in found.edits), Text("")]
        parts.append(Text(f"  {found.proof.found.states:,} states", "dim"))
        parts += [Text(f"note: {one_line(note)}", "yellow") for note in found.proof.notes]
        if path:
            parts.append(Text(f"  written to {clean(path)}", "dim"))
        return Group(*parts)
    said = "none of the repairs that are tried mends it" if found.tried else "nothing to try"
    parts.append(Text.assemble(("✗ no repair", "bold red"), f": {said}"))
    for each in found.tried[:_SHOWN_TRIES]:
        parts.append(Text(f"  {'; '.join(one_line(edit.words) for edit in each.edits)}"))
        parts.append(Text(f"    still: {one_line(each.left)}", "dim"))
    rest = len(found.tried) - _SHOWN_TRIES
    if rest > 0:
        parts.append(Text(f"  and {rest} more combinations", "dim"))
    if found.cut:
        parts.append(Text("not every combination was tried: there are too many", "yellow"))
    return Group(*parts)
