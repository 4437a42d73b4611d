"""How a fleet grows: hosts put in, and what is asked of them, in one run.

    python benchmarks/fleet_store.py [--classes 2000] [--hosts 1000,...,1000000] [--chart FILE]

Makes that many classes of 400 registers (synthetic_fleet.py), and for each number of hosts a list
in CSV: a host a class by its file, every other one by a digest. Then, in processes of their own on
two cores: the list is added to an empty fleet, and each question is asked three times. Prints
seconds, of which the best count for questions, peak memory, and the size on the disk; figure and
bound as a ratio for the largest fleet. The exit status is 1 beyond a bound. The chart is
docs/fleet-scale.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INGEST = 60.0
QUESTION = 1.0
MEMORY = 2e9
BOUNDED = 1_000_000
"""The bounds are for so many hosts in 2,000 classes; for fewer, they are shown and held too."""

ROUNDS = 3
CORES = 2
REGISTER = "PSCI_VERSION"
SQL = "SELECT host_group, count(*) FROM hosts GROUP BY host_group ORDER BY 2 DESC, 1 LIMIT 10"


def main() -> int:
    """Measure and print; return 1 beyond a bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classes", type=int, default=2000)
    parser.add_argument("--hosts", default="1000,10000,100000,1000000")
    parser.add_argument("--chart", metavar="FILE", help="write the chart there")
    options = parser.parse_args()
    sizes = [int(each) for each in options.hosts.split(",")]
    with tempfile.TemporaryDirectory(prefix="fleet-") as name:
        folder = Path(name)
        digests = child("make", folder, options.classes)
        rows = [grow(folder, size, digests) for size in sizes]
    if options.chart:
        from fleet_chart import chart

        Path(options.chart).write_text(chart(rows), encoding="utf-8")
    return verdict(rows[-1])


def grow(folder: Path, size: int, digests: list[str]) -> dict:
    """Add ``size`` hosts to a new fleet and ask it; return and print the figures."""
    listed, fleet = folder / f"{size}.csv", folder / str(size)
    write_list(listed, size, digests)
    row = {"hosts": size, "classes": min(size, len(digests)), **child("add", fleet, listed)}
    row["questions"] = child("ask", fleet)
    row["megabytes"] = sum(path.stat().st_size for path in fleet.rglob("*.parquet")) / 1e6
    print(
        f"{size:9,} hosts in {row['classes']:,} classes: added in {row['seconds']:.1f} s"
        f" ({row['processor']:.1f} s of processor time), {row['memory'] / 1e9:.2f} GB,"
        f" {row['megabytes']:.1f} MB on the disk"
    )
    asked = ", ".join(f"{name} {seconds:.3f}" for name, seconds in row["questions"].items())
    print(f"{'':9} seconds to ask: {asked}", flush=True)
    return row


def write_list(path: Path, size: int, digests: list[str]) -> None:
    """Write the CSV file: the first host of a class brings its file."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("host,profile,group,vmm\n")
        for number in range(size):
            place = number if number < len(digests) else number * 7919 % len(digests)
            ref = f"{place}.json" if number < len(digests) else digests[place]
            stream.write(f"host-{number:07},{ref},rack-{number // 2000:03},qemu-10.0\n")


def verdict(row: dict) -> int:
    """Print figure / bound; return 1 beyond a bound."""
    slowest = max(row["questions"], key=lambda name: row["questions"][name])
    figures = {
        "ingest": (row["seconds"], INGEST, "s"),
        f"slowest question ({slowest})": (row["questions"][slowest], QUESTION, "s"),
        "peak memory": (row["memory"] / 1e9, MEMORY / 1e9, "GB"),
    }
    beyond = 0
    print(f"\n{row['hosts']:,} hosts, {row['classes']:,} classes, {CORES} cores")
    for name, (figure, bound, unit) in figures.items():
        held = "held" if figure <= bound else "NOT HELD"
        beyond += figure > bound
        print(f"{name}: {figure:.2f} {unit} / {bound:g} {unit} = {figure / bound:.2f} ({held})")
    if row["hosts"] < BOUNDED:
        print(f"(the bounds are for {BOUNDED:,} hosts)")
    return 1 if beyond else 0


def child(*arguments: object):  # type: ignore[no-untyped-def]
    """Run one part of the work in a process of its own; return what it says."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def make(folder: str, count: str) -> list[str]:
    """Write the profiles; return their digests."""
    from synthetic_fleet import profiles

    found = profiles(int(count))
    for number, profile in enumerate(found):
        (Path(folder) / f"{number}.json").write_bytes(profile.raw)
    return [profile.digest for profile in found]


def add(fleet: str, listed: str) -> dict:
    """Add the list as the command does."""
    from guestabi.fleet import store

    started = time.perf_counter()
    store.add_csv(fleet, listed)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "memory": 1024 * used.ru_maxrss,
    }


def ask(fleet: str) -> dict[str, float]:
    """Ask each question; return the best seconds of each."""
    from guestabi.fleet.store import answers, select
    from guestabi.registers.catalogue import find

    number = find(REGISTER).id
    questions = {
        "census": lambda: answers.census(fleet),
        f"census {REGISTER}": lambda: answers.spread(fleet, [number]),
        "classes": lambda: answers.classes_with_counts(fleet),
        "list": lambda: answers.groups(fleet),
        "query": lambda: select.select(fleet, SQL),
    }
    return {
        name: min(_seconds(question) for _ in range(ROUNDS)) for name, question in questions.items()
    }


def _seconds(work) -> float:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    parts = {"make": make, "add": add, "ask": ask}
    if sys.argv[1:2] and sys.argv[1] in parts:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
        print(json.dumps(parts[sys.argv[1]](*sys.argv[2:])))
        sys.exit(0)
    sys.exit(main())
