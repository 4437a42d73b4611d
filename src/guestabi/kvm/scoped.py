"""A kernel whose VMs have ``regs``: the protocol of :mod:`guestabi.kvm.protocol`, and that.

Three ways to reach VM-scoped registers, chosen by asking the kernel, best first: ioctls of the VM's
own (``native``), the scope flag (``scope-flag``), and plain ONE_REG through the first vCPU
(``per-vcpu``). What the native list leaves out is reached in one of the other two ways.

A VM-scoped register is in no vCPU's list, and ONE_REG through a vCPU answers ENOENT to its id.
"""

from __future__ import annotations

import errno
import threading
from typing import Any, Callable, Iterable, Optional, Sequence, TypeVar, Union

from guestabi.errors import UsageError
from guestabi.kvm.native import Native, natively
from guestabi.kvm.optin import opt_in
from guestabi.kvm.protocol import Device, Kvm, Vcpu, Vm
from guestabi.kvm.scratch import FINALIZE_BITS, Scratch
from guestabi.kvm.throughvcpu import FLAG, PLAIN, ThroughVcpu
from guestabi.kvm.vmregs import VmRegs, refuse
from guestabi.uapi.caps import CAPABILITIES, FEATURE_BY_NAME, VM_ONE_REG_MOVE_OLD
from guestabi.uapi.regid import SCOPE_VM_FLAG

MODES = ("inherit", "opt-in")
"""``inherit``: the kernel's defaults. ``opt-in``: what the VMM did not set is as old as can be."""

Scopes = Callable[[Kvm, Sequence[int], Optional[str]], Iterable[int]]
"""Measures which registers are VM-scoped for vCPUs with these feature bits and this in-kernel GIC,
on throw-away VMs: ``guestabi.probe.scopes.measure``. Not called where the kernel itself says."""

REG_SCOPE = CAPABILITIES["KVM_CAP_ARM_REG_SCOPE"]
VM_ONE_REG = CAPABILITIES["KVM_CAP_ARM_VM_ONE_REG"]
_PER_VCPU_FEATURES = frozenset({FEATURE_BY_NAME["power-off"].bit})

W = TypeVar("W", bound="_Wrapped")


