import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from guestabi.errors import ArchiveError, BuildGone, LabError, MissingTool
from guestabi.lab import apt
from guestabi.lab.apt import AptRoot, Mirrors, Suite, find_mirrors
from guestabi.lab.packages import Package

SUITES = (Suite("trixie"), Suite("trixie-security", security=True))
Started = tuple[list[str], dict[str, str] | None]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Started]]:
    """Answer commands from a table by their program's name, and return what was started."""

    def install(**answers: tuple[int, str, str]) -> list[Started]:
        started: list[Started] = []

        def start(
            argv: list[str], environment: dict[str, str] | None = None
        ) -> subprocess.CompletedProcess[str]:
            started.append((argv, environment))
            key = Path(argv[0]).name.replace("-", "_")
            code, out, err = answers.get(f"{key}_{argv[1]}", answers.get(key, (0, "", "")))
            return subprocess.CompletedProcess(argv, code, out, err)

        monkeypatch.setattr(apt, "_start", start)
        return started

    return install


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "keyring.gpg"
    path.touch()
    monkeypatch.setattr(apt, "KEYRINGS", (path,))
    return path


def test_the_environment_names_mirrors() -> None:
    """Two variables name the mirrors, and then apt's configuration is not asked."""
    environ = {"GUESTABI_MIRROR": "http://a/debian/", "GUESTABI_SECURITY_MIRROR": "http://a/s"}
    assert find_mirrors(environ) == Mirrors("http://a/debian", "http://a/s")


def test_the_machines_mirrors_are_taken(commands: Callable[..., list[Started]]) -> None:
    """Without the variables the mirrors are those of the machine, told by their labels."""
    sites = "Other|http://o\nDebian|http://d/1\nDebian|http://d/2\nDebian-Security|http://s\n"
    commands(apt_get=(0, sites, ""))
    assert find_mirrors({}) == Mirrors("http://d/1", "http://s")


def test_a_machine_without_debian_says_what_to_set(commands: Callable[..., list[Started]]) -> None:
    """On another distribution the error names the variables that help."""
    commands(apt_get=(0, "Ubuntu|http://u\n", ""))
    with pytest.raises(ArchiveError) as caught:
        find_mirrors({})
    assert "GUESTABI_MIRROR" in caught.value.hint


def test_without_a_security_mirror_its_suites_are_skipped(tmp_path: Path) -> None:
    """Security suites are left out, and named, when no mirror for them is known."""
    root = AptRoot(tmp_path, Mirrors("http://d", None), SUITES)
    assert [suite.name for suite in root.suites] == ["trixie"]
    assert root.skipped == ("trixie-security",)


def test_the_root_is_its_own(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path
) -> None:
    """apt sees only our sources, each bound to the keyring; of the machine, only the network."""
    listed = tmp_path / "root/Packages"
    started = commands(
        apt_config=(0, 'Acquire::http::Proxy "http://p";\nDPkg::Pre-Invoke "x";\n', ""),
        apt_get_indextargets=(0, f"trixie|{listed}\n", ""),
    )
    listed.parent.mkdir()
    listed.touch()
    root = AptRoot(tmp_path / "root", Mirrors("http://d", "http://s"), SUITES)
    assert root.update() == ()
    assert (tmp_path / "root/etc/sources.list").read_text() == (
        f"deb [arch=arm64 signed-by={keyring}] http://d trixie main\n"
        f"deb [arch=arm64 signed-by={keyring}] http://s trixie-security main\n"
    )
    configuration = (tmp_path / "root/apt.conf").read_text()
    assert 'Acquire::http::Proxy "http://p";' in configuration
    assert "DPkg" not in configuration
    update = next(each for each in started if each[0][:2] == ["apt-get", "update"])
    assert update[1] is not None
    assert update[1]["APT_CONFIG"] == str(tmp_path / "root/apt.conf")


def test_a_suite_that_fails_is_a_complaint(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path
) -> None:
    """One missing suite is told of while the others are used; without any it is an error."""
    answers = {"apt_get_update": (100, "", "E: no such suite\nN: note\n")}
    commands(**answers)
    root = AptRoot(tmp_path, Mirrors("http://d", None), SUITES)
    with pytest.raises(ArchiveError, match="no such suite"):
        root.update()
    commands(**answers, apt_get_indextargets=(0, f"trixie|{keyring}\n", ""))
    assert root.update() == ("E: no such suite",)


def test_a_compressed_index_is_found(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path
) -> None:
    """apt names an index without the suffix under which it keeps it compressed."""
    (tmp_path / "Packages.lz4").touch()
    started = commands(
        apt_get=(0, f"trixie|{tmp_path}/Packages\nsid|{tmp_path}/None\n", ""),
        apt_helper=(0, "Package: a\nX: 1\n\nPackage: b\n", ""),
    )
    root = AptRoot(tmp_path, Mirrors("http://d", None), SUITES)
    assert root.indices() == {"trixie": tmp_path / "Packages"}
    stanzas = list(root.read_index(tmp_path / "Packages"))
    assert stanzas == ["Package: a\nX: 1", "Package: b\n"]
    assert started[-1][0][1:] == ["cat-file", str(tmp_path / "Packages.lz4")]


