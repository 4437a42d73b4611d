"""Save all registers of a VM, and restore them into another one.

What is the VM's moves once, what is a vCPU's once for each: R_vm + N * R_vcpu calls. The order of
a restore is the one that the registers' windows demand: the VM's values are checked before any vCPU
exists; then create, KVM_ARM_VCPU_INIT, SVE_VLS, KVM_ARM_VCPU_FINALIZE, what a guest knows its
machine by (ID registers, firmware), and the rest.

Registers alone: memory, devices, MP state and pending events are the VMM's to carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterable, Mapping, Optional, Sequence

from guestabi.errors import GuestAbiError, RegisterError, UsageError
from guestabi.kvm.protocol import Handle, Vcpu
from guestabi.kvm.scoped import ScopedKvm, ScopedVcpu, ScopedVm
from guestabi.kvm.scratch import FINALIZE_BITS
from guestabi.kvm.snapshot import Snapshot, Values
from guestabi.registers.catalogue import find, lookup, name_of
from guestabi.uapi.caps import VCPU_FEATURES

SVE_VLS = 0x606000000015FFFF

_KNOWN_BY = ("identification", "firmware", "bitmap")
_CLEARED_FIRST = {
    find(clear).id: find(set).id
    for clear, set in (
        ("PMCNTENCLR_EL0", "PMCNTENSET_EL0"),
        ("PMINTENCLR_EL1", "PMINTENSET_EL1"),
        ("PMOVSCLR_EL0", "PMOVSSET_EL0"),
    )
}
"""Pairs that show the same bits. Some kernels (measured: 6.12) clear or set what is 1 in a write,
as they do for the guest; others store it. Clearing all, then setting, serves both."""

Created = Callable[[ScopedVm, Sequence[ScopedVcpu]], None]
Refused = Callable[[RegisterError], object]


@dataclass(frozen=True)
class Restored:
    """A VM and its vCPUs, by index; closing them is the caller's."""

    vm: ScopedVm
    vcpus: tuple[ScopedVcpu, ...]

    def close(self) -> None:
        for vcpu in self.vcpus:
            vcpu.close()
        self.vm.close()


def save(vm: ScopedVm, vcpus: Sequence[ScopedVcpu]) -> Snapshot:
    """Read every register of ``vm``, and of its stopped vCPUs in the order of their indices.

    A register of the VM that is new and zero is left out: it need not be set where it is known, and
    does no harm where it is not. Nothing is written. Raises UsageError without a vCPU,
    RegisterError where a read fails.
    """
    if not vcpus:
        raise UsageError("a VM without vCPUs has nothing to save")
    own = tuple({id: vcpu.get_one_reg(id) for id in sorted(vcpu.get_reg_list())} for vcpu in vcpus)
    shared = {id: vm.regs.get_bytes(id) for id in vm.regs}
    used = {id: data for id, data in shared.items() if any(data) or id not in vm.new}
    return Snapshot(_names(vm.features), used, own)


def restore(
    kvm: ScopedKvm, snapshot: Snapshot, *, created: Optional[Created] = None, verify: bool = True
) -> Restored:
    """Build a VM that holds ``snapshot``, or none at all.

    ``created`` is called when all vCPUs exist and none is initialised: the place to create the
    interrupt controller. ``verify`` reads back what a guest knows its machine by. A refusal is a
    RegisterError (register, value, errno), a value that reads back otherwise a GuestAbiError;
    the target VM is closed by then. UsageError: ``kvm`` stands for other vCPU features.
    """
    if _names(kvm.features) != snapshot.features:
        raise UsageError(
            f"the snapshot is of vCPUs with {', '.join(snapshot.features) or 'no features'}; "
            f"this kernel was opened for {', '.join(_names(kvm.features)) or 'none'}",
            hint="open it with scoped(kvm, features=snapshot.features)",
        )
    opened: list[Handle] = []
    try:
        vm = kvm.create_vm()
        opened.append(vm)
        return _restore(vm, place(snapshot, vm.regs), opened, created, verify)
    except BaseException as error:
        for handle in reversed(opened):
            handle.close()
        if isinstance(error, GuestAbiError) and not error.hint:
            error.hint = "the target VM was discarded, the source was not touched"
        raise


