"""guestabi.report.plan_svg: the stories in which guests break, drawn and in words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Optional

import pytest

from guestabi.fleet.plan.found import Explored
from guestabi.report import plan_svg
from guestabi.report.plan_svg_story import harm, stories, told
from report.plan_pictures import (
    BROKEN,
    KINDS,
    REPAIRED,
    SVG,
    all_ends,
    classed,
    drawn,
    ends,
    every_end,
    found,
    plan,
    shown,
    tips,
)


def test_a_mark_a_failure():
    """Each story ends in one mark over the lanes, with a label beside it and a line below."""
    failures = found(BROKEN).failures
    assert [harm(each) for each in failures] == [
        "cannot leave: step 2 cannot be finished",
        "cannot leave: step 1 cannot be undone",
    ]
    assert ends(drawn(BROKEN)) == ["refused", "refused"]
    labels = [text for text in shown(drawn(BROKEN)) if text[:8] in ("1 cannot", "2 cannot")]
    assert sorted(labels) == [f"{n} {harm(each)}" for n, each in enumerate(failures, start=1)]
    lines = [text for text in shown(drawn(BROKEN)) if text.startswith("cannot leave")]
    assert [line.split("  ")[1] for line in lines] == [
        "boots on rest (6.12.117), step 1 done, step 2 begins",
        "step 1 begins, boots on canary (6.16.12)",
    ]


def test_what_is_in_the_way_is_marked_on_the_way():
    """The step that cannot be finished is marked on the way forward, the other on the way back."""
    marks = classed(ET.fromstring(drawn(BROKEN)), "ga-p-stop")
    assert len(marks) == 2
    assert not classed(ET.fromstring(drawn(REPAIRED)), "ga-p-stop")
    assert len(classed(ET.fromstring(all_ends()), "ga-p-stop")) == 2


def test_canary_a_proved_plan_has_no_cross():
    """No failure, no mark, whatever else is drawn; and it says so, with the number of states."""
    root = ET.fromstring(drawn(REPAIRED))
    assert found(REPAIRED).verdict == "proved"
    assert ends(drawn(REPAIRED)) == []
    assert not classed(root, "ga-p-story")
    for mark in ("refused", "changed", "unknown"):
        assert f"#ga-s-{mark}" not in drawn(REPAIRED)
        assert f'id="ga-s-{mark}"' not in drawn(REPAIRED)
    assert "proved" in shown(drawn(REPAIRED))
    assert shown(drawn(REPAIRED))[0] == "repaired: every step can be undone, and no guest is lost"
    assert any(
        text.startswith(f"{found(REPAIRED).states} states") for text in shown(drawn(REPAIRED))
    )
    assert "proved  every step can be undone" in shown(drawn(REPAIRED))
    assert "proved  every step can be undone" not in shown(drawn(BROKEN))


def test_every_kind_of_end_has_its_mark():
    """A cross for what is certain, a wave for a guest that changes, ? for what nobody knows."""
    order = ["changed", "refused", "unknown", "refused", "unknown", "unknown", "refused"]
    assert ends(all_ends()) == order
    assert [each.mark for each in stories(plan(KINDS), list(every_end()))] == order
    assert [harm(each) for each in every_end()] == [
        "the move changes the guest",
        "cannot leave: step 1 cannot be finished",
        "may be unable to leave: step 4 cannot be undone",
        "cannot start",
        "may be unable to start",
        "the move may change the guest",
        "cannot leave its host",
    ]
    root = ET.fromstring(all_ends())
    assert [each.get("class") for each in classed(root, "ga-p-story")] == [
        f"ga-p-story ga-f{number}" for number in range(7)
    ]


def test_stories_in_words():
    """Steps that were taken are told together; what was begun and is done was done."""
    the = plan(KINDS)
    said = [
        told(each, lambda config: config.profile.kernel.split("+")[0], short=True)
        for each in stories(the, list(every_end()))
    ]
    assert said[0] == (
        "is on web (6.12.117), step 1 begins, moves to canary (6.12.117), "
        "moves to another host like it, steps 1 to 2 done, moves to web (6.12.117)"
    )
    assert said[2] == (
        "steps 1 to 3 done, step 4 begins, boots on canary (6.12.117), is rebooted on canary "
        "(6.16.12), step 4 done, step 4 begins to be undone"
    )
    assert said[3] == "steps 1 to 11 done, boots on web (6.12.117), is rebooted"
    assert said[4] == "steps 1 to 2 done, boots on edge (6.16.12)"
    assert said[5].endswith("steps 3 to 2 undone, step 2 done, moves to another host like it")


def test_stories_in_time():
    """A story goes on, and back, as the rollout does; the harm is done where that stands."""
    told_ = stories(plan(KINDS), list(every_end()))
    columns = [[point.column for point in each.points] for each in told_]
    assert columns == [
        [0, 1, 1, 1, 2, 4, 4],
        [0, 0, 1, 1, 1, 0, 0, 0, 1, 1],
        [7, 7, 8, 7, 7],
        [22, 23],
        [4],
        [2, 4, 5, 6, 5, 4, 2, 4, 4],
        [0, 0],
    ]
    assert [point.what for point in told_[1].points] == [
        *("boot", "move", "pass", "move", "move", "pass", "move", "move", "pass", "end"),
    ]


def test_a_story_stays_on_its_lanes_and_in_its_time():
    """Every event lies in the lane and in the step that it is of."""
    text = all_ends()
    root = ET.fromstring(text)
    bands = classed(root, "ga-p-band")
    starts = [float(band.get("x") or 0) for band in bands]
    ends_ = [float(b.get("x") or 0) + float(b.get("width") or 0) for b in bands]
    xs = []
    for mark in classed(root, "ga-p-end"):
        place = mark.find(f"{SVG}circle").get("transform") or ""  # type: ignore[union-attr]
        xs.append(float(place.removeprefix("translate(").split(" ")[0]))
    assert ends_[1] < xs[0] < starts[2]
    assert starts[0] < xs[1] < ends_[0]
    assert starts[3] < xs[2] < ends_[3]
    assert starts[11] <= xs[3] <= ends_[11]
    assert ends_[1] < xs[4] < starts[2]
    assert xs[6] < starts[0]


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (None, "kinds"),
        (Explored(), "kinds: nothing is proved, for no guest goes anywhere"),
        (
            Explored(crossings=1),
            "kinds: every step can be undone until it is committed, and no guest is lost",
        ),
    ],
)
def test_headline(result: Optional[Explored], says: str):
    """What was not looked into is not called good."""
    text = plan_svg.render(plan(KINDS), result)
    assert shown(text)[0] == says
    if result is None:
        assert not {"proved", "broken", "unknown"} & {*shown(text)}


def test_what_is_not_known_is_no_proof():
    """A plan whose only failures are unsure is unknown, in grey."""
    text = plan_svg.render(plan(KINDS), Explored([every_end()[4]], crossings=5))
    assert shown(text)[0] == "kinds: nobody knows whether guests are safe"
    assert "unknown" in shown(text)
    assert "#ga-s-refused" not in text
    assert any(
        tip.endswith("in doubt: a guest can start wherever guests are born") for tip in tips(text)
    )
