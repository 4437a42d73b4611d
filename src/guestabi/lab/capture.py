"""Run one program on many kernels and CPUs, as many at a time as there are cores."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event
from typing import Generic, TypeVar

from guestabi.errors import GuestAbiError, LabError, UsageError
from guestabi.lab.archive import Archive
from guestabi.lab.boot import TIMEOUT_SECONDS, GuestResult, has_cpu, require_cpu, run
from guestabi.lab.kept import Kept
from guestabi.lab.machines import CPUS, Cpu, Machine, find_cpu
from guestabi.lab.packages import KernelBuild
from guestabi.lab.prepare import Prepared, prepare

ALL = "all"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Program:
    """What runs in the guest: a command, and the files it finds in its working directory."""

    argv: Sequence[str]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a kernel build on a CPU model of this emulator ("QEMU 7.2.22")."""

    build: KernelBuild
    cpu: Cpu
    emulator: str

    @property
    def name(self) -> str:
        """Return the capture's name, such as ``debian-6.12.117/neoverse-n1``."""
        return f"debian-{self.build.version}/{self.cpu.name}"


@dataclass(frozen=True, slots=True)
class Captured(Generic[T]):
    """One outcome: a value, or the error that stands in its place. ``seconds`` of wall time."""

    subject: Subject
    value: T | None
    error: GuestAbiError | None
    notes: str = ""
    seconds: float = 0.0


def capture(
    archive: Archive,
    kernels: Sequence[str],
    cpus: Sequence[str],
    program: Program,
    finish: Callable[[Subject, bytes], T],
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT_SECONDS,
    preparing: Callable[[Archive, str], Prepared] | None = None,
    kept: Kept | None = None,
    smp: int = 2,
) -> Generator[Captured[T], None, None]:
    """Yield the outcome of ``program`` on every kernel × CPU, in the order that was asked for.

    ``kernels`` are specs as ``Archive.candidates`` takes them, or "all" (the newest build of each
    series); ``cpus`` are names of machines.CPUS, or "all" (those that this QEMU has). ``finish``
    makes the value from the program's standard output; an error of one boot spoils no other.
    ``jobs`` boots run at a time (default: the cores there are); ``preparing`` makes of a spec what
    boots (default: ``lab.prepare.prepare``). What ``kept`` has of the very same inputs is taken
    from there, and what comes home goes there. ``smp``: the machine's processors. Closing the
    iterator ends the boots.
    """
    rows = _cpus(cpus)
    prepared = [(preparing or prepare)(archive, spec) for spec in _specs(archive, kernels)]
    subjects = [
        (each, Subject(each.build, cpu, f"QEMU {require_cpu(cpu)}"))
        for each in prepared
        for cpu in rows
    ]
    cancel = Event()

    def measure(one: Prepared, subject: Subject) -> Captured[T]:
        machine = Machine(subject.cpu, smp=smp)
        return _measure(archive, one, subject, machine, program, finish, timeout, cancel, kept)

    with ThreadPoolExecutor(jobs or cores()) as pool:
        futures: list[Future[Captured[T]]] = [pool.submit(measure, *each) for each in subjects]
        try:
            for future in futures:
                yield future.result()
        finally:
            cancel.set()
            pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _measure(
    archive: Archive,
    prepared: Prepared,
    subject: Subject,
    machine: Machine,
    program: Program,
    finish: Callable[[Subject, bytes], T],
    timeout: float,
    cancel: Event,
    kept: Kept | None,
) -> Captured[T]:
    name = "" if kept is None else digest_of(subject, machine, prepared, program)
    try:
        before = None if kept is None else kept.get(name)
        if before is not None:
            return Captured(subject, finish(subject, before), None)
        result = run(
            prepared.system,
            machine,
            program.argv,
            program.files,
            timeout=timeout,
            cancel=cancel,
            progress=archive.progress,
        )
        output = _output(subject, result)
        value = finish(subject, output)
        if kept is not None:
            kept.put(name, output)
    except GuestAbiError as error:
        return Captured(subject, None, error)
    notes = result.stderr.decode(errors="replace")
    return Captured(subject, value, None, notes, result.seconds)


def digest_of(subject: Subject, machine: Machine, prepared: Prepared, program: Program) -> str:
    """Return the digest of kernel, base system, emulator, machine, command and files."""
    base = prepared.system.base
    inputs = {
        "kernel": [subject.build.release, subject.build.sha256],
        "base": [base.parent.name, base.stat().st_size],
        "on": [subject.emulator, *machine.arguments()],
        "runs": list(program.argv),
        "files": {name: sha256(data).hexdigest() for name, data in program.files.items()},
    }
    return sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _output(subject: Subject, result: GuestResult) -> bytes:
    if result.status:
        lines = result.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise LabError(
            f"{subject.name}: the program in the guest ended with status {result.status}: "
            f"{lines[-1]}"
        )
    return result.stdout


def _specs(archive: Archive, kernels: Sequence[str]) -> list[str]:
    specs = [each for spec in kernels for each in (archive.series() if spec == ALL else (spec,))]
    return list(dict.fromkeys(specs)) or _nothing("kernel")


def _cpus(names: Sequence[str]) -> list[Cpu]:
    rows = [row for name in names for row in (_available() if name == ALL else (find_cpu(name),))]
    return list(dict.fromkeys(rows)) or _nothing("CPU")


def _available() -> list[Cpu]:
    return [row for row in CPUS if has_cpu(row)]


def _nothing(kind: str) -> list[T]:
    raise UsageError(f"no {kind} was named", hint=f"name one, or say {ALL!r}")
