"""Two tiny hosts and their check, as report tests use them."""

from __future__ import annotations

from guestabi import policies
from guestabi.compat.verdict import Check, check
from guestabi.profile.host import HostProfile
from profiles import make_profile

TRIED = [{"value": 0x10001}, {"value": 0x10003}]
OLD_TRIED = [{"value": 0x10001}, {"value": 0x10003, "errno": "EINVAL"}]


def old() -> HostProfile:
    """A kernel that knows PSCI 1.1."""
    return make_profile(
        "old",
        {"X0": 0, "PSCI_VERSION": {"default": 0x10001, "patterns": OLD_TRIED}},
        release="6.9.1",
    )


def new(name: str = "new") -> HostProfile:
    """A kernel that knows PSCI 1.3 and lists one more bitmap."""
    psci = {"default": 0x10003, "patterns": TRIED}
    rows = {"X0": 0, "PSCI_VERSION": psci, "VENDOR_HYP_BMAP_2": 0}
    return make_profile(name, rows, release="6.16.1")


def checked(a: HostProfile | None = None, b: HostProfile | None = None) -> Check:
    """The check of old against new under qemu-10.0."""
    return check(a or old(), b or new(), policies.load("qemu-10.0"))
