"""From a kernel's name to something that boots."""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.lab.archive import Archive
from guestabi.lab.image import System, build_base, unpack_kernel
from guestabi.lab.packages import KernelBuild
from guestabi.lab.warm import warm


@dataclass(frozen=True, slots=True)
class Prepared:
    """A kernel build and the system that boots it."""

    build: KernelBuild
    system: System


def prepare(archive: Archive, spec: str) -> Prepared:
    """Return the kernel that ``spec`` names, fetched and unpacked, over a compiled base.

    All of it is cached; a second call takes milliseconds. Raises ArchiveError, MissingTool,
    LabError, and LostVm or TornResult from the boot that compiles the base.
    """
    build, deb = archive.obtain(spec)
    kernel = unpack_kernel(deb, archive.cache / "kernels")
    base = build_base(archive.base(), archive.cache / "base")
    return Prepared(build, warm(System(kernel, base), archive.cache / "warm", archive.progress))
