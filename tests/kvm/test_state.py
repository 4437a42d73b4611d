"""A VM's registers move whole, each as often as its scope asks, or not at all."""

from __future__ import annotations

import errno
from dataclasses import replace

import pytest

from guestabi import model
from guestabi.errors import GuestAbiError, RegisterError, UsageError
from guestabi.kvm import snapshot as files
from guestabi.kvm.gic import create_gic
from guestabi.kvm.state import SVE_VLS, in_order, place, put, restore, save
from guestabi.probe.vmregs import scoped
from guestabi.registers import find, lookup
from kvm.kernels import IMPLEMENTATIONS, Recorded, boot, kernel

EVERY = pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
X0 = 0x6030000000100000
STD_HYP = find("STD_HYP_BMAP").id
PSCI = find("PSCI_VERSION").id
CLIDR = find("CLIDR_EL1").id
WIDGET = find("WIDGET_BMAP").id
ENSET = find("PMCNTENSET_EL0").id


def number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def steady(snapshot):
    """Without what moves by itself."""
    return replace(
        snapshot,
        vcpus=tuple(
            {id: data for id, data in each.items() if not moves(id)} for each in snapshot.vcpus
        ),
    )


def moves(id: int) -> bool:
    # The clearing half of a pair is the other half's shadow; the model takes it for a register.
    row = lookup(id)
    return row is not None and (row.role == "counter" or "CLR_EL" in row.name)


def guest(kvm, count: int = 3):
    """A VM with something in it: pinned firmware, and a register of its own in each vCPU."""
    vm = kvm.create_vm()
    vm.regs["STD_HYP_BMAP"] = 0
    vm.regs["PSCI_VERSION"] = 0x10001
    vcpus = boot(vm, count)
    for index, vcpu in enumerate(vcpus):
        vcpu.set_one_reg(X0, (index + 7).to_bytes(8, "little"))
    return vm, vcpus


@EVERY
def test_a_vm_moves_whole(implementation):
    """What was saved is what the restored VM holds, on every implementation."""
    kvm = scoped(kernel(implementation))
    vm, vcpus = guest(kvm)
    saved = save(vm, vcpus)
    there = restore(kvm, files.read(saved.to_bytes()))
    assert steady(save(there.vm, there.vcpus)) == steady(saved)
    assert [number(v.get_one_reg(X0)) for v in there.vcpus] == [7, 8, 9]
    assert there.vm.regs["PSCI_VERSION"] == 0x10001


@EVERY
def test_a_vm_moves_between_implementations(implementation):
    """The snapshot of a plain kernel restores on each of the others."""
    kvm = scoped(kernel("per-vcpu"))
    vm, vcpus = guest(kvm)
    saved = save(vm, vcpus)
    there = restore(scoped(kernel(implementation)), saved)
    assert whole(save(there.vm, there.vcpus)) == whole(saved)


def whole(snapshot):
    """Every vCPU's registers, wherever they lie."""
    return [{**snapshot.vm, **values} for values in steady(snapshot).vcpus]


@EVERY
@pytest.mark.parametrize("count", [1, 2, 5])
def test_calls_are_r_vm_and_n_times_r_vcpu(implementation, count):
    """Writes: the VM's registers once, a vCPU's own once for each; reads of a save likewise."""
    recorded = Recorded(implementation)
    vm, vcpus = guest(recorded.kvm, count)
    del recorded.recording.rows[:]
    saved = save(vm, vcpus)
    gets = [r for r in recorded.recording.rows if r[1] in ("get_one_reg", "get_vm_one_reg")]
    r_vm, r_vcpu = len(saved.vm), len(saved.vcpus[0])
    assert r_vm == (33 if implementation == "per-vcpu" else 41)
    assert len(gets) == r_vm + count * r_vcpu
    there = restore(recorded.kvm, saved)
    per_handle = [len(recorded.writes(each.raw)) for each in (there.vm, *there.vcpus)]
    assert sum(per_handle) == r_vm + count * r_vcpu


def test_saving_writes_nothing():
    """The source is read, and no more."""
    recorded = Recorded("per-vcpu")
    vm, vcpus = guest(recorded.kvm)
    del recorded.recording.rows[:]
    save(vm, vcpus)
    assert {row[1] for row in recorded.recording.rows} == {"get_reg_list", "get_one_reg"}
    with pytest.raises(UsageError):
        save(vm, [])


