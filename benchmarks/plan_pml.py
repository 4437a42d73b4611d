"""A rollout plan as a model for Spin: sizes and tables above the rules in plan.pml.

How the fleet stands between two steps is the plan's own account; births and moves are asked of
compat.move one by one, of every guest that they lead to. What is in the middle of a step, who goes
where and what harm is, plan.pml says again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Union

from plan_lives import Guest, Lived, Lives

from guestabi.compat import effects
from guestabi.fleet.plan.shape import Config, Plan

RULES = Path(__file__).with_name("plan.pml")
KINDS = ("kernel", "vmm", "drain", "reboot", "commit")
"""Kinds of steps that the rules know by name; the rest change the fleet, and nothing else."""

Cells = Union[int, Sequence["Cells"]]


class Tables:
    """What becomes of guests: births by [pins][config], moves by [guest][config], each an effect
    (its place in effects.ORDER) and a guest's number."""

    def __init__(self, plan: Plan, lives: Lives) -> None:
        self.configs = plan.configs
        self.guests: dict[Guest, int] = {}
        self.pins = list(
            dict.fromkeys(_key(each) for fleet in plan.fleets for each in fleet.pins.values())
        )
        self.births = [
            [self._numbered(lives.born(config, dict(pins))) for config in self.configs]
            for pins in self.pins
        ]
        self.given = []
        for each in plan.guests:
            guest = lives.arrived(each, plan.start.configs[each.group], plan.path)
            self.given.append((each.group, self._numbered(("same", guest))[1]))
        self.moves: list[list[tuple[int, int]]] = []
        self.refused: list[tuple[Guest, Config]] = []
        while len(self.moves) < len(self.guests):
            guest = list(self.guests)[len(self.moves)]
            lived = [lives.moved(guest, config) for config in self.configs]
            self.moves.append([self._numbered(each) for each in lived])
            self.refused += [
                (guest, config)
                for config, (effect, _) in zip(self.configs, lived)
                if effect == "refused"
            ]

    def _numbered(self, lived: Lived) -> tuple[int, int]:
        effect, guest = lived
        if effect not in effects.GOOD:
            return effects.rank(effect), 0
        return effects.rank(effect), self.guests.setdefault(guest, len(self.guests))


def _key(pins: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(pins.items()))


def promela(plan: Plan, tables: Tables) -> str:
    """Return the whole model."""
    names = [group.name for group in plan.groups]
    configs = {config: number for number, config in enumerate(plan.configs)}
    fleets, steps = plan.fleets, plan.steps
    places = list(dict.fromkeys((name, fleet.configs[name]) for fleet in fleets for name in names))
    given = [(places.index((name, plan.start.configs[name])), n) for name, n in tables.given]
    columns: dict[str, Cells] = {
        "group_of": [names.index(name) for name, _ in places],
        "config_of": [configs[config] for _, config in places],
        "alone": [group.hosts == 1 for group in plan.groups],
        "kind": [KINDS.index(each.kind) if each.kind in KINDS else len(KINDS) for each in steps],
        "touched": [[name in each.groups for name in names] for each in steps],
        "reboot_stuck": [each.reboot_stuck for each in steps],
        "runs": [[configs[fleet.configs[name]] for name in names] for fleet in fleets],
        "closed": [[name in fleet.closed for name in names] for fleet in fleets],
        "bears": [[name in fleet.births for name in names] for fleet in fleets],
        "pins": [[tables.pins.index(_key(fleet.pins[name])) for name in names] for fleet in fleets],
        "goes": [
            [[_goes(fleet.moves, one, two) for two in names] for one in names] for fleet in fleets
        ],
        "boot_effect": [[effect for effect, _ in row] for row in tables.births],
        "boot_guest": [[guest for _, guest in row] for row in tables.births],
        "move_effect": [[effect for effect, _ in row] for row in tables.moves] or [[0]],
        "move_guest": [[guest for _, guest in row] for row in tables.moves] or [[0]],
        "given_place": [place for place, _ in given] or [0],
        "given_guest": [guest for _, guest in given] or [0],
    }
    sizes = {"STEPS": len(steps), "PLACES": len(places), "GUESTS": max(len(tables.guests), 1)}
    sizes |= {name.upper(): number for number, name in enumerate(KINDS)}
    return "\n".join(
        [
            *(f"#define {name} {size}" for name, size in sizes.items()),
            f"#define EACH_PLACE(DO) {' '.join(f'DO({n})' for n in range(len(places)))}",
            f"#define EACH_GIVEN(DO) {' '.join(f'DO({n})' for n in range(len(given)))}",
            "c_decl {",
            *(_column(name, cells) for name, cells in columns.items()),
            "}",
            RULES.read_text(),
        ]
    )


def _goes(moves: Union[str, frozenset[tuple[str, str]]], one: str, two: str) -> bool:
    return moves == "anywhere" or (not isinstance(moves, str) and (one, two) in moves)


def _column(name: str, cells: Cells) -> str:
    sizes, inner = "", cells
    while not isinstance(inner, int):
        sizes += f"[{len(inner)}]"
        inner = inner[0]
    return f"static const short {name}{sizes} = {_braces(cells)};"


def _braces(cells: Cells) -> str:
    return f"{cells:d}" if isinstance(cells, int) else f"{{{', '.join(map(_braces, cells))}}}"
