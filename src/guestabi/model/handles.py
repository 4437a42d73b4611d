"""Descriptors of a model kernel: counted, closed once, and unusable afterwards."""

from __future__ import annotations

import errno
import threading
from collections import Counter
from typing import NoReturn, Optional, TypeVar

from guestabi.errors import KvmError, RegisterError, UsageError
from guestabi.registers.catalogue import name_of
from guestabi.uapi import regid
from guestabi.uapi.errnos import meaning

T = TypeVar("T", bound="ModelHandle")


class Counts:
    """What a kernel was asked, over all of its descriptors; safe to use from many threads.

    ``calls``: ioctls by name. ``locks``: acquisitions of VM-wide locks by name. ``guesses``: by
    register name, answers that nobody measured (the model then refuses). ``open``: descriptors.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.locks: Counter[str] = Counter()
        self.guesses: Counter[str] = Counter()
        self.open = 0
        self._mutex = threading.Lock()

    def add(self, counter: Counter[str], name: str) -> None:
        with self._mutex:
            counter[name] += 1

    def opened(self, change: int) -> None:
        with self._mutex:
            self.open += change


class ModelHandle:
    """One descriptor."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self._closed = False
        counts.opened(1)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.counts.opened(-1)

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _call(self, ioctl: str) -> None:
        if self._closed:
            raise UsageError(f"{ioctl} on a descriptor that was closed")
        self.counts.add(self.counts.calls, ioctl)


def refuse(ioctl: str, errno_name: str) -> NoReturn:
    """Raise what kvm.device raises when ``ioctl`` fails."""
    code = getattr(errno, errno_name)
    raise KvmError(ioctl, code, meaning(ioctl, code))


def refuse_register(ioctl: str, errno_name: str, id: int, data: Optional[bytes]) -> NoReturn:
    """The same for one register."""
    code = getattr(errno, errno_name)
    value = None if data is None else int.from_bytes(data, "little")
    raise RegisterError(ioctl, code, id, name_of(id), value, meaning(ioctl, code))


def check_id(id: int, data: Optional[bytes]) -> int:
    """Return the register's width in bytes. UsageError where no call could be made of it."""
    size = regid.size_of(id) if 0 <= id < 1 << 64 else 0
    if not 0 < size <= 256:
        raise UsageError(f"{id:#x} is no register id of at most 256 bytes")
    if data is not None and len(data) != size:
        raise UsageError(f"{name_of(id)} is {size} bytes wide, not {len(data)}")
    return size
