"""benchmarks/vm_scope.py: what is counted on the model, and what docs tell of real kernels."""

from __future__ import annotations

import pytest
import vm_scope
import vm_scope_chart
import vm_scope_guest as guest
import vm_scope_locks
import vm_scope_page

CPU = "neoverse-n1"


@pytest.fixture(scope="module")
def figures():
    return vm_scope_page.read()


@pytest.mark.parametrize(
    ("kernel", "way", "r_vm"),
    [
        ("6.12", guest.FIRST_VCPU, 32),
        ("6.12+vm-one-reg", guest.VM_SCOPED, 38),
        ("6.12+reg-scope", guest.SCOPE_FLAG, 38),
    ],
)
def test_both_ways_write_what_they_say(kernel, way, r_vm) -> None:
    """N * (R_vm + R_vcpu) writes against R_vm + N * R_vcpu, and the locks of the VM's part stay."""
    found = vm_scope.modelled(kernel, CPU)
    r_vcpu = found["r_vcpu"]
    assert (found["r_vm"], r_vm + r_vcpu) == (r_vm, 333)
    assert [(row["vcpus"], row["way"]) for row in found["rows"]] == [
        (count, each) for count in guest.VCPUS for each in (guest.PER_VCPU, way)
    ]
    for each, once in zip(found["rows"][::2], found["rows"][1::2], strict=True):
        count = each["vcpus"]
        assert (each["vm"]["writes"], once["vm"]["writes"]) == (count * r_vm, r_vm)
        assert each["all"]["writes"] == count * (r_vm + r_vcpu)
        assert once["all"]["writes"] == r_vm + count * r_vcpu
        first = found["rows"][0]["vm"]["locks"][""][0]
        assert each["vm"]["locks"] == {"": [count * first, 0]}
        assert once["vm"]["locks"] == found["rows"][1]["vm"]["locks"]


def test_medians_are_of_what_was_counted() -> None:
    """A round that did not count something says nothing of it."""
    rounds = [
        {"seconds": 3.0, "locks": {"a": [7, None]}},
        {"seconds": 1.0, "locks": {"a": [None, 2]}},
        {"seconds": 2.0, "locks": {"a": [7, None]}},
    ]
    assert guest.medians(rounds) == {"seconds": 2.0, "locks": {"a": [7, 2]}}
    assert guest.medians([{"seconds": None}]) == {"seconds": None}
    assert guest.added(rounds[0], rounds[2]) == {"seconds": 5.0, "locks": {"a": [14, None]}}


TRACE = """# tracer: nop
#
# entries-in-buffer/entries-written: 4/{written}   #P:2
#
 python3-71 [001] ..... 5.1: made: (__mutex_init+0x0/0x30) lock=0xffff0000c1d0 name="&kvm->lock"
 python3-71 [001] ..... 5.2: taken: (mutex_lock+0x0/0x48) lock=0xffff0000c1d0
 python3-72 [000] ..... 5.3: contention_begin: ffff0000c1d0 (flags=SPIN|MUTEX)
 python3-72 [000] ..... 5.4: contention_end: ffff0000c1d0 (ret=0)
"""


def test_a_trace_is_read_or_refused(tmp_path, monkeypatch) -> None:
    """Each kind of event gives its fields; a trace that lost events counts nothing."""
    monkeypatch.setattr(vm_scope_locks, "TRACING", tmp_path)
    (tmp_path / "trace").write_text(TRACE.format(written=4))
    traced = vm_scope_locks.traced
    assert traced(vm_scope_locks.MADE) == [("ffff0000c1d0", "&kvm->lock")]
    assert traced(vm_scope_locks.TAKEN) == ["ffff0000c1d0"]
    assert traced(vm_scope_locks.WAITED) == ["ffff0000c1d0"]
    (tmp_path / "trace").write_text(TRACE.format(written=5))
    with pytest.raises(SystemExit, match="of 5 events 4"):
        traced(vm_scope_locks.TAKEN)


def test_the_page_tells_the_kept_figures(figures) -> None:
    """Tables and drawing are those of vm_scope.json."""
    page = vm_scope_page.PAGE.read_text("utf-8")
    assert vm_scope_page.filled(page, figures) == page
    assert vm_scope_page.DRAWING.read_text("utf-8") == vm_scope_chart.chart(figures)


def test_the_kept_figures_fit_together(figures) -> None:
    """One source, both interfaces, the same registers; the model's counts are today's."""
    names = [each["kernel"].partition("/")[0] for each in figures["times"]]
    assert [name.partition("+")[2] for name in names] == ["vm-one-reg", "reg-scope"]
    assert len({name.partition("+")[0] for name in names}) == 1
    assert [each["kernel"] for each in figures["locks"]] == [
        f"{name}+lockstat/{CPU}" for name in names
    ]
    shapes = {
        (each["r_vm"], each["r_vcpu"], tuple(row["vcpus"] for row in each["rows"]))
        for part in figures.values()
        for each in part
    }
    assert shapes == {(38, 295, tuple(each for each in guest.VCPUS for _ in (1, 2)))}
    models = [vm_scope.modelled(kernel, CPU)["rows"] for kernel in vm_scope.KERNELS["times"]]
    assert [untimed(each["rows"]) for each in figures["model"]] == [*map(untimed, models)]


def untimed(rows: list[dict]) -> list[dict]:
    return [{key: row[key] for key in row if key != "first_init"} for row in rows]
