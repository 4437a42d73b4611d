"""Shorthand for plans made by hand, of hosts that differ in one register."""

from __future__ import annotations

from typing import Any

from compat.hosts import bits, field, fixed
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import GroupRow, GuestsRow, PlanFile, StepRow, to_toml
from profiles import make_profile

from .strategies import Rollout

DFR0 = "ID_AA64DFR0_EL1"
BASE = {"ID_AA64ISAR0_EL1": fixed(1)}
HOSTS = {
    "old": make_profile("old", {**BASE, DFR0: fixed(6)}),
    "new": make_profile("new", {**BASE, DFR0: {"default": 8, "fields": [field(0, 4, 6, 8)]}}),
    "twin": make_profile("twin", {**BASE, DFR0: {"default": 6, "fields": [field(0, 4, 6, 8)]}}),
    "dim": make_profile("dim", {**BASE, DFR0: {"default": 6}}),
    "more": make_profile("more", {**BASE, DFR0: fixed(6), "STD_BMAP": bits(1, 1)}),
}
"""A guest of ``old`` may go to ``new`` and come back; one that was born on ``new`` cannot go to
``old`` unless 6 is pinned. ``old`` and ``twin`` take each other's guests. What ``dim`` says to
another value than 6 was not measured. On ``more`` a service appears."""


def group(name: str, profile: str = "old", hosts: int = 2, vmm: str = "strict") -> GroupRow:
    return GroupRow(name, profile, vmm, hosts)


def guests(name: str, group: str, **more: Any) -> GuestsRow:
    return GuestsRow(name, group, 1, **more)


def plan(groups: list[GroupRow], steps: list[dict[str, Any]], **more: Any) -> Plan:
    """Return a plan; steps are named by their number."""
    rows = [StepRow(str(number), **step) for number, step in enumerate(steps)]
    file = PlanFile(1, "by hand", groups, rows, **more)
    return Rollout(to_toml(file), HOSTS).plan
