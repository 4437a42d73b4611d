"""The policy of a move between two hosts whose VMMs may differ, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from guestabi.fleet.plan.shape import Config
from guestabi.policies import Policy


def family(policy: Policy) -> str:
    """Return what a VMM is but for its version: ``qemu`` of ``qemu-10.0``. Two of one family read
    each other's streams, as far as their policies say."""
    name, _, version = policy.name.rpartition("-")
    return name if name and version[:1].isdigit() else policy.name


def between(source: Policy, destination: Policy) -> Optional[Policy]:
    """Return the policy of a move: the destination loads what the source has saved.

    None where neither reads the other's streams. Registers that only set or only clear bits count
    as kept: what a guest wrote is no part of its ABI, and a plan tells of it apart
    (:func:`undoes`).
    """
    if family(source) != family(destination):
        return None
    sizes = destination.sizes
    if sizes is None or (source.sizes is not None and source.sizes < sizes):
        sizes = source.sizes
    return replace(
        destination,
        lost_classes=source.lost_classes | destination.lost_classes,
        lost_ids=source.lost_ids | destination.lost_ids,
        sizes=sizes,
        vm_registers=source.vm_registers and destination.vm_registers,
        set_clear="cleared-first",
    )


def undoes(config: Config) -> tuple[str, ...]:
    """Return the names of registers that a restore on such a host writes and then undoes,
    whatever the guest had in them: running performance counters stop on every move there."""
    if config.policy.set_clear == "cleared-first":
        return ()
    rows = config.profile.registers.values()
    return tuple(row.name for row in rows if row.acts is not None and row.shares)
