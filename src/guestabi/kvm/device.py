"""The protocol of :mod:`guestabi.kvm.protocol` on a real ``/dev/kvm``.

The only module that opens it. Works on any architecture as far as KVM itself does: what needs
arm64 says so.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from array import array
from collections import Counter
from typing import Any, Callable, NoReturn, Optional, Sequence, TypeVar, Union

from guestabi.errors import KvmError, NoKvm, RegisterError, UsageError
from guestabi.kvm import exits
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid, structs
from guestabi.uapi.errnos import meaning
from guestabi.uapi.ioctls import number

T = TypeVar("T", bound="_Descriptor")
_Request = tuple[bytearray, Callable[[], bytes], memoryview]

_GET_ONE_REG = number("KVM_GET_ONE_REG")
_SET_ONE_REG = number("KVM_SET_ONE_REG")
_ioctl = fcntl.ioctl
_WIDEST = 256
"""Bytes of the widest register that an id can name."""


class _Descriptor:
    """Owns one file descriptor and counts the ioctls that go through it."""

    def __init__(self, fd: int, calls: Counter[str]) -> None:
        self._fd = fd
        self.calls = calls

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _call(self, name: str, argument: Union[int, bytes, bytearray, array[int]] = 0) -> int:
        self.calls[name] += 1
        try:
            said = fcntl.ioctl(self._open_fd(name), number(name), argument)
        except OSError as error:
            raise _error(name, error) from None
        return said if isinstance(said, int) else 0

    def _open_fd(self, name: str) -> int:
        if self._fd < 0:
            raise UsageError(f"{name} on a descriptor that was closed")
        return self._fd

    def _attribute(self, name: str, group: int, attribute: int, address: int) -> None:
        self._call(name, structs.DEVICE_ATTR.pack(0, group, attribute, address))

    def _list(self, name: str) -> list[int]:
        """The ids that KVM_GET_REG_LIST, or the VM's own form of it, answers."""
        room = 1024
        while True:
            # The kernel writes beyond the 8 bytes that the ioctl number announces, and fcntl
            # copies bytes-like arguments of up to 1,024: this buffer must be the kernel's own.
            ids = array("Q", bytes(8 * (room + 1)))
            ids[0] = room
            try:
                self._call(name, ids)
            except KvmError as error:
                if error.errno != errno.E2BIG or ids[0] <= room:
                    raise
                room = ids[0]
                continue
            return ids[1 : ids[0] + 1].tolist()

    def _refused(self, ioctl: str, error: OSError, id: int, data: Optional[bytes]) -> NoReturn:
        self._open_fd(ioctl)
        code = error.errno or 0
        value = None if data is None else int.from_bytes(data, "little")
        said = meaning(ioctl, code) or os.strerror(code)
        raise RegisterError(ioctl, code, id, name_of(id), value, said) from None

    def has_device_attr(self, group: int, attribute: int) -> bool:
        try:
            self._attribute("KVM_HAS_DEVICE_ATTR", group, attribute, 0)
        except KvmError:
            return False
        return True

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        buffer = _buffer(size)
        self._attribute("KVM_GET_DEVICE_ATTR", group, attribute, buffer.buffer_info()[0])
        return buffer.tobytes()

    def set_device_attr(self, group: int, attribute: int, data: Optional[bytes]) -> None:
        buffer = array("B", data or b"\0")
        address = 0 if data is None else buffer.buffer_info()[0]
        self._attribute("KVM_SET_DEVICE_ATTR", group, attribute, address)


class KvmDevice(_Descriptor):
    """``/dev/kvm`` itself. ``path`` may name another node.

    Raises NoKvm, with what to do, where it cannot be opened or speaks another API version.
    """

    def __init__(self, path: str = "/dev/kvm") -> None:
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise NoKvm(
                f"cannot open {path}: {error.strerror}", hint=_OPEN_HINTS.get(error.errno or 0, "")
            ) from None
        super().__init__(fd, Counter())
        try:
            version = self.api_version()
        except KvmError:
            version = -1
        if version != 12:
            self.close()
            raise NoKvm(f"{path} does not speak KVM API version 12", hint="is it KVM's node?")

    def api_version(self) -> int:
        return self._call("KVM_GET_API_VERSION")

    def check_extension(self, capability: int) -> int:
        return self._call("KVM_CHECK_EXTENSION", capability)

    def create_vm(self, vm_type: int = 0) -> DeviceVm:
        run_size = self._call("KVM_GET_VCPU_MMAP_SIZE")
        return DeviceVm(self._call("KVM_CREATE_VM", vm_type), self.calls, run_size)


