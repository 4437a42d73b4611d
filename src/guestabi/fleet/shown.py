"""What a guest without pins sees of a host, and which of its features are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Optional

from guestabi.compat.grades import is_dead, unlisted
from guestabi.compat.known import absent_of, requirements, role_of
from guestabi.profile.host import HostProfile


def shown(number: int, host: HostProfile) -> tuple[Optional[int], int]:
    """Return what a guest without pins sees of a register, None: not known; and the bits of it
    of which nothing tells."""
    register = host.registers.get(number)
    if register is not None:
        return register.default, 0
    if role_of(number) == "bitmap":
        return unlisted(number, host)
    return absent_of(number), 0


def dead(number: int, hosts: Iterable[HostProfile], values: Mapping[int, int]) -> bool:
    """Return whether a guest that is born with ``values`` finds, in the ID registers of every one
    of ``hosts``, that the feature of the register is absent. It has no use for the register then.
    """
    told_by = {each for each, _, _ in requirements(number)}
    return bool(told_by) and all(
        is_dead(number, {each: values.get(each, shown(each, host)[0]) for each in told_by})
        for host in hosts
    )
