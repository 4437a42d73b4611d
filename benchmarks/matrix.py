"""The matrix of all shipped captures, all four questions: how long, and what the fast path gains.

    python benchmarks/matrix.py [--vmm qemu-10.0] [--sample 40]

Prints the seconds to load the captures and to answer every pair, and the ratio between a full
check, with its findings, and the fast path, over a sample of pairs, in the same run.
"""

from __future__ import annotations

import random
import sys

import whole_atlas

from guestabi.compat import matrix

BOUND = 3.0


def main() -> int:
    """Measure and print."""
    atlas = whole_atlas.load(__doc__)
    hosts, policy = atlas.hosts, atlas.policy
    took = whole_atlas.seconds(lambda: matrix.matrix(hosts, policy))
    together = atlas.loading + took
    classes = len({host.digest for host in hosts})
    print(f"{len(hosts)} captures, {classes} of them different: loaded in {atlas.loading:.2f} s")
    print(f"{len(hosts) ** 2} pairs, four questions each: {took:.2f} s")
    held = "held" if together <= BOUND else "NOT HELD"
    print(f"together {together:.2f} s (bound {BOUND} s: {held})")
    pairs = [(a, b) for a in hosts for b in hosts]
    full = atlas.full_checks(pairs)
    chosen = random.Random(1).sample(pairs, atlas.sample)
    fast = whole_atlas.seconds(lambda: [matrix.verdict_only(a, b, policy) for a, b in chosen])
    ratio = full * atlas.sample / fast
    print(f"a check with its findings / verdicts alone, one pair at a time: {ratio:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
