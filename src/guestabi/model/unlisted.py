"""Which errno an id gets that a vCPU does not have.

From the order of checks in ``arch/arm64/kvm/{guest,sys_regs}.c``: a number that is no arm64 id is
malformed; so is one that points into ``struct kvm_regs`` but at the start of no register of its
width, and one of the SVE registers with a bit that none of them has. Everything else is a register
that is not there.
"""

from __future__ import annotations

from guestabi.uapi import regid

CORE_WORDS = 0xD4
"""Length of ``struct kvm_regs`` in 32-bit words (arch/arm64/include/uapi/asm/kvm.h)."""


def errno_of(id: int) -> str:
    """Return EINVAL or ENOENT."""
    if id >> regid.ARCH_SHIFT != regid.ARCH_ARM64:
        return "EINVAL"
    if id & regid.SCOPE_VM_FLAG:
        flagged = isinstance(regid.decode(id & ~regid.SCOPE_VM_FLAG), regid.Sve)
        return "EINVAL" if flagged else "ENOENT"
    decoded = regid.decode(id)
    inside = isinstance(decoded, regid.Core) and decoded.offset + decoded.size // 4 < CORE_WORDS
    return "EINVAL" if inside else "ENOENT"
