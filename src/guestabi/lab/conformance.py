"""Does the model of a kernel answer as the kernel does? One boot, and both asked the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from guestabi.errors import TornResult
from guestabi.lab import patched
from guestabi.lab.archive import Archive
from guestabi.lab.boot import TIMEOUT_SECONDS
from guestabi.lab.capture import Program, Subject, capture
from guestabi.lab.profiles import PROGRAM, shipped
from guestabi.probe.bundle import bundle
from guestabi.probe.conformance import Check, conformance
from guestabi.probe.ktap import paired, to_ktap


@dataclass(frozen=True, slots=True)
class Compared:
    """``real`` is what the kernel ``subject`` answered, ``expected`` what the model of ``host``
    (an atlas name) did."""

    subject: str
    host: str
    real: tuple[Check, ...]
    expected: tuple[Check, ...]

    @property
    def differing(self) -> list[tuple[str, str | None, str | None]]:
        """(question, real answer, the model's answer), where they differ."""
        return [row for row in paired(self.real, self.expected) if row[1] != row[2]]

    def exit_status(self) -> int:
        """Return 0 where every answer is the same, else 100."""
        return 100 if self.differing else 0

    def ktap(self) -> str:
        return to_ktap(self.real, self.expected)


def run(archive: Archive, kernel: str, cpu: str, *, timeout: float = TIMEOUT_SECONDS) -> Compared:
    """Boot ``kernel`` on ``cpu``, ask it and the model of the capture that ships of that build
    (of its series, where that very build does not ship); one with patches is asked beside the model
    of what they add.

    Raises UnknownName where the atlas has no capture of the series, LabError where nothing came
    home.
    """
    program = Program(["python3", PROGRAM, "conformance"], {PROGRAM: bundle()})
    (found,) = capture(archive, [kernel], [cpu], program, _checks, jobs=1, timeout=timeout)
    if found.value is None:
        raise found.error or TornResult(f"{found.subject.name}: nothing came home")
    profile = shipped(found.subject.name)
    expected = tuple(conformance(patched.model_of(kernel, profile)))
    return Compared(found.subject.name, profile.name, found.value, expected)


def _checks(subject: Subject, output: bytes) -> tuple[Check, ...]:
    try:
        rows: Sequence[tuple[str, str]] = json.loads(output)
        checks = tuple(Check(str(name), str(answer)) for name, answer in rows)
    except (ValueError, TypeError) as error:
        raise TornResult(f"{subject.name}: what came home is no conformance result") from error
    if not checks:
        raise TornResult(f"{subject.name}: no question was answered")
    return checks
