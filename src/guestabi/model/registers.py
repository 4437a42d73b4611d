"""One register of a model kernel: what it holds after a write, or with which errno it refuses.

Rows come from a measured profile (:func:`measured`). A register keeps no value itself: the VM and
the vCPUs do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Optional

from guestabi.profile import answers
from guestabi.profile.host import HostProfile, ProbedRegister
from guestabi.uapi import regid

Law = Callable[[int, int, bool], int]
"""(held, written, whether a vCPU of the VM has run) -> held from now on; raises Refused."""

MPIDR = regid.sysreg(3, 0, 0, 0, 5)

UNMEASURED = "EINVAL"
"""What a model answers to a value that nobody tried: it refuses, and counts the guess."""


class Refused(Exception):
    """The kernel's answer to a write is an errno; ``measured`` says whether that was seen."""

    def __init__(self, errno: str, *, measured: bool = True) -> None:
        super().__init__(errno)
        self.errno = errno
        self.measured = measured


@dataclass(frozen=True)
class Row:
    """One register. ``vm_mask``: the bits that are stored once for the VM, not once a vCPU.

    ``lost_by_other``, ``lost_by_reinit``: a written value does not outlive KVM_ARM_VCPU_INIT of
    another vCPU, or of its own. ``store``: the id under which the value lies, for registers that
    show the same bits.
    """

    id: int
    size: int
    default: int
    default_other: int
    law: Law
    vm_mask: int = 0
    volatile: bool = False
    lost_by_other: bool = False
    lost_by_reinit: bool = False
    store: int = 0

    def reset_value(self, index: int) -> int:
        """Return what the vCPU with this index starts with."""
        if self.id == MPIDR and index > 1:
            return self.default & ~0xFF_FFFF | affinity(index)
        return self.default_other if index else self.default


def affinity(index: int) -> int:
    """Return the place of a vCPU: 16 to a cluster, then 256 clusters to the next level
    (arch/arm64/kvm/sys_regs.c, reset_mpidr)."""
    return index & 0xF | (index >> 4 & 0xFF) << 8 | (index >> 12 & 0xFF) << 16


def measured(profile: HostProfile, *, fixed: bool) -> dict[int, Row]:
    """Return the rows of ``profile``, by id, in its order.

    ``fixed``: see :class:`guestabi.model.traits.Traits`, ``id_registers_fixed``.
    """
    others = {int(raw.id, 16): raw.default_other for raw in profile.record.registers}
    return {id: _row(register, others[id], fixed) for id, register in profile.registers.items()}


def vm_mask(register: ProbedRegister) -> int:
    """Return the bits of ``register`` that another vCPU was seen to share."""
    if register.scope != "vm":
        return 0
    scopes = {"vm": 0, "vcpu": 0, "unknown": 0}
    for field in register.fields or ():
        scopes[field.record.scope] |= field.mask
    return scopes["vm"] if scopes["vcpu"] else (1 << 8 * register.size) - 1


_IMPLEMENTATION_IDS = {
    regid.sysreg(3, 0, 0, 0, 0): (1 << 32) - 1,
    regid.sysreg(3, 0, 0, 0, 6): (1 << 64) - 1,
    regid.sysreg(3, 1, 0, 0, 7): (1 << 64) - 1,
}
"""MIDR_EL1, REVIDR_EL1, AIDR_EL1: the bits that userspace may choose with
KVM_CAP_ARM_WRITABLE_IMP_ID_REGS (arch/arm64/kvm/sys_regs.c, IMPLEMENTATION_ID)."""


def implementation_ids(rows: Mapping[int, Row]) -> dict[int, Row]:
    """Return those of ``rows`` that the capability changes: VM-wide, any value until the run."""
    return {
        id: replace(rows[id], law=_free(mask), vm_mask=(1 << 64) - 1)
        for id, mask in _IMPLEMENTATION_IDS.items()
        if id in rows
    }


def _free(mask: int) -> Law:
    def law(held: int, value: int, ran: bool) -> int:
        if value == held:
            return held
        if ran:
            raise Refused("EBUSY")
        if value & ~mask:
            raise Refused("EINVAL")
        return value

    return law


def _row(register: ProbedRegister, other: Optional[str], fixed: bool) -> Row:
    default = register.default or 0
    return Row(
        id=register.id,
        size=register.size,
        default=default,
        default_other=default if other is None else int(other, 16),
        law=_law(register, fixed),
        vm_mask=vm_mask(register),
        volatile=register.volatile,
        lost_by_other=register.survives_other_init is False,
        lost_by_reinit=register.survives_reinit is not True,
        store=min((register.id, *register.shares)),
    )


def _law(register: ProbedRegister, fixed: bool) -> Law:
    if register.volatile:
        return lambda held, value, ran: value
    if register.acts is not None:
        return lambda held, value, ran: answers.apply(register, held, value)
    ran_other = register.stages.get("ran", ("ok", None))[1]
    if ran_other is None:
        # A register that takes no other value; one that ignores them all has no errno.
        refuses = fixed and register.errno is not None and is_id(register.id)
        ran_other = "EBUSY" if refuses else "ok"
    shared = vm_mask(register)

    def law(held: int, value: int, ran: bool) -> int:
        if value == held:
            return held
        if ran and ran_other not in ("ok", "ignored") and _fixed_first(register):
            raise Refused(ran_other)
        new = _answered(register, held, value)
        if not ran or ran_other == "ok" or new == held:
            return new
        if ran_other == "ignored":
            return new & ~shared | held & shared
        raise Refused(ran_other)

    return law


def _answered(register: ProbedRegister, held: int, value: int) -> int:
    """Return what ``register`` holds after ``value`` was written before the first run."""
    said = answers.answer(register, value)
    if said.kind == "refused":
        raise Refused(said.errno or UNMEASURED, measured=said.errno is not None)
    if said.kind == "unknown":
        raise Refused(UNMEASURED, measured=False)
    if said.kind == "same" or said.got is None:
        return value
    return _left_alone(register, held, value, said.got)


def _left_alone(register: ProbedRegister, held: int, value: int, got: int) -> int:
    """A VM-wide field that reads its default after a value that it does not take was not written
    at all: it keeps what it holds (PMCR_EL0.N)."""
    for field in register.fields or ():
        said = field.answer(field.extract(value))
        own = field.extract(register.default or 0)
        if said.kind == "readback" and said.got == own and field.record.scope == "vm":
            got = got & ~field.mask | held & field.mask
    return got


def is_id(id: int) -> bool:
    """Whether the id lies among those that identify a CPU's features (CRm 0 identifies the CPU)."""
    decoded = regid.decode(id)
    return (
        isinstance(decoded, regid.SysReg)
        and (decoded.op0, decoded.op1, decoded.crn) == (3, 0, 0)
        and decoded.crm > 0
    )


def _fixed_first(register: ProbedRegister) -> bool:
    """Whether "it is fixed" is said before "that value is not acceptable": the ID registers'
    writer (arch/arm64/kvm/sys_regs.c, set_id_reg) asks in this order, the firmware bitmaps'
    (arch/arm64/kvm/hypercalls.c, kvm_arm_set_fw_reg_bmap) in the other."""
    return not isinstance(regid.decode(register.id), regid.Bitmap)
