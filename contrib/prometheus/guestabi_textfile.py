#!/usr/bin/env python3
"""Tell Prometheus what a host's KVM shows to guests: a file for the node exporter.

    guestabi_textfile.py FOLDER FILE.prom

Reads the newest profile (*.json) in FOLDER and writes FILE.prom, whole or not at all, for the
collector 'textfile' of the node exporter. A profile that is damaged is not told; that it is damaged
is. Needs Python 3.9 and nothing else. Exit status: 0 told, 1 there is no whole profile or the file
could not be written, 2 bad usage.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn, Optional

MAX_BYTES = 64 << 20
SCHEMA = 1
SCOPES = ("vm", "vcpu", "unknown")
WINDOWS = (
    "before-vcpus",
    "before-init",
    "before-finalize",
    "before-run",
    "always",
    "never",
    "unknown",
)

HELP = {
    "guestabi_capture_valid": "1: the newest capture is whole; 0: it is damaged, or there is none.",
    "guestabi_capture_timestamp_seconds": "When the newest capture was written, whole or not.",
    "guestabi_capture_info": "The newest capture: equal digests show guests the same machine.",
    "guestabi_capture_registers": "Registers that KVM lists, by scope and by when they are set.",
}


class Damaged(Exception):
    """A file that is no whole profile; says why."""


def newest(folder: Path) -> Optional[Path]:
    """Return the profile in ``folder`` that was written last; None if there is none."""
    found = [
        (path.stat().st_mtime, path.name, path)
        for path in folder.glob("*.json")
        if stat.S_ISREG(path.lstat().st_mode)
    ]
    return max(found)[2] if found else None


def read(path: Path) -> dict[str, Any]:
    """Return the profile in ``path``. Raises Damaged."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Damaged("is too big")
        profile = json.loads(data.decode("utf-8"), parse_constant=_refuse)
        _check(profile)
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise Damaged("is no whole guestabi profile") from None
    return dict(profile)


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _check(profile: Any) -> None:
    if profile["schema"] != SCHEMA:
        raise Damaged("is of a schema that this program does not know")
    plain = {key: value for key, value in profile.items() if key != "checksum"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != profile["checksum"]:
        raise Damaged("is damaged: its checksum is another one")
    texts = (profile["digest"], profile.get("name", ""), profile["taken"]["kernel_release"])
    if not all(isinstance(each, str) for each in texts):
        raise ValueError
    for row in profile["registers"]:
        if row["scope"] not in SCOPES or row["window"] not in WINDOWS:
            raise ValueError


def metrics(profile: Optional[dict[str, Any]], written: Optional[float]) -> str:
    """Return the text of the file; ``written``: when the profile was, in seconds since 1970."""
    lines = _metric("guestabi_capture_valid", [({}, int(profile is not None))])
    if written is not None:
        lines += _metric("guestabi_capture_timestamp_seconds", [({}, int(written))])
    if profile is not None:
        about = {
            "digest": profile["digest"],
            "kernel": profile["taken"]["kernel_release"],
            "name": profile.get("name", ""),
        }
        lines += _metric("guestabi_capture_info", [(about, 1)])
        counts = Counter((row["scope"], row["window"]) for row in profile["registers"])
        rows = [({"scope": a, "window": b}, count) for (a, b), count in sorted(counts.items())]
        lines += _metric("guestabi_capture_registers", rows)
    return "\n".join(lines) + "\n"


def _metric(name: str, rows: list[tuple[dict[str, str], int]]) -> list[str]:
    lines = [f"# HELP {name} {HELP[name]}", f"# TYPE {name} gauge"]
    for labels, value in rows:
        pairs = ",".join(f'{key}="{escaped(said)}"' for key, said in labels.items())
        lines.append(f"{name}{{{pairs}}} {value}" if pairs else f"{name} {value}")
    return lines


def escaped(text: str) -> str:
    """Return ``text`` as a label's value: on one line, and unable to steer who reads it."""
    shown = (c if c == "\n" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)
    return "".join(shown).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def write(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all. Raises OSError."""
    # The exporter reads *.prom: until it is whole, the file has another name.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def tell(folder: Path, target: Path) -> str:
    """Write the file; return what is wrong with the newest profile, or nothing."""
    found = newest(folder)
    if found is None:
        write(target, metrics(None, None))
        return f"{folder}: no profile is here"
    written = found.stat().st_mtime
    try:
        profile = read(found)
    except Damaged as error:
        write(target, metrics(None, written))
        return f"{found}: {error}"
    write(target, metrics(profile, written))
    return ""


def main(arguments: list[str]) -> int:
    """Run the command line; return its exit status."""
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        wrong = tell(Path(arguments[0]), Path(arguments[1]))
    except OSError as error:
        wrong = f"{error.filename or arguments[1]}: {error.strerror or error}"
    if wrong:
        print(f"guestabi_textfile: {wrong!a}"[:1000], file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