def test_order_of_windows():
    """create, init, SVE_VLS, finalize, ID and firmware, the rest: on a VM with SVE."""
    recorded = Recorded("per-vcpu", host="debian-6.12/max")
    kvm = recorded.kvm
    vm = kvm.create_vm()
    vcpus = [vm.create_vcpu(index) for index in range(2)]
    for vcpu in vcpus:
        vcpu.init(vm.preferred_target(), vm.features)
        vcpu.raw.set_one_reg(SVE_VLS, (0x7FFF).to_bytes(64, "little"))
        vcpu.finalize(4)
    saved = save(vm, vcpus)
    assert {number(each[SVE_VLS]) for each in saved.vcpus} == {0x7FFF}
    there = restore(kvm, saved)
    steps = [
        step(row)
        for row in recorded.recording.rows
        if row[0] == there.vcpus[0].raw._handle and row[1] not in ("get_one_reg",)
    ]
    first = {name: steps.index(name) for name in set(steps)}
    last = {name: len(steps) - 1 - steps[::-1].index(name) for name in set(steps)}
    order = ["init", "SVE_VLS", "finalize", "known by", "rest"]
    assert sorted(first, key=first.get) == order
    assert all(last[a] < first[b] for a, b in zip(order, order[1:], strict=False))
    assert steady(save(there.vm, there.vcpus)) == steady(saved)


def step(row) -> str:
    if row[1] != "set_one_reg":
        return row[1]
    if row[2][0] == SVE_VLS:
        return "SVE_VLS"
    known = lookup(row[2][0])
    is_known_by = known is not None and known.role in ("identification", "firmware", "bitmap")
    return "known by" if is_known_by else "rest"


def test_set_and_clear_registers_carry_their_bits():
    """On 6.12 a write to PMCNTENSET sets and one to PMCNTENCLR clears: the bits move all the
    same."""
    kvm = scoped(model.kernel("debian-6.12/neoverse-n1"))
    vm, vcpus = guest(kvm, 1)
    clear = find("PMCNTENCLR_EL0").id
    vcpus[0].set_one_reg(clear, b"\xff" * 8)
    vcpus[0].set_one_reg(ENSET, (0x80000005).to_bytes(8, "little"))
    saved = save(vm, vcpus)
    assert number(saved.vcpus[0][clear]) == 0x80000005
    there = restore(kvm, saved)
    assert number(there.vcpus[0].get_one_reg(ENSET)) == 0x80000005


def test_a_refusal_names_what_and_leaves_nothing():
    """PSCI 1.3 on 6.12: the register, value and errno; no target is left, the source is whole."""
    source = scoped(kernel("per-vcpu"))
    vm = source.create_vm()
    vcpus = boot(vm)
    saved = save(vm, vcpus)
    assert saved.vm[PSCI] == (0x10003).to_bytes(8, "little")
    small = {
        PSCI: saved.vm[PSCI],
    }
    target = model.kernel("debian-6.12/neoverse-n1")
    kvm = scoped(target)
    kvm.create_vm().close()
    before = target.counts.open
    with pytest.raises(RegisterError) as caught:
        restore(kvm, replace(saved, vm=small))
    error = caught.value
    assert (error.register, error.value, error.errno) == (PSCI, 0x10003, errno.EINVAL)
    assert "discarded" in error.hint
    assert target.counts.open == before
    assert steady(save(vm, vcpus)) == steady(saved)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_vcpus_refusal_discards_the_vm(at):
    """Whichever vCPU refuses, after however many writes, everything is given back."""
    made = kernel("per-vcpu")
    kvm = scoped(made)
    vm, vcpus = guest(kvm)
    saved = save(vm, vcpus)
    wrong = [dict(each) for each in saved.vcpus]
    wrong[at][find("MIDR_EL1").id] = bytes(8)
    before = made.counts.open
    with pytest.raises(RegisterError, match="MIDR_EL1") as caught:
        restore(kvm, replace(saved, vcpus=tuple(wrong)))
    assert caught.value.errno == errno.EINVAL
    assert made.counts.open == before


def test_a_value_that_does_not_read_back_is_refused():
    """SMCCC_ARCH_WORKAROUND_1 = 0 is accepted and not stored: found, unless told not to look."""
    kvm = scoped(kernel("per-vcpu"))
    vm, vcpus = guest(kvm, 1)
    saved = save(vm, vcpus)
    own = {**saved.vcpus[0], find("SMCCC_ARCH_WORKAROUND_1").id: bytes(8)}
    changed = replace(saved, vcpus=(own,))
    with pytest.raises(GuestAbiError, match="SMCCC_ARCH_WORKAROUND_1 of vCPU 0 took 0x0"):
        restore(kvm, changed)
    restore(kvm, changed, verify=False).close()


