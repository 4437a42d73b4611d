"""Fragments of a kernel's configuration: one setting a line, each with its reason. Pure.

    CONFIG_KVM=y                   # what the lab is about
    # CONFIG_SLUB_TINY is not set  # KASAN needs the whole allocator
    CONFIG_ARM64_POE=y             #? permission overlays, where the kernel has them

A line that begins with ``#`` and is no setting is a comment; a setting ends where its reason
begins. ``#?``: a kernel that has no such symbol is no fault.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from guestabi.errors import BadInput

_ON = re.compile(r"(CONFIG_\w+)=(y|\d+|0x[0-9a-fA-F]+|\"[^\"\\]*\")(?:\s+#(\??)\s*(\S.*))?")
_OFF = re.compile(r"# (CONFIG_\w+) is not set(?:\s+#(\??)\s*(\S.*))?")
_SYMBOL = re.compile(r"^\s*(?:menu)?config\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of a fragment: ``value`` as in a .config, empty for "is not set".

    ``optional``: a kernel may lack the symbol.
    """

    symbol: str
    value: str
    reason: str
    line: int
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.symbol}={self.value}" if self.value else f"# {self.symbol} is not set"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment's file and its settings, in order."""

    path: Path
    settings: tuple[Setting, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the settings alone: another reason makes no other kernel."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def text(self) -> str:
        """Return the settings as lines of a .config."""
        return "".join(f"{each}\n" for each in self.settings)


def read(path: Path) -> Fragment:
    """Return the fragment at ``path``; BadInput where it cannot be read or a line is no setting."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(path, f"cannot be read: {error}") from error
    found = [_setting(path, number, line.strip()) for number, line in enumerate(lines, 1)]
    settings = tuple(each for each in found if each is not None)
    twice = {each.symbol for each in settings if _count(settings, each.symbol) > 1}
    if twice:
        raise BadInput(path, f"{min(twice)} is set twice")
    if not settings:
        raise BadInput(path, "holds no setting")
    return Fragment(path, settings)


def symbols(tree: Path) -> set[str]:
    """Return the names of all symbols that the Kconfig files below ``tree`` define."""
    texts = (path.read_text(errors="replace") for path in tree.rglob("Kconfig*") if path.is_file())
    return {f"CONFIG_{name}" for text in texts for name in _SYMBOL.findall(text)}


def check(fragments: Iterable[Fragment], config: str, known: Container[str]) -> None:
    """Raise BadInput, naming the line, where a setting does not hold in ``config`` (a .config).

    ``known`` are the symbols that the kernel has. Where two fragments set one symbol, the last
    one's word counts.
    """
    final = dict(line.split("=", 1) for line in config.splitlines() if line.startswith("CONFIG_"))
    wanted = {each.symbol: (one.path, each) for one in fragments for each in one.settings}
    for path, setting in wanted.values():
        got, there = final.get(setting.symbol, ""), setting.symbol in known
        if got == setting.value or (setting.optional and not there):
            continue
        why = f"the kernel has {setting.symbol}={got}" if got else "the kernel has it not set"
        raise BadInput(
            path,
            f"line {setting.line}: {setting} does not hold: "
            f"{why if there else 'the kernel has no such symbol'}",
            hint="look at what it depends on" if there else "mark it with '#?' if that is no fault",
        )


def _setting(path: Path, number: int, line: str) -> Setting | None:
    if on := _ON.fullmatch(line):
        return Setting(on[1], on[2], on[4] or "", number, on[3] == "?")
    if off := _OFF.fullmatch(line):
        return Setting(off[1], "", off[3] or "", number, off[2] == "?")
    if line and not line.startswith("#"):
        raise BadInput(path, f"line {number}: {line!r} is no setting")
    return None


def _count(settings: tuple[Setting, ...], symbol: str) -> int:
    return sum(each.symbol == symbol for each in settings)
