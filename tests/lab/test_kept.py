"""What boots brought home is found again whole, or not at all."""

from __future__ import annotations

import pytest

from fake_archive import FakeApt, stanza
from guestabi.errors import LabError
from guestabi.lab.archive import Archive
from guestabi.lab.boot import GuestResult
from guestabi.lab.capture import Program, Subject, capture, digest_of
from guestabi.lab.image import KernelImage, System
from guestabi.lab.kept import Kept
from guestabi.lab.machines import Machine, find_cpu
from guestabi.lab.prepare import Prepared


@pytest.fixture
def archive_of(tmp_path):
    """An archive of two made-up kernels, and what would boot them."""
    names = [f"linux-image-{version}+deb13-cloud-arm64" for version in ("6.12.9", "6.1.4")]
    listed = {"trixie": [stanza(name, name.split("-")[2].split("+")[0]) for name in names]}
    archive = Archive(tmp_path / "cache", apt=lambda: FakeApt(tmp_path, listed))
    base = tmp_path / "base" / "base.cpio"
    base.parent.mkdir()
    base.write_bytes(b"base")

    def prepared(spec):
        build = archive.resolve(spec)
        return Prepared(build, System(KernelImage(build.release, base, base), base))

    return archive, {spec: prepared(spec) for spec in ("6.1", "6.12")}


def test_there_and_back(tmp_path):
    """Every byte comes back, under its own name alone."""
    kept = Kept(tmp_path / "moves")
    assert kept.get("a") is None
    kept.put("a", b"result" * 1000)
    kept.put("b", b"")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"result" * 1000, b"", None)
    assert sorted(path.name for path in (tmp_path / "moves").iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d[:40] + b"\xff" + d[41:], bytes.hex]
)
def test_damage_is_as_good_as_nothing(tmp_path, damage):
    """A file that is cut short or flipped is not believed: the boot is repeated."""
    kept = Kept(tmp_path)
    kept.put("a", b"result" * 1000)
    whole = (tmp_path / "a").read_bytes()
    found = damage(whole)
    (tmp_path / "a").write_bytes(found.encode() if isinstance(found, str) else found)
    assert kept.get("a") is None


def test_a_disk_that_refuses(tmp_path):
    """The error says where and what to do; nothing half-written stays."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot use"):
        Kept(tmp_path / "file").put("a", b"result")


class TestBoots:
    """capture(kept=...) boots what was never seen, and only that."""

    @pytest.fixture
    def booted(self, monkeypatch):
        seen = []

        def run(system, machine, argv, files, **rest):
            seen.append((system.kernel.release, machine.smp, files["job"]))
            return GuestResult(0, files["job"] + b" done", b"", 1.0, "7.2.22", ())

        monkeypatch.setattr("guestabi.lab.capture.run", run)
        monkeypatch.setattr("guestabi.lab.capture.require_cpu", lambda cpu: "7.2.22")
        return seen

    def outputs(self, archive, prepared, job, tmp_path, **options):
        program = Program(["run"], {"job": job})
        found = capture(
            *(archive, ["6.1", "6.12"], ["neoverse-n1"], program, lambda _, out: out),
            preparing=lambda _, spec: prepared[spec],
            kept=Kept(tmp_path / "kept"),
            **options,
        )
        return [each.value for each in found]

    def test_a_second_run_boots_nothing(self, booted, archive_of, tmp_path):
        """The same inputs: the outputs come from where they were kept."""
        archive, prepared = archive_of
        first = self.outputs(archive, prepared, b"one", tmp_path)
        assert (first, len(booted)) == ([b"one done"] * 2, 2)
        assert self.outputs(archive, prepared, b"one", tmp_path) == first
        assert len(booted) == 2

    def test_any_other_input_boots_again(self, booted, archive_of, tmp_path):
        """Another file, or another machine, is another boot."""
        archive, prepared = archive_of
        self.outputs(archive, prepared, b"one", tmp_path)
        assert self.outputs(archive, prepared, b"two", tmp_path) == [b"two done"] * 2
        assert self.outputs(archive, prepared, b"one", tmp_path, smp=1) == [b"one done"] * 2
        assert len(booted) == 6


def test_the_digest_covers_every_input(archive_of):
    """Kernel, emulator, machine, command and each file change it; nothing else does."""
    _, prepared = archive_of
    cpu = find_cpu("neoverse-n1")

    def digest(kernel="6.1", emulator="QEMU 7.2.22", smp=2, argv=("run",), files=(("a", b"1"),)):
        one = prepared[kernel]
        subject = Subject(one.build, cpu, emulator)
        return digest_of(subject, Machine(cpu, smp=smp), one, Program(list(argv), dict(files)))

    others = [
        digest(kernel="6.12"),
        digest(emulator="QEMU 10.0.13"),
        digest(smp=1),
        digest(argv=("run", "-x")),
        digest(files=(("a", b"2"),)),
        digest(files=(("b", b"1"),)),
    ]
    assert len({digest(), *others}) == 1 + len(others)
    assert digest() == digest()