def test_a_stream_of_an_unaware_vmm_restores():
    """Every register in every vCPU, as a VMM saves it that knows no scopes: written once here."""
    plain = kernel("per-vcpu")
    with plain.create_vm() as vm:
        vcpus = boot_raw(plain, vm)
        for vcpu in vcpus:
            vcpu.set_one_reg(STD_HYP, bytes(8))
        flat = files.write_flat(
            [{id: vcpu.get_one_reg(id) for id in vcpu.get_reg_list()} for vcpu in vcpus]
        )
    recorded = Recorded("per-vcpu")
    with recorded.kvm.create_vm() as probe:
        ids, features = probe.regs.list(), names(recorded.kvm)
    there = restore(recorded.kvm, files.adopt(files.read_flat(flat), ids, features))
    assert there.vm.regs[STD_HYP] == 0
    written = [id for vcpu in there.vcpus for id in recorded.writes(vcpu.raw)]
    assert [written.count(id) for id in ids] == [1] * len(ids)


def boot_raw(kvm, vm):
    vcpus = [vm.create_vcpu(index) for index in range(2)]
    for vcpu in vcpus:
        vcpu.init(vm.preferred_target(), scoped(kvm).features)
    return vcpus


def names(kvm) -> tuple[str, ...]:
    from guestabi.uapi.caps import VCPU_FEATURES

    return tuple(sorted(row.name for row in VCPU_FEATURES if row.bit in kvm.features))


def test_scopes_that_differ_are_placed():
    """From 6.1, where ID registers were nobody's, to 6.12, where they are the VM's, and back."""
    old = scoped(model.kernel("debian-6.1/neoverse-n1"))
    vm, vcpus = guest(old)
    saved = save(vm, vcpus)
    isar0 = find("ID_AA64ISAR0_EL1").id
    assert isar0 not in saved.vm
    there = place(saved, [*saved.vm, isar0])
    assert there.vm[isar0] == saved.vcpus[0][isar0]
    assert isar0 not in there.vcpus[0]
    back = place(there, saved.vm)
    assert back == saved
    uneven = [dict(each) for each in saved.vcpus]
    uneven[2][isar0] = bytes(8)
    with pytest.raises(UsageError, match=r"ID_AA64ISAR0_EL1.*vCPU 2"):
        place(replace(saved, vcpus=tuple(uneven)), [isar0])


def test_other_features_are_refused_first():
    """A snapshot of SVE vCPUs does not meet a kernel opened without."""
    kvm = scoped(kernel("per-vcpu"))
    vm, vcpus = guest(kvm, 1)
    with pytest.raises(UsageError, match="sve"):
        restore(kvm, replace(save(vm, vcpus), features=("sve",)))


def test_the_interrupt_controller_has_its_place():
    """``created`` runs between the creation of the vCPUs and their initialisation."""
    kvm = scoped(kernel("per-vcpu"))
    vm, vcpus = guest(kvm)
    seen = []

    def created(vm, vcpus):
        seen.append(len(vcpus))
        create_gic(vm, "v3")

    restore(kvm, save(vm, vcpus), created=created).close()
    assert seen == [3]


def test_put_collects_refusals_where_asked():
    """The write path that a rehearsal shares: refusals are handed over and do not end it."""
    kvm = scoped(kernel("per-vcpu"))
    vm = kvm.create_vm()
    (vcpu,) = boot(vm, 1)
    said = []
    bad = [(find("MIDR_EL1").id, bytes(8)), (X0, (5).to_bytes(8, "little"))]
    put(vcpu, bad, said.append)
    assert [(each.register, each.errno_name) for each in said] == [(bad[0][0], "EINVAL")]
    assert number(vcpu.get_one_reg(X0)) == 5
    with pytest.raises(RegisterError):
        put(vcpu, bad)


def test_the_order_is_total_and_stable():
    """Every register but SVE_VLS is written, once."""
    values = {X0: bytes(8), CLIDR: bytes(8), SVE_VLS: bytes(64), ENSET: bytes(8)}
    assert [id for id, _ in in_order(values)] == [CLIDR, X0, ENSET]


def test_what_nobody_asked_for_keeps_no_guest_from_going_back():
    """A new register that is zero is not in the snapshot, and one that is set is; the kernel that
    lacks it takes the one and refuses the other by its name."""
    widget = model.service(WIDGET, "WIDGET_BMAP", 1, "vm-scoped")
    new = scoped(kernel("native", extras=[widget]))
    old = scoped(kernel("per-vcpu"))
    for value in (0, 1):
        vm = new.create_vm()
        vm.regs[WIDGET] = value
        saved = save(vm, boot(vm))
        assert (WIDGET in saved.vm) == bool(value)
        assert restore(new, saved).vm.regs[WIDGET] == value
        if value:
            with pytest.raises(RegisterError) as refused:
                restore(old, saved)
            assert (refused.value.errno_name, refused.value.register) == ("ENOENT", WIDGET)
        else:
            restore(old, saved).close()
