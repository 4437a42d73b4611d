"""Proofs of real plans, and stories that are lived through a second time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_plans import GROUP, STEP, upgrade
from guestabi.cli import planfile
from guestabi.errors import BadInput
from guestabi.fleet.plan.found import PROPERTIES, Event
from guestabi.fleet.plan.proof import prove
from guestabi.fleet.plan.replay import NotAsTold, replay
from guestabi.fleet.plan.resolve import resolve
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.written import parse
from profiles import make_profile


def stories(proof):
    return {told.failure.property: told for told in proof.stories}


def refused(told) -> set[str]:
    return {
        name
        for tried in told.tried
        for finding in tried.findings
        if finding.effect == "refused"
        for name in finding.members
    }


def test_6_12_to_6_16_under_qemu_10() -> None:
    """Going up three registers of 6.12 stand against it, coming back PSCI 1.3."""
    proof = prove(upgrade())
    assert (proof.verdict, proof.exit_status()) == ("broken", 100)
    told = stories(proof)
    assert told.keys() == {"leaves", "undone"}
    assert refused(told["leaves"]) == {"TCR2_EL1", "PIRE0_EL1", "PIR_EL1"}
    assert refused(told["undone"]) == {"PSCI_VERSION"}
    back = {name for t in told["undone"].tried for f in t.findings for name in f.members}
    assert "VENDOR_HYP_BMAP_2" in back
    assert [event.what for event in told["undone"].failure.events] == ["begin", "boot"]


def test_the_repair_that_real_programs_know() -> None:
    """QEMU 11.1 first and PSCI pinned at birth: proved; without the pin, or without the new QEMU,
    or with the pin before the QEMU that can set it: not."""
    vmm = STEP.format("qemu", 'vmm = "qemu-11.1"')
    pin = STEP.format("pin", 'pins = { PSCI_VERSION = "0x10001" }')
    assert prove(upgrade("6.12", "6.16", "qemu-10.0", 4, vmm, pin)).verdict == "proved"
    assert prove(upgrade("6.12", "6.16", "qemu-11.1", 4, pin)).verdict == "proved"
    assert prove(upgrade("6.12", "6.16", "qemu-10.0", 4, vmm)).verdict == "broken"
    unset = prove(upgrade("6.12", "6.16", "qemu-10.0", 4, pin))
    assert unset.verdict == "broken"
    assert any("cannot set PSCI_VERSION" in note for note in unset.notes)


def test_one_host_has_nowhere_to_go() -> None:
    """A group of one host alone: its guests can never leave."""
    proof = prove(upgrade("6.17", "6.18", "qemu-11.1", 1))
    assert proof.verdict == "broken"
    assert {told.failure.way for told in proof.stories} <= {"stay", "up", "down"}


def test_vacuous() -> None:
    """Where no guest is and none boots, nothing is proved, and no status says safe."""
    proof = prove(upgrade("6.17", "6.18", "qemu-11.1", 4, top="births = []"))
    assert (proof.verdict, proof.exit_status()) == ("vacuous", 101)
    assert any("nothing is shown of it" in note for note in proof.notes)


def test_unknown_is_not_proved(tmp_path) -> None:
    """A new value of which nobody asked whether the old kernel takes it: cannot tell, 101."""
    for name, version in (("old", 0x10001), ("new", 0x10003)):
        made = make_profile(name, {"PSCI_VERSION": {"default": version}})
        (tmp_path / f"{name}.json").write_bytes(made.raw)
    path = str(tmp_path / "plan.toml")
    text = 'schema = 1\nname = "test"\n' + GROUP.format("all", "old.json", "strict", 4)
    text += STEP.format("kernel", 'kernel = "new.json"')
    proof = prove(resolve(parse(text.encode(), path), path, planfile.sources(path)))
    assert (proof.verdict, proof.exit_status()) == ("unknown", 101)
    assert not any(told.failure.sure for told in proof.stories)
    assert {tried.effect for told in proof.stories for tried in told.tried} >= {"unknown"}


def test_a_given_guest_comes_from_elsewhere() -> None:
    """Guests of an older kernel are looked at beside those that boot here; where they cannot have
    come unchanged, the plan is refused."""
    given = '[[guests]]\nname = "old"\ngroup = "all"\ncount = 3\nborn = "debian-{}/neoverse-n1"'
    alone = prove(upgrade("6.16", "6.17", "qemu-11.1"))
    beside = prove(upgrade("6.16", "6.17", "qemu-11.1", 4, given.format("6.12")))
    assert alone.verdict == beside.verdict == "proved"
    assert beside.found.states > alone.found.states
    only = upgrade("6.16", "6.17", "qemu-11.1", 4, given.format("6.12"), top="births = []")
    assert prove(only).verdict == "proved"
    with pytest.raises(BadInput, match="cannot have come"):
        prove(upgrade("6.16", "6.17", "qemu-11.1", 4, given.format("7.3")))


def test_json_and_properties() -> None:
    """Every property is told, as broken where a story says so."""
    plain = prove(upgrade()).to_builtins()
    assert list(plain["properties"]) == list(PROPERTIES)
    assert plain["properties"]["undone"] == "broken"
    assert plain["properties"]["unchanged"] == "holds"
    assert all(each["story"] and each["tried"] for each in plain["stories"])


@pytest.mark.parametrize("number", [0, 1])
def test_a_false_story_is_found_out(number) -> None:
    """The canary: what the search did not say does not replay."""
    made = upgrade()
    failure = explore(made).failures[number]
    replay(made, failure)
    false = [
        replace(failure, sure=False),
        replace(failure, events=failure.events[:-1]),
        replace(failure, events=(*failure.events, Event("finish", 0))),
        replace(failure, kind="changes"),
        replace(failure, kind="birth"),
        replace(failure, events=(Event("undo-begin", 0), *failure.events)),
        replace(failure, events=()),
    ]
    for each in false:
        with pytest.raises(NotAsTold):
            replay(made, each)
