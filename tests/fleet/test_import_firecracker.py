"""Importing what Firecracker's CPU template helper dumps."""

from __future__ import annotations

import json

import pytest

from guestabi.compat.known import POISON
from guestabi.errors import BadInput
from guestabi.fleet import imports
from guestabi.registers.catalogue import find

from .dumps import CPUS, KERNELS, fingerprint_path, needs_dumps, template

PSCI, CCSIDR = find("PSCI_VERSION").id, find("CCSIDR_0").id
VALUES = {CCSIDR: 0x701FE01A, PSCI: 0x10001}


def load(tmp_path, text, fmt=None):
    path = tmp_path / "dump.json"
    path.write_text(text)
    return imports.load(path, fmt)


@needs_dumps
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("cpu", CPUS)
def test_a_public_fingerprint(cpu, kernel) -> None:
    """Every id and value of the dump is in the profile, and nothing counts as measured."""
    path = fingerprint_path(cpu, kernel)
    rows = json.loads(path.read_text())["guest_cpu_config"]["reg_modifiers"]
    values = {int(row["addr"], 16): int(row["bitmap"], 2) for row in rows}
    found = imports.load(path)
    assert found.registers.keys() == values.keys()
    assert len(values) > 200
    timers = {find(name).id for name in ("TIMER_CTL", "PTIMER_CTL")}
    differ = {number for number in values if found.defaults[number] != values[number]}
    assert differ <= timers
    assert {values[number] ^ found.defaults[number] for number in differ} <= {0x4}
    for register in found.registers.values():
        assert (register.scope, register.window) == ("unknown", "unknown")
        assert (register.fields, register.patterns, dict(register.stages)) == (None, None, {})
    assert found.kernel.startswith(kernel + ".")
    assert found.name == path.stem
    assert found.record.taken.notes[0].startswith("from a fingerprint of Firecracker 1.")
    assert sum("not known" in note for note in found.record.taken.notes) == 2


def test_a_template_dump(tmp_path) -> None:
    """The same from `template dump`, which says nothing of the host."""
    found = load(tmp_path, template(VALUES))
    assert dict(found.defaults) == VALUES
    assert (found.kernel, found.name) == ("", "dump")


def test_a_counter_moves_unless_nobody_ever_wrote_it(tmp_path) -> None:
    """What a dump has of a counter is of one moment; poison is of every moment."""
    count, event = find("TIMER_CNT").id, find("PMEVCNTR0_EL0").id
    found = load(tmp_path, template({count: 123, event: POISON}))
    assert found.registers[count].volatile
    assert found.defaults == {count: None, event: POISON}


def test_what_the_processor_computes_is_left_out(tmp_path) -> None:
    """TIMER_CTL.ISTATUS is no state; the rest of the register is."""
    number = find("TIMER_CTL").id
    assert load(tmp_path, template({number: 0x5})).defaults == {number: 1}


def test_the_digest_is_of_the_registers_alone(tmp_path) -> None:
    """Neither the file's name, nor the order of its rows, nor who asks changes it."""
    one = load(tmp_path, template(VALUES))
    other = tmp_path / "other.json"
    other.write_text(template(dict(reversed(VALUES.items()))))
    two = imports.load(other, name="two")
    assert one.digest == two.digest
    assert one.raw == load(tmp_path, template(VALUES)).raw
    assert one.digest != load(tmp_path, template({**VALUES, PSCI: 0x10000})).digest


def test_a_vm_made_otherwise_is_told(tmp_path) -> None:
    """Capabilities and vCPU features of the template stand in the notes."""
    asked = {"kvm_capabilities": ["171"], "vcpu_features": [{"index": 0, "bitmap": "0b1100000"}]}
    notes = load(tmp_path, template(VALUES, **asked)).record.taken.notes
    assert any("171, 0:0b1100000" in note for note in notes)


def row(addr="0x6030000000140000", bitmap="0b" + 128 * "0") -> str:
    return json.dumps({"reg_modifiers": [{"addr": addr, "bitmap": bitmap}]})


REFUSED = {
    "x bits": (row(bitmap="0b" + 64 * "x"), "leaves bits open"),
    "one x bit": (row(bitmap="0b" + 63 * "0" + "x"), "leaves bits open"),
    "too few bits": (row(bitmap="0b101"), "leaves bits open"),
    "no bits": (row(bitmap="0b"), "is no bitmap"),
    "a digit 2": (row(bitmap="0b" + 63 * "0" + "2"), "is no bitmap"),
    "129 bits": (row(bitmap="0b" + 129 * "0"), "is no bitmap"),
    "too wide a value": (row(bitmap="0b" + 63 * "0" + "1" + 64 * "0"), "does not fit its 64 bits"),
    "a register of 512 bits": (row(addr="0x606000000015ffff"), "does not fit its 512 bits"),
    "an id of x86": (row(addr="0x2030000000000000"), "no register id of arm64 KVM"),
    "an id of 32-bit Arm": (row(addr="0x4030000000140000"), "no register id of arm64 KVM"),
    "no id": (row(addr="PSCI_VERSION"), "is no CPU template"),
    "twice": (template(VALUES).replace(f"{CCSIDR:#018x}", f"{PSCI:#018x}"), "stands in it twice"),
    "a key twice": ('{"reg_modifiers": [], "reg_modifiers": []}', "has a key twice"),
    "no registers": (template({}), "is no CPU template"),
    "cut short": (template(VALUES)[:-40], "is not JSON"),
    "an unknown key": (template(VALUES, msr_modifiers=[]), "msr_modifiers"),
    "a fingerprint of x86": (
        json.dumps({"guest_cpu_config": {"cpuid_modifiers": [], "msr_modifiers": []}}),
        "is no fingerprint of an arm64 host",
    ),
    "deep nesting": ('{"reg_modifiers":' + 100_000 * "[", "is not JSON"),
    "no Unicode": (
        json.dumps({**json.loads(template(VALUES)), "kvm_capabilities": ["\ud800"]}),
        "has text that is not Unicode",
    ),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_dump_is_refused(text, words, tmp_path) -> None:
    """With the path and the reason."""
    with pytest.raises(BadInput) as caught:
        load(tmp_path, text)
    assert caught.value.path.endswith("dump.json")
    assert words in caught.value.reason
