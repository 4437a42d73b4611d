"""What the archive lists, as one small JSON file that is made anew once a day.

Reading a dozen package indices takes seconds; what the lab needs of them fits in 100 kB. Without
a network the last file goes on being used, aloud.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from guestabi.errors import ArchiveError
from guestabi.lab.apt import AptRoot
from guestabi.lab.packages import KernelBuild, Package, distinct, parse_stanza
from guestabi.lab.progress import Progress
from guestabi.lab.store import write_text

SCHEMA = 1
FRESH_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Index:
    """The kernels and base packages that the archive lists, and which suites could not be read."""

    taken: float
    missing: tuple[str, ...]
    builds: tuple[KernelBuild, ...]
    base: tuple[Package, ...]


def load_index(
    path: Path, apt: Callable[[], AptRoot], progress: Progress, *, refresh: bool
) -> Index:
    """Return the index kept at ``path``, made anew if it is old, absent or ``refresh`` is asked."""
    kept = read_index(path)
    if kept and not refresh and 0 <= time.time() - kept.taken < FRESH_SECONDS:
        return kept
    try:
        fresh = _take(apt(), progress)
    except ArchiveError as error:
        if kept is None:
            raise
        progress(f"the archive's index stays as it was: {error}")
        return kept
    write_index(path, fresh)
    return fresh


def read_index(path: Path) -> Index | None:
    """Return the index kept at ``path``, however old; None if there is none that can be read."""
    try:
        data: dict[str, Any] = json.loads(path.read_text())
        if data["schema"] != SCHEMA:
            return None
        return Index(
            taken=float(data["taken"]),
            missing=tuple(data["missing"]),
            builds=tuple(KernelBuild(**row) for row in data["builds"]),
            base=tuple(Package(**row) for row in data["base"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_index(path: Path, index: Index) -> None:
    """Keep ``index`` at ``path``."""
    whole = {"schema": SCHEMA, **asdict(index)}
    write_text(path, json.dumps(whole, indent=1, sort_keys=True) + "\n")


def _take(root: AptRoot, progress: Progress) -> Index:
    progress("fetching the archive's package indices")
    for complaint in root.update():
        progress(complaint)
    paths = root.indices()
    listed = [(suite, paths[suite.name]) for suite in root.suites if suite.name in paths]
    rows = [
        row
        for suite, path in listed
        for stanza in root.read_index(path)
        if (row := parse_stanza(stanza, suite.name, root.mirrors.of(suite) or "")) is not None
    ]
    absent = {suite.name for suite in root.suites} - set(paths)
    if absent:
        progress(f"no index of {', '.join(sorted(absent))}")
    return Index(
        taken=time.time(),
        missing=tuple(sorted({*absent, *root.skipped})),
        builds=distinct(row for row in rows if isinstance(row, KernelBuild)),
        base=tuple(row for row in rows if not isinstance(row, KernelBuild)),
    )
