"""What a kernel of our own is made of, by its name.

``6.12+vm-one-reg`` is the newest source of 6.12 with the patches of ``kernel/vm-one-reg``;
``6.12+none+debug`` is one without patches and with the further fragment
``kernel/config/debug.config``. Every kernel has the fragment ``kernel/config/lab.config``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guestabi.errors import LabError, UsageError
from guestabi.lab import config, patches

NONE = "none"
BASE_FRAGMENT = "lab"
_NAME = re.compile(r"(\d+\.\d+)\+([a-z0-9][a-z0-9-]*)((?:\+[a-z0-9][a-z0-9-]*)*)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to build: patches and fragments as they are now in the folder ``kernel``."""

    series: str
    patches: patches.Series
    fragments: tuple[config.Fragment, ...]

    @property
    def suffix(self) -> str:
        """Return what ``uname -r`` says behind the version, such as ``+vm-one-reg+debug``."""
        extra = (each.path.stem for each in self.fragments[1:])
        return "".join(f"+{name}" for name in (self.patches.name, *extra))

    @property
    def name(self) -> str:
        """Return the kernel's name in the lab, such as ``6.12+vm-one-reg``."""
        return f"{self.series}{self.suffix}"

    def made_of(self) -> dict[str, Any]:
        """Return the digests of patches and fragments, as in a note."""
        return {
            "patches": self.patches.digests(),
            "fragments": {each.path.stem: each.digest for each in self.fragments},
        }


def is_name(spec: str) -> bool:
    """Say whether ``spec`` names a kernel of our own, such as ``6.12+vm-one-reg``."""
    return _NAME.fullmatch(spec) is not None


def kernel_folder() -> Path:
    """Return the repository's folder ``kernel``; LabError outside a clone of it."""
    clone = Path(__file__).resolve().parents[3] / "kernel"
    for folder in (clone, Path.cwd() / "kernel"):
        if (folder / "config" / f"{BASE_FRAGMENT}.config").is_file():
            return folder
    raise LabError(
        "the folder kernel, which has patches and configuration, is not here",
        hint="run this in a clone of the repository",
    )


def recipe(
    series: str, patched: str, extra: tuple[str, ...] = (), folder: Path | None = None
) -> Recipe:
    """Return the recipe of ``series`` with the patches ``patched`` and the fragments ``extra``.

    Raises UsageError for a name that is none, BadInput for a file that cannot be used.
    """
    folder = folder or kernel_folder()
    name = "+".join((series, patched, *extra))
    if not is_name(name):
        raise UsageError(f"{name!r} names no kernel to build", hint="such as 6.12 and vm-one-reg")
    here = sorted(path.parent.name for path in folder.glob("*/series"))
    if patched != NONE and patched not in here:
        raise UsageError(
            f"there are no patches {patched!r}", hint=f"there are {', '.join([*here, NONE])}"
        )
    chosen = patches.read(folder / patched) if patched != NONE else patches.Series(NONE, ())
    names = (BASE_FRAGMENT, *extra)
    read = tuple(config.read(folder / "config" / f"{each}.config") for each in names)
    return Recipe(series, chosen, read)


def parse(name: str, folder: Path | None = None) -> Recipe:
    """Return the recipe that ``name`` says; see ``recipe``."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(f"{name!r} names no kernel to build", hint="such as 6.12+vm-one-reg")
    return recipe(match[1], match[2], tuple(match[3].split("+")[1:]), folder)
