"""What a kernel offers, one protocol per file descriptor, with meanings instead of numbers.

:mod:`guestabi.kvm.device` implements it on /dev/kvm; :mod:`guestabi.kvm.recording` wraps any
implementation into a transcript, and plays one back. A test of a VMM may bring its own.

Register values are ``bytes``, little-endian, exactly as wide as the register id says. Errors are
:class:`~guestabi.errors.KvmError` and its subclass RegisterError; a call that cannot mean anything
(wrong size, no register id) is a UsageError before the kernel is asked.
"""

from __future__ import annotations

from typing import Optional, Protocol, Sequence, TypeVar, runtime_checkable

from guestabi.kvm.exits import Exit

T = TypeVar("T", bound="Handle")


class Handle(Protocol):
    """A descriptor that is closed at the end of a ``with`` block, and may be closed twice."""

    def close(self) -> None: ...

    def __enter__(self: T) -> T: ...

    def __exit__(self, *exc: object) -> None: ...


class Attributes(Protocol):
    """KVM_{SET,GET,HAS}_DEVICE_ATTR, which devices, VMs and vCPUs share."""

    def has_device_attr(self, group: int, attribute: int) -> bool: ...

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        """Return ``size`` bytes (4 or 8) of the attribute."""
        ...

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        """Set the attribute; None where the attribute takes no data."""
        ...


class Device(Handle, Attributes, Protocol):
    """An in-kernel device, such as the VGIC."""


class Vcpu(Handle, Attributes, Protocol):
    def init(self, target: int, features: Sequence[int]) -> None:
        """KVM_ARM_VCPU_INIT with these feature bits; again to reset the vCPU."""
        ...

    def finalize(self, feature: int) -> None:
        """KVM_ARM_VCPU_FINALIZE, for features that need it (SVE)."""
        ...

    def get_reg_list(self) -> list[int]:
        """The ids of KVM_GET_REG_LIST in the kernel's order. ENOEXEC before init."""
        ...

    def get_one_reg(self, id: int) -> bytes: ...

    def set_one_reg(self, id: int, data: bytes) -> None: ...

    def run(self, *, immediate_exit: bool = False) -> None:
        """KVM_RUN. With ``immediate_exit`` no guest code runs, yet the vCPU counts as run; that
        EINTR is the expected end and no error."""
        ...


class Vm(Handle, Attributes, Protocol):
    def check_extension(self, capability: int) -> int: ...

    def enable_cap(self, capability: int, args: Sequence[int] = ()) -> None: ...

    def preferred_target(self) -> int: ...

    def create_vcpu(self, index: int) -> Vcpu: ...

    def has_device_type(self, device_type: int) -> bool: ...

    def create_device(self, device_type: int) -> Device: ...

    def get_reg_writable_masks(self) -> list[int]:
        """The masks of the feature-id range, in the order of ``uapi.structs.feature_id_index``."""
        ...


@runtime_checkable
class GuestVm(Protocol):
    """What a Vm also offers where guest code can run: a real kernel, and not a model."""

    def set_user_memory_region(
        self, slot: int, guest_address: int, size: int, host_address: int
    ) -> None:
        """KVM_SET_USER_MEMORY_REGION: ``size`` bytes of this process, which must outlive the VM,
        become guest memory; 0 takes the slot away."""
        ...


@runtime_checkable
class GuestVcpu(Protocol):
    """What a Vcpu also offers where guest code can run."""

    def enter(self) -> Exit:
        """KVM_RUN until the guest needs its VMM or a signal comes."""
        ...

    def get_mp_state(self) -> int:
        """``uapi.structs.MP_STATE_RUNNABLE`` or ``MP_STATE_STOPPED`` (powered off)."""
        ...

    def set_mp_state(self, state: int) -> None: ...


class VmRegisters(Protocol):
    """What a Vm also offers where the kernel has VM-scoped registers natively.

    Specified in ``docs/uapi-vm-one-reg.md``: ``kernel/vm-one-reg`` and ``guestabi.model`` have it,
    no released kernel does. KVM_CAP_ARM_VM_ONE_REG says whether. Errnos, each at the time of the
    call: ENOENT (unknown id), EINVAL (the value is not supported), EBUSY (set, once the first vCPU
    exists).
    """

    def get_vm_reg_list(self) -> list[int]:
        """KVM_ARM_VM_GET_REG_LIST: the ids of the VM-scoped registers, in the kernel's order."""
        ...

    def get_vm_one_reg(self, id: int) -> bytes:
        """KVM_ARM_VM_GET_ONE_REG: the value, little-endian, as wide as the id says; always."""
        ...

    def set_vm_one_reg(self, id: int, data: bytes) -> None:
        """KVM_ARM_VM_SET_ONE_REG, before the first KVM_CREATE_VCPU."""
        ...


class Kvm(Handle, Protocol):
    def api_version(self) -> int: ...

    def check_extension(self, capability: int) -> int:
        """The answer of KVM_CHECK_EXTENSION: 0 where the kernel does not know it."""
        ...

    def create_vm(self, vm_type: int = 0) -> Vm: ...
