"""Debian's kernel sources: which there are, and how to get one; signed and checked as kernels are.

A source is a package ``linux-source-SERIES`` that holds one tar archive. What the archive lists is
kept for a day, in a file of its own; a package that was fetched once stays.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from guestabi.errors import ArchiveError, UnknownSeries
from guestabi.lab.apt import AptRoot
from guestabi.lab.archive import Archive
from guestabi.lab.index import FRESH_SECONDS
from guestabi.lab.packages import Package, numbers
from guestabi.lab.store import write_text

SCHEMA = 1
PREFIX = "linux-source-"
_NAME = re.compile(rf"{PREFIX}(\d+\.\d+)")
_UPSTREAM = re.compile(r"(?:\d+:)?(\d+\.\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Source(Package):
    """A source package: ``series`` "6.12", ``version`` "6.12.117"."""

    series: str
    version: str


def sources(archive: Archive, *, refresh: bool = False) -> tuple[Source, ...]:
    """Return the sources that the archive lists, oldest first; of a version, stable's last.

    Without a network, what was listed last is used, aloud. Raises ArchiveError.
    """
    path = archive.cache / "sources.json"
    taken, kept = _read(path)
    if kept and not refresh and 0 <= time.time() - taken < FRESH_SECONDS:
        return kept
    try:
        found = _take(archive)
    except ArchiveError as error:
        if not kept:
            raise
        archive.progress(f"the list of sources stays as it was: {error}")
        return kept
    rows = [asdict(each) for each in found]
    whole = {"schema": SCHEMA, "taken": time.time(), "sources": rows}
    write_text(path, json.dumps(whole, indent=1, sort_keys=True) + "\n")
    return found


def find_source(archive: Archive, series: str) -> Source:
    """Return the newest source of ``series``; UnknownSeries names those there are."""
    found = sources(archive)
    of_series = [each for each in found if each.series == series]
    if not of_series:
        there = ", ".join(dict.fromkeys(each.series for each in found))
        raise UnknownSeries(
            f"the archive has no source of series {series}", hint=f"there are {there or 'none'}"
        )
    return of_series[-1]


def parse(stanza: str, suite: str, rank: int, mirror: str) -> tuple[int, Source] | None:
    """Return the source that a stanza of a package index describes, behind its suite's rank."""
    name = _NAME.fullmatch(stanza.removeprefix("Package: ").partition("\n")[0])
    if name is None:
        return None
    lines = (line.partition(": ") for line in stanza.splitlines() if line[:1] not in (" ", ""))
    fields = {key: value.strip() for key, _, value in lines}
    upstream = _UPSTREAM.match(fields["Version"])
    if upstream is None:
        return None
    return rank, Source(
        package=name[0],
        package_version=fields["Version"],
        suite=suite,
        size=int(fields["Size"]),
        sha256=fields["SHA256"],
        uri=f"{mirror}/{fields['Filename']}",
        series=name[1],
        version=upstream[1],
    )


def _take(archive: Archive) -> tuple[Source, ...]:
    root = archive.apt()
    archive.progress("asking the archive for kernel sources")
    for complaint in root.update():
        archive.progress(complaint)
    first: dict[str, tuple[int, Source]] = {}
    for rank, source in _listed(root):
        first.setdefault(source.filename, (rank, source))
    ordered = sorted(first.values(), key=_order)
    return tuple(source for _, source in ordered)


def _listed(root: AptRoot) -> list[tuple[int, Source]]:
    paths = root.indices()
    return [
        row
        for rank, suite in enumerate(root.suites)
        if suite.name in paths
        for stanza in root.read_index(paths[suite.name])
        if (row := parse(stanza, suite.name, rank, root.mirrors.of(suite) or "")) is not None
    ]


def _read(path: Path) -> tuple[float, tuple[Source, ...]]:
    # A file that does not fit is as good as none.
    try:
        data = json.loads(path.read_text())
        if data["schema"] != SCHEMA:
            return 0.0, ()
        return float(data["taken"]), tuple(Source(**row) for row in data["sources"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0, ()


def _order(row: tuple[int, Source]) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    rank, source = row
    return numbers(source.version), -rank, numbers(source.package_version)
