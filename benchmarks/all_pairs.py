"""All pairs of 2,000 classes of hosts, all four questions: how long, and how much memory.

    python benchmarks/all_pairs.py [--vmm qemu-10.0 --vmm strict] [--classes 2000] [--sample 3000]

Prints, for the made-up fleet of synthetic_fleet.py and each VMM, the seconds of processor time (on
one core) and by the clock, their part of the bound, and the growth with the number of classes. In
the same run a sample of pairs, half of them such that are not refused at once, is answered by the
engine of one pair at a time. The exit status is 1 when any answer differs, or beyond a bound.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from typing import NamedTuple

import numpy as np
from synthetic_fleet import profiles

from guestabi import policies
from guestabi.compat import effects
from guestabi.compat.bulk import Verdicts, matrix
from guestabi.compat.matrix import Engine
from guestabi.compat.verdict import QUESTIONS
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

SECONDS = 30.0
"""Of processor time, for 2,000 classes."""
MEGABYTES = 2048
"""At the peak, the hosts themselves and what made them included."""
PARTS = (16, 8, 4, 2)


class Run(NamedTuple):
    found: Verdicts
    processor: float
    clock: float


def main() -> int:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vmm", action="append")
    parser.add_argument("--classes", type=int, default=2000)
    parser.add_argument("--sample", type=int, default=3000)
    options = parser.parse_args()
    started = time.perf_counter()
    hosts = profiles(options.classes)
    print(f"{len(hosts)} classes of hosts made in {time.perf_counter() - started:.1f} s")
    loaded = [policies.load(name) for name in options.vmm or ["qemu-10.0", "strict", "ours"]]
    for part in PARTS:
        few = hosts[: len(hosts) // part]
        print(_line(loaded[0], few, _timed(few, loaded[0])))
    good = True
    for policy in loaded:
        run = _timed(hosts, policy)
        held = run.processor <= SECONDS
        print(f"{_line(policy, hosts, run)}; {_of(run.processor, SECONDS)} s: {_word(held)}")
        good = _agrees(policy, hosts, run.found, options.sample) and held and good
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"peak memory {peak} MB; {_of(peak, MEGABYTES)} MB: {_word(peak <= MEGABYTES)}")
    return 0 if good and peak <= MEGABYTES else 1


def _timed(hosts: list[HostProfile], policy: Policy) -> Run:
    processor, clock = time.process_time(), time.perf_counter()
    found = matrix(hosts, policy)
    return Run(found, time.process_time() - processor, time.perf_counter() - clock)


def _line(policy: Policy, hosts: list[HostProfile], run: Run) -> str:
    pairs = len(hosts) ** 2
    return (
        f"{policy.name}: {len(hosts)} classes, {pairs:,} pairs: {run.processor:.1f} s of processor,"
        f" {run.clock:.1f} s by the clock, {pairs / run.processor:,.0f} pairs/s"
    )


def _of(found: float, bound: float) -> str:
    return f"{found / bound:.2f} of the bound of {bound:.0f}"


def _word(held: bool) -> str:
    return "held" if held else "NOT HELD"


def _agrees(policy: Policy, hosts: list[HostProfile], found: Verdicts, size: int) -> bool:
    """Whether the engine of one pair at a time says the same of a sample; prints what does not."""
    rng, engine = random.Random(1), Engine(policy)
    best = np.minimum.reduce([found.ranks[name] for name in QUESTIONS])
    olds, news = np.nonzero(best < effects.rank("refused"))
    chosen = [rng.randrange(len(olds)) for _ in range(size // 2 if len(olds) else 0)]
    pairs = [(int(olds[each]), int(news[each])) for each in chosen]
    while len(pairs) < size:
        pairs.append((rng.randrange(len(hosts)), rng.randrange(len(hosts))))
    wrong = [
        f"{name} of {hosts[old].name} and {hosts[new].name}: {verdict}"
        for old, new in pairs
        for name, verdict in engine.verdicts(hosts[old], hosts[new]).items()
        if found.verdict(name, old, new) != verdict
    ]
    part = len(olds) / len(hosts) ** 2
    print(f"  {part:.1%} of the pairs are not refused in every question")
    print(f"  {len(pairs)} pairs asked one by one: {len(wrong)} other answers")
    for line in wrong[:10]:
        print(f"  WRONG: {line}")
    return not wrong and bool(pairs)


if __name__ == "__main__":
    sys.exit(main())
