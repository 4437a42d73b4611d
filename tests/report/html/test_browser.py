"""The page in a real Chromium: what a reader does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guestabi import policies
from guestabi.report import html
from profiles import make_profile
from report.html import browser
from report.html.browser import NARROW, Page

pytestmark = pytest.mark.xdist_group("browser")

CELL = "#cell=debian-7.3.4/neoverse-n1>debian-7.2.12/neoverse-n1"
REGISTER = "#view=registers&register=ID_AA64DFR0_EL1"
EVIL = "</script><script>window.bad=1</script><img src=x onerror='window.bad=2'>%3E\"\u202e"


@pytest.fixture(autouse=True)
def quiet(page: Page) -> Any:
    """Whatever a test does: no error on the console, nothing asked of a network."""
    yield
    assert page.complaints() == []
    assert page.requests() == []


def choose(page: Page, label: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    css = f"//label[span[text()='{label}']]/select"
    Select(page.driver.find_element("xpath", css)).select_by_value(value)


def press(page: Page, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page.driver).send_keys(*keys).perform()


def counted(page: Page) -> dict[str, int]:
    cells = page.run(
        "return [...document.querySelectorAll('.matrix td:not(.self)')]"
        ".map((td) => td.className.split(' ')[0])"
    )
    return {each.removeprefix("v-"): cells.count(each) for each in sorted(set(cells))}


def test_open_a_cell_and_read_the_remedy(page: Page):
    """7.3 → 7.2: a click opens it, it names PMMIR_EL1, and says what to do."""
    page.open("#cpu=neoverse-n1")
    cell = next(
        td
        for row in page.all(".matrix tbody tr")
        if row.find_element("css selector", "th").text == "7.3.4"
        for td in row.find_elements("css selector", "td")[-2:-1]
    )
    assert cell.get_attribute("aria-label") == "refused"
    cell.click()
    assert page.text("#panel-title") == "7.3.4 → 7.2.12"
    assert "PMMIR_EL1" in page.text(".finding h3")
    assert "pmu=off" in page.text(".remedy .text")
    assert "cell=debian-7.3.4/neoverse-n1>debian-7.2.12/neoverse-n1" in page.fragment()
    page.one(".remedy .copy").click()
    assert page.text(".remedy .copy") in ("Copied", "Select and copy")


def test_filters(page: Page):
    """CPU, question and verdict change what is counted, and what is pale."""
    page.open()
    first = counted(page)
    assert set(first) == {"same", "benign", "changed", "refused"}
    choose(page, "Question", "rollback")
    assert counted(page) == first  # of all ordered pairs, the same moves
    choose(page, "CPU", "max")
    assert counted(page) != first
    assert sum(counted(page).values()) == 11 * 10
    choose(page, "VMM", "qemu-7.2")
    assert "vmm=qemu-7.2" in page.fragment()
    page.one('.key[data-verdict="changed"]').click()
    pale = page.all(".matrix td.quiet")
    shown = {f"v-{verdict}" for verdict in counted(page)}
    assert {each.get_attribute("class").split()[0] for each in pale} == shown - {"v-changed"}
    assert "verdict=changed" in page.fragment()


def test_severity_filter(page: Page):
    """Errors alone: a cell with nothing but notes for the record has nothing left."""
    page.open("#severity=error&cell=debian-7.2.12/neoverse-n1>debian-7.3.4/neoverse-n1")
    assert page.all(".finding") == []
    assert "filtered out" in page.text("#panel")


def test_all_cpus(page: Page):
    """Everything at once: 72 by 72."""
    page.open("#cpu=all")
    assert len(page.all(".matrix td")) == 72 * 72


def test_bits_are_marked(page: Page):
    """A lost field: the bits that differ are marked on both lines, and only those."""
    page.open("#cell=debian-6.1.192/neoverse-n1>debian-7.2.12/neoverse-n1")
    lines = page.all(".finding .bits .bitline")
    assert len(lines) >= 2
    marks = [[m.text for m in line.find_elements("css selector", "mark")] for line in lines[:2]]
    assert marks == [["0"], ["1"]]


def test_search_a_register(page: Page):
    """Typing finds it, Enter opens it, and the fragment names it."""
    page.open()
    page.one("#search").send_keys("pmmir")
    assert page.text('#found [role="option"] code') == "PMMIR_EL1"
    press(page, "\ue007")
    assert page.text("#register-title") == "PMMIR_EL1"
    assert page.fragment() == "#view=registers&register=PMMIR_EL1"
    assert len(page.all(".moments a")) > 0


def test_keyboard_only(page: Page):
    """Slash, arrows, Enter, Escape: a cell is opened and closed without a mouse."""
    from selenium.webdriver.common.keys import Keys

    page.open("#cpu=neoverse-n1")
    for _ in range(40):
        press(page, Keys.TAB)
        if page.run("return document.activeElement.tagName") == "TD":
            break
    press(page, Keys.END, Keys.PAGE_DOWN, Keys.ARROW_LEFT, Keys.ENTER)
    assert page.text("#panel-title") == "7.3.4 → 7.2.12"
    assert page.run("return document.activeElement.id") == "panel-title"
    press(page, Keys.ESCAPE)
    assert page.all("#panel") == []
    assert page.run("return document.activeElement.dataset.a !== undefined")
    press(page, "/")
    assert page.run("return document.activeElement.id") == "search"


def test_the_fragment_is_a_link(page: Page):
    """A link of a change ticket shows what was open, and back undoes a step."""
    page.open(f"{CELL}&q=rollback")
    assert page.one(".questions a[aria-current]").text.startswith("rollback")
    page.run("location.hash = '#view=hosts'")
    assert "72 hosts" in page.text("h1")
    page.driver.back()
    assert page.text("#panel-title") == "7.3.4 → 7.2.12"


@pytest.mark.parametrize(
    "fragment", ["#cell=<b>>x", "#%zz=%", "#view=__proto__", "#cell=a>b&q=q&vmm=z"]
)
def test_odd_fragments_do_nothing(page: Page, fragment: str):
    """Whatever stands in the fragment, the page shows the matrix."""
    page.open(fragment)
    assert "are refused" in page.text("h1")


@pytest.mark.parametrize(
    "fragment", [CELL, "#view=registers&register=ID_AA64DFR0_EL1", "#view=hosts"]
)
def test_narrow(page: Page, fragment: str):
    """At 360 pixels nothing is wider than the window but what scrolls by itself."""
    page.look(NARROW)
    page.open(fragment)
    assert page.run("return document.documentElement.scrollWidth") <= NARROW[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "fragment",
    ["", CELL, f"{CELL}&verdict=same", "#cpu=all", REGISTER, "#view=hosts"],
)
def test_axe_finds_nothing(page: Page, axe: str, fragment: str, scheme: str):
    """No violation of what axe-core knows, in both themes."""
    page.look(scheme=scheme)
    page.open(fragment)
    assert page.violations(axe) == []


def test_axe_would_find_something(page: Page, axe: str):
    """Canary: a button without a name is found."""
    page.open()
    page.run("document.body.append(document.createElement('button'))")
    assert any(each.startswith("button-name") for each in page.violations(axe))


def test_network_would_be_seen(page: Page):
    """Canary: the page's policy forbids what is asked of a network, and the console says so."""
    page.open()
    page.run("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    assert any("Content Security Policy" in each for each in page.complaints())
    page.requests()


def test_markup_in_names_does_nothing(page: Page, tmp_path: Path):
    """A profile with script, quotes and bidirectional marks changes nothing but the text."""
    rows = [{"MIDR_EL1": n} for n in range(2)]
    hosts = [
        make_profile(f"{EVIL}{n}", row, release=f"{n}{EVIL}", cpu=EVIL, guest={EVIL: f"{n}{EVIL}"})
        for n, row in enumerate(rows)
    ]
    path = tmp_path / "evil.html"
    made = html.Report(EVIL, hosts, [policies.load("qemu-10.0")])
    path.write_text(html.render(made), "utf-8")
    bad = browser.Page(page.driver, path)
    for fragment in ("", "#view=hosts", "#view=registers"):
        bad.open(fragment)
        assert bad.run("return [window.bad, document.images.length, document.scripts.length]") == [
            None,
            0,
            2,
        ]
    bad.open()
    bad.all(".matrix td")[1].click()
    assert "<script>window.bad=1" in bad.text("#panel")
    assert bad.requests() == []
