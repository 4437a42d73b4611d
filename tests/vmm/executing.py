"""A model kernel that runs guest code: an interpreter of the instructions that vmm.a64 encodes.

The words are decoded here on their own, so that the guest is executed as the Arm ARM has it and not
as its encoder means it.
"""

from __future__ import annotations

import ctypes
from typing import Any

from guestabi.kvm.exits import Exit, Interrupted, Mmio
from guestabi.registers import find
from guestabi.uapi import regid
from guestabi.uapi.structs import MP_STATE_RUNNABLE, MP_STATE_STOPPED
from guestabi.vmm.questions import Peek, everything
from vmm.fake_gic import FakeGic

M64 = (1 << 64) - 1
X = [0x6030000000100000 + 2 * n for n in range(31)]
PC, VBAR, ELR = (find(name).id for name in ("PC", "VBAR_EL1", "ELR_EL1"))
ELR_EL1, ESR_EL1 = (3, 0, 4, 0, 1), (3, 0, 5, 2, 0)
POWER_OFF = 0
CPU_ON = 0xC4000003
STEPS = 100_000
GIC = [each for each in everything() if isinstance(each, Peek)]


class Wrapped:
    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def __enter__(self):
        return self

    def __exit__(self, *exc: object) -> None:
        self.raw.close()


class ExecutingKvm(Wrapped):
    """``firmware`` answers calls: (conduit, function, argument) to x0..x3, or None: not supported.
    ``registers``: values by encoding, over what the vCPU's own registers say. ``devices``: what
    reads of 32 bits find, by address; the interrupt controller's are there."""

    def __init__(self, raw: Any, firmware=lambda *_: None, registers=None, devices=None) -> None:
        super().__init__(raw)
        self.devices = devices or {each.address: 0 for each in GIC}
        self.firmware = firmware
        self.registers = registers or {}

    def create_vm(self, vm_type: int = 0):
        return ExecutingVm(self, self.raw.create_vm(vm_type))


class ExecutingVm(Wrapped):
    def __init__(self, kvm: ExecutingKvm, raw: Any) -> None:
        super().__init__(raw)
        self.kvm = kvm
        self.cpus: list[ExecutingVcpu] = []

    def set_user_memory_region(self, slot, guest_address, size, host_address) -> None:
        self.base, self.size, self.host = guest_address, size, host_address

    def at(self, address: int) -> int | None:
        offset = address - self.base
        return self.host + offset if 0 <= offset < self.size else None

    def create_vcpu(self, index: int):
        self.cpus.append(ExecutingVcpu(self, self.raw.create_vcpu(index)))
        return self.cpus[-1]

    def create_device(self, device_type: int):
        # The model knows who its GIC is; what it holds is kept here.
        return FakeGic(len(self.cpus), raw=self.raw.create_device(device_type))


