"""Plans in Spin, beside our own search: the same answers, the same states, and the times.

    python benchmarks/plan_spin.py [PLAN.toml...]

Of each plan both say which promises break, for sure or for all that is known, and after how many
lines at the least; and both count the same states (stage, place, guest). A table in which one
refused move is called good is the canary: it must give another answer. Seconds are processor time:
of the whole (births and moves worked out, and for Spin the model written and compiled, too), and of
walking through the states alone. The exit status is 1 when the two disagree. Needs spin and gcc
(Debian packages of these names).
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, Optional

import spin_tools
from plan_lives import Lives
from plan_pml import Tables, promela

from guestabi.cli import planfile
from guestabi.errors import UsageError
from guestabi.fleet.plan.births import Nursery
from guestabi.fleet.plan.found import PROPERTIES
from guestabi.fleet.plan.line import line
from guestabi.fleet.plan.parts import parts
from guestabi.fleet.plan.search import explore
from guestabi.fleet.plan.shape import Plan
from guestabi.fleet.plan.stages import stages
from guestabi.fleet.plan.written import GroupRow, PlanFile, StepRow, to_toml

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FILES = (
    "kernel-upgrade/plan.toml",
    "kernel-upgrade/repaired.toml",
    "vmm-rollback/plan.toml",
    "vmm-rollback/gated.toml",
    "mixed-cpus/plan.toml",
    "mixed-cpus/pool.toml",
)
TELLS = [(name, sure) for name in PROPERTIES for sure in (True, False)]
"""What the assertions of plan.pml are about, by number; the next one is no harm."""


class Found(NamedTuple):
    """``shortest``: lines of the shortest story, by property and whether it is sure; ``seconds``
    of the whole, ``walk`` of the search alone."""

    verdict: str
    shortest: dict[tuple[str, bool], int]
    states: int
    seconds: float
    walk: float

    @property
    def answer(self) -> tuple[object, ...]:
        """All but the times."""
        return self.verdict, self.shortest, self.states


def here(plan: Plan) -> Found:
    """Ask our own search, and a second time when all births and moves are known."""
    nursery = Nursery()
    started = time.process_time()
    found = explore(plan, nursery=nursery)
    known = time.process_time()
    explore(plan, nursery=nursery)
    walk = time.process_time() - known
    shortest = {(each.property, each.sure): each.length for each in found.failures}
    return Found(found.verdict, shortest, found.states, known - started, walk)


def spin(plan: Plan, bent: Optional[int] = None) -> Found:
    """Ask Spin: breadth-first, to the end, past every assertion. ``bent``: the number of a refused
    move that is called good."""
    started = time.process_time()
    tables = Tables(plan, Lives())
    if bent is not None:
        tables = Tables(plan, Lives(tables.refused[bent]))
    model = promela(plan, tables)
    spent = time.process_time() - started
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "plan.pml").write_text(model)
        before = spin_tools.spent()
        spin_tools.run(["spin", "-a", "plan.pml"], directory)
        flags = ["-O0", "-w", "-DSAFETY", "-DNOREDUCE", "-DBFS"]
        spin_tools.run(["gcc", *flags, "-o", "pan", "pan.c"], directory)
        made = spin_tools.spent()
        said = spin_tools.run(["./pan", "-c0", "-E", "-w18"], directory)
        walk = spin_tools.spent() - made
        spent += spin_tools.spent() - before
    if "Search not completed" in said:
        raise SystemExit(f"Spin did not come to the end:\n{said}")
    first: dict[int, int] = {}
    for number, depth in re.findall(r"assertion violated \((.*)<0\) \(at depth (\d+)\)", said):
        # Nearest first; a depth is the number of lines before the harm.
        first.setdefault(int(number), int(depth) + 1)
    crossed = first.pop(len(TELLS), None) is not None
    shortest = {TELLS[number]: depth for number, depth in first.items()}
    stages = 1 + sum(1 + step.rolls for step in plan.steps)
    states = (
        spin_tools.number(r"(\d+) states, stored", said) - stages
    )  # there is one without a guest of each
    return Found(_verdict(shortest, crossed), shortest, states, spent, walk)


def _verdict(shortest: dict[tuple[str, bool], int], crossed: bool) -> str:
    if any(sure for _, sure in shortest):
        return "broken"
    if shortest:
        return "unknown"
    return "proved" if crossed else "vacuous"


def larger() -> Plan:
    """Return a plan of four groups and eight steps that is proved."""
    names = ("one", "two", "three", "four")
    old, new = "debian-6.12/neoverse-n1", "debian-6.16/neoverse-n1"
    groups = [GroupRow(name, old, "qemu-10.0", 8) for name in names]
    steps = [StepRow("qemu", vmm="qemu-11.1"), StepRow("pin", pins={"PSCI_VERSION": "0x10001"})]
    steps += [StepRow(f"{name}: kernel", groups=[name], kernel=new) for name in names]
    steps += [StepRow("stay", commit=True), StepRow("unpin", unpin=["PSCI_VERSION"])]
    file = PlanFile(schema=1, name="four groups, eight steps", group=groups, step=steps)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "plan.toml")
        path.write_text(to_toml(file))
        return planfile.load(str(path))


def told(found: Found) -> str:
    """Return an answer in a few words."""
    broken = (
        f"{name}{'' if sure else '?'} after {found.shortest[name, sure]}"
        for name, sure in TELLS
        if (name, sure) in found.shortest
    )
    return f"{found.verdict}, {found.states} states{''.join(f', {each}' for each in broken)}"


def compare(plan: Plan, name: str) -> bool:
    """Print both answers to one plan; return whether they are the same."""
    mine, theirs = here(plan), spin(plan)
    whole = takes_all(plan)
    same = mine.answer == theirs.answer if whole else mine.answer[:2] == theirs.answer[:2]
    print(f"{name}\n  guestabi  {told(mine)}\n  Spin      {told(theirs)}")
    for what, one, two in (
        ("the whole", mine.seconds, theirs.seconds),
        ("the walk", mine.walk, theirs.walk),
    ):
        ratio = two / max(one, 1e-4)
        print(f"  {what:9} {one:.3f} s, Spin {two:.3f} s: {ratio:.2f} x")
    if not whole:
        print("  states not compared: our search takes groups or stages together")
    if not same:
        print("  THEY DISAGREE")
    return same


def takes_all(plan: Plan) -> bool:
    """Whether our search looks at every group and every stage, as Spin does."""
    every = parts(plan)
    one = every[0]
    groups = len(every) == 1 and len(one.hosts) == len(plan.groups)
    return groups and len(line(plan, one)) == len(stages(plan, one.hosts))


def canary(plan: Plan) -> bool:
    """Print whether each refused move, called good in the table, gives another answer."""
    right = here(plan).answer
    refused = len(Tables(plan, Lives()).refused)
    caught = [spin(plan, number).answer != right for number in range(refused)]
    print(f"canary: {sum(caught)} of {refused} bent tables are found out")
    return all(caught) and bool(caught)


def main() -> int:
    """Compare; return 1 on a difference, or where the canary lives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plans", nargs="*", metavar="PLAN.toml")
    paths = parser.parse_args().plans
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        named = [(planfile.load(path), path) for path in paths]
        return _compared(named)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2


def _compared(named: list[tuple[Plan, str]]) -> int:
    if not named:
        named = [(planfile.load(str(EXAMPLES / each)), each) for each in FILES]
        named.append((larger(), "four groups, eight steps"))
    same = [compare(plan, name) for plan, name in named]
    alive = not canary(planfile.load(str(EXAMPLES / FILES[0])))
    return 1 if alive or not all(same) else 0


if __name__ == "__main__":
    sys.exit(main())
