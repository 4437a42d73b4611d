"""guestabi.report.plan_svg: a rollout plan as a picture: lanes, steps, names, what fits."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from guestabi.cli import planfile
from guestabi.fleet.plan import resolve, written
from guestabi.fleet.plan.found import Event, Explored, Failure
from guestabi.fleet.plan.search import explore
from guestabi.report import plan_svg
from guestabi.report.plan_svg_layout import LANES
from guestabi.report.plan_svg_style import PALE, STRONG, SYMBOLS
from guestabi.report.svg_grid import WIDTH
from report.plan_pictures import (
    BROKEN,
    HOSTILE,
    HOSTILE_GROUPS,
    HOSTILE_STEPS,
    KINDS,
    PICTURES,
    REPAIRED,
    SVG,
    _root,
    at,
    blank,
    boxes,
    classed,
    drawn,
    ends,
    every_picture,
    fifty,
    plan,
    shown,
    sixty,
    tips,
)


@every_picture
def test_no_text_leaves_the_page_or_lies_over_another(name: str):
    """By an estimate that takes letters for wide ones."""
    root = ET.fromstring(PICTURES[name]())
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    texts = list(boxes(root))
    assert len(texts) > 10
    for box in texts:
        assert box.left >= 0, box
        assert box.right <= width, box
        assert box.top >= 0, box
        assert box.foot <= height, box
    texts.sort(key=lambda box: box.top)
    for number, one in enumerate(texts):
        for two in texts[number + 1 :]:
            if two.top >= one.foot:
                break
            assert one.right <= two.left or two.right <= one.left, (one, two)


@every_picture
def test_everything_drawn_is_on_the_page(name: str):
    """Lanes, bands and marks lie inside the view."""
    root = ET.fromstring(PICTURES[name]())
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    assert width >= WIDTH
    for rect in root.iter(f"{SVG}rect"):
        assert float(rect.get("x") or 0) + float(rect.get("width") or 0) <= width
        assert float(rect.get("y") or 0) + float(rect.get("height") or 0) <= height


@pytest.mark.parametrize("text", [BROKEN, KINDS, HOSTILE], ids=["broken", "kinds", "hostile"])
def test_the_same_plan_is_the_same_picture(text: str):
    """Nothing is drawn in an order that changes."""
    fresh = resolve.resolve(written.parse(text.encode(), "p.toml"), "p.toml", planfile.sources("p"))
    assert plan_svg.render(fresh, explore(fresh)) == drawn(text)


def test_hostile_names_are_text():
    """A name cannot open an element, close an attribute or smuggle a control character; cut or
    not, all of it is in a tooltip."""
    text = drawn(HOSTILE)
    root = ET.fromstring(text)
    tags = "svg title desc style defs pattern path rect text tspan g use circle"
    assert {element.tag for element in root.iter()} <= {f"{SVG}{tag}" for tag in tags.split()}
    assert not [char for char in text if ord(char) < 32 and char != "\n"]
    assert not {"\u202e", "\u2028"} & {*text}
    said = "\n".join(tips(text))
    for name in (*HOSTILE_GROUPS, *HOSTILE_STEPS):
        assert name.strip().replace("\u202e", "\ufffd").replace("\u2028", "\ufffd") in said
    assert "&lt;b&gt;group&amp;&quot;&#x27;&lt;/b&gt;" in text


def test_every_step_and_group_is_named():
    """In the head of its column, in front of its lane."""
    words = shown(drawn(KINDS))
    for number, each in enumerate(plan(KINDS).steps, start=1):
        assert each.name in words
        assert str(number) in words
    for each in plan(KINDS).groups:
        assert each.name in words
    assert {"20 hosts", "1,200 guests"} <= {*words}
    said = " ".join(words)
    for does in (
        "VMM → qemu-11.1",
        "pin PSCI_VERSION=0x10001",
        "drain",
        "who is stuck is rebooted",
        "moves: within groups",
        "moves: canary → web, web → canary",
        "births: anywhere",
        "commit: no way back",
        "unpin PSCI_VERSION",
        "reboot guests",
    ):
        assert does in said
    assert "moved anywhere, boot canary, web" in said


def test_a_commit_closes_the_way_back():
    """The way back is in two pieces, and a bar stands across the lanes."""
    ways = len(classed(ET.fromstring(drawn(KINDS)), "ga-p-way"))
    assert ways == 3
    assert len(classed(ET.fromstring(drawn(REPAIRED)), "ga-p-way")) == 2
    assert len(classed(ET.fromstring(drawn(KINDS)), "ga-p-bar")) == 2
    assert not classed(ET.fromstring(drawn(REPAIRED)), "ga-p-bar")


def test_what_is_drained_is_hatched():
    """One stretch, from the step that drains to the one that opens; none where none is."""
    root = ET.fromstring(drawn(KINDS))
    bands = [float(each.get("x") or 0) for each in classed(root, "ga-p-band")]
    (stretch, _key) = classed(root, "ga-p-shut")
    left, wide = float(stretch.get("x") or 0), float(stretch.get("width") or 0)
    assert left == bands[2]
    assert left + wide == pytest.approx(bands[6], abs=0.2)
    assert not classed(ET.fromstring(drawn(BROKEN)), "ga-p-shut")


def test_where_guests_boot_and_what_they_have():
    """A mark a lane and a time, both kinds of hosts in the middle; pins while they are in force."""
    signs = [
        each.get("href")
        for each in ET.fromstring(drawn(BROKEN)).iter(f"{SVG}use")
        if each.get("class") == "ga-p-sign"
    ]
    # Two lanes at three times, a middle of two kinds each, and the legend.
    assert signs == ["#ga-s-boot"] * (2 * 3 + 2 * 2 + 1)
    born = [text for text in tips(drawn(KINDS)) if text.startswith("guests are born with")]
    assert born == ["guests are born with PSCI_VERSION=0x10001"] * 3
    held = [float((p.get("d") or "").split("H")[1]) for p in classed(_root(KINDS), "ga-p-held")]
    assert held[0] < held[1] == held[2]


def test_groups_that_are_alike_are_one_lane():
    """Sixty groups in three lanes, each with all its names in a tooltip."""
    words = shown(blank(sixty()))
    assert [word for word in words if word.endswith(" groups")] == [
        *("10 groups", "10 groups", "40 groups"),
    ]
    assert "rack-00 and 9 more" in words
    assert "80 hosts" in words
    assert any("rack-10, rack-11, rack-12" in tip for tip in tips(blank(sixty())))


def test_too_many_lanes_are_cut_but_for_those_of_a_story():
    """A line says how many are missing; a story is never drawn over a lane that is not there."""
    assert f"{50 - LANES} more lanes are not drawn" in shown(blank(fifty()))
    the = plan(fifty())
    last = at(the, "g49", 0)
    failure = Failure("leaves", True, "stuck", (Event("boot", -1, last),), last, "stay", 0)
    text = plan_svg.render(the, Explored([failure]))
    assert "g49" in shown(text)
    assert "g38" in shown(text)
    assert "g39" not in shown(text)
    assert ends(text) == ["refused"]


def test_nothing_is_fetched_from_outside():
    """No script, no outside font, image or style sheet: fit for any page."""
    text = drawn(KINDS).replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "@import", "<script", "<image", "data:", "url(h"):
        assert word not in text
    assert text.replace("url(#ga-p-hatch)", "").count("url(") == 0


def test_both_schemes():
    """Every colour of a lane and of a story is there for light and for dark readers."""
    style = drawn(BROKEN).split("<style>")[1].split("</style>")[0]
    light, dark = style.rsplit("@media (prefers-color-scheme:dark)", 1)
    for number, pair in enumerate((*PALE, *STRONG)):
        assert pair[0] in light, number
        assert pair[1] in dark, number
    assert {"refused", "changed", "unknown", "benign"} <= {*SYMBOLS}
