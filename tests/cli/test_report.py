"""guestabi report: what goes on the page, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLAN = str(ROOT / "examples" / "kernel-upgrade" / "plan.toml")
RESULTS = str(ROOT / "evidence" / "qemu-10.0-neoverse-n1.json")


@pytest.fixture
def page(tmp_path):
    return tmp_path / "report.html"


def data(path: Path) -> dict:
    found = re.search(
        r'<script id="data" type="application/json">(.*?)</script>',
        path.read_text("utf-8"),
        re.DOTALL,
    )
    assert found is not None
    return json.loads(found[1])


def test_profiles(run, a, b, page):
    """The hosts and the VMMs that were named, and nothing on standard output."""
    result = run("report", a, b, "--vmm", "qemu-11.1", "--vmm", "strict", "-o", str(page))
    assert (result.status, result.out, result.err) == (0, "", "")
    plain = data(page)
    assert [host["name"] for host in plain["hosts"]] == ["old", "new"]
    assert [policy["vmm"] for policy in plain["policies"]] == ["qemu-11.1", "strict"]


def test_plan(run, page):
    """A plan brings its title, its hosts and its VMMs."""
    assert run("report", PLAN, "-o", str(page)).status == 0
    plain = data(page)
    assert len(plain["plans"]) == 1
    assert {host["short"][:4] for host in plain["hosts"]} >= {"6.12", "6.16"}
    assert "<title>6.12 to 6.16 under qemu-10.0" in page.read_text("utf-8")


def test_results(run, a, page, tmp_path):
    """What 'lab matrix' wrote, compared or raw, beside a profile or alone."""
    assert run("report", RESULTS, a, "-o", str(page)).status == 0
    beside = data(page)
    assert len(beside["observed"]) == len(beside["hosts"]) == 1
    assert run("report", RESULTS, "-o", str(page)).status == 0
    assert data(page)["observed"] == beside["observed"]


def test_title(run, a, page):
    """Markup in a title is text."""
    assert run("report", a, "--title", "<b>CHG-1234</b>", "-o", str(page)).status == 0
    assert "<title>&lt;b&gt;CHG-1234&lt;/b&gt;" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((PLAN, PLAN), "more than one plan"),
        (("nobody/has-this",), "nobody/has-this"),
        (("--vmm", "no-such-vmm"), "no-such-vmm"),
    ],
)
def test_refused(run, page, words, said):
    """One line that says what was wrong; no page."""
    result = run("report", *words, "-o", str(page))
    assert result.status == 2
    assert said in result.err
    assert not page.exists()


def test_torn_input_leaves_the_page(run, a, page, tmp_path):
    """A page that was there stays whole."""
    page.write_text("before")
    torn = tmp_path / "torn.json"
    torn.write_text(Path(a).read_text("utf-8")[:200])
    result = run("report", a, str(torn), "-o", str(page))
    assert (result.status, page.read_text()) == (2, "before")
    assert "torn.json" in result.err


def test_a_page_needs_a_place(run, a):
    """--output is required: nobody wants half a megabyte of HTML on a terminal."""
    result = run("report", a)
    assert result.status == 2
    assert "--output" in result.err
