"""Random small rollouts: tiny hosts that differ a little, and every kind of step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from compat.hosts import bits, field, fixed, free, levels
from guestabi import policies
from guestabi.errors import BadInput, UnknownName
from guestabi.fleet import pinning
from guestabi.fleet.plan import written
from guestabi.fleet.plan.resolve import Sources, resolve
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import GroupRow, GuestsRow, PlanFile, StepRow
from guestabi.profile.host import HostProfile
from profiles import make_profile

VARIANTS: Mapping[str, tuple[Any, ...]] = {
    "PSCI_VERSION": (
        levels(0x10001, 0x10000),
        levels(0x10003, 0x10001, 0x10000),
        levels(0x10003),
        {"default": 0x10001},
        None,
    ),
    "ID_AA64DFR0_EL1": (
        fixed(0x6),
        fixed(0x8),
        {"default": 0x8, "fields": [field(0, 4, 6, 8)]},
        {"default": 0x8, "fields": [field(0, 4, 8, otherwise=[[6, 6, 8]])]},
        {"default": 0x8},
        {"default": 0x8},
    ),
    "STD_BMAP": (bits(1, 1), bits(1, 0), bits(0, 1), bits(3, 3), None),
    "PMMIR_EL1": (None, None, fixed(6), {"default": 6, "fields": [field(0, 8, 0, 6)]}, fixed(0)),
    "TTBR0_EL1": (
        free(0),
        free(0),
        {"default": 0},
        {"default": 5},
        {"default": 5},
        {"default": 5, "patterns": [{"value": 0, "errno": "EINVAL"}]},
        {"default": 0, "patterns": [{"value": 5, "got": 1}]},
    ),
}
"""What hosts may make of each register: index 0 is the commonest, None is not listed."""

VMMS = ("strict", "qemu-7.2", "qemu-10.0", "qemu-11.1", "strict")
PINS = (
    {"PSCI_VERSION": "0x10001"},
    {"PSCI_VERSION": 0x10000},
    {"ID_AA64DFR0_EL1": 6},
    {"ID_AA64DFR0_EL1": 6, "PSCI_VERSION": 0x10001},
    {"PMMIR_EL1": 0},
    {"STD_BMAP": 0, "PSCI_VERSION": 0x10001},
)
PATH = "plan.toml"


@cache
def host(choice: tuple[int, ...]) -> HostProfile:
    """Return the host that has the chosen variant of each register."""
    rows: dict[Any, Any] = {"ID_AA64ISAR0_EL1": fixed(1)}
    for (name, variants), number in zip(VARIANTS.items(), choice):
        if variants[number] is not None:
            rows[name] = variants[number]
    return make_profile("host-" + "".join(map(str, choice)), rows)


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, HostProfile]:
    """Two to four hosts by name, of which each is the first with one to three changes."""
    first = [
        draw(st.sampled_from([0, 0, 0, *range(len(variants))])) for variants in VARIANTS.values()
    ]
    found = {"h0": host(tuple(first))}
    for number in range(1, draw(st.integers(2, 4))):
        choice = list(first)
        for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
            place = draw(st.integers(0, len(choice) - 1))
            choice[place] = draw(st.integers(0, len(list(VARIANTS.values())[place]) - 1))
        found[f"h{number}"] = host(tuple(choice))
    return found


def sources(hosts: Mapping[str, HostProfile]) -> Sources:
    """Return where the names of such plans lead; ``9.9`` is the series of the last host."""

    def profile(name: str) -> HostProfile:
        if name not in hosts:
            raise UnknownName("profile", name, hosts)
        return hosts[name]

    def pins(path: str) -> Mapping[int, int]:
        return pinning.parse({"PSCI_VERSION": 0x10001}, path)

    return Sources(
        profile=profile,
        policy=policies.load,
        pins=pins,
        successor=lambda now, series: [*hosts.values()][-1],
        hops=lambda old, new: (),
    )


def moves(names: list[str]) -> st.SearchStrategy[Any]:
    """Which moves a plan may allow; mostly all."""
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    some = st.lists(pairs, min_size=1, max_size=4, unique=True)
    return st.one_of(st.just("anywhere"), st.just("anywhere"), st.just("group"), some)


def births(names: list[str]) -> st.SearchStrategy[Any]:
    """Where a plan may let guests boot; mostly everywhere."""
    some = st.lists(st.sampled_from(names), max_size=3, unique=True)
    return st.one_of(st.just("anywhere"), st.just("anywhere"), some)


@st.composite
def steps(draw: st.DrawFn, number: int, names: list[str], hosts: list[str]) -> StepRow:
    """Any one step; some are of no use, and refused when the plan is resolved."""
    kind = draw(st.sampled_from(["kernel", "kernel", "kernel", "vmm", "drain", *written.ACTIONS]))
    said: dict[str, Any] = {kind: True}
    if kind == "kernel":
        whole = st.sampled_from([*hosts, "9.9"])
        each = st.dictionaries(st.sampled_from(hosts), st.sampled_from(hosts), min_size=1)
        said = {kind: draw(whole | each)}
    elif kind == "vmm":
        said = {kind: draw(st.sampled_from(VMMS))}
    elif kind == "pins":
        said = {kind: draw(st.sampled_from(PINS))}
    elif kind == "baseline":
        said = {kind: "baseline.json"}
    elif kind == "unpin":
        said = {kind: draw(st.sampled_from([["PSCI_VERSION"], ["PMMIR_EL1"]]))}
    elif kind == "moves":
        said = {kind: draw(moves(names))}
    elif kind == "births":
        said = {kind: draw(births(names))}
    if kind in ("kernel", "vmm", "drain") and draw(st.integers(0, 3)) == 0:
        said["reboot_stuck"] = True
    if kind not in ("moves", "births", "commit") and draw(st.booleans()):
        said["groups"] = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    return StepRow(f"s{number}", **said)


class Rollout:
    """A plan's text, and what its names of profiles stand for. No dataclass, so that Hypothesis
    prints it as it says itself."""

    def __init__(self, text: str, hosts: Mapping[str, HostProfile]) -> None:
        self.text = text
        self.hosts = hosts

    @property
    def plan(self) -> Plan:
        """The plan, through its file's reader."""
        return resolve(written.parse(self.text.encode(), PATH), PATH, sources(self.hosts))

    def __repr__(self) -> str:
        names = {name: host.label for name, host in self.hosts.items()}
        return f"Rollout of {names}:\n{self.text}"


