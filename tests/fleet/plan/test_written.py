"""guestabi.fleet.plan.written and resolve: a bad plan is refused whole, with file and place."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.hosts import fixed
from guestabi.errors import BadInput
from guestabi.fleet.plan import written
from guestabi.fleet.plan.resolve import resolve
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import GroupRow, GuestsRow, PlanFile, StepRow
from profiles import make_profile

from .hand import HOSTS
from .strategies import sources

PATH = "dir/rollout.toml"
MIDR = "MIDR_EL1"
OTHER_CPUS = {
    "n1": make_profile("n1", {MIDR: fixed(0x413FD0C1)}),
    "v1": make_profile("v1", {MIDR: fixed(0x411FD401)}),
}
GOOD = """\
schema = 1
name = "a rollout"
pins = { PSCI_VERSION = "0x10001" }

[[group]]
name = "canary"
profile = "old"
vmm = "qemu-10.0"
hosts = 2

[[group]]
name = "rest"
profile = "old"
vmm = "qemu-10.0"
hosts = 40

[[guests]]
name = "long-lived"
group = "rest"
count = 3

[[step]]
name = "first"
groups = ["canary"]
kernel = "twin"

[[step]]
name = "second"
groups = ["rest"]
after = ["first"]
kernel = { old = "twin" }
"""


def read(text: str) -> Plan:
    """The plan in ``text``, as a program reads it: checked, then looked up."""
    file = written.parse(text.encode(), PATH)
    return resolve(file, PATH, sources({**HOSTS, **OTHER_CPUS}))


def step(*lines: str, name: str = "third") -> tuple[str, str]:
    """A change of GOOD: one step more."""
    return ("", "\n".join(["", "[[step]]", f'name = "{name}"', *lines, ""]))


AFTER = ('["canary"]', '["canary"]\nafter = ["third"]')

BAD: dict[str, tuple[tuple[str, str], str]] = {
    "not TOML": (("schema = 1", "schema: 1"), "is not TOML"),
    "cut off in a string": ((GOOD[40:], ""), "is not TOML"),
    "cut off after a key": ((GOOD[GOOD.index('"qemu-10.0"') :], ""), "is not TOML"),
    "cut off within a group": ((GOOD[GOOD.index('vmm = "q') :], ""), r"vmm.*\$\.group"),
    "cut off before the steps": ((GOOD[GOOD.index("[[step]]") :], ""), "`step`"),
    "no name": (('name = "a rollout"\n', ""), "`name`"),
    "an empty name": (('"a rollout"', '""'), r"\$\.name"),
    "a key twice": (("hosts = 2", "hosts = 2\nhosts = 2"), "is not TOML"),
    "an unknown key": (("hosts = 2", "hots = 2"), r"`hots`.*\$\.group"),
    "an unknown key of the plan": (("schema = 1", "schema = 1\nschemes = 2"), "`schemes`"),
    "an unknown key of a step": (step("kernels = 1"), r"`kernels`.*\$\.step"),
    "an unknown key of guests": (("count = 3", "count = 3\npin = {}"), r"`pin`.*\$\.guests"),
    "a newer schema": (("schema = 1", "schema = 2"), "has schema 2"),
    "an older schema": (("schema = 1", "schema = 0"), "has schema 0"),
    "a schema that is no number": (("schema = 1", 'schema = "1"'), r"\$\.schema"),
    "no groups": (
        (GOOD, 'schema=1\nname="x"\ngroup=[]\n[[step]]\nname="a"\ndrain=true'),
        "no groups",
    ),
    "no steps": ((GOOD[GOOD.index("[[step]]") :], ""), "`step`"),
    "steps, and none": (
        (GOOD, GOOD[: GOOD.index("[[step]]")].replace("schema = 1", "schema = 1\nstep = []")),
        "no steps",
    ),
    "an unknown group in a step": (('["canary"]', '["canaries"]'), "step 'first': .*'canaries'"),
    "an unknown group of guests": (('group = "rest"', 'group = "rust"'), "'long-lived': .*'rust'"),
    "an unknown group in moves": (
        ("schema = 1", 'schema = 1\nmoves = [["rest", "x"]]'),
        "moves: .*'x'",
    ),
    "an unknown group in births": (("schema = 1", 'schema = 1\nbirths = ["x"]'), "births: .*'x'"),
    "an unknown group in a step's moves": (step('moves = [["x", "rest"]]'), "'third': .*'x'"),
    "an unknown group in a step's births": (step('births = ["rest", "x"]'), "'third': .*'x'"),
    "moves that are no pairs": (step('moves = [["rest"]]'), r"length 2.*\$\.step.*moves"),
    "moves of another kind": (step('moves = "nowhere"'), r"\$\.step.*moves"),
    "no groups for a step": (step("groups = []", "drain = true"), r"\$\.step.*groups"),
    "a step's group twice": (
        step('groups = ["rest", "rest"]', "drain = true"),
        "'third': group 'rest'",
    ),
    "two actions": (step("drain = true", "open = true"), "'third' does drain and open"),
    "no action": (step('groups = ["rest"]'), "'third' does nothing"),
    "an action that is false": (step("drain = false"), r"\$\.step.*drain"),
    "pins of nothing": (step("pins = {}"), r"\$\.step.*pins"),
    "an unpin of nothing": (step("unpin = []"), r"\$\.step.*unpin"),
    "nobody to be stuck": (step("commit = true", "reboot_stuck = true"), "'third': .*reboot_stuck"),
    "zero guests": (("count = 3", "count = 0"), r">= 1.*\$\.guests.*count"),
    "less than no guests": (("count = 3", "count = -3"), r">= 1.*\$\.guests.*count"),
    "half a guest": (("count = 3", "count = 0.5"), r"\$\.guests.*count"),
    "no hosts": (("hosts = 2", "hosts = 0"), r">= 1.*\$\.group.*hosts"),
    "less than no hosts": (("hosts = 2", "hosts = -2"), r">= 1.*\$\.group.*hosts"),
    "too many hosts": (("hosts = 2", "hosts = 2000000000"), r"\$\.group.*hosts"),
    "more hosts than fit any number": (("hosts = 2", "hosts = " + "9" * 40), "hosts|range"),
    "a step that waits for itself": (
        step("drain = true", 'after = ["third"]'),
        "wait for each other.*'third'",
    ),
    "steps that wait for each other": (
        ('[[step]]\nname = "first"', '[[step]]\nname = "first"\nafter = ["second"]'),
        "wait for each other.*'first', 'second'",
    ),
    "a step that waits for a later one": (
        (GOOD, GOOD.replace(*AFTER) + "".join(step("drain = true"))),
        "'first' waits for 'third', which stands after it",
    ),
    "a step that waits for none that is": (('["first"]', '["fist"]'), "'second' waits for 'fist'"),
    "two groups of one name": (('name = "rest"', 'name = "canary"'), "group 'canary' twice"),
    "two steps of one name": (step("drain = true", name="first"), "step 'first' twice"),
    "two guests of one name": (
        ("count = 3\n", 'count = 3\n[[guests]]\nname = "long-lived"\ngroup = "rest"\ncount = 1\n'),
        "guests 'long-lived' twice",
    ),
    "an unknown profile": (('profile = "old"', 'profile = "odl"'), "group 'canary': .*odl"),
    "an unknown birthplace": (("count = 3", 'count = 3\nborn = "odl"'), "'long-lived': .*odl"),
    "an unknown kernel": (('kernel = "twin"', 'kernel = "twan"'), "step 'first': .*twan"),
    "an unknown kernel in a table": (('old = "twin"', 'old = "twan"'), "step 'second': .*twan"),
    "a table of unknown kernels": (('old = "twin"', 'odl = "twin"'), "step 'second': .*odl"),
    "a table that leaves a host out": (
        ('old = "twin"', 'new = "twin"'),
        "'second': nothing is said of old",
    ),
    "an unknown VMM": (('vmm = "qemu-10.0"', 'vmm = "qemu-10"'), "group 'canary': .*qemu-10"),
    "an unknown VMM of guests": (
        ("count = 3", 'count = 3\nvmm = "quemu"'),
        "'long-lived': .*quemu",
    ),
    "an unknown VMM of a step": (step('vmm = "quemu"'), "'third': .*quemu"),
    "an unknown register": (("PSCI_VERSION", "PSCI_VERSIONS"), "PSCI_VERSIONS"),
    "an unknown register of guests": (("count = 3", "count = 3\npins = { PSCY = 1 }"), "PSCY"),
    "an unknown register of a step": (step("pins = { PSCY = 1 }"), "PSCY"),
    "an unknown register to unpin": (step('unpin = ["PSCY"]'), "PSCY"),
    "a pin twice, by name": (('"0x10001" }', '"0x10001", PSCI_VERSION = 1 }'), "is not TOML"),
    "a pin twice, by name and id": (
        ('"0x10001" }', '"0x10001", "0x6030000000140000" = "0x10000" }'),
        "pins 0x6030000000140000 twice",
    ),
    "a pin of a step twice, by id and name": (
        step('pins = { "0x6030000000140000" = 1, PSCI_VERSION = 1 }'),
        "pins PSCI_VERSION twice",
    ),
    "a pin that is too wide": (('"0x10001"', '"0x10000000000000000"'), "PSCI_VERSION: .*64 bits"),
    "a pin that is no number": (('"0x10001"', '"1.1"'), "PSCI_VERSION: '1.1'"),
    "a pin below zero": (('"0x10001"', "-1"), "PSCI_VERSION: -1"),
    "a pin that is true": (('"0x10001"', "true"), r"\$\.pins"),
    "a kernel step to another CPU": (
        (GOOD, GOOD.replace('"old"', '"n1"').replace('"twin"', '"v1"')),
        "step 'first': v1 has another CPU than n1",
    ),
    "a kernel step that changes nothing": (('"twin"', '"old"'), "step 'first' changes nothing"),
    "a VMM step that changes nothing": (step('vmm = "qemu-10.0"'), "'third' changes nothing"),
    "an unpin of what is not pinned": (step('unpin = ["PMMIR_EL1"]'), "'third': PMMIR_EL1"),
    "an unpin by id of what is not pinned": (step('unpin = ["0x603000000013c4f6"]'), "'third'"),
    "an unpin of an id that no catalogue has": (step('unpin = ["0x603000000013e6e6"]'), "'third'"),
    "an unpin of what was unpinned": (
        ("", step("unpin = ['PSCI_VERSION']")[1] + step("unpin = ['PSCI_VERSION']", name="4th")[1]),
        "'4th': PSCI_VERSION is not pinned",
    ),
    "a drain of what is drained": (
        ("", step("drain = true")[1] + step("drain = true", name="4th")[1]),
        "'4th' changes nothing",
    ),
    "an opening of what is not drained": (step("open = true"), "'third' changes nothing"),
}
"""Part of GOOD, what stands there instead (an empty part: what is added), what is said of it."""


def test_the_plan_that_is_spoilt_is_good() -> None:
    plan = read(GOOD)
    assert [group.hosts for group in plan.groups] == [2, 40]
    assert [step.name for step in plan.steps] == ["first", "second"]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plan_is_refused_with_file_and_place(name: str) -> None:
    (before, after), said = BAD[name]
    assert before in GOOD
    text = GOOD.replace(before, after, 1) if before else GOOD + after
    with pytest.raises(BadInput, match=said) as caught:
        read(text)
    assert str(caught.value).startswith(f"{PATH}: ")
    assert "\n" not in str(caught.value)
    assert caught.value.path == PATH


def test_a_newer_schema_says_what_to_do() -> None:
    with pytest.raises(BadInput) as caught:
        read(GOOD.replace("schema = 1", "schema = 2"))
    assert "newer" in caught.value.hint


@pytest.mark.parametrize("data", [b"\xff", b"\x00", b"", b"[" * 5000, b"a = " + b"[" * 5000])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match=PATH):
        written.parse(data, PATH)


@given(st.integers(0, len(GOOD) - 2))
def test_a_plan_that_is_cut_off_is_refused_or_a_shorter_plan(length: int) -> None:
    """TOML has no end mark: what is cut off between two tables is a whole plan of fewer steps."""
    plan = refused_or(lambda: read(GOOD[:length]))
    if plan is not None:
        assert GOOD[:length].rstrip().endswith(("]", '"', "}"))
        assert {step.name for step in plan.steps} <= {"first", "second"}


@given(st.binary(max_size=60), st.integers(0, len(GOOD)))
def test_damage_is_refused_or_read(damage: bytes, place: int) -> None:
    """Whatever stands there, nothing but BadInput comes of it."""
    data = GOOD.encode()
    data = data[:place] + damage + data[place + len(damage) :]
    where = sources({**HOSTS, **OTHER_CPUS})
    refused_or(lambda: resolve(written.parse(data, PATH), PATH, where))


def refused_or(read: Callable[[], Plan]) -> Optional[Plan]:
    """Return the plan; None where it is refused as a bad input of that file."""
    try:
        return read()
    except BadInput as error:
        path = error.path
    assert path == PATH
    return None


def test_files_are_read_and_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(GOOD)
    assert written.read(str(path)) == written.parse(GOOD.encode(), PATH)
    with pytest.raises(BadInput, match=r"absent\.toml"):
        written.read(str(tmp_path / "absent.toml"))
    with pytest.raises(BadInput, match="directory"):
        written.read(str(tmp_path))
    path.write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(BadInput, match="larger"):
        written.read(str(path))


AWKWARD = "\"\\'\b\t\n\r\x00\x1b\x7f\x85\u2028\ufeff\U0001f980é#[]{}=,"
TEXT = st.text(
    st.sampled_from(AWKWARD + string.ascii_letters) | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
)
PINS = st.dictionaries(TEXT, st.integers(0, 2**64 - 1) | TEXT, min_size=1, max_size=3)


@st.composite
def files(draw: st.DrawFn) -> PlanFile:
    """A plan's file of awkward names: well formed, whatever they lead to."""
    names = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    some = st.lists(st.sampled_from(names), max_size=3, unique=True)
    moves = st.sampled_from(["anywhere", "group"]) | st.lists(
        st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=3
    )
    births = st.just("anywhere") | some
    counts = st.integers(1, 1_000_000_000)
    groups = [GroupRow(name, draw(TEXT), draw(TEXT), draw(counts)) for name in names]
    maybe = st.none() | TEXT
    guests = [
        GuestsRow(
            name,
            draw(st.sampled_from(names)),
            draw(counts),
            draw(maybe),
            draw(maybe),
            draw(st.none() | PINS),
        )
        for name in draw(st.lists(TEXT, max_size=2, unique=True))
    ]
    actions: dict[str, st.SearchStrategy[Any]] = {
        "kernel": TEXT | st.dictionaries(TEXT, TEXT, max_size=2),
        "vmm": TEXT,
        "pins": PINS,
        "baseline": TEXT,
        "unpin": st.lists(TEXT, min_size=1, max_size=2),
        "moves": moves,
        "births": births,
    }
    steps: list[StepRow] = []
    for name in draw(st.lists(TEXT, min_size=1, max_size=4, unique=True)):
        action = draw(st.sampled_from(written.ACTIONS))
        said = {action: draw(actions.get(action, st.just(True)))}
        if action in ("kernel", "vmm", "drain"):
            said["reboot_stuck"] = draw(st.sampled_from([None, True, False]))
        if draw(st.booleans()):
            said["groups"] = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        if steps:
            said["after"] = draw(st.none() | st.lists(st.sampled_from([s.name for s in steps])))
        steps.append(StepRow(name, **said))
    pins = draw(PINS | st.just({}))
    return PlanFile(1, draw(TEXT), groups, steps, guests, draw(moves), draw(births), pins)


@given(files())
@settings(max_examples=50)
def test_a_plan_that_is_written_reads_as_it_was(file: PlanFile) -> None:
    text = written.to_toml(file)
    assert written.parse(text.encode(), PATH) == file
    assert written.to_toml(written.parse(text.encode(), PATH)) == text


@given(files(), st.data())
@settings(max_examples=50)
def test_comments_are_comments_whatever_they_say(file: PlanFile, data: st.DataObject) -> None:
    names = ["", *(row.name for rows in (file.group, file.step) for row in rows)]
    comments = {name: data.draw(TEXT) for name in names}
    assert written.parse(written.to_toml(file, comments).encode(), PATH) == file


def test_a_comment_stands_above_what_it_is_of() -> None:
    file = written.parse(GOOD.encode(), PATH)
    lines = written.to_toml(file, {"": "at the top", "canary": "two\nlines"}).splitlines()
    assert lines[0] == "# at the top"
    place = lines.index("# two")
    assert lines[place : place + 4] == ["# two", "# lines", "[[group]]", 'name = "canary"']
