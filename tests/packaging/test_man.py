"""man/guestabi.1: every command and option, in roff that no formatter complains of."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
import pytest

from cli.commands import leaves
from packaging_needs import needs

PAGE = Path(__file__).resolve().parents[2] / "man" / "guestabi.1"
FORMATTERS = {
    "mandoc": ("mandoc", ["-Tlint", "-W", "warning"]),
    "groff": ("groff-base", ["-man", "-Tutf8", "-ww", "-z"]),
}


def run(name: str, page: Path) -> tuple[int, str]:
    package, flags = FORMATTERS[name]
    command = [needs(name, package), *flags, str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", FORMATTERS)
def test_no_formatter_warns(name):
    """mandoc and groff take it as it is."""
    assert run(name, PAGE) == (0, "")


@pytest.mark.parametrize("name", FORMATTERS)
def test_a_formatter_would(name, tmp_path):
    """A request that is none is complained of."""
    bad = tmp_path / "bad.1"
    bad.write_text(PAGE.read_text() + ".NOSUCH request\n")
    assert run(name, bad)[1]


def shown() -> str:
    """The page as a reader sees it, in one line."""
    command = [needs("groff", "groff-base"), "-man", "-Tascii", "-P-cbou", "-rLL=5000n", str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def test_every_command_and_option_is_in_it():
    """As the reader sees them: no hyphen has become a dash."""
    text = shown()
    seen = 0
    for path, command in leaves():
        name = " ".join(("guestabi", *path))
        start = text.index(f"{name} {name} ")
        rest = text[start + 2 * len(name) :]
        section = (
            rest[: match.start()]
            if (match := re.search(r" (guestabi[ a-z-]+) \1 ", rest))
            else rest
        )
        for option in command.params:
            if isinstance(option, click.Option):
                seen += 1
                assert ", ".join(sorted(option.opts, key=len)) in section, (name, option.name)
    assert seen > 100


def test_statuses_variables_files():
    """What every page of the kind has."""
    text = shown()
    for word in ("EXIT STATUS 0", " 100 ", " 101 ", "ENVIRONMENT NO_COLOR", "FILES /dev/kvm"):
        assert word in text
