"""Names of our own kernels, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestabi.errors import BadInput, UsageError
from guestabi.lab import patches, recipe
from tiny_linux import change, kernel_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return kernel_folder(tmp_path / "kernel", "CONFIG_KVM=y\n", one=change(10, "changed"))


@pytest.mark.parametrize("name", ["6.12+none", "6.12+vm-one-reg", "7.3+reg-scope+debug+more"])
def test_names_of_our_own(name: str) -> None:
    """A series, patches, and further fragments."""
    assert recipe.is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("6.12", "6.12.117", "6.12.117+deb13-cloud-arm64", "6.12.117+none", "all", ""),
        *("6.12+", "6.12++debug", "6.12+../x", "6.12+NONE", "6+none", "6.12+none+"),
    ],
)
def test_names_of_others(name: str) -> None:
    """What the archive's kernels are called, and what is no name, is none of ours."""
    assert not recipe.is_name(name)


def test_a_recipe_says_its_name(folder: Path) -> None:
    """Name and suffix come back as they were said."""
    (folder / "config/debug.config").write_text("CONFIG_KASAN=y\n")
    for name in ("6.12+none", "6.12+mine", "7.3+mine+debug"):
        found = recipe.parse(name, folder)
        assert found.name == name
        assert found.suffix == name[name.index("+") :]


def test_unknown_patches_name_those_there_are(folder: Path) -> None:
    """With `none`, which is always there."""
    with pytest.raises(UsageError, match="no patches 'yours'") as caught:
        recipe.recipe("6.12", "yours", folder=folder)
    assert caught.value.hint == "there are mine, none"


@pytest.mark.parametrize("words", [("six", "none"), ("6.12", "../mine"), ("6.12.3", "none")])
def test_what_is_no_name_is_refused(folder: Path, words: tuple[str, str]) -> None:
    """Before any file is looked for."""
    with pytest.raises(UsageError, match="names no kernel to build"):
        recipe.recipe(*words, folder=folder)
    with pytest.raises(UsageError, match="names no kernel to build"):
        recipe.parse("+".join(words), folder)


def test_an_unknown_fragment_is_refused(folder: Path) -> None:
    """With the path where it would be."""
    with pytest.raises(BadInput, match=r"config/more\.config: cannot be read"):
        recipe.recipe("6.12", "none", ("more",), folder)


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        ("two.patch\n", "'two.patch' is no file beside it"),
        ("../one.patch\n", "is no file beside it"),
        ("one.patch\none.patch\n", "names a patch twice"),
        ("# none yet\n", "names no patch"),
    ],
)
def test_a_series_that_cannot_be_applied_is_refused(folder: Path, series: str, reason: str) -> None:
    """An absent patch, one outside the folder, one twice, none at all."""
    (folder / "mine/series").write_text(series)
    with pytest.raises(BadInput) as caught:
        patches.read(folder / "mine")
    assert reason in str(caught.value)


def test_what_ships_can_be_read() -> None:
    """The repository's own fragments and patches make recipes."""
    here = recipe.kernel_folder()
    names = [path.parent.name for path in here.glob("*/series")]
    for name in (recipe.NONE, *names):
        assert recipe.recipe("6.12", name, ("debug",), here).fragments
