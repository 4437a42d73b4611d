"""The VMMs that the lab can run inside a guest, as rows, and how to get one: Debian's own packages.

A row's packages are resolved by apt within the row's suites alone and come with all that they
depend on, so that each VMM runs on the libraries it was built for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from guestabi.errors import ArchiveError, BuildGone, UnknownName, UsageError
from guestabi.lab.archive import Archive
from guestabi.lab.packages import Package
from guestabi.lab.store import write_text
from guestabi.registers.catalogue import find

PACKAGE = "qemu-system-arm"
PSCI = ("PSCI_VERSION", "kvm-psci-version")


@dataclass(frozen=True, slots=True)
class Vmm:
    """One VMM: ``release`` is the upstream release, ``suites`` hold it, the first one preferred."""

    # What users say, and what its loader policy is called.
    name: str
    release: str
    suites: tuple[str, ...]
    # The versioned machine type: the guest's hardware, the same on both ends of a move. None of
    # the three for our own VMM, which comes in no package.
    machine: str
    # (register, property of -cpu that sets it when a guest is born).
    pins: tuple[tuple[str, str], ...] = ()


OURS = Vmm("ours", "", (), "")
# Source of `pins`: the loader policies of the same names.
VMMS: tuple[Vmm, ...] = (
    Vmm("qemu-7.2", "7.2", ("bookworm",), "virt-7.2"),
    Vmm("qemu-10.0", "10.0", ("trixie",), "virt-10.0"),
    Vmm("qemu-11.1", "11.1", ("trixie-backports", "trixie"), "virt-11.1", (PSCI,)),
    OURS,
)


def find_vmm(name: str) -> Vmm:
    """Return the row called ``name``; UnknownName suggests the nearest ones."""
    for row in VMMS:
        if row.name == name:
            return row
    raise UnknownName("VMM of the lab", name, [row.name for row in VMMS])


def common_machine(here: Vmm, there: Vmm) -> str:
    """Return the machine type that a guest needs to go from one VMM to the other and back: the
    older one's. Empty where both are the same. UsageError for VMMs of two kinds."""
    if here == there:
        return ""
    if not here.machine or not there.machine:
        raise UsageError(
            f"{here.name} and {there.name} do not read each other's streams",
            hint="choose two of one kind, such as qemu-11.1 and qemu-10.0",
        )
    return min(here, there, key=VMMS.index).machine


def properties(vmm: Vmm, pins: Mapping[int, int]) -> tuple[str, ...]:
    """Return what -cpu is told so that a guest is born with ``pins`` (register id -> value).

    Pins that the VMM cannot set are left out; UsageError if it can set none of them.
    """
    known = {find(register).id: name for register, name in vmm.pins}
    found = tuple(f"{known[n]}={pins[n] >> 16}.{pins[n] & 0xFFFF}" for n in pins if n in known)
    if pins and not found:
        can = ", ".join(register for register, _ in vmm.pins) or "nothing"
        raise UsageError(f"{vmm.name} can pin none of these registers", hint=f"it can pin {can}")
    return found


def obtain(archive: Archive, vmm: Vmm) -> tuple[Path, ...]:
    """Return the packages of ``vmm`` and of all that it needs, fetched; none for our own.

    What was fetched once is used from then on, without a network. Raises BuildGone where the
    suites have moved on to another release, ArchiveError where they cannot be read.
    """
    if not vmm.suites:
        return ()
    note = archive.cache / "vmms" / f"{vmm.name}.json"
    packages = _kept(note)
    if not packages or not all(archive.has(each) for each in packages):
        packages = _resolved(archive, vmm)
    debs = tuple(archive.fetch(each) for each in packages)
    rows = [asdict(each) for each in packages]
    write_text(note, json.dumps(rows, indent=1, sort_keys=True) + "\n")
    return debs


def _resolved(archive: Archive, vmm: Vmm) -> tuple[Package, ...]:
    archive.progress(f"{vmm.name}: asking {', '.join(vmm.suites)} what it needs")
    packages = archive.apt().resolve(PACKAGE, vmm.suites)
    versions = [each.package_version for each in packages if each.package == PACKAGE]
    if not versions:
        raise ArchiveError(f"{vmm.suites[0]} lists no {PACKAGE}")
    upstream = versions[0].partition(":")[2] or versions[0]
    if upstream != vmm.release and not upstream.startswith((f"{vmm.release}.", f"{vmm.release}+")):
        raise BuildGone(
            f"{vmm.suites[0]} has QEMU {upstream}, no longer {vmm.release}",
            hint="a cache that has fetched it goes on working",
        )
    return packages


def _kept(note: Path) -> tuple[Package, ...]:
    # A note that does not fit is as good as none.
    try:
        return tuple(Package(**row) for row in json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return ()
