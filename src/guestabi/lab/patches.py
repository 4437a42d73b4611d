"""Patches of the repository's ``kernel/NAME/series``, applied to a source tree with patch(1).

A hunk may have moved, and may fit with up to ``FUZZ`` lines of its context ignored, which is told;
one that fits no more is an error, and so is a file that is not there.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from guestabi.errors import BadInput, LabError
from guestabi.lab.progress import Progress
from guestabi.lab.tools import run

FUZZ = 2
_FILE = re.compile(r"(?:checking|patching) file '?(.+?)'?(?: using .*)?")
_FUZZ = re.compile(r"Hunk #(\d+) succeeded at (\d+) with fuzz (\d+).*")
_FAILED = re.compile(r"Hunk #(\d+) FAILED at (\d+).*")
_ABSENT = re.compile(r"\|\+\+\+ (?:b/)?(\S+).*")


@dataclass(frozen=True, slots=True)
class Series:
    """Patches in the order in which they are applied; ``name`` is their folder's."""

    name: str
    patches: tuple[Path, ...]

    def digests(self) -> dict[str, str]:
        """Return file name -> SHA-256, in order."""
        return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in self.patches}


def read(folder: Path) -> Series:
    """Return the patches that ``folder/series`` names, one a line; BadInput where one is absent."""
    path = folder / "series"
    try:
        lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path, f"cannot be read: {error}") from error
    names = [line for line in lines if line]
    for name in names:
        if "/" in name or not (folder / name).is_file():
            raise BadInput(path, f"{name!r} is no file beside it")
    if not names or len(set(names)) < len(names):
        raise BadInput(path, "names a patch twice" if names else "names no patch")
    return Series(folder.name, tuple(folder / name for name in names))


def apply(series: Series, tree: Path, progress: Progress) -> tuple[str, ...]:
    """Apply ``series`` to ``tree``; return a line for each hunk that fitted with fuzz alone.

    Raises LabError that names the patch, the file and the hunk that does not apply.
    """
    loose: list[str] = []
    for number, patch in enumerate(series.patches, 1):
        progress(f"{series.name}: patch {number} of {len(series.patches)}, {patch.name}")
        argv = ["patch", "-p1", f"--fuzz={FUZZ}", "--forward", "--batch", "--reject-file=-"]
        options = ["--no-backup-if-mismatch", "--quoting-style=literal"]
        done = run([*argv, *options, "--input", str(patch.absolute())], tree)
        said = done.stdout.splitlines()
        if done.returncode:
            raise _refused(patch.name, said, done.stderr)
        found = [f"{patch.name}: {line}" for line in _fuzzy(said)]
        for line in found:
            progress(line)
        loose += found
    return tuple(loose)


def _fuzzy(said: list[str]) -> list[str]:
    found, file = [], "?"
    for line in said:
        if name := _FILE.fullmatch(line):
            file = name[1]
        elif hunk := _FUZZ.fullmatch(line):
            found.append(f"{file}: hunk {hunk[1]} fitted at line {hunk[2]} with fuzz {hunk[3]}")
    return found


def _refused(patch: str, said: list[str], stderr: str) -> LabError:
    return LabError(
        f"{patch} does not apply: {_reason(said, stderr)}",
        hint="the source has changed there: write the patch anew for this series",
    )


def _reason(said: list[str], stderr: str) -> str:
    file = "?"
    for line in said:
        if name := (_FILE.fullmatch(line) or _ABSENT.fullmatch(line)):
            file = name[1]
        elif hunk := _FAILED.fullmatch(line):
            return f"hunk {hunk[1]} at line {hunk[2]} of {file} does not fit"
        elif line.startswith("No file to patch"):
            return f"{file} is not in this source"
        elif line.startswith("Reversed (or previously applied) patch"):
            return f"{file} has it already"
    return (stderr.strip().splitlines() or said or ["patch gave no reason"])[-1]
