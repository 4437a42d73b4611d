"""The report of the whole atlas: how fast it is made and opened, its size, what the fast way gains.

    python benchmarks/report_page.py [--vmm qemu-10.0] [--sample 40]

It counts as open once it is loaded, the matrix drawn. Fails where the page is too large, or where
finding and explaining all pairs on one core is not at least so many times as fast, pair by pair, as
a full check of each.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import whole_atlas
from chromium import Missing, chromium

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

GAIN = 1.5


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
    try:
        opened = _opening(text)
        print(f"opened in {opened:.2f} s (bound {OPENS} s: {_held(opened <= OPENS)})")
    except Missing as missing:
        print(f"not opened: {missing}")
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


def _opening(text: str) -> float:
    with chromium() as driver, TemporaryDirectory(prefix="guestabi-") as folder:
        page = Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        driver.get(page.as_uri())
        script = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
        return float(driver.execute_script(script)) / 1000


def _held(is_so: bool) -> str:
    return "held" if is_so else "NOT HELD"


if __name__ == "__main__":
    sys.exit(main())
