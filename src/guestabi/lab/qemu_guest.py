"""QEMU as the VMM on the lab's kernels: bear guests, save them, load them, by one boot's KVM.

``guest_qemu.py`` does it in the lab's guest; this is its other end.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

from guestabi.errors import LabError, TornResult
from guestabi.lab.archive import Archive
from guestabi.lab.capture import Captured, Program, Subject, capture
from guestabi.lab.prepare import Prepared, prepare
from guestabi.lab.vmm_layer import add_vmm
from guestabi.lab.vmms import Vmm, obtain, properties

# For one boot, and for one guest in it, in seconds of wall time.
TIMEOUT_SECONDS = 300.0
GUEST_SECONDS = 60.0
# The guest waits for interrupts, forever: wfi; b .-4 (Arm ARM C6.2.409 and C6.2.26).
WAITING = (0xD503207F).to_bytes(4, "little") + (0x17FFFFFF).to_bytes(4, "little")
# The most that a saved guest of 32 MiB may come to; it is 0.2 MB.
STREAM_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """How one guest fared under one QEMU. ``outcome`` is ``running`` or ``refused``."""

    outcome: str
    # What QEMU said, line by line; the reason, where it refused.
    said: tuple[str, ...]
    # The guest's migration stream, if it was to be saved and is running.
    stream: bytes | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Setup:
    """What all guests of a run have in common, on both ends: VMM, the lab's CPU model, pins
    (register id -> value), and how many seconds a boot may take."""

    vmm: Vmm
    cpu: str
    pins: Mapping[int, int] = field(default_factory=dict)
    timeout: float = TIMEOUT_SECONDS


def bear(archive: Archive, kernels: Sequence[str], setup: Setup) -> list[tuple[Subject, bytes]]:
    """Boot a guest on each of ``kernels``, and return what was saved of it.

    Raises LabError where no guest comes to life.
    """
    found = []
    for each in _boots(archive, kernels, setup, [None], save=True):
        (ran,) = _value(each)
        if ran.stream is None:
            raise LabError(
                f"{each.subject.name}: {setup.vmm.name} bears no guest there: {_reason(ran)}",
                hint="choose another CPU, kernel or VMM",
            )
        found.append((each.subject, ran.stream))
    return found


def load(
    archive: Archive,
    kernel: str,
    setup: Setup,
    streams: Sequence[bytes],
    *,
    save: bool = False,
) -> tuple[Subject, list[Ran]]:
    """Load each of ``streams`` in a QEMU of its own, one after the other, on one boot.

    With ``save``, those that go on running are saved again. Raises LabError.
    """
    (each,) = _boots(archive, [kernel], setup, streams, save=save)
    return each.subject, _value(each)


def arguments(setup: Setup) -> list[str]:
    """Return QEMU's command line for a guest with one vCPU and no devices but the board's."""
    cpu = ",".join(["host", *properties(setup.vmm, setup.pins)])
    return [
        "qemu-system-aarch64",
        *("-accel", "kvm", "-M", f"{setup.vmm.machine},gic-version=3", "-cpu", cpu),
        *("-m", "32M", "-smp", "1"),
        # A network card would want a ROM file.
        *("-nodefaults", "-nic", "none", "-display", "none"),
        *("-kernel", "/tmp/guest", "-qmp", "unix:/tmp/qmp,server=on,wait=off"),
    ]


def _boots(
    archive: Archive,
    kernels: Sequence[str],
    setup: Setup,
    streams: Sequence[bytes | None],
    *,
    save: bool,
) -> list[Captured[list[Ran]]]:
    program = _program(setup, streams, save)
    debs = obtain(archive, setup.vmm)

    def with_vmm(there: Archive, spec: str) -> Prepared:
        plain = prepare(there, spec)
        return Prepared(plain.build, add_vmm(plain.system, debs, there.cache / "vmms"))

    def finish(subject: Subject, output: bytes) -> list[Ran]:
        return results(subject, output, len(streams))

    return list(
        capture(
            *(archive, kernels, [setup.cpu], program, finish),
            timeout=setup.timeout,
            preparing=with_vmm,
        )
    )


def _program(setup: Setup, streams: Sequence[bytes | None], save: bool) -> Program:
    script = resources.files("guestabi.lab").joinpath("guest_qemu.py").read_bytes()
    named = [(f"{number}.stream", each) for number, each in enumerate(streams)]
    job = {
        "argv": arguments(setup),
        "guest": "guest.bin",
        "loads": [None if each is None else name for name, each in named],
        "save": save,
        "seconds": GUEST_SECONDS,
    }
    given = {name: each for name, each in named if each is not None}
    files = {"qemu.py": script, "job.json": json.dumps(job).encode(), "guest.bin": WAITING}
    return Program(["python3", "qemu.py", "job.json"], {**files, **given})


def results(subject: Subject, output: bytes, count: int) -> list[Ran]:
    """Return what came home from ``subject``: ``count`` results. Raises TornResult, LabError."""
    try:
        rows = [_ran(row) for row in json.loads(output)]
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, binascii.Error) as error:
        raise TornResult(f"{subject.name}: what came home is no result of QEMU") from error
    if len(rows) != count:
        raise TornResult(f"{subject.name}: {len(rows)} of {count} guests came home")
    for row in rows:
        if row.outcome not in ("running", "refused"):
            how = "did not finish in time" if row.outcome == "hung" else "did not start"
            raise LabError(f"{subject.name}: QEMU {how}: {_reason(row)}")
    return rows


def _ran(row: dict[str, object]) -> Ran:
    stream = row["stream"]
    said = row["said"]
    if not isinstance(said, list):
        raise TypeError(said)
    return Ran(
        outcome=str(row["outcome"]),
        said=tuple(str(line) for line in said),
        stream=None if stream is None else _unpacked(str(stream)),
        seconds=float(str(row["seconds"])),
    )


def _unpacked(text: str) -> bytes:
    packed = zlib.decompressobj()
    stream = packed.decompress(base64.b64decode(text, validate=True), STREAM_BYTES)
    if not packed.eof:
        raise ValueError("longer than any guest of the lab")
    return stream


def _value(each: Captured[list[Ran]]) -> list[Ran]:
    if each.value is None:
        raise each.error or TornResult(f"{each.subject.name}: nothing came home")
    return each.value


def _reason(ran: Ran) -> str:
    return ran.said[-1] if ran.said else "it gave no reason"
