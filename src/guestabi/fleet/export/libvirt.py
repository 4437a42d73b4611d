"""libvirt: a whole domain, as small as it gets, of which ``cpu`` and ``qemu:commandline`` matter.

libvirt's XML has no word for a register of an Arm CPU. What QEMU's command line can say is passed
on as a ``-cpu`` of its own: QEMU goes by the last one it is given (system/vl.c, QEMU_OPTION_cpu),
and libvirt puts ``qemu:arg`` after what it writes itself. The lab boots QEMU with both, in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from guestabi.fleet.baseline import Baseline
from guestabi.fleet.export import qemu
from guestabi.fleet.export.document import Export, LeftOut, title
from guestabi.profile.host import HostProfile

NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"

REASON = "neither libvirt's XML nor a property of QEMU's -cpu host sets it"


def write(baseline: Baseline, hosts: Sequence[HostProfile] = ()) -> Export:
    """Return a domain for ``virsh define``, once it has disks and devices; comments say what is in
    it and what is not."""
    argument, pins, unsaid = qemu.cpu(baseline)
    left_out = tuple(LeftOut(each.pin, REASON, each.remedy) for each in unsaid)
    notes = [title(baseline), *qemu.needs(pins), *(f"left out: {each}" for each in left_out)]
    lines = [
        f"<domain type='kvm' xmlns:qemu='{NAMESPACE}'>",
        *(f"  <!-- {_comment(note)} -->" for note in notes),
        f"  <name>{escape(_name(baseline))}</name>",
        "  <memory unit='MiB'>512</memory>",
        "  <vcpu>1</vcpu>",
        "  <os>",
        "    <type arch='aarch64' machine='virt'>hvm</type>",
        "  </os>",
        "  <cpu mode='host-passthrough' check='none'/>",
        *(_commandline("-cpu", argument) if pins else ()),
        "</domain>",
    ]
    return Export("\n".join(lines) + "\n", left_out)


def _commandline(*arguments: str) -> list[str]:
    rows = [f"    <qemu:arg value={quoteattr(each)}/>" for each in arguments]
    return ["  <qemu:commandline>", *rows, "  </qemu:commandline>"]


def _comment(text: str) -> str:
    # Two hyphens end a comment in XML, or make it malformed.
    return re.sub("-(?=-)", "- ", text).rstrip("-")


def _name(baseline: Baseline) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", baseline.name).strip("-") or "baseline"
