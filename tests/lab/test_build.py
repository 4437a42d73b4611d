"""Kernels of our own: source, patches and settings in, an image that the lab boots out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import tiny_linux
from guestabi.errors import BadInput, GuestAbiError, LabError, MissingTool
from guestabi.lab import built, prepare, recipe
from guestabi.lab.archive import Archive
from guestabi.lab.build import build
from guestabi.lab.image import System
from tiny_linux import MAIN, change, kernel_folder, path_with_compilers, put

FRAGMENT = "CONFIG_KVM=y  # to be measured\n"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what is temporary, and compilers that stand in."""
    tiny_linux.need("dpkg-deb", "make", "patch", "perl", "tar", "xz")
    monkeypatch.setenv("PATH", path_with_compilers(tmp_path / "bin"))
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr("guestabi.lab.build.TREE_BYTES", 1 << 20)
    return folder


class Bench:
    """An archive with one tiny source, and a folder of patches and fragments."""

    def __init__(self, home: Path, *, fragment: str = FRAGMENT, main: str = MAIN, **patches: str):
        self.said: list[str] = []
        self.steps = 0
        self.source = put(home / "cache", main)
        self.archive = Archive(home / "cache", apt=self.unreachable, progress=self.said.append)
        self.folder = kernel_folder(home / "kernel", fragment, **patches)
        self.patched = "mine" if patches else "none"

    def unreachable(self) -> None:  # type: ignore[override]
        raise AssertionError("the archive was asked though all is in the cache")

    def recipe(self, *extra: str) -> recipe.Recipe:
        return recipe.recipe("6.12", self.patched, extra, self.folder)

    def build(self, *extra: str, keep: bool = False) -> built.Built:
        def step() -> None:
            self.steps += 1

        return build(self.archive, self.recipe(*extra), jobs=2, keep=keep, step=step)

    def refused(self, kind: type[GuestAbiError]) -> GuestAbiError:
        """Build, which must fail, and leave nothing."""
        with pytest.raises(kind) as caught:
            self.build()
        assert list((self.archive.cache / "built").iterdir()) == []
        return caught.value


def test_a_kernel_is_made_of_source_patches_and_settings(workshop: Path, tmp_path: Path) -> None:
    """The image has the patched file and the settings; the note says what it was made of."""
    bench = Bench(tmp_path, one=change(10, "changed"), two=change(20, "too"))
    made = bench.build()
    image = made.kernel.vmlinuz.read_text()
    assert {"changed", "too", "CONFIG_KVM=y"} <= set(image.splitlines())
    assert made.note["name"] == "6.12+mine"
    assert made.kernel.release == made.build.release == made.build.version == "6.12.9+mine"
    assert list(made.note["patches"]) == ["one.patch", "two.patch"]
    assert made.note["source"]["sha256"] == bench.source.sha256
    assert made.note["fuzz"] == []
    assert made.note["compiler"] == "a compiler that stands in 1.0"
    assert sorted(path.name for path in made.home.iterdir()) == [
        *("Image", "build.log", "config", "modules.cpio", "note.json"),
    ]
    assert bench.steps == 2
    assert list(workshop.iterdir()) == []


