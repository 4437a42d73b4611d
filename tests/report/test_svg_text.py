"""guestabi.report.svg_text: an estimate of widths, and text that is made to fit."""

from __future__ import annotations

from guestabi.report import svg_text


def test_text_is_cut_and_wrapped_to_fit():
    """Nothing is wider than its room, and what is cut says so."""
    assert svg_text.fit("short", 100, 12) == "short"
    cut = svg_text.fit("a long name of a step", 60, 12)
    assert cut.endswith("…")
    assert svg_text.width(cut, 12) <= 60
    assert svg_text.fit("anything", 3, 12) == ""
    lines = svg_text.wrap("one two three four five", 60, 12, 2)
    assert len(lines) == 2
    assert all(svg_text.width(line, 12) <= 60 for line in lines)
    assert lines[1].endswith("…")
    assert svg_text.wrap("one", 60, 12, 2) == ["one"]
    assert svg_text.width("W", 10) > svg_text.width("i", 10)
    assert svg_text.width("W", 10, bold=True) > svg_text.width("W", 10)
