"""From a plan's file to a plan: profiles, policies, pins and groups are looked up, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, Union

from guestabi.errors import BadInput, GuestAbiError
from guestabi.fleet import pinning
from guestabi.fleet.plan.shape import ROLLING, Config, Fleet, Group, Guests, Plan, Step
from guestabi.fleet.plan.written import PlanFile, StepRow
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find

_SERIES = re.compile(r"\d+\.\d+(\.\d+)*")
T = TypeVar("T")

_MIDR = find("MIDR_EL1").id


@dataclass(frozen=True)
class Sources:
    """Where names lead. Each raises GuestAbiError for what it does not know.

    ``profile(name)``; ``policy(name)``; ``pins(path)`` of a baseline or pin file;
    ``successor(profile, series)``: the profile of the same CPU under a kernel of that series;
    ``hops(old, new)``: names of profiles of that CPU with kernels between the two.
    """

    profile: Callable[[str], HostProfile]
    policy: Callable[[str], Policy]
    pins: Callable[[str], Mapping[int, int]]
    successor: Callable[[HostProfile, str], HostProfile]
    hops: Callable[[HostProfile, HostProfile], Sequence[str]]


def resolve(file: PlanFile, path: str, sources: Sources) -> Plan:
    """Return the plan that ``file`` (read from ``path``) stands for. Raises BadInput."""
    return _Resolving(file, path, sources).plan()


class _Resolving:
    def __init__(self, file: PlanFile, path: str, sources: Sources) -> None:
        self.file = file
        self.path = path
        self.sources = sources
        self.names = tuple(row.name for row in file.group)
        self.rows = {row.name: row for row in file.group}
        self.tables: dict[str, dict[str, str]] = {}

    def plan(self) -> Plan:
        groups = tuple(
            Group(row.name, self.config(row.profile, row.vmm, f"group {row.name!r}"), row.hosts)
            for row in self.file.group
        )
        configs = {group.name: group.config for group in groups}
        pins = pinning.parse(self.file.pins, self.path)
        start = Fleet(
            configs,
            dict.fromkeys(self.names, pins),
            frozenset(),
            self.moves(self.file.moves) or "anywhere",
            self.births(self.file.births),
        )
        steps, fleet = [], start
        for row in self.file.step:
            steps.append(self.step(row, fleet))
            fleet = fleet.after(steps[-1])
        guests = tuple(
            Guests(
                row.name,
                row.group,
                row.count,
                self.config(
                    row.born or self.of_group(row.group, "profile"),
                    row.vmm or self.of_group(row.group, "vmm"),
                    f"guests {row.name!r}",
                ),
                pinning.parse(row.pins or {}, self.path),
            )
            for row in self.file.guests
        )
        return Plan(self.path, self.file, self.file.name, groups, guests, tuple(steps), start)

    def of_group(self, name: str, key: str) -> str:
        found: str = getattr(self.rows[name], key)
        return found

    def config(self, profile: str, vmm: str, where: str) -> Config:
        return Config(
            self.look(where, self.sources.profile, profile),
            self.look(where, self.sources.policy, vmm),
        )

    def look(self, where: str, how: Callable[..., T], *what: object) -> T:
        try:
            return how(*what)
        except GuestAbiError as error:
            raise BadInput(self.path, f"{where}: {error}", hint=error.hint) from None

    def moves(
        self, said: Union[str, list[tuple[str, str]], None]
    ) -> Union[str, frozenset[tuple[str, str]], None]:
        return said if said is None or isinstance(said, str) else frozenset(said)

    def births(self, said: Union[str, list[str], None]) -> frozenset[str]:
        return frozenset(self.names if said is None or isinstance(said, str) else said)

    def step(self, row: StepRow, fleet: Fleet) -> Step:
        where, kind = f"step {row.name!r}", row.action
        named = frozenset(row.groups or self.names)
        chosen = tuple(name for name in self.names if name in named)
        to: dict[str, Config] = {}
        pins: Mapping[int, int] = {}
        if kind in ROLLING:
            to = {name: self.changed(row, fleet.configs[name], where) for name in chosen}
            if all(to[name] == fleet.configs[name] for name in chosen):
                raise BadInput(self.path, f"{where} changes nothing: its hosts run that already")
        elif kind == "pins":
            pins = pinning.parse(row.pins or {}, self.path)
        elif kind == "baseline":
            pins = self.look(where, self.sources.pins, row.baseline)
        elif kind == "unpin":
            pins = {pinning.register(name, self.path): 0 for name in row.unpin or []}
            idle = [n for n in pins if all(n not in fleet.pins[name] for name in chosen)]
            if idle:
                names = ", ".join(
                    n for n in row.unpin or [] if pinning.register(n, self.path) in idle
                )
                raise BadInput(self.path, f"{where}: {names} is not pinned there")
        elif kind in ("drain", "open"):
            closed = {*chosen} & fleet.closed
            if (kind == "drain" and closed == {*chosen}) or (kind == "open" and not closed):
                state = "are drained already" if kind == "drain" else "are not drained"
                raise BadInput(self.path, f"{where} changes nothing: its groups {state}")
        return Step(
            row.name,
            kind,
            chosen,
            to,
            pins,
            moves=self.moves(row.moves),
            births=None if row.births is None else self.births(row.births),
            reboot_stuck=bool(row.reboot_stuck),
        )

    def changed(self, row: StepRow, now: Config, where: str) -> Config:
        if row.kernel is None:
            return Config(now.profile, self.look(where, self.sources.policy, row.vmm))
        profile = self.kernel(row.kernel, now.profile, where)
        before, after = (each.defaults.get(_MIDR) for each in (now.profile, profile))
        if before is not None and after is not None and before != after:
            said = f"{where}: {profile.label} has another CPU than {now.profile.label}"
            raise BadInput(self.path, said, hint="a kernel step changes the kernel alone")
        return Config(profile, now.policy)

    def kernel(self, said: Union[str, dict[str, str]], now: HostProfile, where: str) -> HostProfile:
        if isinstance(said, str):
            if _SERIES.fullmatch(said):
                return self.look(where, self.sources.successor, now, said)
            return self.look(where, self.sources.profile, said)
        known = self.tables.get(where)
        if known is None:
            known = self.tables[where] = {
                self.look(where, self.sources.profile, before).digest: after
                for before, after in said.items()
            }
        if now.digest in known:
            return self.look(where, self.sources.profile, known[now.digest])
        hint = "give a kernel for it, or name the step's groups"
        raise BadInput(self.path, f"{where}: nothing is said of {now.label}", hint=hint)
