"""The grades that refine an outcome.

``missing``    ``dead``: the guest's own ID registers say that the feature is not there ·
               ``zero``: a bitmap of just the services that the host offers without listing it, or
               the very value that an unlisted register has · ``possible``: a bitmap of no services,
               and nothing tells whether the host has them ·
               ``poison``: nobody wrote it · ``live``: the guest may rely on it ·
               ``unknown``: an id that the catalogue does not know
``readback``   ``dead``, ``poison`` as above · ``computed``: only bits that the processor computes
               when they are read · ``undone``: the register only sets or clears bits, and another
               one's write undoes it · ``likewise``: the same on the source, so that a restore at
               home loses as much · ``visible``: the guest sees another machine · ``state``: a
               value of the guest's is lost
``defaulted``  ``hidden``: the guest saw the same before · ``state``: never listed, so never
               carried, even between two hosts like its source · ``visible``: the guest sees
               something new · ``possible``: it may; no capability of the source tells ·
               ``unknown``: nothing tells
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Mapping, Optional

from msgspec import Struct

from guestabi.compat.known import POISON, absent_of, is_visible, requirements, role_of
from guestabi.policies import sheet
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import find

State = Mapping[int, Optional[int]]


NOT_SUPPORTED = "not supported"
"""What guest code says of a call that nobody answers (vmm/report.py)."""


class _Row(Struct, forbid_unknown_fields=True):
    register: str
    bit: int
    answers: list[str]
    source: str
    capability: Optional[str] = None


class _File(Struct, forbid_unknown_fields=True):
    service: list[_Row]


class _ComputedRow(Struct, forbid_unknown_fields=True):
    register: str
    field: str
    source: str


class _ComputedFile(Struct, forbid_unknown_fields=True):
    computed: list[_ComputedRow]


@dataclass(frozen=True)
class Service:
    """One bit of a bitmap. Where the bitmap is not listed, the service was there if one of
    ``answers`` was, or, of a host where no guest code looked, if the kernel has ``capability``;
    None: no capability tells."""

    register: int
    bit: int
    capability: Optional[str]
    source: str
    answers: tuple[str, ...] = ()


@cache
def services() -> Mapping[int, tuple[Service, ...]]:
    """Return the rows of ``services.toml`` by register id."""
    path = Path(__file__).with_name("services.toml")
    found: dict[int, tuple[Service, ...]] = {}
    for row in sheet.read(path, _File).service:
        number = find(row.register).id
        service = Service(number, row.bit, row.capability, row.source, tuple(row.answers))
        found[number] = (*found.get(number, ()), service)
    return found


@cache
def computed() -> Mapping[int, int]:
    """Return the masks of ``computed.toml`` by register id."""
    path = Path(__file__).with_name("computed.toml")
    found: dict[int, int] = {}
    for row in sheet.read(path, _ComputedFile).computed:
        register = find(row.register)
        found[register.id] = found.get(register.id, 0) | register.field(row.field).mask
    return found


def is_dead(number: int, state: State) -> bool:
    """Whether the ID registers of ``state`` say that the register's feature is not there."""
    wanted = requirements(number)
    for told_by, field, requirement in wanted:
        value = state.get(told_by)
        if value is None or requirement.holds(field.interpret(value)):
            return False
    return bool(wanted)


def of_missing(number: int, value: Optional[int], state: State, destination: HostProfile) -> str:
    """Grade a register of the stream that ``destination`` lacks."""
    if is_dead(number, state):
        return "dead"
    role = role_of(number)
    if role == "bitmap" and value is not None and (value == 0 or services().get(number)):
        return _of_bitmap(number, value, destination)
    if role == "identification" and value is not None and value == absent_of(number):
        return "zero"
    if value == POISON and role != "unknown":
        return "poison"
    return "unknown" if role == "unknown" else "live"


def _of_bitmap(number: int, value: int, destination: HostProfile) -> str:
    offered, unknown = unlisted(number, destination)
    if (value ^ offered) & ~unknown or value & unknown:
        return "live"
    return "possible" if unknown else "zero"


def unlisted(number: int, host: HostProfile) -> tuple[int, int]:
    """Return the services of a bitmap that ``host`` offers though it does not list the bitmap,
    and those of which nothing tells: both as bits of the bitmap."""
    offered = unknown = 0
    for service in services().get(number, ()):
        there = _was_there(service, host)
        offered |= (there is True) << service.bit
        unknown |= (there is None) << service.bit
    return offered, unknown


def of_readback(
    register: ProbedRegister,
    value: Optional[int],
    bits: int,
    state: State,
    source: Optional[HostProfile],
) -> str:
    """Grade a register that was accepted and reads otherwise, in ``bits``."""
    number = register.id
    before = None if source is None else source.registers.get(number)
    if register.acts is not None and before is not None and before.acts == register.acts:
        return "likewise"
    if bits and not bits & ~computed().get(number, 0):
        return "computed"
    if is_dead(number, state):
        return "dead"
    if register.acts is not None:
        return "undone"
    if value == POISON:
        return "poison"
    return "visible" if is_visible(number) else "state"


def of_defaulted(
    register: ProbedRegister, state: State, source: Optional[HostProfile]
) -> tuple[str, int]:
    """Grade a register that the stream lacks; also the bits by which the guest's view differs."""
    role = role_of(register.id)
    value = register.default
    if is_dead(register.id, state):
        return "hidden", 0
    if role in ("state", "counter"):
        return "state", 0
    if role == "unknown" or value is None:
        return "unknown", 0
    absent = absent_of(register.id)
    if absent is not None:
        return ("hidden", 0) if value == absent else ("visible", value ^ absent)
    if role == "bitmap":
        return _of_services(register.id, value, source)
    return "unknown", 0


def _of_services(number: int, value: int, source: Optional[HostProfile]) -> tuple[str, int]:
    differs = possible = 0
    unlisted = value
    for service in services().get(number, ()):
        bit = 1 << service.bit
        unlisted &= ~bit
        before = _was_there(service, source)
        if before is None:
            possible |= bit
        elif before != bool(value & bit):
            differs |= bit
    bits = differs | possible | unlisted
    if differs:
        return "visible", bits
    if unlisted:
        return "unknown", bits
    return ("possible", bits) if possible else ("hidden", 0)


def _was_there(service: Service, source: Optional[HostProfile]) -> Optional[bool]:
    if source is None:
        return None
    guest = source.guest or {}
    said = [guest[name] for name in service.answers if name in guest]
    if said:
        return any(each != NOT_SUPPORTED for each in said)
    if service.capability is None:
        return None
    offered = source.capabilities.get(service.capability)
    return None if offered is None else bool(offered)
