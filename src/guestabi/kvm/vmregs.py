"""``Vm.regs``: the registers that a VM has once, whatever the number of its vCPUs.

::

    with scoped(kvm).create_vm() as vm:         # guestabi.probe.vmregs.scoped
        vm.regs["PSCI_VERSION"] = 0x10000       # EINVAL, ENOENT: here and now
        vm.regs.set(0x6030000000160001, 0)
        vcpu = vm.create_vcpu(0)                # from here on, EBUSY

How a kernel is made to hold them is a :class:`Backend`'s business; this is what a VMM sees.
"""

from __future__ import annotations

import errno
from typing import Iterator, NoReturn, Optional, Protocol, Sequence, Union

from guestabi.errors import RegisterError, UnknownName, UsageError
from guestabi.registers.catalogue import find, name_of
from guestabi.uapi import regid
from guestabi.uapi.errnos import meaning

GET = "KVM_ARM_VM_GET_ONE_REG"
SET = "KVM_ARM_VM_SET_ONE_REG"
MAX_BYTES = 256

Register = Union[int, str]
"""A register by its id, or by any spelling of its name that registers.find takes."""


class Backend(Protocol):
    """One way to reach VM-scoped registers. Values are bytes, as wide as the id says."""

    name: str
    """``native``, ``scope-flag`` or ``per-vcpu``"""

    @property
    def ids(self) -> Sequence[int]:
        """The VM-scoped registers, ascending."""
        ...

    def read(self, id: int) -> bytes: ...

    def write(self, id: int, data: bytes) -> None:
        """Set a register before the first vCPU. RegisterError EINVAL where it is refused, or
        would not read back as written."""
        ...

    def default(self, id: int) -> bytes:
        """Return what the kernel itself gives the register."""
        ...

    def close(self) -> None: ...


class VmRegs:
    """The VM-scoped registers of one VM: a mapping from register (id or name) to value.

    Iteration yields ids, ascending. Every error comes at the time of the call:

    - RegisterError ENOENT: this kernel has no such VM-scoped register
    - RegisterError EINVAL: it does not accept the value, or would not keep it as it is
    - RegisterError EBUSY (set): a vCPU exists
    - UsageError: a value of the wrong width, an id that cannot be one
    - UnknownName: a name that no register has; with the nearest ones
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._by_id: dict[int, Backend] = {}
        for backend in backends:
            for id in backend.ids:
                self._by_id.setdefault(id, backend)
        self._by_id = dict(sorted(self._by_id.items()))
        self._frozen = False

    def list(self) -> list[int]:
        """Return the ids, ascending."""
        return [*self._by_id]

    def get(self, register: Register) -> int:
        """Return the value, at any time. RegisterError ENOENT, UnknownName, UsageError."""
        return int.from_bytes(self.get_bytes(register), "little")

    def get_bytes(self, register: Register) -> bytes:
        """The same as bytes: little-endian, as wide as the register."""
        id = self._id(register)
        return self._backend(GET, id, None).read(id)

    def set(self, register: Register, value: Union[int, bytes]) -> None:
        """Give the register ``value``: an unsigned number, or bytes (little-endian, exactly as
        wide as the register). Raises as the class says; nothing changes then."""
        id = self._id(register)
        data = as_bytes(id, value)
        backend = self._backend(SET, id, data)
        if self._frozen:
            refuse(SET, errno.EBUSY, id, data)
        backend.write(id, data)

    def inherit(self, register: Register) -> int:
        """Ask for the kernel's own default, and return it: the opt-in for one register."""
        id = self._id(register)
        data = self._backend(SET, id, None).default(id)
        self.set(id, data)
        return int.from_bytes(data, "little")

    def implementation(self, register: Register) -> str:
        """Return how the register is reached: ``native``, ``scope-flag`` or ``per-vcpu``."""
        id = self._id(register)
        return self._backend(GET, id, None).name

    def freeze(self) -> None:
        """Refuse every further set: the first vCPU is about to exist."""
        self._frozen = True

    def __getitem__(self, register: Register) -> int:
        return self.get(register)

    def __setitem__(self, register: Register, value: Union[int, bytes]) -> None:
        self.set(register, value)

    def __contains__(self, register: object) -> bool:
        if not isinstance(register, (int, str)):
            return False
        try:
            return self._id(register) in self._by_id
        except UsageError:
            return False

    def __iter__(self) -> Iterator[int]:
        return iter(self.list())

    def __len__(self) -> int:
        return len(self._by_id)

    def _id(self, register: Register) -> int:
        id = register if isinstance(register, int) else self._named(register)
        width(id)
        return id

    def _named(self, name: str) -> int:
        text = name.strip()
        if text[:2].lower() == "0x":
            try:
                return int(text, 16)
            except ValueError:
                raise UnknownName("register", name, ()) from None
        for id in self._by_id:  # ids that nobody named yet are S3_0_C0_C3_3
            if name_of(id) == text.upper():
                return id
        return find(text).id

    def _backend(self, ioctl: str, id: int, data: Optional[bytes]) -> Backend:
        backend = self._by_id.get(id)
        if backend is None:
            refuse(ioctl, errno.ENOENT, id, data)
        return backend


def width(id: int) -> int:
    """Return a register's width in bytes. UsageError for what cannot be an id."""
    size = regid.size_of(id) if 0 <= id < 1 << 64 else 0
    if not 0 < size <= MAX_BYTES:
        raise UsageError(f"{id:#x} is no register id of at most {MAX_BYTES} bytes")
    return size


def as_bytes(id: int, value: Union[int, bytes]) -> bytes:
    """Return ``value`` as the bytes of register ``id``. UsageError where it does not fit."""
    size = width(id)
    if isinstance(value, int):
        if not 0 <= value < 1 << 8 * size:
            raise UsageError(f"{value:#x} does not fit the {size} bytes of {name_of(id)}")
        return value.to_bytes(size, "little")
    if len(value) != size:
        raise UsageError(f"{name_of(id)} is {size} bytes wide, not {len(value)}")
    return bytes(value)


def refuse(ioctl: str, code: int, id: int, data: Optional[bytes], said: str = "") -> NoReturn:
    """Raise the RegisterError of ``ioctl``; ``said`` replaces what the errno means there."""
    value = None if data is None else int.from_bytes(data, "little")
    raise RegisterError(ioctl, code, id, name_of(id), value, said or meaning(ioctl, code))
