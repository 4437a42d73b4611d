"""How fast the designs are explored, and the same world in Spin, in one run.

    python benchmarks/explore.py [--versions 3,5,6]

Prints, for each number of kernel and VMM versions, the states of vm-scoped under list-lenient
VMMs, states per second of processor time here and in Spin (exhaustive, -O2, no reduction, start-up
included), and what each says of P3: it fails, and the shortest way takes so many steps. Then the
whole table: states and seconds. The exit status is 1 when the two disagree. Needs spin and gcc
(Debian packages of these names).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import spin_tools

from guestabi.model import explore, table
from guestabi.model.explore import Bound
from guestabi.model.properties import OWN, PROPERTIES
from guestabi.model.semantics import BEHAVIOURS, DESIGNS

MODEL = Path(__file__).with_name("vm_scoped.pml")
ROUNDS = 3


class Found(NamedTuple):
    """What one explorer says. ``seconds`` are of processor time, ``shortest`` is the number of
    steps to where P3 fails."""

    states: int
    steps: int
    seconds: float
    shortest: int

    @property
    def rate(self) -> float:
        return self.states / max(self.seconds, 1e-9)


def main() -> int:
    """Measure and print; return 1 when the two explorers disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--versions", default="3,5,6", help="bounds, separated by commas")
    sizes = [int(each) for each in parser.parse_args().versions.split(",")]
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    wrong = 0
    print("versions    states  guestabi states/s    Spin states/s  Spin is  P3 fails after")
    for size in sizes:
        ours = min((here(size) for _ in range(ROUNDS)), key=lambda found: found.seconds)
        theirs = spin(size)
        same = ours[:2] == theirs[:2] and ours.shortest == theirs.shortest
        wrong += not same
        print(
            f"{size:8} {ours.states:9,} {ours.rate:18,.0f} {theirs.rate:16,.0f}"
            f" {theirs.rate / ours.rate:6.1f} x  {ours.shortest} steps"
            f"{'' if same else f'; Spin: {theirs}'}"
        )
    whole()
    return 1 if wrong else 0


def here(size: int) -> Found:
    """Explore the world with guestabi."""
    started = time.process_time()
    found = explore.explore(
        DESIGNS["vm-scoped"],
        BEHAVIOURS["list-lenient"],
        OWN,
        [PROPERTIES["P3"]],
        Bound(kernels=size, vmms=size),
    )
    seconds = time.process_time() - started
    failures = [
        failure for (level, _), failure in found.found.get("P3", {}).items() if level == "fails"
    ]
    return Found(found.states, found.steps, seconds, len(failures[0].trace))


def spin(size: int) -> Found:
    """Explore it with Spin: once whole for the states, once breadth-first for the shortest way."""
    with tempfile.TemporaryDirectory() as directory:
        macros = [f"-DKERNELS={size}", f"-DVMMS={size}"]
        spin_tools.run(["spin", *macros, "-a", str(MODEL)], directory)
        flags = ["-O2", "-w", "-DSAFETY", "-DNOREDUCE"]
        spin_tools.run(["gcc", *flags, "-o", "whole", "pan.c"], directory)
        spin_tools.run(["gcc", *flags, "-DBFS", "-o", "first", "pan.c"], directory)
        outs = []
        for _ in range(ROUNDS):
            before = spin_tools.spent()
            out = spin_tools.run(["./whole", "-A", "-m2000000", "-w22"], directory)
            outs.append((spin_tools.spent() - before, out))
        first = spin_tools.run(["./first"], directory)
    seconds, out = min(outs)
    # Spin counts the initial state as a transition, and the failing step as a depth reached.
    return Found(
        spin_tools.number(r"(\d+) states, stored", out),
        spin_tools.number(r"(\d+) transitions", out) - 1,
        seconds,
        spin_tools.number(r"at depth (\d+)", first) + 1,
    )


def whole() -> None:
    """Fill the whole table in this one process, and say how long it took."""
    started = time.perf_counter()
    columns = {name: table.column(row) for name, row in DESIGNS.items()}
    seconds = time.perf_counter() - started
    states = sum(table.explored(cells) for cells in columns.values())
    print(
        f"\nthe whole table, one process: {states:,} states in {seconds:.1f} s"
        f" ({states / seconds:,.0f} states/s, checks, replays and stories included)"
    )


if __name__ == "__main__":
    sys.exit(main())
