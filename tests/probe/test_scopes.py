"""The quick measurement of scopes finds what a whole capture finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestabi import atlas, model
from guestabi.probe import scopes
from guestabi.probe.machine import choose
from guestabi.registers import find, name_of
from guestabi.uapi.caps import FEATURE_BY_NAME

STD_HYP = find("STD_HYP_BMAP").id
NEWEST = [
    f"debian-{series}/{cpu}"
    for series in ("5.10", "6.1", "6.12", "6.16", "7.3")
    for cpu in ("neoverse-n1", "cortex-a57", "max")
]


def measured(kvm) -> set[str]:
    chosen = choose(kvm)
    bits = [FEATURE_BY_NAME[name].bit for name in chosen.features]
    return {name_of(id) for id in scopes.measure(kvm, bits, chosen.gic)}


@pytest.mark.parametrize("host", NEWEST)
def test_as_a_capture_says(host):
    """Every register that a capture found to be the VM's, but for PMCR_EL0, which is so in part;
    and no descriptor is left."""
    kvm = model.kernel(host)
    swept = {row.name for row in atlas.resolve(host).registers.values() if row.scope == "vm"}
    assert measured(kvm) == swept - {"PMCR_EL0"}
    assert "PSCI_VERSION" in swept
    assert kvm.counts.open == 1


def test_what_each_vcpu_has_is_not_the_vms():
    """The same register stored once a vCPU is not found."""
    kvm = model.kernel("debian-7.3/neoverse-n1")
    own = replace(kvm.rows[STD_HYP], vm_mask=0)
    changed = model.kernel("debian-7.3/neoverse-n1", rows={STD_HYP: own})
    assert measured(kvm) - measured(changed) == {"STD_HYP_BMAP"}


def test_what_is_the_vms_in_part_is_not():
    """Nor is one of which a single bit is a vCPU's own."""
    vendor = find("VENDOR_HYP_BMAP").id
    kvm = model.kernel("debian-7.3/neoverse-n1")
    part = replace(kvm.rows[vendor], vm_mask=0b01)
    changed = model.kernel("debian-7.3/neoverse-n1", rows={vendor: part})
    assert measured(kvm) - measured(changed) == {"VENDOR_HYP_BMAP"}


def test_what_an_initialisation_undoes_is_not(monkeypatch):
    """A value that another vCPU's initialisation throws away was never the VM's."""
    from guestabi.model.vcpu import ModelVcpu

    whole = ModelVcpu.init

    def forgetful(self, target, features):
        whole(self, target, features)
        self._vm.values.pop(STD_HYP, None)

    kvm = model.kernel("debian-7.3/neoverse-n1")
    before = measured(kvm)
    monkeypatch.setattr(ModelVcpu, "init", forgetful)
    assert before - measured(kvm) == {"STD_HYP_BMAP"}
