"""The model of a kernel and the kernel itself give the same answers, all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from guestabi import atlas, model
from guestabi.errors import BuildGone, TornResult
from guestabi.lab import conformance as lab
from guestabi.lab.conformance import Compared
from guestabi.lab.patched import WIDGET
from guestabi.model.registers import measured
from guestabi.probe.conformance import Check, conformance
from guestabi.probe.ktap import paired

CPU = "neoverse-n1"
SERIES = ("5.10", "6.1", "6.12", "6.16", "7.3")
STD = 0x6030000000160000


def test_exit_status():
    """0 for the same answers, 100 for one that differs or is missing."""
    same = (Check("a", "ok"),)
    assert Compared("x", "y", same, same).exit_status() == 0
    for other in ((Check("a", "EBUSY"),), (*same, Check("b", "ok"))):
        assert Compared("x", "y", other, same).exit_status() == 100


@pytest.mark.parametrize("output", [b"", b"[]", b"[[1]]", b'{"a": 1}', b"\xff"])
def test_a_torn_result_is_no_result(output):
    """What is no list of answers is an error of the lab."""

    class Subject:
        name = "debian-0/x"

    with pytest.raises(TornResult):
        lab._checks(Subject(), output)


@pytest.fixture(scope="module")
def compared(archive):
    """Boot a series once: the very build that ships, or the newest where that is gone."""

    @cache
    def run(series: str) -> Compared:
        version = atlas.find(f"debian-{series}/{CPU}").name.split("/")[0].removeprefix("debian-")
        try:
            archive.obtain(version)
        except BuildGone:
            version = series
        return lab.run(archive, version, CPU)

    return run


@pytest.mark.lab
@pytest.mark.xdist_group("lab")
@pytest.mark.parametrize("series", SERIES)
def test_the_model_answers_as_the_kernel_does(compared, series):
    """Thousands of lists, values, errnos, windows and scopes, and no difference."""
    result = compared(series)
    if result.subject != result.host:
        pytest.skip(f"{result.host} can no longer be had; {result.subject} was asked")
    assert result.differing == []
    assert len(result.real) > 2000


@pytest.mark.lab
@pytest.mark.xdist_group("lab-build")
@pytest.mark.parametrize("cpu", [CPU, "max"])
@pytest.mark.parametrize("name", ["6.12+vm-one-reg", "6.12+reg-scope"])
def test_the_model_of_a_kernel_of_our_own(archive, own, name, cpu):
    """With the patches' own ioctls, flags, registers and errnos; max has SVE and pointer
    authentication, of which registers of the VM tell before vCPUs have them."""
    own(name)
    result = lab.run(archive, name, cpu)
    assert result.differing == []
    theirs = "vm registers" if name.endswith("one-reg") else "scope flag"
    assert sum(check.name.startswith(theirs) for check in result.real) > 500


@pytest.mark.lab
@pytest.mark.xdist_group("lab-build")
def test_a_model_that_moves_nothing_is_caught(archive, own):
    """A model without MOVE_OLD is told from the real one."""
    own("6.12+vm-one-reg")
    real = lab.run(archive, "6.12+vm-one-reg", CPU).real
    host = atlas.resolve(f"debian-6.12/{CPU}")
    widget = model.service(WIDGET, "WIDGET_BMAP", 1, "vm-scoped")
    wrong = conformance(model.kernel(host, "vm-scoped", extras=[widget]))
    differing = {name for name, got, wanted in paired(real, wrong) if got != wanted}
    assert "vm registers/enable [2]" in differing
    assert "vm registers, MOVE_OLD/list" in differing
    assert "system/KVM_CAP_ARM_VM_ONE_REG" in differing


@pytest.mark.lab
@pytest.mark.xdist_group("lab")
def test_a_seeded_divergence_is_caught(compared):
    """A model whose bitmaps stay writable after the first run is told from the real 6.12."""
    real = compared("6.12").real
    host = atlas.resolve(f"debian-6.12/{CPU}")
    row = measured(host, fixed=True)[STD]
    loose = replace(row, law=lambda held, value, ran: row.law(held, value, False))
    wrong = conformance(model.kernel(host, rows={STD: loose}))
    assert {name for name, got, wanted in paired(real, wrong) if got != wanted} == {
        f"ran/vcpu{ran} ran: STD_BMAP: another" for ran in (0, 1)
    }
