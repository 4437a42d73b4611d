"""Measure the captures that ship with the package, anew, in the lab.

    python tools/make_atlas.py [--only KERNEL,...] [--cpus CPU,...] [--jobs N]

Every row of KERNELS is booted on every CPU of CPUS; the rows of DRIFT on one CPU alone. A capture
that fails leaves the old file in place and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from guestabi.atlas.index import DATA
from guestabi.errors import GuestAbiError
from guestabi.lab.archive import Archive
from guestabi.lab.profiles import capture_profiles
from guestabi.profile import writing

CPUS = ("cortex-a57", "cortex-a72", "cortex-a76", "a64fx", "neoverse-n1", "max")

KERNELS = (
    "5.10.223",
    "6.1.192",
    "6.12.117",
    "6.16.12",
    "6.17.13",
    "6.18.15",
    "6.19.14",
    "7.0.13",
    "7.1.13",
    "7.2.12",
    "7.3.4",
)
"""One build a series: exact, so that the captures can be compared with published tables."""

DRIFT = ("6.1.164", "6.1.170", "6.1.176", "6.12.43", "6.12.74", "6.12.94")
"""More stable builds, on neoverse-n1: does the ABI move inside a branch?"""


def main() -> int:
    """Capture; return 0 when every capture came home."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="kernels to capture, separated by commas")
    parser.add_argument("--cpus", help="CPU models to capture, separated by commas")
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    only = options.only.split(",") if options.only else None
    cpus = options.cpus.split(",") if options.cpus else CPUS
    failed = run(_chosen(KERNELS, only), cpus, options.jobs)
    if "neoverse-n1" in cpus:
        failed += run(_chosen(DRIFT, only), ("neoverse-n1",), options.jobs)
    return 1 if failed else 0


def run(kernels: Sequence[str], cpus: Sequence[str], jobs: int | None) -> int:
    """Capture ``kernels`` × ``cpus`` into the atlas; return how many failed."""
    if not kernels:
        return 0
    failed = 0
    archive = Archive(progress=_say)
    for captured in capture_profiles(archive, kernels, cpus, jobs=jobs):
        if captured.value is None:
            failed += 1
            _say(f"{captured.subject.name}: {captured.error}")
            continue
        path = DATA / f"{captured.subject.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        writing.write_text(path, captured.value)
        _say(f"{captured.subject.name}: {captured.seconds:.1f} s")
    return failed


def _chosen(kernels: Sequence[str], only: Sequence[str] | None) -> list[str]:
    return [kernel for kernel in kernels if only is None or kernel in only]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except GuestAbiError as error:
        sys.exit(f"{error}\n{error.hint}")
