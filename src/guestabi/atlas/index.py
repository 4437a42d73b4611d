"""The captures that ship with the package: names, series, loading.

``debian-6.12.117/neoverse-n1`` names one capture: distribution and kernel version, then the CPU
model. ``debian-6.12/neoverse-n1`` names the newest capture of that series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from guestabi.errors import UnknownName
from guestabi.profile import files
from guestabi.profile.host import HostProfile

DATA = Path(__file__).resolve().parent / "data"

_NAME = re.compile(r"(?P<vendor>[a-z]+)-(?P<version>\d+(?:\.\d+)*)/(?P<cpu>[a-z0-9.+-]+)")


@dataclass(frozen=True)
class Entry:
    """One capture. ``version`` is the kernel's, as numbers, so that entries sort by age."""

    name: str
    vendor: str
    version: tuple[int, ...]
    cpu: str
    path: Path

    @property
    def series(self) -> str:
        return ".".join(map(str, self.version[:2]))


@cache
def entries() -> tuple[Entry, ...]:
    """Return every capture, by CPU and then by kernel version."""
    found = []
    for path in DATA.glob("*/*.json"):
        name = f"{path.parent.name}/{path.stem}"
        match = _NAME.fullmatch(name)
        if match:
            version = tuple(map(int, match["version"].split(".")))
            found.append(Entry(name, match["vendor"], version, match["cpu"], path))
    return tuple(sorted(found, key=lambda entry: (entry.cpu, entry.version)))


def names() -> tuple[str, ...]:
    """Return the name of every capture, in the order of :func:`entries`."""
    return tuple(entry.name for entry in entries())


def find(name: str) -> Entry:
    """Return the capture that ``name`` (exact, or a series) names. Raises UnknownName."""
    by_name = {entry.name: entry for entry in entries()}
    if name in by_name:
        return by_name[name]
    match = _NAME.fullmatch(name)
    if match:
        wanted = tuple(map(int, match["version"].split(".")))
        of_series = [
            entry
            for entry in entries()
            if (entry.vendor, entry.cpu) == (match["vendor"], match["cpu"])
            and entry.version[: len(wanted)] == wanted
        ]
        if of_series:
            return max(of_series, key=lambda entry: entry.version)
    series = {f"{entry.vendor}-{entry.series}/{entry.cpu}" for entry in entries()}
    raise UnknownName(
        "capture", name, series | set(by_name), hint="guestabi atlas list shows what ships"
    )


def resolve(name: str) -> HostProfile:
    """Load the capture that ``name`` names. Raises UnknownName with the nearest names."""
    entry = find(name)
    return files.load(entry.path, shipped=True)


def newest_of_each_series(cpu: str) -> tuple[Entry, ...]:
    """Return one capture a series for ``cpu``, oldest series first. Raises UnknownName."""
    newest = {(e.vendor, e.version[:2]): e for e in entries() if e.cpu == cpu}
    if not newest:
        raise UnknownName("CPU", cpu, {entry.cpu for entry in entries()})
    return tuple(sorted(newest.values(), key=lambda entry: entry.version))
