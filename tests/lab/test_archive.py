from pathlib import Path

import pytest

from fake_archive import FakeApt, content, stanza
from guestabi.errors import ArchiveError, BuildGone, UnknownSeries, UsageError
from guestabi.lab.archive import Archive
from guestabi.lab.index import read_index, write_index
from guestabi.lab.packages import BASE_PACKAGES

LISTED = {
    "bookworm-security": [
        stanza("linux-image-6.1.0-55-cloud-arm64", "6.1.192-1"),
        stanza("linux-image-6.1.0-56-cloud-arm64", "6.1.192-2"),
        stanza("linux-image-6.12.117+deb12-cloud-arm64", "6.12.117-1~deb12u1"),
    ],
    "bullseye-security": [
        stanza("linux-image-6.1.0-0.deb11.99-cloud-arm64", "6.1.199-1~deb11u1"),
    ],
    "trixie": [
        stanza("linux-image-6.12.107+deb13-cloud-arm64", "6.12.107-1"),
        *(stanza(name, "1.0-1") for name in BASE_PACKAGES),
    ],
    "trixie-security": [stanza("linux-image-6.12.117+deb13-cloud-arm64", "6.12.117-1")],
}
NEWEST = "6.12.117+deb13-cloud-arm64"
REBUILT = "6.12.117+deb12-cloud-arm64"
OLDER = "6.12.107+deb13-cloud-arm64"


class Bench:
    """An archive over a made-up mirror, and what it said."""

    def __init__(self, home: Path) -> None:
        self.apt = FakeApt(home / "apt", LISTED)
        self.home = home
        self.said: list[str] = []
        self.archive = self.again()

    def again(self) -> Archive:
        """Return the archive as another process sees it."""
        return Archive(self.home, apt=lambda: self.apt, progress=self.said.append)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def releases(archive: Archive, spec: str) -> list[str]:
    return [build.release for build in archive.candidates(spec)]


def test_a_series_means_its_builds_newest_first(bench: Bench) -> None:
    """A series names its newest build, stable's own before a rebuild of the same version."""
    assert releases(bench.archive, "6.12") == [NEWEST, REBUILT, OLDER]
    assert bench.archive.resolve("6.1").release == "6.1.0-56-cloud-arm64"


def test_a_version_and_a_release_mean_exactly_that(bench: Bench) -> None:
    """A version names the builds of that version, a release exactly one build."""
    assert releases(bench.archive, "6.12.117") == [NEWEST, REBUILT]
    assert releases(bench.archive, REBUILT) == [REBUILT]


def test_rebuilds_for_older_suites_come_only_when_asked(bench: Bench) -> None:
    """bullseye's 6.1 is no answer to "6.1", but can be named and listed."""
    name = "6.1.0-0.deb11.99-cloud-arm64"
    assert name not in [build.release for build in bench.archive.builds()]
    assert name in [build.release for build in bench.archive.builds(rebuilds=True)]
    assert releases(bench.archive, name) == [name]


def test_series_are_in_the_order_of_their_numbers(bench: Bench) -> None:
    """6.12 comes after 6.1, not before 6.2."""
    assert bench.archive.series() == ("6.1", "6.12")


@pytest.mark.parametrize("spec", ["", "six", "6", "6.12.x", "6.12 ", "../6.12", "6.12.117-amd64"])
def test_what_names_no_kernel_is_refused(bench: Bench, spec: str) -> None:
    """A spec that cannot name a kernel is bad usage, found before the archive is asked."""
    with pytest.raises(UsageError):
        bench.archive.candidates(spec)
    assert bench.apt.updates == 0


def test_an_unknown_series_names_those_there_are(bench: Bench) -> None:
    """Asking for a series that nothing has says which there are."""
    with pytest.raises(UnknownSeries) as caught:
        bench.archive.resolve("6.99")
    assert caught.value.hint == "there are 6.1, 6.12"


def test_an_unknown_build_of_a_series_names_the_others(bench: Bench) -> None:
    """An exact build that has left the archive says what remains of its series."""
    with pytest.raises(BuildGone) as caught:
        bench.archive.resolve("6.12.100")
    assert caught.value.hint == "of 6.12 there are 6.12.107, 6.12.117"


