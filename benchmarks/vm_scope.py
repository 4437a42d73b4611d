"""Registers of 1 to 64 vCPUs, written per vCPU and written once: writes, locks, wall time.

    python benchmarks/vm_scope.py [--kernel 7.3 ...] [--cpu neoverse-n1] [--rounds 3] [--locks]
    python benchmarks/vm_scope.py --no-lab
    python benchmarks/vm_scope.py --patched times locks

On the model (which counts acquisitions of the VM-wide lock) and, in the lab, on real kernels. One
thread a vCPU, as a VMM does it; needs a cross compiler (Debian: gcc-aarch64-linux-gnu,
libc6-dev-arm64-cross). ``--locks`` counts on the real kernel too, and then times mean nothing.

``--patched`` measures what docs/vm-registers.md tells: the kernels of KERNELS, which ``guestabi lab
build`` makes before. It keeps the figures in vm_scope.json, and renews the page's tables
and docs/vm-scope-cost.svg.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import vm_scope_page
from vm_scope_guest import OnModel, measure

from guestabi import atlas
from guestabi.lab.archive import Archive
from guestabi.lab.capture import Program, capture
from guestabi.lab.patched import model_of
from guestabi.lab.profiles import PROGRAM
from guestabi.probe.bundle import bundle

HERE = Path(__file__).resolve().parent
TIMEOUT_SECONDS = 900
KERNELS = {
    "times": ("6.12+vm-one-reg", "6.12+reg-scope"),
    "locks": ("6.12+vm-one-reg+lockstat", "6.12+reg-scope+lockstat"),
}
ROUNDS = 20
COMPILER = ("aarch64-linux-gnu-gcc", "-O2", "-Wall", "-shared", "-fPIC", "-pthread")


def main() -> int:
    """Measure, print, and draw what docs show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", nargs="+", default=["7.3"])
    parser.add_argument("--cpu", default="neoverse-n1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--locks", action="store_true", help="count on the real kernel too")
    parser.add_argument("--no-lab", action="store_true", help="the model alone")
    parser.add_argument("--patched", nargs="+", choices=KERNELS, help="what docs tell, anew")
    options = parser.parse_args()
    if options.patched:
        for part in options.patched:
            found = real(KERNELS[part], options.cpu, ROUNDS, part == "locks")
            vm_scope_page.keep(part, found)
        models = [{"kernel": name, **modelled(name, options.cpu)} for name in KERNELS["times"]]
        vm_scope_page.keep("model", models)
        vm_scope_page.draw()
        return 0
    for kernel in options.kernel:
        say(f"model of {kernel}", modelled(kernel, options.cpu))
    if not options.no_lab:
        real(options.kernel, options.cpu, options.rounds, options.locks)
    return 0


def modelled(kernel: str, cpu: str) -> dict:
    """Return the rows of the model of ``kernel``, which counts and takes no time."""
    series = kernel.partition("+")[0]
    kvm = model_of(kernel, atlas.resolve(f"debian-{series}/{cpu}"))
    return measure(kvm, OnModel(kvm), 1)


def real(kernels: tuple[str, ...], cpu: str, rounds: int, locks: bool) -> list[dict]:
    """Return, and print, the rows of each of ``kernels`` in the lab, one boot after the other."""
    argv = ["python3", "guest.py", str(rounds), *(["locks"] if locks else [])]
    files = {
        "guest.py": (HERE / "vm_scope_guest.py").read_bytes(),
        "vm_scope_locks.py": (HERE / "vm_scope_locks.py").read_bytes(),
        "vm_scope.so": compiled(),
        PROGRAM: bundle(),
    }
    archive = Archive(progress=lambda line: print(line, file=sys.stderr))
    done = []
    for found in capture(
        archive,
        kernels,
        [cpu],
        Program(argv, files),
        lambda _, output: json.loads(output),
        jobs=1,
        timeout=TIMEOUT_SECONDS,
    ):
        if found.value is None:
            raise found.error or SystemExit("nothing came home")
        name = found.subject.name.removeprefix("debian-")
        say(f"{name}, {found.subject.emulator}", found.value)
        done.append({"kernel": name, "emulator": found.subject.emulator, **found.value})
    return done


def compiled() -> bytes:
    """Return vm_scope.c as a library for arm64."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "vm_scope.so"
        subprocess.run(
            [*COMPILER, "-o", target, HERE / "vm_scope.c"],
            check=True,
        )
        return target.read_bytes()


def say(title: str, result: dict) -> None:
    """Print both ways side by side, with the ratios of the times."""
    each, once = (result["rows"][at]["way"] for at in (0, 1))
    print(f"{title}: R_vm {result['r_vm']}, R_vcpu {result['r_vcpu']}; {each} / {once}")
    print(
        "vCPUs           writes    locks, the VM's       locks, all"
        "    ms, the VM's part              ms, all"
    )
    for one, other in zip(result["rows"][::2], result["rows"][1::2], strict=True):
        writes = f"{one['all']['writes']} / {other['all']['writes']}"
        print(
            f"{one['vcpus']:5} {writes:>16} {locks(one, other, 'vm'):>18} "
            f"{locks(one, other, 'all'):>16} {times(one, other, 'vm'):>20} "
            f"{times(one, other, 'all'):>20}"
        )


def locks(one: dict, other: dict, part: str) -> str:
    """Return how often both took a lock of the VM's, and, where any did, waited for one."""
    counted = [vm_scope_page.locks(row[part]) for row in (one, other)]
    if None in counted:
        return "-"
    (taken, waited), (taken_once, waited_once) = counted
    waits = f" ({waited} / {waited_once})" if waited or waited_once else ""
    return f"{taken} / {taken_once}{waits}"


def times(one: dict, other: dict, part: str) -> str:
    """Return both times in milliseconds, and how many times longer the first is."""
    seconds = [row[part]["seconds"] for row in (one, other)]
    if not all(seconds):
        return "-"
    return f"{seconds[0] * 1e3:.2f} / {seconds[1] * 1e3:.2f} = {seconds[0] / seconds[1]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
