"""The browser, and the pages that it opens: made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestabi import atlas, policies
from guestabi.report import html
from report.html import browser


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


@pytest.fixture
def page(driver: Any, atlas_page: Path) -> browser.Page:
    """The atlas in the browser, wide and light, nothing open."""
    return browser.Page(driver, atlas_page)
