"""One ONE_REG call: guestabi's against a C program's, in the same boot of the same kernel.

    python benchmarks/one_reg.py [--kernel 6.12] [--cpu neoverse-n1]

Needs the lab and a cross compiler (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross). Prints
the nanoseconds per call of each round and the median ratio; the bound is 3.2.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from guestabi.lab.archive import Archive
from guestabi.lab.capture import Program, capture
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle

HERE = Path(__file__).resolve().parent
BOUND = 3.2


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", default="6.12")
    parser.add_argument("--cpu", default="neoverse-n1")
    options = parser.parse_args()
    files = {
        "one_reg": compiled(),
        "guest.py": (HERE / "one_reg_guest.py").read_bytes(),
        PROGRAM: bundle(),
    }
    program = Program(["sh", "-c", "chmod +x one_reg && python3 guest.py"], files)
    archive = Archive(progress=lambda line: print(line, file=sys.stderr))
    (found,) = capture(
        archive, [options.kernel], [options.cpu], program, lambda _, output: json.loads(output)
    )
    if found.value is None:
        raise found.error or SystemExit("nothing came home")
    for number, (in_c, in_python) in enumerate(found.value):
        print(f"round {number}: C {in_c:.0f} ns, guestabi {in_python:.0f} ns")
    ratio = statistics.median(in_python / in_c for in_c, in_python in found.value)
    held = "held" if ratio <= BOUND else "NOT HELD"
    print(f"{found.subject.name}: guestabi / C = {ratio:.2f} (bound {BOUND}: {held})")
    return 0


def compiled() -> bytes:
    """Return the C program, statically linked for arm64."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "one_reg"
        subprocess.run(
            ["aarch64-linux-gnu-gcc", "-O2", "-static", "-o", target, HERE / "one_reg.c"],
            check=True,
        )
        return target.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