def test_it_is_built_once(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call answers from the cache, without tools; and the lab finds it by its name."""
    bench = Bench(tmp_path, one=change(10, "changed"))
    made = bench.build()
    monkeypatch.setenv("PATH", "/nowhere")
    assert bench.build() == made
    assert bench.said[-1] == "6.12+mine: built before"
    assert built.find(bench.archive, recipe.parse("6.12+mine", bench.folder)) == made


def test_the_lab_boots_it_by_its_name(
    workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is prepared of the name is what was built; of a kernel that was not, how to build it."""
    bench = Bench(tmp_path)
    made = bench.build()
    monkeypatch.setattr("guestabi.lab.recipe.kernel_folder", lambda: bench.folder)
    monkeypatch.setattr(prepare, "build_base", lambda debs, cache: Path("base"))
    monkeypatch.setattr(prepare, "warm", lambda system, cache, progress: system)
    monkeypatch.setattr(Archive, "base", lambda self: ())
    got = prepare.prepare(bench.archive, "6.12+none")
    assert got.build == made.build
    assert got.system == System(made.kernel, Path("base"))
    with pytest.raises(LabError, match=r"7\.3\+none is not built") as caught:
        prepare.prepare(bench.archive, "7.3+none")
    assert caught.value.hint == "guestabi lab build --series 7.3 --patches none"


@pytest.mark.parametrize(
    ("file", "text", "again"),
    [
        ("config/lab.config", "CONFIG_KVM=y  # another reason\n", False),
        ("config/lab.config", "CONFIG_KVM=y\nCONFIG_NET=y\n", True),
        ("mine/one.patch", change(10, "another"), True),
        ("mine/series", "two.patch\none.patch\n", True),
    ],
)
def test_what_goes_in_decides(
    workshop: Path, tmp_path: Path, file: str, text: str, again: bool
) -> None:
    """Another setting, another patch, another order: another kernel, and the old one is not taken
    for it. Another reason beside a setting is none."""
    bench = Bench(tmp_path, one=change(10, "changed"), two=change(20, "too"))
    made = bench.build()
    (bench.folder / file).write_text(text)
    if again:
        with pytest.raises(LabError, match="is not built, or its patches") as caught:
            built.find(bench.archive, bench.recipe())
        assert caught.value.hint == "guestabi lab build --series 6.12 --patches mine"
    assert (bench.build().home != made.home) is again


@pytest.mark.parametrize("damage", [b"", b"{}", b"not JSON"])
def test_a_damaged_note_is_built_again(workshop: Path, tmp_path: Path, damage: bytes) -> None:
    """A folder of the cache that is not whole is no kernel."""
    bench = Bench(tmp_path)
    made = bench.build()
    (made.home / "note.json").write_bytes(damage)
    with pytest.raises(LabError, match="is not built"):
        built.find(bench.archive, bench.recipe())
    assert bench.build().kernel == made.kernel


def test_a_further_fragment_is_another_kernel(workshop: Path, tmp_path: Path) -> None:
    """Its name says so, and the settings of both hold; of one symbol the last word counts."""
    bench = Bench(tmp_path)
    (bench.folder / "config/debug.config").write_text("CONFIG_KASAN=y\nCONFIG_KVM=y\n")
    made = bench.build("debug")
    assert made.note["name"] == "6.12+none+debug"
    assert made.kernel.release == "6.12.9+none+debug"
    assert "CONFIG_KASAN=y" in (made.home / "config").read_text()
    assert recipe.parse("6.12+none+debug", bench.folder) == bench.recipe("debug")


def test_a_hunk_that_does_not_apply_is_named(workshop: Path, tmp_path: Path) -> None:
    """The error names patch, file, hunk and line, and nothing is built."""
    bench = Bench(tmp_path, good=change(10, "changed"), bad=change(20, "x", shift=5))
    error = bench.refused(LabError)
    assert str(error) == "bad.patch does not apply: hunk 1 at line 17 of main.c does not fit"
    assert list(workshop.iterdir()) == []


def test_fuzz_is_told(workshop: Path, tmp_path: Path) -> None:
    """A hunk whose outermost context has changed is applied, and told aloud and in the note."""
    bench = Bench(tmp_path, main=MAIN.replace("line 17\n", "other\n"), one=change(20, "changed"))
    made = bench.build()
    assert made.note["fuzz"] == ["one.patch: main.c: hunk 1 fitted at line 17 with fuzz 1"]
    assert made.note["fuzz"][0] in bench.said


def test_a_setting_that_does_not_hold_is_named(workshop: Path, tmp_path: Path) -> None:
    """The error names the fragment, its line, and the setting."""
    bench = Bench(tmp_path, fragment=f"# why\n{FRAGMENT}CONFIG_ABSENT=y  # gone\n")
    error = bench.refused(BadInput)
    assert str(error).endswith(
        "lab.config: line 3: CONFIG_ABSENT=y does not hold: the kernel has no such symbol"
    )
    assert list(workshop.iterdir()) == []


def test_a_failed_build_shows_its_first_error(workshop: Path, tmp_path: Path) -> None:
    """The first error is the message, the lines around it are told; nothing stays."""
    bench = Bench(tmp_path, one=change(7, "broken"))
    error = bench.refused(LabError)
    assert str(error) == "make Image failed: main.c:7:1: error: unknown type name 'broken'"
    assert [line for line in bench.said if line.startswith("  ")][:4] == [
        "    CC      init/main.o",
        "  In file included:",
        "  main.c:7:1: error: unknown type name 'broken'",
        "   7 | broken",
    ]
    assert list(workshop.iterdir()) == []


def test_keep_leaves_tree_and_log(workshop: Path, tmp_path: Path) -> None:
    """Of a build that failed too; the place is told."""
    bench = Bench(tmp_path, one=change(7, "broken"))
    with pytest.raises(LabError):
        bench.build(keep=True)
    (kept,) = workshop.iterdir()
    assert f"the tree stays in {kept}" in bench.said
    assert "broken" in (kept / "tree/main.c").read_text()
    assert "unknown type name" in (kept / "build.log").read_text()


def test_missing_tools_are_named_with_their_packages(
    workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once, before anything is fetched or unpacked."""
    bench = Bench(tmp_path)
    for name in ("flex", "aarch64-linux-gnu-gcc"):
        (tmp_path / "bin" / name).unlink()
    monkeypatch.setattr(
        "guestabi.lab.tools.shutil.which",
        lambda name: None if name in ("flex", "aarch64-linux-gnu-gcc") else f"/bin/{name}",
    )
    with pytest.raises(
        MissingTool, match="aarch64-linux-gnu-gcc, flex are not installed"
    ) as caught:
        bench.build()
    assert caught.value.hint == "apt-get install gcc-aarch64-linux-gnu flex"
    assert list(workshop.iterdir()) == []


def test_a_copy_is_whole_or_not_at_all(workshop: Path, tmp_path: Path) -> None:
    """The image goes where it is asked for; a folder there is refused and stays."""
    made = Bench(tmp_path).build()
    made.copy_to(tmp_path / "out/Image")
    assert (tmp_path / "out/Image").read_bytes() == made.kernel.vmlinuz.read_bytes()
    with pytest.raises(LabError, match="cannot use"):
        made.copy_to(workshop)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Image"]


def test_ctrl_c_ends_make_and_leaves_nothing(workshop: Path, tmp_path: Path) -> None:
    """Interrupted on the command line: make's children end, no tree and no half kernel stay."""
    put(tmp_path / "guestabi", "forever\n")
    pids = tmp_path / "pids"
    # The command needs room for a real tree, which the machine of this test may lack.
    script = """if True:
        from guestabi.cli.main import main
        from guestabi.lab import build
        build.TREE_BYTES = 0
        main()"""
    argv = [sys.executable, "-c", script]
    process = subprocess.Popen(
        [*argv, "lab", "build", "--series", "6.12", "--patches", "none"],
        env={
            **os.environ,
            "XDG_CACHE_HOME": str(tmp_path),
            "TMPDIR": str(workshop),
            "PIDS": str(pids),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        child = _wait_for(lambda: int(pids.read_text()) if pids.exists() else 0)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "compiling" in said
    assert "Traceback" not in said
    assert not _runs(child)
    assert list(workshop.iterdir()) == []
    assert list((tmp_path / "guestabi/built").iterdir()) == []


def _runs(process: int) -> bool:
    """Say whether it runs: one that has ended may still wait to be asked for its status."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _wait_for(ready: Callable[[], int]) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(ValueError):
            if found := ready():
                return found
        time.sleep(0.05)
    raise AssertionError("it did not begin within a minute")
