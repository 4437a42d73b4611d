"""What hosts run and what steps do, in as few words as tell them apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Union

from guestabi.fleet.plan.shape import Config, Plan, Step
from guestabi.registers.catalogue import name_of
from guestabi.report.clean import clean, one_line
from guestabi.report.labels import shorten
from guestabi.report.svg_grid import cut
from guestabi.report.values import hexed

_RELEASE = re.compile(r"\d+\.\d+(\.\d+)*")
_SHOWN = 3


class Names:
    """Short names for all that the hosts of ``plan`` ever run."""

    def __init__(self, plan: Plan) -> None:
        labels = sorted({each.profile.label for each in plan.configs})
        short = shorten([cut(clean(label)) for label in labels]).rows
        if len(labels) == 1 and (found := _RELEASE.search(clean(labels[0]))):
            short = (found.group(),)
        self._kernels = dict(zip(labels, short))
        self._vmms = len({each.policy.name for each in plan.configs})
        self._numbers = {config: number for number, config in enumerate(plan.configs)}

    def kernel(self, config: Config) -> str:
        """``6.12.117``."""
        return self._kernels[config.profile.label]

    def vmm(self, config: Config) -> str:
        """``qemu-10.0``."""
        return cut(clean(config.policy.name))

    def both(self, config: Config) -> str:
        """``6.12.117, qemu-10.0``; the kernel alone where all have the same VMM."""
        return (
            f"{self.kernel(config)}, {self.vmm(config)}" if self._vmms > 1 else self.kernel(config)
        )

    def number(self, config: Config) -> int:
        """Its place among all, in the order in which hosts first run them."""
        return self._numbers[config]


def pins(values: Mapping[int, int]) -> str:
    """Say which registers are pinned to what: ``PSCI_VERSION=0x10001``."""
    return ", ".join(f"{clean(name_of(id_))}={hexed(value)}" for id_, value in values.items())


def does(plan: Plan, number: int, names: Names) -> str:
    """Say what a step does, on one line: ``kernel → 6.16.12``."""
    step = plan.steps[number]
    if step.kind in ("kernel", "vmm"):
        after = [step.to[name] for name in step.groups]
        what = [names.kernel(each) if step.kind == "kernel" else names.vmm(each) for each in after]
        said = f"{'VMM' if step.kind == 'vmm' else 'kernel'} → {_some(list(dict.fromkeys(what)))}"
    elif step.kind == "pins":
        said = f"pin {pins(step.pins)}"
    elif step.kind == "baseline":
        said = f"baseline {one_line(str(plan.file.step[number].baseline))}: {pins(step.pins)}"
    elif step.kind == "unpin":
        said = f"unpin {', '.join(clean(name_of(each)) for each in step.pins)}"
    else:
        said = _rule(plan, step)
    return f"{said}; who is stuck is rebooted" if step.reboot_stuck else said


def _rule(plan: Plan, step: Step) -> str:
    if step.kind == "moves" and step.moves is not None:
        return f"moves: {moves(step.moves)}"
    if step.kind == "births" and step.births is not None:
        return f"births: {births(plan, step.births)}"
    return {"commit": "commit: no way back", "reboot": "reboot guests"}.get(step.kind, step.kind)


def moves(said: Union[str, frozenset[tuple[str, str]]]) -> str:
    """Say where guests may be moved: ``anywhere``, ``within groups``, ``a → b``."""
    if isinstance(said, str):
        return "anywhere" if said == "anywhere" else "within groups"
    ways = [f"{cut(clean(one))} → {cut(clean(two))}" for one, two in sorted(said)]
    return _some(ways) or "within groups"


def births(plan: Plan, said: frozenset[str]) -> str:
    """Say where guests may boot: ``anywhere``, ``nowhere``, or in which groups."""
    if said >= plan.hosts.keys():
        return "anywhere"
    return _some([cut(clean(name)) for name in plan.hosts if name in said]) or "nowhere"


def _some(words: list[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
