"""guestabi.report.values: values and accepted ranges in words."""

from __future__ import annotations

from guestabi.registers.catalogue import find
from guestabi.report.values import accepted, hexed, meaning, spans
from profiles import make_profile

PFR0 = "ID_AA64PFR0_EL1"


def _register(name: str, **keys: object):
    return make_profile("x", {name: {"default": 0x12, **keys}}).registers[find(name).id]


def test_hexed_cuts_long_values_in_the_middle():
    """A vector register does not fill the screen."""
    assert hexed(0x2A) == "0x2a"
    assert hexed(None) == "–"
    assert hexed(1 << 2047) == "0x8000000000000000…00000000"


def test_spans():
    """Ranges of one value are written as that value."""
    assert spans([(0, 2), (15, 15)]) == "0-2, 15"


def test_a_measured_field_says_its_ranges():
    """The ranges are the profile's own."""
    row = _register(PFR0, fields=[{"low": 0, "width": 4, "accepts": [[1, 2]]}])
    assert accepted(row, 0, 4) == "1-2"


def test_a_field_that_takes_only_its_default_is_fixed():
    """Both the measured and the unlisted kind."""
    row = _register(PFR0, fields=[{"low": 0, "width": 4, "accepts": [[2, 2]]}])
    assert accepted(row, 0, 4) == "fixed"
    assert accepted(row, 4, 4) == "fixed"


def test_a_field_too_wide_to_try_whole_says_so():
    """Values that were tried are not sold as all values."""
    field = {"low": 0, "width": 16, "accepts": [[0, 1], [18, 18]], "complete": False}
    assert accepted(_register(PFR0, fields=[field]), 0, 16) == "every value tried"
    refused = {**field, "refuses": [[9, 9]]}
    assert accepted(_register(PFR0, fields=[refused]), 0, 16) == "0-1, 18 of the values tried"


def test_fields_inside_a_number_that_was_tried_as_one():
    """PSCI is tried as one 32-bit number: its minor version is what goes with the default major."""
    number = {
        "low": 0,
        "width": 32,
        "accepts": [[2, 2], [0x10000, 0x10001]],
        "refuses": [[1, 1], [0x10002, 0x10004]],
        "complete": False,
    }
    row = _register("PSCI_VERSION", default=0x10001, fields=[number])
    assert accepted(row, 0, 16) == "0-1 of the values tried"
    assert accepted(row, 16, 15) == "1 of the values tried"
    assert accepted(row, 32, 4) == "fixed"


def test_a_field_measured_in_pieces_is_not_called_fixed():
    """Where the measured pieces are smaller than the field, nothing is claimed."""
    row = _register(PFR0, fields=[{"low": 0, "width": 2, "accepts": [[0, 3]]}])
    assert accepted(row, 0, 4) == "in part"


def test_unmeasured_is_said():
    """Unknown is never shown as fixed."""
    assert accepted(_register(PFR0), 0, 4) == "not measured"
    assert accepted(_register(PFR0, default=None, fields=[]), 0, 4) == "not measured"


def test_bitmap_patterns_compose():
    """A bit seen as 0 and as 1 in accepted patterns is free."""
    row = _register("STD_BMAP", default=1, patterns=[{"value": 0}, {"value": 1}])
    assert accepted(row, 0, 1) == "0-1"


def test_wide_fields_list_what_was_tried():
    """PSCI minor versions: those that were accepted, not those that were refused."""
    tried = [{"value": 0x10001}, {"value": 0x10003}, {"value": 0x10004, "errno": "EINVAL"}]
    row = _register("PSCI_VERSION", default=0x10003, patterns=tried)
    assert accepted(row, 0, 16) == "1, 3 of the values tried"


def test_meaning_comes_from_the_catalogue():
    """Known fields say what they mean; unknown ids and missing values say nothing."""
    number = find(PFR0).id
    assert meaning(number, 0, 4, 1) == "AArch64"
    assert meaning(number, 0, 4, None) == ""
    assert meaning(0x603000000013C01B, 0, 4, 1) == ""
