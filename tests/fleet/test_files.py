"""guestabi.fleet.files: a baseline comes back as it was written, or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.strategies import hosts
from guestabi.errors import BadInput, GuestAbiError
from guestabi.fleet import files
from guestabi.fleet.baseline import Baseline, baseline
from guestabi.profile import canonical
from pairs import new, old


def sealed(**changes):
    """The pair's baseline as JSON with some keys changed (None: gone), sealed anew."""
    plain = {**baseline([old(), new()], "pair").to_builtins(), **changes}
    plain = {key: value for key, value in plain.items() if value is not None and key != "digest"}
    return canonical.dumps({**plain, "digest": canonical.sha256(plain)}).encode()


@settings(max_examples=30)
@given(st.lists(hosts(), min_size=1, max_size=3))
def test_round_trip(found):
    """What is read is what was written."""
    made = baseline(found, "fleet", 3)
    if isinstance(made, Baseline):
        assert files.loads(files.to_text(made).encode()) == made


def test_save_and_load(tmp_path):
    """Through a file; where it cannot be written, nothing is left."""
    made = baseline([old(), new()])
    files.save(made, tmp_path / "b.json")
    assert files.load(tmp_path / "b.json") == made
    with pytest.raises(GuestAbiError, match="cannot write"):
        files.save(made, tmp_path / "none" / "b.json")
    assert [each.name for each in tmp_path.iterdir()] == ["b.json"]


PIN = baseline([old(), new()]).to_builtins()["pins"][0]
UNTOLD = baseline([old(), new()]).to_builtins()["unknown"][0]


def test_a_file_of_format_1_is_read_and_written_as_it_is():
    """What needs neither of the newer keys has none, so that older programs read it."""
    plain = {**baseline([old(), old()], "alone").to_builtins()}
    assert plain["guestabi-baseline"] == 1
    assert {"unknown", "allow_dead", "dead"}.isdisjoint(plain)
    assert files.loads(canonical.dumps(plain).encode()).to_builtins() == plain


@settings(max_examples=30)
@given(st.lists(hosts(), min_size=1, max_size=3))
def test_round_trip_with_dead_registers(found):
    """The newer form too: what is dead, and what is not known."""
    made = baseline(found, "fleet", 3, allow_dead=True)
    if isinstance(made, Baseline):
        assert made.to_builtins()["guestabi-baseline"] == 2
        assert files.loads(files.to_text(made).encode()) == made


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"guestabi-baseline": 3}, "has format 3, newer than this program's 2"),
        ({"guestabi-baseline": 1}, "is no valid baseline: Object contains unknown field"),
        ({"unknown": None}, "is no valid baseline: Object missing required field"),
        ({"unknown": [], "allow_dead": False}, "is not as guestabi writes a baseline"),
        ({"unknown": [{**UNTOLD, "hosts": []}]}, "is no valid baseline: Expected `array`"),
        ({"unknown": [UNTOLD, UNTOLD]}, "is not as guestabi writes a baseline"),
        ({"unknown": [{**UNTOLD, "register": "X0"}]}, "is not as guestabi writes a baseline"),
        ({"guestabi-baseline": 0}, "is no valid baseline: formats start at 1"),
        ({"guestabi-baseline": True}, "is no baseline"),
        ({"guestabi-baseline": None}, "is no baseline"),
        ({"more": 1}, "is no valid baseline: Object contains unknown field"),
        ({"pins": [{**PIN, "more": 1}]}, "is no valid baseline: Object contains unknown field"),
        ({"pins": None}, "is no valid baseline: Object missing required field"),
        ({"version": 0}, "is no valid baseline: Expected `int` >= 1"),
        ({"version": True}, "is no valid baseline: Expected `int`"),
        ({"hosts": []}, "is no valid baseline: Expected `array` of length >= 1"),
        ({"pins": [PIN, PIN]}, "is not as guestabi writes a baseline"),
        ({"pins": [{**PIN, "register": "MIDR_EL1"}]}, "is not as guestabi writes a baseline"),
        ({"pins": [{**PIN, "value": "0x010001"}]}, "is not as guestabi writes a baseline"),
        (
            {"pins": [{**PIN, "value": "0x" + "f" * 17}]},
            f"register {PIN['id']}: the value is wider",
        ),
        ({"pins": [{**PIN, "id": "0x60f0000000000000"}]}, "register 0x60f0000000000000: its id is"),
    ],
)
def test_what_is_sealed_but_wrong_is_refused(changes, reason):
    """A right digest does not make a baseline."""
    with pytest.raises(BadInput) as caught:
        files.loads(sealed(**changes), "b.json")
    assert str(caught.value).startswith(f"b.json: {reason}")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[1]", "is no JSON object"),
        (b"[" * 100000, "is not JSON"),
        (b'{"guestabi-baseline":1,"guestabi-baseline":1}', "has a key twice"),
        (sealed(name="\\").replace(b"\\\\", b"\\ud800"), "is no valid baseline"),
        (b" " * ((1 << 20) + 1), "is larger than 1 MB"),
    ],
)
def test_what_is_no_baseline_is_refused(data, reason):
    """Path and reason, whatever the bytes."""
    with pytest.raises(BadInput) as caught:
        files.loads(data, "b.json")
    assert str(caught.value).startswith(f"b.json: {reason}")


def test_every_truncation_and_every_changed_digit_is_noticed():
    """Whole or not at all."""
    text = files.to_text(baseline([old(), new()]))
    for length in range(len(text) - 2):
        with pytest.raises(BadInput):
            files.loads(text[:length].encode())
    for place, letter in enumerate(text):
        if letter.isdigit():
            with pytest.raises(BadInput):
                files.loads((text[:place] + str(9 - int(letter)) + text[place + 1 :]).encode())
    assert files.loads(json.dumps(json.loads(text), indent=4).encode())


def test_what_cannot_be_read_is_named(tmp_path):
    """A directory, and nothing."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput):
            files.load(path)
