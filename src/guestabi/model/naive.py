"""Kernels that answer ioctls and VMMs that issue them, in the plainest way: what replays run on.

It reads the rows of :mod:`guestabi.model.semantics` and shares no code with the explorer.
"""

from __future__ import annotations

from typing import Any

from guestabi.model.semantics import Behaviour, Design

OLD_REGISTER = 0x6030000000140000
NEW_REGISTER = 0x6030000000160010
SCOPE_BIT = 1 << 28
FIRST_VCPU, SECOND_VCPU = 0, 1
BOTH_VCPUS = (FIRST_VCPU, SECOND_VCPU)


class Refusal(Exception):
    """An ioctl or a loader said no, because of ``register`` (0: one that is not new)."""

    def __init__(self, errno: str, register: int) -> None:
        super().__init__(errno)
        self.errno = errno
        self.register = register


def number_of(identifier: int) -> int:
    """Return the number of a new register; 0 for the old one."""
    plain = identifier & ~SCOPE_BIT
    return 0 if plain == OLD_REGISTER else plain - NEW_REGISTER


class Machine:
    """A VM on one kernel: what its file descriptors answer."""

    def __init__(self, design: Design, kernel: int) -> None:
        self.design = design
        self.kernel = kernel
        self.new = [NEW_REGISTER + number for number in range(1, kernel + 1)]
        self.shared = dict.fromkeys(self.new, design.default)
        self.own: list[dict[int, int]] = []
        self.ran = False
        self.flagging = False
        self.list_at_init: list[int] | None = None
        """For the VMM to keep what the first vCPU listed when it was made."""
        self.writes: list[int] = []
        """Ids of accepted writes; cleared by who wants to count."""

    def enable_flag(self) -> None:
        if self.design.flag and self.kernel >= 1:
            self.flagging = True

    def create_vcpu(self) -> None:
        self.own.append(dict.fromkeys(self.new, self.design.default))

    def read(self, vcpu: int, identifier: int) -> int:
        plain = identifier & ~SCOPE_BIT
        if plain == OLD_REGISTER:
            return 1
        return self.shared[plain] if self.design.store == "vm" else self.own[vcpu][plain]

    def vcpu_list(self, vcpu: int) -> list[int]:
        shown = [OLD_REGISTER]
        for identifier in self.new:
            when = self.design.listed
            if when == "always" or (when == "when-set" and self.read(vcpu, identifier)):
                shown.append(identifier)
        return [identifier | SCOPE_BIT for identifier in shown] if self.flagging else shown

    def vcpu_set(self, vcpu: int, identifier: int, value: int) -> None:
        if identifier & SCOPE_BIT and self.design.flag and self.kernel >= 1:
            identifier &= ~SCOPE_BIT
        if identifier == OLD_REGISTER:
            return
        window = self.design.vcpu_write
        if identifier not in self.new or window == "never":
            if self.design.unknown_id != "ignored":
                raise Refusal("ENOENT", number_of(identifier))
            return
        if window == "ignored":
            return
        if self.ran and window == "before-run":
            raise Refusal("EBUSY", number_of(identifier))
        self._put(vcpu, identifier, value)

    def vm_set(self, identifier: int, value: int) -> None:
        if identifier not in self.new:
            if self.design.unknown_id != "ignored":
                raise Refusal("ENOENT", number_of(identifier))
            return
        if self.own and self.design.vm_write != "always":
            raise Refusal("EBUSY", number_of(identifier))
        self._put(None, identifier, value)

    def _put(self, vcpu: int | None, identifier: int, value: int) -> None:
        self.writes.append(identifier)
        if self.design.store == "vm" or vcpu is None:
            self.shared[identifier] = value
        if self.design.store == "vcpu":
            for at, values in enumerate(self.own):
                if vcpu in (None, at):
                    values[identifier] = value

    def services(self) -> list[set[int]]:
        """What the guest discovers, on each vCPU: the numbers of the services that are on."""
        return [
            {number_of(identifier) for identifier in self.new if self.read(vcpu, identifier)}
            for vcpu in (FIRST_VCPU, SECOND_VCPU)
        ]


