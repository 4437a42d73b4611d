"""make dist: what is shipped is whole, is the same each time, and works where nothing else is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import guestabi
from packaging_needs import lacking

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]

ROOT = Path(__file__).resolve().parents[2]
NAME = f"guestabi-{guestabi.__version__}"
WHEEL = f"{NAME}-py3-none-any.whl"
TREES = ("src", "kernel", "man", "contrib", "tests", "tools", "docs", "examples", "benchmarks")
NOT_SOURCES = (".", "build", "dist")
OFFLINE = ("No matching distribution", "Temporary failure", "Connection")


def sources() -> list[str]:
    """The files of the repository, relative to it; of an unpacked sdist, all that is there."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
        names = done.stdout.split("\0")
    else:
        every = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [str(path) for path in every if not path.parts[0].startswith(NOT_SOURCES)]
    return [n for n in names if (ROOT / n).is_file() and "__pycache__" not in n]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the sources alone."""
    folder = tmp_path_factory.mktemp("copy")
    for name in sources():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def made(*command: str, cwd: Path) -> None:
    """Run what needs a package index."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1600000000"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and any(each in said for each in OFFLINE):
        lacking(f"no package index: {said.splitlines()[-1]}")
    assert done.returncode == 0, said


@pytest.fixture(scope="module")
def dist(copy) -> Path:
    """The folder that ``make dist`` fills; this environment is taken as it is."""
    stamps = [f"--old-file={sys.prefix}/{name}" for name in (".dev", ".demo")]
    made("make", "dist", f"VENV={sys.prefix}", "EPOCH=1600000000", *stamps, cwd=copy)
    return copy / "dist"


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory) -> Path:
    """A clean environment with the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    made(str(folder / "bin" / "pip"), "install", "--quiet", str(dist / WHEEL), cwd=folder)
    return folder


def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``guestabi WORDS`` of the clean environment, which sees nothing of this repository."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(installed)}
    program = str(installed / "bin" / "guestabi")
    return subprocess.run(
        [program, *words], cwd=installed, env=env, capture_output=True, text=True, check=False
    )


def test_three_files(dist):
    """Wheel, sdist, and the one file for hosts."""
    names = sorted(path.name for path in dist.iterdir())
    assert names == [WHEEL, f"{NAME}.tar.gz", "guestabi-capture.pyz"]


def test_the_wheel_has_the_whole_package(copy, dist):
    """Every file below src/guestabi, data and scripts of the lab among them, and the manual."""
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = set(wheel.namelist())
        manual = wheel.read(f"{NAME}.data/data/share/man/man1/guestabi.1")
    src = copy / "src"
    wanted = {str(path.relative_to(src)) for path in src.rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("guestabi/")} == wanted
    for name in ("py.typed", "lab/guest_init.sh", "lab/guest_qemu.py", "policies/data/ours.toml"):
        assert f"guestabi/{name}" in names
    assert sum(name.startswith("guestabi/atlas/data/") for name in names) > 50
    assert manual == (copy / "man" / "guestabi.1").read_bytes()


def test_the_sdist_has_every_tree(copy, dist):
    """Not the package alone: kernel/ too, which 'guestabi lab build' needs, and the tests."""
    with tarfile.open(dist / f"{NAME}.tar.gz") as sdist:
        names = {name.removeprefix(f"{NAME}/") for name in sdist.getnames()}
    wanted = {name for name in sources() if name.split("/")[0] in TREES}
    assert {name.split("/")[0] for name in wanted} == set(TREES)
    assert wanted <= names
    assert {"Makefile", "README.md", "LICENSE", "NOTICE", "pyproject.toml"} <= names


def test_the_wheel_is_the_same_from_the_sources_and_from_the_sdist(copy, dist, tmp_path):
    """``make dist`` makes it from the sdist; from the sources come the same bytes."""
    made(sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), cwd=copy)
    one, other = (zipfile.ZipFile(folder / WHEEL) for folder in (dist, tmp_path))
    with one, other:
        assert one.namelist() == other.namelist()
    digests = [
        hashlib.sha256((folder / WHEEL).read_bytes()).hexdigest() for folder in (dist, tmp_path)
    ]
    assert digests[0] == digests[1]


def test_it_works_where_nothing_else_is(installed):
    """The version; a check of captures that ship; the type marker."""
    done = run(installed, "--version")
    assert (done.stdout, done.returncode) == (f"guestabi {guestabi.__version__}\n", 0)
    done = run(installed, "check", "debian-7.2/neoverse-n1", "debian-7.3/neoverse-n1")
    assert (done.returncode, done.stderr) == (100, "")
    assert "PMMIR_EL1" in done.stdout
    done = run(installed, "lab", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert (installed / "share" / "man" / "man1" / "guestabi.1").is_file()


def test_the_lab_says_where_kernels_are_built(installed):
    """Patches and settings are in the repository, not in the wheel: an error with the way out."""
    done = run(installed, "lab", "build", "--series", "6.12", "--patches", "vm-one-reg")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "guestabi: error: the folder kernel, which has patches and configuration, is not here",
        "  hint: run this in a clone of the repository",
    ]


def test_the_one_file_runs(dist):
    """It is executable, and fails with words where there is no device."""
    pyz = dist / "guestabi-capture.pyz"
    done = subprocess.run([pyz, "--version"], capture_output=True, text=True, check=False)
    assert done.stdout == f"guestabi-capture {guestabi.__version__}\n"
    done = subprocess.run(
        [pyz, "--device", "/no/such/device"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
