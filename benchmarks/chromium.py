"""A headless Chromium, for the tests and the benchmark of the report's page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


class Missing(Exception):
    """Chromium, its driver or selenium is not there; says what to install."""


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a selenium driver that logs what pages say and what they ask a network for."""
    binary, service = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or service is None:
        raise Missing("no Chromium: apt install chromium chromium-driver")
    try:
        from selenium import webdriver
    except ImportError:
        raise Missing("no selenium: pip install selenium") from None
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for each in QUIET:
        options.add_argument(each)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    try:
        yield driver
    finally:
        driver.quit()
