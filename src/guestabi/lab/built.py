"""Kernels of our own that were built: where they lie, and what they were made of.

Below the cache's ``built/KEY`` lie ``Image``, ``config``, ``build.log`` and ``note.json``::

    {"schema": 1, "name": "6.12+none", "release": "6.12.117+none",
     "source": {a package's row}, "patches": {file: SHA-256}, "fragments": {name: SHA-256},
     "fuzz": [lines], "compiler": "...", "seconds": 512.0, "bytes": 4900864, "image": SHA-256}
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guestabi.errors import LabError
from guestabi.lab.archive import Archive
from guestabi.lab.image import KernelImage
from guestabi.lab.packages import KernelBuild, numbers
from guestabi.lab.recipe import Recipe
from guestabi.lab.source import Source
from guestabi.lab.store import scratch

# Raised also where what is built of the same inputs becomes another thing.
SCHEMA = 1
FOLDER = "built"


@dataclass(frozen=True, slots=True)
class Built:
    """A kernel that was built: its folder in the cache and its note."""

    home: Path
    note: dict[str, Any]

    @property
    def build(self) -> KernelBuild:
        """Return it as a row like those of the archive's kernels; its digest is its image's."""
        source = Source(**self.note["source"])
        release = self.note["release"]
        return KernelBuild(
            *(source.package, source.package_version, source.suite),
            *(self.note["bytes"], self.note["image"], source.uri),
            series=source.series,
            version=release,
            release=release,
        )

    @property
    def made_of(self) -> str:
        """Return the digests of patches and fragments, in their order, as JSON."""
        return json.dumps({key: self.note[key] for key in ("patches", "fragments")})

    @property
    def kernel(self) -> KernelImage:
        """Return what boots; it has no modules."""
        return KernelImage(self.note["release"], self.home / "Image", self.home / "modules.cpio")

    def told(self) -> str:
        """Return what it is and where, for people: two lines."""
        note, size = self.note, self.note["bytes"] / 1e6
        made_of = f"{note['source']['package']} {note['source']['package_version']}"
        return (
            f"{note['name']}: Linux {note['release']}, {size:.1f} MB, made of {made_of} in "
            f"{note['seconds']:.0f} s\n{self.home / 'Image'}\n"
        )

    def copy_to(self, path: Path) -> None:
        """Copy the image to ``path``, whole or not at all. Raises LabError."""
        with scratch(path.absolute().parent) as fresh:
            shutil.copyfile(self.home / "Image", fresh / "Image")
            (fresh / "Image").replace(path)


def find(archive: Archive, wanted: Recipe) -> Built:
    """Return the newest kernel that was built of ``wanted`` as it is now; no network is asked.

    Raises LabError that says how to build it.
    """
    found = [
        built
        for path in sorted((archive.cache / FOLDER).glob("*/note.json"))
        if (built := read(path.parent)) is not None
        and built.note["name"] == wanted.name
        and built.made_of == json.dumps(wanted.made_of())
    ]
    if not found:
        extra = "".join(f" --config {each.path.stem}" for each in wanted.fragments[1:])
        said = f"--series {wanted.series} --patches {wanted.patches.name}{extra}"
        raise LabError(
            f"{wanted.name} is not built, or its patches or configuration have changed since",
            hint=f"guestabi lab build {said}",
        )
    return max(found, key=lambda built: numbers(built.build.package_version))


def read(home: Path) -> Built | None:
    """Return the kernel in ``home``, or None if it is not whole."""
    # A note that does not fit is as good as none: the kernel is built again.
    try:
        note = json.loads((home / "note.json").read_text())
        built = Built(home, note)
        whole = note["schema"] == SCHEMA and built.build.size == (home / "Image").stat().st_size
        return built if whole and built.kernel.modules.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
