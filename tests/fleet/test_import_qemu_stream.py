"""Importing what analyze-migration.py makes of a migration stream. A real stream is looked at in
tests/lab/test_export.py."""

from __future__ import annotations

import json

import pytest

from guestabi import atlas
from guestabi.compat.known import POISON
from guestabi.errors import BadInput
from guestabi.fleet import imports
from guestabi.policies import load as policy
from guestabi.registers.catalogue import find
from guestabi.uapi.regid import size_of

from .dumps import stream

PSCI, TTBR0 = find("PSCI_VERSION").id, find("TTBR0_EL1").id
VALUES = {TTBR0: 0x40001000, PSCI: 0x10001}


def load(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    return imports.load(path)


def test_the_registers_of_a_real_kernel(tmp_path) -> None:
    """All that QEMU carries by the list comes back, with its value."""
    host, rules = atlas.resolve("debian-6.12/neoverse-n1"), policy("qemu-11.1")
    carried = {
        number: host.defaults[number] or 0
        for number in host.registers
        if not rules.carries_apart(number) and size_of(number) in (4, 8)
    }
    found = load(tmp_path, stream(carried))
    assert found.registers.keys() == carried.keys()
    assert len(carried) > 200
    known = {number: value for number, value in found.defaults.items() if value is not None}
    assert {n for n, value in known.items() if value != carried[n]} <= {
        find(name).id for name in ("TIMER_CTL", "PTIMER_CTL")
    }
    counters = {n for n in carried if find(hex(n)).role == "counter" and carried[n] != POISON}
    assert found.registers.keys() - known.keys() == counters
    assert any("at the time of its move" in note for note in found.record.taken.notes)


def test_the_first_vcpu_counts(tmp_path) -> None:
    """By the number of its section, as a number."""
    plain = json.loads(stream({**VALUES, TTBR0: 1}))
    plain = {"cpu (10)": json.loads(stream(VALUES))["cpu (4)"], **plain}
    assert load(tmp_path, json.dumps(plain)).defaults[TTBR0] == 1


def test_a_single_register_is_no_array(tmp_path) -> None:
    """analyze-migration.py writes an array of one as its element."""
    one = {
        "cpreg_vmstate_indexes": f"0x{PSCI:016x}",
        "cpreg_vmstate_values": "0x0000000000010001",
    }
    assert load(tmp_path, stream({PSCI: 0}, **one)).defaults == {PSCI: 0x10001}


REFUSED = {
    "an emulated guest": (stream({TTBR0: 1}), "did not run on KVM"),
    "ids of AArch32": (
        stream({0x40200000200E0205: 1, **VALUES}),
        "no register id of arm64 KVM",
    ),
    "a value too many": (
        stream(VALUES, cpreg_vmstate_values=3 * ["0x0000000000000000"]),
        "is torn: 2 ids and 3 values",
    ),
    "a wrong length": (stream(VALUES, cpreg_vmstate_array_len="0x00000003"), "is torn"),
    "twice": (
        stream(VALUES, cpreg_vmstate_indexes=2 * [f"0x{PSCI:016x}"]),
        "has a register twice",
    ),
    "bytes": (stream(VALUES, cpreg_vmstate_values="00 00 01"), "is no array of hexadecimal"),
    "numbers": (stream(VALUES, cpreg_vmstate_values=[1, 2]), "is no array of hexadecimal"),
    "a wide value": (
        stream({find("CCSIDR_0").id: 1 << 32, **VALUES}),
        "the value is wider than the register",
    ),
    "another architecture": ('{"cpu (4)": {"env.eip": "0x0"}}', "has no registers of an Arm vCPU"),
    "no vCPU": ('{"ram (1)": {}}', "is no dump that guestabi knows"),
    "cut short": (stream(VALUES)[:-30], "is not JSON"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_whole_stream_is_refused(text, words, tmp_path) -> None:
    """With the path and the reason."""
    with pytest.raises(BadInput) as caught:
        load(tmp_path, text)
    assert words in caught.value.reason
