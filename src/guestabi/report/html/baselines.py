"""One guest ABI for all hosts of a CPU, or what stands against it, as plain data."""

from __future__ import annotations

from typing import Any

from guestabi.fleet.baseline import NoBaseline, baseline
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import name_of
from guestabi.report.clean import clean, one_line
from guestabi.report.html.hosts import Fleet, cpu_of

MOST = 60
"""Of a CPU with more classes of hosts the page has no baseline: which of them clash is a search."""


def to_builtins(fleet: Fleet) -> list[dict[str, Any]]:
    """Return a baseline for each CPU that has more than one class of hosts."""
    by_cpu: dict[str, list[HostProfile]] = {}
    for host in fleet.members:
        by_cpu.setdefault(cpu_of(host), []).append(host)
    return [_of(cpu, hosts) for cpu, hosts in by_cpu.items() if 1 < len(hosts) <= MOST]


def _of(cpu: str, hosts: list[HostProfile]) -> dict[str, Any]:
    found = baseline(hosts, cpu)
    if isinstance(found, NoBaseline):
        return {
            "cpu": cpu,
            "hosts": [clean(host.label) for host in found.hosts],
            "clashes": [
                [clean(clash.name), [clean(field) for field in clash.fields]]
                for clash in found.conflict.clashes
            ],
        }
    return {
        "cpu": cpu,
        "pins": [
            [name_of(p.id), hex(p.value), [clean(f) for f in p.fields], one_line(p.reason)]
            for p in found.pins
        ],
        "unknown": [[name_of(each.id), one_line(each.reason)] for each in found.unknown],
    }
