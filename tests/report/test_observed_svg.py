"""guestabi.report.observed_svg: observed moves beside their predictions, as a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from guestabi.report import observed_svg
from guestabi.report.observed import OBSERVED
from guestabi.report.verdicts import VERDICTS
from report.test_observed_text import KERNELS, compared, seeded

SVG = "{http://www.w3.org/2000/svg}"


def _cells(found: dict[str, Any]) -> dict[str, tuple[str, list[str], bool]]:
    """Way -> what its tooltip says, the symbols drawn, whether it is framed."""
    cells = {}
    for group in ET.fromstring(observed_svg.render(found)).iter(f"{SVG}g"):
        title = group.find(f"{SVG}title")
        if title is not None:
            way, _, said = (title.text or "").partition("\n")
            drawn = [(use.get("href") or "").removeprefix("#ga-s-") for use in _uses(group)]
            framed = [r for r in group.iter(f"{SVG}rect") if r.get("class") == "ga-frame"]
            cells[way] = (said, drawn, bool(framed))
    return cells


def _uses(group: ET.Element) -> list[ET.Element]:
    return list(group.iter(f"{SVG}use"))


def _shown(found: dict[str, Any]) -> str:
    texts = ET.fromstring(observed_svg.render(found)).iter(f"{SVG}text")
    return "\n".join("".join(text.itertext()) for text in texts)


def test_a_cell_a_move_with_what_was_predicted_and_seen():
    """Two symbols and a tooltip a cell; where all went as predicted nothing is framed."""
    cells = _cells(compared())
    assert len(cells) == 9
    assert cells["5.10.1 → 5.10.1"] == (
        "predicted same, observed loaded",
        ["same", "loaded"],
        False,
    )
    assert cells["5.10.1 → 6.1.2"] == (
        (
            "predicted changed, observed loaded with 2 changed answers\n"
            "PMCR_EL0: 0x41 → 0x0\nTRNG_VERSION: not supported → 0x10000"
        ),
        ["changed", "changed"],
        False,
    )
    assert cells["6.1.2 → 6.12.3"] == (
        "predicted changed, observed loaded with 1 changed answer\nPMCR_EL0: 0x41 → 0x0 (vCPU 1)",
        ["changed", "changed"],
        False,
    )
    assert cells["6.1.2 → 5.10.1"] == (
        "predicted refused, observed refused\nfailed to load cpu",
        ["refused", "refused"],
        False,
    )
    assert not any(framed for _, _, framed in cells.values())


def test_a_disagreement_is_seen():
    """Canary: the moves that went otherwise, and no others, are framed, with ≠ between."""
    cells = _cells(seeded())
    assert {way: cell for way, cell in cells.items() if cell[2]} == {
        "6.1.2 → 5.10.1": (
            "predicted refused, observed loaded",
            ["refused", "loaded", "unequal"],
            True,
        ),
        "5.10.1 → 6.12.3": (
            (
                "predicted changed, observed loaded with 1 changed answer\n"
                "predicted and not seen: TRNG_VERSION\nPMCR_EL0: 0x41 → 0x0"
            ),
            ["changed", "changed", "unequal"],
            True,
        ),
    }
    shown = _shown(seeded())
    for said in ("9 moves observed, 7 as predicted, 2 not", "7 as predicted", "2 not as predicted"):
        assert said in shown


def test_headline_legend_and_caption():
    """The picture counts what was predicted and what was seen, and says what the CPUs are."""
    shown = _shown(compared())
    for said in (
        "9 moves observed, 9 as predicted",
        "moved to the column · qemu-10.0 · max · debian",
        *("3 same", "1 benign", "3 changed", "2 refused", "4 loaded"),
        *("9 as predicted", "0 not as predicted", "an emulator's models"),
    ):
        assert said in shown
    for absent in ("unknown", "silent", "not moved"):
        assert absent not in shown


def test_pairs_that_are_missing_or_without_a_prediction():
    """Neither is drawn as a move that went as predicted."""
    found = compared()
    found["moves"][1].update(predicted="unknown", agrees=None)
    del found["moves"][3]
    cells = _cells(found)
    assert cells["6.1.2 → 5.10.1: not moved"] == ("", [], False)
    assert cells["5.10.1 → 6.1.2"][1] == ["unknown", "changed"]
    shown = _shown(found)
    assert "8 moves observed, 7 as predicted, 1 without a prediction" in shown
    assert "1 not moved" in shown


def test_everything_that_can_be_said_has_a_symbol():
    """Colour never stands alone: what a cell refers to is drawn, each kind in both schemes."""
    text = observed_svg.render(compared())
    drawn = {path.get("id") for path in ET.fromstring(text).iter(f"{SVG}path")}
    assert drawn == {f"ga-s-{name}" for name in {*VERDICTS, *OBSERVED, "unequal"}}
    style = text[text.index("<style>") : text.index("</style>")]
    for name in {*VERDICTS, *OBSERVED}:
        assert style.count(f".ga-{name} rect") == 2


def test_hostile_text_is_text():
    """A file's words cannot open an element, close an attribute or turn a line around."""
    found = seeded()
    found["kernels"] = ['<script>alert("1")</script>', "a\u202e'&", "b\x00"]
    found["moves"][1]["changes"][0] = {**found["moves"][1]["changes"][0], "name": "<b>\x1b"}
    found["moves"][6]["reasons"] = ["</title><script>"]
    text = observed_svg.render(found)
    root = ET.fromstring(text)
    drawn = "svg title desc style defs path rect text tspan g use circle"
    assert {element.tag for element in root.iter()} <= {f"{SVG}{tag}" for tag in drawn.split(" ")}
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert "\u202e" not in text


def test_nothing_is_fetched_from_outside():
    """No script, no outside font, image or style sheet: fit for any page."""
    text = observed_svg.render(seeded()).replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "url(", "@import", "<script", "<image", "data:"):
        assert word not in text


def test_many_kernels_still_fit():
    """The page grows; every cell lies inside it."""
    found = compared()
    found["kernels"] = [*KERNELS, *(f"debian-7.{number}.{'9' * 20}/max" for number in range(50))]
    root = ET.fromstring(observed_svg.render(found))
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.get("x") or 0) + float(rect.get("width") or 0) <= width
        assert float(rect.get("y") or 0) + float(rect.get("height") or 0) <= height
