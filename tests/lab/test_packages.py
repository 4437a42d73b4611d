import pytest

from guestabi.lab.packages import KernelBuild, Package, distinct, order, parse_stanza

MIRROR = "http://mirror.example/debian"


def stanza(name: str, version: str) -> str:
    return (
        f"Package: {name}\nSource: linux\nVersion: {version}\nDescription: a\n b: c\n"
        f"Filename: pool/{name}_{version}_arm64.deb\nSize: 28391960\nSHA256: {'ab' * 32}\n"
    )


def build(name: str, version: str, suite: str) -> KernelBuild:
    parsed = parse_stanza(stanza(name, version), suite, MIRROR)
    assert isinstance(parsed, KernelBuild)
    return parsed


@pytest.mark.parametrize(
    ("name", "package_version", "series", "version", "release"),
    [
        (
            *("linux-image-5.10.0-32-cloud-arm64", "5.10.223-1"),
            *("5.10", "5.10.223", "5.10.0-32-cloud-arm64"),
        ),
        (
            *("linux-image-6.12.117+deb13-cloud-arm64", "6.12.117-1"),
            *("6.12", "6.12.117", "6.12.117+deb13-cloud-arm64"),
        ),
        (
            *("linux-binary-7.3.4+deb13-cloud-arm64", "7.3.4-1~bpo13+1"),
            *("7.3", "7.3.4", "7.3.4+deb13-cloud-arm64"),
        ),
    ],
)
def test_a_kernel_is_read_from_its_stanza(
    name: str, package_version: str, series: str, version: str, release: str
) -> None:
    """Series and version come from the package's version, the release from its name."""
    found = build(name, package_version, "trixie")
    assert (found.series, found.version, found.release) == (series, version, release)
    assert (found.size, found.sha256, found.suite) == (28391960, "ab" * 32, "trixie")
    assert found.uri == f"{MIRROR}/pool/{name}_{package_version}_arm64.deb"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("linux-image-cloud-arm64", "6.12.117-1"),
        ("linux-image-6.12.117+deb13-cloud-arm64-unsigned", "6.12.117-1"),
        ("linux-image-6.12.117+deb13-cloud-arm64-dbg", "6.12.117-1"),
        ("linux-image-6.12.117+deb13-arm64", "6.12.117-1"),
        ("linux-image-6.12.117+deb13-rt-arm64", "6.12.117-1"),
        ("linux-image-7.3.4+deb13-cloud-arm64", "7.3.4-1~bpo13+1"),
        ("linux-binary-unsigned-7.3.4+deb13-cloud-arm64", "7.3.4-1~bpo13+1"),
        ("linux-headers-6.12.117+deb13-cloud-arm64", "6.12.117-1"),
        ("python3", "3.13.5-1"),
    ],
)
def test_what_holds_no_signed_cloud_kernel_is_left_out(name: str, version: str) -> None:
    """Metapackages, unsigned and debug twins and other flavours are no kernels to boot."""
    assert parse_stanza(stanza(name, version), "trixie", MIRROR) is None


def test_base_packages_come_from_one_suite() -> None:
    """The guest's Python is one suite's: the same package of another suite is not taken."""
    text = stanza("libc6", "2.41-12+deb13u4")
    assert isinstance(parse_stanza(text, "trixie", MIRROR), Package)
    assert parse_stanza(text, "sid", MIRROR) is None


def test_builds_are_ordered_by_version_then_stable_then_revision() -> None:
    """Newest is last; of one version stable's own build is preferred, then the later revision."""
    ordered = [
        build("linux-image-6.12.95+deb12-cloud-arm64", "6.12.95-1~bpo12+1", "bookworm-backports"),
        build("linux-image-6.12.95+deb13-cloud-arm64", "6.12.95-1", "trixie-security"),
        build("linux-image-6.12.115+deb12-cloud-arm64", "6.12.115-2~deb12u1", "bookworm-security"),
        build("linux-image-6.12.115+deb13-cloud-arm64", "6.12.115-1", "trixie"),
        build("linux-image-6.12.115+deb13.1-cloud-arm64", "6.12.115-2", "trixie-security"),
        build("linux-binary-7.2.12+deb14-cloud-arm64", "7.2.12-1", "forky"),
        build("linux-binary-7.2.12+deb13-cloud-arm64", "7.2.12-1~bpo13+1", "trixie-backports"),
        build("linux-binary-7.2.13+deb14-cloud-arm64", "7.2.13-1", "sid"),
    ]
    for start in range(len(ordered)):
        assert sorted(ordered[start:] + ordered[:start], key=order) == ordered


def test_one_file_in_two_suites_is_one_build() -> None:
    """A build that moved from security into stable is listed once, under the first suite."""
    name, version = "linux-image-6.12.107+deb13-cloud-arm64", "6.12.107-1"
    stable, security = build(name, version, "trixie"), build(name, version, "trixie-security")
    assert distinct([stable, security]) == (stable,)


def test_an_older_suites_rebuild_is_told_by_its_release() -> None:
    """bullseye's rebuilds of 6.1 can be told apart, and so kept out of the series."""
    rebuilt = build("linux-image-6.1.0-0.deb11.52-cloud-arm64", "6.1.180-1~deb11u1", "bullseye")
    own = build("linux-image-6.1.0-56-cloud-arm64", "6.1.192-2", "bookworm-security")
    assert (rebuilt.is_rebuild, own.is_rebuild) == (True, False)
