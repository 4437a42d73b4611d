"""What happens to each register on one move: raw facts, whatever the VMM does with them.

A rehearsal on a real kernel states the same facts; where the two disagree, this is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, NamedTuple, Optional, Sequence

from guestabi.compat import grades
from guestabi.compat.known import POISON, field_names, role_of
from guestabi.profile.answers import answer, apply
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.registers.catalogue import name_of

KINDS = (
    "missing",
    "refused",
    "readback",
    "defaulted",
    "scope",
    "order",
    "unmeasured",
    "device",
    "answer",
)
"""What can happen to a register beside ``same``. The last three are no outcomes of a rehearsal: the
profile does not tell, a device's register differs that nobody carries, or guest code gets another
answer that no register holds."""

State = Mapping[int, Optional[int]]
"""A guest's registers: value by id, None for one that moves by itself."""


@dataclass(frozen=True)
class Outcome:
    """One register on one move. ``source`` and ``destination`` are whole values.

    ``source``       value in the stream; None: volatile, or not in the stream
    ``destination``  value after the move: read back, kept default; for a refused one, the
                     destination's default; None: volatile, or not listed
    ``grade``        refines ``kind``: see :mod:`guestabi.compat.grades`
    ``fields``       names of the fields that differ or were refused, from bit 0 up
    ``bits``         mask of the bits that differ or were refused
    """

    id: int
    name: str
    kind: str
    source: Optional[int]
    destination: Optional[int]
    errno: Optional[str] = None
    grade: str = ""
    fields: tuple[str, ...] = ()
    bits: int = 0


@dataclass(frozen=True)
class Weighed:
    """An outcome and what it means under a policy: ``effect`` is one of ``effects.ORDER``."""

    outcome: Outcome
    effect: str


class Fact(NamedTuple):
    """The answer to one value of one register, as far as it depends on nothing else.

    ``got``: what reads back, None where it is not known (and does not matter).
    """

    kind: str
    errno: Optional[str] = None
    got: Optional[int] = None
    bits: int = 0


def outcomes(
    state: State, destination: HostProfile, *, source: Optional[HostProfile] = None
) -> list[Outcome]:
    """Return what is not plainly ``same`` when ``state`` is written on ``destination``, by id.

    ``source`` is the host that the state comes from: with it, scopes are compared, and its
    capabilities tell what a guest saw behind registers that it does not list.
    """
    found = []
    held = held_after(state, acting(destination))
    for number in sorted(state.keys() | destination.registers.keys()):
        outcome = outcome_of(number, state, destination, source, held)
        if outcome is not None:
            found.append(outcome)
    return found


def acting(host: HostProfile) -> tuple[ProbedRegister, ...]:
    """Return the registers that only set or clear bits, by id."""
    return tuple(each for each in host.registers.values() if each.acts is not None)


def held_after(state: State, acting: Sequence[ProbedRegister]) -> dict[int, int]:
    """Return what registers that only set or clear bits hold, by id, when all of ``state`` was
    written in ascending order: such a write changes others that share their storage."""
    held = {each.id: each.default or 0 for each in acting}
    for register in acting:
        value = state.get(register.id)
        for number in (register.id, *register.shares) if value is not None else ():
            if number in held:
                held[number] = apply(register, held[number], value or 0)
    return held


def outcome_of(
    number: int,
    state: State,
    destination: HostProfile,
    source: Optional[HostProfile],
    held: Mapping[int, int],
) -> Optional[Outcome]:
    """Return the outcome of one register, None for ``same``; ``held`` is of held_after."""
    register = destination.registers.get(number)
    if register is None:
        return missing(number, state, destination)
    if number not in state:
        return defaulted(register, state, source)
    fact = fact_of(register, state[number], held.get(number))
    if fact.kind != "same":
        return common(register, fact, state, source)
    return rescoped(register, state[number], source)


def missing(number: int, state: State, destination: HostProfile) -> Outcome:
    """The outcome of a register that the destination does not list."""
    value = state[number]
    grade = grades.of_missing(number, value, state, destination)
    return Outcome(number, name_of(number), "missing", value, None, grade=grade)


def defaulted(
    register: ProbedRegister, state: State, source: Optional[HostProfile] = None
) -> Outcome:
    """The outcome of a register that only the destination lists."""
    grade, bits = grades.of_defaulted(register, state, source)
    fields = field_names(register.id, bits) if bits else ()
    return Outcome(
        register.id,
        name_of(register.id),
        "defaulted",
        None,
        register.default,
        grade=grade,
        fields=fields,
        bits=bits,
    )


def common(
    register: ProbedRegister, fact: Fact, state: State, source: Optional[HostProfile] = None
) -> Outcome:
    """The outcome of a register that both sides have and that is not ``same``."""
    value = state[register.id]
    grade = ""
    if fact.kind == "readback":
        grade = grades.of_readback(register, value, fact.bits, state, source)
    return Outcome(
        register.id,
        name_of(register.id),
        fact.kind,
        value,
        fact.got if fact.kind == "readback" else register.default,
        fact.errno,
        grade,
        field_names(register.id, fact.bits),
        fact.bits,
    )


def rescoped(
    register: ProbedRegister, value: Optional[int], source: Optional[HostProfile]
) -> Optional[Outcome]:
    """``scope`` where both hosts were measured and keep the register at different places."""
    before = None if source is None else source.registers.get(register.id)
    if before is None or "unknown" in (before.scope, register.scope):
        return None
    if before.scope == register.scope:
        return None
    name = name_of(register.id)
    grade = f"{before.scope}-to-{register.scope}"
    return Outcome(register.id, name, "scope", value, value, grade=grade)


def fact_of(register: ProbedRegister, value: Optional[int], held: Optional[int] = None) -> Fact:
    """Return what the destination makes of ``value`` in a register that it lists; ``held`` is
    what a register that only sets or clears bits has when all is written."""
    if value is None:
        moves = register.volatile or role_of(register.id) == "counter"
        return Fact("same") if moves else Fact("unmeasured")
    if held is not None:
        differs = value ^ held
        return Fact("readback" if differs else "same", got=held, bits=differs)
    said = answer(register, value)
    if said.kind == "same":
        return Fact("same", got=value)
    if said.kind == "readback":
        return Fact("readback", got=said.got, bits=value ^ (said.got or 0))
    if said.kind == "refused":
        return Fact("refused", errno=said.errno, bits=_refused_bits(register, value))
    if value == POISON and _takes_all(register):
        # Nobody wrote it, so that whatever reads back there is no loss.
        return Fact("readback", bits=value)
    return Fact("unmeasured", bits=value ^ (register.default or 0))


def _takes_all(register: ProbedRegister) -> bool:
    tried = register.patterns or ()
    return bool(tried) and all(pattern.errno is None for pattern in tried)


def _refused_bits(register: ProbedRegister, value: int) -> int:
    """The bits that differ in fields that alone would be refused; all that differ if none would."""
    changed = value ^ (register.default or 0)
    refused = 0
    unswept = changed
    for field in register.fields or ():
        unswept &= ~field.mask
        if changed & field.mask and field.answer(field.extract(value)).kind == "refused":
            refused |= changed & field.mask
    if register.fields is not None:
        refused |= unswept
    return refused or changed
