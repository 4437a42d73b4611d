"""The examples do what they say: the same commands say the same again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_examples  # noqa: E402

FOLDERS = sorted(make_examples.COMMANDS)


def test_there_are_examples() -> None:
    """Every folder with a plan is run."""
    plans = {path.parent.name for path in make_examples.EXAMPLES.glob("*/*.toml")}
    assert plans == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_saved_output_is_what_is_said(folder, tmp_path) -> None:
    """Commands, exit statuses, written files and pictures."""
    for name, text in make_examples.run(folder, tmp_path).items():
        saved = (make_examples.EXAMPLES / folder / name).read_text()
        assert text == saved, f"{folder}/{name}: python tools/make_examples.py makes it anew"


def test_the_model_kernel_is_made_here() -> None:
    """The profile of the VMM rollback is that of the model, and of nothing else."""
    saved = make_examples.EXAMPLES / "vmm-rollback" / "kernel-with-widget.json"
    assert saved.read_text() == make_examples.widget()


def test_they_end_as_the_readme_says() -> None:
    """Broken, repaired, proved; the canary is the first exit status."""
    ends = {
        folder: [
            int(line.rpartition(" ")[2].rstrip("]"))
            for line in (make_examples.EXAMPLES / folder / "output.txt").read_text().splitlines()
            if line.startswith("[exit status")
        ]
        for folder in FOLDERS
    }
    assert ends == {
        "kernel-upgrade": [100, 0, 0, 0, 0],
        "vmm-rollback": [100, 0, 0, 0],
        "mixed-cpus": [100, 0, 100, 100, 0],
    }
