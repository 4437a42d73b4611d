"""What a shelf holds at one moment: profiles by name and digest, and the files that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from guestabi.profile import canonical
from guestabi.profile.host import HostProfile


@dataclass(frozen=True)
class Entry:
    """One profile, and the name by which it can be asked for."""

    name: str
    profile: HostProfile


@dataclass(frozen=True)
class Bad:
    """A file that is no profile: its name in the folder, and why it is refused."""

    file: str
    reason: str


@dataclass(frozen=True)
class Held:
    """``entries`` by name, then digest; ``bad`` by file. Names and digests may come twice."""

    entries: tuple[Entry, ...]
    bad: tuple[Bad, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry], bad: Iterable[Bad] = ()) -> Held:
        """Return the same, sorted."""
        ordered = sorted(entries, key=lambda e: (e.name, e.profile.digest, e.profile.raw))
        return cls(tuple(ordered), tuple(sorted(bad, key=lambda each: each.file)))

    @cached_property
    def by_digest(self) -> Mapping[str, HostProfile]:
        """The first profile of each digest."""
        return {entry.profile.digest: entry.profile for entry in reversed(self.entries)}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[HostProfile, ...]]:
        """Every name with its profiles, one a digest: more than one is a name that tells nothing
        apart."""
        found: dict[str, dict[str, HostProfile]] = {}
        for entry in self.entries:
            found.setdefault(entry.name, {}).setdefault(entry.profile.digest, entry.profile)
        return {name: tuple(profiles.values()) for name, profiles in found.items()}

    @cached_property
    def stamp(self) -> str:
        """Other when anything else is held: 64 hex digits."""
        entries = [[entry.name, entry.profile.record.checksum] for entry in self.entries]
        return canonical.sha256([entries, [[each.file, each.reason] for each in self.bad]])
