"""A plan for a fleet: groups that say ``profile = "*"`` become one group for each class of hosts
that the fleet has under that label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Optional, TypeVar

import msgspec

from guestabi.errors import BadInput, UnknownName
from guestabi.fleet.plan.resolve import Sources
from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find

ANY = "*"
PREFIX = "class "
_MIDR = find("MIDR_EL1").id

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Found:
    """``hosts`` of the fleet that have one label, one profile, and run one VMM (None: not told)."""

    label: str
    profile: HostProfile
    vmm: Optional[str]
    hosts: int


def expand(
    file: PlanFile, path: str, found: Sequence[Found], sources: Sources
) -> tuple[PlanFile, Sources]:
    """Return the plan with its ``*`` groups spelled out, and sources that know the classes.

    ``hosts`` of such a group is how many the fleet must have at least. A kernel step that names a
    series takes each class to the fleet's own class of that CPU and series, else to a shipped
    capture. Raises BadInput for a label that no host has, or too few.
    """
    names: dict[str, list[str]] = {}
    rows: list[GroupRow] = []
    for row in file.group:
        if row.profile != ANY:
            rows.append(row)
            names[row.name] = [row.name]
            continue
        mine = sorted(
            (each for each in found if each.label == row.name),
            key=lambda each: (each.profile.digest, each.vmm or ""),
        )
        _enough(row, mine, path)
        made = _rows(row, mine)
        rows += made
        names[row.name] = [each.name for each in made]
    steps = [_step(step, names) for step in file.step]
    spelled = _with(file, group=rows, step=steps)
    spelled = _with(spelled, moves=_pairs(file.moves, names), births=_list(file.births, names))
    guests = [row.group for row in file.guests if len(names[row.group]) > 1]
    if guests:
        raise BadInput(path, f"guests in {guests[0]!r}: that group is of several classes")
    return spelled, _sources(sources, [each.profile for each in found])


def _enough(row: GroupRow, mine: Sequence[Found], path: str) -> None:
    have = sum(each.hosts for each in mine)
    if not have:
        raise BadInput(
            path,
            f"group {row.name!r}: no host of the fleet has that label",
            hint="guestabi fleet list DIR shows the groups",
        )
    if have < row.hosts:
        raise BadInput(
            path, f"group {row.name!r}: the fleet has {have} hosts, fewer than {row.hosts}"
        )
    others = sorted({each.vmm for each in mine if each.vmm not in (None, row.vmm)} - {None})
    if row.vmm != ANY and others:
        said = f"group {row.name!r}: the fleet has hosts there that run {others[0]}"
        raise BadInput(path, said, hint='vmm = "*" takes each host under the VMM that it runs')
    if row.vmm == ANY and any(each.vmm is None for each in mine):
        raise BadInput(path, f"group {row.name!r}: the fleet does not tell the VMM of every host")


def _rows(row: GroupRow, mine: Sequence[Found]) -> list[GroupRow]:
    """One group a class, and where the plan asks for the fleet's own VMMs one for each of them."""
    hosts: dict[tuple[str, str], int] = {}
    for each in mine:
        vmm = each.vmm if row.vmm == ANY and each.vmm is not None else row.vmm
        key = (each.profile.digest, vmm)
        hosts[key] = hosts.get(key, 0) + each.hosts
    return [
        GroupRow(
            f"{row.name}/{digest[:12]}" + (f"/{vmm}" if row.vmm == ANY else ""),
            PREFIX + digest,
            vmm,
            number,
        )
        for (digest, vmm), number in hosts.items()
    ]


def _step(step: StepRow, names: Mapping[str, list[str]]) -> StepRow:
    groups = None if step.groups is None else [n for each in step.groups for n in names[each]]
    moves = None if step.moves is None else _pairs(step.moves, names)
    births = None if step.births is None else _list(step.births, names)
    return _with(step, groups=groups, moves=moves, births=births)


def _pairs(said: object, names: Mapping[str, list[str]]) -> object:
    if not isinstance(said, list):
        return said
    return [(a, b) for one, two in said for a in names[one] for b in names[two]]


def _list(said: object, names: Mapping[str, list[str]]) -> object:
    return [n for each in said for n in names[each]] if isinstance(said, list) else said


def _with(row: T, **changes: object) -> T:
    changed: T = msgspec.structs.replace(row, **changes)
    return changed


def _sources(sources: Sources, profiles: Iterable[HostProfile]) -> Sources:
    by_digest = {each.digest: each for each in profiles}

    def profile(name: str) -> HostProfile:
        if not name.startswith(PREFIX):
            return sources.profile(name)
        wanted = name.removeprefix(PREFIX)
        found = [each for digest, each in by_digest.items() if digest.startswith(wanted)]
        if len(found) != 1 or len(wanted) < 12:
            raise UnknownName("class", wanted, by_digest)
        return found[0]

    return replace(
        sources,
        profile=_quick(by_digest, profile),
        successor=_successor(by_digest.values(), sources),
    )


def _quick(
    known: Mapping[str, HostProfile], slow: Callable[[str], HostProfile]
) -> Callable[[str], HostProfile]:
    return lambda name: known.get(name.removeprefix(PREFIX)) or slow(name)


def _successor(
    profiles: Iterable[HostProfile], sources: Sources
) -> Callable[[HostProfile, str], HostProfile]:
    by_cpu: dict[object, list[HostProfile]] = {}
    for each in profiles:
        by_cpu.setdefault(_cpu(each), []).append(each)

    def successor(old: HostProfile, series: str) -> HostProfile:
        of_series = [
            each
            for each in by_cpu.get(_cpu(old), [])
            if each.kernel == series
            or each.kernel.startswith((f"{series}.", f"{series}-", f"{series}+"))
        ]
        if len(of_series) > 1:
            names = ", ".join(each.digest[:12] for each in of_series[:4])
            raise UnknownName(
                "one class of that CPU and kernel",
                series,
                (),
                hint=f"{old.label} may become any of {names}: name one, for each profile",
            )
        return of_series[0] if of_series else sources.successor(old, series)

    return successor


def _cpu(profile: HostProfile) -> object:
    return profile.defaults.get(_MIDR), profile.features
