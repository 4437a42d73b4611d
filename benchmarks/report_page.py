"""The report of the whole atlas: how long it takes, how large it is, and what the fast way gains.

    python benchmarks/report_page.py [--vmm qemu-10.0] [--sample 40]

Fails where the page is too large, or where finding and explaining all pairs on one core is not at
least so many times as fast, pair by pair, as a full check of each.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Any

from guestabi import atlas, policies
from guestabi.cli import workers
from guestabi.compat import verdict
from guestabi.report import html
from guestabi.report.html import moves
from guestabi.report.html.hosts import Fleet

LARGEST = 1_000_000
"""Bytes."""

GAIN = 2.0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vmm", default="qemu-10.0")
    parser.add_argument("--sample", type=int, default=40)
    options = parser.parse_args()
    policy = policies.load(options.vmm)
    started = time.perf_counter()
    hosts = [atlas.resolve(name) for name in atlas.names()]
    loaded = time.perf_counter()
    text = html.render(html.Report("the atlas", hosts, [policy]), share=workers.forked)
    done = time.perf_counter()
    size = len(text.encode())
    print(f"{len(hosts)} captures loaded in {loaded - started:.2f} s, page made in", end=" ")
    print(f"{done - loaded:.2f} s; together {done - started:.2f} s")
    print(f"{size:,} bytes (bound {LARGEST:,}: {_held(size < LARGEST)})")
    gain = _gain(hosts, policy, options.sample)
    print(f"a full check of a pair / its part of the page: {gain:.1f}", end=" ")
    print(f"(bound {GAIN}: {_held(gain >= GAIN)})")
    return 0 if size < LARGEST and gain >= GAIN else 1


def _gain(hosts: list[Any], policy: Any, sample: int) -> float:
    fleet = Fleet.of(hosts)
    pairs = moves.chosen(fleet)
    chosen = random.Random(1).sample(pairs, sample)
    members = fleet.members
    full = _time(lambda: [verdict.check(members[i], members[j], policy) for i, j in chosen])
    page = _time(lambda: moves.to_builtins(fleet, [policy], moves.Told()))
    return (full / sample) / (page / len(pairs))


def _held(is_so: bool) -> str:
    return "held" if is_so else "NOT HELD"


def _time(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
