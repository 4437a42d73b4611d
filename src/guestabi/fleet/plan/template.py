"""A plan to begin with: canary, half, all, each step undoable."""

from __future__ import annotations

from typing import Optional

from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow, to_toml

_TOP = """A rollout, to be proved before the first host reboots: guestabi plan check FILE
Every step is done on the hosts of its groups one after another, and may be undone in reverse.
Guests may be moved between any two hosts, and boot anywhere, at any time: `moves = "group"` keeps
them in their group, `births = ["rest"]` names where they boot.
Other steps: pins = { PSCI_VERSION = "0x10001" }, unpin = ["PSCI_VERSION"], baseline = "FILE",
drain = true, open = true, reboot = true, commit = true (what was done before is not undone)."""

_SAID = {
    "canary": "A few hosts first. `hosts = 1` has nowhere of its own to move guests to.",
    "half": "Then half of the fleet,",
    "rest": "and then all.",
}


def new(
    name: str,
    before: str,
    after: Optional[str],
    vmm: str,
    to_vmm: Optional[str],
    hosts: int,
    called: Optional[str] = None,
) -> str:
    """Return a plan's text. ``before`` and ``after`` name profiles (None: the same kernel
    throughout), ``vmm`` and ``to_vmm`` policies; ``hosts``: of the whole fleet, at
    least 4; ``called``: what the steps call the new kernel."""
    canary = max(2, hosts // 50)
    half = max(1, hosts // 2 - canary)
    sizes = {"canary": canary, "half": half, "rest": max(1, hosts - canary - half)}
    groups = [GroupRow(each, before, vmm, number) for each, number in sizes.items()]
    steps = []
    for what, value in (("vmm", to_vmm), ("kernel", after)):
        if value is None:
            continue
        for each in sizes:
            said = f"{each}: {value if what == 'vmm' else f'kernel {called or value}'}"
            row = StepRow(name=said, groups=[each])
            setattr(row, what, value)
            steps.append(row)
    file = PlanFile(schema=1, name=name, group=groups, step=steps)
    return to_toml(file, {"": _TOP, **_SAID})
