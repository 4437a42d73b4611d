"""Firecracker: a custom CPU template.

Firecracker reads each register of a template from vCPU 0, changes it, and writes the same value to
every vCPU (src/vmm/src/cpu_config/aarch64/mod.rs, CpuConfiguration), so that only a register which
is alike on all vCPUs belongs there. It takes 32, 64 and 128 bits, no other width
(custom_cpu_template.rs, CustomCpuTemplate::validate). JSON has no comments: what is left out is
told beside the document alone.

A register that the kernel does not list cannot be read, which ends the start: what the pin stands
for is then there without it, but the template is of no use on that host.

Every bit is written, none is ``x``: the pin is the whole value, which every host of the baseline
was found to accept. With ``x`` outside the fields that differ today, a host that joins later would
add bits of its own, in silence; with the whole value it refuses the guest's start.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Optional

from guestabi.compat.known import is_visible
from guestabi.fleet.baseline import Baseline, Pin
from guestabi.fleet.export.document import Export, LeftOut
from guestabi.profile.host import HostProfile
from guestabi.registers.catalogue import find, name_of
from guestabi.uapi.regid import hex_id, size_of

SIZES = (4, 8, 16)
"""Widths in bytes that a template may have."""

PER_VCPU = ("MPIDR_EL1",)
"""Registers by which a guest knows its machine, and that differ from vCPU to vCPU."""

TOO_WIDE = "CPU templates take registers of 32, 64 and 128 bits alone"
EACH_ITS_OWN = "each vCPU has its own value, and a template writes one to all"
REMEDY = "let hosts agree on it by themselves, or start guests with a VMM that writes it"


def write(baseline: Baseline, hosts: Sequence[HostProfile] = ()) -> Export:
    """Return the template, its modifiers sorted by address."""
    rows, left_out, notes = [], [], []
    for pin in baseline.pins:
        reason = _against(pin)
        if reason is None:
            rows.append({"addr": hex_id(pin.id), "bitmap": bitmap(pin)})
            notes += _unlisted(pin, hosts)
        else:
            left_out.append(LeftOut(pin, reason, REMEDY))
    template = {"kvm_capabilities": [], "vcpu_features": [], "reg_modifiers": rows}
    return Export(json.dumps(template, indent=1) + "\n", tuple(left_out), tuple(notes))


def bitmap(pin: Pin) -> str:
    """Return all bits of the pin's value, the highest first, as wide as the register."""
    return f"0b{pin.value:0{8 * size_of(pin.id)}b}"


def _unlisted(pin: Pin, hosts: Sequence[HostProfile]) -> list[str]:
    without = sorted({host.label for host in hosts if pin.id not in host.registers})
    said = (
        f"{name_of(pin.id)} is not listed by {', '.join(without)}: Firecracker starts no guest "
        "there with it; take its modifier out there, as guests see the same without it"
    )
    return [said] if without else []


def _against(pin: Pin) -> Optional[str]:
    if size_of(pin.id) not in SIZES:
        return TOO_WIDE
    per_vcpu = {find(name).id for name in PER_VCPU}
    return EACH_ITS_OWN if pin.id in per_vcpu or not is_visible(pin.id) else None
