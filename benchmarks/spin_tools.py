"""Running Spin and what it compiles to, and reading what they say."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Sequence


def run(command: Sequence[str], directory: str) -> str:
    """Return what the command prints; end the program with its last words where it fails."""
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def number(pattern: str, text: str) -> int:
    """Return the number that the pattern's first group finds."""
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"Spin said nothing like {pattern}:\n{text}")
    return int(found.group(1))


def spent() -> float:
    """Return the seconds of processor time of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
