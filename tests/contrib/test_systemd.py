"""contrib/systemd: units that systemd takes, a service that may do little, a command that runs."""

from __future__ import annotations

import configparser
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from guestabi.probe.bundle import bundle
from packaging_needs import needs

UNITS = Path(__file__).resolve().parents[2] / "contrib" / "systemd"
SERVICE = UNITS / "guestabi-capture.service"
EXPOSURE = 15
"""In tenths: systemd calls up to 2.0 "OK", and a service without settings has 9.6."""


def analyze(*words: object) -> tuple[int, str]:
    command = [needs("systemd-analyze", "systemd"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_systemd_takes_them():
    """Service and timer, without a word."""
    units = sorted(UNITS.iterdir())
    assert [unit.name for unit in units] == ["guestabi-capture.service", "guestabi-capture.timer"]
    assert analyze("verify", *units) == (0, "")


def test_it_would_not_take_nonsense(tmp_path):
    """A setting that systemd does not know is complained of."""
    bad = tmp_path / SERVICE.name
    bad.write_text(SERVICE.read_text().replace("ProtectSystem=", "ProtectSystems="))
    assert "ProtectSystems" in analyze("verify", bad)[1]


def exposure(unit: Path) -> int:
    return analyze("security", "--offline=true", f"--threshold={EXPOSURE}", unit)[0]


def test_little_is_exposed(tmp_path):
    """Below the bound; without its settings it would be far above."""
    assert exposure(SERVICE) == 0
    bare = tmp_path / SERVICE.name
    kept = ("[", "Type", "ExecStart", "User", "Description")
    lines = SERVICE.read_text().splitlines()
    bare.write_text("\n".join(line for line in lines if line.startswith(kept)) + "\n")
    assert exposure(bare) != 0


def test_its_command_line_is_one_of_ours(tmp_path):
    """It gets as far as the device."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(SERVICE)
    python, *words = shlex.split(unit["Service"]["ExecStart"])
    assert python == "/usr/bin/python3"
    pyz = tmp_path / "guestabi-capture.pyz"
    pyz.write_bytes(bundle())
    (place,) = [index for index, word in enumerate(words) if word.endswith(pyz.name)]
    words[place] = str(pyz)
    words[words.index("-o") + 1] = str(tmp_path / "host.json")
    done = subprocess.run(
        [sys.executable, *words, "--device", "/no/such/device"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("guestabi-capture: error: cannot open /no/such/device")


def test_it_can_write_where_it_says():
    """What -o names is in its state directory."""
    text = SERVICE.read_text()
    assert "StateDirectory=guestabi\n" in text
    assert "-o /var/lib/guestabi/" in text


@pytest.mark.parametrize("when", ["OnBootSec=", "OnCalendar=weekly", "RandomizedDelaySec="])
def test_the_timer(when):
    """After a boot and every week, and not everywhere at once."""
    assert when in (UNITS / "guestabi-capture.timer").read_text()
