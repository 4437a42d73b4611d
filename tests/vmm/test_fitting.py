"""Only what a guest cannot tell from its absence is left out."""

from __future__ import annotations

import pytest

from guestabi import model
from guestabi.kvm.snapshot import Snapshot
from guestabi.probe.vmregs import scoped
from guestabi.registers import find
from guestabi.vmm.fitting import fitted, listed

BMAP_2, OSLSR, PSCI, TCR2, MMFR3 = (
    find(name).id
    for name in (
        "VENDOR_HYP_BMAP_2",
        "OSLSR_EL1",
        "PSCI_VERSION",
        "TCR2_EL1",
        "ID_AA64MMFR3_EL1",
    )
)
UNNAMED = 0x603000000013FFFF


def eight(value: int) -> bytes:
    return value.to_bytes(8, "little")


@pytest.mark.parametrize(
    ("id", "value", "stays"),
    [
        (BMAP_2, 0, False),
        (BMAP_2, 1, True),
        (OSLSR, 8, False),
        (OSLSR, 0, True),
        (PSCI, 0, True),
        (TCR2, 0, True),
        (UNNAMED, 0, True),
    ],
)
def test_what_a_kernel_lacks(id, value, stays):
    """Left out where the value is what its absence looks like; kept where nobody knows."""
    held = {id: eight(value)}
    kept = held if stays else {}
    assert fitted(Snapshot((), held, ({}, {})), set()) == Snapshot((), kept, ({}, {}))
    assert fitted(Snapshot((), {}, (held, held)), set()) == Snapshot((), {}, (kept, kept))
    assert fitted(Snapshot((), held, (held,)), {id}) == Snapshot((), held, (held,))


@pytest.mark.parametrize(("mmfr3", "stays"), [(0, False), (1, True), (None, True)])
def test_what_the_id_registers_deny(mmfr3, stays):
    """TCR2_EL1 is left out, whatever it holds, where ID_AA64MMFR3_EL1.TCRX says there is none."""
    tells = {} if mmfr3 is None else {MMFR3: eight(mmfr3)}
    there = {MMFR3}
    kept = {TCR2: eight(5)} if stays else {}
    for vm, own in ((tells, {}), ({}, tells)):
        before = Snapshot((), vm, ({**own, TCR2: eight(5)},))
        assert fitted(before, there) == Snapshot((), vm, ({**own, **kept},))


def test_a_kernel_lists_the_vms_registers_and_the_vcpus():
    """The whole list of the profile, and no VM is left."""
    kernel = model.kernel("debian-7.3/neoverse-n1")
    found = listed(scoped(kernel))
    with kernel.create_vm() as vm, vm.create_vcpu(0) as vcpu:
        vcpu.init(vm.preferred_target(), [2, 3])
        assert found == set(vcpu.get_reg_list())
    assert {BMAP_2, PSCI, OSLSR} <= found
    assert kernel.counts.open == 1
