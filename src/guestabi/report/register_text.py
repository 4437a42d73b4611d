"""One register of one profile, in full."""

from __future__ import annotations

from typing import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import field_segments, lookup, name_of
from guestabi.report.clean import clean
from guestabi.report.values import NOTHING, accepted, hexed, meaning
from guestabi.uapi.regid import hex_id

STAGES = {
    "others-init": "after the other vCPUs' init",
    "finalized": "after finalize",
    "ran": "after the first run of any vCPU",
}


def render(profile: HostProfile, register: ProbedRegister) -> RenderableType:
    """Return everything that the profile says about ``register``."""
    entry = lookup(register.id)
    head = Text.assemble((name_of(register.id), "bold cyan"), "  ", (hex_id(register.id), "dim"))
    parts: list[RenderableType] = [Text(clean(profile.label), "dim"), head]
    if entry is not None:
        parts.append(Text(entry.summary))
    parts.append(Padding(_facts(register), (1, 0, 0, 2)))
    bodies = (fields_table(register), _measured(register), _patterns(register), _stages(register))
    for body in bodies:
        if body is not None:
            parts.append(Padding(body, (1, 0, 0, 2)))
    return Group(*parts)


def _facts(register: ProbedRegister) -> Table:
    table = Table.grid(padding=(0, 2))
    said = {True: "yes", False: "no", None: "not measured"}
    for label, value in (
        ("default", "volatile" if register.default is None else hexed(register.default)),
        ("size", f"{8 * register.size} bits"),
        ("scope", register.scope),
        ("writable", register.window),
        ("survives another vCPU's init", said[register.survives_other_init]),
        ("survives its own re-init", said[register.survives_reinit]),
    ):
        table.add_row(Text(label, "dim"), Text(value))
    return table


def fields_table(register: ProbedRegister, *, skip_zero: bool = False) -> Table | None:
    """Return field, bits, value, meaning, accepted; None for an opaque or volatile register.

    ``skip_zero`` leaves out fields that are 0 and cannot be anything else.
    """
    entry = lookup(register.id)
    if register.default is None or entry is None or not entry.fields:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("field", "bits", "value", "meaning", "accepts"):
        table.add_column(column)
    for name, low, width in field_segments(register.id):
        raw = register.default >> low & (1 << width) - 1
        accepts = accepted(register, low, width)
        dull = accepts in ("fixed", "not measured") or (name is None and accepts.startswith("0 of"))
        if not raw and dull and (skip_zero or name is None):
            continue
        table.add_row(*_row(register, name, low, width, raw, accepts))
    return table if table.row_count else None


def _row(
    register: ProbedRegister, name: str | None, low: int, width: int, raw: int, accepts: str
) -> tuple[Text, ...]:
    place = f"[{low + width - 1}:{low}]" if width > 1 else f"[{low}]"
    said = meaning(register.id, low, width, register.default)
    shown = str(raw) if raw < 1 << 16 else hex(raw)
    return (
        Text(name or "(unnamed)", "cyan" if name else "dim"),
        Text(place, "dim"),
        Text(shown),
        Text(said or NOTHING),
        Text(accepts, "dim" if accepts == "fixed" else ""),
    )


def _measured(register: ProbedRegister) -> Table | None:
    """What was measured in other pieces than the catalogue's fields: a version, a number."""
    known = {(low, width) for _, low, width in field_segments(register.id)}
    odd = [f for f in register.fields or () if (f.low, f.width) not in known]
    if not odd:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("bits tried as one", "accepts", "refuses"):
        table.add_column(column)
    for field in odd:
        place = f"[{field.low + field.width - 1}:{field.low}]"
        refuses = _spans(field.record.refuses) or ("" if not field.record.complete else "the rest")
        table.add_row(Text(place, "dim"), Text(_spans(field.record.accepts)), Text(refuses))
    return table


def _spans(ranges: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{a:#x}" if a == b else f"{a:#x}-{b:#x}" for a, b in ranges)


def _patterns(register: ProbedRegister) -> Table | None:
    if not register.patterns:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("value tried")
    table.add_column("answer")
    for row in register.patterns:
        if row.errno is not None:
            said = Text(f"refused, {clean(row.errno)}", "red")
        elif row.got != row.value:
            said = Text(f"accepted, reads {hexed(row.got)}", "yellow")
        else:
            said = Text("accepted", "green")
        table.add_row(Text(hexed(row.value)), said)
    return table


def _stages(register: ProbedRegister) -> Table | None:
    if not register.stages:
        return None
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column in ("when", "same value", "another value"):
        table.add_column(column)
    for stage, (same, other) in register.stages.items():
        where = STAGES.get(stage, clean(stage))
        table.add_row(Text(where), Text(clean(same)), Text(clean(other or NOTHING)))
    return table
