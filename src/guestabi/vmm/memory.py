"""Guest memory: pages of this process that a memory slot shows to a guest."""

from __future__ import annotations

import ctypes
import mmap

from guestabi.errors import UsageError

RAM = 0x4000_0000
RAM_BYTES = 2 << 20
"""Where the guest's RAM begins, as on QEMU's ``virt`` machine, and all that it has."""


class Memory:
    """``size`` bytes of zeros at guest address ``base``; ``address`` is where they are here."""

    def __init__(self, base: int, size: int) -> None:
        self.base = base
        self.size = size
        self._pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._pages))

    def close(self) -> None:
        """Give the pages back; no VM may have them any more."""
        self._pages.close()

    def read(self, address: int, size: int) -> bytes:
        """Return ``size`` bytes at a guest address. UsageError outside of this memory."""
        start = self._offset(address, size)
        return self._pages[start : start + size]

    def write(self, address: int, data: bytes) -> None:
        start = self._offset(address, len(data))
        self._pages[start : start + len(data)] = data

    def _offset(self, address: int, size: int) -> int:
        start = address - self.base
        if not 0 <= start <= start + size <= self.size:
            raise UsageError(f"{size} bytes at {address:#x} are not in guest memory")
        return start
