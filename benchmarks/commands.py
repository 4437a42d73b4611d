"""How long a user waits for an answer: whole commands, against a Python that does nothing.

    python benchmarks/commands.py

Prints, for each command, the median wall time of RUNS runs, its ratio to the bare interpreter's
start-up in the same rounds, and the bound in seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 9
ATLAS = Path(__file__).resolve().parent.parent / "src" / "guestabi" / "atlas" / "data"
COMMANDS = (
    ("guestabi --help", ["--help"], 0, 0.2),
    (
        "guestabi check (two files)",
        [
            "check",
            str(ATLAS / "debian-7.3.4" / "neoverse-n1.json"),
            str(ATLAS / "debian-7.2.12" / "neoverse-n1.json"),
        ],
        100,
        0.5,
    ),
    ("guestabi show", ["show", "debian-7.3/neoverse-n1"], 0, None),
)


def main() -> int:
    """Measure and print."""
    program = Path(sys.executable).with_name("guestabi")
    rows = [("python -c pass", [sys.executable, "-c", "pass"], 0, None)]
    rows += [
        (name, [str(program), *words], status, bound) for name, words, status, bound in COMMANDS
    ]
    times: dict[str, list[float]] = {name: [] for name, *_ in rows}
    for _ in range(RUNS + 1):
        for name, command, status, _ in rows:
            times[name].append(_seconds(command, status))
    bare = times["python -c pass"][1:]
    for name, _, _, bound in rows:
        seconds = times[name][1:]
        ratio = statistics.median(own / base for own, base in zip(seconds, bare, strict=True))
        median = statistics.median(seconds)
        print(f"{name:28} {median:6.3f} s  {ratio:5.1f} x bare Python{_verdict(median, bound)}")
    return 0


def _verdict(median: float, bound: float | None) -> str:
    if bound is None:
        return ""
    return f"  (bound {bound:.1f} s: {'held' if median <= bound else 'NOT HELD'})"


def _seconds(command: list[str], status: int) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, env=dict(os.environ))
    seconds = time.perf_counter() - started
    if done.returncode != status:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stderr.decode()}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
