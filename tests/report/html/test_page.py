"""The page as text: sealed off, small, whole, and deaf to what captured files say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from guestabi import atlas, policies
from guestabi.compat import verdict
from guestabi.errors import BadInput, UsageError
from guestabi.model import explore
from guestabi.model.properties import PROPERTIES
from guestabi.model.semantics import BEHAVIOURS, DESIGNS
from guestabi.report import html
from guestabi.report.html import designs, results
from guestabi.report.html import page as making
from guestabi.report.html.explain import Explainer
from guestabi.report.html.sources import link
from profiles import make_profile

QEMU = policies.load("qemu-10.0")
EVIDENCE = Path(__file__).resolve().parents[3] / "evidence"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&lt;\u202e\u2066abc"


def island(text: str) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    plain: dict[str, Any] = json.loads(found[1])
    return plain


def evil(name: str = EVIL) -> html.Report:
    hosts = [
        make_profile(
            f"{name}{n}",
            {"MIDR_EL1": n},
            release=f"{n}{EVIL}",
            cpu=EVIL,
            notes=[EVIL],
            guest={EVIL: f"{EVIL}{n}"},
        )
        for n in range(2)
    ]
    return html.Report(EVIL, hosts, [QEMU])


def test_atlas_is_small(atlas_page: Path):
    """All pairs of the atlas are under 1 MB."""
    assert 100_000 < atlas_page.stat().st_size < 1_000_000


def test_policy_names_what_is_there(atlas_page: Path):
    """Style and script are allowed by their hashes, and nothing else is."""
    text = atlas_page.read_text(encoding="utf-8")
    allowed = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert allowed is not None
    said = allowed[1].replace("&#39;", "'")
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in said
    assert said.startswith("default-src 'none';")
    assert "unsafe" not in said


def test_nothing_is_fetched(atlas_page: Path):
    """No element of the page has an address but the links in its data."""
    text = re.sub(r"<script.*?</script>", "", atlas_page.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"(?:src|url)\s*[=(]", text) == []
    assert {each for each in re.findall(r'href="([^"]*)"', text) if each[0] != "#"} == {"data:,"}


def test_no_script_writes_markup():
    """Text from files is put on the page as text alone."""
    for name in making.SCRIPTS:
        script = making.asset(name)
        banned = ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "</script")
        assert [each for each in banned if each in script] == []


def test_markup_in_every_string_stays_text():
    """Names, kernels, CPUs and answers with markup and bidirectional marks add no element."""
    text, tame = html.render(evil()), html.render(evil("plain"))
    assert re.findall(r"<\w+", text) == re.findall(r"<\w+", tame)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    plain = island(text)
    assert "<script>alert(1)" in plain["hosts"][0]["name"]
    assert "\ufffd" in plain["hosts"][0]["kernel"]


def test_a_page_of_nothing_is_an_error():
    """Zero inputs is no empty page."""
    with pytest.raises(UsageError):
        html.render(html.Report("nothing"))


def test_output_is_stable():
    """The same inputs in any order make the same page."""
    hosts = [atlas.resolve(f"debian-{each}/neoverse-n1") for each in ("7.2", "7.3", "6.1")]
    pages = {html.render(html.Report("t", each, [QEMU])) for each in (hosts, hosts[::-1])}
    assert len(pages) == 1


def test_works_without_script(atlas_page: Path):
    """Every host has a row in the tables for those who run no script."""
    text = atlas_page.read_text("utf-8")
    quiet = text[text.index("<noscript>") : text.index("</noscript>")]
    assert quiet.count('<tr><th scope="row">') == len(atlas.names())
    assert quiet.count('<td class="v-refused">refused</td>') > 100


@pytest.mark.parametrize("vmm", policies.names())
def test_explained_as_check_explains(vmm: str):
    """The fast way finds the findings and changes of ``check``, all of them, in their order."""
    series = ("5.10", "6.1", "6.12", "6.16", "7.3")
    cpus = ("neoverse-n1", "max")
    hosts = [atlas.resolve(f"debian-{each}/{cpu}") for cpu in cpus for each in series]
    policy = policies.load(vmm)
    explainer = Explainer(policy)
    told = 0
    for a in hosts[::2]:
        for b in hosts:
            said = verdict.check(a, b, policy).questions
            answers = explainer.answers(a, b, verdict.QUESTIONS)
            assert answers == {name: (q.findings, q.changes) for name, q in said.items()}
            told += sum(len(found) for found, _ in answers.values())
    assert told > 100


def test_a_missing_finding_would_be_seen():
    """Canary: one finding taken away is not what ``check`` says."""
    a, b = (atlas.resolve(f"debian-{each}/neoverse-n1") for each in ("7.3", "7.2"))
    (found, _) = Explainer(QEMU).answers(a, b, ["forward"])["forward"]
    assert found[1:] != verdict.check(a, b, QEMU).questions["forward"].findings


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("Linux commit a8e190cdae1b (x)", "https://git.kernel.org/linus/a8e190cdae1b"),
        (
            "list (YSVhV+UIMY12u2PW@google.com)",
            "https://lore.kernel.org/r/YSVhV+UIMY12u2PW@google.com",
        ),
        ("KVM_SET_ONE_REG: EINVAL", ""),
    ],
)
def test_sources(reference: str, address: str):
    """What has an address gets one; what has none, none."""
    assert link(reference) == address


def test_designs_are_of_today():
    """What ships names today's designs, promises and behaviours, and has a story for a failure."""
    plain = designs.shipped()
    assert [row[0] for row in plain["designs"]] == list(DESIGNS)
    assert [row[0] for row in plain["properties"]] == list(PROPERTIES)
    assert [row[0] for row in plain["behaviours"]] == list(BEHAVIOURS)
    for at, column in enumerate(plain["cells"]):
        assert len(column) == len(PROPERTIES), plain["designs"][at]
    fails = [a for column in plain["cells"] for cell in column for a in cell if isinstance(a, int)]
    assert sorted(set(fails)) == list(range(len(plain["stories"])))


def test_one_design_anew():
    """The shipped answers of one design are what the explorer finds now."""
    plain = designs.shipped()
    name = "vm-scoped"
    place = [row[0] for row in plain["designs"]].index(name)
    for number, behaviour in enumerate(BEHAVIOURS.values()):
        for answer in explore.check(DESIGNS[name], behaviour):
            row = list(PROPERTIES).index(answer.property)
            said = plain["cells"][place][row][number]
            assert isinstance(said, int) == (not answer.holds)


@pytest.mark.parametrize("change", ["kernels", "predicted", "more", "place", "none"])
def test_results_are_read_strictly(change: str):
    """Results that are not what 'lab matrix' writes are refused whole."""
    raw = json.loads((EVIDENCE / "qemu-10.0-neoverse-n1.json").read_text("utf-8"))
    assert results.parse(json.dumps(raw).encode(), "r.json")[1] is False
    if change == "kernels":
        raw["kernels"] = [1]
    elif change == "predicted":
        raw["moves"][0]["outcome"] = "fine"
    elif change == "more":
        raw["moves"][0]["more"] = 1
    elif change == "place":
        raw["moves"][0]["source"] = 99
    else:
        raw["moves"] = []
    content = json.dumps(raw).encode()
    assert results.is_results(content)
    with pytest.raises(BadInput):
        results.parse(content, "r.json")
