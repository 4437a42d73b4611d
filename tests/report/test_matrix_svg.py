"""guestabi.report.matrix_svg: the picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from guestabi.report import matrix_svg
from guestabi.report.grid import Grid
from guestabi.report.svg_style import CSS, SYMBOLS
from guestabi.report.verdicts import VERDICTS
from report.test_grid import GRID

SVG = "{http://www.w3.org/2000/svg}"
REASONS = (
    ((), ("X appears", "Y <b>&\x1b"), ("b",)),
    (("c",), (), ("d",)),
    (("e",), ("f",), ()),
)


def _cells(text: str) -> list[tuple[str, str]]:
    root = ET.fromstring(text)
    groups = [g for g in root.iter(f"{SVG}g") if g.find(f"{SVG}title") is not None]
    return [(g.get("class") or "", g.find(f"{SVG}title").text or "") for g in groups]  # type: ignore[union-attr]


def test_a_cell_a_pair_with_verdict_and_reasons():
    """Class by verdict, tooltip with both hosts, the verdict and its reasons, escaped."""
    cells = _cells(matrix_svg.render(replace(GRID, reasons=REASONS)))
    assert len(cells) == 9
    assert cells[0] == ("ga-cell ga-here", "5.10.1 → 5.10.1: same")
    assert cells[1] == ("ga-cell ga-changed", "5.10.1 → 6.1.2: changed\nX appears\nY <b>&�")
    assert cells[3] == ("ga-cell ga-refused", "6.1.2 → 5.10.1: refused\nc")


def test_headline_legend_and_caption():
    """The picture counts, explains every verdict that occurs, and says what the CPUs are."""
    text = matrix_svg.render(GRID)
    assert "3 of 6 moves are refused: 3 of 3 rollbacks, 0 of 3 upgrades" in text
    shown = "".join(ET.fromstring(text).itertext())
    for said in ("3 refused", "1 benign", "1 changed", "1 unknown", "an emulator's models"):
        assert said in shown
    assert "0 same" not in shown
    assert "an emulator" not in matrix_svg.render(replace(GRID, emulated=False))


def test_hostile_names_are_text():
    """A name cannot open an element, close an attribute or smuggle a control character."""
    names = ('<script>alert("1")</script>', "a\u202e'&", "b\x00")
    text = matrix_svg.render(replace(GRID, names=names))
    root = ET.fromstring(text)
    drawn = "svg title desc style defs path rect text tspan g use circle"
    assert {element.tag for element in root.iter()} <= {f"{SVG}{tag}" for tag in drawn.split(" ")}
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert "\u202e" not in text


def test_nothing_is_fetched_from_outside():
    """No script, no outside font, image or style sheet: fit for any page."""
    text = matrix_svg.render(GRID).replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "url(", "@import", "<script", "<image", "data:"):
        assert word not in text


def test_every_verdict_has_symbol_and_both_schemes():
    """Colour never stands alone, and dark readers are served."""
    assert set(SYMBOLS) == set(VERDICTS)
    light, dark = CSS.split("@media (prefers-color-scheme:dark)")
    for verdict in VERDICTS:
        assert f".ga-{verdict} rect" in light
        assert f".ga-{verdict} rect" in dark


def test_long_names_are_cut_and_many_hosts_still_fit():
    """Labels turn and the page grows; every cell lies inside it."""
    names = tuple(f"host-{'x' * 60}-{number}" for number in range(50))
    grid = Grid("v", "forward", names, names, (("refused",) * 50,) * 50)
    root = ET.fromstring(matrix_svg.render(grid))
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.get("x") or 0) + float(rect.get("width") or 0) <= width
        assert float(rect.get("y") or 0) + float(rect.get("height") or 0) <= height
