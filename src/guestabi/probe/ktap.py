"""KTAP version 1, the kernel's own test report (Documentation/dev-tools/ktap.rst)."""

from __future__ import annotations

from typing import Optional, Sequence

from guestabi.probe.conformance import Check


def to_ktap(real: Sequence[Check], expected: Sequence[Check]) -> str:
    """Return one line a check of either side, ``ok`` where both gave the same answer.

    Both answers stand as a diagnostic line before a check that failed; ``none`` is a question
    that one side was not asked. Raises ValueError where there is nothing to compare.
    """
    if not real or not expected:
        raise ValueError("nothing to compare")
    rows = paired(real, expected)
    lines = ["KTAP version 1", f"1..{len(rows)}"]
    for number, (name, got, wanted) in enumerate(rows, 1):
        if got != wanted:
            lines.append(f"# {name}: real {got or 'none'!r}, expected {wanted or 'none'!r}")
        lines.append(f"{'ok' if got == wanted else 'not ok'} {number} {name.replace('#', '')}")
    return "\n".join(lines) + "\n"


def paired(
    real: Sequence[Check], expected: Sequence[Check]
) -> list[tuple[str, Optional[str], Optional[str]]]:
    """Return (name, real answer, expected answer) of every check of either side, the expected
    ones first, in their order. None: that side did not ask."""
    got = {check.name: check.answer for check in real}
    wanted = {check.name: check.answer for check in expected}
    return [(name, got.get(name), wanted.get(name)) for name in {**wanted, **got}]
