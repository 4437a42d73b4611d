"""Every design that the questions allow: is there one that keeps a set of promises?

A design is a row of answers, so the space of designs is small enough to be tried whole. This turns
"nobody found a better one" into "there is none among these".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from guestabi.errors import UsageError
from guestabi.model.explore import BOUND, Bound, check
from guestabi.model.properties import PROPERTIES
from guestabi.model.semantics import Behaviour, Design

DEFAULTS = (0, 1)
LISTED = ("always", "when-set", "never")
VCPU_WRITES = ("always", "before-run", "never")
VM_WRITES = ("before-vcpus", "never")
STORES = ("vm", "vcpu")


def designs() -> Iterator[Design]:
    """Yield every design with another answer to some question: 72 without a flag, 36 with it.

    The flag marks what is VM-wide, so there is none where each vCPU has its own value.
    """
    for flag, default, listed, vcpu_write, vm_write, store in product(
        (False, True), DEFAULTS, LISTED, VCPU_WRITES, VM_WRITES, STORES
    ):
        if flag and store == "vcpu":
            continue
        name = f"default {default}, listed {listed}, vCPU {vcpu_write}, VM {vm_write}, per {store}"
        yield Design(
            name + (", flag" if flag else ""),
            "one of all designs",
            default=default,
            store=store,
            listed=listed,
            vcpu_write=vcpu_write,
            vm_write=vm_write,
            scope_told=flag or vm_write != "never",
            flag=flag,
        )


def keeping(
    promises: Sequence[str], behaviours: Sequence[Behaviour], bound: Bound = BOUND
) -> list[Design]:
    """Return the designs that keep all ``promises`` (property ids) under all ``behaviours``.

    A design in which a register can be set by nobody keeps most promises by saying nothing; it is
    left out.
    """
    if not promises or not behaviours:
        raise UsageError("no promise, or no behaviour, to try designs against")
    rows = [PROPERTIES[promise] for promise in promises]
    return [
        design
        for design in designs()
        if _says_something(design)
        and all(
            answer.holds
            for behaviour in behaviours
            for row in rows
            for answer in check(design, behaviour, [row], bound)
        )
    ]


def _says_something(design: Design) -> bool:
    return design.vm_write != "never" or design.vcpu_write != "never"
