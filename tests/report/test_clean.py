"""guestabi.report.clean: text from files cannot steer a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from guestabi.report.clean import clean, one_line


def test_escape_sequences_and_bidi_marks_become_visible():
    """Terminal escapes, line breaks and marks that turn a line around are all replaced."""
    hostile = "a\x1b[31mb\u202ec\nd\u2028e\x9bf\u200bg"
    assert clean(hostile) == "a�[31mb�c�d�e�f�g"


def test_what_people_write_stays():
    """Letters of any script, symbols and blanks are left alone."""
    said = "Größe → 中文 ✗ [red]"
    assert clean(said) == said


def test_one_line_joins_lines():
    """Line breaks and tabs become one blank."""
    assert one_line("a\n b\t\tc\x00") == "a b c�"


@given(st.text())
def test_nothing_unprintable_survives(text: str):
    """Whatever comes in, no control, format or separator character comes out; length stays."""
    out = clean(text)
    assert len(out) == len(text)
    assert not [c for c in out if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
