"""VMMs of the lab: rows, their packages, and the layer that is made of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fake_archive import MIRROR, FakeApt, content
from guestabi import policies
from guestabi.errors import ArchiveError, BuildGone, UnknownName, UsageError
from guestabi.lab import cpio, vmm_layer
from guestabi.lab.archive import Archive
from guestabi.lab.packages import Package
from guestabi.lab.vmms import OURS, PACKAGE, VMMS, common_machine, find_vmm, obtain
from guestabi.registers.catalogue import find

TEN = find_vmm("qemu-10.0")


def package(name: str, version: str) -> Package:
    data = content(name)
    digest = hashlib.sha256(data).hexdigest()
    uri = f"{MIRROR}/pool/{name}_{version}_arm64.deb"
    return Package(name, version, "trixie", len(data), digest, uri)


class Apt(FakeApt):
    """An apt root that resolves the VMM to ``version`` and one library."""

    version = "1:10.0.13+ds-0"

    def resolve(self, name: str, suites: tuple[str, ...]) -> tuple[Package, ...]:
        """Answer from the made-up mirror."""
        self._reach()
        return (package("libc6", "2.41-12"), package(name, self.version))


@pytest.fixture
def apt(tmp_path: Path) -> Apt:
    return Apt(tmp_path / "apt", {"trixie": []})


@pytest.fixture
def archive(tmp_path: Path, apt: Apt) -> Archive:
    return Archive(tmp_path, apt=lambda: apt)


def test_rows_are_consistent() -> None:
    """Name, release and machine type of a row speak of one release, each once."""
    *qemus, ours = VMMS
    assert [row.name for row in qemus] == [f"qemu-{row.release}" for row in qemus]
    assert [row.machine for row in qemus] == [f"virt-{row.release}" for row in qemus]
    assert ours is OURS
    assert len({row.name for row in VMMS}) == len(VMMS)


def test_what_a_vmm_can_pin_is_what_its_policy_says() -> None:
    """The properties of the rows and the pins of the loader policies are the same registers."""
    for row in (row for row in VMMS if row is not OURS):
        pins = {find(register).id for register, _ in row.pins}
        assert pins == policies.load(row.name).pins


def test_a_vmm_rollback_is_given_the_older_machine() -> None:
    """Both ends get the older QEMU's machine type; a QEMU and our own VMM have none in common."""
    ten, eleven = find_vmm("qemu-10.0"), find_vmm("qemu-11.1")
    assert common_machine(eleven, ten) == common_machine(ten, eleven) == "virt-10.0"
    assert common_machine(ten, ten) == common_machine(OURS, OURS) == ""
    with pytest.raises(UsageError, match="do not read each other's streams"):
        common_machine(OURS, ten)


def test_an_unknown_vmm_names_the_nearest() -> None:
    """A VMM that the lab has not is refused with those it has."""
    with pytest.raises(UnknownName) as caught:
        find_vmm("qemu-10")
    assert caught.value.nearest[0] == "qemu-10.0"


def test_packages_are_resolved_and_fetched_once(apt: Apt, archive: Archive, tmp_path: Path) -> None:
    """The VMM comes with what it needs; a second time neither network nor apt is asked."""
    debs = obtain(archive, TEN)
    assert [path.read_bytes() for path in debs] == [content("libc6"), content(PACKAGE)]
    apt.online = False
    assert obtain(Archive(tmp_path, apt=lambda: apt), TEN) == debs
    assert apt.downloads == ["libc6", PACKAGE]


def test_a_missing_file_asks_anew(apt: Apt, archive: Archive) -> None:
    """A note without its packages is worth nothing, nor is one that cannot be read."""
    debs = obtain(archive, TEN)
    debs[0].unlink()
    (archive.cache / "vmms/qemu-10.0.json").write_text("[1]")
    assert obtain(archive, TEN) == debs
    assert apt.downloads == ["libc6", PACKAGE, "libc6"]


@pytest.mark.parametrize("version", ["1:10.1.0+ds-1", "1:10.01-1", "11.1"])
def test_another_release_is_not_taken(apt: Apt, archive: Archive, version: str) -> None:
    """A suite that has moved on to another QEMU is told of; nothing is downloaded."""
    apt.version = version
    with pytest.raises(BuildGone, match=r"no longer 10\.0"):
        obtain(archive, TEN)
    assert apt.downloads == []


def files(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def test_the_layer_holds_the_program_and_its_libraries(tmp_path: Path) -> None:
    """Both Debian layouts become one; documents, plugins and other programs stay out."""
    root = files(
        tmp_path,
        "lib/aarch64-linux-gnu/libc.so.6",
        "lib/ld-linux-aarch64.so.1",
        "usr/bin/passwd",
        "usr/bin/qemu-system-aarch64",
        "usr/lib/aarch64-linux-gnu/libglib-2.0.so.0",
        "usr/lib/aarch64-linux-gnu/qemu/ui-gtk.so",
        "usr/share/doc/libc6/copyright",
    )
    found = vmm_layer.layer(root)
    assert sorted(found) == [
        "vmm/bin",
        "vmm/dev",
        "vmm/lib",
        "vmm/proc",
        "vmm/tmp",
        "vmm/usr/bin/qemu-system-aarch64",
        "vmm/usr/lib/aarch64-linux-gnu/libc.so.6",
        "vmm/usr/lib/aarch64-linux-gnu/libglib-2.0.so.0",
        "vmm/usr/lib/ld-linux-aarch64.so.1",
    ]
    assert found["vmm/lib"] == cpio.symlink("usr/lib")


def test_packages_without_the_program_are_refused(tmp_path: Path) -> None:
    """A layer in which nothing could run is not made."""
    with pytest.raises(ArchiveError, match="usr/bin/qemu-system-aarch64"):
        vmm_layer.layer(files(tmp_path, "lib/ld-linux-aarch64.so.1"))
