"""A plan with everything looked up: what the search, the replayer and the pictures work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Optional, Union

from guestabi.fleet.plan.written import PlanFile
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

ROLLING = ("kernel", "vmm")
"""Steps in the middle of which a group has hosts of both kinds."""


@dataclass(frozen=True)
class Config:
    """What a host runs. Two are equal where kernel and CPU (by digest) and VMM are."""

    profile: HostProfile
    policy: Policy

    @cached_property
    def key(self) -> tuple[str, str]:
        """What makes it this one: the profile's digest and the policy's name."""
        return self.profile.digest, self.policy.name

    @cached_property
    def _hash(self) -> int:
        return hash(self.key)

    @property
    def label(self) -> str:
        """For people: ``debian-6.12/neoverse-n1, qemu-10.0``."""
        return f"{self.profile.label}, {self.policy.name}"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Config) and self.key == other.key)

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Group:
    """Hosts that are alike, and change together; ``hosts`` of them."""

    name: str
    config: Config
    hosts: int


@dataclass(frozen=True)
class Guests:
    """Guests that are in a group when the rollout begins, and where and with what they booted."""

    name: str
    group: str
    count: int
    born: Config
    pins: Mapping[int, int]


@dataclass(frozen=True)
class Step:
    """One change. ``groups``: names, in the order of the plan's groups. Of the rest what the kind
    needs: ``to`` (by group, what its hosts run afterwards), ``pins`` (what births have from then
    on is these over what was; for ``unpin``, the ids alone count), ``moves``, ``births``.
    ``reboot_stuck``: guests that cannot leave alive are shut down, and booted elsewhere."""

    name: str
    kind: str
    groups: tuple[str, ...]
    to: Mapping[str, Config]
    pins: Mapping[int, int]
    moves: Union[str, frozenset[tuple[str, str]], None] = None
    births: Optional[frozenset[str]] = None
    reboot_stuck: bool = False

    @property
    def rolls(self) -> bool:
        """Whether there is a middle: hosts are changed, or emptied, one after another."""
        return self.kind in (*ROLLING, "drain")


@dataclass(frozen=True)
class Fleet:
    """How things stand between two steps. By group name: ``configs``, ``pins`` (what a guest is
    born with); ``closed``: drained groups."""

    configs: Mapping[str, Config]
    pins: Mapping[str, Mapping[int, int]]
    closed: frozenset[str]
    moves: Union[str, frozenset[tuple[str, str]]]
    births: frozenset[str]

    def may_go(self, source: str, destination: str) -> bool:
        """Whether a guest may be moved from one group to another, or within one."""
        if destination in self.closed:
            return False
        if source == destination or self.moves == "anywhere":
            return True
        return self.moves != "group" and (source, destination) in self.moves

    def after(self, step: Step) -> Fleet:
        """Return how things stand when ``step`` is done."""
        if step.kind in ROLLING:
            return replace(self, configs={**self.configs, **step.to})
        if step.kind in ("pins", "baseline"):
            more = {name: {**self.pins[name], **step.pins} for name in step.groups}
            return replace(self, pins={**self.pins, **more})
        if step.kind == "unpin":
            gone = step.pins.keys()
            less = {
                name: {n: v for n, v in self.pins[name].items() if n not in gone}
                for name in step.groups
            }
            return replace(self, pins={**self.pins, **less})
        if step.kind == "drain":
            return replace(self, closed=self.closed | {*step.groups})
        if step.kind == "open":
            return replace(self, closed=self.closed - {*step.groups})
        if step.kind == "moves" and step.moves is not None:
            return replace(self, moves=step.moves)
        if step.kind == "births" and step.births is not None:
            return replace(self, births=step.births)
        return self


@dataclass(frozen=True)
class Plan:
    """A rollout: groups, the guests that are known to be there, steps. ``path``: the file."""

    path: str
    file: PlanFile
    name: str
    groups: tuple[Group, ...]
    guests: tuple[Guests, ...]
    steps: tuple[Step, ...]
    start: Fleet
    notes: tuple[str, ...] = ()

    @cached_property
    def fleets(self) -> tuple[Fleet, ...]:
        """How things stand before the first step, and after each."""
        found = [self.start]
        for step in self.steps:
            found.append(found[-1].after(step))
        return tuple(found)

    @cached_property
    def hosts(self) -> Mapping[str, int]:
        """Number of hosts by group name."""
        return {group.name: group.hosts for group in self.groups}

    @property
    def configs(self) -> tuple[Config, ...]:
        """Everything that a host ever runs, in the order in which it first does."""
        found = dict.fromkeys(each for fleet in self.fleets for each in fleet.configs.values())
        return tuple(found)
