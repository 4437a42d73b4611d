"""Captures of real kernels as profiles: what ``guestabi lab capture`` and the atlas are made of."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any

from guestabi import atlas
from guestabi.errors import BadInput, TornResult
from guestabi.lab.archive import Archive
from guestabi.lab.boot import TIMEOUT_SECONDS
from guestabi.lab.capture import Captured, Program, Subject, capture
from guestabi.probe.bundle import bundle
from guestabi.profile import canonical, files
from guestabi.profile.host import HostProfile

PROGRAM = "guestabi-capture.pyz"


def capture_profiles(
    archive: Archive,
    kernels: Sequence[str],
    cpus: Sequence[str],
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Generator[Captured[str], None, None]:
    """Yield the profile (its file's text) of every kernel × CPU; see ``lab.capture.capture``."""
    program = Program(["python3", PROGRAM, "capture"], {PROGRAM: bundle()})
    return capture(archive, kernels, cpus, program, finish, jobs=jobs, timeout=timeout)


def finish(subject: Subject, output: bytes) -> str:
    """Name a capture that came home, say what emulated it, and seal it again.

    Raises TornResult when it is no whole profile.
    """
    try:
        plain = files.loads(output, subject.name).to_builtins()
    except BadInput as error:
        raise TornResult(
            f"{subject.name}: what came home is no whole profile ({error.reason})",
            hint="boot it again; if it happens twice, report it",
        ) from error
    emulator = {"program": subject.emulator, "cpu": subject.cpu.name}
    named = dict(plain, name=subject.name, taken={**plain["taken"], "emulator": emulator})
    return canonical.to_text(canonical.seal(named))


def shipped(name: str) -> HostProfile:
    """Return the capture that ships as ``name`` (debian-VERSION/CPU), else that of its series on
    its CPU.

    Raises UnknownName where the atlas has neither.
    """
    if name in atlas.names():
        return atlas.resolve(name)
    build, _, cpu = name.partition("/")
    return atlas.resolve(f"{'.'.join(build.split('.')[:2])}/{cpu}")


def rehearse_profiles(
    archive: Archive,
    kernel: str,
    cpu: str,
    sources: Sequence[HostProfile],
    *,
    timeout: float = TIMEOUT_SECONDS,
) -> list[dict[str, Any]]:
    """Restore each of ``sources`` in throw-away VMs on one boot of ``kernel`` on ``cpu``.

    Returns a rehearsal (see ``probe.rehearse``) for each, in their order. Raises LabError.
    """
    inputs = {f"{number}.json": source.raw for number, source in enumerate(sources)}
    program = Program(["python3", PROGRAM, "rehearse", *inputs], {PROGRAM: bundle(), **inputs})
    (found,) = capture(archive, [kernel], [cpu], program, _lines, jobs=1, timeout=timeout)
    if found.value is None:
        raise found.error or TornResult(f"{found.subject.name}: nothing came home")
    if len(found.value) != len(sources):
        raise TornResult(f"{found.subject.name}: {len(found.value)} of {len(sources)} came home")
    return found.value


def _lines(subject: Subject, output: bytes) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in output.splitlines()]
    except ValueError as error:
        raise TornResult(f"{subject.name}: what came home is no rehearsal") from error