class _Wrapped:
    """Hands on what is the same for descriptors of every kind."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def close(self) -> None:
        self.raw.close()

    def __enter__(self: W) -> W:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def has_device_attr(self, group: int, attribute: int) -> bool:
        return bool(self.raw.has_device_attr(group, attribute))

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        data: bytes = self.raw.get_device_attr(group, attribute, size)
        return data

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        self.raw.set_device_attr(group, attribute, data)


class ScopedKvm:
    """``kvm``, whose VMs have ``regs`` for vCPUs with the feature bits ``features``.

    ``gic`` is the in-kernel GIC that the VMs will have. The scope of registers and, in mode
    ``opt-in``, their oldest values are measured once, when the first VM is created. Raises
    UsageError for a mode that does not exist.
    """

    def __init__(
        self,
        kvm: Kvm,
        *,
        scopes: Scopes,
        features: Sequence[int],
        gic: Optional[str] = None,
        mode: str = "inherit",
    ) -> None:
        if mode not in MODES:
            raise UsageError(f"no mode is called {mode!r}", hint=f"there are: {', '.join(MODES)}")
        self.raw = kvm
        self.mode = mode
        self.features = tuple(sorted(set(features) - _PER_VCPU_FEATURES))
        self.gic = gic
        self._scopes = scopes
        self._flag = bool(kvm.check_extension(REG_SCOPE))
        self._moves = bool(kvm.check_extension(VM_ONE_REG) & VM_ONE_REG_MOVE_OLD)
        self._ids: Optional[tuple[int, ...]] = None
        self._asked: dict[int, bytes] = {}
        self._defaults: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        self.raw.close()

    def __enter__(self) -> ScopedKvm:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def api_version(self) -> int:
        return self.raw.api_version()

    def check_extension(self, capability: int) -> int:
        return self.raw.check_extension(capability)

    def create_vm(self, vm_type: int = 0) -> ScopedVm:
        """Create a VM with ``regs``, as the kernel's own create_vm does."""
        with self._lock:
            if self._ids is None:
                self._ids = tuple(sorted(self._measure()))
                if self.mode == "opt-in":
                    self._measure_oldest(self._ids)
        raw = self.raw.create_vm(vm_type)
        try:
            if self._flag:
                raw.enable_cap(REG_SCOPE)
            new = natively(self.raw, raw)
            new_ids = frozenset(() if new is None else new.get_vm_reg_list())
            if self._moves:
                raw.enable_cap(VM_ONE_REG, [VM_ONE_REG_MOVE_OLD])
            return ScopedVm(self, raw, self._backends(raw, self._ids, vm_type), new_ids)
        except BaseException:
            raw.close()
            raise

    def _scratch(self, vm_type: int = 0) -> Scratch:
        enable = (REG_SCOPE,) if self._flag else ()
        return Scratch(self.raw, self.features, gic=self.gic, vm_type=vm_type, enable=enable)

    def _measure(self) -> Iterable[int]:
        if self._moves:
            with self.raw.create_vm() as vm:
                vm.enable_cap(VM_ONE_REG, [VM_ONE_REG_MOVE_OLD])
                regs = natively(self.raw, vm)
                return [] if regs is None else regs.get_vm_reg_list()
        if not self._flag:
            return self._scopes(self.raw, self.features, self.gic)
        scratch = self._scratch()
        try:
            listed = scratch.vcpu.get_reg_list()
        finally:
            scratch.close()
        return [id & ~SCOPE_VM_FLAG for id in listed if id & SCOPE_VM_FLAG]

    def _measure_oldest(self, ids: Sequence[int]) -> None:
        with self.raw.create_vm() as vm:
            regs = natively(self.raw, vm)
            if regs is not None:
                native = Native(regs)
                self._defaults = {id: native.read(id) for id in native.ids}
                self._asked.update(opt_in(native.ids, native.read, native.write))
        rest = [id for id in ids if id not in self._defaults]
        scratch = self._scratch()
        try:
            self._asked.update(opt_in(rest, scratch.read, scratch.write))
        finally:
            scratch.close()

    def _backends(
        self, raw: Vm, ids: Sequence[int], vm_type: int
    ) -> list[Union[Native, ThroughVcpu]]:
        regs = natively(self.raw, raw)
        found: list[Union[Native, ThroughVcpu]] = []
        if regs is not None:
            taken = set(regs.get_vm_reg_list())
            asked = {id: data for id, data in self._asked.items() if id in taken}
            found.append(Native(regs, asked, self._defaults))
            ids = [id for id in ids if id not in taken]
        asked = {id: data for id, data in self._asked.items() if id in ids}
        name = FLAG if self._flag else PLAIN
        return [*found, ThroughVcpu(name, ids, lambda: self._scratch(vm_type), asked)]


