"""References of rules and registers as links, where what they name has an address."""

from __future__ import annotations

import re

_LINUX = "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/"
_PLACES = (
    (re.compile(r"Linux commit ([0-9a-f]{12,40})"), "https://git.kernel.org/linus/{}"),
    (re.compile(r"\(([\w.+=-]+@[\w.-]+)\)"), "https://lore.kernel.org/r/{}"),
    (re.compile(r"Linux ((?:arch|Documentation)/[\w./-]+\.(?:c|h|rst))"), _LINUX + "{}"),
    (re.compile(r"selftest (arm64/[\w-]+\.c)"), _LINUX + "tools/testing/selftests/kvm/{}"),
    (
        re.compile(r"QEMU ([\w./-]+\.[ch])\b"),
        "https://gitlab.com/qemu-project/qemu/-/blob/master/{}",
    ),
    (re.compile(r"DDI (0487)"), "https://developer.arm.com/documentation/ddi{}/latest"),
)


def link(reference: str) -> str:
    """Return the address of the first thing in ``reference`` that has one, or ""."""
    for pattern, address in _PLACES:
        found = pattern.search(reference)
        if found:
            return address.format(found[1])
    return ""
