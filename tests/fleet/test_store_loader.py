"""guestabi.fleet.store.loader: the same answer as profile.files, for good files and bad ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestabi import atlas
from guestabi.errors import BadInput
from guestabi.fleet.store.loader import Loader
from guestabi.profile import canonical, files
from profiles import make_bytes, make_plain

ROWS = {"X0": 0, "PSCI_VERSION": {"default": 0x10001, "patterns": [{"value": 0x10003}]}, "X1": 5}
GOOD = make_bytes("good", ROWS)


def outcome(loads, data):
    """The profile, or the words of its refusal."""
    try:
        profile = loads(data, "p.json")
    except BadInput as error:
        return str(error), error.hint
    return (profile.name, profile.digest, profile.record, profile.registers, profile.raw)


def taught():
    """A loader that knows every row of GOOD."""
    loader = Loader()
    loader.loads(GOOD)
    return loader


def test_every_capture_comes_back_the_same():
    """In any order of reading: first sight or second."""
    loader = Loader()
    data = [atlas.find(name).path.read_bytes() for name in atlas.names()[::6]]
    for each in (*data, *data):
        assert outcome(loader.loads, each) == outcome(files.loads, each)


def test_what_is_known_is_not_read_again(monkeypatch):
    """The point of it: files.loads is asked once, and what comes of it is shared."""
    loader = taught()
    monkeypatch.setattr(files, "loads", None)
    one, two = (loader.loads(make_bytes(name, ROWS)) for name in ("one", "two"))
    assert [one.name, two.name] == ["one", "two"]
    assert all(one.registers[number] is two.registers[number] for number in one.registers)


def resealed(**changes):
    """GOOD with other keys, sealed: a file that is wrong in itself, with right digests."""
    return canonical.to_text(canonical.seal({**make_plain("good", ROWS), **changes})).encode()


PLAIN = make_plain("good", ROWS)["registers"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"registers":[]}',
        GOOD[:-3],
        GOOD.replace(b'"schema":1', b'"schema":2'),
        GOOD.replace(b'"schema":1', b'"schema":1.5'),
        GOOD.replace(b'"name":"good"', b'"name":"else"'),
        GOOD.replace(b'"name":"good"', b'"name":"\\ud800"'),
        GOOD.replace(b'"target":5', b'"target":6'),
        GOOD.replace(b"0x10003", b"0x10004"),
        GOOD + b" ",
        GOOD + b"x",
        json.dumps(json.loads(GOOD)).encode(),
        resealed(registers=PLAIN[::-1]),
        resealed(registers=[*PLAIN, PLAIN[-1]]),
        resealed(registers=PLAIN[:2]),
        resealed(registers=[]),
        resealed(more=1),
        resealed(schema=2),
        resealed(guest={"MIDR_EL1": "0x1"}),
        resealed(guest=None),
        resealed(guest=5),
        resealed(name="x" * 1001),
        GOOD.replace(b'{\n "', b'{"name":"twice",\n "', 1),
        GOOD.replace(b'"registers"', b'"registers":[],"registers"'),
        b" " * (8 << 20) + GOOD,
    ],
)
def test_what_is_odd_is_left_to_the_other_reader(data):
    """Refused with the same words, or read with the same result."""
    assert outcome(taught().loads, data) == outcome(files.loads, data)


@settings(max_examples=200)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_changed_byte_changes_nothing_between_them(place, byte):
    """Any byte, to any value."""
    data = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    assert outcome(taught().loads, data) == outcome(files.loads, data)


def test_its_memory_has_an_end(monkeypatch):
    """Beyond a number of rows it goes on without learning."""
    from guestabi.fleet.store import loader

    monkeypatch.setattr(loader, "MOST", 1)
    small = loader.Loader()
    for _ in range(2):
        assert outcome(small.loads, GOOD) == outcome(files.loads, GOOD)
    assert len(small._rows) == 1


def test_files_are_opened_as_carefully(tmp_path):
    """A directory, nothing, a file that is too large."""
    (tmp_path / "large").write_bytes(b" " * (files.MAX_BYTES + 1))
    for name in ("", "none", "large"):
        with pytest.raises(BadInput) as mine:
            Loader().load(tmp_path / name)
        with pytest.raises(BadInput) as others:
            files.load(tmp_path / name)
        assert str(mine.value) == str(others.value)
