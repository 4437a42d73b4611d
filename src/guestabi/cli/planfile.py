"""Where the names in a plan lead: files beside it, and what ships."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from guestabi.cli import options, pinfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guestabi.fleet.plan.resolve import Sources
    from guestabi.fleet.plan.shape import Plan
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile


def load(path: str) -> Plan:
    """Return the plan in the file ``path``. Raises BadInput."""
    from guestabi.fleet.plan import resolve, written

    return resolve.resolve(written.read(path), path, sources(path))


def sources(path: str) -> Sources:
    """Return how the names in the plan at ``path`` are looked up: files relative to its folder."""
    from guestabi.fleet.plan.resolve import Sources

    folder = Path(path).parent

    def beside(name: str) -> str:
        return str(folder / name)

    @cache
    def profile(name: str) -> HostProfile:
        return options.profile(beside(name) if os.path.lexists(beside(name)) else name)

    @cache
    def policy(name: str) -> Policy:
        return options.policy(beside(name) if name.endswith(".toml") else name)

    def pins(name: str) -> Mapping[int, int]:
        return pinfile.load(beside(name))

    known: dict[tuple[str, str], HostProfile] = {}

    def becomes(old: HostProfile, series: str) -> HostProfile:
        key = (old.digest, series)
        if key not in known:
            known[key] = successor(old, series)
        return known[key]

    return Sources(profile, policy, pins, becomes, hops)


def successor(profile: HostProfile, series: str) -> HostProfile:
    """Return the shipped capture of ``profile``'s CPU under a kernel of ``series``."""
    from guestabi import atlas
    from guestabi.errors import UsageError

    if profile.emulated_cpu is None:
        raise UsageError(
            f"nothing tells what {profile.label} becomes with kernel {series}",
            hint="name the profile that was captured on such a host",
        )
    return atlas.resolve(f"debian-{series}/{profile.emulated_cpu}")


def hops(old: HostProfile, new: HostProfile) -> list[str]:
    """Return the names of shipped captures of that CPU, with kernels between the two."""
    from guestabi import atlas

    if old.emulated_cpu is None or old.emulated_cpu != new.emulated_cpu:
        return []
    entries = atlas.newest_of_each_series(old.emulated_cpu)
    names = [entry.name for entry in entries]
    if old.label not in names or new.label not in names:
        return []
    first, last = sorted((names.index(old.label), names.index(new.label)))
    return [f"{e.vendor}-{e.series}/{e.cpu}" for e in entries[first + 1 : last]]
