"""The browser, and the pages that it opens: made once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestabi import atlas, policies
from guestabi.cli import planfile
from guestabi.fleet.plan.proof import prove
from guestabi.lab import agreement
from guestabi.report import html
from guestabi.report.html import plan
from report.html import browser

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    yield from browser.start()


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    assert pytestconfig.cache is not None
    return browser.axe_source(pytestconfig.cache.mkdir("axe-core"))


@pytest.fixture(scope="session")
def atlas_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the whole atlas."""
    path = tmp_path_factory.mktemp("report") / "atlas.html"
    hosts = [atlas.resolve(name) for name in atlas.names()]
    page = html.Report("the atlas", hosts, [policies.load("qemu-10.0"), policies.load("qemu-7.2")])
    path.write_text(html.render(page), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def rollout_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan that is broken, and results of the lab with one move that is not as predicted."""
    path = tmp_path_factory.mktemp("rollout") / "rollout.html"
    proof = prove(planfile.load(str(ROOT / "examples" / "kernel-upgrade" / "plan.toml")))
    raw = json.loads((ROOT / "evidence" / "qemu-10.0-neoverse-n1.json").read_text("utf-8"))
    compared = agreement.compare_all(raw)
    compared["moves"][1]["agrees"] = False
    page = html.Report(
        "rollout", plan.profiles(proof), [policies.load("qemu-10.0")], [proof], [compared]
    )
    path.write_text(html.render(page), encoding="utf-8")
    return path


@pytest.fixture
def rollout(driver: Any, rollout_page: Path) -> browser.Page:
    """The plan and the results in the browser."""
    return browser.Page(driver, rollout_page)


@pytest.fixture
def page(driver: Any, atlas_page: Path) -> browser.Page:
    """The atlas in the browser, wide and light, nothing open."""
    return browser.Page(driver, atlas_page)
