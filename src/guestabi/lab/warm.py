"""Compile the guest's Python once, so that programs start three times as fast in every boot.

An emulated CPU takes seconds to compile what a program imports, and only the guest's own Python
can: so one boot does it, and the result is a layer on the base initramfs.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from importlib import resources
from pathlib import Path

from guestabi.errors import LabError
from guestabi.lab import cpio
from guestabi.lab.boot import run
from guestabi.lab.image import System
from guestabi.lab.machines import Machine, find_cpu
from guestabi.lab.progress import Progress, silent
from guestabi.lab.store import build_once

# What programs for hosts and guests import; what these import comes along.
MODULES = (
    *("argparse", "array", "base64", "collections.abc", "contextlib", "copy", "ctypes"),
    *("dataclasses", "difflib", "enum", "errno", "fcntl", "functools", "hashlib", "importlib"),
    *("importlib.resources", "inspect", "io", "itertools", "json", "math", "mmap", "operator"),
    *("os", "pathlib", "platform", "random", "re", "runpy", "select", "shutil", "signal"),
    *("socket", "string", "struct", "subprocess", "tempfile", "textwrap", "threading", "time"),
    *("traceback", "types", "typing", "zipfile", "zipimport", "zlib"),
)
TIMEOUT_SECONDS = 300.0


def warm(system: System, cache: Path, progress: Progress = silent) -> System:
    """Return ``system`` with its Python's modules compiled, made below ``cache`` once per base."""
    script = resources.files("guestabi.lab").joinpath("guest_warm.py").read_bytes()
    key = hashlib.sha256(repr((system.base.parent.name, script, MODULES)).encode()).hexdigest()
    home = build_once(cache / key[:16], lambda fresh: _write(system, script, fresh, progress))
    return System(system.kernel, home / "base.cpio.gz")


def _write(system: System, script: bytes, home: Path, progress: Progress) -> None:
    progress("compiling the guest's Python, once")
    compiled = run(
        system,
        Machine(find_cpu("neoverse-n1")),
        ["python3", "warm.py", *MODULES],
        {"warm.py": script},
        timeout=TIMEOUT_SECONDS,
    )
    if compiled.status:
        last = compiled.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise LabError(f"the guest's Python could not be compiled: {last}")
    layer = gzip.compress(cpio.pack(_entries(compiled.stdout)), 6, mtime=0)
    with (home / "base.cpio.gz").open("wb") as whole, system.base.open("rb") as base:
        shutil.copyfileobj(base, whole)
        whole.write(layer)


def _entries(stream: bytes) -> dict[str, cpio.Entry]:
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        files = {each.name: archive.extractfile(each) for each in archive if each.isfile()}
    return {name: cpio.regular(file.read()) for name, file in files.items() if file}
