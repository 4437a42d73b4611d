"""Which values does a register accept? Write, read back, restore, on a throw-away VM.

Registers by which a guest knows its machine are swept field by field, all values of every field
of up to 8 bits. Registers that hold state get a few patterns; where those are refused or do not
read back bit by bit, they are swept too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Optional, Sequence

from guestabi.errors import RegisterError
from guestabi.kvm.protocol import Vcpu
from guestabi.profile import bits
from guestabi.registers.catalogue import field_segments, lookup
from guestabi.uapi import regid

POISON = 0x1DE7EC7EDBADC0DE
"""What KVM's reset_unknown() puts into a register that nobody wrote
(arch/arm64/kvm/sys_regs.c)."""

PSCI_VERSIONS = (0x1, 0x2, 0x10000, 0x10001, 0x10002, 0x10003, 0x10004, 0x20000)
"""0.1, 0.2, 1.0 .. 1.4 and 2.0: every version that a kernel knows, and two that none does."""

WORKAROUND_LEVELS = (0, 1, 2, 3, 0x10, 0x11, 0x12, 0x13)
"""KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_n levels, with and without WORKAROUND_2's ENABLED bit
(Documentation/virt/kvm/arm/fw-pseudo-registers.rst)."""

FULL_SWEEP_BITS = 8


@dataclass
class Cell:
    """One register under measurement, on the first vCPU; ``other`` is the second's value."""

    id: int
    default: int
    other: Optional[int]
    scope: str = "unknown"
    fields: Optional[list[dict[str, Any]]] = None
    patterns: Optional[list[dict[str, Any]]] = None
    errno: Optional[str] = None
    """the errno of what the fields refuse"""
    acts: Optional[str] = None
    shares: list[int] = field(default_factory=list)
    """see profile.schema.RegisterRecord"""
    alternative: Optional[int] = None
    """an accepted value that is not the default"""
    restored: bool = True
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = regid.size_of(self.id)


class Sweeper:
    """Measures registers on two initialised vCPUs of one VM."""

    def __init__(self, first: Vcpu, second: Vcpu) -> None:
        self._first = first
        self._second = second
        self._dirty = False
        self._clean = True

    def measure(self, cell: Cell) -> None:
        """Fill in what the kernel answers; leave the register at its default."""
        if is_swept(cell.id):
            self._fields(cell)
        else:
            self._patterns(cell, patterns_for(cell.size))
            if not self._settle(cell):
                # A set-only or clear-only register: later patterns met what the first one left.
                cell.patterns = _until_first_change(cell.patterns or [], cell.default)
            elif cell.size <= 8 and not is_regular(cell):
                self._fields(cell)
        if not self._settle(cell):
            cell.alternative = None
            cell.acts = _action(cell)

    def changed(self, cells: Iterable[Cell]) -> list[int]:
        """Return the ids of those of ``cells`` that do not hold their default."""
        return [cell.id for cell in cells if self._read(self._first, cell.id) != cell.default]

    def _read_after(self, cell: Cell, value: int) -> int:
        """Read back ``value``, just written. What is not as written may be left over from the
        value before it: then write it once more, from the default."""
        got = self._read(self._first, cell.id)
        if got != value and not self._clean:
            self.write(cell.id, cell.default, cell.size)
            self.write(cell.id, value, cell.size)
            got = self._read(self._first, cell.id)
        self._clean = got == cell.default
        return got

    def _settle(self, cell: Cell) -> bool:
        """Put the default back, if anything was written since; say whether it is back."""
        if self._dirty:
            back = self.write(cell.id, cell.default, cell.size) is None
            cell.restored = back and self._read(self._first, cell.id) == cell.default
            self._dirty = False
            self._clean = True
        return cell.restored

    def _fields(self, cell: Cell) -> None:
        rows = []
        for name, low, width, values, complete in fields_of(cell):
            row = self._field(cell, low, width, values, complete)
            if row is not None:
                if name:
                    row["field"] = name
                rows.append(row)
        cell.fields = rows
        scopes = {row.get("scope", "unknown") for row in rows} - {"unknown"}
        if scopes:
            cell.scope = "vm" if "vm" in scopes else "vcpu"

    def _field(
        self, cell: Cell, low: int, width: int, values: Iterable[int], complete: bool
    ) -> Optional[dict[str, Any]]:
        mask = ((1 << width) - 1) << low
        own = (cell.default & mask) >> low
        accepts, refuses = [own], []
        otherwise: list[list[int]] = []
        errno = scope = None
        for raw in values:
            if raw == own:
                continue
            value = cell.default & ~mask | raw << low
            said = self.write(cell.id, value, cell.size)
            if said is not None:
                refuses.append(raw)
                errno = errno or said
                cell.errno = cell.errno or said
                continue
            got = self._read_after(cell, value)
            if got == value:
                accepts.append(raw)
                cell.alternative = value if cell.alternative is None else cell.alternative
                scope = scope or self._scope(cell, mask)
            else:
                _extend(otherwise, raw, (got & mask) >> low)
        if len(accepts) == 1 and not otherwise and complete:
            return None
        row: dict[str, Any] = {"low": low, "width": width, "accepts": ranges(accepts)}
        optional: dict[str, Any] = {
            "otherwise": otherwise,
            "refuses": [] if complete else ranges(refuses),
            "errno": None if errno == cell.errno else errno,
            "scope": scope,
        }
        row.update({key: found for key, found in optional.items() if found})
        if not complete:
            row["complete"] = False
        return row

    def _patterns(self, cell: Cell, values: Sequence[int]) -> None:
        rows: list[dict[str, Any]] = []
        for value in values:
            if value == cell.default:
                continue
            row: dict[str, Any] = {"value": hex(value)}
            errno = self.write(cell.id, value, cell.size)
            if errno is not None:
                row["errno"] = errno
            else:
                got = self._read_after(cell, value)
                if got != value:
                    row["got"] = hex(got)
                if cell.alternative is None and got != cell.default:
                    cell.alternative = got
                    cell.scope = self._scope(cell, ~0)
            rows.append(row)
        cell.patterns = rows

    def _scope(self, cell: Cell, mask: int) -> str:
        if cell.other is None:
            return "unknown"
        seen = self._read(self._second, cell.id)
        return "vm" if (seen ^ cell.other) & mask else "vcpu"

    def write(self, id: int, value: int, size: int) -> Optional[str]:
        """Write ``value``; return the errno's name when it is refused."""
        try:
            self._first.set_one_reg(id, value.to_bytes(size, "little"))
        except RegisterError as error:
            return error.errno_name
        self._dirty = True
        return None

    @staticmethod
    def _read(vcpu: Vcpu, id: int) -> int:
        return int.from_bytes(vcpu.get_one_reg(id), "little")


