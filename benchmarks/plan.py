"""A plan of 12 steps over 2,000 classes of hosts, proved or broken: seconds against the promise.

    python benchmarks/plan.py [--growth]

The classes are those of benchmarks/synthetic_fleet.py, a group of 500 hosts each. Hosts of one CPU
are put into pools of ten groups; guests move within their pool and boot anywhere. The steps: QEMU
11.1 for 10.0 in three waves, PSCI 1.1 pinned, kernels in six waves (each class becomes the next one
of its CPU), the pin dropped, and no way back from there.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time

from synthetic_fleet import profiles

from guestabi import policies
from guestabi.cli.workers import forked
from guestabi.fleet.plan.proof import prove
from guestabi.fleet.plan.resolve import Sources, resolve
from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow
from guestabi.registers.catalogue import find

BOUND_SECONDS = 30.0
BOUND_MB = 2048
POOL = 10
MIDR = find("MIDR_EL1").id


def plan(count: int) -> tuple[PlanFile, Sources]:
    """Return the plan over ``count`` classes, and where its names lead."""
    hosts = {each.digest: each for each in profiles(count)}
    by_cpu: dict[object, list[str]] = {}
    for digest, each in hosts.items():
        by_cpu.setdefault(each.defaults.get(MIDR), []).append(digest)
    pools = [
        digests[start : start + POOL]
        for digests in by_cpu.values()
        for start in range(0, len(digests), POOL)
    ]
    becomes = {
        digest: digests[(place + 1) % len(digests)]
        for digests in by_cpu.values()
        for place, digest in enumerate(digests)
        if len(digests) > 1
    }
    groups = [GroupRow(digest, digest, "qemu-10.0", 500) for pool in pools for digest in pool]
    moves = [(a, b) for pool in pools for a in pool for b in pool if a != b]
    movable = [digest for digest in hosts if digest in becomes]
    names = [row.name for row in groups]
    steps = [StepRow(f"qemu {wave}", groups=names[wave::3], vmm="qemu-11.1") for wave in range(3)]
    steps.append(StepRow("pin", pins={"PSCI_VERSION": "0x10001"}))
    steps += [
        StepRow(f"kernel {wave}", groups=movable[wave::6], kernel=becomes) for wave in range(6)
    ]
    steps += [StepRow("unpin", unpin=["PSCI_VERSION"]), StepRow("stay", commit=True)]
    file = PlanFile(schema=1, name=f"{count} classes", group=groups, step=steps, moves=moves)
    sources = Sources(
        hosts.__getitem__, policies.load, lambda path: {}, lambda old, series: old, lambda a, b: ()
    )
    return file, sources


def measure(count: int) -> float:
    """Print what a plan over ``count`` classes takes; return the seconds."""
    file, sources = plan(count)
    started = time.perf_counter()
    proof = prove(resolve(file, "benchmark", sources), share=forked)
    taken = time.perf_counter() - started
    found = proof.found
    print(
        f"{count:6,} classes, {len(file.step)} steps: {taken:6.2f} s, {proof.verdict}, "
        f"{found.states:,} states, {found.transitions:,} transitions, {found.moves:,} moves, "
        f"{found.parts:,} parts"
    )
    return taken


def main() -> int:
    """Measure; fail beyond the promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--growth", action="store_true", help="smaller fleets too")
    counts = (125, 250, 500, 1000, 2000) if parser.parse_args().growth else (2000,)
    taken = [measure(count) for count in counts][-1]
    own, theirs = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    # What a process inherits counts in it too, so that this is more than there ever was.
    peak = own + len(os.sched_getaffinity(0)) * theirs
    print(f"of the {BOUND_SECONDS:.0f} s promised: {taken / BOUND_SECONDS:.2f}")
    print(f"of the {BOUND_MB} MB promised: {peak / BOUND_MB:.2f}")
    return 0 if taken <= BOUND_SECONDS and peak <= BOUND_MB else 1


if __name__ == "__main__":
    sys.exit(main())
