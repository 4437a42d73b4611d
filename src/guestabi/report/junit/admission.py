"""An admission as JUnit XML: one test case a pin, and one a register that has none and differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guestabi.registers.catalogue import name_of
from guestabi.report.junit.document import Case, document
from guestabi.report.values import hexed

if TYPE_CHECKING:
    from guestabi.fleet.admission import Admission, Asked

_OUTCOMES = {"admitted": "passed", "refused": "failed", "unknown": "unknown"}


def render(found: Admission) -> str:
    """Return the document. Where there is nothing to ask, one case says so: none would be read as
    a run that went wrong."""
    suite = f"{found.host.label} to {found.baseline.name} version {found.baseline.version}"
    cases = [_case("pins", each) for each in found.pins]
    cases += [_case("others", each) for each in found.others]
    return document(suite, cases or [Case("baseline", "no pin is needed")])


def _case(kind: str, asked: Asked) -> Case:
    name = name_of(asked.pin.id)
    untold = kind == "others" and asked.verdict == "unknown"
    what = name if untold else f"{name} = {hexed(asked.pin.value)}"
    fields = ", ".join(asked.pin.fields)
    said = f"{what}: {asked.reason}"
    lines = (said, f"fields: {fields}") if fields else (said,)
    return Case(
        f"baseline.{kind}",
        name,
        _OUTCOMES[asked.verdict],
        asked.verdict,
        f"{asked.verdict}: {asked.reason}",
        lines,
    )
