"""Random sequences on Vm.regs: all three implementations do as a dictionary does."""

from __future__ import annotations

import errno
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from guestabi import atlas
from guestabi.errors import RegisterError
from guestabi.profile.answers import answer
from kvm.kernels import HOST, IMPLEMENTATIONS, Recorded, held

PROFILE = atlas.resolve(HOST)
PSCI = 0x6030000000140000
REGISTERS = [
    PSCI,
    0x6030000000160000,
    0x6030000000160001,
    0x6030000000160002,
    0x6030000000160003,
    0x603000000013C020,
    0x603000000013C030,
]
UNKNOWN = 0x6030000000160009


@cache
def recorded(implementation: str) -> Recorded:
    return Recorded(implementation)


def values(id: int) -> st.SearchStrategy[int]:
    """What is tried; not PSCI 0.1, which a VM may have whose vCPUs lack psci-0.2, so that the
    kernel's own ioctls take it and KVM_ARM_VCPU_INIT refuses it."""
    default = PROFILE.registers[id].default
    near = st.integers(0, 63).map(lambda bit: default ^ 1 << bit)
    some = st.sampled_from([0, 1, 2, 3, 0x10000, 0x10001])
    return st.one_of(st.just(default), near, some).filter(lambda value: (id, value) != (PSCI, 1))


PAIRS = st.sampled_from(REGISTERS).flatmap(lambda id: st.tuples(st.just(id), values(id)))


class Regs(RuleBasedStateMachine):
    """``oracle`` is the plain dictionary; ``asked`` what was set with success."""

    @initialize()
    def start(self) -> None:
        self.vms = {name: recorded(name).kvm.create_vm() for name in IMPLEMENTATIONS}
        self.oracle = {id: PROFILE.registers[id].default for id in REGISTERS}
        self.asked: set[int] = set()
        self.sets = 0
        self.vcpus: dict[str, list] = {name: [] for name in IMPLEMENTATIONS}
        self.initialised = 0
        for name in IMPLEMENTATIONS:
            recorded(name).recording.rows.clear()

    def teardown(self) -> None:
        for name, vm in getattr(self, "vms", {}).items():
            for vcpu in self.vcpus[name]:
                vcpu.close()
            vm.close()

    @property
    def born(self) -> bool:
        return any(self.vcpus.values())

    @rule(pair=PAIRS)
    def set(self, pair) -> None:
        id, value = pair
        expected = None
        if self.born:
            expected = errno.EBUSY
        elif answer(PROFILE.registers[id], value).kind != "same":
            expected = errno.EINVAL
        for vm in self.vms.values():
            assert tried(vm.regs.set, id, value) == expected
        if expected is None:
            self.oracle[id] = value
            self.asked.add(id)
            self.sets += 1

    @rule(value=st.integers(0, 3))
    def set_unknown(self, value) -> None:
        for vm in self.vms.values():
            assert tried(vm.regs.set, UNKNOWN, value) == errno.ENOENT

    @precondition(lambda self: len(self.vcpus["native"]) < 4)
    @rule()
    def create_vcpu(self) -> None:
        for name, vm in self.vms.items():
            self.vcpus[name].append(vm.create_vcpu(len(self.vcpus[name])))

    @precondition(lambda self: self.initialised < len(self.vcpus["native"]))
    @rule()
    def init_vcpu(self) -> None:
        for name, vm in self.vms.items():
            self.vcpus[name][self.initialised].init(vm.preferred_target(), vm.features)
        self.initialised += 1

    @precondition(lambda self: self.initialised)
    @rule(index=st.integers(0, 3))
    def reset_vcpu(self, index) -> None:
        for name, vm in self.vms.items():
            self.vcpus[name][index % self.initialised].init(vm.preferred_target(), vm.features)

    @invariant()
    def reads_as_the_oracle(self) -> None:
        for vm in getattr(self, "vms", {}).values():
            assert {id: vm.regs[id] for id in REGISTERS} == self.oracle

    @invariant()
    def every_vcpu_shows_it(self) -> None:
        for name in getattr(self, "vms", {}):
            for vcpu in self.vcpus[name][: self.initialised]:
                read = {id: held(self.vms[name], vcpu, id) for id in REGISTERS}
                assert read == self.oracle
                assert set(vcpu.get_reg_list()) & set(REGISTERS) == set()

    @invariant()
    def written_once(self) -> None:
        for name in ("per-vcpu", "scope-flag"):
            vcpus = getattr(self, "vcpus", {}).get(name, [])
            written = [id for vcpu in vcpus for id in recorded(name).writes(vcpu.raw)]
            assert sorted(written) == (sorted(self.asked) if vcpus and self.initialised else [])


def tried(call, *arguments):
    try:
        call(*arguments)
    except RegisterError as error:
        return error.errno
    return None


Regs.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestRegs = Regs.TestCase
TestRegs.__doc__ = "Any sequence of set, create, init and re-init reads back as from a dictionary."
