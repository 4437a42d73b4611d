"""P1 .. P10: what is asked of every step, and in which world. No answer is written here.

A check looks at one step and says what is wrong with it, or that nothing is. ``fails`` breaks the
property; ``refuses`` and ``window`` do not, but the table tells them: a move that is refused
leaves the guest whole, and stuck where it is.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from guestabi.model import vmm
from guestabi.model.semantics import Behaviour, Design
from guestabi.model.vmm import Stream
from guestabi.model.world import LOADED, ONE, RAN, READY, Rules, Step

FAILS, REFUSES, WINDOW = "fails", "refuses", "window"


class Note(NamedTuple):
    """What one step shows about a property. ``register`` 0: those that every kernel has."""

    level: str
    kind: str
    register: int


Check = Callable[[Design, Behaviour, Step], Optional[Note]]


class Property(NamedTuple):
    """One row: ``asks`` is the world that it is checked in, ``applies`` to which behaviours."""

    id: str
    name: str
    meaning: str
    asks: Rules
    check: Check
    applies: Callable[[Behaviour], bool] = lambda behaviour: True


def _move(step: Step) -> tuple[Optional[Stream], Optional[int]]:
    stream = step.before.stream if step.action[0] == "load" else None
    return stream, step.loaded.refused if step.loaded else None


def _kept(step: Step) -> Optional[Note]:
    _, refused = _move(step)
    if refused is not None:
        return Note(REFUSES, "refused", refused)
    if step.changed:
        return Note(FAILS, _kind(step), step.changed.bit_length())
    return None


def _kind(step: Step) -> str:
    had = step.before.masks[0] | step.before.masks[1]
    return "lost" if had & step.changed else "appeared"


def upgrade(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P1: a newer kernel, and a VMM that is no older."""
    stream, _ = _move(step)
    return _kept(step) if stream and step.k > stream.k and step.v >= stream.v else None


def kernel_rollback(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P2: an older kernel, and a VMM that is no older."""
    stream, _ = _move(step)
    return _kept(step) if stream and step.k < stream.k and step.v >= stream.v else None


def vmm_rollback(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P3: an older VMM on the same kernel.

    Moves that change kernel and VMM in opposite ways, or both back, are asked of nobody: a test
    shows that no design fails there alone.
    """
    stream, _ = _move(step)
    return _kept(step) if stream and step.v < stream.v and step.k == stream.k else None


def unaware_no_op(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P4: no service is on, and no move refused, for a register that no VMM of the guest knew."""
    stream, refused = _move(step)
    if stream and refused is not None:
        unknown = refused > max(step.before.newest_vmm, 0) and step.k < stream.k
        return Note(FAILS, "refused", refused) if unknown else None
    if step.action[0] == "run" and step.before.phase == READY:
        shown = (step.after.masks[0] | step.after.masks[1]).bit_length()
        if shown > step.before.newest_vmm:
            return Note(FAILS, "appeared", shown)
    if step.changed and _kind(step) == "appeared":
        appeared = step.changed.bit_length()
        if appeared > max(step.before.newest_vmm, step.v):
            return Note(FAILS, "appeared", appeared)
    return None


def carried(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P5: to a kernel that is no older, VMMs that know no name for a value take it along."""
    stream, refused = _move(step)
    if not stream or step.k < stream.k:
        return None
    names = max(step.before.newest_vmm, step.v)
    if refused is not None:
        return Note(FAILS, "refused", refused) if refused > names else None
    dropped = step.changed & vmm.known(stream.k) & ~vmm.known(names)
    return Note(FAILS, _kind(step), dropped.bit_length()) if dropped else None


def write_once(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P6: at birth and on load, code that knows a register writes it once."""
    twice = {register for register in step.writes if step.writes.count(register) > 1}
    return Note(FAILS, "written twice", max(twice)) if twice else None


def immutable(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P7: nothing changes after the first run; and does it before, with a vCPU there?"""
    if step.action[0] == "load":
        late = step.loaded.late if step.loaded else 0
        return Note(WINDOW, "before the first run", late.bit_length()) if late else None
    if step.action[0] not in ("set", "other-sets", "poke") or step.before.masks == step.after.masks:
        return None
    register = int(step.action[-2])
    if step.before.phase == RAN:
        return Note(FAILS, "after the first run", register)
    if step.before.phase in (ONE, READY, LOADED):
        return Note(WINDOW, "before the first run", register)
    return None


def wire_stable(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P8: a register's id in this stream is its id in a stream from the oldest kernel that has it.

    Register 0 is in every kernel, so it is the one that can differ first.
    """
    stream = step.after.stream if step.action[0] == "save" else None
    if stream and stream.flagged != vmm.flags(design, behaviour, 0, step.v):
        return Note(FAILS, "id differs", 0)
    return None


def gate(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P9: P1 .. P5, where registers are used only while the whole fleet knows them."""
    for check in (upgrade, kernel_rollback, vmm_rollback, unaware_no_op, carried):
        if check is carried and not behaviour.list_driven:
            continue
        note = check(design, behaviour, step)
        if note and note.level == FAILS:
            return note
    return None


def uniform(design: Design, behaviour: Behaviour, step: Step) -> Optional[Note]:
    """P10: the vCPUs of a guest that runs show one set of services. No capability was asked for."""
    if step.after.phase == RAN and step.after.masks[0] != step.after.masks[1]:
        return Note(FAILS, "vCPUs differ", (step.after.masks[0] ^ step.after.masks[1]).bit_length())
    return None


OWN = Rules()
OTHERS = Rules(others_set=True)
POKES = Rules(others_set=True, pokes=True)
GATED = Rules(others_set=True, gate="both")

PROPERTIES = {
    row.id: row
    for row in (
        Property("P1", "upgrade", "the ABI is unchanged when the kernel gets newer", OWN, upgrade),
        Property(
            "P2",
            "kernel rollback",
            "it is unchanged, or the move is refused, when the kernel gets older",
            OWN,
            kernel_rollback,
        ),
        Property(
            "P3",
            "VMM rollback",
            "it is unchanged, or the move is refused, when the VMM gets older",
            OWN,
            vmm_rollback,
        ),
        Property(
            "P4",
            "unaware no-op",
            "a VMM that knows no such register changes neither the ABI nor where guests can go",
            OWN,
            unaware_no_op,
        ),
        Property(
            "P5",
            "carried",
            "an unaware list-driven VMM carries every visible value to a kernel that is no older",
            OTHERS,
            carried,
            lambda behaviour: behaviour.list_driven,
        ),
        Property(
            "P6", "write once", "an aware VMM writes each VM-wide register once", OWN, write_once
        ),
        Property("P7", "immutable", "no VM-wide value changes once it has run", POKES, immutable),
        Property(
            "P8", "wire-stable", "ids in a stream are the same on every kernel", OWN, wire_stable
        ),
        Property(
            "P9",
            "gate",
            "used only while the whole fleet knows them, registers keep P1 .. P5",
            GATED,
            gate,
        ),
        Property(
            "P10",
            "uniform",
            "all vCPUs show the same, unless a capability was asked for",
            POKES,
            uniform,
        ),
    )
}
"""In their order."""
