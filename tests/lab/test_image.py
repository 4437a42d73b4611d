import gzip
import lzma
import shutil
import subprocess
from pathlib import Path

import pytest

from guestabi.errors import ArchiveError, MissingTool
from guestabi.lab import cpio, image

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is not installed")


def deb(home: Path, name: str, files: dict[str, bytes]) -> Path:
    """Make a package that holds ``files``."""
    root = home / f"{name}.d"
    (root / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: 1\nArchitecture: arm64\nMaintainer: a <a@a>\n"
    (root / "DEBIAN/control").write_text(f"{control}Description: a\n")
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    target = home / f"{name}.deb"
    subprocess.run(["dpkg-deb", "-Znone", "-b", root, target], check=True, capture_output=True)
    return target


@needs_dpkg
def test_an_old_kernel_brings_its_modules_in_loading_order(tmp_path: Path) -> None:
    """Image in /boot, and of its modules exactly those of the result port, ready to load."""
    modules = "lib/modules/6.1.0-56-cloud-arm64/kernel/drivers"
    package = deb(
        tmp_path,
        "linux-image-old",
        {
            "boot/vmlinuz-6.1.0-56-cloud-arm64": b"IMAGE",
            f"{modules}/char/virtio_console.ko": b"CONSOLE",
            f"{modules}/virtio/virtio.ko.xz": lzma.compress(b"VIRTIO"),
            f"{modules}/virtio/virtio_ring.ko": b"RING",
            f"{modules}/net/virtio_net.ko": b"NET",
        },
    )
    kernel = image.unpack_kernel(package, tmp_path / "cache")
    assert kernel.release == "6.1.0-56-cloud-arm64"
    assert kernel.vmlinuz.read_bytes() == b"IMAGE"
    assert kernel.modules.read_bytes() == cpio.pack(
        {
            "guestabi/modules/00-virtio_ring.ko": cpio.regular(b"RING"),
            "guestabi/modules/01-virtio.ko": cpio.regular(b"VIRTIO"),
            "guestabi/modules/02-virtio_console.ko": cpio.regular(b"CONSOLE"),
        }
    )


@needs_dpkg
def test_a_new_kernel_lies_beside_its_modules(tmp_path: Path) -> None:
    """From 7.2 the image is in /usr/lib/modules, and nothing needs loading."""
    path = "usr/lib/modules/7.3.4+deb13-cloud-arm64/vmlinuz"
    kernel = image.unpack_kernel(deb(tmp_path, "new", {path: b"IMAGE"}), tmp_path / "cache")
    assert (kernel.release, kernel.vmlinuz.read_bytes()) == ("7.3.4+deb13-cloud-arm64", b"IMAGE")
    assert kernel.modules.read_bytes() == cpio.pack({})


@needs_dpkg
def test_a_package_without_a_kernel_is_refused(tmp_path: Path) -> None:
    """A metapackage is no kernel, and leaves nothing in the cache."""
    package = deb(tmp_path, "meta", {"usr/share/doc/meta/copyright": b""})
    with pytest.raises(ArchiveError, match="holds 0 kernel images"):
        image.unpack_kernel(package, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@needs_dpkg
def test_a_file_that_is_no_package_is_refused(tmp_path: Path) -> None:
    """A damaged package says so in one line."""
    (tmp_path / "bad.deb").write_bytes(b"not a package")
    with pytest.raises(ArchiveError, match="dpkg-deb --fsys-tarfile failed"):
        image.unpack_kernel(tmp_path / "bad.deb", tmp_path / "cache")


@needs_dpkg
def test_the_base_is_small_and_always_the_same(tmp_path: Path) -> None:
    """Documentation is left out, our init is in, and two builds are the same bytes."""
    files = {"usr/bin/busybox": b"B", "usr/share/doc/x": b"D", "usr/lib/python3.13/os.py": b"P"}
    package = deb(tmp_path, "busybox", files)
    first, second = (image.build_base([package], tmp_path / each) for each in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    whole = gzip.decompress(first.read_bytes())
    assert b"usr/lib/python3.13/os.py\0" in whole
    assert b"#!/usr/bin/busybox sh\n" in whole
    assert b"usr/share" not in whole
    other = deb(tmp_path, "other", {"usr/bin/other": b"O"})
    assert image.build_base([package, other], tmp_path / "one") != first


def test_inputs_are_quoted_for_the_shell() -> None:
    """Arguments reach the guest as they are, and relative files lie where the command runs."""
    packed = image.inputs(["echo", "it's $HOME; rm *"], {"a/b": b"1", "/etc/c": b"2"}, 10.0)
    expected = {
        "guestabi/run": cpio.regular(b"limit=21\ncommand() { echo 'it'\"'\"'s $HOME; rm *'; }\n"),
        image.WORK[1:]: cpio.directory(),
        f"{image.WORK[1:]}/a/b": cpio.regular(b"1"),
        "etc/c": cpio.regular(b"2"),
    }
    assert packed == cpio.pack(expected)


def test_missing_dpkg_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a machine without dpkg the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool) as caught:
        image.unpack_kernel(tmp_path / "a.deb", tmp_path / "cache")
    assert "package dpkg" in caught.value.hint
