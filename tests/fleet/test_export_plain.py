"""Exporting to plain JSON, and what holds for every format."""

from __future__ import annotations

import json

import pytest

from guestabi.cli import pinfile
from guestabi.errors import UnknownName
from guestabi.fleet.export import FORMATS, export
from guestabi.probe.vmregs import scoped
from guestabi.registers.catalogue import find
from kvm.kernels import IMPLEMENTATIONS, boot, kernel

from .exports import of, real


def test_every_pin_is_in_it_and_reads_back_as_a_pin_file(tmp_path) -> None:
    """`check --pin` gets from the export what it gets from the baseline."""
    found, hosts = real()
    written = export(found, "json", hosts)
    path = tmp_path / "pins.json"
    path.write_text(written.text)
    assert pinfile.load(str(path)) == dict(found.values)
    assert (written.left_out, written.notes, written.exit_status(found)) == ((), (), 0)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_vm_regs_takes_it(implementation) -> None:
    """Set entry by entry, where the kernel lists it, a guest is born with the pins."""
    found, _ = real()
    pins = json.loads(export(found, "json").text)
    with scoped(kernel(implementation)) as kvm, kvm.create_vm() as vm:
        listed = [text for text in pins if int(text, 16) in vm.regs]
        for text in listed:
            vm.regs[int(text, 16)] = int(pins[text], 16)
        vcpus = boot(vm, 2)
        assert {text: hex(vm.regs[int(text, 16)]) for text in listed} == {
            text: pins[text] for text in listed
        }
        assert listed
        assert len(vcpus) == 2


def test_no_pin_is_an_empty_object() -> None:
    """Hosts that agree need nothing: that is a whole export."""
    assert json.loads(export(of({}), "json").text) == {}


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_not_in_a_document_is_told_beside_it(form) -> None:
    """Every pin is in the document or left out with a reason and a remedy, in every format."""
    found = of({"PSCI_VERSION": 0x10001, "PMMIR_EL1": 0, "MPIDR_EL1": 1 << 31, "SVE_VLS": 3})
    written = export(found, form)
    left_out = [each.pin.id for each in written.left_out]
    assert left_out == sorted(left_out)
    assert all(each.reason and each.remedy for each in written.left_out)
    expressed = {
        "json": {"PSCI_VERSION", "PMMIR_EL1", "MPIDR_EL1", "SVE_VLS"},
        "firecracker": {"PSCI_VERSION", "PMMIR_EL1"},
        "qemu": {"PSCI_VERSION"},
        "libvirt": {"PSCI_VERSION"},
    }
    assert {pin.id for pin in found.pins} - set(left_out) == {
        find(name).id for name in expressed[form]
    }
    assert written.exit_status(found) == (101 if left_out else 0)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_baseline_is_the_same_text(form) -> None:
    """Nothing in a document depends on when or where it was written."""
    found, hosts = real()
    assert export(found, form, hosts) == export(found, form, hosts[::-1])


def test_an_unknown_format() -> None:
    """Is a usage error that lists the formats."""
    with pytest.raises(UnknownName) as caught:
        export(of({}), "vmware")
    assert "firecracker" in caught.value.hint
