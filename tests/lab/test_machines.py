import pytest

from guestabi.errors import UnknownName
from guestabi.lab.machines import CPUS, Machine, find_cpu


def test_rows_are_sorted_and_named_once() -> None:
    """Tables and reports list CPU models in one stable order."""
    names = [row.name for row in CPUS]
    assert names == sorted(set(names))


def test_the_models_that_the_atlas_needs_are_in_the_oldest_emulator() -> None:
    """Every CPU of the atlas can be emulated by the QEMU of the oldest supported Debian."""
    old = {row.name for row in CPUS if row.since <= (7, 2)}
    wanted = {"cortex-a57", "cortex-a72", "cortex-a76", "a64fx", "neoverse-n1", "max"}
    assert wanted | {"cortex-a53"} == old


def test_an_unknown_model_suggests_the_nearest() -> None:
    """A misspelt CPU model is refused, and the right spelling offered."""
    with pytest.raises(UnknownName) as caught:
        find_cpu("neoverse-n3")
    assert "neoverse-n1" in caught.value.nearest


def test_a_machine_has_el2() -> None:
    """Without EL2 the guest's kernel would have no KVM to measure."""
    arguments = Machine(find_cpu("max"), memory_mib=512, smp=1).arguments()
    pairs = dict(zip(arguments, arguments[1:], strict=False))
    assert pairs["-M"] == "virt,virtualization=on,gic-version=3"
    assert (pairs["-cpu"], pairs["-m"], pairs["-smp"]) == ("max,pauth-impdef=on", "512M", "1")
