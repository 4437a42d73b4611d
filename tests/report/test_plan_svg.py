"""guestabi.report.plan_svg: a rollout plan as a picture, with the stories in which guests break."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, Optional

import pytest

from guestabi.cli import planfile
from guestabi.fleet.plan import resolve, written
from guestabi.fleet.plan.found import Event, Explored, Failure
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.stages import Place
from guestabi.report import plan_svg, svg_text
from guestabi.report.plan_svg_layout import LANES
from guestabi.report.plan_svg_story import harm, stories, told
from guestabi.report.plan_svg_style import LETTERS, PALE, STRONG, SYMBOLS
from guestabi.report.svg_grid import WIDTH

SVG = "{http://www.w3.org/2000/svg}"

OLD, NEW = "debian-6.12/neoverse-n1", "debian-6.16/neoverse-n1"


def group(name: str, profile: str = OLD, vmm: str = "qemu-10.0", hosts: int = 2) -> str:
    said = f"name = {name}\nprofile = '{profile}'\nvmm = '{vmm}'\nhosts = {hosts}\n"
    return f"[[group]]\n{said}"


def step(name: str, does: str, *groups: str) -> str:
    of = f"groups = [{', '.join(groups)}]\n" if groups else ""
    return f"[[step]]\nname = {name}\n{of}{does}\n"


def head(name: str, more: str = "") -> str:
    return f"schema = 1\nname = {name}\n{more}\n"


BROKEN = (
    head("'6.12 to 6.16'")
    + group("'canary'")
    + group("'rest'", hosts=8)
    + step("'first'", f"kernel = '{NEW}'", "'canary'")
    + step("'then'", "kernel = '6.16'", "'rest'")
)

REPAIRED = (
    head("'repaired'")
    + group("'canary'")
    + group("'rest'", hosts=8)
    + step("'qemu'", "vmm = 'qemu-11.1'")
    + step("'pin'", "pins = { PSCI_VERSION = '0x10001' }")
    + step("'first'", "kernel = '6.16'", "'canary'")
    + step("'then'", "kernel = '6.16'", "'rest'")
)

KINDS = (
    head("'kinds'", "births = ['canary', 'web']")
    + group("'canary'")
    + group("'web'", hosts=20)
    + group("'edge'", NEW, hosts=1)
    + "[[guests]]\nname = 'old'\ngroup = 'web'\ncount = 1200\n"
    + step("'qemu'", "vmm = 'qemu-11.1'")
    + step("'pin'", "pins = { PSCI_VERSION = '0x10001' }")
    + step("'empty'", "drain = true", "'edge'")
    + step("'canary'", "kernel = '6.16'\nreboot_stuck = true", "'canary'")
    + step("'stay'", "moves = 'group'")
    + step("'edge'", "kernel = '6.18'", "'edge'")
    + step("'again'", "open = true", "'edge'")
    + step("'roam'", "moves = [['web', 'canary'], ['canary', 'web']]")
    + step("'everywhere'", "births = 'anywhere'")
    + step("'settle'", "commit = true")
    + step("'loosen'", "unpin = ['PSCI_VERSION']", "'canary'")
    + step("'fresh'", "reboot = true", "'web'", "'canary'")
    + step("'web'", "kernel = '6.16'", "'web'")
)

HOSTILE_GROUPS = (
    "<b>group&\"'</b>",
    "W" * 90,
    "a]]></title><script>\u202e",
    "日本語の長い名前" * 4,
)
HOSTILE_STEPS = ("</text><script>alert(1)</script> and " + "words " * 20, "M" * 150, "&lt;\u2028")


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


HOSTILE = (
    head(quoted("<svg onload=x> & " + "long " * 30))
    + "".join(group(quoted(name), hosts=1_000_000) for name in HOSTILE_GROUPS)
    + step(quoted(HOSTILE_STEPS[0]), "kernel = '6.16'", quoted(HOSTILE_GROUPS[0]))
    + step(quoted(HOSTILE_STEPS[1]), "kernel = '6.16'", quoted(HOSTILE_GROUPS[1]))
    + step(quoted(HOSTILE_STEPS[2]), "commit = true")
)

ONE = head("'one'") + group("'all'") + step("'up'", "vmm = 'qemu-11.1'")


def sixty() -> str:
    """Sixty groups: ten are changed, then ten more, the others never."""
    racks = [f"'rack-{number:02}'" for number in range(60)]
    waves = [step(f"'wave {n}'", "kernel = '6.16'", *racks[n * 10 : n * 10 + 10]) for n in range(2)]
    return head("'sixty'") + "".join(map(group, racks)) + "".join(waves)


def fifty() -> str:
    """Fifty groups of which none stands for another: a guest of two of them may change places."""
    names = [f"'g{number:02}'" for number in range(50)]
    only = step("'up'", "kernel = '6.16'", "'g00'")
    return head("'fifty'", "moves = [['g00', 'g01']]") + "".join(map(group, names)) + only


@cache
def plan(text: str) -> Plan:
    path = "p.toml"
    return resolve.resolve(written.parse(text.encode(), path), path, planfile.sources(path))


@cache
def found(text: str) -> Explored:
    return explore(plan(text))


@cache
def drawn(text: str) -> str:
    return plan_svg.render(plan(text), found(text))


@cache
def blank(text: str) -> str:
    """Nobody looked into it."""
    return plan_svg.render(plan(text), None)


def at(the: Plan, name: str, done: int) -> Place:
    return Place(name, the.fleets[done].configs[name])


def taken(the: Plan, first: int, last: int) -> tuple[Event, ...]:
    """All lines of steps first to last - 1."""
    events = []
    for number in range(first, last):
        rolls = the.steps[number].rolls
        events += [Event(what, number) for what in (("begin", "finish") if rolls else ("do",))]
    return tuple(events)


@cache
def every_end() -> tuple[Failure, ...]:
    """Stories of every kind, longer than a search would find: there and back, and rebooted."""
    the = plan(KINDS)
    canary = [at(the, "canary", done) for done in range(5)]
    web = [at(the, "web", done) for done in range(13)]
    return (
        Failure(
            "unchanged",
            True,
            "changes",
            (
                Event("given", 0, web[0]),
                Event("begin", 0),
                Event("move", -1, canary[1]),
                Event("move", -1, canary[1]),
                Event("finish", 0),
                Event("do", 1),
            ),
            web[1],
            step=2,
        ),
        Failure(
            "leaves",
            True,
            "stuck",
            (
                Event("boot", -1, canary[0]),
                Event("move", -1, canary[0]),
                Event("begin", 0),
                Event("move", -1, canary[1]),
                Event("move", -1, canary[0]),
                Event("undo-finish", 0),
                Event("move", -1, web[0]),
                Event("move", -1, canary[0]),
                Event("begin", 0),
            ),
            canary[0],
            "up",
            0,
        ),
        Failure(
            "undone",
            False,
            "stuck",
            (
                *taken(the, 0, 3),
                Event("begin", 3),
                Event("boot", -1, canary[3]),
                Event("reboot", -1, canary[4]),
                Event("finish", 3),
                Event("undo-begin", 3),
            ),
            canary[4],
            "down",
            3,
        ),
        Failure(
            "starts",
            True,
            "birth",
            (*taken(the, 0, 11), Event("boot", -1, web[11])),
            web[11],
            step=11,
        ),
        Failure("starts", False, "birth", taken(the, 0, 2), at(the, "edge", 2), step=2),
        Failure(
            "unchanged",
            False,
            "changes",
            (
                *taken(the, 0, 1),
                Event("boot", -1, canary[1]),
                *taken(the, 1, 3),
                Event("undo-begin", 2),
                Event("undo-finish", 2),
                Event("undo-do", 1),
                Event("do", 1),
            ),
            canary[2],
            step=2,
        ),
        Failure("leaves", True, "stuck", (Event("boot", -1, canary[0]),), canary[0], "stay", 0),
    )


@cache
def all_ends() -> str:
    return plan_svg.render(plan(KINDS), Explored(list(every_end()), 9, 9, 9, 9))


PICTURES = {
    "broken": lambda: drawn(BROKEN),
    "repaired": lambda: drawn(REPAIRED),
    "kinds": lambda: drawn(KINDS),
    "hostile": lambda: drawn(HOSTILE),
    "one": lambda: drawn(ONE),
    "sixty": lambda: blank(sixty()),
    "fifty": lambda: blank(fifty()),
    "ends": all_ends,
    "blank": lambda: blank(KINDS),
    "crowd": lambda: plan_svg.render(plan(KINDS), Explored([*every_end()[-1:]] * 8)),
}

every_picture = pytest.mark.parametrize("name", PICTURES)


class Box(NamedTuple):
    """A text, and where it is, in pixels."""

    words: str
    left: float
    right: float
    top: float
    foot: float


def boxes(root: ET.Element) -> Iterator[Box]:
    for text in root.iter(f"{SVG}text"):
        kinds = (text.get("class") or "").split()
        style = text.get("style")
        if style:
            size, bold = float(style.removeprefix("font-size:").removesuffix("px")), True
        else:
            size, bold = next(LETTERS[kind] for kind in kinds if kind in LETTERS)
        wide = svg_text.width(text.text or "", size, bold=bold)
        for span in text.iter(f"{SVG}tspan"):
            letters = LETTERS.get(span.get("class") or "", (size, True))
            wide += svg_text.width(span.text or "", letters[0], bold=letters[1])
            wide += svg_text.width(span.tail or "", size) + float(span.get("dx") or 0)
        x, y = float(text.get("x") or "nan"), float(text.get("y") or "nan")
        left = {"middle": x - wide / 2, "end": x - wide}.get(text.get("text-anchor") or "", x)
        words = "".join(text.itertext())
        yield Box(words, left, left + wide, y - 0.75 * size, y + 0.2 * size)


def classed(root: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in root.iter() if name in (each.get("class") or "").split()]


def ends(text: str) -> list[str]:
    """The symbol of every end of a story over the lanes."""
    marks = classed(ET.fromstring(text), "ga-p-end")
    return [(mark.find(f"{SVG}use").get("href") or "").removeprefix("#ga-s-") for mark in marks]  # type: ignore[union-attr]


def shown(text: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(text).iter(f"{SVG}text")]


def tips(text: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(text).iter(f"{SVG}title")]


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


def _root(text: str) -> ET.Element:
    return ET.fromstring(drawn(text))


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
