"""Plans to draw, and what can be read off a drawn one, for tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from guestabi.cli import planfile
from guestabi.fleet.plan import resolve, written
from guestabi.fleet.plan.found import Event, Explored, Failure
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.stages import Place
from guestabi.report import plan_svg, svg_text
from guestabi.report.plan_svg_style import LETTERS

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


def _root(text: str) -> ET.Element:
    return ET.fromstring(drawn(text))
