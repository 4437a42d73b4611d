"""A VMM in one file: memory, vCPUs, GIC, PMU, run, save and load.

::

    with KvmDevice() as kvm:
        with boot(scoped(kvm), image, vcpus=2, registers={"PSCI_VERSION": 0x10000}) as machine:
            print(machine.run(0))          # Mmio(address=0x9000000, ...)
            saved = machine.save()
        with load(scoped(kvm), saved) as machine:
            print(machine.run(0))

The VM-scoped registers are set once, on the VM, before any vCPU exists: see
:mod:`guestabi.kvm.vmregs`. PSCI is the kernel's: vCPU 0 starts powered on, the others off, and a
guest turns them on by CPU_ON. vCPUs take turns in one thread.

What is saved: registers, memory, the GICv3's state, and whether each vCPU is powered on. There is
no other device, and no ITS.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import TracebackType
from typing import Iterator, Mapping, Optional, Sequence, Union

from guestabi.errors import GuestAbiError, UsageError
from guestabi.kvm.exits import Exit, Interrupted
from guestabi.kvm.gic import create_gic
from guestabi.kvm.protocol import Device, GuestVcpu, GuestVm, Vcpu
from guestabi.kvm.scoped import ScopedKvm, ScopedVcpu, ScopedVm
from guestabi.kvm.scratch import FINALIZE_BITS
from guestabi.kvm.state import restore, save
from guestabi.registers.catalogue import find
from guestabi.uapi import devices, structs
from guestabi.uapi.caps import FEATURE_BY_NAME
from guestabi.vmm import gic_state
from guestabi.vmm.fitting import fitted, listed
from guestabi.vmm.memory import RAM, RAM_BYTES, Memory
from guestabi.vmm.saved import Saved

ENTRY = RAM + 0x8_0000
EL1H_MASKED = 0x3C5
"""PSTATE as the arm64 boot protocol wants it: EL1h, D, A, I and F masked."""
SECONDS = 30.0

_PC = find("PC").id
_PSTATE = find("PSTATE").id
_PMU = FEATURE_BY_NAME["pmu-v3"].bit
_POWER_OFF = FEATURE_BY_NAME["power-off"].bit


class Machine:
    """A VM with its vCPUs, memory and devices; ``boot`` and ``load`` make one."""

    def __init__(self) -> None:
        self.memory = Memory(RAM, RAM_BYTES)
        self.vm: Optional[ScopedVm] = None
        self.vcpus: tuple[ScopedVcpu, ...] = ()
        self.gic: Optional[Device] = None

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back: the VM first, then the memory that it uses."""
        for handle in (self.gic, *self.vcpus, self.vm):
            if handle is not None:
                handle.close()
        self.memory.close()

    def run(self, index: int = 0, *, seconds: float = SECONDS) -> Exit:
        """Run a vCPU until its guest needs the VMM.

        Main thread only. Raises GuestAbiError when that takes longer than ``seconds``: the vCPU
        is stopped then and can run on.
        """
        vcpu = self.vcpus[index]
        raw = _guest_vcpu(vcpu.raw)
        with _alarm(seconds):
            exit = raw.enter()
        if isinstance(exit, Interrupted):
            raise GuestAbiError(
                f"vCPU {index} ran for {seconds:g} s and never asked for its VMM",
                hint="the guest hangs, or needs more time",
            )
        return exit

    def save(self) -> Saved:
        """Return the whole machine, which may run on. No vCPU may be running.

        Raises RegisterError where a read fails, UsageError where the GIC is no GICv3.
        """
        if self.vm is None:
            raise UsageError("a machine that was never booted has nothing to save")
        for vcpu in self.vcpus:
            vcpu.run(immediate_exit=True)  # ends the access that the last exit was about
        power = tuple(_guest_vcpu(vcpu.raw).get_mp_state() for vcpu in self.vcpus)
        gic = None if self.gic is None else gic_state.save(self.gic, len(self.vcpus))
        return Saved(save(self.vm, self.vcpus), self.memory.read(RAM, RAM_BYTES), power, gic)

    def _furnish(self, vm: ScopedVm, gic: Optional[str]) -> None:
        if not isinstance(vm.raw, GuestVm):
            raise _no_guests()
        vm.raw.set_user_memory_region(0, RAM, RAM_BYTES, self.memory.address)
        if gic is not None:
            self.gic = create_gic(vm, gic)

    def _adopt(self, vm: ScopedVm, vcpus: Sequence[ScopedVcpu]) -> None:
        self.vm, self.vcpus = vm, tuple(vcpus)


