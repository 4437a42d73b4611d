"""The story of a new register on real kernels goes as it is told, and as the page tells it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from guestabi import model, policies
from guestabi.cli import main, planfile
from guestabi.fleet.plan.proof import prove
from guestabi.lab import rollback, story
from guestabi.lab.patched import WIDGET
from guestabi.lab.recipe import is_name
from guestabi.lab.story import Step
from guestabi.probe.capture import capture
from guestabi.profile import canonical
from lab.steady import steady

PAGE = Path(__file__).resolve().parents[2] / "docs" / "story.md"
TAKEN = {"kernel_release": "6.12", "kernel_version": "#1", "machine": "aarch64"}
NAMED = "KVM_SET_ONE_REG WIDGET_BMAP (0x6030000000160009) = 0x1: ENOENT"


def test_a_step_is_as_told_when_all_agree() -> None:
    """What should be, what was seen, and what was predicted where it was asked for."""
    told = Step("it moves", "same", "same", "not supported", "same")
    assert told.as_told
    assert replace(told, predicted=None).as_told
    assert not replace(told, happened="changed").as_told
    assert not replace(told, predicted="refused").as_told
    assert not replace(told, happened="silent").as_told


def test_the_vmm_before_and_after_differ_in_one_line() -> None:
    """They are the VMM that ships, and the older one carries no VM-scoped registers."""
    before, after = rollback.policy(knows=False), rollback.policy(knows=True)
    assert replace(before, vm_registers=True, name="", sources={}) == replace(
        after, name="", sources={}
    )
    assert not before.vm_registers
    assert replace(after, name="ours") == policies.load("ours")


def verdicts(folder: Path, design: str) -> list[str]:
    """What is said of the rollouts on a model of 6.12 that has the widget under ``design``."""
    extras = [model.service(WIDGET, "WIDGET_BMAP", 1, design)]
    plain = capture(model.kernel("debian-6.12/neoverse-n1", design, extras=extras), taken=TAKEN)
    text = canonical.to_text(canonical.seal({**plain, "name": "n"}))
    for name, content in rollback.rollout(text).items():
        (folder / name).write_text(content)
    names = (rollback.PLAN, rollback.GATED)
    return [prove(planfile.load(str(folder / name))).verdict for name in names]


def test_the_rollout_of_that_vmm(tmp_path: Path) -> None:
    """Broken without the gate, proved with it."""
    assert verdicts(tmp_path, "vm-scoped") == ["broken", "proved"]


def test_what_is_listed_needs_no_gate(tmp_path: Path) -> None:
    """Canary: where vCPUs list the widget, the older VMM carries it."""
    assert verdicts(tmp_path, "bitmap")[0] != "broken"


@pytest.fixture(scope="module")
def told(archive, own, tmp_path_factory) -> str:
    """Tell the story once, for real: what the command prints."""
    for name in filter(is_name, story.KERNELS):
        own(name)
    path = tmp_path_factory.mktemp("story") / "story.txt"
    folder = path.parent / "rollout"
    arguments = ["lab", "story", "vm-one-reg", "--quiet", "-o", str(path), "--plan", str(folder)]
    assert main.run(arguments) == 0
    assert {each.name for each in folder.iterdir()} == set(rollback.rollout(""))
    return path.read_text()


@pytest.mark.lab
@pytest.mark.xdist_group("lab-build")
def test_it_goes_as_it_is_told(told: str) -> None:
    """Six scenes, in which 22 things happen; refusals name the register."""
    scenes, *rollouts = told.split("$ guestabi plan check ")
    steps = re.findall(r"^  ✓ ", scenes, re.MULTILINE)
    assert len(steps) == 22
    assert "NOT AS TOLD" not in told
    assert " ".join(told.split()).count(NAMED) == 3
    assert told.count("WIDGET: 0x10000 → not supported") == 1
    assert told.count("WIDGET: not supported → 0x10000") == 1
    assert [each.splitlines()[1].split()[1] for each in rollouts] == ["broken", "proved"]


@pytest.mark.lab
@pytest.mark.xdist_group("lab-build")
def test_the_page_shows_what_was_said(told: str) -> None:
    """Word for word, but for the last number of a version: the archive's builds come and go."""
    (shown,) = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert steady(shown) == steady(told)
