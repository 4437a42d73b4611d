"""QEMU: arguments of its command line, after comments that say what is in them and what is not.

QEMU has no way to set a register of ``-cpu host``. Its properties switch whole features (``pmu``,
``sve``, ``pauth``), which sets a field on some hosts and leaves the rest of the register as the
host has it; a pin is a whole value, so that none of them expresses one. PROPERTIES has the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Mapping, Optional

from guestabi.fleet.baseline import Baseline, Pin
from guestabi.fleet.export.document import Export, LeftOut, said, title
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find


@dataclass(frozen=True)
class Property:
    """A property of ``-cpu host`` that sets one register: its text by register value, and the
    first release of QEMU that has it."""

    register: str
    name: str
    values: Mapping[int, str]
    since: str
    source: str


# 0.1 is left out: with it QEMU makes vCPUs without KVM_ARM_VCPU_PSCI_0_2, another VM.
PROPERTIES = (
    Property(
        register="PSCI_VERSION",
        name="kvm-psci-version",
        values={0x2: "0.2", 0x10000: "1.0", 0x10001: "1.1", 0x10002: "1.2", 0x10003: "1.3"},
        since="11.1",
        source="observed: policies/data/qemu-11.1.toml [birth]; values: the patch 'target/arm/kvm: "
        "add kvm-psci-version vcpu property', 20250911144923.24259-3-sebott@redhat.com",
    ),
)

REASON = "no property of QEMU's -cpu host sets it"
REMEDY = (
    "move such guests only where 'guestabi check --vmm qemu-11.1' says that they may go without it"
)


def cpu(baseline: Baseline) -> tuple[str, tuple[Pin, ...], tuple[LeftOut, ...]]:
    """Return the argument of ``-cpu``, the pins in it, and those that are not."""
    words, pins, left_out = ["host"], [], []
    for pin in baseline.pins:
        found = _property(pin)
        if found is None:
            left_out.append(LeftOut(pin, REASON, REMEDY))
        else:
            words.append(f"{found.name}={found.values[pin.value]}")
            pins.append(pin)
    return ",".join(words), tuple(pins), tuple(left_out)


def needs(pins: tuple[Pin, ...]) -> list[str]:
    """Return a line for each pin that is expressed: by what, and since which release of QEMU."""
    rows = [(pin, _property(pin)) for pin in pins]
    return [f"{row.name}: QEMU {row.since} or later; {said(pin)}" for pin, row in rows if row]


def write(baseline: Baseline, hosts: Sequence[HostProfile] = ()) -> Export:
    """Return comments and one line of arguments: ``$(grep -v '^#' FILE)`` in a shell."""
    argument, pins, left_out = cpu(baseline)
    lines = [f"# {title(baseline)}"]
    lines += [f"# {line}" for line in needs(pins)]
    lines += [f"# left out: {each}" for each in left_out]
    return Export("\n".join([*lines, f"-accel kvm -cpu {argument}"]) + "\n", left_out)


def _property(pin: Pin) -> Optional[Property]:
    for each in PROPERTIES:
        if find(each.register).id == pin.id and pin.value in each.values:
            return each
    return None