def boot(
    kvm: ScopedKvm,
    image: bytes,
    *,
    vcpus: int = 1,
    registers: Mapping[str, Union[int, bytes]] = {},
) -> Machine:
    """Return a machine that is about to enter ``image``, loaded at :data:`ENTRY`.

    ``registers`` are VM-scoped ones, by name or id in hex. Raises what ``vm.regs`` raises,
    KvmError, and UsageError on a kernel that cannot run guest code.
    """
    machine = Machine()
    try:
        machine.memory.write(ENTRY, image)
        vm = kvm.create_vm()
        machine._adopt(vm, ())
        for name, value in registers.items():
            vm.regs[name] = value
        for index in range(vcpus):
            machine._adopt(vm, (*machine.vcpus, vm.create_vcpu(index)))
        machine._furnish(vm, kvm.gic)
        for index, vcpu in enumerate(machine.vcpus):
            vcpu.init(vm.preferred_target(), [*vm.features, *([_POWER_OFF] if index else [])])
        for vcpu in machine.vcpus:
            for bit in sorted(FINALIZE_BITS & set(vm.features)):
                vcpu.finalize(bit)
        machine.vcpus[0].set_one_reg(_PC, ENTRY.to_bytes(8, "little"))
        machine.vcpus[0].set_one_reg(_PSTATE, EL1H_MASKED.to_bytes(8, "little"))
        _start(vm, machine.vcpus)
    except BaseException:
        machine.close()
        raise
    return machine


def load(kvm: ScopedKvm, saved: Saved) -> Machine:
    """Return the machine that was saved, on this kernel, or none at all.

    A register that this kernel does not list is left out where no guest can tell: see
    :mod:`guestabi.vmm.fitting`. Raises what ``kvm.state.restore`` and ``gic_state.restore`` raise,
    first of all RegisterError: a register that this kernel does not have or whose value it refuses.
    UsageError: the machine has another GIC than VMs of ``kvm``, or only one of the two has any.
    """
    gic_state.require(kvm.gic, saved.gic)
    machine = Machine()
    try:
        machine.memory.write(RAM, saved.memory)
        registers = fitted(saved.registers, listed(kvm))
        restored = restore(kvm, registers, created=lambda vm, _: machine._furnish(vm, kvm.gic))
        machine._adopt(restored.vm, restored.vcpus)
        for vcpu, power in zip(machine.vcpus, saved.power):
            if power != structs.MP_STATE_RUNNABLE:
                _guest_vcpu(vcpu.raw).set_mp_state(power)
        if machine.gic is not None and saved.gic is not None:
            gic_state.restore(machine.gic, saved.gic, len(machine.vcpus))
        _start(restored.vm, machine.vcpus)
    except BaseException:
        machine.close()
        raise
    return machine


def _start(vm: ScopedVm, vcpus: Sequence[ScopedVcpu]) -> None:
    if _PMU in vm.features:
        irq = devices.PMU_PPI.to_bytes(4, "little")
        for vcpu in vcpus:
            vcpu.set_device_attr(devices.VCPU_PMU_V3_CTRL, devices.VCPU_PMU_V3_IRQ, irq)
            vcpu.set_device_attr(devices.VCPU_PMU_V3_CTRL, devices.VCPU_PMU_V3_INIT, None)
    for vcpu in vcpus:
        vcpu.run(immediate_exit=True)  # counts as run: what vm.regs promised is verified here


def _guest_vcpu(vcpu: Vcpu) -> GuestVcpu:
    if not isinstance(vcpu, GuestVcpu):
        raise _no_guests()
    return vcpu


def _no_guests() -> UsageError:
    return UsageError(
        "this kernel runs no guest code", hint="a model answers ioctls alone; use a real /dev/kvm"
    )


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    # A signal ends KVM_RUN with EINTR. It comes again and again: the first may come too early.
    if threading.current_thread() is not threading.main_thread():
        raise UsageError("a vCPU runs in the main thread alone", hint="signals are handled there")
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
