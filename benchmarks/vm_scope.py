"""Registers of 1 to 64 vCPUs, written per vCPU and written once: ioctls, locks, wall time, a chart.

    python benchmarks/vm_scope.py [--kernel 7.3] [--cpu neoverse-n1] [--no-lab] [-o FILE.svg]

On the model (which counts acquisitions of the VM-wide lock) and, in the lab, on a real kernel. One
thread a vCPU, as a VMM does it. The chart goes to docs/vm-scope-cost.svg.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from vm_scope_chart import chart
from vm_scope_guest import measure

from guestabi import model
from guestabi.lab.archive import Archive
from guestabi.lab.capture import Program, capture
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle

HERE = Path(__file__).resolve().parent
TIMEOUT_SECONDS = 900
GUEST = HERE / "vm_scope_guest.py"


def main() -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", default="7.3")
    parser.add_argument("--cpu", default="neoverse-n1")
    parser.add_argument("--no-lab", action="store_true", help="the model alone, no chart")
    parser.add_argument("-o", "--output", default=HERE.parent / "docs" / "vm-scope-cost.svg")
    options = parser.parse_args()
    kvm = model.kernel(f"debian-{options.kernel}/{options.cpu}")
    modelled = measure(kvm, kvm.locks)
    say(f"model of {options.kernel}", modelled)
    if options.no_lab:
        return 0
    program = Program(["python3", "guest.py"], {"guest.py": GUEST.read_bytes(), PROGRAM: bundle()})
    archive = Archive(progress=lambda line: print(line, file=sys.stderr))
    (found,) = capture(
        archive,
        [options.kernel],
        [options.cpu],
        program,
        lambda _, output: json.loads(output),
        timeout=TIMEOUT_SECONDS,
    )
    if found.value is None:
        raise found.error or SystemExit("nothing came home")
    say(f"{found.subject.name}, {found.subject.emulator}", found.value)
    Path(options.output).write_text(chart(modelled, found.value, found.subject.name), "utf-8")
    return 0


def say(title: str, result: dict) -> None:
    """Print both ways side by side, with the ratios."""
    print(f"{title}: R_vm {result['r_vm']}, R_vcpu {result['r_vcpu']}; per vCPU / once")
    print("vCPUs            ioctls           locks              ms, all     ms, the VM's part")
    for each, once in zip(result["rows"][::2], result["rows"][1::2], strict=True):
        locks = "not counted" if each["locks"] is None else f"{each['locks']} / {once['locks']}"
        print(
            f"{each['vcpus']:5} {each['ioctls']:>8} / {once['ioctls']:<7} {locks:>13} "
            f"{times(each, once, 'seconds'):>22} {times(each, once, 'vm_seconds'):>22}"
        )


def times(each: dict, once: dict, key: str) -> str:
    """Return both times in milliseconds, and how many times longer the first is."""
    return f"{each[key] * 1e3:.2f} / {once[key] * 1e3:.2f} = {each[key] / once[key]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
