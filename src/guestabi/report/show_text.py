"""A profile for people: what was measured, and how."""

from __future__ import annotations

from collections import Counter

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import lookup
from guestabi.report.clean import clean
from guestabi.report.register_text import fields_table
from guestabi.report.values import hexed


def render(profile: HostProfile) -> RenderableType:
    """Return the whole page."""
    parts: list[RenderableType] = [_header(profile)]
    parts += _section("registers, by scope and window", _summary(profile))
    parts += _section("firmware registers and bitmaps", _identified(profile, "firmware", "bitmap"))
    parts += _section("identification registers", _identified(profile, "identification"))
    parts += _section("devices", _devices(profile))
    parts += _section("capabilities", _capabilities(profile))
    return Group(*parts)


def _section(title: str, body: RenderableType | None) -> list[RenderableType]:
    if body is None:
        return []
    return [Text.assemble("\n", (title, "bold")), Padding(body, (0, 0, 0, 2))]


def _header(profile: HostProfile) -> RenderableType:
    taken, vm, host = profile.record.taken, profile.record.vm, profile.record.host
    table = Table.grid(padding=(0, 2))
    for label, value in (
        ("kernel", f"{taken.kernel_release}  {taken.kernel_version}"),
        ("CPU", _cpu(profile)),
        ("VM", _vm(profile)),
        ("enabled", ", ".join(vm.enabled_caps)),
        ("offers", ", ".join(host.vcpu_features)),
        ("taken by", _calls(profile)),
        ("digest", profile.digest),
        *(("note", note) for note in taken.notes),
    ):
        if value:
            table.add_row(Text(label, "dim"), Text(clean(value)))
    return Group(Text(clean(profile.label), "bold"), Padding(table, (0, 0, 0, 2)))


def _vm(profile: HostProfile) -> str:
    vm, bits = profile.record.vm, profile.record.host.ipa_bits
    features = ", ".join(vm.features) or "no features"
    return f"{features}; GIC {vm.gic or 'none'}; {vm.vcpus} vCPUs; IPA {bits} bits"


def _cpu(profile: HostProfile) -> str:
    emulator = profile.record.taken.emulator
    if emulator is None:
        return "the host's own"
    return f"{emulator.cpu}, a model in {emulator.program}: hardware-derived values are the model's"


def _calls(profile: HostProfile) -> str:
    taken = profile.record.taken
    calls = sum(taken.calls.values())
    return f"{taken.tool}, {calls} ioctls" if calls else taken.tool


def _summary(profile: HostProfile) -> RenderableType:
    rows = profile.registers.values()
    counts = Counter((row.scope, row.window) for row in rows)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for column, side in (("scope", "left"), ("writable", "left"), ("registers", "right")):
        table.add_column(column, justify=side)  # type: ignore[arg-type]
    for (scope, window), count in sorted(counts.items()):
        table.add_row(scope, window, str(count))
    volatile = sum(row.volatile for row in rows)
    table.add_row("", "in all", str(len(rows)), style="bold")
    return Group(table, Text(f"{volatile} of them move by themselves", "dim"))


def _identified(profile: HostProfile, *roles: str) -> RenderableType | None:
    parts: list[RenderableType] = []
    for id, row in profile.registers.items():
        entry = lookup(id)
        if entry is None or entry.role not in roles:
            continue
        head = Text.assemble((entry.name, "cyan"), f"  {hexed(row.default)}  ")
        parts.append(head.append(f"{row.scope}, {row.window}", "dim"))
        body = fields_table(row, skip_zero=True)
        if body is not None:
            parts.append(Padding(body, (0, 0, 0, 2)))
    return Group(*parts) if parts else None


def _devices(profile: HostProfile) -> RenderableType | None:
    if not profile.devices:
        return None
    table = Table.grid(padding=(0, 2))
    for row in profile.devices:
        taken = [p.value for p in row.patterns if p.errno is None and p.got is None]
        accepts = f"accepts {', '.join(taken)}" if taken else ""
        name = Text(clean(f"{row.device} {row.attribute}"), "cyan")
        table.add_row(name, Text(hexed(row.default)), Text(accepts, "dim"))
    return table


def _capabilities(profile: HostProfile) -> RenderableType | None:
    names = sorted(profile.capabilities.items())
    if not names:
        return None
    cells = [Text.assemble((clean(n).removeprefix("KVM_CAP_"), "cyan"), f" {v}") for n, v in names]
    return Columns(cells, padding=(0, 3), equal=True)