class ExecutingVcpu(Wrapped):
    def __init__(self, vm: ExecutingVm, raw: Any) -> None:
        super().__init__(raw)
        self.vm = vm
        self.power = MP_STATE_RUNNABLE

    def init(self, target: int, features) -> None:
        # The model has no power; whether a vCPU starts with it is kept here.
        self.power = MP_STATE_STOPPED if POWER_OFF in features else MP_STATE_RUNNABLE
        self.raw.init(target, [bit for bit in features if bit != POWER_OFF])

    def get_mp_state(self) -> int:
        return self.power

    def set_mp_state(self, state: int) -> None:
        self.power = state

    def get(self, id: int) -> int:
        return int.from_bytes(self.raw.get_one_reg(id), "little")

    def put(self, id: int, value: int) -> None:
        self.raw.set_one_reg(id, (value & M64).to_bytes(8, "little"))

    def enter(self) -> Exit:
        if self.power != MP_STATE_RUNNABLE:
            return Interrupted()
        self.x = [self.get(id) for id in X] + [0]
        self.pc, self.vbar, self.elr = (self.get(id) for id in (PC, VBAR, ELR))
        exit: Exit | None = None
        for _ in range(STEPS):
            address = self.vm.at(self.pc)
            assert address is not None, f"the guest ran away to {self.pc:#x}"
            word = ctypes.c_uint32.from_address(address).value
            self.pc += 4
            exit = self.step(word)
            self.x[31] = 0
            if exit is not None:
                break
        for id, value in zip([*X, PC, VBAR, ELR], [*self.x[:31], self.pc, self.vbar, self.elr]):
            self.put(id, value)
        return exit or Interrupted()

    def step(self, word: int) -> Exit | None:
        x, rd, rn, rm = self.x, word & 31, word >> 5 & 31, word >> 16 & 31
        imm16, quarter = word >> 5 & 0xFFFF, 16 * (word >> 21 & 3)
        if word >> 23 == 0b110100101:
            x[rd] = imm16 << quarter
        elif word >> 23 == 0b111100101:
            x[rd] = x[rd] & ~(0xFFFF << quarter) | imm16 << quarter
        elif word >> 21 == 0b10101010000 and rn == 31:
            x[rd] = x[rm]
        elif word >> 22 == 0b1001000100:
            x[rd] = x[rn] + (word >> 10 & 0xFFF) & M64
        elif word >> 21 == 0b10001011000:
            x[rd] = x[rn] + (x[rm] << (word >> 10 & 63)) & M64
        elif word >> 22 == 0b1101001101 and word >> 10 & 63 == 63:
            x[rd] = x[rn] >> (word >> 16 & 63)
        elif word >> 20 in (0b110101010011, 0b110101010001):
            self.system(word, rd, is_read=bool(word >> 21 & 1))
        elif word >> 26 == 0b000101:
            offset = (word & (1 << 26) - 1) - (word << 1 & 1 << 26)
            self.pc += 4 * offset - 4
        elif word in (0xD4000002, 0xD4000003):
            self.call("smc" if word & 1 else "hvc")
        elif word == 0xD69F03E0:
            self.pc = self.elr
        elif word == 0xD503207F:
            return Interrupted()
        elif word not in (0xD5033FDF, 0xD5033FBF):
            return self.memory(word, rd, rn)
        return None

    def memory(self, word: int, rt: int, rn: int) -> Exit | None:
        kinds = {0x3E5: (8, False), 0x3E4: (8, True), 0x2E4: (4, True), 0x2E5: (4, False)}
        if word >> 21 == 0b11111000000 and word >> 10 & 3 == 1:
            address, size, is_write = self.x[rn], 8, True
            self.x[rn] += (word >> 12 & 0x1FF) - (word >> 11 & 0x200)
        else:
            size, is_write = kinds[word >> 22]
            address = self.x[rn] + size * (word >> 10 & 0xFFF)
        where = self.vm.at(address)
        data = (self.x[rt] & (1 << 8 * size) - 1).to_bytes(size, "little")
        if address in self.vm.kvm.devices and not is_write:
            self.x[rt] = self.vm.kvm.devices[address]
            return None
        if where is None:
            return Mmio(address, data if is_write else bytes(size), is_write)
        if is_write:
            ctypes.memmove(where, data, size)
        else:
            self.x[rt] = int.from_bytes(ctypes.string_at(where, size), "little")
        return None

    def system(self, word: int, rt: int, is_read: bool) -> None:
        fields = (word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7)
        register = (2 | word >> 19 & 1, *fields)
        if not is_read:
            attribute = {(3, 0, 12, 0, 0): "vbar", ELR_EL1: "elr"}[register]
            setattr(self, attribute, self.x[rt])
        elif register in (ELR_EL1, ESR_EL1):
            self.x[rt] = self.elr if register == ELR_EL1 else 0
        elif (value := self.shown(register)) is not None:
            self.x[rt] = value
        else:
            self.elr, self.pc = self.pc - 4, self.vbar + 0x200

    def shown(self, register: tuple[int, ...]) -> int | None:
        if register in self.vm.kvm.registers:
            return self.vm.kvm.registers[register]
        id = regid.encode(regid.SysReg(3, *register))
        return self.get(id) if id in self.raw.get_reg_list() else None

    def call(self, conduit: str) -> None:
        function, first, second, third = self.x[:4]
        if function == CPU_ON:
            other = self.vm.cpus[first]
            other.power = MP_STATE_RUNNABLE
            other.put(PC, second)
            other.put(X[0], third)
        answer = self.vm.kvm.firmware(conduit, function, first)
        self.x[:4] = [M64, 0, 0, 0] if answer is None else answer
