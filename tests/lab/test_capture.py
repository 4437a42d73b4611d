from pathlib import Path
from threading import Event
from typing import Any

import pytest

from fake_archive import FakeApt, stanza
from guestabi.errors import LabError, LostVm, UnknownName, UsageError
from guestabi.lab import capture as module
from guestabi.lab.archive import Archive
from guestabi.lab.boot import GuestResult
from guestabi.lab.capture import Captured, Program, Subject, capture
from guestabi.lab.image import KernelImage, System
from guestabi.lab.machines import CPUS, Cpu, Machine
from guestabi.lab.prepare import Prepared

PROGRAM = Program(["measure"], {"input": b"x"})
OLD = [row.name for row in CPUS if row.since <= (7, 2)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    names = ("linux-image-6.12.9+deb13-cloud-arm64", "linux-image-6.9.1+deb13-cloud-arm64")
    listed = {"trixie": [stanza(name, name.split("-")[2].split("+")[0]) for name in names]}
    return Archive(tmp_path, apt=lambda: FakeApt(tmp_path, listed))


@pytest.fixture(autouse=True)
def no_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for preparing and booting: what runs says where it ran."""

    def prepare(archive: Archive, spec: str) -> Prepared:
        build = archive.resolve(spec)
        kernel = KernelImage(build.release, Path("vmlinuz"), Path("modules"))
        return Prepared(build, System(kernel, Path("base")))

    def run(system: System, machine: Machine, argv: Any, files: Any, **rest: Any) -> GuestResult:
        name = f"{system.kernel.release} {machine.cpu.name} {argv[0]} {sorted(files)}"
        if machine.cpu.name == "max":
            raise LostVm("max was lost")
        status = 7 if machine.cpu.name == "a64fx" else 0
        return GuestResult(status, name.encode(), b"note\nlast", 1.5, "7.2.22", ())

    monkeypatch.setattr(module, "prepare", prepare)
    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "require_cpu", lambda cpu: "7.2.22")
    monkeypatch.setattr(module, "has_cpu", lambda cpu: cpu.since <= (7, 2))


def finish(subject: Subject, output: bytes) -> str:
    return f"{subject.name} by {subject.emulator}: {output.decode()}"


def captured(archive: Archive, kernels: list[str], cpus: list[str]) -> list[Captured[str]]:
    return list(capture(archive, kernels, cpus, PROGRAM, finish, jobs=2))


def test_every_kernel_meets_every_cpu_in_order(archive: Archive) -> None:
    """Outcomes come in the order asked for, named after build and CPU, finished by the caller."""
    outcomes = captured(archive, ["6.12", "6.9.1"], ["neoverse-n1", "cortex-a57"])
    assert [outcome.value for outcome in outcomes] == [
        f"debian-{version}/{cpu} by QEMU 7.2.22: "
        f"{version}+deb13-cloud-arm64 {cpu} measure ['input']"
        for version in ("6.12.9", "6.9.1")
        for cpu in ("neoverse-n1", "cortex-a57")
    ]
    assert {(outcome.notes, outcome.seconds) for outcome in outcomes} == {("note\nlast", 1.5)}


def test_all_means_every_series_and_every_model_there_is(archive: Archive) -> None:
    """ "all" is the newest build of each series, and the CPU models that this QEMU has."""
    names = [outcome.subject.name for outcome in captured(archive, ["all"], ["all"])]
    assert names == [f"debian-{version}/{cpu}" for version in ("6.9.1", "6.12.9") for cpu in OLD]


def test_a_name_said_twice_is_done_once(archive: Archive) -> None:
    """Naming something twice, or beside "all", does not measure it twice."""
    assert len(captured(archive, ["all", "6.12"], ["cortex-a57", "cortex-a57"])) == 2


def test_one_lost_boot_spoils_no_other(archive: Archive) -> None:
    """An error stands in the place of its own outcome; the others are there."""
    outcomes = captured(archive, ["6.12"], ["max", "a64fx", "neoverse-n1"])
    assert [outcome.value is None for outcome in outcomes] == [True, True, False]
    assert str(outcomes[0].error) == "max was lost"
    assert isinstance(outcomes[1].error, LabError)
    assert str(outcomes[1].error) == (
        "debian-6.12.9/a64fx: the program in the guest ended with status 7: last"
    )


@pytest.mark.parametrize(("kernels", "cpus"), [([], ["max"]), (["6.12"], [])])
def test_nothing_to_do_is_an_error(archive: Archive, kernels: list[str], cpus: list[str]) -> None:
    """Zero inputs is bad usage, not an empty success."""
    with pytest.raises(UsageError, match=r"no (kernel|CPU) was named"):
        captured(archive, kernels, cpus)


def test_an_unknown_cpu_is_found_before_anything_is_fetched(archive: Archive) -> None:
    """A misspelt CPU costs no download."""
    with pytest.raises(UnknownName):
        captured(archive, ["9.9"], ["neoverse"])


def test_closing_the_iterator_ends_what_runs(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops listening stops the boots that still run, and starts no more."""
    seen: list[Cpu] = []

    def run(
        system: System, machine: Machine, argv: Any, files: Any, *, cancel: Event, **rest: Any
    ) -> GuestResult:
        seen.append(machine.cpu)
        if len(seen) > 1:
            cancel.wait(60)
        return GuestResult(0, b"", b"", 0.0, "7.2.22", ())

    monkeypatch.setattr(module, "run", run)
    outcomes = capture(archive, ["6.12"], OLD, PROGRAM, finish, jobs=1)
    next(outcomes)
    outcomes.close()
    assert len(seen) <= 2
