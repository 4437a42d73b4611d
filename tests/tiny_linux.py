"""A source package that is built as Linux is, in a second: a Makefile, one file, no compiler."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from guestabi.lab.source import SCHEMA, Source

SERIES = "6.12"
VERSION = "6.12.9"
MAIN = "".join(f"line {number}\n" for number in range(1, 31))
# As Linux says things and where it puts them; `forever` hangs with a child, `broken` does not
# compile, and no configuration ever has CONFIG_ABSENT.
MAKEFILE = """\
tinyconfig:
\tprintf 'CONFIG_TINY=y\\n# CONFIG_KVM is not set\\n' >.config
olddefconfig:
\tgrep -v ABSENT .config >new && mv new .config
Image:
\t@! grep -q forever main.c || { sleep 600 & echo $$! > "$${PIDS:-/dev/null}"; wait; }
\t@echo '  CC      init/main.o'
\t@! grep -q broken main.c || { echo 'In file included:'; \\
\t\techo "main.c:7:1: error: unknown type name 'broken'"; echo ' 7 | broken'; exit 1; }
\t@echo '  LD      vmlinux'
\tmkdir -p arch/arm64/boot include/config
\tcat main.c .config >arch/arm64/boot/Image
\techo 6.12.9$(LOCALVERSION) >include/config/kernel.release
"""
STANDS_IN = "#!/bin/sh\necho 'a compiler that stands in 1.0'\n"


def need(*programs: str) -> None:
    """Skip where a program that the mechanics stand on is missing."""
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")


def path_with_compilers(folder: Path) -> str:
    """Return a PATH on which the programs that a tiny source does not use stand in."""
    folder.mkdir()
    for name in ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld", "bc", "bison", "flex", "gcc"):
        (folder / name).write_text(STANDS_IN)
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def put(cache: Path, main: str = MAIN) -> Source:
    """Put a source package with ``main`` as its one file into ``cache``, as if it was fetched."""
    work = cache.parent / f"{cache.name}-package"
    tree = work / f"linux-source-{SERIES}"
    tree.mkdir(parents=True)
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / "main.c").write_text(main)
    (work / "root/DEBIAN").mkdir(parents=True)
    (work / "root/usr/src").mkdir(parents=True)
    (work / "root/DEBIAN/control").write_text(
        f"Package: linux-source-{SERIES}\nVersion: {VERSION}-1\nArchitecture: all\n"
        "Maintainer: nobody\nDescription: a tiny source\n"
    )
    packed = work / f"root/usr/src/linux-source-{SERIES}.tar.xz"
    subprocess.run(["tar", "-cJf", packed, "-C", work, tree.name], check=True)
    deb = cache / f"debs/linux-source-{SERIES}_{VERSION}-1_all.deb"
    deb.parent.mkdir(parents=True)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", work / "root", deb],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(work)
    data = deb.read_bytes()
    source = Source(
        *(f"linux-source-{SERIES}", f"{VERSION}-1", "trixie", len(data)),
        *(hashlib.sha256(data).hexdigest(), f"http://mirror.example/{deb.name}"),
        series=SERIES,
        version=VERSION,
    )
    listed = {"schema": SCHEMA, "taken": time.time(), "sources": [asdict(source)]}
    (cache / "sources.json").write_text(json.dumps(listed))
    return source


def kernel_folder(folder: Path, fragment: str, **patches: str) -> Path:
    """Return a folder like the repository's ``kernel``: ``patches`` are file stem -> text, all in
    the series ``mine``."""
    (folder / "config").mkdir(parents=True)
    (folder / "config/lab.config").write_text(fragment)
    if patches:
        (folder / "mine").mkdir()
        (folder / "mine/series").write_text("".join(f"{name}.patch\n" for name in patches))
        for name, text in patches.items():
            (folder / f"mine/{name}.patch").write_text(text)
    return folder


def change(line: int, to: str, *, context: int = 3, shift: int = 0) -> str:
    """Return a patch that makes line ``line`` of MAIN ``to``; ``shift`` spoils its context."""
    before = [f"line {n + shift}" for n in range(line - context, line)]
    after = [f"line {n + shift}" for n in range(line + 1, line + context + 1)]
    span = f"{line - context},{2 * context + 1}"
    body = [*(f" {each}" for each in before), f"-line {line}", f"+{to}", *(f" {e}" for e in after)]
    return "\n".join(["--- a/main.c", "+++ b/main.c", f"@@ -{span} +{span} @@", *body]) + "\n"