class DeviceVm(_Descriptor):
    """A VM. Closing it gives it back to the kernel once its vCPUs are closed too."""

    def __init__(self, fd: int, calls: Counter[str], run_size: int) -> None:
        super().__init__(fd, calls)
        self._run_size = run_size

    def check_extension(self, capability: int) -> int:
        return self._call("KVM_CHECK_EXTENSION", capability)

    def enable_cap(self, capability: int, args: Sequence[int] = ()) -> None:
        padded = [*args, 0, 0, 0, 0][:4]
        self._call("KVM_ENABLE_CAP", structs.ENABLE_CAP.pack(capability, 0, *padded))

    def preferred_target(self) -> int:
        buffer = bytearray(structs.VCPU_INIT.size)
        try:
            self._call("KVM_ARM_PREFERRED_TARGET", buffer)
        except KvmError as error:
            if error.errno in (errno.ENOTTY, errno.EINVAL):
                raise NoKvm(
                    f"the KVM of this {os.uname().machine} machine is not an arm64 one",
                    hint="measure an arm64 host, or a kernel in the lab: guestabi lab capture",
                ) from None
            raise
        target: int = structs.VCPU_INIT.unpack(buffer)[0]
        return target

    def create_vcpu(self, index: int) -> DeviceVcpu:
        return DeviceVcpu(self._call("KVM_CREATE_VCPU", index), self.calls, self._run_size)

    def has_device_type(self, device_type: int) -> bool:
        try:
            self._create_device(device_type, structs.CREATE_DEVICE_TEST)
        except KvmError:
            return False
        return True

    def create_device(self, device_type: int) -> DeviceDevice:
        return DeviceDevice(self._create_device(device_type, 0), self.calls)

    def _create_device(self, device_type: int, flags: int) -> int:
        buffer = bytearray(structs.CREATE_DEVICE.pack(device_type, 0, flags))
        self._call("KVM_CREATE_DEVICE", buffer)
        fd: int = structs.CREATE_DEVICE.unpack(buffer)[1]
        return fd

    def set_user_memory_region(
        self, slot: int, guest_address: int, size: int, host_address: int
    ) -> None:
        region = structs.USER_MEMORY_REGION.pack(slot, 0, guest_address, size, host_address)
        self._call("KVM_SET_USER_MEMORY_REGION", region)

    def get_vm_reg_list(self) -> list[int]:
        return self._list("KVM_ARM_VM_GET_REG_LIST")

    def get_vm_one_reg(self, id: int) -> bytes:
        value = _buffer(_width(id))
        self._vm_one_reg("KVM_ARM_VM_GET_ONE_REG", id, value, None)
        return value.tobytes()

    def set_vm_one_reg(self, id: int, data: bytes) -> None:
        if len(data) != _width(id):
            raise UsageError(f"{name_of(id)} is {_width(id)} bytes wide, not {len(data)}")
        self._vm_one_reg("KVM_ARM_VM_SET_ONE_REG", id, array("B", data), data)

    def _vm_one_reg(self, name: str, id: int, value: array[Any], data: Optional[bytes]) -> None:
        fd = self._open_fd(name)
        self.calls[name] += 1
        try:
            _ioctl(fd, number(name), structs.ONE_REG.pack(id, value.buffer_info()[0]))
        except OSError as error:
            self._refused(name, error, id, data)

    def get_reg_writable_masks(self) -> list[int]:
        masks = array("Q", bytes(8 * structs.FEATURE_ID_MASKS))
        request = structs.REG_MASK_RANGE.pack(masks.buffer_info()[0], 0)
        self._call("KVM_ARM_GET_REG_WRITABLE_MASKS", request)
        return masks.tolist()


class DeviceDevice(_Descriptor):
    """An in-kernel device of a VM."""


