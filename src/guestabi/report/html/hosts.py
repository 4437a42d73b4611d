"""Hosts, the classes of identical ones, and what each class has in each register, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from guestabi.atlas.history import accepts
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import lookup, name_of
from guestabi.report.clean import clean
from guestabi.report.grid import natural
from guestabi.report.html.interned import Interned
from guestabi.report.html.sources import link
from guestabi.report.values import accepted
from guestabi.uapi.regid import hex_id, size_of

NO_CPU = "CPU not told"


@dataclass(frozen=True)
class Fleet:
    """``hosts`` by CPU, kernel and name; ``names`` are theirs, distinct and fit to be shown."""

    hosts: tuple[HostProfile, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, hosts: Sequence[HostProfile]) -> Fleet:
        """Return ``hosts`` in their order on the page; one that is given twice counts once."""
        once = {(host.label, host.digest): host for host in hosts}
        rows = sorted(
            once.values(), key=lambda h: (cpu_of(h), natural(h.kernel), h.label, h.digest)
        )
        seen: dict[str, int] = {}
        names = []
        for host in rows:
            name = clean(host.label)
            seen[name] = seen.get(name, 0) + 1
            names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
        return cls(tuple(rows), tuple(names))

    @cached_property
    def classes(self) -> tuple[tuple[int, ...], ...]:
        """Which hosts (their numbers) guests cannot tell apart, nor a VMM."""
        found: dict[str, list[int]] = {}
        for number, host in enumerate(self.hosts):
            found.setdefault(host.digest, []).append(number)
        return tuple(map(tuple, found.values()))

    @cached_property
    def members(self) -> tuple[HostProfile, ...]:
        """One host a class."""
        return tuple(self.hosts[numbers[0]] for numbers in self.classes)


def cpu_of(host: HostProfile) -> str:
    """Return the emulated CPU's name, or the main ID register of a real one."""
    if host.emulated_cpu:
        return clean(host.emulated_cpu)
    row = next((each for each in host.registers.values() if each.name == "MIDR_EL1"), None)
    return NO_CPU if row is None or row.default is None else f"MIDR {row.default:#x}"


def to_builtins(fleet: Fleet) -> dict[str, Any]:
    """Return ``hosts``, ``classes`` and ``registers``.

    A class's ``variants`` say for each register which of its variants it has, -1 for none.
    """
    numbers = sorted({number for host in fleet.members for number in host.registers})
    variants = {number: Interned() for number in numbers}
    known: dict[bytes, int] = {}
    classes = []
    for members, host in zip(fleet.classes, fleet.members, strict=True):
        had = {}
        for row in host.record.registers:
            key = msgspec.json.encode(row)
            number = int(row.id, 16)
            if key not in known:
                known[key] = variants[number].at(_variant(host.registers[number]))
            had[number] = known[key]
        places = [had.get(number, -1) for number in numbers]
        classes.append({"hosts": list(members), "digest": host.digest[:12], "variants": places})
    return {
        "hosts": _hosts(fleet),
        "classes": classes,
        "registers": [_register(number, variants[number].rows) for number in numbers],
    }


def _hosts(fleet: Fleet) -> list[dict[str, Any]]:
    class_of = {n: place for place, numbers in enumerate(fleet.classes) for n in numbers}
    cpus = [cpu_of(host) for host in fleet.hosts]
    plain = [name.removesuffix(f"/{cpu}") for name, cpu in zip(fleet.names, cpus, strict=True)]
    front = _vendor(plain)
    return [
        {
            "name": name,
            "short": short.removeprefix(front),
            "kernel": clean(host.kernel),
            "cpu": cpu,
            "class": class_of[number],
            "emulated": host.emulated_cpu is not None,
        }
        for number, (host, name, short, cpu) in enumerate(
            zip(fleet.hosts, fleet.names, plain, cpus, strict=True)
        )
    ]


def _vendor(names: Sequence[str]) -> str:
    """What stands before the first dash of all names, if it is the same."""
    fronts = {name[: name.find("-") + 1] for name in names}
    return fronts.pop() if len(fronts) == 1 and len(names) > 1 else ""


def _register(number: int, variants: list[dict[str, Any]]) -> dict[str, Any]:
    row = lookup(number)
    bits = 8 * size_of(number)
    plain: dict[str, Any] = {"name": name_of(number), "id": hex_id(number), "bits": bits}
    if row is not None:
        plain["role"] = row.role
        plain["summary"] = row.summary
        plain["source"] = [row.source, link(row.source)]
        if row.feature:
            plain["feature"] = row.feature
        if row.fields:
            plain["fields"] = [
                [
                    each.name,
                    each.low,
                    each.width,
                    [[v % (1 << each.width), m] for v, m in each.meaning],
                ]
                for each in row.fields
            ]
    plain["variants"] = variants
    return plain


def _variant(register: ProbedRegister) -> dict[str, Any]:
    row = lookup(register.id)
    default = None if register.default is None else hex(register.default)
    plain: dict[str, Any] = {
        "default": default,
        "scope": register.scope,
        "window": register.window,
    }
    if row is not None and row.fields:
        plain["fields"] = [accepted(register, field.low, field.width) for field in row.fields]
    else:
        plain["accepts"] = clean(accepts(register))
    return plain
