import errno
from pathlib import Path

import pytest

from guestabi.errors import LabError
from guestabi.lab.store import (
    build_once,
    cache_home,
    disk_errors,
    require_space,
    scratch,
    sha256_of,
    write_text,
)


def test_the_cache_follows_xdg() -> None:
    """The cache lies where the user's environment says caches lie."""
    assert cache_home({"XDG_CACHE_HOME": "/x"}) == Path("/x/guestabi")
    assert cache_home({}) == Path.home() / ".cache/guestabi"


def test_a_directory_is_built_once(tmp_path: Path) -> None:
    """What is there already is not built again, and what fails leaves nothing behind."""
    home, calls = tmp_path / "deep/home", []

    def write(fresh: Path) -> None:
        calls.append(fresh)
        (fresh / "file").write_text("x")

    assert build_once(home, write) == build_once(home, write) == home
    assert (len(calls), (home / "file").read_text()) == (1, "x")
    assert [path.name for path in home.parent.iterdir()] == ["home"]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A half-built directory is never taken for a whole one."""

    def write(fresh: Path) -> None:
        (fresh / "half").write_text("x")
        raise LabError("no")

    with pytest.raises(LabError, match="no"):
        build_once(tmp_path / "home", write)
    assert list(tmp_path.iterdir()) == []


def test_a_quicker_process_is_no_error(tmp_path: Path) -> None:
    """Two processes that build the same thing at once both get it."""
    home = tmp_path / "home"

    def write(fresh: Path) -> None:
        (fresh / "file").write_text("mine")
        home.mkdir()
        (home / "file").write_text("theirs")

    assert (build_once(home, write) / "file").read_text() == "theirs"


def test_text_appears_whole(tmp_path: Path) -> None:
    """A file is replaced in one step, and no scratch remains."""
    for text in ("one", "two"):
        write_text(tmp_path / "file", text)
        assert (tmp_path / "file").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EINVAL])
def test_a_disk_that_does_not_play_along_is_a_clear_error(tmp_path: Path, number: int) -> None:
    """A full or forbidden disk says where it is, why, and what to do."""
    says = f"cannot use {tmp_path}: reason"
    with pytest.raises(LabError, match=says) as caught, disk_errors(tmp_path):
        raise OSError(number, "reason")
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_space_is_asked_for_before_it_is_needed(tmp_path: Path) -> None:
    """What cannot fit is refused before it is begun, with both figures."""
    require_space(tmp_path, 0)
    with pytest.raises(LabError, match=r"the disk is full: \d+ MB are needed .*, \d+ MB are free"):
        require_space(tmp_path, 1 << 60)


def test_a_cache_below_a_file_is_a_clear_error(tmp_path: Path) -> None:
    """A cache directory that cannot exist is an error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"cannot use .*/file"), scratch(tmp_path / "file/cache"):
        pass


def test_the_digest_is_the_files(tmp_path: Path) -> None:
    """The SHA-256 of a file is that of its bytes."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea")
