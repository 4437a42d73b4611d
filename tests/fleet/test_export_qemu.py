"""Exporting to QEMU's command line. The real QEMU is asked in tests/lab/test_export.py."""

from __future__ import annotations

import re

from guestabi import policies
from guestabi.fleet.export import export
from guestabi.fleet.export.qemu import PROPERTIES
from guestabi.lab.vmms import VMMS, properties
from guestabi.registers.catalogue import all_registers, find

from .exports import of, real


def test_the_line_and_what_it_leaves_out() -> None:
    """One line of arguments, comments above it: which property since when, what is left out."""
    found, hosts = real()
    written = export(found, "qemu", hosts)
    *notes, line = written.text.splitlines()
    assert line == "-accel kvm -cpu host,kvm-psci-version=1.1"
    assert notes == [
        f"# guestabi baseline rack7, version 1, {found.digest[:12]}",
        "# kvm-psci-version: QEMU 11.1 or later; PSCI_VERSION = 0x10001",
        "# left out: PMMIR_EL1 = 0x0: no property of QEMU's -cpu host sets it",
        "# left out: VENDOR_HYP_BMAP_2 = 0x0: no property of QEMU's -cpu host sets it",
    ]
    assert [each.pin.id for each in written.left_out] == [
        find("PMMIR_EL1").id,
        find("VENDOR_HYP_BMAP_2").id,
    ]
    assert written.exit_status(found) == 101


def test_nothing_can_be_said() -> None:
    """Then the line is QEMU's own default, and every pin is told as left out."""
    found = of({"ID_AA64DFR0_EL1": 0x6})
    written = export(found, "qemu")
    assert written.text.splitlines()[-1] == "-accel kvm -cpu host"
    assert len(written.left_out) == 1
    assert written.exit_status(found) == 101


def test_a_version_that_no_property_has() -> None:
    """PSCI 1.4 cannot be asked for: the pin is left out, not rounded."""
    found = of({"PSCI_VERSION": 0x10004})
    assert export(found, "qemu").text.endswith("-cpu host\n")
    assert len(export(found, "qemu").left_out) == 1


def test_each_release_can_do_what_the_lab_and_the_policies_say() -> None:
    """A property's first release is the first whose loader policy can pin the register, and the
    lab gives that release the same text."""
    releases = [row for row in VMMS if row.name.startswith("qemu-")]
    assert len(releases) >= 3
    for row in releases:
        policy = policies.load(row.name)
        has = {find(each.register).id for each in PROPERTIES if _newer(row.release, each.since)}
        every = [each.id for each in all_registers()]
        assert {number for number in every if policy.can_pin(number)} == has
    newest = next(row for row in releases if row.pins)
    for each in PROPERTIES:
        number = find(each.register).id
        for value, text in each.values.items():
            assert properties(newest, {number: value}) == (f"{each.name}={text}",)


def _newer(release: str, since: str) -> bool:
    return [int(part) for part in release.split(".")] >= [int(part) for part in since.split(".")]


def test_the_text_is_safe_in_a_shell() -> None:
    """Whatever the baseline is called, the line that a shell reads has none of it."""
    written = export(of({"PSCI_VERSION": 0x10000}, name="$(reboot)`x` -cpu max"), "qemu")
    lines = [line for line in written.text.splitlines() if not line.startswith("#")]
    assert len(lines) == 1
    assert re.fullmatch(r"[a-z0-9,.= -]+", lines[0])
