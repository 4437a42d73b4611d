"""Packages of the archive as rows, and which of them are kernels. Pure.

The image is in ``linux-image-*`` up to 6.18 and in ``linux-binary-*`` from 6.19, where
``linux-image-*`` became a metapackage; ``-unsigned`` and ``-dbg`` twins are left out. A kernel's
version is its package's without the Debian revision: release 5.10.0-32 is version 5.10.223.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

FLAVOUR = "cloud-arm64"
# The first series whose image is in linux-binary-*.
SPLIT_SERIES = (6, 19)
# Of one version, the build of the earlier release here is preferred: stable, then the others.
RELEASES = ("trixie", "forky", "sid", "bookworm", "bullseye")
# The guest's Python and shell, all from this one suite.
BASE_SUITE = "trixie"
BASE_PACKAGES = (
    "busybox-static",
    "libc6",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "libpython3.13-minimal",
    "libpython3.13-stdlib",
    "python3.13-minimal",
    "zlib1g",
)

_KERNEL = re.compile(rf"linux-(image|binary)-(\d+\.\d+\.\d.*-{FLAVOUR})")
_UPSTREAM = re.compile(r"(?:\d+:)?((\d+\.\d+)(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the archive: ``uri`` is its address, ``size`` is in bytes."""

    package: str
    package_version: str
    suite: str
    size: int
    sha256: str
    uri: str

    @property
    def filename(self) -> str:
        """Return the name of its .deb, fit for any file system."""
        return unquote(self.uri.rsplit("/", 1)[-1])


@dataclass(frozen=True, slots=True)
class KernelBuild(Package):
    """A kernel build: ``series`` "6.12", ``version`` "6.12.117", ``release`` as ``uname -r``."""

    series: str
    version: str
    release: str

    @property
    def is_rebuild(self) -> bool:
        """Say whether it is an older suite's rebuild of 6.1, whose release says ``0.deb11``."""
        return "-0.deb" in self.release


def parse_stanza(stanza: str, suite: str, mirror: str) -> Package | None:
    """Return the package that one stanza of a package index describes, a kernel as KernelBuild.

    None for a package of no interest, told by its first line alone, for indices are long.
    """
    name = stanza.removeprefix("Package: ").partition("\n")[0]
    kernel = _KERNEL.fullmatch(name)
    if kernel is None and not (suite == BASE_SUITE and name in BASE_PACKAGES):
        return None
    lines = (line.partition(": ") for line in stanza.splitlines() if line[:1] not in (" ", ""))
    fields = {key: value.strip() for key, _, value in lines}
    package = Package(
        package=name,
        package_version=fields["Version"],
        suite=suite,
        size=int(fields["Size"]),
        sha256=fields["SHA256"],
        uri=f"{mirror}/{fields['Filename']}",
    )
    return package if kernel is None else _kernel_build(package, kernel[1], kernel[2])


def order(build: KernelBuild) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
    """Return the sort key of builds: by version, then stable's last, then by Debian revision."""
    revision = build.package_version.removeprefix(build.version)
    release = build.suite.partition("-")[0]
    rank = RELEASES.index(release) if release in RELEASES else len(RELEASES)
    return numbers(build.version), -rank, numbers(revision)


def numbers(text: str) -> tuple[int, ...]:
    """Return the numbers in ``text``, so that 6.9 sorts before 6.12."""
    return tuple(int(each) for each in re.findall(r"\d+", text))


def distinct(builds: Iterable[KernelBuild]) -> tuple[KernelBuild, ...]:
    """Return ``builds`` oldest first, each package file once: the first that was given."""
    first: dict[str, KernelBuild] = {}
    for build in builds:
        first.setdefault(build.filename, build)
    return tuple(sorted(first.values(), key=order))


def _kernel_build(package: Package, holder: str, release: str) -> KernelBuild | None:
    upstream = _UPSTREAM.match(package.package_version)
    if upstream is None:
        return None
    version, series = upstream[1], upstream[2]
    if holder != ("image" if numbers(series) < SPLIT_SERIES else "binary"):
        return None
    return KernelBuild(
        *(package.package, package.package_version, package.suite),
        *(package.size, package.sha256, package.uri),
        series=series,
        version=version,
        release=release,
    )
