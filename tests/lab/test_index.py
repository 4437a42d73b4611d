import os
import time
from pathlib import Path

import pytest

from fake_archive import FakeApt, stanza
from guestabi.errors import ArchiveError
from guestabi.lab.index import FRESH_SECONDS, Index, load_index, read_index, write_index

LISTED = {
    "sid": [stanza("linux-binary-7.2.13+deb14-cloud-arm64", "7.2.13-1")],
    "trixie": [
        stanza("linux-image-6.12.107+deb13-cloud-arm64", "6.12.107-1"),
        stanza("libc6", "2.41-12"),
        stanza("bash", "5.2-1"),
        "",
    ],
}


def load(path: Path, apt: FakeApt, said: list[str], *, refresh: bool = False) -> Index:
    return load_index(path, lambda: apt, said.append, refresh=refresh)


def test_the_index_is_read_once_a_day(tmp_path: Path) -> None:
    """A fresh index costs no network; one older than a day, or asked for, is made anew."""
    path, apt = tmp_path / "index.json", FakeApt(tmp_path, LISTED)
    first = load(path, apt, [])
    assert [build.release for build in first.builds] == [
        "6.12.107+deb13-cloud-arm64",
        "7.2.13+deb14-cloud-arm64",
    ]
    assert [package.package for package in first.base] == ["libc6"]
    assert (load(path, apt, []), apt.updates) == (first, 1)
    load(path, apt, [], refresh=True)
    assert apt.updates == 2
    write_index(path, Index(time.time() - FRESH_SECONDS - 1, (), (), ()))
    assert load(path, apt, []).builds == first.builds
    assert apt.updates == 3


def test_a_missing_suite_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    """Suites that the mirror lacks are reported by name; the others are used."""
    said: list[str] = []
    index = load(tmp_path / "index.json", FakeApt(tmp_path, LISTED), said)
    assert "bullseye" in index.missing
    assert set(index.missing).isdisjoint(LISTED)
    assert any("no index of" in line and "bullseye" in line for line in said)


def test_an_old_index_serves_without_a_network(tmp_path: Path) -> None:
    """When the refresh fails, the old index goes on being used, aloud."""
    path, apt = tmp_path / "index.json", FakeApt(tmp_path, LISTED)
    said: list[str] = []
    old = Index(1.0, (), load(path, apt, []).builds, ())
    write_index(path, old)
    apt.online = False
    assert load(path, apt, said) == old
    assert any("stays as it was" in line for line in said)


def test_without_any_index_the_error_comes_through(tmp_path: Path) -> None:
    """With neither network nor an old index there is nothing to guess."""
    apt = FakeApt(tmp_path, LISTED)
    apt.online = False
    with pytest.raises(ArchiveError):
        load(tmp_path / "index.json", apt, [])


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"schema": 99}', '{"schema": 1, "taken": 1}', "\x00"]
)
def test_a_damaged_index_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    """A cache file that cannot be read is made anew, never an error."""
    path = tmp_path / "index.json"
    path.write_text(text)
    assert read_index(path) is None
    assert load(path, FakeApt(tmp_path, LISTED), []).builds != ()


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """The kept file holds everything that the index does."""
    path = tmp_path / "deep" / "index.json"
    index = load(tmp_path / "index.json", FakeApt(tmp_path, LISTED), [])
    write_index(path, index)
    assert read_index(path) == index
    assert os.listdir(path.parent) == ["index.json"]