class Program:
    """One VMM binary: a behaviour at a version."""

    def __init__(self, design: Design, behaviour: Behaviour, version: int) -> None:
        self.design, self.behaviour, self.version = design, behaviour, version
        self.native = design.vm_write != "never"

    def knows(self, number: int) -> bool:
        return number <= self.version

    def handles(self, number: int) -> bool:
        """Does it use the design's interface for a new register?"""
        return number > 0 and (self.behaviour.generic or self.knows(number))

    def set_everywhere(self, machine: Machine, identifier: int, value: int) -> None:
        if self.native:
            machine.vm_set(identifier, value)
            return
        for vcpu in (FIRST_VCPU,) if self.design.scope_told else (FIRST_VCPU, SECOND_VCPU):
            machine.vcpu_set(vcpu, identifier, value)

    def save(self, machine: Machine) -> dict[str, Any]:
        if self.behaviour.generic or self.version >= 1:
            machine.enable_flag()
        stream: dict[str, Any] = {"vm": {}, "vcpus": []}
        if self.native and self.design.listed == "never":
            stream["vm"] = {
                identifier: machine.shared[identifier]
                for identifier in machine.new
                if self.handles(number_of(identifier))
                and (machine.shared[identifier] or self.behaviour.saves_zeros)
            }
        shown = self._shown(machine)
        for vcpu in BOTH_VCPUS:
            kept = [each for each in shown if self._keeps(each)]
            stream["vcpus"].append({each: machine.read(vcpu, each) for each in kept})
        return stream

    def create_vcpus(self, machine: Machine, times: int = 1) -> None:
        for _ in range(times):
            machine.create_vcpu()
            if machine.list_at_init is None:
                machine.list_at_init = machine.vcpu_list(FIRST_VCPU)

    def _shown(self, machine: Machine) -> list[int]:
        """What it takes for the list: now for what it handles by name, else when it asks for it."""
        now = machine.vcpu_list(FIRST_VCPU)
        if self.behaviour.list_at != "init":
            return now
        flag = SCOPE_BIT if machine.flagging else 0
        then = [each & ~SCOPE_BIT | flag for each in machine.list_at_init or ()]
        rest = [each for each in then if not self.handles(number_of(each))]
        return rest + [each for each in now if self.handles(number_of(each))]

    def _keeps(self, identifier: int) -> bool:
        number = number_of(identifier)
        return number == 0 or self.handles(number) or self.behaviour.save == "list"

    def load(self, stream: dict[str, Any], kernel: int, repeated: dict[int, int]) -> Machine:
        """Return the machine that the stream was loaded into, or raise Refusal.

        ``repeated`` are the settings of another hand, made on this side too.
        """
        machine = Machine(self.design, kernel)
        if self.native:
            self._repeat(machine, repeated)
        in_section = self._load_section(machine, stream)
        ours = self._ours(stream)
        if self.native:
            for identifier in ours:
                machine.vm_set(identifier, stream["vcpus"][0][identifier])
            self._switch_off(machine, in_section | set(ours) | set(repeated))
        self.create_vcpus(machine, 2)
        if not self.native:
            self._repeat(machine, repeated)
        self._load_vcpus(machine, stream, [] if self.native else ours, set(ours))
        if not self.native:
            self._switch_off(machine, in_section | set(ours) | set(repeated))
        return machine

    def _repeat(self, machine: Machine, repeated: dict[int, int]) -> None:
        for identifier, value in sorted(repeated.items()):
            if self.native:
                machine.vm_set(identifier, value)
            else:
                machine.vcpu_set(FIRST_VCPU, identifier, value)
                machine.vcpu_set(SECOND_VCPU, identifier, value)
        machine.writes.clear()

    def _ours(self, stream: dict[str, Any]) -> list[int]:
        return [each for each in stream["vcpus"][0] if self.handles(number_of(each))]

    def _load_section(self, machine: Machine, stream: dict[str, Any]) -> set[int]:
        for identifier, value in stream["vm"].items():
            if self.handles(number_of(identifier)):
                machine.vm_set(identifier, value)
            elif self.behaviour.unknown_section == "refuse":
                raise Refusal("unknown section", number_of(identifier))
        return set(stream["vm"])

    def _load_vcpus(
        self, machine: Machine, stream: dict[str, Any], ours: list[int], skip: set[int]
    ) -> None:
        if self.behaviour.generic or self.version >= 1:
            machine.enable_flag()
        own_list = set(machine.list_at_init or ())
        for vcpu, saved in enumerate(stream["vcpus"]):
            for identifier, value in sorted(saved.items()):
                if identifier in ours:
                    if vcpu == 0 or not self.design.scope_told:
                        machine.vcpu_set(vcpu, identifier, value)
                elif identifier not in skip:
                    self._load_unknown(machine, vcpu, identifier, value, own_list)

    def _load_unknown(
        self, machine: Machine, vcpu: int, identifier: int, value: int, own_list: set[int]
    ) -> None:
        if number_of(identifier) == 0:
            self._load_old(machine, vcpu, identifier, value, own_list)
            return
        if self.behaviour.load == "skip":
            return
        if self.behaviour.load == "check" and identifier & ~SCOPE_BIT not in own_list:
            raise Refusal("not in the destination's list", number_of(identifier))
        machine.vcpu_set(vcpu, identifier, value)

    def _load_old(
        self, machine: Machine, vcpu: int, identifier: int, value: int, own_list: set[int]
    ) -> None:
        # Who knows the flag knows both forms of an id; who does not sees an id like any other.
        knows_flag = self.behaviour.generic or self.version >= 1
        if identifier not in own_list and not knows_flag:
            if self.behaviour.load == "skip":
                return
            if self.behaviour.load == "check":
                raise Refusal("not in the destination's list", 0)
        machine.vcpu_set(vcpu, identifier, value)

    def _switch_off(self, machine: Machine, heard_of: set[int]) -> None:
        # Who knows a register by name knows what a stream without it means.
        heard = {number_of(identifier) for identifier in heard_of}
        for identifier in machine.new:
            number = number_of(identifier)
            if self.design.default and self.knows(number) and number not in heard:
                self.set_everywhere(machine, identifier, 0)
