"""Plans, designs, results of the lab, and very many hosts, in a real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guestabi import policies
from guestabi.report import html
from profiles import make_profile
from report.html.browser import NARROW, Page

pytestmark = pytest.mark.xdist_group("browser")

VIEWS = ["", "#step=7", "#view=observed&move=0,0,1", "#view=designs&design=0,1", "#view=matrix"]
MANY = 500


@pytest.fixture(autouse=True)
def quiet(rollout: Page) -> Any:
    """Whatever a test does: no error on the console, nothing asked of a network."""
    yield
    assert rollout.complaints() == []
    assert rollout.requests() == []


def press(page: Page, words: str) -> None:
    page.driver.find_element("xpath", f"//button[text()='{words}']").click()


def test_a_counterexample_is_played(rollout: Page):
    """Line by line, the guest stays while the kernels change, and in the end it is stuck."""
    rollout.open()
    assert rollout.text("h1").startswith("broken")
    lines = len(rollout.all(".story li"))
    for number in range(2, lines + 1):
        press(rollout, "Next")
        assert f"line {number} of {lines}" in rollout.text(".player")
    assert rollout.text(".guest.stuck") == "✗ the guest"
    assert "TCR2_EL1" in rollout.text(".player")
    assert f"step={lines}" in rollout.fragment()
    press(rollout, "First")
    assert rollout.all(".guest.stuck") == []


def test_a_story_plays_by_itself(rollout: Page):
    """Play goes on without a hand, and Stop stops."""
    from selenium.webdriver.support.ui import WebDriverWait

    rollout.open()
    press(rollout, "Play")
    WebDriverWait(rollout.driver, 20).until(lambda _: "step=3" in rollout.fragment())
    press(rollout, "Stop")


def test_observed_beside_predicted(rollout: Page):
    """A move that was not as predicted stands out; it opens to what was seen."""
    rollout.open("#view=observed")
    assert "121 moves observed, 120 as predicted, 1 not" in rollout.text("h1")
    (odd,) = rollout.all("td.against a")
    odd.click()
    assert "not as predicted" in rollout.text("section section p")


def test_designs(rollout: Page):
    """A failure opens to its shortest story."""
    rollout.open("#view=designs")
    rollout.one("a.badge.v-refused").click()
    assert len(rollout.all(".story li")) > 2


@pytest.mark.parametrize("fragment", VIEWS)
def test_views_are_narrow(rollout: Page, fragment: str):
    """At 360 pixels nothing is wider than the window but what scrolls by itself."""
    rollout.look(NARROW)
    rollout.open(fragment)
    assert rollout.run("return document.documentElement.scrollWidth") <= NARROW[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", VIEWS)
def test_axe_finds_nothing(rollout: Page, axe: str, fragment: str, scheme: str):
    """No violation of what axe-core knows."""
    rollout.look(scheme=scheme)
    rollout.open(fragment)
    assert rollout.violations(axe) == []


def test_very_many_hosts(rollout: Page, tmp_path: Path):
    """500 hosts, each another one: a window of them is drawn, the rest a button away."""
    hosts = [
        make_profile(f"h{n:03}", {"MIDR_EL1": 1, "ID_AA64PFR0_EL1": n}, release=f"6.{n}", cpu="c")
        for n in range(MANY)
    ]
    path = tmp_path / "many.html"
    made = html.render(html.Report("many", hosts, [policies.load("qemu-10.0")]))
    path.write_text(made, encoding="utf-8")
    page = rollout
    page.address = path.resolve().as_uri()
    page.open()
    assert len(page.all(".matrix tbody tr")) == 80
    press(page, "next rows")
    assert page.text(".matrix tbody th") == "h080"
    page.all(".matrix td")[5].click()
    assert page.text("#panel-title") == "h080 → h005"
    page.open("#view=registers")
    assert len(page.all(".timeline thead th")) == 1 + 40
    press(page, "next hosts")
    assert page.text(".timeline thead th:nth-child(2)") == "h040"
    assert page.text(".timeline tbody tr:last-child td .vh") == "default changed"
