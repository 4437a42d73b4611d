"""Moves of real guests as text: what the VMM did, beside what was predicted."""

from __future__ import annotations

from typing import Any, Mapping

from guestabi.report.clean import clean

WORDS = {True: "agrees", False: "DISAGREES", None: "nothing to compare"}


def render(result: Mapping[str, Any]) -> str:
    """Return the text of ``guestabi lab migrate``'s JSON."""
    blocks = [_way(row, result["vmm"]) for row in result["ways"]]
    return "\n".join(blocks)


def _way(row: Mapping[str, Any], vmm: str) -> str:
    predicted = row["predicted"] or "nothing: no loader policy"
    lines = [
        f"{row['way']}: {row['source']} → {row['destination']} under {vmm}",
        f"  observed   {row['outcome']} ({row['seconds']:.1f} s)",
        *(f"             {clean(reason)}" for reason in row["reasons"]),
        f"  predicted  {predicted}: {WORDS[row['agrees']]}",
    ]
    return "".join(f"{line}\n" for line in lines)