def fields_of(cell: Cell) -> Iterable[tuple[Optional[str], int, int, Iterable[int], bool]]:
    """Yield (name, low, width, values to try, whether those are all values) for each field."""
    decoded = regid.decode(cell.id)
    if isinstance(decoded, regid.Firmware):
        values = PSCI_VERSIONS if decoded.number == 0 else WORKAROUND_LEVELS
        yield None, 0, 32, values, False
    elif isinstance(decoded, regid.Bitmap):
        for bit in range(8 * cell.size):
            yield _bit_name(cell.id, bit), bit, 1, (0, 1), True
    else:
        for name, low, width in field_segments(cell.id):
            if width <= FULL_SWEEP_BITS:
                yield name, low, width, range(1 << width), True
            else:
                own = cell.default >> low & ((1 << width) - 1)
                yield name, low, width, _samples(own, width), False


def patterns_for(size: int) -> tuple[int, ...]:
    """The whole values that are tried on a register of ``size`` bytes."""
    ones = (1 << 8 * size) - 1
    return (0, ones, ones // 3, ones // 3 * 2, POISON & ones)


def is_regular(cell: Cell) -> bool:
    """Whether the patterns were all accepted and tell what each bit does, one by one."""
    rows = cell.patterns or []
    if any("errno" in row for row in rows):
        return False
    pairs = [(int(row["value"], 16), int(row.get("got", row["value"]), 16)) for row in rows]
    return bits.learn([*pairs, (cell.default, cell.default)], 8 * cell.size) is not None


def ranges(values: Iterable[int]) -> list[list[int]]:
    """Return sorted ``[first, last]`` ranges that hold exactly ``values``."""
    found: list[list[int]] = []
    for value in sorted(set(values)):
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return found


def is_swept(id: int) -> bool:
    decoded = regid.decode(id)
    if isinstance(decoded, (regid.Firmware, regid.Bitmap)):
        return True
    if isinstance(decoded, regid.SysReg) and (decoded.op0, decoded.op1, decoded.crn) == (3, 0, 0):
        return True
    known = lookup(id)
    return known is not None and known.role == "identification" and regid.size_of(id) <= 8


def _samples(own: int, width: int) -> list[int]:
    top = (1 << width) - 1
    near = {own ^ 1, (own - 1) & top, (own + 1) & top}
    return sorted({0, top, *near, *(own ^ 1 << bit for bit in range(width))} - {own})


def _action(cell: Cell) -> Optional[str]:
    """Name what the last pattern did, all ones but for a register whose default is that."""
    row = (cell.patterns or [{}])[-1]
    if "value" not in row or "errno" in row:
        return None
    value, got = int(row["value"], 16), int(row.get("got", row["value"]), 16)
    if got == cell.default & ~value:
        return "clears"
    return "sets" if got == cell.default | got & value else None


def _extend(rows: list[list[int]], raw: int, got: int) -> None:
    if rows and rows[-1][1:] == [raw - 1, got]:
        rows[-1][1] = raw
    else:
        rows.append([raw, raw, got])


def _until_first_change(rows: list[dict[str, Any]], default: int) -> list[dict[str, Any]]:
    for number, row in enumerate(rows):
        if "errno" not in row and int(row.get("got", row["value"]), 16) != default:
            return rows[: number + 1]
    return rows


def _bit_name(id: int, bit: int) -> Optional[str]:
    known = lookup(id)
    if known is None:
        return None
    return next((f.name for f in known.fields if f.low <= bit < f.low + f.width), None)
