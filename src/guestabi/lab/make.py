"""Run the kernel's make: counted while it runs, its first error shown, ended with whoever waits."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from guestabi.errors import LabError
from guestabi.lab.progress import Progress

CROSS = "aarch64-linux-gnu-"
# So that the same inputs make the same kernel, whoever builds it.
IDENTITY = (
    "KBUILD_BUILD_USER=guestabi",
    "KBUILD_BUILD_HOST=lab",
    "KBUILD_BUILD_TIMESTAMP=@0",
    "KBUILD_BUILD_VERSION=1",
)
CCACHED = (f"CC=ccache {CROSS}gcc", "HOSTCC=ccache gcc")
# An object, an archive, a program: `  CC      init/main.o`.
_OBJECT = re.compile(r"  (?:CC|AS|LD|AR|HOSTCC|HOSTLD|OBJCOPY|HYPCOPY|HYPREL) +\S+(?: \S+)?")
_ERROR = re.compile(
    r"(?:fatal |internal compiler )?error: |undefined reference| Error \d+$|\*\*\* "
)
_BEFORE, _AFTER = 3, 6
_GRACE_SECONDS = 10.0


def make(
    tree: Path,
    arguments: Sequence[str],
    log: Path,
    *,
    jobs: int,
    progress: Progress,
    step: Callable[[], None] = lambda: None,
    kept: Path | None = None,
) -> None:
    """Run ``make arguments`` in ``tree``; all it says is added to the file ``log``.

    Objects are kept in the folder ``kept`` for the next build, where ccache is installed.
    ``step`` is called once per object. Raises LabError with the first error, the lines around which
    ``progress`` is told. Whatever ends the wait ends make and all its children.
    """
    argv = ["make", f"-j{jobs}", "ARCH=arm64", f"CROSS_COMPILE={CROSS}", *IDENTITY]
    with_ccache = kept is not None and shutil.which("ccache") is not None
    argv += [*(CCACHED if with_ccache else ()), *arguments]
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as written:
        process = subprocess.Popen(
            argv,
            cwd=tree,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_environment() | (_ccache(kept, tree) if kept is not None else {}),
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                written.write(line)
                if _OBJECT.fullmatch(line.decode(errors="replace").rstrip()):
                    step()
            status = process.wait()
        finally:
            _end(process)
    if status:
        with log.open("rb") as said:
            said.seek(start)
            lines = said.read().decode(errors="replace").splitlines()
        raise _failed(arguments[-1], lines, status, progress)


def first_error(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the first line that is an error, and the lines around it; both empty if none is."""
    for number, line in enumerate(lines):
        if _ERROR.search(line):
            return line.strip(), lines[max(0, number - _BEFORE) : number + _AFTER + 1]
    return "", ()


def _failed(target: str, lines: list[str], status: int, progress: Progress) -> LabError:
    error, around = first_error(lines)
    for line in around or lines[-_AFTER:]:
        progress(f"  {line}")
    what = error or f"make ended with status {status}"
    return LabError(f"make {target} failed: {what}", hint="--keep leaves the tree and its log")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the session of make, if any of it is left; make alone would leave its compilers."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment() -> dict[str, str]:
    # A make above this one hands down its flags and its job server, which are not ours.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return {**inherited, "LC_ALL": "C"}


def _ccache(kept: Path, tree: Path) -> dict[str, str]:
    # Each build has a folder of its own, which must not matter.
    return {"CCACHE_DIR": str(kept), "CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}
