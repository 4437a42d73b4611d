"""From Debian packages to what QEMU boots: a kernel, its few modules, an initramfs.

Three cpio archives are put one behind the other: the base (a Python and a busybox, the same for
every kernel), the modules that a kernel needs for the result port, and this run's inputs. Nothing
foreign is executed: packages are unpacked with ``dpkg-deb`` and packed by us.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import resources
from pathlib import Path

from guestabi.errors import ArchiveError, MissingTool
from guestabi.lab import cpio
from guestabi.lab.store import build_once

# In the order in which they must be loaded. Modules up to Linux 6.1, built in from 6.12; a kernel
# that lacks one either has it built in or does not need it (the two *_dev are newer than 5.10).
MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_legacy_dev",
    "virtio_pci_modern_dev",
    "virtio_pci",
    "virtio_console",
)
KERNEL_PATHS = ("boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz")
# What the base holds beyond the packages' own files; /lib is where the ELF interpreter is sought.
LINKS = {
    "bin": "usr/bin",
    "lib": "usr/lib",
    "sbin": "usr/bin",
    "usr/bin/python3": "python3.13",
    "usr/bin/sh": "busybox",
}
# Kept out of the base: what no program of the lab reads.
PRUNED = (
    "etc/*",
    "usr/share/*",
    "usr/lib/python3.13/ensurepip*",
    "usr/lib/python3.13/idlelib*",
    "usr/lib/python3.13/pydoc_data*",
    "usr/lib/python3.13/unittest*",
    "usr/lib/python3.13/_pyrepl*",
    "usr/lib/aarch64-linux-gnu/gconv/*",
    "usr/lib/aarch64-linux-gnu/audit/*",
    "usr/bin/gencat",
)
WORK = "/guestabi/work"


@dataclass(frozen=True, slots=True)
class KernelImage:
    """An unpacked kernel: what ``uname -r`` will say, the image, and a cpio of its modules."""

    release: str
    vmlinuz: Path
    modules: Path


@dataclass(frozen=True, slots=True)
class System:
    """What a boot needs: a kernel, and the base initramfs that goes under it."""

    kernel: KernelImage
    base: Path


def unpack_kernel(deb: Path, cache: Path) -> KernelImage:
    """Return the kernel in the package ``deb``, unpacked below ``cache`` once."""
    layout = hashlib.sha256(repr(MODULES).encode()).hexdigest()[:8]
    home = build_once(cache / f"{deb.stem}-{layout}", lambda fresh: _write_kernel(deb, fresh))
    release = (home / "release").read_text().strip()
    return KernelImage(release, home / "vmlinuz", home / "modules.cpio")


def build_base(debs: Sequence[Path], cache: Path) -> Path:
    """Return the base initramfs made of ``debs``, built below ``cache`` once for their contents."""
    home = build_once(cache / _digest(debs), lambda fresh: _write_base(debs, fresh))
    return home / "base.cpio.gz"


def unpack(deb: Path, target: Path) -> None:
    """Unpack the package ``deb`` into the directory ``target``; nothing of it is executed."""
    _dpkg_deb("-x", str(deb), str(target))


def inputs(argv: Sequence[str], files: Mapping[str, bytes], timeout: float) -> bytes:
    """Return the cpio of one run: its command and its files.

    Relative paths lie in the command's working directory. The guest gives up by itself after twice
    ``timeout`` seconds, so that it ends even when nobody is left to end it.
    """
    limit = int(2 * timeout) + 1
    script = f"limit={limit}\ncommand() {{ {shlex.join(argv)}; }}\n"
    entries = {
        "guestabi/run": cpio.regular(script.encode()),
        WORK: cpio.directory(),
        **{os.path.join(WORK, path): cpio.regular(data) for path, data in files.items()},
    }
    return cpio.pack(entries)


def _write_kernel(deb: Path, home: Path) -> None:
    files = _kernel_files(deb)
    images = sorted(name for name in files if _is_kernel(name))
    if len(images) != 1:
        raise ArchiveError(f"{deb.name}: holds {len(images)} kernel images instead of one")
    modules = {_stem(name): data for name, data in files.items() if not _is_kernel(name)}
    ordered = [name for name in MODULES if name in modules]
    entries = {
        f"guestabi/modules/{number:02}-{name}.ko": cpio.regular(modules[name])
        for number, name in enumerate(ordered)
    }
    (home / "modules.cpio").write_bytes(cpio.pack(entries))
    (home / "vmlinuz").write_bytes(files[images[0]])
    (home / "release").write_text(_release(images[0]) + "\n")


def _kernel_files(deb: Path) -> dict[str, bytes]:
    stream = io.BytesIO(_dpkg_deb("--fsys-tarfile", str(deb)))
    with tarfile.open(fileobj=stream) as archive:
        named = ((member.name.removeprefix("./"), member) for member in archive)
        return {
            name: _decompressed(name, file.read())
            for name, member in named
            if (_is_kernel(name) or (".ko" in name and _stem(name) in MODULES))
            and (file := archive.extractfile(member)) is not None
        }


def _is_kernel(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in KERNEL_PATHS)


def _stem(name: str) -> str:
    return Path(name).name.partition(".ko")[0]


def _release(image: str) -> str:
    path = Path(image)
    return path.parent.name if path.name == "vmlinuz" else path.name.removeprefix("vmlinuz-")


def _decompressed(name: str, data: bytes) -> bytes:
    return lzma.decompress(data) if name.endswith(".xz") else data


def _write_base(debs: Sequence[Path], home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        for deb in debs:
            unpack(deb, Path(scratch))
        entries = {
            name: entry for name, entry in cpio.tree(Path(scratch)).items() if not _pruned(name)
        }
    whole = cpio.pack(entries | _skeleton())
    (home / "base.cpio.gz").write_bytes(gzip.compress(whole, 6, mtime=0))


def _pruned(name: str) -> bool:
    return any(fnmatch(name, pattern) or name == pattern[:-2] for pattern in PRUNED)


def _skeleton() -> dict[str, cpio.Entry]:
    init = resources.files("guestabi.lab").joinpath("guest_init.sh").read_bytes()
    return {
        "init": cpio.regular(init, executable=True),
        "dev/console": cpio.character(5, 1),
        "proc": cpio.directory(),
        "sys": cpio.directory(),
        **{name: cpio.symlink(target) for name, target in LINKS.items()},
    }


def _digest(debs: Sequence[Path]) -> str:
    total = hashlib.sha256(repr((LINKS, PRUNED, sorted(_skeleton().items()))).encode())
    for deb in sorted(debs, key=lambda path: path.name):
        total.update(deb.name.encode() + b"\0")
    return total.hexdigest()[:16]


def _dpkg_deb(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["dpkg-deb", *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        raise MissingTool("dpkg-deb is not installed", hint="install the package dpkg") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ArchiveError(f"dpkg-deb {arguments[0]} failed: {said[-1]}")
    return done.stdout
