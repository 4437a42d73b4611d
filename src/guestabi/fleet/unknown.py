"""What nothing tells: registers by which guests know their machine, of which nobody measured
whether they see the same on all hosts. A baseline that says nothing of them must say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from guestabi.fleet.shown import shown
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import name_of
from guestabi.uapi.regid import hex_id

_UNTOLD = "it is not listed, and nothing tells what a guest sees there"
_MOVES = "its value moves by itself there"
_UNTRIED = "not every value that could suit was tried there"


@dataclass(frozen=True)
class Unknown:
    """A register (an id), and the labels of the hosts of which ``reason`` is true, sorted."""

    id: int
    hosts: tuple[str, ...]
    reason: str

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form; the register's name is the catalogue's."""
        return {
            "id": hex_id(self.id),
            "register": name_of(self.id),
            "hosts": list(self.hosts),
            "reason": self.reason,
        }


def unknown_of(
    number: int, hosts: Sequence[HostProfile], *, pinned: bool, clashing: bool
) -> list[Unknown]:
    """Return what is not known of a register on which the hosts do not agree by themselves.

    ``pinned``: there is a pin, which every host that lists it accepts; ``clashing``: those that
    list it differ, and which values they accept is not known well enough to find one or to prove
    that there is none.
    """
    by_reason: dict[str, set[str]] = {}
    for host in hosts:
        reason = _why(number, host, pinned, clashing)
        if reason is not None:
            by_reason.setdefault(reason, set()).add(host.label)
    return [Unknown(number, tuple(sorted(by_reason[each])), each) for each in sorted(by_reason)]


def _why(number: int, host: HostProfile, pinned: bool, clashing: bool) -> Optional[str]:
    register = host.registers.get(number)
    if register is None:
        value, untold = shown(number, host)
        return _UNTOLD if value is None or untold else None
    if register.default is None:
        return _MOVES
    return _UNTRIED if clashing and not pinned else None
