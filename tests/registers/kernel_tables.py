"""Readers of the kernel's own register tables, for the test that holds the catalogue to them.

Nothing of the kernel is kept here: the files are read from a source tree, which is either the
directory that GUESTABI_LINUX_SOURCE names or Debian's ``linux-source-*`` package.
"""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import NamedTuple, Optional

from guestabi.uapi.regid import Bitmap, Core, Firmware, Sve, encode, sysreg

SYSREG = "arch/arm64/tools/sysreg"
HEADER = "arch/arm64/include/asm/sysreg.h"
UAPI = "arch/arm64/include/uapi/asm/kvm.h"
REG_LIST = "get-reg-list.c"
REG_LIST_PLACES = tuple(
    f"tools/testing/selftests/kvm/{arch}/{REG_LIST}" for arch in ("arm64", "aarch64")
)
ARCHIVES = Path("/usr/src")


class KernelField(NamedTuple):
    """A field of the kernel's table. ``kind`` is Field, Enum, SignedEnum or UnsignedEnum."""

    low: int
    width: int
    kind: str


class KernelRegister(NamedTuple):
    """A register of the kernel's table; ``values`` is keyed (field, value's name)."""

    id: int
    fields: dict[str, KernelField]
    values: dict[tuple[str, str], int]


class Listed(NamedTuple):
    """An id of get-reg-list.c; ``names`` is what that file calls it, empty where it does not."""

    id: int
    names: frozenset[str]


class Feature(NamedTuple):
    """A row of get-reg-list.c's feature table: the register needs field >= value."""

    register: str
    id_register: str
    field: str
    value: str


def newest_archive() -> Optional[Path]:
    """Return the newest linux-source tarball, None where there is none."""
    found = {tuple(map(int, re.findall(r"\d+", path.name))): path for path in archives()}
    return found[max(found)] if found else None


def archives() -> list[Path]:
    """Return the linux-source tarballs that Debian's packages put in place."""
    return list(ARCHIVES.glob("linux-source-*.tar.xz"))


def unpack(archive: Path, into: Path) -> Path:
    """Copy the four files out of ``archive`` and return the tree's root."""
    wanted = {SYSREG, HEADER, UAPI, *REG_LIST_PLACES}
    with tarfile.open(archive, "r|xz") as stream:
        for member in stream:
            path = member.name.partition("/")[2]
            content = stream.extractfile(member) if path in wanted else None
            if content is not None:
                target = into / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    return into


def reg_list_path(root: Path) -> Path:
    """Return the path of get-reg-list.c, which moved from aarch64/ to arm64/."""
    return next(root / place for place in REG_LIST_PLACES if (root / place).is_file())


def read_sysreg(text: str) -> dict[str, KernelRegister]:
    """Read ``arch/arm64/tools/sysreg``: Sysreg blocks, with Fields and Mapping followed."""
    blocks = _blocks(text)
    registers = {}
    for name, (encoding, body) in blocks.items():
        if encoding:
            lines = _resolved(body, blocks)
            number = sysreg(*map(int, encoding))
            registers[name] = KernelRegister(number, _fields(lines), _values(lines))
    return registers


_Lines = list[list[str]]
_Blocks = dict[str, tuple[list[str], _Lines]]


def _blocks(text: str) -> _Blocks:
    blocks: _Blocks = {}
    body: _Lines = []
    for words in (line.partition("#")[0].split() for line in text.splitlines()):
        if words and words[0] in ("Sysreg", "SysregFields"):
            body = []
            blocks[words[1]] = (words[2:], body)
        elif words:
            body.append(words)
    return blocks


def _resolved(body: _Lines, blocks: _Blocks) -> _Lines:
    lines: _Lines = []
    inside_prefix = False
    for words in body:
        # A Prefix is a second layout of the same register, with another feature.
        inside_prefix = words[0] == "Prefix" or (inside_prefix and words[0] != "EndPrefix")
        if inside_prefix:
            continue
        if words[0] in ("Fields", "Mapping"):
            # The kernel's own file refers to a layout that it does not have (MPAM1_ELx).
            lines += _resolved(blocks.get(words[1], ([], []))[1], blocks)
        else:
            lines.append(words)
    return lines


_FIELD_KINDS = ("Field", "Enum", "SignedEnum", "UnsignedEnum")


def _fields(lines: _Lines) -> dict[str, KernelField]:
    fields = {}
    for words in lines:
        if words[0] in _FIELD_KINDS:
            bits = [int(bit) for bit in words[1].split(":")]
            fields[words[2]] = KernelField(bits[-1], bits[0] - bits[-1] + 1, words[0])
    return fields


def _values(lines: _Lines) -> dict[tuple[str, str], int]:
    values = {}
    field = ""
    for words in lines:
        if words[0] in _FIELD_KINDS:
            field = words[2]
        elif words[0].startswith("0b"):
            values[field, words[1]] = int(words[0], 2)
    return values


