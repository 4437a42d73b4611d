"""patch(1) on a tree: what applies, what does not, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import tiny_linux
from guestabi.errors import LabError
from guestabi.lab import patches
from guestabi.lab.progress import silent
from tiny_linux import MAIN, change


def series(folder: Path, *texts: str) -> patches.Series:
    tiny_linux.need("patch")
    folder.mkdir()
    paths = tuple(folder / f"{number:04}.patch" for number, _ in enumerate(texts, 1))
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return patches.Series(folder.name, paths)


def tree(folder: Path, main: str = MAIN) -> Path:
    (folder / "tree").mkdir()
    (folder / "tree/main.c").write_text(main)
    return folder / "tree"


def test_patches_are_applied_in_their_order(tmp_path: Path) -> None:
    """The second one stands on the first one; new files appear; nothing is left beside."""
    new = "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+new\n"
    two = change(10, "again").replace("-line 10", "-changed")
    there = tree(tmp_path)
    said: list[str] = []
    one = series(tmp_path / "mine", change(10, "changed"), two, new)
    assert patches.apply(one, there, said.append) == ()
    assert (there / "main.c").read_text() == MAIN.replace("line 10\n", "again\n")
    assert sorted(path.name for path in there.iterdir()) == ["main.c", "new.c"]
    assert said == [f"mine: patch {n} of 3, 000{n}.patch" for n in (1, 2, 3)]


def test_lines_that_moved_are_no_matter(tmp_path: Path) -> None:
    """A hunk whose whole context is elsewhere is applied there, and is not fuzzy."""
    there = tree(tmp_path, "above\n" * 7 + MAIN)
    assert patches.apply(series(tmp_path / "mine", change(10, "changed")), there, silent) == ()
    assert "changed\n" in (there / "main.c").read_text()


@pytest.mark.parametrize(("lines", "fuzz"), [((17,), 1), ((17, 18), 2)])
def test_fuzz_is_told(tmp_path: Path, lines: tuple[int, ...], fuzz: int) -> None:
    """One line for each hunk that ignored some of its context."""
    main = MAIN
    for line in lines:
        main = main.replace(f"line {line}\n", "other\n")
    said: list[str] = []
    one = series(tmp_path / "mine", change(20, "changed"))
    found = patches.apply(one, tree(tmp_path, main), said.append)
    assert found == (f"0001.patch: main.c: hunk 1 fitted at line 17 with fuzz {fuzz}",)
    assert said[-1] == found[0]


@pytest.mark.parametrize(
    ("main", "text", "reason"),
    [
        (MAIN.replace("line 20\n", "x\n"), change(20, "y"), "hunk 1 at line 17 of main.c does not"),
        (MAIN.replace("line 20\n", "y\n"), change(20, "y"), "main.c has it already"),
        (MAIN, change(20, "y").replace("main.c", "gone.c"), "gone.c is not in this source"),
        (MAIN, "words\n", "Only garbage was found in the patch input"),
    ],
)
def test_what_does_not_apply_is_named(tmp_path: Path, main: str, text: str, reason: str) -> None:
    """With the patch, the file and the reason."""
    with pytest.raises(LabError, match=r"0002\.patch does not apply: ") as caught:
        patches.apply(
            series(tmp_path / "mine", change(5, "good"), text), tree(tmp_path, main), silent
        )
    assert reason in str(caught.value)