def place(snapshot: Snapshot, scoped: Iterable[int]) -> Snapshot:
    """Return ``snapshot`` as a kernel takes it whose VM-scoped registers are ``scoped``: what only
    the source had once goes to every vCPU, what only the destination has once is taken from them.

    Raises UsageError where the vCPUs hold different values of what is now the VM's.
    """
    shared = set(scoped)
    vm = {id: data for id, data in snapshot.vm.items() if id in shared}
    moved = {id: data for id, data in snapshot.vm.items() if id not in shared}
    own = []
    for number, values in enumerate(snapshot.vcpus):
        for id in sorted(shared & set(values)):
            if vm.setdefault(id, values[id]) != values[id]:
                raise UsageError(
                    f"{name_of(id)} is one value for the VM here, but vCPU {number} of the "
                    f"snapshot holds another one than the first"
                )
        own.append({**moved, **{id: v for id, v in values.items() if id not in shared}})
    return replace(snapshot, vm=vm, vcpus=tuple(own))


def put(vcpu: Vcpu, writes: Iterable[tuple[int, bytes]], refused: Optional[Refused] = None) -> None:
    """Write each (id, value) to ``vcpu``. A refusal is raised, or handed to ``refused``."""
    for id, data in writes:
        try:
            vcpu.set_one_reg(id, data)
        except RegisterError as error:
            if refused is None:
                raise
            refused(error)


def in_order(values: Values) -> list[tuple[int, bytes]]:
    """Return the writes, in order, that give a finalized vCPU ``values``; SVE_VLS is not one."""
    return sorted(
        ((id, _written(id, values)) for id in values if id != SVE_VLS),
        key=lambda write: (_rank(write[0]), write[0]),
    )


def _restore(
    vm: ScopedVm,
    placed: Snapshot,
    opened: list[Handle],
    created: Optional[Created],
    verify: bool,
) -> Restored:
    for id, data in sorted(placed.vm.items()):
        vm.regs.set(id, data)
    vcpus: list[ScopedVcpu] = []
    for index in range(len(placed.vcpus)):
        vcpus.append(vm.create_vcpu(index))
        opened.append(vcpus[-1])
    if created is not None:
        created(vm, vcpus)
    target = vm.preferred_target()
    for vcpu in vcpus:
        vcpu.init(target, vm.features)
    for vcpu, values in zip(vcpus, placed.vcpus):
        if SVE_VLS in values:
            put(vcpu, [(SVE_VLS, values[SVE_VLS])])
        for bit in sorted(FINALIZE_BITS & set(vm.features)):
            vcpu.finalize(bit)
    for vcpu, values in zip(vcpus, placed.vcpus):
        put(vcpu, in_order(values))
    if verify:
        _verify(vcpus, placed.vcpus)
    return Restored(vm, tuple(vcpus))


def _verify(vcpus: Sequence[ScopedVcpu], wanted: Sequence[Mapping[int, bytes]]) -> None:
    for number, (vcpu, values) in enumerate(zip(vcpus, wanted)):
        for id, data in sorted(values.items()):
            if _rank(id) == 0 and vcpu.get_one_reg(id) != data:
                wrote = int.from_bytes(data, "little")
                raise GuestAbiError(
                    f"{name_of(id)} of vCPU {number} took {wrote:#x} and does not read it back"
                )


def _written(id: int, values: Values) -> bytes:
    if values.get(_CLEARED_FIRST.get(id, -1)) is not None:
        return b"\xff" * len(values[id])
    return values[id]


def _rank(id: int) -> int:
    known = lookup(id)
    if known is not None and known.role in _KNOWN_BY:
        return 0
    return 1 if id in _CLEARED_FIRST else 2


def _names(bits: Iterable[int]) -> tuple[str, ...]:
    by_bit = {row.bit: row.name for row in VCPU_FEATURES}
    return tuple(sorted(by_bit.get(bit, f"bit-{bit}") for bit in bits))
