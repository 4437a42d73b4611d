"""Descriptions of caches: no order says which of them is "more", so that none is the greatest.

What suits all hosts is what one of them shows, whole, if all others accept it: a mix of several
hosts' fields, or of one's CLIDR_EL1 and another's CCSIDR, would describe no cache at all. Since
Linux 6.3 KVM makes both up, and takes what older kernels showed of the processor itself (the
captures that ship; tests/lab/test_baseline.py does it on real kernels).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guestabi.compat.known import feature_of
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile

FEATURE = "cache geometry"
SHOWN = "what one of the hosts shows, and every other accepts"


def is_unordered(number: int) -> bool:
    """Whether the register describes a cache."""
    return feature_of(number) == FEATURE


def described(clashing: Iterable[int], hosts: Sequence[HostProfile]) -> dict[int, int]:
    """Return what one host shows in those of ``clashing`` that describe caches, if all others
    accept it; of several such descriptions the least; nothing where there is none."""
    numbers = sorted(number for number in clashing if is_unordered(number))
    if not numbers or any(number not in host.registers for number in numbers for host in hosts):
        return {}
    candidates = {tuple(host.defaults[number] for number in numbers) for host in hosts}
    for values in sorted(each for each in candidates if None not in each):
        found = {n: value for n, value in zip(numbers, values) if value is not None}
        if all(_accepts(host, found) for host in hosts):
            return found
    return {}


def _accepts(host: HostProfile, values: dict[int, int]) -> bool:
    return all(answer(host.registers[n], value).kind == "same" for n, value in values.items())
