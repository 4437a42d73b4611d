"""Baselines for people: what is pinned and why, why there is none, and who may join."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from guestabi.registers.catalogue import name_of
from guestabi.report.clean import clean, one_line
from guestabi.report.values import hexed

if TYPE_CHECKING:
    from guestabi.fleet.admission import Admission
    from guestabi.fleet.baseline import Baseline, NoBaseline, Pin
    from guestabi.fleet.beyond import Beyond
    from guestabi.fleet.unknown import Unknown

_LOOKS = {
    "admitted": ("✓", "green"),
    "refused": ("✗", "bold red"),
    "unknown": ("?", "magenta"),
}


def render(baseline: Baseline) -> RenderableType:
    """Return the name, the hosts, every pin with its reason, and what is not known."""
    parts: list[RenderableType] = [_title(baseline), _hosts(baseline.hosts), Text("")]
    for pin in baseline.pins:
        parts += [_pin(pin), Text(f"  {one_line(pin.reason)}", "dim")]
    if not (baseline.pins or baseline.unknown):
        parts.append(Text("= no pin is needed: guests of these hosts see the same", "green"))
    if baseline.dead:
        names = ", ".join(map(name_of, baseline.dead))
        parts.append(Text(f"\nnot compared, as their features are absent: {clean(names)}", "dim"))
    if baseline.unknown:
        parts.append(Text("\n? not known", "magenta"))
        parts += map(_unknown, baseline.unknown)
    return Group(*parts)


def _unknown(each: Unknown) -> Text:
    said = f" ({', '.join(map(one_line, each.hosts))}): {one_line(each.reason)}"
    return Text.assemble("  ", (clean(name_of(each.id)), "cyan"), said)


def held_by_none(found: tuple[Beyond, ...] | None) -> RenderableType:
    """Return what no pin holds between the hosts; None: there are too many to ask every pair."""
    if found is None:
        return Text("\nmany hosts: guestabi matrix --question pinned says what no pin holds", "dim")
    if not found:
        return Group()
    parts: list[RenderableType] = [Text("\nno pin holds, from host to host:", "yellow")]
    for each in found:
        more = f" and on {each.pairs - 1} more pairs" if each.pairs > 1 else ""
        said = f"{each.rule}  {clean(each.source)} → {clean(each.destination)}{more}"
        parts.append(Text.assemble((f"  {clean(each.register)}", "cyan"), (f"  {said}", "dim")))
    return Group(*parts)


def refusal(found: NoBaseline) -> RenderableType:
    """Return the smallest set of hosts without a baseline, and where they disagree."""
    head = Text.assemble(("✗ no baseline", "bold red"), ": no guest ABI suits all of these hosts")
    hosts = _hosts((host.label, host.digest) for host in found.hosts)
    clashes = [
        Text(f"  {_place(clash.name, clash.fields)}", "cyan") for clash in found.conflict.clashes
    ]
    return Group(head, hosts, Text("\nthey disagree on"), *clashes)


def admission(found: Admission) -> RenderableType:
    """Return the verdict, and the host's answer to each pin."""
    symbol, style = _LOOKS[found.verdict]
    head = Text.assemble(
        (f"{symbol} {found.verdict}", style), "  ", (clean(found.host.label), "bold")
    )
    parts: list[RenderableType] = [head, Text.assemble("  to ", _title(found.baseline))]
    for each in (*found.pins, *found.others):
        symbol, style = _LOOKS[each.verdict]
        untold = each in found.others and each.verdict == "unknown"
        what = Text(clean(name_of(each.pin.id)), "cyan") if untold else _pin(each.pin)
        parts.append(Text.assemble((f"{symbol} ", style), what))
        parts.append(Text(f"  {one_line(each.reason)}", "dim"))
    return Group(*parts)


def _title(baseline: Baseline) -> Text:
    name = Text(clean(baseline.name), "bold")
    return name.append(f" version {baseline.version}  {baseline.digest[:12]}", "not bold")


def _hosts(hosts: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for label, digest in hosts:
        table.add_row(Text(f"  {clean(label)}"), Text(digest[:12], "dim"))
    return table


def _pin(pin: Pin) -> Text:
    return Text.assemble((_place(name_of(pin.id), pin.fields), "cyan"), f" = {hexed(pin.value)}")


def _place(name: str, fields: tuple[str, ...]) -> str:
    return clean(f"{name}.{', '.join(fields)}" if fields else name)
