"""Exporting to a Firecracker CPU template, judged by Firecracker's own rules for templates."""

from __future__ import annotations

import json

import pytest

from guestabi import policies
from guestabi.fleet.export import export
from guestabi.registers.catalogue import all_registers, find

from .exports import of, real

PSCI, MASK64 = find("PSCI_VERSION").id, (1 << 64) - 1


def accepted(text: str) -> dict[int, tuple[int, int]]:
    """Return (filter, value) by address; ValueError for what Firecracker refuses.

    The rules are those of its sources, written anew: src/vmm/src/cpu_config/aarch64/
    custom_cpu_template.rs at 1bc7deef1426 (the three keys and no other; validate: 32, 64 or 128
    bits, filter and value no wider) and src/vmm/src/cpu_config/templates.rs at 055fda4dda1d
    (bitmaps: 0, 1, x and _, the last digit is bit 0, what is not written is x) with
    templates_serde.rs (numbers are text with 0x or 0b). That an address stands once is ours.
    """
    template = json.loads(text)
    strange = template.keys() - {"kvm_capabilities", "vcpu_features", "reg_modifiers"}
    if strange:
        raise ValueError(f"unknown field {strange}")
    for said in template.get("kvm_capabilities", []):
        if not 0 <= int(said.removeprefix("!")) < 1 << 32:
            raise ValueError(f"no capability: {said}")
    for row in template.get("vcpu_features", []):
        if not 0 <= row["index"] < 1 << 32 or _bits(row["bitmap"])[0] >> 32:
            raise ValueError(f"no feature: {row}")
    found = {}
    for row in template.get("reg_modifiers", []):
        number = _number(row["addr"])
        mask, value = _bits(row["bitmap"])
        size = 1 << (number >> 52 & 0xF)
        if size not in (4, 8, 16) or max(mask, value) >> 8 * size:
            raise ValueError(f"invalid size of {row['addr']}")
        if number in found:
            raise ValueError(f"{row['addr']} twice")
        found[number] = (mask, value)
    return found


def _number(text: str) -> int:
    if text[:2] not in ("0x", "0b"):
        raise ValueError(f"no number system prefix in {text}")
    number = int(text[2:], 16 if text[1] == "x" else 2)
    if number >> 64:
        raise ValueError(f"{text} does not fit 64 bits")
    return number


def _bits(text: str) -> tuple[int, int]:
    mask = value = place = 0
    for digit in reversed(text.removeprefix("0b")):
        if digit == "_":
            continue
        if digit not in "01x" or place > 127:
            raise ValueError(f"no bitmap: {text}")
        mask |= (digit != "x") << place
        value |= (digit == "1") << place
        place += 1
    return mask, value


def test_firecracker_takes_the_template_of_real_kernels() -> None:
    """Valid, and applied to any value of any host it gives the pin: `value & !filter | value`."""
    found, hosts = real()
    written = export(found, "firecracker", hosts)
    rows = accepted(written.text)
    assert rows.keys() == found.values.keys()
    for number, (mask, value) in rows.items():
        for before in (0, MASK64, 0x1DE7EC7EDBADC0DE):
            assert before & ~mask & MASK64 | value == found.values[number]
    assert [each for row in json.loads(written.text)["reg_modifiers"] for each in row] == [
        "addr",
        "bitmap",
    ] * 3


def test_where_a_host_does_not_list_a_register_it_is_told() -> None:
    """Firecracker starts no guest there: the host and the way out are named, and that is no 0."""
    found, hosts = real()
    written = export(found, "firecracker", hosts)
    assert [note.partition(":")[0] for note in written.notes] == [
        "PMMIR_EL1 is not listed by debian-6.12.117/neoverse-n1, debian-7.2.12/neoverse-n1",
        "VENDOR_HYP_BMAP_2 is not listed by debian-6.12.117/neoverse-n1",
    ]
    assert written.exit_status(found) == 101
    assert export(found, "firecracker", hosts[2:]).exit_status(found) == 0


def test_every_width_and_value() -> None:
    """A 32-bit register has 32 digits, the highest bit first; a wider one than 128 is left out."""
    written = export(
        of({"PSCI_VERSION": 0x10001, "CCSIDR_0": 0x80000001, "SVE_VLS": 1}), "firecracker"
    )
    rows = json.loads(written.text)["reg_modifiers"]
    assert rows[0]["bitmap"] == "0b1" + 30 * "0" + "1"
    assert [row["addr"] for row in rows] == ["0x6020000000110000", "0x6030000000140000"]
    assert accepted(written.text) == {
        find("CCSIDR_0").id: ((1 << 32) - 1, 0x80000001),
        PSCI: (MASK64, 0x10001),
    }
    (left,) = written.left_out
    assert (left.pin.id, "128 bits" in left.reason) == (find("SVE_VLS").id, True)


def test_what_differs_from_vcpu_to_vcpu_is_left_out() -> None:
    """A template writes vCPU 0's value to all of them."""
    written = export(of({"MPIDR_EL1": 1 << 31, "X0": 1, "TTBR0_EL1": 1}), "firecracker")
    assert accepted(written.text) == {}
    assert {each.reason for each in written.left_out} == {
        "each vCPU has its own value, and a template writes one to all"
    }


def test_the_loader_policy_says_the_same_of_widths() -> None:
    """What the policy says Firecracker can pin is what a template holds, of all the catalogue that
    guests know their machine by."""
    policy = policies.load("firecracker")
    seen = {
        row.id for row in all_registers() if row.role in ("identification", "firmware", "bitmap")
    }
    written = export(of(dict.fromkeys(seen, 0)), "firecracker")
    able = {number for number in seen if policy.can_pin(number)} - {find("MPIDR_EL1").id}
    assert accepted(written.text).keys() == able
    assert len(able) > 50


BROKEN = {
    "an unknown key": '{"reg_modifier": []}',
    "a key of x86": '{"cpuid_modifiers": [], "reg_modifiers": []}',
    "no prefix": '{"reg_modifiers": [{"addr": "6030000000140000", "bitmap": "0b1"}]}',
    "65 bits of address": '{"reg_modifiers": [{"addr": "0x16030000000140000", "bitmap": "0b1"}]}',
    "a digit 2": '{"reg_modifiers": [{"addr": "0x6030000000140000", "bitmap": "0b2"}]}',
    "65 bits": '{"reg_modifiers": [{"addr": "0x6030000000140000", "bitmap": "0b1%s"}]}'
    % (64 * "0"),
    "33 zeros": '{"reg_modifiers": [{"addr": "0x6020000000110000", "bitmap": "0b%s"}]}'
    % (33 * "0"),
    "16 bits wide": '{"reg_modifiers": [{"addr": "0x6010000000140000", "bitmap": "0b1"}]}',
    "512 bits wide": '{"reg_modifiers": [{"addr": "0x606000000015ffff", "bitmap": "0b1"}]}',
    "no capability": '{"kvm_capabilities": ["!a2"]}',
    "cut short": '{"reg_modifiers": [{"addr": "0x603',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_the_validator_refuses_broken_templates(text) -> None:
    """Canaries: a validator that lets these pass proves nothing."""
    with pytest.raises((ValueError, KeyError)):
        accepted(text)
