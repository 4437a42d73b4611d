"""An in-kernel GICv3 in memory, as Linux Documentation/virt/kvm/devices/arm-vgic-v3.rst has it.

Which attributes there are is listed here on its own, so that what the state's rows leave out or
invent is found.
"""

from __future__ import annotations

import errno

from guestabi.errors import KvmError

DIST, REDIST, CPU, LEVEL = 1, 5, 6, 7
GET, SET = "KVM_GET_DEVICE_ATTR", "KVM_SET_DEVICE_ATTR"
ONES = 0xFFFFFFFF
REVISION = 0xF000
OLD, NEW = 0x4B00243B, 0x4B00343B
CTLR, TYPER, IIDR, TYPER2, STATUSR = 0x0, 0x4, 0x8, 0xC, 0x10
# (offset, bits an interrupt, value at reset), in the distributor and the second frame alike.
ARRAYS = (
    (0x080, 1, ONES),
    (0x100, 1, 0),
    (0x200, 1, 0),
    (0x300, 1, 0),
    (0x400, 8, 0),
    (0xC00, 2, 0xAAAAAAAA),
)
SET_BY, CLEARED_BY = {0x100: 0x180, 0x300: 0x380}, {0x180: 0x100, 0x380: 0x300}
IROUTER, PROPBASER, SGI = 0x6000, 0x70, 0x10000
ICC_CTLR, ICC_SRE = 0xC664, 0xC665
ICC = {0xC230: 0, 0xC643: 2, 0xC663: 3, ICC_CTLR: 0x8C00, ICC_SRE: 7, 0xC666: 0, 0xC667: 0}
AP = (0xC644, 0xC648)


class FakeGic:
    """``other_revision``: what becomes of another revision in GICD_IIDR: ``kept``, ``ignored``
    (0 is the answer, and nothing changes) or ``refused`` (EINVAL). ``writes`` is every write that
    was tried: (group, attribute, value). ``raw``: another GIC, which answers where it knows an
    attribute."""

    def __init__(
        self,
        vcpus: int = 2,
        *,
        iidr: int = NEW,
        other_revision: str = "kept",
        typer: int = 0x480007,
        typer2: int = 0,
        priority_bits: int = 5,
        raw=None,
    ) -> None:
        self.other_revision, self.priority_bits, self.raw = other_revision, priority_bits, raw
        self.writes: list[tuple[int, int, int]] = []
        self.values: dict[tuple[int, int], int] = {}
        self._distributor(typer, iidr, typer2)
        for vcpu in range(vcpus):
            self._of_a_vcpu((vcpu & 15 | vcpu >> 4 << 8) << 32)

    def _distributor(self, typer: int, iidr: int, typer2: int) -> None:
        fixed = {CTLR: 0x50, TYPER: typer, IIDR: iidr, TYPER2: typer2, STATUSR: ONES}
        self.values.update({(DIST, offset): value for offset, value in fixed.items()})
        interrupts = 32 * ((typer & 31) + 1)
        for base, bits, value in (*ARRAYS, (IROUTER, 64, 0)):
            for offset in range(base + 4 * bits, base + interrupts * bits // 8, 4):
                self.values[DIST, offset] = value
        self.values.update({(LEVEL, intid): 0 for intid in range(32, interrupts, 32)})

    def _of_a_vcpu(self, at: int) -> None:
        first = {0x0: 6, 0x10: 0, 0x14: 0, 0x70: 0, 0x74: 0, 0x78: 0x580, 0x7C: 0}
        self.values.update({(REDIST, at | offset): value for offset, value in first.items()})
        for base, bits, value in ARRAYS:
            for word in range(bits):
                self.values[REDIST, at | SGI + base + 4 * word] = value
        self.values[REDIST, at | SGI + 0x100] = 0xFFFF
        self.values[LEVEL, at] = 0
        self.values.update({(CPU, at | encoding): value for encoding, value in ICC.items()})
        self.values[CPU, at | ICC_CTLR] |= (self.priority_bits - 1) << 8
        for encoding in AP:
            self.values.update({(CPU, at | encoding + n): 0 for n in range(4)})

    def close(self) -> None:
        if self.raw is not None:
            self.raw.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def has_device_attr(self, group: int, attribute: int) -> bool:
        return self._elsewhere(group, attribute) or (group, attribute) in self.values

    def _elsewhere(self, group: int, attribute: int) -> bool:
        return self.raw is not None and self.raw.has_device_attr(group, attribute)

    def get_device_attr(self, group: int, attribute: int, size: int) -> bytes:
        if self._elsewhere(group, attribute):
            return self.raw.get_device_attr(group, attribute, size)
        at = self._known(GET, group, attribute)
        assert size == (8 if group == CPU else 4)
        return self.values[at].to_bytes(size, "little")

    def set_device_attr(self, group: int, attribute: int, data: bytes | None) -> None:
        if self._elsewhere(group, attribute):
            self.raw.set_device_attr(group, attribute, data)
            return
        assert len(data) == (8 if group == CPU else 4)
        value = int.from_bytes(data, "little")
        self.writes.append((group, attribute, value))
        at = self._known(SET, group, attribute)
        self.values[at] = self._taken(group, attribute, value, self.values[at])

    def _known(self, ioctl: str, group: int, attribute: int) -> tuple[int, int]:
        block = attribute & 0xFF80 & ~(SGI if group == REDIST else 0)
        if group in (DIST, REDIST) and block in CLEARED_BY:
            attribute += CLEARED_BY[block] - block
        if (group, attribute) not in self.values:
            raise KvmError(ioctl, errno.ENXIO)
        encoding = attribute & 0xFFFF
        words = {6: 2, 7: 4}.get(self.priority_bits, 1)
        if group == CPU and any(first + words <= encoding < first + 4 for first in AP):
            raise KvmError(ioctl, errno.EINVAL)
        return group, attribute

    def _taken(self, group: int, attribute: int, value: int, now: int) -> int:
        """What is there after a write."""
        offset = attribute & 0xFFFFFFFF
        if group == CPU:
            return self._control(offset, value)
        if group == DIST and offset in (CTLR, TYPER, IIDR, TYPER2, STATUSR):
            return self._fixed(offset, value, now)
        block = offset & 0xFF80
        if group in (DIST, REDIST) and block in SET_BY:
            return now | value
        if group in (DIST, REDIST) and block in CLEARED_BY:
            return now & ~value
        # KVM lets no table be uncached: of inner cacheability 0 and 1 it makes 3.
        uncached = (group, offset) == (REDIST, PROPBASER) and value >> 7 & 7 < 2
        return value | 3 << 7 if uncached else value

    def _fixed(self, offset: int, value: int, now: int) -> int:
        if offset == CTLR:
            return 0x50 | value & 2
        refused = offset == TYPER2 and value != now
        if offset == IIDR and value != now:
            refused = bool((value ^ now) & ~REVISION) or self.other_revision == "refused"
            now = value if self.other_revision == "kept" else now
        if refused:
            raise KvmError(SET, errno.EINVAL)
        return now

    def _control(self, encoding: int, value: int) -> int:
        too_many = encoding == ICC_CTLR and (value >> 8 & 7) + 1 > self.priority_bits
        if too_many or (encoding == ICC_SRE and not value & 1):
            raise KvmError(SET, errno.EINVAL)
        return value
