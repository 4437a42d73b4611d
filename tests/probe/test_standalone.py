"""guestabi-capture.pyz is one file, needs Python 3.9 alone, and fails with words."""

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from guestabi.probe.bundle import bundle

OLDEST = "3.9"


@pytest.fixture(scope="module")
def pyz(tmp_path_factory):
    path = tmp_path_factory.mktemp("pyz") / "guestabi-capture.pyz"
    path.write_bytes(bundle())
    return path


def run(pyz, *words, python=sys.executable):
    # -I -S: neither this environment's packages nor the user's can help it.
    return subprocess.run(
        [python, "-I", "-S", pyz, *words], capture_output=True, text=True, check=False
    )


def test_reproducible():
    """The same sources give the same bytes."""
    assert bundle() == bundle()


def test_small_and_whole(pyz):
    """It holds host code alone, and a main module."""
    with zipfile.ZipFile(pyz) as archive:
        names = archive.namelist()
    assert "__main__.py" in names
    packages = {name.split("/")[1] for name in names if name.startswith("guestabi/")}
    assert packages == {
        "__init__.py",
        "errors.py",
        "kvm",
        "probe",
        "profile",
        "registers",
        "uapi",
        "vmm",
    }
    assert pyz.stat().st_size < 200_000


def test_says_its_version(pyz):
    """--version works without a device."""
    done = run(pyz, "--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "guestabi-capture")


def oldest_python() -> str | None:
    found = shutil.which(f"python{OLDEST}")
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{OLDEST}.*/bin/python{OLDEST}"))
    for candidate in [found, *map(str, pyenv)]:
        if candidate and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return candidate
    return None


def test_runs_on_the_oldest_python(pyz):
    """Python 3.9 gets as far as the missing device."""
    python = oldest_python()
    if python is None:
        pytest.skip(f"no python{OLDEST} here; the lab runs it on Debian's own Python")
    done = run(pyz, "--device", "/no/such/device", python=python)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("guestabi-capture: error: cannot open")


def test_every_host_module_runs_on_the_oldest_python(pyz):
    """Python 3.9 can import all of it, not only what one command needs."""
    python = oldest_python()
    if python is None:
        pytest.skip(f"no python{OLDEST} here; the lab runs it on Debian's own Python")
    with zipfile.ZipFile(pyz) as archive:
        files = [name for name in archive.namelist() if name.startswith("guestabi/")]
    names = [name.removesuffix(".py").replace("/", ".") for name in files]
    names = [name.removesuffix(".__init__") for name in names]
    assert len(names) > 40
    script = f"import sys; sys.path.insert(0, {str(pyz)!r})\n" + "".join(
        f"import {name}\n" for name in sorted(names)
    )
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--device", "/no/such/device"], 1, "error: cannot open /no/such/device"),
        (["--device", "/dev/null"], 1, "error: /dev/null does not speak KVM"),
        (["rehearse"], 2, "error: nothing to rehearse"),
        (["rehearse", "/no/such/file"], 2, "error: /no/such/file: No such file"),
        (["rehearse", "/dev/null"], 2, "is no whole guestabi profile"),
        (["rehearse", "/"], 2, "error: /: Is a directory"),
    ],
)
def test_errors_are_words(pyz, words, status, said):
    """Each failure is one line and a status; never a traceback."""
    done = run(pyz, *words)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_failed_write_leaves_nothing(tmp_path, monkeypatch):
    """An output that cannot be written leaves no file behind."""
    from guestabi.probe import standalone

    monkeypatch.setattr(standalone, "_capture", lambda options: "text")
    target = tmp_path / "folder"
    target.mkdir()
    (target / "in-use").touch()
    assert standalone.main(["-o", str(target)]) == 1
    assert os.listdir(tmp_path) == ["folder"]
    assert standalone.main(["-o", str(tmp_path / "out.json")]) == 0
    assert stat.S_IMODE((tmp_path / "out.json").stat().st_mode) == 0o644
