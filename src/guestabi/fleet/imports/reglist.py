"""``get-reg-list --list``, the KVM selftest: C expressions, one register a line, without values.

The forms are those of print_reg in tools/testing/selftests/kvm/arm64/get-reg-list.c; run_test in
get-reg-list.c puts an empty line before the list and one after it, so that a list without the last
one was cut short. Offsets of core registers count 32-bit words of struct kvm_regs
(arch/arm64/include/uapi/asm/kvm.h).
"""

from __future__ import annotations

import re
from typing import Callable, Optional

from guestabi.errors import BadInput
from guestabi.fleet.imports.dump import Dump
from guestabi.uapi.regid import Bitmap, Core, Demux, Firmware, RegId, Sve, SysReg, encode

NOTES = (
    "from a list of 'get-reg-list --list'",
    "not known: the value of any register",
    "left out by the list: the CCSIDR registers, which it filters",
)

SIZES = {f"KVM_REG_SIZE_U{8 << log2}": log2 for log2 in range(9)}

_CORE = {
    "regs.sp": 62,
    "regs.pc": 64,
    "regs.pstate": 66,
    "sp_el1": 68,
    "elr_el1": 70,
    "fp_regs.fpsr": 212,
    "fp_regs.fpcr": 213,
}
# Of arrays: the first offset, words of each element, how many there are.
_ARRAYS = {"regs.regs": (0, 2, 31), "spsr": (72, 2, 5), "fp_regs.vregs": (84, 4, 32)}

_U32, _U64, _U256, _U512, _U2048 = 2, 3, 5, 6, 8


def _sysreg(*parts: str) -> Optional[RegId]:
    limits = (3, 7, 15, 15, 7)
    numbers = [int(part) for part in parts]
    fits = all(number <= limit for number, limit in zip(numbers, limits))
    return SysReg(_U64, *numbers) if fits else None


def _core(size: str, name: str) -> Optional[RegId]:
    log2 = SIZES.get(size)
    offset = _CORE.get(name)
    element = re.fullmatch(r"(.+)\[(\d{1,2})\]", name)
    if element and element[1] in _ARRAYS:
        first, words, count = _ARRAYS[element[1]]
        index = int(element[2])
        offset = first + words * index if index < count else None
    return None if log2 is None or offset is None else Core(log2, offset)


def _demux(size: str, index: str) -> Optional[RegId]:
    log2 = SIZES.get(size)
    return Demux(log2, 0, int(index)) if log2 is not None and int(index) < 256 else None


def _vectors(index: str) -> Optional[RegId]:
    return Sve(_U2048, int(index)) if int(index) < 32 else None


def _predicates(index: str) -> Optional[RegId]:
    return Sve(_U256, 32 + int(index)) if int(index) < 16 else None


_FORMS: tuple[tuple[str, Callable[..., Optional[RegId]]], ...] = (
    (r"ARM64_SYS_REG\((\d), (\d), (\d\d?), (\d\d?), (\d)\)", _sysreg),
    (r"KVM_REG_ARM64 \| (\w+) \| KVM_REG_ARM_CORE \| KVM_REG_ARM_CORE_REG\((.+)\)", _core),
    (
        r"KVM_REG_ARM64 \| (\w+) \| KVM_REG_ARM_DEMUX \| KVM_REG_ARM_DEMUX_ID_CCSIDR \| (\d{1,3})",
        _demux,
    ),
    (r"KVM_REG_ARM_FW_REG\((\d{1,4})\)", lambda number: Firmware(_U64, int(number))),
    (r"KVM_REG_ARM_FW_FEAT_BMAP_REG\((\d{1,4})\)", lambda number: Bitmap(_U64, int(number))),
    (r"KVM_REG_ARM64_SVE_ZREG\((\d{1,2}), 0\)", _vectors),
    (r"KVM_REG_ARM64_SVE_PREG\((\d{1,2}), 0\)", _predicates),
    (r"KVM_REG_ARM64_SVE_FFR\(0\)", lambda: Sve(_U256, 48)),
    (r"KVM_REG_ARM64_SVE_VLS", lambda: Sve(_U512, 0x7FF, 0x1F)),
)
_PREFACE = re.compile(r"Random seed: 0x[0-9a-f]+")


def parse(text: str, path: str) -> Dump:
    """Read a list. Raises BadInput for any line that is no register, and for a list cut short."""
    if not re.search(r",\n[ \t]*\n\s*\Z", text):
        raise BadInput(
            path, "is cut short: no empty line ends the list", hint="redirect the whole output"
        )
    values: dict[int, Optional[int]] = {}
    for count, line in enumerate(text.splitlines(), 1):
        if not line.strip() or _PREFACE.fullmatch(line.strip()):
            continue
        number = _number(line.strip())
        if number is None:
            raise BadInput(path, f"line {count}: {line.strip()[:60]!r} names no register")
        if number in values:
            raise BadInput(path, f"line {count}: the register stands in it twice")
        values[number] = None
    return Dump(values, NOTES)


def _number(line: str) -> Optional[int]:
    for form, make in _FORMS:
        found = re.fullmatch(form + ",", line, re.ASCII)
        if found:
            register = make(*found.groups())
            return None if register is None else encode(register)
    return None
