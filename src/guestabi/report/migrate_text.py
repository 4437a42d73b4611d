"""Moves of real guests as text: what the VMM did and the guest said, beside what was predicted."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from guestabi.report.clean import clean

WORDS = {True: "agrees", False: "DISAGREES", None: "nothing to compare"}


def render(result: Mapping[str, Any]) -> str:
    """Return the text of ``guestabi lab migrate``'s JSON."""
    vmms = [result["vmm"], result["to_vmm"]]
    blocks = []
    for row in result["ways"]:
        blocks.append("".join(f"{line}\n" for line in _way(row, vmms)))
        vmms.reverse()
    return "\n".join(blocks)


def _way(row: Mapping[str, Any], vmms: list[str]) -> Iterator[str]:
    under = vmms[0] if vmms[0] == vmms[1] else f"{vmms[0]} → {vmms[1]}"
    yield f"{row['way']}: {row['source']} → {row['destination']} under {under}"
    yield f"  observed   {row['outcome']} ({row['seconds']:.1f} s){_heard(row)}"
    yield from (f"             {clean(reason)}" for reason in row["reasons"])
    width = max((len(each["name"]) for each in row["changes"]), default=0)
    for each in row["changes"]:
        yield f"             {each['name'].ljust(width)}  {each['before']} → {each['after']}"
    predicted = row["predicted"] or "nothing: no loader policy"
    yield f"  predicted  {predicted}: {WORDS[row['agrees']]}"
    for said, names in (("not predicted", row["unexpected"]), ("not reported", row["unseen"])):
        if names:
            yield f"             {said}: {', '.join(names)}"


def _heard(row: Mapping[str, Any]) -> str:
    if row["outcome"] != "loaded":
        return ""
    count = len(row["changes"])
    if not count:
        return "; the guest reports the same machine"
    return f"; the guest reports {count} answer{'s' if count > 1 else ''} that changed"
