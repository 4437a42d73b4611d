"""A snapshot is read whole or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestabi.errors import BadInput, UsageError
from guestabi.kvm import snapshot as files
from guestabi.kvm.snapshot import Snapshot

IDS = st.sampled_from(
    [0x6030000000140000, 0x6030000000160001, 0x603000000013C020, 0x6020000000110000]
    + [0x6030000000100000 + 2 * n for n in range(8)]
    + [0x6080000000150000, 0x606000000015FFFF]
)
VALUES = st.dictionaries(IDS, st.integers(0, 2**32 - 1), max_size=8).map(
    lambda found: {id: v.to_bytes(1 << (id >> 52 & 15), "little") for id, v in found.items()}
)


@st.composite
def snapshots(draw) -> Snapshot:
    vm = draw(VALUES)
    own = draw(st.lists(VALUES, min_size=1, max_size=3))
    vcpus = tuple({id: v for id, v in each.items() if id not in vm} for each in own)
    return Snapshot(tuple(sorted(draw(st.sets(st.sampled_from(["sve", "pmu-v3"]))))), vm, vcpus)


SMALL = Snapshot(
    ("pmu-v3",),
    {0x6030000000160001: bytes(8)},
    ({0x6030000000100000: bytes(8)}, {0x6030000000100000: b"\x01" + bytes(7)}),
)


@given(snapshots())
def test_round_trip(snapshot):
    """Reading what was written gives it back."""
    assert files.read(snapshot.to_bytes()) == snapshot


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_flat_round_trip(vcpus):
    """So does the flat form."""
    assert files.read_flat(files.write_flat(vcpus)) == tuple(vcpus)


def test_every_bit_flip_is_refused():
    """No single bit of a file can change unnoticed."""
    data = SMALL.to_bytes()
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(BadInput):
            files.read(bytes(changed))


def test_every_truncation_is_refused():
    """A file that was cut short anywhere, and one with something after it."""
    data = SMALL.to_bytes()
    for length in range(len(data)):
        with pytest.raises(BadInput):
            files.read(data[:length])
    with pytest.raises(BadInput):
        files.read(data + b"\n")


def resealed(**changes) -> bytes:
    """SMALL with other content and an honest digest."""
    plain = json.loads(SMALL.to_bytes())
    plain.update(changes)
    plain.pop("digest")
    return files._text({**plain, "digest": files._digest(plain)})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"guestabi-snapshot": 2}, "version 2"),
        ({"guestabi-snapshot": True}, "version"),
        ({"guestabi-snapshot": 0}, "version"),
        ({"architecture": "riscv"}, "architecture 'riscv'"),
        ({"more": 1}, "other parts"),
        ({"features": "sve"}, "features"),
        ({"state": []}, "state"),
        ({"state": {"vm": {}, "vcpu": []}}, "vCPUs"),
        ({"state": {"vm": {}, "vcpu": [[]]}}, "registers"),
        ({"state": {"vm": {"0x1": "0x0"}, "vcpu": [{}]}}, "id that is none"),
        ({"state": {"vm": {"0x2030000000100000": "0x0"}, "vcpu": [{}]}}, "another architecture"),
        ({"state": {"vm": {"0x6030000000100000": "0x00"}, "vcpu": [{}]}}, "value that is none"),
        ({"state": {"vm": {"0x6020000000110000": "0x100000000"}, "vcpu": [{}]}}, "does not fit"),
        ({"state": {"vm": {"0x60f0000000100000": "0x0"}, "vcpu": [{}]}}, "does not fit"),
        (
            {
                "state": {
                    "vm": {"0x6030000000100000": "0x0"},
                    "vcpu": [{"0x6030000000100000": "0x0"}],
                }
            },
            "both",
        ),
    ],
)
def test_what_is_refused_says_why(changes, reason):
    """A newer version, another architecture, a shape that is none: each with its reason."""
    with pytest.raises(BadInput, match=reason):
        files.read(resealed(**changes), "guest.snapshot")


def test_size_is_bounded():
    """A file of any size is not read into memory as JSON."""
    with pytest.raises(BadInput, match="64 MiB"):
        files.read(b" " * (files.MAX_BYTES + 1))


def test_an_unaware_reader_refuses_a_snapshot():
    """It expects a list of vCPUs; it does not find one, and drops nothing silently."""
    with pytest.raises(BadInput, match="no flat register stream"):
        files.read_flat(SMALL.to_bytes())


def test_a_flat_stream_is_no_snapshot():
    """The other way round, with the way out."""
    with pytest.raises(BadInput) as caught:
        files.read(files.write_flat([{0x6030000000100000: bytes(8)}]))
    assert "read_flat" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "vCPUs"),
        (b"[{}]", "pairs"),
        (b'[[["0x6030000000100000"]]]', "pairs"),
        (b'[[["0x6030000000100000","0x0"],["0x6030000000100000","0x1"]]]', "twice"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff", "no JSON"),
    ],
)
def test_bad_flat_streams(data, reason):
    """Hostile ones too."""
    with pytest.raises(BadInput, match=reason):
        files.read_flat(data)


def test_adopt_wants_one_value_for_the_vm():
    """vCPUs that do not agree on what is the VM's were not saved from one VM."""
    id = 0x6030000000160001
    adopted = files.adopt([{id: bytes(8)}, {id: bytes(8)}], [id], ["pmu-v3"])
    assert adopted == Snapshot(("pmu-v3",), {id: bytes(8)}, ({}, {}))
    with pytest.raises(UsageError, match="STD_HYP_BMAP"):
        files.adopt([{id: bytes(8)}, {id: b"\x01" + bytes(7)}], [id], [])
    with pytest.raises(UsageError):
        files.adopt([], [id], [])
