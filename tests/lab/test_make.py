"""make's words: what is an error, and what stands around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestabi.lab.make import first_error, make
from guestabi.lab.progress import silent

QUIET = [f"  CC      kernel/{number}.o" for number in range(20)]


@pytest.mark.parametrize(
    "line",
    [
        "arch/arm64/kvm/arm.c:7:1: error: unknown type name 'u46'",
        "kernel/fork.c:9:10: fatal error: no.h: No such file or directory",
        "arm.c:(.text+0x10): undefined reference to `kvm_nothing'",
        "make[3]: *** [scripts/Makefile.build:229: kernel/fork.o] Error 1",
        "make: *** No rule to make target 'Imagf'.  Stop.",
    ],
)
def test_the_first_error_is_found_with_its_surroundings(line: str) -> None:
    """Three lines before, six after; a later error is not taken."""
    said = [*QUIET, line, *QUIET, "later.c:1:1: error: another"]
    found, around = first_error(said)
    assert found == line
    assert around == [*QUIET[-3:], line, *QUIET[:6]]


def test_warnings_are_no_errors() -> None:
    """Nor are files that are called so."""
    said = [*QUIET, "a.c:1:2: warning: unused variable 'error'", "  CC      lib/error.o"]
    assert first_error(said) == ("", ())


@pytest.mark.parametrize("there", [True, False])
def test_objects_are_kept_where_ccache_is(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told where to keep them and that the tree's place does not matter; else the compiler
    is called by itself."""
    monkeypatch.setattr("shutil.which", lambda name: name if there else None)
    lines = ["@echo $(CC) for $(CROSS_COMPILE)", "@echo $$CCACHE_DIR $$CCACHE_BASEDIR"]
    (tmp_path / "Makefile").write_text("said:\n" + "".join(f"\t{line}\n" for line in lines))
    log = tmp_path / "log"
    make(tmp_path, ["CC?=cc", "said"], log, jobs=1, progress=silent, kept=tmp_path / "kept")
    compiler, places = log.read_text().splitlines()
    cross = "aarch64-linux-gnu-"
    assert compiler == (f"ccache {cross}gcc for {cross}" if there else f"cc for {cross}")
    assert places == f"{tmp_path / 'kept'} {tmp_path}"
