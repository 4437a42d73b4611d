"""make's words: what is an error, and what stands around it."""

from __future__ import annotations

import pytest

from guestabi.lab.make import first_error

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
