"""Act a trace out, ioctl by ioctl, and derive anew what it violates.

The violation is read off what the guest discovered and what was on the wire; see
:mod:`guestabi.model.naive` for what it runs on. Only the rows of the designs are the explorer's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from guestabi.errors import GuestAbiError
from guestabi.model.explore import Failure
from guestabi.model.naive import (
    FIRST_VCPU,
    NEW_REGISTER,
    SECOND_VCPU,
    Machine,
    Program,
    Refusal,
    number_of,
)
from guestabi.model.semantics import Behaviour, Design


class ReplayMismatch(GuestAbiError):
    """A trace does not do what the explorer said it does: one of the two is wrong."""


class Scene:
    """The two hosts and the guest, while a trace is acted out."""

    def __init__(self, design: Design, behaviour: Behaviour) -> None:
        self.design, self.behaviour = design, behaviour
        self.versions = [{"kernel": 0, "vmm": 0}, {"kernel": 0, "vmm": 0}]
        self.machine: Machine | None = None
        self.stream: dict[str, Any] | None = None
        self.source: dict[str, int] = {}
        self.repeated: dict[int, int] = {}
        self.newest_vmm = 0
        self.discovered: list[set[int]] = []
        self.refusal: Refusal | None = None
        self.aware_writes: list[int] = []
        self.before: list[set[int]] = []
        self.action: Any = ()
        self.here: dict[str, int] = {}

    def act(self, action: Any, host: int) -> None:
        self.action, self.here = action, self.versions[host]
        self.refusal, self.aware_writes = None, []
        handler: Callable[..., None] = getattr(self, "do_" + action[0].replace("-", "_"))
        handler(*action[1:])

    def program(self) -> Program:
        return Program(self.design, self.behaviour, self.here["vmm"])

    def vm(self) -> Machine:
        if self.machine is None:
            raise ReplayMismatch(f"{self.action}: there is no VM")
        return self.machine

    def do_kernel(self, way: str) -> None:
        self.here["kernel"] += 1 if way == "up" else -1

    def do_vmm(self, way: str) -> None:
        self.here["vmm"] += 1 if way == "up" else -1

    def do_boot(self) -> None:
        self.machine = Machine(self.design, self.here["kernel"])
        self.newest_vmm = self.here["vmm"]

    def do_vcpu(self, number: str) -> None:
        self.program().create_vcpus(self.vm())

    def do_set(self, register: str, value: str) -> None:
        self.vm().writes.clear()
        self.program().set_everywhere(self.vm(), NEW_REGISTER + int(register), int(value))
        self.aware_writes = list(self.vm().writes)

    def do_other_sets(self, register: str, value: str) -> None:
        identifier = NEW_REGISTER + int(register)
        self.repeated[identifier] = int(value)
        if self.program().native:
            self.vm().vm_set(identifier, int(value))
        else:
            self.vm().vcpu_set(FIRST_VCPU, identifier, int(value))
            self.vm().vcpu_set(SECOND_VCPU, identifier, int(value))

    def do_run(self) -> None:
        self.before, self.discovered = self.discovered, self.vm().services()
        self.vm().ran = True

    def do_poke(self, where: str, register: str, value: str) -> None:
        identifier = NEW_REGISTER + int(register)
        if self.vm().ran:
            self.before = self.vm().services()
        if where == "vm":
            self.vm().vm_set(identifier, int(value))
        else:
            self.vm().vcpu_set(int(where.split()[1]), identifier, int(value))

    def do_save(self) -> None:
        self.before = self.vm().services()
        self.stream = self.program().save(self.vm())
        self.source, self.machine = dict(self.here), None

    def do_load(self) -> None:
        if self.stream is None:
            raise ReplayMismatch("load: there is no stream")
        repeated = self.repeated if self.behaviour.twin else {}
        program = self.program()
        try:
            self.machine = program.load(self.stream, self.here["kernel"], repeated)
        except Refusal as refusal:
            self.refusal = refusal
            return
        written = self.machine.writes
        self.aware_writes = [each for each in written if program.handles(number_of(each))]
        self.newest_vmm = max(self.newest_vmm, self.here["vmm"])


def replay(design: Design, behaviour: Behaviour, name: str, failure: Failure) -> str:
    """Act ``failure.trace`` out; return in words what then violates property ``name``.

    Raises ReplayMismatch when nothing does, or another kind of violation than the explorer's.
    """
    scene = Scene(design, behaviour)
    for line in failure.trace:
        scene.act(line.action, line.host)
    seen = next(iter(_violations(scene, name)), None)
    if seen is None or not seen.startswith(failure.note.kind):
        raise ReplayMismatch(
            f"{design.name}, {behaviour.name}, {name}: the explorer saw "
            f"{failure.note.kind!r}, the replay {seen!r}"
        )
    return seen


def _violations(scene: Scene, name: str) -> Iterator[str]:
    if name == "P9":
        for each in ("P1", "P2", "P3", "P4", "P5"):
            yield from _violations(scene, each)
    elif name in ("P1", "P2", "P3", "P4", "P5"):
        yield from _of_a_move(scene, name)
    elif name == "P6" and len(scene.aware_writes) > len(set(scene.aware_writes)):
        yield f"written twice: {scene.aware_writes}"
    elif name == "P7" and scene.action[0] == "poke" and scene.vm().ran:
        if scene.before != scene.vm().services():
            yield "after the first run"
    elif name == "P8" and scene.action[0] == "save":
        yield from _strange_ids(scene)
    elif name == "P10" and scene.vm().ran:
        one, two = scene.vm().services()
        if one != two:
            yield "vCPUs differ"


def _of_a_move(scene: Scene, name: str) -> Iterator[str]:
    if scene.action[0] == "run" and name == "P4":
        newest = max(set.union(*scene.discovered), default=0)
        if not scene.before and newest > scene.newest_vmm:
            yield f"appeared: service {newest}"
    if scene.action[0] != "load" or not _concerns(scene, name):
        return
    if scene.refusal is not None:
        if name == "P5" and scene.refusal.register > scene.newest_vmm:
            yield f"refused: register {scene.refusal.register}"
        if name == "P4" and scene.refusal.register > scene.newest_vmm:
            yield f"refused: register {scene.refusal.register}"
        return
    now, names = scene.vm().services(), max(scene.newest_vmm, scene.here["vmm"])
    for old, new in zip(scene.before, now):
        gone, come = old - new, new - old
        if name == "P5":
            gone = {each for each in gone if each > names}
            come = {each for each in come if names < each <= scene.source["kernel"]}
        if name == "P4":
            gone, come = set(), {each for each in come if each > names}
        if gone:
            yield f"lost: {gone}"
        if come:
            yield f"appeared: {come}"


def _concerns(scene: Scene, name: str) -> bool:
    kernel = scene.here["kernel"] - scene.source["kernel"]
    vmm = scene.here["vmm"] - scene.source["vmm"]
    refused_by_old = scene.refusal is None or kernel < 0
    return {
        "P1": kernel > 0 and vmm >= 0,
        "P2": kernel < 0 and vmm >= 0,
        "P3": vmm < 0 and kernel == 0,
        "P4": refused_by_old,
        "P5": kernel >= 0 and scene.behaviour.list_driven,
    }[name]


def _strange_ids(scene: Scene) -> Iterator[str]:
    oldest = Machine(scene.design, 0)
    oldest.create_vcpu()
    oldest.create_vcpu()
    saved_there = scene.program().save(oldest)["vcpus"][0]
    assert scene.stream is not None
    for identifier in scene.stream["vcpus"][0]:
        if number_of(identifier) == 0 and identifier not in saved_there:
            yield f"id differs: {identifier:#x}"
