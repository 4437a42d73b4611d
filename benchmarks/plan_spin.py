"""Plans in Spin beside our own search: the same answers, the same number of states, and the time.

    python benchmarks/plan_spin.py [PLAN.toml...]

By default the examples, and a plan of four groups and eight steps. Each promise is asked of Spin in
a run of its own, for sure and for all that is known. A bent table is the canary: it must give
another answer. The exit status is 1 where the two disagree. Needs spin and gcc (Debian packages of
these names).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from plan_pml import PROPERTIES, Tables, promela, tables

from guestabi.cli import planfile
from guestabi.fleet.plan.resolve import resolve
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FILES = (
    "kernel-upgrade/plan.toml",
    "kernel-upgrade/repaired.toml",
    "vmm-rollback/plan.toml",
    "vmm-rollback/gated.toml",
    "mixed-cpus/plan.toml",
    "mixed-cpus/pool.toml",
)
Answer = frozenset[tuple[str, bool]]
"""Promises that are broken, each for sure (True) or for all that is known."""


def larger() -> Plan:
    """Return a plan of four groups and eight steps that is proved."""
    names = ("one", "two", "three", "four")
    old, new = "debian-6.12/neoverse-n1", "debian-6.16/neoverse-n1"
    groups = [GroupRow(name, old, "qemu-10.0", 8) for name in names]
    steps = [StepRow("qemu", vmm="qemu-11.1"), StepRow("pin", pins={"PSCI_VERSION": "0x10001"})]
    steps += [StepRow(f"{name}: kernel", groups=[name], kernel=new) for name in names]
    steps += [StepRow("two: 6.17", groups=["two"], kernel="6.17"), StepRow("stay", commit=True)]
    file = PlanFile(schema=1, name="four groups, eight steps", group=groups, step=steps)
    return resolve(file, "larger", planfile.sources("larger"))


def ours(plan: Plan) -> tuple[Answer, int, float]:
    """Return what is broken, how many states there are, and the seconds."""
    started = time.perf_counter()
    found = explore(plan)
    taken = time.perf_counter() - started
    return frozenset((each.property, each.sure) for each in found.failures), found.states, taken


def spin(found: Tables) -> tuple[Answer, int, float]:
    """Return the same from Spin; the seconds are of the search alone, all promises together."""
    broken, nodes, taken = set(), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan.pml").write_text(promela(found))
        _run(["spin", "-a", "plan.pml"], folder)
        _run(["gcc", "-O1", "-w", "-DSAFETY", "-DBFS", "-o", "pan", "pan.c"], folder)
        for number, name in enumerate(PROPERTIES):
            for sure in (True, False):
                asked = {"PROPERTY": str(number), "SURE": str(int(sure))}
                started = time.perf_counter()
                said = _run(["./pan", "-m100000"], folder, asked)
                taken += time.perf_counter() - started
                errors = int(re.search(r"errors: (\d+)", said)[1])  # type: ignore[index]
                if errors:
                    broken.add((name, sure))
                else:
                    nodes = max(nodes, int(re.search(r"nodes (\d+)", said)[1]))  # type: ignore[index]
    return frozenset(broken), nodes, taken


def _run(command: Sequence[str], folder: str, more: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, **(more or {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def bent(found: Tables) -> Tables:
    """Return tables in which every move that is not good stays where it is, and is called good."""
    found.effect = [[0] * len(row) for row in found.effect]
    found.after = [
        [guest if one < 0 else one for one in row] for guest, row in enumerate(found.after)
    ]
    return found


def compare(plan: Plan) -> bool:
    """Print both answers to one plan; return whether they are the same."""
    mine, states, seconds = ours(plan)
    theirs, nodes, taken = spin(tables(plan))
    same = mine == theirs and states == nodes
    said = ", ".join(sorted(f"{name}{'' if sure else '?'}" for name, sure in mine)) or "proved"
    print(
        f"{plan.name[:44]:44}  {said:28}  states {states:6,} / {nodes:6,}  "
        f"seconds {seconds:6.3f} / {taken:6.3f} = {seconds / taken:6.2f}  "
        f"{'same' if same else f'SPIN SAYS OTHERWISE: {sorted(theirs)}'}"
    )
    return same


def main() -> int:
    """Compare; return 1 on a difference, or where the canary is not caught."""
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"not installed: {' '.join(missing)}", file=sys.stderr)
        return 1
    paths = sys.argv[1:] or [str(EXAMPLES / name) for name in FILES]
    plans = [planfile.load(path) for path in paths]
    if not sys.argv[1:]:
        plans.append(larger())
    print("plan: what is broken (ours); states and seconds: ours / Spin")
    same = [compare(plan) for plan in plans]
    canary = planfile.load(str(EXAMPLES / FILES[0]))
    caught = spin(bent(tables(canary)))[0] != ours(canary)[0]
    print(f"canary, a bent table: {'caught' if caught else 'NOT CAUGHT'}")
    return 0 if all(same) and caught else 1


if __name__ == "__main__":
    sys.exit(main())
