"""Build a kernel of our own: Debian's source, patches and configuration in, one Image out.

It is made in a temporary folder and kept in the lab's cache by the digests of all that went in:
the source package, the patches in their order, the settings of the fragments.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from guestabi.errors import ArchiveError, LabError
from guestabi.lab import built, config, cpio, image, patches, tools
from guestabi.lab.archive import Archive
from guestabi.lab.built import Built
from guestabi.lab.make import CROSS, make
from guestabi.lab.progress import Progress
from guestabi.lab.recipe import Recipe
from guestabi.lab.source import Source, find_source
from guestabi.lab.store import build_once, disk_errors, require_space, scratch, sha256_of

# What a source takes unpacked, and what a build adds, rounded up.
TREE_BYTES = 3 << 30
# In the lab's cache: what ccache keeps, so that another series of patches takes a minute or two.
OBJECTS = "ccache"


def build(
    archive: Archive,
    wanted: Recipe,
    *,
    jobs: int,
    keep: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Built:
    """Return the kernel of ``wanted`` and of its series' newest source, built unless it is there.

    ``keep`` leaves the tree, whose place is told; ``step`` is called per object. Raises
    MissingTool, ArchiveError, BadInput (a setting that does not hold) and LabError (a patch that
    does not apply, a build that failed); then, as when interrupted, nothing is left but what
    ``keep`` keeps.
    """
    source = find_source(archive, wanted.series)
    home = archive.cache / built.FOLDER / _key(source, wanted)
    if home.exists() and (before := built.read(home)) is not None:
        archive.progress(f"{wanted.name}: built before")
        return before
    tools.require()
    deb = archive.fetch(source)

    def write(fresh: Path) -> None:
        _write(
            wanted, source, deb, fresh, jobs, keep, archive.cache / OBJECTS, archive.progress, step
        )

    shutil.rmtree(home, ignore_errors=True)
    build_once(home, write)
    made = built.read(home)
    if made is None:
        raise LabError(f"{home}: what was built there cannot be read")
    return made


def _key(source: Source, wanted: Recipe) -> str:
    # Not sorted: the order of patches counts.
    inputs = [built.SCHEMA, wanted.suffix, source.sha256, wanted.made_of()]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:16]


def _write(
    wanted: Recipe,
    source: Source,
    deb: Path,
    home: Path,
    jobs: int,
    keep: bool,
    objects: Path,
    progress: Progress,
    step: Callable[[], None],
) -> None:
    started = time.monotonic()
    log = home / "build.log"
    with _workshop(keep, progress) as work:
        tree = _unpack(source, deb, work, progress)
        fuzz = patches.apply(wanted.patches, tree, progress)

        def run(target: str) -> None:
            arguments = [f"LOCALVERSION={wanted.suffix}", target]
            make(tree, arguments, log, jobs=jobs, progress=progress, step=step, kept=objects)

        try:
            final = _configure(wanted, tree, run, progress)
            progress(f"{wanted.name}: compiling with {jobs} jobs")
            run("Image")
        finally:
            if keep and log.exists():
                shutil.copy(log, work / "build.log")
        made = tree / "arch/arm64/boot/Image"
        release = (tree / "include/config/kernel.release").read_text().strip()
        with disk_errors(home):
            shutil.copyfile(made, home / "Image")
            (home / "config").write_text(final)
            (home / "modules.cpio").write_bytes(cpio.pack({}))
    note = {
        "schema": built.SCHEMA,
        "name": wanted.name,
        "release": release,
        "source": asdict(source),
        **wanted.made_of(),
        "fuzz": list(fuzz),
        "compiler": _compiler(),
        "seconds": round(time.monotonic() - started, 1),
        "bytes": (home / "Image").stat().st_size,
        "image": sha256_of(home / "Image"),
    }
    (home / "note.json").write_text(json.dumps(note, indent=1) + "\n")


@contextmanager
def _workshop(keep: bool, progress: Progress) -> Iterator[Path]:
    parent = Path(tempfile.gettempdir())
    require_space(parent, TREE_BYTES)
    if not keep:
        with scratch(parent) as work:
            yield work
        return
    work = Path(tempfile.mkdtemp(prefix="guestabi-build-", dir=parent))
    progress(f"the tree stays in {work}")
    yield work


def _unpack(source: Source, deb: Path, work: Path, progress: Progress) -> Path:
    progress(f"{source.filename}: unpacking")
    image.unpack(deb, work / "package")
    packed = sorted((work / "package/usr/src").glob(f"{source.package}.tar.*"))
    if len(packed) != 1:
        raise ArchiveError(f"{source.filename}: holds {len(packed)} source archives instead of one")
    (work / "tree").mkdir()
    argv = ["tar", "-x", "--strip-components=1", "--no-same-owner", "-f", str(packed[0])]
    done = tools.run(argv, work / "tree")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"{source.filename}: cannot be unpacked: {last}")
    shutil.rmtree(work / "package")
    return work / "tree"


def _configure(wanted: Recipe, tree: Path, run: Callable[[str], None], progress: Progress) -> str:
    progress(f"{wanted.name}: configuring")
    run("tinyconfig")
    with (tree / ".config").open("a") as handle:
        handle.writelines(each.text() for each in wanted.fragments)
    run("olddefconfig")
    final = (tree / ".config").read_text()
    config.check(wanted.fragments, final, config.symbols(tree))
    return final


def _compiler() -> str:
    return tools.run([f"{CROSS}gcc", "--version"], Path(os.sep)).stdout.partition("\n")[0]
