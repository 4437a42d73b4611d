"""guestabi.fleet.store.values: every engine reads the same number and the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.conftest import write
from fleet.fleets import WIDE, add
from guestabi import atlas
from guestabi.fleet.store import reading, values
from guestabi.uapi.regid import hex_id
from profiles import make_profile


@given(st.integers(0, (1 << 64) - 1))
def test_patterns_round_trip(value):
    """As a signed number it fits 64 bits, and comes back."""
    assert -(1 << 63) <= values.signed(value) < 1 << 63
    assert values.unsigned(values.signed(value)) == value


@pytest.mark.parametrize(
    ("value", "signed"),
    [(0, 0), ((1 << 63) - 1, (1 << 63) - 1), (1 << 63, -(1 << 63)), ((1 << 64) - 1, -1)],
)
def test_the_corners(value, signed):
    """Two's complement."""
    assert values.signed(value) == signed


@pytest.mark.parametrize("value", [-1, 1 << 64])
def test_what_is_no_pattern_is_refused(value):
    """Wider than 64 bits, or negative."""
    with pytest.raises(ValueError, match="no 64-bit pattern"):
        values.signed(value)


def test_a_stored_register_is_the_profiles(tmp_path):
    """Each register of a capture with 2048-bit ones, as the Parquet file has it: numbers up to 64
    bits, text above, neither for what moves by itself."""
    add(tmp_path, WIDE)
    profile = atlas.resolve(WIDE)
    found = reading.ask(tmp_path, lambda db: db.execute("SELECT * FROM registers").fetchall())
    wanted = {
        (
            profile.digest,
            register.id,
            hex_id(register.id),
            register.size,
            register.scope,
            register.window,
            register.volatile,
            None if register.size > 8 else values.bits(register.default, register.size),
            None if register.default is None else hex(register.default),
        )
        for register in profile.registers.values()
    }
    assert {row[:3] + row[4:] for row in found} == wanted
    wide = [row for row in found if row[4] > 8]
    assert wide
    assert all(row[8] is None and row[9] is not None for row in wide)


def test_the_top_bit_is_a_sign(tmp_path):
    """As in any engine's 64-bit integer."""
    path = write(tmp_path / "p.json", make_profile("p", {"X0": 1 << 63}))
    add(tmp_path / "fleet", path)
    sql = "SELECT default_bits, default_hex FROM registers"
    found = reading.ask(tmp_path / "fleet", lambda db: db.execute(sql).fetchall())
    assert found == [(-(1 << 63), "0x8000000000000000")]
