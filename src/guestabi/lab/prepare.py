"""From a kernel's name to something that boots."""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.lab import built, recipe
from guestabi.lab.archive import Archive
from guestabi.lab.image import KernelImage, System, build_base, unpack_kernel
from guestabi.lab.packages import KernelBuild
from guestabi.lab.warm import warm


@dataclass(frozen=True, slots=True)
class Prepared:
    """A kernel build and the system that boots it."""

    build: KernelBuild
    system: System


def prepare(archive: Archive, spec: str) -> Prepared:
    """Return the kernel that ``spec`` names, fetched and unpacked, over a compiled base.

    ``spec`` is as ``Archive.candidates`` takes it, or a recipe's name: a kernel that was built by
    ``lab.build``. All of it is cached; a second call takes milliseconds. Raises ArchiveError,
    MissingTool, LabError, and LostVm or TornResult from the boot that compiles the base.
    """
    build, kernel = _kernel(archive, spec)
    base = build_base(archive.base(), archive.cache / "base")
    return Prepared(build, warm(System(kernel, base), archive.cache / "warm", archive.progress))


def _kernel(archive: Archive, spec: str) -> tuple[KernelBuild, KernelImage]:
    if recipe.is_name(spec):
        own = built.find(archive, recipe.parse(spec))
        return own.build, own.kernel
    build, deb = archive.obtain(spec)
    return build, unpack_kernel(deb, archive.cache / "kernels")