class ScopedVm(_Wrapped):
    """A VM with ``regs``. Vcpu handles are :class:`ScopedVcpu`; ``raw`` is the kernel's own.

    ``new``: the registers that are zero until somebody sets them, and were never a vCPU's.
    """

    def __init__(
        self,
        kvm: ScopedKvm,
        raw: Vm,
        backends: Sequence[Union[Native, ThroughVcpu]],
        new: frozenset[int],
    ) -> None:
        super().__init__(raw)
        self.raw: Vm = raw
        self.features = kvm.features
        self.regs = VmRegs(backends)
        self.hidden = frozenset(self.regs)
        self.new = new
        self._backends = backends
        self._lock = threading.Lock()
        self._leader: Optional[ScopedVcpu] = None
        self._verified = False

    def close(self) -> None:
        for backend in self._backends:
            backend.close()
        super().close()

    def check_extension(self, capability: int) -> int:
        return self.raw.check_extension(capability)

    def enable_cap(self, capability: int, args: Sequence[int] = ()) -> None:
        self.raw.enable_cap(capability, args)

    def preferred_target(self) -> int:
        return self.raw.preferred_target()

    def has_device_type(self, device_type: int) -> bool:
        return self.raw.has_device_type(device_type)

    def create_device(self, device_type: int) -> Device:
        return self.raw.create_device(device_type)

    def get_reg_writable_masks(self) -> list[int]:
        return self.raw.get_reg_writable_masks()

    def create_vcpu(self, index: int) -> ScopedVcpu:
        """Create a vCPU: from the first one on, ``regs`` are fixed."""
        with self._lock:
            for backend in self._backends:
                if isinstance(backend, Native):
                    backend.settle()
            vcpu = ScopedVcpu(self, self.raw.create_vcpu(index))
            self.regs.freeze()
            return vcpu

    def _ready(self, vcpu: ScopedVcpu) -> None:
        """``vcpu`` can be written: the first one to come gets the registers, the next verifies."""
        with self._lock:
            if self._leader is None:
                self._each(lambda backend: backend.apply(vcpu.raw))
                self._leader = vcpu
            elif vcpu is not self._leader and not self._verified:
                self._each(lambda backend: backend.verify(vcpu.raw))
                self._verified = True

    def _about_to_run(self) -> None:
        with self._lock:
            if self._leader is not None and not self._verified:
                leader = self._leader.raw
                self._each(lambda backend: backend.verify(leader))
                self._verified = True

    def _each(self, do: Callable[[ThroughVcpu], None]) -> None:
        for backend in self._backends:
            if isinstance(backend, ThroughVcpu):
                do(backend)


class ScopedVcpu(_Wrapped):
    """A vCPU that shows what is its own."""

    def __init__(self, vm: ScopedVm, raw: Vcpu) -> None:
        super().__init__(raw)
        self.raw: Vcpu = raw
        self._vm = vm
        self._hidden = vm.hidden
        self._waits_for = frozenset(FINALIZE_BITS & set(vm.features))

    def init(self, target: int, features: Sequence[int]) -> None:
        """KVM_ARM_VCPU_INIT. UsageError for features other than those that ``regs`` stand for."""
        if set(features) - _PER_VCPU_FEATURES != set(self._vm.features):
            raise UsageError(
                f"vm.regs stand for vCPUs with the features {sorted(self._vm.features)}, "
                f"not {sorted(features)}",
                hint="give scoped() the features that the vCPUs will have",
            )
        self.raw.init(target, features)
        if not self._waits_for:
            self._vm._ready(self)

    def finalize(self, feature: int) -> None:
        self.raw.finalize(feature)
        self._waits_for -= {feature}
        if not self._waits_for:
            self._vm._ready(self)

    def get_reg_list(self) -> list[int]:
        """The ids of this vCPU's own registers, in the kernel's order."""
        listed = [id & ~SCOPE_VM_FLAG for id in self.raw.get_reg_list()]
        return [id for id in listed if id not in self._hidden]

    def get_one_reg(self, id: int) -> bytes:
        if id & ~SCOPE_VM_FLAG in self._hidden:
            refuse("KVM_GET_ONE_REG", errno.ENOENT, id, None, _ELSEWHERE)
        return self.raw.get_one_reg(id)

    def set_one_reg(self, id: int, data: bytes) -> None:
        if id & ~SCOPE_VM_FLAG in self._hidden:
            refuse("KVM_SET_ONE_REG", errno.ENOENT, id, data, _ELSEWHERE)
        self.raw.set_one_reg(id, data)

    def run(self, *, immediate_exit: bool = False) -> None:
        self._vm._about_to_run()
        self.raw.run(immediate_exit=immediate_exit)


_ELSEWHERE = "it is the VM's, not a vCPU's: see Vm.regs"
