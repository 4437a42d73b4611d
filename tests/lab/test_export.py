"""The real QEMU is given what was exported, and its stream is imported: one boot."""

from __future__ import annotations

import shlex
import struct
from xml.etree import ElementTree

import pytest

from fleet.dumps import stream as analysed
from guestabi import atlas
from guestabi.fleet import Baseline, baseline, imports
from guestabi.fleet.export import export
from guestabi.fleet.export.libvirt import NAMESPACE
from guestabi.lab import guests
from guestabi.lab.guests import Setup, bear
from guestabi.lab.vmms import find_vmm
from guestabi.registers.catalogue import find

PSCI = find("PSCI_VERSION").id
BORN_ON, OLDER = "debian-6.16/neoverse-n1", "debian-6.12/neoverse-n1"


def carried(stream: bytes) -> dict[int, int]:
    """Return the registers that vCPU 0 carries by the list, from the bytes of a migration stream:
    how many, their ids in ascending order, their values (QEMU, target/arm/machine.c,
    vmstate_arm_cpu)."""
    at = stream.index(struct.pack(">Q", PSCI))
    start = at
    while True:
        (number,) = struct.unpack_from(">Q", stream, start - 8)
        if number >> 56 != 0x60 or number >= struct.unpack_from(">Q", stream, start)[0]:
            break
        start -= 8
    (count,) = struct.unpack_from(">I", stream, start - 4)
    ids = struct.unpack_from(f">{count}Q", stream, start)
    return dict(zip(ids, struct.unpack_from(f">{count}Q", stream, start + 8 * count), strict=True))


@pytest.mark.lab
@pytest.mark.xdist_group("lab")
def test_a_guest_is_born_with_what_was_exported(archive, monkeypatch, tmp_path):
    """6.16 shows PSCI 1.3. Born there under QEMU 11.1 with the line that the baseline with 6.12 was
    exported to, after a `-cpu host` as libvirt puts it, a guest is told 1.1; and the stream that
    QEMU saves, imported, says so too, with the ids that KVM lists."""
    new, old = atlas.resolve(BORN_ON), atlas.resolve(OLDER)
    assert (new.defaults[PSCI], old.defaults[PSCI]) == (0x10003, 0x10001)
    found = baseline([new, old])
    assert isinstance(found, Baseline)
    line = export(found, "qemu").text.splitlines()[-1]
    domain = ElementTree.fromstring(export(found, "libvirt").text)
    passed_on = [each.get("value") for each in domain.iter(f"{{{NAMESPACE}}}arg")]
    assert shlex.split(line) == ["-accel", "kvm", *passed_on]

    plain = guests.arguments

    def exported(setup: Setup) -> list[str]:
        argv = plain(setup)
        at = argv.index("-accel")
        return [*argv[:at], *argv[at + 2 :], *shlex.split(line)]

    monkeypatch.setattr(guests, "arguments", exported)
    setup = Setup(find_vmm("qemu-11.1"), "neoverse-n1")
    assert exported(setup).count("-cpu") == 2
    ((_, saved),) = bear(archive, ["6.16"], setup)
    assert {report["PSCI_VERSION"] for report in saved.reports} == {0x10001}

    registers = carried(saved.stream)
    path = tmp_path / "state.json"
    path.write_text(analysed(registers))
    there = imports.load(path)
    assert there.defaults[PSCI] == 0x10001
    assert there.registers.keys() <= new.registers.keys()
    assert len(there.registers) > 200
