"""All pairs: every guest to every kernel, one boot for its birth and one for all that come.

The result is what was seen, and nothing that was predicted::

    {"schema": 1, "vmm", "cpu", "emulator", "taken": "2026-11-24",
     "kernels": [{"name": "debian-6.12.117/neoverse-n1", "release"}],
     "births": [{answer's name: answer} for each kernel], of the first vCPU,
     "moves": [{"source", "destination": indices into "kernels", "outcome": "loaded|refused|silent",
                "reasons": [lines], "changes": [{"name", "before", "after", "vcpus"}]}]}

An answer is a number, as hex text, or a word of :mod:`guestabi.vmm.report`; null: not asked.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from guestabi.errors import UsageError
from guestabi.lab.archive import Archive
from guestabi.lab.guests import Setup, bear, load
from guestabi.lab.kept import Kept
from guestabi.lab.migrate import Observed, observed
from guestabi.vmm.report import Change, Report, plain

FOLDER = "moves"


def run(
    archive: Archive,
    kernels: Sequence[str],
    setup: Setup,
    *,
    step: Callable[[], None] = lambda: None,
    fresh: bool = False,
) -> dict[str, Any]:
    """Move a guest of each of ``kernels`` to each of them, and return what was seen.

    Two boots a kernel, as many at a time as there are cores; ``step`` is called after each. Boots
    whose very inputs were seen before are not repeated, unless ``fresh``: a run that was cut off
    goes on where it was. Raises UsageError for fewer than two kernels, and LabError.
    """
    names = list(dict.fromkeys(kernels))
    if len(names) < 2:
        raise UsageError("a matrix of fewer than two kernels", hint="name two, or say 'all'")
    kept = None if fresh else Kept(archive.cache / FOLDER)
    born = []
    for each in bear(archive, names, setup, kept=kept):
        born.append(each)
        step()
    guests = [guest for _, guest in born]
    seen = []
    for subject, rows in load(archive, names, setup, guests, kept=kept):
        for (source, guest), ran in zip(born, rows, strict=True):
            seen.append(observed(source, subject, guest, ran))
        step()
    names = [subject.name for subject, _ in born]
    return {
        "schema": 1,
        "vmm": setup.vmm.name,
        "cpu": setup.cpu,
        "emulator": born[0][0].emulator,
        "taken": datetime.date.today().isoformat(),
        "kernels": [{"name": s.name, "release": s.build.release} for s, _ in born],
        "births": [_answers(guest.reports[0]) for guest in guests],
        "moves": sorted(
            (_move(names, each) for each in seen),
            key=lambda row: (row["source"], row["destination"]),
        ),
    }


def to_text(seen: Mapping[str, Any]) -> str:
    """Return what ``run`` saw as JSON, one birth and one move a line."""
    lines = []
    for key in sorted(seen):
        value = seen[key]
        if key in ("births", "moves"):
            rows = ",\n  ".join(json.dumps(row, sort_keys=True) for row in value)
            lines.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def change(each: Change) -> dict[str, Any]:
    """Return the JSON form of one answer that is not what it was."""
    before, after = (None if one is None else plain(one) for one in (each.before, each.after))
    return {"name": each.name, "before": before, "after": after, "vcpus": list(each.vcpus)}


def _answers(report: Report) -> dict[str, str]:
    return {name: plain(report[name]) for name in sorted(report)}


def _move(names: Sequence[str], each: Observed) -> dict[str, Any]:
    return {
        "source": names.index(each.source.name),
        "destination": names.index(each.destination.name),
        "outcome": each.outcome,
        "reasons": list(each.reasons),
        "changes": [change(one) for one in each.changes],
    }
