"""When each kernel changed what: one register through the shipped captures of one CPU model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from guestabi.atlas.index import entries
from guestabi.errors import UnknownName
from guestabi.profile import files
from guestabi.profile.host import ProbedRegister


@dataclass(frozen=True)
class Event:
    """``change`` is one of: present (in the first capture), appeared, vanished, default (``old``
    and ``new`` are values), accepts (``old`` and ``new`` are words), scope, window."""

    kernel: str
    change: str
    old: Optional[str] = None
    new: Optional[str] = None


def history(register: int, cpu: str) -> tuple[Event, ...]:
    """Return what happened to ``register`` (its id) from capture to capture, oldest first.

    Raises UnknownName when no capture is of ``cpu``.
    """
    rows = [entry for entry in entries() if entry.cpu == cpu]
    if not rows:
        raise UnknownName("CPU", cpu, {entry.cpu for entry in entries()})
    events: list[Event] = []
    last: Optional[ProbedRegister] = None
    for number, entry in enumerate(rows):
        now = files.load(entry.path, shipped=True).registers.get(register)
        kernel = entry.name.split("/")[0]
        events += _changes(kernel, last, now, first=number == 0)
        last = now
    return tuple(events)


def _changes(
    kernel: str, old: Optional[ProbedRegister], new: Optional[ProbedRegister], *, first: bool
) -> list[Event]:
    if new is None:
        return [] if old is None else [Event(kernel, "vanished", old=_value(old))]
    if old is None:
        found = [Event(kernel, "present" if first else "appeared", new=_value(new))]
        return [*found, Event(kernel, "accepts", new=accepts(new))]
    pairs = (
        ("default", _value(old), _value(new)),
        ("accepts", accepts(old), accepts(new)),
        ("scope", old.scope, new.scope),
        ("window", old.window, new.window),
    )
    return [Event(kernel, change, was, now) for change, was, now in pairs if was != now]


def accepts(register: ProbedRegister) -> str:
    """Say in one line which values ``register`` accepts besides its default."""
    if register.fields is not None:
        parts = [
            _field(field.record.field, field.low, field.accepted(), field.width)
            for field in register.fields
            if len(field.accepted()) > 1 or field.accepted()[0][0] != field.accepted()[0][1]
        ]
        return ", ".join(parts) or "its default alone"
    if register.patterns is None:
        return "not measured"
    exact = [p for p in register.patterns if p.errno is None and p.got == p.value]
    if len(exact) == len(register.patterns):
        return "anything"
    return "some values" if exact else "its default alone"


def _field(name: Optional[str], low: int, spans: list[tuple[int, int]], width: int) -> str:
    text = "|".join(f"{a:#x}" if a == b else f"{a:#x}-{b:#x}" for a, b in spans)
    return f"{name or f'[{low + width - 1}:{low}]'} {text}"


def _value(register: ProbedRegister) -> str:
    return "volatile" if register.default is None else f"{register.default:#x}"
