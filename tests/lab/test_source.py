"""Kernel sources of the archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_archive import FakeApt, content, stanza
from guestabi.errors import ArchiveError, UnknownSeries
from guestabi.lab.archive import Archive
from guestabi.lab.source import find_source, sources


@pytest.fixture
def apt(tmp_path: Path) -> FakeApt:
    listed = {
        "trixie": [
            stanza("linux-source-6.12", "6.12.107-1"),
            stanza("linux-source-6.12", "6.12.115-1"),
            stanza("linux-source-6.12", "6.12.115-2"),
            stanza("linux-source", "6.12.115-2"),
            stanza("linux-image-6.12.115+deb13-cloud-arm64", "6.12.115-2"),
        ],
        "trixie-backports": [stanza("linux-source-7.3", "7.3.4-1~bpo13+1")],
        "bookworm-security": [
            stanza("linux-source-6.12", "6.12.115-2~deb12u1"),
            stanza("linux-source-6.1", "6.1.192-2"),
        ],
    }
    return FakeApt(tmp_path / "apt", listed)


@pytest.fixture
def archive(tmp_path: Path, apt: FakeApt) -> Archive:
    return Archive(tmp_path, apt=lambda: apt)


def test_sources_are_listed_oldest_first(archive: Archive) -> None:
    """By version, stable's last of one version, then by revision; other packages are none."""
    assert [each.package_version for each in sources(archive)] == [
        *("6.1.192-2", "6.12.107-1"),
        *("6.12.115-2~deb12u1", "6.12.115-1", "6.12.115-2", "7.3.4-1~bpo13+1"),
    ]


def test_the_newest_of_a_series_is_taken(archive: Archive) -> None:
    """And fetched as every package is: its digest checked, no kernel of the archive itself."""
    found = find_source(archive, "6.12")
    assert (found.version, found.package_version, found.suite) == (
        "6.12.115",
        "6.12.115-2",
        "trixie",
    )
    assert archive.fetch(found).read_bytes() == content("linux-source-6.12")
    assert archive.cached() == ()


def test_an_unknown_series_names_those_there_are(archive: Archive) -> None:
    """In their order."""
    with pytest.raises(UnknownSeries) as caught:
        find_source(archive, "6.16")
    assert caught.value.hint == "there are 6.1, 6.12, 7.3"


def test_the_list_is_kept_for_a_day(
    apt: FakeApt, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No network within a day; after it, what was listed last, aloud; without any, an error."""
    listed = sources(archive)
    said: list[str] = []
    again = Archive(tmp_path, apt=lambda: apt, progress=said.append)
    apt.online = False
    assert sources(again) == listed
    assert (apt.updates, said) == (1, [])
    monkeypatch.setattr("guestabi.lab.source.FRESH_SECONDS", 0)
    assert sources(again) == listed
    assert said[-1] == "the list of sources stays as it was: the mirror cannot be reached"
    (tmp_path / "sources.json").write_text("{}")
    with pytest.raises(ArchiveError, match="cannot be reached"):
        sources(again)
