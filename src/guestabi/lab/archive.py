"""Which kernels there are, and how to get one.

A build that was fetched once stays: its package lies in the cache beside a note of what it is, and
it can be named, without a network, after the archive has dropped it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from guestabi.errors import ArchiveError, BuildGone, UnknownSeries, UsageError
from guestabi.lab.apt import AptRoot, find_mirrors
from guestabi.lab.index import Index, load_index, read_index, write_index
from guestabi.lab.packages import (
    BASE_PACKAGES,
    BASE_SUITE,
    KernelBuild,
    Package,
    distinct,
    numbers,
)
from guestabi.lab.progress import Progress, silent
from guestabi.lab.store import cache_home, require_space, scratch, sha256_of, write_text

_SPEC = re.compile(r"\d+\.\d+(\.\d+(.*-cloud-arm64)?)?")


class Archive:
    """The kernels of the archive and of the cache below ``cache`` (default: the user's).

    Constructing it does nothing. ``refresh`` fetches the indices again, however fresh they are;
    ``apt`` makes the private apt root when one is needed.
    """

    def __init__(
        self,
        cache: Path | None = None,
        *,
        apt: Callable[[], AptRoot] | None = None,
        refresh: bool = False,
        progress: Progress = silent,
    ) -> None:
        self.cache = cache or cache_home()
        self.progress = progress
        self._make_apt = apt or (lambda: AptRoot(self.cache / "apt", find_mirrors()))
        self._refresh = refresh
        self._debs = self.cache / "debs"
        self._index_path = self.cache / "index.json"
        self._index: Index | None = None

    def builds(self, *, rebuilds: bool = False) -> tuple[KernelBuild, ...]:
        """Return all builds of the archive and of the cache, oldest first.

        bullseye's rebuilds of 6.1 (release ``6.1.0-0.deb11.*``) come only with ``rebuilds``.
        """
        found = distinct([*self._listed().builds, *self.cached()])
        return tuple(build for build in found if rebuilds or not build.is_rebuild)

    def cached(self) -> tuple[KernelBuild, ...]:
        """Return the builds whose package is in the cache, oldest first."""
        notes = sorted(self._debs.glob("linux-*.json"))
        rows = [_read_note(note) for note in notes if note.with_suffix(".deb").exists()]
        return distinct(row for row in rows if row is not None)

    def missing_suites(self) -> tuple[str, ...]:
        """Return the suites whose index could not be read."""
        return self._listed().missing

    def series(self) -> tuple[str, ...]:
        """Return the series there are, oldest first."""
        return tuple(dict.fromkeys(build.series for build in self.builds()))

    def candidates(self, spec: str) -> tuple[KernelBuild, ...]:
        """Return the builds that ``spec`` may mean, best first.

        ``spec`` is a series ("6.12"), a version ("6.12.117") or a release as ``uname -r`` says it.
        Newest first; of one version, the build made for stable first. Raises UnknownSeries,
        BuildGone (the series is there, that build is not) or UsageError.
        """
        if not _SPEC.fullmatch(spec):
            hint = "say a series (6.12), a version (6.12.117) or a release (as uname -r says it)"
            raise UsageError(f"{spec!r} does not name a kernel", hint=hint)
        return self._at_hand(spec) or self._named(spec)

    def resolve(self, spec: str) -> KernelBuild:
        """Return the best of the builds that ``spec`` may mean; see ``candidates``."""
        return self.candidates(spec)[0]

    def obtain(self, spec: str) -> tuple[KernelBuild, Path]:
        """Return the build that ``spec`` names, and its package, fetched.

        A build that is listed but gone is passed over for the next one that ``spec`` may mean,
        and without a network one from the cache is taken; both aloud.
        """
        candidates = self.candidates(spec)
        for build in candidates:
            try:
                return build, self.fetch(build)
            except BuildGone:
                self._forget(build)
            except ArchiveError as error:
                return self._offline(candidates, error)
        raise self._gone(spec)

    def base(self) -> tuple[Path, ...]:
        """Return the packages of the guest's base system, fetched."""
        packages = self._kept().base
        if not packages or not all(self.has(each) for each in packages):
            packages = self._listed().base
        absent = sorted(set(BASE_PACKAGES) - {each.package for each in packages})
        if absent:
            raise ArchiveError(f"{BASE_SUITE} lists no {', '.join(absent)}")
        return tuple(self.fetch(package) for package in packages)

    def has(self, package: Package) -> bool:
        """Say whether the package's file is in the cache."""
        return (self._debs / package.filename).exists()

    def apt(self) -> AptRoot:
        """Return the private apt root."""
        return self._make_apt()

    def fetch(self, package: Package) -> Path:
        """Return the package's file: fetched once, its SHA-256 checked each time."""
        target = self._debs / package.filename
        if not target.exists() or sha256_of(target) != package.sha256:
            self._download(package, target)
        note = target.with_suffix(".json")
        if not note.exists():
            write_text(note, json.dumps(asdict(package), indent=1, sort_keys=True) + "\n")
        return target

    def _download(self, package: Package, target: Path) -> None:
        self.progress(f"{package.filename}: fetching {package.size / 1e6:.1f} MB")
        with scratch(target.parent) as fresh:
            require_space(fresh, package.size)
            self._make_apt().download(package.uri, package.sha256, fresh / "deb")
            if sha256_of(fresh / "deb") != package.sha256:
                raise ArchiveError(f"{package.filename}: its SHA-256 is not the index's")
            (fresh / "deb").replace(target)

    def _listed(self) -> Index:
        if self._index is None:
            self._index = load_index(
                self._index_path, self._make_apt, self.progress, refresh=self._refresh
            )
        return self._index

    def _kept(self) -> Index:
        # However old: to know what is at hand, no network is asked.
        return self._index or read_index(self._index_path) or Index(0, (), (), ())

    def _at_hand(self, spec: str) -> tuple[KernelBuild, ...]:
        # An exact build that was fetched before; a series may have a newer one, so it must ask.
        found = _matching(spec, distinct([*self._kept().builds, *self.cached()]))
        fetched = {build.filename for build in self.cached()}
        exact = found and spec != found[0].series and found[0].filename in fetched
        return found if exact else ()

    def _named(self, spec: str) -> tuple[KernelBuild, ...]:
        found = _matching(spec, self.builds(rebuilds=True))
        if not found:
            raise self._unknown(spec)
        return found

    def _forget(self, build: KernelBuild) -> None:
        self.progress(f"{build.release}: listed, but gone from the archive")
        listed = self._listed()
        others = tuple(each for each in listed.builds if each != build)
        self._index = replace(listed, builds=others)
        write_index(self._index_path, self._index)

    def _offline(
        self, candidates: tuple[KernelBuild, ...], error: ArchiveError
    ) -> tuple[KernelBuild, Path]:
        fetched = {build.filename for build in self.cached()}
        for build in candidates:
            if build.filename in fetched:
                self.progress(f"{error}; taking {build.release} from the cache")
                return build, self.fetch(build)
        raise error

    def _unknown(self, spec: str) -> ArchiveError:
        series = ".".join(spec.split(".")[:2])
        if spec != series and series in self.series():
            return self._gone(spec)
        return UnknownSeries(
            f"no kernel of series {series} is in the archive or the cache",
            hint=f"there are {', '.join(self.series()) or 'none at all'}",
        )

    def _gone(self, spec: str) -> BuildGone:
        series = ".".join(spec.split(".")[:2])
        there = {build.version for build in self.builds() if build.series == series} - {spec}
        return BuildGone(
            f"no kernel {spec} is in the archive or the cache any more",
            hint=f"of {series} there are {', '.join(sorted(there, key=numbers)) or 'none'}",
        )


def _matching(spec: str, builds: tuple[KernelBuild, ...]) -> tuple[KernelBuild, ...]:
    exact = [build for build in builds if build.release == spec]
    named = [b for b in builds if spec in (b.series, b.version) and not b.is_rebuild]
    return tuple(reversed(exact or named))


def _read_note(note: Path) -> KernelBuild | None:
    # A note that does not fit is as good as none: the build must be fetched again.
    try:
        return KernelBuild(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return None