def read_header(text: str) -> dict[str, int]:
    """Read ``#define SYS_X sys_reg(..)`` of asm/sysreg.h into name -> id."""
    number = r"\s*(\d+)\s*"
    pattern = rf"#define\s+SYS_(\w+)\s+sys_reg\({','.join([number] * 5)}\)"
    return {name: sysreg(*map(int, parts)) for name, *parts in re.findall(pattern, text)}


def read_uapi(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """Read uapi/asm/kvm.h: (KVM_REG_ARM_x -> id, KVM_REG_ARM_x_BIT_y -> bit)."""
    ids: dict[str, int] = {}
    for name, macro, inside in re.findall(
        r"#define\s+KVM_REG_ARM_(\w+)\s+(ARM64_SYS_REG|KVM_REG_ARM_FW\w*_REG)\(([^r)]+)\)", text
    ):
        ids[name] = _macro(macro, inside)
    bits = re.findall(r"KVM_REG_ARM_(\w+_BIT_\w+)\s*=\s*(\d+)", text)
    return ids, {name: int(bit) for name, bit in bits}


def _macro(macro: str, inside: str) -> int:
    numbers = [int(number) for number in inside.split(",")]
    if macro == "ARM64_SYS_REG":
        return sysreg(*numbers)
    kind = Firmware if macro == "KVM_REG_ARM_FW_REG" else Bitmap
    return encode(kind(3, numbers[0]))


def read_reg_list(text: str, named: dict[str, int]) -> list[Listed]:
    """Read the arrays of get-reg-list.c. ``named`` resolves macros without numbers."""
    listed = []
    for array in re.findall(r"__u64 \w+\[\] = \{(.*?)\n\};", text, re.DOTALL):
        for line in array.splitlines():
            code, _, comment = line.partition("/*")
            code = code.strip().rstrip(",")
            if code and not code.startswith("*"):
                listed.append(_listed(code, comment.strip(" */"), named))
    return listed


def _listed(code: str, comment: str, named: dict[str, int]) -> Listed:
    said = frozenset({comment.removeprefix("KVM_REG_ARM_")} if comment else ())
    if match := re.fullmatch(r"(ARM64_SYS_REG|KVM_REG_ARM_FW\w*_REG)\(([\d, ]+)\)", code):
        return Listed(_macro(*match.groups()), said)
    if match := re.fullmatch(r"(?:KVM_ARM64_)?SYS_REG\((?:SYS_)?(\w+)\)", code):
        return Listed(named[match[1]], frozenset({match[1]}))
    if match := re.search(r"CORE_REG\(([\w.]+)(?:\[(\d+)\])?\)", code):
        return _core(match[1], int(match[2] or 0))
    if code.startswith("KVM_REG_ARM64_SVE_"):
        return _sve(code.removeprefix("KVM_REG_ARM64_SVE_"))
    name = code.removeprefix("KVM_REG_ARM_")
    return Listed(named[name], frozenset({name}))


# struct kvm_regs: member -> (bytes from its start, log2 of an element's size, our name).
_KVM_REGS = {
    "regs.regs": (0, 3, "X{}"),
    "regs.sp": (31 * 8, 3, "SP_EL0"),
    "regs.pc": (32 * 8, 3, "PC"),
    "regs.pstate": (33 * 8, 3, "PSTATE"),
    "sp_el1": (34 * 8, 3, "SP_EL1"),
    "elr_el1": (35 * 8, 3, "ELR_EL1"),
    "spsr": (36 * 8, 3, "SPSR[{}]"),
    "fp_regs.vregs": (42 * 8, 4, "V{}"),
    "fp_regs.fpsr": (42 * 8 + 32 * 16, 2, "FPSR"),
    "fp_regs.fpcr": (42 * 8 + 32 * 16 + 4, 2, "FPCR"),
}
_SPSR = ("SPSR_EL1", "SPSR_abt", "SPSR_und", "SPSR_irq", "SPSR_fiq")


def _core(member: str, index: int) -> Listed:
    start, size_log2, shown = _KVM_REGS[member]
    offset = start + (index << size_log2)
    name = _SPSR[index] if member == "spsr" else shown.format(index)
    return Listed(encode(Core(size_log2, offset // 4)), frozenset({name}))


def _sve(code: str) -> Listed:
    if code == "VLS":
        return Listed(0x606000000015FFFF, frozenset({"SVE_VLS"}))
    kind, numbers = re.fullmatch(r"(\w+)\(([\d, ]+)\)", code).groups()  # type: ignore[union-attr]
    register = int(numbers.split(",")[0])
    first, size_log2, shown = {
        "ZREG": (0x000, 8, "Z{}"),
        "PREG": (0x400, 5, "P{}"),
        "FFR": (0x600, 5, "FFR"),
    }[kind]
    number = encode(Sve(size_log2, (first >> 5) + register))
    return Listed(number, frozenset({shown.format(register)}))


def read_features(text: str) -> list[Feature]:
    """Read feat_id_regs[] of get-reg-list.c; empty in kernels that have another form of it."""
    return [
        Feature(*row)
        for row in sorted(set(re.findall(r"REG_FEAT\((\w+),\s*(\w+),\s*(\w+),\s*(\w+)\)", text)))
        if row[0] != "r"
    ]
