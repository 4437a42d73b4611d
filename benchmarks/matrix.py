"""The matrix of all shipped captures, all four questions: how long, and what the fast path gains.

    python benchmarks/matrix.py [--vmm qemu-10.0] [--sample 40]

Prints the seconds to load the captures and to answer every pair, and the ratio between a full
check, with its findings, and the fast path, over a sample of pairs, in the same run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from guestabi import atlas, policies
from guestabi.compat import matrix, verdict

BOUND = 3.0


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
    matrix.matrix(hosts, policy)
    done = time.perf_counter()
    pairs = len(hosts) ** 2
    classes = len({host.digest for host in hosts})
    print(f"{len(hosts)} captures, {classes} of them different: loaded in {loaded - started:.2f} s")
    print(f"{pairs} pairs, four questions each: {done - loaded:.2f} s")
    held = "held" if done - started <= BOUND else "NOT HELD"
    print(f"together {done - started:.2f} s (bound {BOUND} s: {held})")
    chosen = random.Random(1).sample([(a, b) for a in hosts for b in hosts], options.sample)
    full = _time(lambda: [verdict.check(a, b, policy) for a, b in chosen])
    fast = _time(lambda: [matrix.verdict_only(a, b, policy) for a, b in chosen])
    print(f"a check with its findings / verdicts alone, one pair at a time: {full / fast:.1f}")
    return 0


def _time(work) -> float:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
