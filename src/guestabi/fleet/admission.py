"""May this host join? Each pin of a baseline, asked of one more host, and what needs no pin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from guestabi.compat.known import absent_of, field_names, is_visible
from guestabi.compat.verdict import CANNOT_TELL, SAFE, UNSAFE
from guestabi.fleet.baseline import Baseline, Pin
from guestabi.fleet.shown import dead, shown
from guestabi.profile.answers import answer
from guestabi.profile.host import HostProfile, ProbedRegister

STATUS = {"refused": UNSAFE, "unknown": CANNOT_TELL, "admitted": SAFE}
"""Exit statuses by verdict; the first verdict that any pin has is the host's."""


@dataclass(frozen=True)
class Asked:
    """One pin: ``verdict`` is a key of STATUS, ``reason`` what the host does, in words."""

    pin: Pin
    verdict: str
    reason: str

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.pin.to_builtins(), "verdict": self.verdict, "reason": self.reason}


@dataclass(frozen=True)
class Admission:
    """The answer to one host: an entry a pin, by register id, and one for every other register
    in which a guest born there with the pins would see what the baseline's hosts do not show."""

    baseline: Baseline
    host: HostProfile
    pins: tuple[Asked, ...]
    others: tuple[Asked, ...]

    @property
    def verdict(self) -> str:
        """The first key of STATUS that any entry has, else ``admitted``."""
        said = {each.verdict for each in (*self.pins, *self.others)}
        return next((verdict for verdict in STATUS if verdict in said), "admitted")

    def exit_status(self) -> int:
        """0: admitted; 100: refused; 101: not refused, but not all is known."""
        return STATUS[self.verdict]

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi baseline admit``."""
        return {
            "schema": 1,
            "baseline": {
                "name": self.baseline.name,
                "version": self.baseline.version,
                "digest": self.baseline.digest,
            },
            "host": {"name": self.host.label, "digest": self.host.digest},
            "verdict": self.verdict,
            "pins": [each.to_builtins() for each in self.pins],
            "others": [each.to_builtins() for each in self.others],
        }


def admit(baseline: Baseline, host: HostProfile) -> Admission:
    """Ask ``host`` about every pin of ``baseline``, and compare what has no pin.

    A host that the baseline was made of shares what has no pin, but for what nothing tells of. A
    baseline made with ``allow_dead`` asks nothing of registers of features that a guest with its
    pins finds absent there.
    """
    pins = tuple(_ask(baseline, pin, host) for pin in baseline.pins)
    digests = {digest for _, digest in baseline.hosts}
    others = _untold(baseline) if host.digest in digests else _others(baseline, host)
    return Admission(baseline, host, pins, tuple(others))


def _untold(baseline: Baseline) -> Iterator[Asked]:
    for number in sorted({each.id for each in baseline.unknown} - baseline.values.keys()):
        said = "has no pin, and the baseline does not know what its own hosts show there"
        yield Asked(Pin(number, 0, (), ""), "unknown", said)


def _others(baseline: Baseline, host: HostProfile) -> Iterator[Asked]:
    agreed = dict(baseline.agreed)
    untold = {each.pin.id: each for each in _untold(baseline)}
    visible = {number for number in host.registers if is_visible(number)}
    for number in sorted((agreed.keys() | visible | untold.keys()) - baseline.values.keys()):
        if _is_dead(baseline, number, host):
            continue
        if number in untold:
            yield untold[number]
            continue
        expected = agreed.get(number, absent_of(number))
        value, unknown = shown(number, host)
        if expected is None or value is None or (unknown and not (value ^ expected) & ~unknown):
            said = "has no pin, and nothing tells whether a guest sees the same there"
            yield Asked(Pin(number, expected or 0, (), ""), "unknown", said)
        elif value != expected:
            fields = field_names(number, value ^ expected)
            said = f"has no pin, and a guest sees {value:#x} there"
            yield Asked(Pin(number, expected, fields, ""), "refused", said)


def _is_dead(baseline: Baseline, number: int, host: HostProfile) -> bool:
    return baseline.allow_dead and dead(number, [host], baseline.values)


def _ask(baseline: Baseline, pin: Pin, host: HostProfile) -> Asked:
    register = host.registers.get(pin.id)
    verdict, reason = _without(pin, host) if register is None else _with(pin, register)
    if verdict != "admitted" and _is_dead(baseline, pin.id, host):
        return Asked(pin, "admitted", f"{reason}, but its feature is absent")
    return Asked(pin, verdict, reason)


def _without(pin: Pin, host: HostProfile) -> tuple[str, str]:
    value, unknown = shown(pin.id, host)
    if value is None or (unknown and not (value ^ pin.value) & ~unknown):
        return "unknown", "does not list it, and nothing tells what a guest sees there"
    if value != pin.value:
        return "refused", f"does not list it, and a guest sees {value:#x} there"
    return "admitted", "does not list it, and a guest sees that value there"


def _with(pin: Pin, register: ProbedRegister) -> tuple[str, str]:
    if register.volatile:
        return "unknown", "has a value there that moves by itself"
    said = answer(register, pin.value)
    if said.kind == "same":
        return "admitted", "accepts the value"
    if said.kind == "refused":
        return "refused", f"refuses the value{f' ({said.errno})' if said.errno else ''}"
    if said.kind == "readback":
        return "refused", f"accepts the value, and reads back {said.got or 0:#x}"
    return "unknown", "was not measured with the value"
