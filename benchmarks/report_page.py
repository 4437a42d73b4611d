"""The report of the whole atlas: how long it takes to make and to open, how large it is, and what the
fast way gains.

    python benchmarks/report_page.py [--vmm qemu-10.0] [--sample 40]

It is opened in Chromium, where that and selenium are there: until it is loaded, all its parts drawn.
Fails where the page is too large, or where finding and explaining all pairs on one core is not at
least so many times as fast, pair by pair, as a full check of each.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import whole_atlas

from guestabi.cli import workers
from guestabi.report import html
from guestabi.report.html import moves
from guestabi.report.html.hosts import Fleet

LARGEST = 1_000_000
"""Bytes."""

BOUND = 5.0
"""Seconds, loading included."""

OPENS = 1.0
"""Seconds until it is loaded."""

GAIN = 2.0


def main() -> int:
    """Measure and print."""
    atlas = whole_atlas.load(__doc__)
    hosts, policies = atlas.hosts, [atlas.policy]
    started = time.perf_counter()
    text = html.render(html.Report("the atlas", hosts, policies), share=workers.forked)
    took = time.perf_counter() - started
    together = atlas.loading + took
    print(f"{len(hosts)} captures loaded in {atlas.loading:.2f} s, page made in {took:.2f} s")
    print(f"together {together:.2f} s (bound {BOUND} s: {_held(together <= BOUND)})")
    size = len(text.encode())
    print(f"{size:,} bytes (bound {LARGEST:,}: {_held(size < LARGEST)})")
    opened = _opening(text)
    said = "no Chromium here" if opened is None else f"{opened:.2f} s"
    held = "" if opened is None else f": {_held(opened <= OPENS)}"
    print(f"opened in {said} (bound {OPENS} s{held})")
    gain = _gain(atlas)
    print(f"a full check of a pair / its part of the page: {gain:.1f}", end=" ")
    print(f"(bound {GAIN}: {_held(gain >= GAIN)})")
    return 0 if size < LARGEST and gain >= GAIN else 1


def _gain(atlas: whole_atlas.Atlas) -> float:
    fleet = Fleet.of(atlas.hosts)
    pairs = moves.chosen(fleet)
    members = fleet.members
    full = atlas.full_checks([(members[i], members[j]) for i, j in pairs])
    page = whole_atlas.seconds(lambda: moves.to_builtins(fleet, [atlas.policy], moves.Told()))
    return full / (page / len(pairs))


def _opening(text: str) -> float | None:
    binary, service = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or service is None:
        return None
    try:
        from selenium import webdriver
    except ImportError:
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for each in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(each)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    try:
        with TemporaryDirectory(prefix="guestabi-") as folder:
            page = Path(folder) / "report.html"
            page.write_text(text, encoding="utf-8")
            driver.get(page.as_uri())
            script = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
            return float(driver.execute_script(script)) / 1000
    finally:
        driver.quit()


def _held(is_so: bool) -> str:
    return "held" if is_so else "NOT HELD"


if __name__ == "__main__":
    sys.exit(main())
