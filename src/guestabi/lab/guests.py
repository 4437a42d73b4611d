"""Reporting guests under a VMM, in one boot's KVM: bear them, hear them, save them, load them.

``guest_qemu.py`` and ``guest_ours.py`` do it in the lab's guest; this is their other end.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib import resources

from guestabi.errors import GuestAbiError, LabError, TornResult
from guestabi.lab.archive import Archive
from guestabi.lab.capture import Program, Subject, capture
from guestabi.lab.kept import Kept
from guestabi.lab.prepare import Prepared, prepare
from guestabi.lab.profiles import PROGRAM
from guestabi.lab.vmm_layer import add_vmm
from guestabi.lab.vmms import OURS, Vmm, obtain, properties
from guestabi.probe.bundle import bundle
from guestabi.uapi.regid import hex_id
from guestabi.vmm.guest import RESULTS, STRIDE, image
from guestabi.vmm.questions import Call, Question, everything
from guestabi.vmm.report import Answer, diff, generation, parse

# For one boot, and for one guest in it, in seconds of wall time.
TIMEOUT_SECONDS = 300.0
GUEST_SECONDS = 60.0
# How long a guest may take to report; tens of milliseconds are usual.
SILENCE_SECONDS = 20.0
VCPUS = 2
QUESTIONS = everything()
# The most that a saved guest of 32 MiB may come to; it is 0.2 MB.
STREAM_BYTES = 64 << 20

Reports = tuple[Mapping[str, Answer], ...]
"""What a guest said, one report a vCPU."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A stopped guest: the VMM's stream, what the guest had said by then, and each vCPU's
    generation of it."""

    stream: bytes
    reports: Reports
    generations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one guest fared under one VMM: ``running`` (and it reported), ``refused``, or
    ``silent``: the VMM says that it runs, but it reports no more."""

    outcome: str
    # What the VMM said, line by line; the reason, where it refused.
    said: tuple[str, ...]
    # The last word of the guest, if it is running.
    reports: Reports | None
    # The guest as it was saved again, if that was asked and it is running.
    saved: Saved | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Setup:
    """What the guests of a run have in common: VMM, the lab's CPU model, pins (register id ->
    value), how many seconds a boot may take, the machine type where it is not the VMM's own, calls
    that the guest makes ``also``, and for our VMM whether it is ``aware`` of VM-scoped registers
    where the kernel has them, or as it was before it knew of any."""

    vmm: Vmm
    cpu: str
    pins: Mapping[int, int] = field(default_factory=dict)
    timeout: float = TIMEOUT_SECONDS
    machine: str = ""
    also: tuple[Call, ...] = ()
    aware: bool = True

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that the guest asks."""
        return (*QUESTIONS, *self.also)


def bear(
    archive: Archive, kernels: Sequence[str], setup: Setup, *, kept: Kept | None = None
) -> Iterator[tuple[Subject, Saved]]:
    """Boot a guest on each of ``kernels``, and yield what was saved of it.

    ``kept``: what an earlier boot with the very same inputs brought home is taken from there.
    Raises LabError where no guest comes to life, or one does not say the same when asked twice.
    """
    for subject, (ran,) in _boots(archive, kernels, setup, [None], save=True, kept=kept):
        if ran.saved is None:
            raise LabError(
                f"{subject.name}: {setup.vmm.name} bears no guest there: {_reason(ran)}",
                hint="choose another CPU, kernel or VMM",
            )
        yield subject, ran.saved


def load(
    archive: Archive,
    kernels: Sequence[str],
    setup: Setup,
    guests: Sequence[Saved | None],
    *,
    save: bool = False,
    kept: Kept | None = None,
) -> Iterator[tuple[Subject, list[Ran]]]:
    """Load each of ``guests`` on each of ``kernels``, on one boot of it; None is born there.

    With ``save``, those that go on running are saved again. Raises LabError.
    """
    return _boots(archive, kernels, setup, guests, save=save, kept=kept)


def arguments(setup: Setup) -> list[str]:
    """Return QEMU's command line for a guest with no devices but the board's; HOME stands for a
    folder that each QEMU has to itself."""
    cpu = ",".join(["host", *properties(setup.vmm, setup.pins)])
    machine = setup.machine or setup.vmm.machine
    return [
        "qemu-system-aarch64",
        *("-accel", "kvm", "-M", f"{machine},gic-version=3", "-cpu", cpu),
        *("-m", "32M", "-smp", str(VCPUS)),
        # A network card would want a ROM file.
        *("-nodefaults", "-nic", "none", "-display", "none"),
        *("-kernel", "HOME/guest", "-qmp", "unix:HOME/qmp,server=on,wait=off"),
    ]


def _boots(
    archive: Archive,
    kernels: Sequence[str],
    setup: Setup,
    guests: Sequence[Saved | None],
    *,
    save: bool,
    kept: Kept | None,
) -> Iterator[tuple[Subject, list[Ran]]]:
    program = _program(setup, guests, save)
    debs = obtain(archive, setup.vmm)

    def with_vmm(there: Archive, spec: str) -> Prepared:
        plain = prepare(there, spec)
        return Prepared(plain.build, add_vmm(plain.system, debs, there.cache / "vmms"))

    def finish(subject: Subject, output: bytes) -> list[Ran]:
        return results(subject, output, len(guests), setup.questions)

    found = capture(
        *(archive, kernels, [setup.cpu], program, finish),
        timeout=setup.timeout,
        preparing=with_vmm if debs else prepare,
        kept=kept,
        # A VMM and its guest take turns; a second emulated processor would only be kept in step.
        smp=1,
    )
    with closing(found) as boots:
        for each in boots:
            if each.value is None:
                raise each.error or TornResult(f"{each.subject.name}: nothing came home")
            yield each.subject, each.value


def _program(setup: Setup, guests: Sequence[Saved | None], save: bool) -> Program:
    ours = setup.vmm is OURS
    script = "guest_ours.py" if ours else "guest_qemu.py"
    named = [(f"{number}.stream", each) for number, each in enumerate(guests)]
    job = {
        "guest": "guest.bin",
        "report": [RESULTS, STRIDE, VCPUS],
        "loads": [
            None if each is None else {"stream": name, "after": list(each.generations)}
            for name, each in named
        ],
        "save": save,
        "seconds": GUEST_SECONDS,
        "silence": SILENCE_SECONDS,
    }
    files = {name: each.stream for name, each in named if each is not None}
    files["guest.bin"] = image(setup.questions, VCPUS, waits=not ours)
    if ours:
        job["also"] = [[call.name, call.function] for call in setup.also]
        job["aware"] = setup.aware
        job["pins"] = {hex_id(number): value for number, value in sorted(setup.pins.items())}
        files[PROGRAM] = bundle()
    else:
        job["argv"] = arguments(setup)
    files["job.json"] = json.dumps(job).encode()
    files[script] = resources.files("guestabi.lab").joinpath(script).read_bytes()
    return Program(["python3", script, "job.json"], files)


def results(
    subject: Subject, output: bytes, count: int, questions: Sequence[Question] = QUESTIONS
) -> list[Ran]:
    """Return what came home from ``subject``: ``count`` results. Raises TornResult, LabError."""
    try:
        plain = json.loads(output)
        rows = [_ran(row, questions) for row in plain]
        doing = [str(row["doing"]) for row in plain]
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, binascii.Error) as error:
        raise TornResult(f"{subject.name}: what came home is no result of a VMM") from error
    except GuestAbiError as error:
        raise TornResult(f"{subject.name}: {error}", hint=error.hint) from error
    if len(rows) != count:
        raise TornResult(f"{subject.name}: {len(rows)} of {count} guests came home")
    for row, busy in zip(rows, doing, strict=True):
        if row.outcome not in ("running", "refused", "silent"):
            how = "did not finish in time" if row.outcome == "hung" else "failed"
            raise LabError(
                f"{subject.name}: the VMM {how} while {busy}: {_reason(row)}",
                hint="that is no answer about the guest: try again, or with another VMM",
            )
    return rows


def _ran(row: dict[str, object], questions: Sequence[Question]) -> Ran:
    said, stream = row["said"], row["stream"]
    memories = row["reports"]
    if not isinstance(said, list) or not isinstance(memories, list):
        raise TypeError(said)
    heard = [_heard(_unpacked(str(each)), questions) for each in memories]
    if (row["outcome"] == "running" or stream is not None) and not heard:
        raise ValueError("a guest that runs has reported")
    saved = None
    if stream is not None:
        last = _unpacked(str(memories[-1]))
        saved = Saved(_unpacked(str(stream)), heard[-1], _generations(last))
    if saved is not None and row["outcome"] == "running":
        _require_steady(heard)
    return Ran(
        outcome=str(row["outcome"]),
        said=tuple(str(line) for line in said),
        reports=heard[-1] if heard else None,
        saved=saved,
        seconds=float(str(row["seconds"])),
    )


def _heard(memory: bytes, questions: Sequence[Question]) -> Reports:
    return tuple(parse(questions, each) for each in _parts(memory))


def _generations(memory: bytes) -> tuple[int, ...]:
    return tuple(generation(each) for each in _parts(memory))


def _parts(memory: bytes) -> list[bytes]:
    return [memory[at : at + STRIDE] for at in range(0, VCPUS * STRIDE, STRIDE)]


def _require_steady(heard: Sequence[Reports]) -> None:
    for earlier, later in zip(heard, heard[1:], strict=False):
        changes = diff(earlier, later)
        if changes:
            names = ", ".join(change.name for change in changes)
            raise LabError(f"a guest that was asked twice does not say the same of {names}")


def _unpacked(text: str) -> bytes:
    packed = zlib.decompressobj()
    stream = packed.decompress(base64.b64decode(text, validate=True), STREAM_BYTES)
    if not packed.eof:
        raise ValueError("longer than any guest of the lab")
    return stream


def _reason(ran: Ran) -> str:
    told = [line for line in ran.said if "warning: " not in line]
    return told[0] if told else "it gave no reason"