@st.composite
def plans(draw: st.DrawFn) -> Rollout:
    """A plan of one to three groups and one to four steps, of which no step is refused."""
    hosts = draw(profiles())
    names = [f"g{number}" for number in range(draw(st.integers(1, 3)))]
    where = sources(hosts)
    same = draw(st.booleans())
    vmm = draw(st.sampled_from(VMMS))
    groups = [
        GroupRow(
            name,
            "h0" if same else draw(st.sampled_from([*hosts])),
            vmm if same else draw(st.sampled_from(VMMS)),
            draw(st.sampled_from([1, 2, 2, 2, 3])),
        )
        for name in names
    ]
    file = PlanFile(1, "random", groups, [])
    file.moves = draw(moves(names))
    file.births = draw(births(names))
    file.pins = draw(st.sampled_from([{}, {}, *PINS]))
    for number in range(draw(st.sampled_from([0, 0, 1, 2]))):
        file.guests.append(
            GuestsRow(
                f"guests{number}",
                draw(st.sampled_from(names)),
                draw(st.integers(1, 3)),
                draw(st.one_of(st.none(), st.none(), st.sampled_from([*hosts]))),
                None,
                draw(st.one_of(st.none(), st.none(), st.sampled_from(PINS))),
            )
        )
    wanted = draw(st.integers(1, 4))
    for number in range(8):
        if len(file.step) == wanted:
            break
        file.step.append(draw(steps(number, names, [*hosts])))
        try:
            resolve(file, PATH, where)
        except BadInput:
            file.step.pop()
    if not file.step:
        file.step.append(StepRow("s9", births="anywhere"))
    return Rollout(written.to_toml(file), hosts)
