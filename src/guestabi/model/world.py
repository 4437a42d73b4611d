"""The world that is explored: two hosts, each with a kernel and a VMM version, and one guest.

One guest is enough: guests meet only in that a host must be empty to be changed, and a second
guest can only forbid such changes. Moves of the guest depend on its own state and on the kernel
and VMM of one host, so they are worked out once for each such triple.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Optional

from guestabi.model import vmm
from guestabi.model.semantics import Behaviour, Design
from guestabi.model.vmm import Loaded, Masks, Stream, bit, fresh

KERNELS = 3
VMMS = 3
HOSTS = 2
VCPUS = 2

NONE, CREATED, ONE, READY, RAN, SAVED, LOADED, LOST = range(8)
"""Phases of a guest: no guest; VM without vCPUs; one vCPU; both, not run; running; a stream;
loaded and not run since; running with another ABI than the one it was born with."""

Action = tuple[str, ...]


class Guest(NamedTuple):
    """One guest, wherever it is."""

    phase: int = NONE
    masks: Masks = (0, 0)
    """What its vCPUs show; while it is a stream, what they showed when it was saved."""
    pins: Masks = (0, 0)
    """Registers that another hand than the VMM's set at birth, and their values."""
    newest_vmm: int = 0
    """The newest VMM version that ever had it."""
    seen: int = 0
    """What its VMM remembers of the first vCPU's list; see :func:`.vmm.seen_at_init`."""
    stream: Optional[Stream] = None


class Step(NamedTuple):
    """One move of the guest, with all that a property may ask about it."""

    action: Action
    before: Guest
    after: Guest
    k: int
    v: int
    """Kernel and VMM version of the host where it happens."""
    loaded: Optional[Loaded] = None
    changed: int = 0
    """Mask of the services that the guest relied on and now finds otherwise, on any vCPU."""
    writes: tuple[int, ...] = ()
    """Registers that code which knows them wrote, once a write."""


class Rules(NamedTuple):
    """Who may act. ``gate``: use a register only while the whole fleet knows it (``both``), or
    only once it does, and roll back as you like (``entry``)."""

    others_set: bool = False
    """Another hand (a launcher, a template) may set registers that the VMM does not know."""
    pokes: bool = False
    """Userspace may try to write any register, through any vCPU, at any moment."""
    gate: str = ""


class World:
    """The moves of a guest under one design and one VMM behaviour."""

    def __init__(self, design: Design, behaviour: Behaviour, rules: Rules) -> None:
        self.design = design
        self.behaviour = behaviour
        self.rules = rules

    def at_host(self, guest: Guest, k: int, v: int, fleet: int) -> Iterator[Step]:
        """Yield every move of a guest that is on a host with kernel ``k`` and VMM ``v``.

        ``fleet`` is the oldest version, of kernel or VMM, in the fleet.
        """
        if guest.phase == CREATED:
            yield from self._sets(guest, k, v, fleet, through_vm=True)
            seen = vmm.seen_at_init(self.design, self.behaviour, guest.masks[0], k)
            yield Step(("vcpu", "0"), guest, guest._replace(phase=ONE, seen=seen), k, v)
        elif guest.phase == ONE:
            yield Step(("vcpu", "1"), guest, guest._replace(phase=READY), k, v)
        elif guest.phase == READY:
            yield from self._sets(guest, k, v, fleet, through_vm=False)
            yield Step(("run",), guest, guest._replace(phase=RAN), k, v)
        elif guest.phase == LOADED:
            yield Step(("run",), guest, guest._replace(phase=RAN), k, v)
            yield self._save(guest, k, v)
        elif guest.phase == RAN:
            yield self._save(guest, k, v)
        if self.rules.pokes and guest.phase in (ONE, READY, RAN, LOADED):
            yield from self._pokes(guest, k, v)

    def to_host(self, guest: Guest, k: int, v: int) -> Iterator[Step]:
        """Yield every move that brings a guest to an empty host."""
        if guest.phase == NONE:
            masks = fresh(self.design, k)
            born = Guest(CREATED, (masks, masks), newest_vmm=v)
            yield Step(("boot",), guest, born, k, v)
        elif guest.phase == SAVED:
            yield self._load(guest, k, v)

    def uses(self, guest: Guest) -> int:
        """Return the newest register that is on in ``guest``; 0 for none."""
        return (guest.masks[0] | guest.masks[1]).bit_length()

    def _sets(self, guest: Guest, k: int, v: int, fleet: int, through_vm: bool) -> Iterator[Step]:
        if through_vm != (self.design.vm_write != "never"):
            return
        for register in range(1, k + 1):
            if self.rules.gate and register > fleet:
                continue
            knows = register <= v
            if knows or self.rules.others_set:
                yield self._set(guest, k, v, register, knows)

    def _set(self, guest: Guest, k: int, v: int, register: int, knows: bool) -> Step:
        value = 0 if guest.masks[0] & bit(register) else 1
        one, two = (mask & ~bit(register) | value * bit(register) for mask in guest.masks)
        pins = guest.pins
        if not knows:
            pins = (pins[0] | bit(register), pins[1] & ~bit(register) | value * bit(register))
        after = guest._replace(masks=(one, two), pins=pins)
        if self.design.vm_write == "never" and self.design.vcpu_write in ("never", "ignored"):
            after = guest
        times = 1 if self.design.scope_told else VCPUS
        who = "set" if knows else "other-sets"
        writes = (register,) * times if knows else ()
        return Step((who, str(register), str(value)), guest, after, k, v, writes=writes)

    def _save(self, guest: Guest, k: int, v: int) -> Step:
        stream = vmm.save(self.design, self.behaviour, guest.masks, guest.seen, k, v)
        after = guest._replace(phase=SAVED, seen=0, stream=stream)
        return Step(("save",), guest, after, k, v)

    def _load(self, guest: Guest, k: int, v: int) -> Step:
        assert guest.stream is not None
        loaded = vmm.load(self.design, self.behaviour, guest.stream, guest.pins, k, v)
        step = Step(("load",), guest, guest, k, v, loaded, writes=loaded.writes)
        if loaded.refused is not None:
            return step
        changed = (loaded.masks[0] ^ guest.masks[0]) | (loaded.masks[1] ^ guest.masks[1])
        newest = max(guest.newest_vmm, v)
        after = Guest(LOADED, loaded.masks, guest.pins, newest, loaded.seen)
        if changed:
            after = Guest(LOST)
        return step._replace(after=after, changed=changed)

    def _pokes(self, guest: Guest, k: int, v: int) -> Iterator[Step]:
        may = self.design.vcpu_write == "always" or (
            self.design.vcpu_write == "before-run" and guest.phase != RAN
        )
        for register in range(1, k + 1):
            if may:
                for at in range(1 if guest.phase == ONE else VCPUS):
                    yield self._poke(guest, k, v, register, at)
            if self.design.vm_write == "always":
                yield self._poke(guest, k, v, register, -1)

    def _poke(self, guest: Guest, k: int, v: int, register: int, at: int) -> Step:
        own = self.design.store == "vcpu" and at >= 0
        old = guest.masks[max(at, 0)]
        masks = (old ^ bit(register), old ^ bit(register))
        if own:
            masks = (masks[0], guest.masks[1]) if at == 0 else (guest.masks[0], masks[1])
        value = str(int(bool(masks[max(at, 0)] & bit(register))))
        where = "vm" if at < 0 else f"vcpu {at}"
        action = ("poke", where, str(register), value)
        return Step(action, guest, guest._replace(masks=masks), k, v)
