"""A small KVM/arm64 in Python behind the protocol, for tests of the probe.

A register is a row: its reset value, which values it accepts, where it is stored, until when it
may be changed. It answers as the kernel would and counts the calls.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from guestabi.errors import KvmError, RegisterError
from guestabi.uapi import regid


@dataclass
class Row:
    default: int
    accepts: Callable[[int], bool] = lambda value: True
    keeps: int = -1
    """mask of the bits that a write changes"""
    scope: str = "vcpu"
    until: str = "always"
    """always, before-run, or ignored (later writes return 0 and change nothing)"""
    volatile: bool = False
    set_only: bool = False
    lost_by_other_init: bool = False


class FakeKvm:
    def __init__(self, rows: dict[int, Row], caps: dict[int, int] | None = None) -> None:
        self.rows = rows
        self.caps = caps or {102: 1}
        self.calls: Counter[str] = Counter()
        self.open = 0

    def __enter__(self):
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        pass

    def api_version(self) -> int:
        return 12

    def check_extension(self, capability: int) -> int:
        self.calls["KVM_CHECK_EXTENSION"] += 1
        return self.caps.get(capability, 0)

    def create_vm(self, vm_type: int = 0):
        self.open += 1
        self.calls["KVM_CREATE_VM"] += 1
        return FakeVm(self)


class _Closing:
    closed = False

    def __enter__(self):
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.kvm.open -= 1


class FakeVm(_Closing):
    def __init__(self, kvm: FakeKvm) -> None:
        self.kvm = kvm
        self.values: dict[int, int] = {}
        self.vcpus: list[FakeVcpu] = []
        self.ran = False

    def check_extension(self, capability: int) -> int:
        return self.kvm.check_extension(capability)

    def preferred_target(self) -> int:
        return 5

    def create_vcpu(self, index: int):
        self.kvm.open += 1
        self.vcpus.append(FakeVcpu(self))
        return self.vcpus[-1]

    def has_device_type(self, device_type: int) -> bool:
        return False


class FakeVcpu(_Closing):
    def __init__(self, vm: FakeVm) -> None:
        self.vm, self.kvm = vm, vm.kvm
        self.values: dict[int, int] = {}
        self.initialised = False
        self.ticks = 0

    def init(self, target: int, features) -> None:
        self.initialised = True
        self.values = {}
        for id, row in self.kvm.rows.items():
            if row.lost_by_other_init:
                self.vm.values.pop(id, None)

    def finalize(self, feature: int) -> None:
        pass

    def get_reg_list(self) -> list[int]:
        self._need_init("KVM_GET_REG_LIST")
        self.kvm.calls["KVM_GET_REG_LIST"] += 1
        return list(self.kvm.rows)

    def get_one_reg(self, id: int) -> bytes:
        self.kvm.calls["KVM_GET_ONE_REG"] += 1
        row = self._row("KVM_GET_ONE_REG", id, None)
        self.ticks += 1
        value = self.ticks if row.volatile else self._store(row).get(id, row.default)
        return value.to_bytes(regid.size_of(id), "little")

    def set_one_reg(self, id: int, data: bytes) -> None:
        self.kvm.calls["KVM_SET_ONE_REG"] += 1
        value = int.from_bytes(data, "little")
        row = self._row("KVM_SET_ONE_REG", id, value)
        store = self._store(row)
        now = store.get(id, row.default)
        if not row.accepts(value) and value != now:
            raise RegisterError("KVM_SET_ONE_REG", errno.EINVAL, id, "", value, "")
        if self.vm.ran and value != now:
            if row.until == "before-run":
                raise RegisterError("KVM_SET_ONE_REG", errno.EBUSY, id, "", value, "")
            if row.until == "ignored":
                return
        if row.set_only:
            value |= now
        store[id] = now & ~row.keeps | value & row.keeps

    def run(self, *, immediate_exit: bool = False) -> None:
        self._need_init("KVM_RUN")
        self.vm.ran = True

    def _store(self, row: Row) -> dict[int, int]:
        return self.vm.values if row.scope == "vm" else self.values

    def _row(self, ioctl: str, id: int, value: int | None) -> Row:
        self._need_init(ioctl)
        if id not in self.kvm.rows:
            raise RegisterError(ioctl, errno.ENOENT, id, "", value, "")
        return self.kvm.rows[id]

    def _need_init(self, ioctl: str) -> None:
        if not self.initialised:
            raise KvmError(ioctl, errno.ENOEXEC)