class DeviceVcpu(_Descriptor):
    """A vCPU. One thread at a time may use it, as KVM itself asks.

    The id and the value's address of each register are packed once: a call costs one ioctl and
    little else.
    """

    def __init__(self, fd: int, calls: Counter[str], run_size: int) -> None:
        super().__init__(fd, calls)
        self._value = array("B", bytes(_WIDEST))
        self._address = self._value.buffer_info()[0]
        self._requests: dict[int, _Request] = {}
        self._gets = self._sets = 0
        self._run_size = run_size
        self._run_page: Optional[mmap.mmap] = None
        self._pages = memoryview(self._value)

    def close(self) -> None:
        """Close the vCPU; only now are its register calls in ``calls``."""
        self.calls.update({"KVM_GET_ONE_REG": self._gets, "KVM_SET_ONE_REG": self._sets})
        self._gets = self._sets = 0
        if self._run_page is not None:
            self._run_page.close()
            self._run_page = None
        super().close()

    def init(self, target: int, features: Sequence[int]) -> None:
        words = [0] * 7
        for bit in features:
            words[bit // 32] |= 1 << bit % 32
        self._call("KVM_ARM_VCPU_INIT", structs.VCPU_INIT.pack(target, *words))

    def finalize(self, feature: int) -> None:
        self._call("KVM_ARM_VCPU_FINALIZE", array("i", [feature]).tobytes())

    def get_reg_list(self) -> list[int]:
        return self._list("KVM_GET_REG_LIST")

    def get_one_reg(self, id: int) -> bytes:
        # The hot path of a capture: one lookup, one count, one ioctl.
        try:
            request, tobytes, _ = self._requests[id]
        except KeyError:
            request, tobytes, _ = self._request(id)
        self._gets += 1
        try:
            _ioctl(self._fd, _GET_ONE_REG, request)
        except OSError as error:
            self._refused("KVM_GET_ONE_REG", error, id, None)
        return tobytes()

    def set_one_reg(self, id: int, data: bytes) -> None:
        try:
            request, _, view = self._requests[id]
        except KeyError:
            request, _, view = self._request(id)
        try:
            view[:] = data
        except ValueError:
            raise UsageError(f"{name_of(id)} is {len(view)} bytes wide, not {len(data)}") from None
        self._sets += 1
        try:
            _ioctl(self._fd, _SET_ONE_REG, request)
        except OSError as error:
            self._refused("KVM_SET_ONE_REG", error, id, data)

    def run(self, *, immediate_exit: bool = False) -> None:
        page = self._run()
        page[structs.RUN_IMMEDIATE_EXIT] = int(immediate_exit)
        try:
            self._call("KVM_RUN")
        except KvmError as error:
            if not (immediate_exit and error.errno == errno.EINTR):
                raise
        finally:
            page[structs.RUN_IMMEDIATE_EXIT] = 0

    def enter(self) -> exits.Exit:
        page = self._run()
        try:
            self._call("KVM_RUN")
        except KvmError as error:
            if error.errno != errno.EINTR:
                raise
            return exits.Interrupted()
        return exits.decode(page[: exits.SIZE])

    def get_mp_state(self) -> int:
        buffer = bytearray(structs.MP_STATE.size)
        self._call("KVM_GET_MP_STATE", buffer)
        state: int = structs.MP_STATE.unpack(buffer)[0]
        return state

    def set_mp_state(self, state: int) -> None:
        self._call("KVM_SET_MP_STATE", structs.MP_STATE.pack(state))

    def _run(self) -> mmap.mmap:
        fd = self._open_fd("KVM_RUN")
        if self._run_page is None:
            self._run_page = mmap.mmap(fd, self._run_size)
        return self._run_page

    def _request(self, id: int) -> _Request:
        view = self._pages[: _width(id)]
        # A bytearray: fcntl.ioctl is a third quicker with it than with bytes.
        entry = (bytearray(structs.ONE_REG.pack(id, self._address)), view.tobytes, view)
        self._requests[id] = entry
        return entry


_OPEN_HINTS = {
    errno.ENOENT: "load the kvm module, or boot with virtualisation enabled (arm64: at EL2)",
    errno.ENODEV: "the CPU offers no virtualisation to this kernel (arm64: boot at EL2)",
    errno.EACCES: "run as root, or join the group that owns it (often: kvm)",
    errno.EPERM: "run as root, or join the group that owns it (often: kvm)",
}


def _width(id: int) -> int:
    """Bytes of register ``id``. UsageError for what is no id."""
    size = regid.size_of(id) if 0 <= id < 1 << 64 else 0
    if not 0 < size <= _WIDEST:
        raise UsageError(f"{id:#x} is no register id of at most {_WIDEST} bytes")
    return size


def _error(name: str, error: OSError) -> KvmError:
    code = error.errno or 0
    return KvmError(name, code, meaning(name, code))


def _buffer(size: int) -> array[Any]:
    return array("B", bytes(size))