def test_a_package_is_fetched_once(bench: Bench) -> None:
    """A fetched package stays; another process finds it without a download."""
    build, path = bench.archive.obtain("6.12")
    assert (build.release, path.read_bytes()) == (NEWEST, content(build.package))
    assert bench.again().obtain("6.12") == (build, path)
    assert bench.apt.downloads == [build.package]


def test_a_damaged_package_is_fetched_again(bench: Bench) -> None:
    """The digest of a cached package is checked every time it is used."""
    build, path = bench.archive.obtain("6.12")
    path.write_bytes(b"damaged")
    assert bench.archive.fetch(build).read_bytes() == content(build.package)
    assert bench.apt.downloads == [build.package] * 2


def test_a_download_with_the_wrong_digest_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that the signed index does not vouch for never reach the cache."""

    def wrong(uri: str, sha256: str, target: Path) -> None:
        target.write_bytes(b"wrong")

    monkeypatch.setattr(bench.apt, "download", wrong)
    with pytest.raises(ArchiveError, match="SHA-256"):
        bench.archive.fetch(bench.archive.resolve("6.12"))
    assert list((bench.home / "debs").iterdir()) == []


def test_a_listed_build_that_is_gone_is_passed_over_aloud(bench: Bench) -> None:
    """An index may list what the pool no longer has: the next build is taken, and this is said."""
    bench.apt.gone = {f"linux-image-{NEWEST}"}
    assert bench.archive.obtain("6.12")[0].release == REBUILT
    assert f"{NEWEST}: listed, but gone from the archive" in bench.said
    bench.apt.downloads.clear()
    assert bench.again().obtain("6.12")[0].release == REBUILT
    assert bench.apt.downloads == []


def test_an_exact_build_that_is_gone_is_an_error(bench: Bench) -> None:
    """No other build is taken for one that was named exactly."""
    bench.apt.gone = {f"linux-image-{OLDER}"}
    with pytest.raises(BuildGone) as caught:
        bench.archive.obtain(OLDER)
    assert caught.value.hint == "of 6.12 there are 6.12.117"


def test_a_cached_build_needs_no_network(bench: Bench) -> None:
    """What was fetched is usable offline: exactly named silently, by series aloud."""
    bench.archive.obtain("6.12.107")
    bench.apt.online = False
    assert bench.again().obtain("6.12.107")[0].release == OLDER
    assert not any("reached" in line for line in bench.said)
    assert bench.again().obtain("6.12")[0].release == OLDER
    assert any("taking 6.12.107+deb13-cloud-arm64 from the cache" in line for line in bench.said)


def test_a_cached_build_outlives_the_index(bench: Bench) -> None:
    """A build that the archive has dropped is still listed, named and used from the cache."""
    bench.archive.obtain("6.12.107")
    index = read_index(bench.home / "index.json")
    assert index is not None
    kept = tuple(build for build in index.builds if build.release != OLDER)
    write_index(bench.home / "index.json", type(index)(index.taken, (), kept, index.base))
    assert OLDER in [build.release for build in bench.again().builds()]
    assert bench.again().obtain("6.12.107")[0].release == OLDER


def test_nothing_cached_and_no_network_is_an_error(bench: Bench) -> None:
    """Without the network a build that was never fetched cannot be had, and this is said."""
    bench.archive.series()
    bench.apt.online = False
    with pytest.raises(ArchiveError, match="reached"):
        bench.archive.obtain("6.12")


def test_the_base_is_fetched_once(bench: Bench) -> None:
    """The guest's base system is every package of its list, kept for offline use."""
    paths = bench.archive.base()
    assert sorted(path.name.partition("_")[0] for path in paths) == sorted(BASE_PACKAGES)
    bench.apt.online = False
    assert bench.again().base() == paths


def test_a_base_that_the_suite_lacks_is_an_error(tmp_path: Path) -> None:
    """A base package that the suite does not list is named."""
    bench = Bench(tmp_path)
    bench.apt.listed = {"trixie": LISTED["trixie"][:-1]}
    with pytest.raises(ArchiveError, match=BASE_PACKAGES[-1]):
        bench.archive.base()