@pytest.mark.parametrize(
    ("stderr", "kind", "says"),
    [
        ("E: Failed to fetch http://d/x.deb  404  Not Found", BuildGone, "no longer"),
        ("E: Failed to fetch http://d/x.deb  Could not resolve 'd'", ArchiveError, "reached"),
        ("E: Failed to fetch x  Could not connect to d:80", ArchiveError, "reached"),
        ("E: x\nE: Write error - write (28: No space left on device)", LabError, "disk is full"),
        ("E: Failed to fetch x  Hash Sum mismatch\n   more", ArchiveError, "Hash Sum mismatch"),
        ("", ArchiveError, "no reason"),
    ],
)
def test_a_failed_download_says_why(
    commands: Callable[..., list[Started]],
    keyring: Path,
    tmp_path: Path,
    stderr: str,
    kind: type[LabError],
    says: str,
) -> None:
    """Gone, unreachable, disk full and damaged are told apart, each with what to do."""
    commands(apt_helper=(100, "", stderr))
    root = AptRoot(tmp_path, Mirrors("http://d", None), SUITES)
    with pytest.raises(LabError, match=says) as caught:
        root.download("http://d/x.deb", "00", tmp_path / "x.deb")
    assert type(caught.value) is kind
    assert caught.value.hint
    assert str(caught.value).startswith("could not fetch x.deb: ")


def test_missing_apt_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine without apt the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool) as caught:
        find_mirrors({})
    assert "package apt" in caught.value.hint


def test_missing_keys_name_the_package(
    commands: Callable[..., list[Started]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is fetched without the keys that vouch for it."""
    started = commands()
    monkeypatch.setattr(apt, "KEYRINGS", (tmp_path / "none",))
    with pytest.raises(MissingTool) as caught:
        AptRoot(tmp_path, Mirrors("http://d", None), SUITES).update()
    assert "debian-archive-keyring" in caught.value.hint
    assert started == []


PRINTED = (
    f"'http://d/pool/q/qemu-system-arm_10.0%2bds-1_arm64.deb' "
    f"qemu-system-arm_1%3a10.0+ds-1_arm64.deb 912 SHA256:{'ab' * 32}\n"
    f"'http://d/pool/g/libc6_2.41-12_arm64.deb' libc6_2.41-12_arm64.deb 24 SHA256:{'cd' * 32}\n"
)


def resolving(commands: Callable[..., list[Started]], home: Path, said: str) -> list[Started]:
    listed = home / "Packages"
    listed.touch()
    return commands(
        apt_get_indextargets=(0, f"trixie|{listed}\n", ""), apt_get_install=(0, said, "")
    )


def test_a_package_comes_with_what_it_needs(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path
) -> None:
    """apt's own resolver is asked, nothing is installed, and other suites are not looked at."""
    started = resolving(commands, tmp_path, PRINTED)
    root = AptRoot(tmp_path, Mirrors("http://d", "http://s"), SUITES)
    assert root.resolve("qemu-system-arm", ("trixie",)) == (
        Package(
            "libc6", "2.41-12", "trixie", 24, "cd" * 32, "http://d/pool/g/libc6_2.41-12_arm64.deb"
        ),
        Package(
            *("qemu-system-arm", "1:10.0+ds-1", "trixie", 912, "ab" * 32),
            "http://d/pool/q/qemu-system-arm_10.0%2bds-1_arm64.deb",
        ),
    )
    argv = next(each[0] for each in started if each[0][1] == "install")
    assert {"--print-uris", "--no-install-recommends"} <= set(argv)
    sources = tmp_path / "etc/trixie.list"
    assert f"Dir::Etc::sourcelist={sources}" in argv
    assert sources.read_text() == f"deb [arch=arm64 signed-by={keyring}] http://d trixie main\n"


@pytest.mark.parametrize("line", ["'http://d/x.deb' x.deb 1 SHA256:00", "'x' y", "'"])
def test_an_answer_that_is_no_package_is_refused(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path, line: str
) -> None:
    """A line of apt that names no package with its digest is an error, never a download."""
    resolving(commands, tmp_path, line + "\n")
    with pytest.raises(ArchiveError, match="no package's address"):
        AptRoot(tmp_path, Mirrors("http://d", None), SUITES).resolve("x", ("trixie",))


def test_a_package_that_no_suite_has_says_so(
    commands: Callable[..., list[Started]], keyring: Path, tmp_path: Path
) -> None:
    """apt's own reason comes through."""
    resolving(commands, tmp_path, "")
    commands(
        apt_get_indextargets=(0, f"trixie|{tmp_path}/Packages\n", ""),
        apt_get_install=(100, "", "E: Unable to locate package x\n"),
    )
    with pytest.raises(ArchiveError, match="Unable to locate package x"):
        AptRoot(tmp_path, Mirrors("http://d", None), SUITES).resolve("x", ("trixie",))
