"""A new register, and guests that go up and come home: the design's story on real kernels.

Kernel N is Debian's, N+1 the same source with the patches of ``kernel/vm-one-reg``, whose widget
stands for any service that a kernel gains. Every guest asks for it, besides all else that the
reporting guest asks. What should become of each move is written here; what became of it is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Optional

from guestabi import policies
from guestabi.compat import effects
from guestabi.compat.move import born, move
from guestabi.errors import LabError
from guestabi.fleet.plan.between import between
from guestabi.kvm.snapshot import Snapshot
from guestabi.lab import rollback
from guestabi.lab.archive import Archive
from guestabi.lab.capture import Subject
from guestabi.lab.guests import Ran, Saved, Setup, load
from guestabi.lab.kept import Kept
from guestabi.lab.migrate import LOADED, REFUSED, observed
from guestabi.lab.moves import FOLDER, change
from guestabi.lab.patched import WIDGET
from guestabi.lab.profiles import capture_profiles
from guestabi.lab.vmms import OURS, find_vmm
from guestabi.policies import Policy
from guestabi.profile import files
from guestabi.profile.host import HostProfile
from guestabi.vmm import saved as machines
from guestabi.vmm.questions import Call
from guestabi.vmm.report import Change, plain

SERIES = "6.12"
NEW, ON, LISTED = (f"{SERIES}+vm-one-reg{more}" for more in ("", "+widget-on", "+listed"))
KERNELS = (SERIES, NEW, ON, LISTED)
UNAWARE_VMM = "qemu-10.0"
ASKED = Call("WIDGET", 0x8600E000)
"""ARM_SMCCC_VENDOR_HYP_KVM_WIDGET_FUNC_ID (kernel/vm-one-reg, patch 4)."""
BOOTS = 18
"""How often ``tell`` calls its ``step``: captures, and boots with guests."""

SAME, CHANGED, BORN = "same", "changed", "born"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to a guest, what should become of it, and what became of it.

    ``wanted`` and ``happened`` are ``born``, ``same`` (loaded, and it reports the same machine),
    ``changed``, ``refused`` or ``silent``; ``predicted`` is what ``check`` says from captures of
    these kernels, None where it is not asked. ``widget`` is the guest's last word on the widget.
    """

    says: str
    wanted: str
    happened: str
    widget: str
    predicted: Optional[str] = None
    reasons: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def as_told(self) -> bool:
        """Whether all three agree: what should be, what was, and what was predicted."""
        return self.happened == self.wanted and self.predicted in (None, self.wanted)

    def to_builtins(self) -> dict[str, Any]:
        return {
            "says": self.says,
            "wanted": self.wanted,
            "happened": self.happened,
            "predicted": self.predicted,
            "widget": self.widget,
            "reasons": list(self.reasons),
            "changes": [change(each) for each in self.changes],
            "as_told": self.as_told,
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """Steps that show one claim."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """``kernels``: their names in the story and their releases; ``rollout``: a rollout of the aware
    VMM as a plan's files, by name, with the captures of this run."""

    cpu: str
    emulator: str
    kernels: tuple[tuple[str, str], ...]
    scenes: tuple[Scene, ...]
    rollout: Mapping[str, str]

    @property
    def as_told(self) -> bool:
        return all(step.as_told for scene in self.scenes for step in scene.steps)

    def to_builtins(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "cpu": self.cpu,
            "emulator": self.emulator,
            "kernels": dict(self.kernels),
            "as_told": self.as_told,
            "scenes": [
                {"title": scene.title, "steps": [each.to_builtins() for each in scene.steps]}
                for scene in self.scenes
            ],
        }


def tell(
    archive: Archive,
    cpu: str,
    *,
    step: Callable[[], None] = lambda: None,
    fresh: bool = False,
) -> Story:
    """Boot the kernels, move the guests, and return what became of them.

    The kernels of our own are there already (lab.build). Boots with the very same inputs as before
    are not repeated, unless ``fresh``. Raises LabError.
    """
    texts = {}
    for name, each in zip(KERNELS, capture_profiles(archive, KERNELS, [cpu]), strict=True):
        if each.value is None:
            assert each.error is not None
            raise each.error
        texts[name] = each.value
        step()
    hosts = {name: files.loads(text.encode(), name) for name, text in texts.items()}
    lab = _Lab(archive, cpu, hosts, None if fresh else Kept(archive.cache / FOLDER), step)
    with ThreadPoolExecutor(2) as pool:
        unaware, aware = pool.submit(_unaware, lab), pool.submit(_aware, lab)
        scenes = (*unaware.result(), *aware.result())
    releases = tuple((name, hosts[name].kernel or "") for name in KERNELS)
    first = hosts[SERIES].record.taken.emulator
    assert first is not None
    return Story(cpu, first.program, releases, scenes, rollback.rollout(texts[NEW]))


@dataclass(frozen=True, slots=True)
class _Guest:
    """A saved guest: where it was born, what its registers are by now as far as ``check`` knows,
    where it was saved."""

    saved: Saved
    host: str
    state: Mapping[int, Optional[int]]


class _Lab:
    """Boots, and what is told of them."""

    def __init__(
        self,
        archive: Archive,
        cpu: str,
        hosts: Mapping[str, HostProfile],
        kept: Optional[Kept],
        step: Callable[[], None],
    ) -> None:
        self.archive = archive
        self.hosts = hosts
        self.qemu = Setup(find_vmm(UNAWARE_VMM), cpu, also=(ASKED,))
        self.ours = Setup(OURS, cpu, also=(ASKED,), pins={WIDGET: 1})
        self.older = replace(self.ours, aware=False)
        self._kept = kept
        self._step = step
        self._booted: dict[str, Subject] = {}
        self._lock = Lock()

    def boots(
        self, kernels: Sequence[str], setup: Setup, guests: Sequence[Optional[_Guest]]
    ) -> list[list[Ran]]:
        """Load each of ``guests`` on each kernel; None is one that is born there."""
        streams = [None if each is None else each.saved for each in guests]
        found = []
        runs = load(self.archive, kernels, setup, streams, save=True, kept=self._kept)
        for name, (subject, rows) in zip(kernels, runs, strict=True):
            self._booted[name] = subject
            found.append(rows)
            with self._lock:
                self._step()
        return found

    def birth(self, host: str, setup: Setup, ran: Ran) -> tuple[_Guest, Step]:
        if ran.saved is None:
            raise LabError(f"{_vmm(setup)} bears no guest on {host}: {'; '.join(ran.said)}")
        state, _ = born(self.hosts[host], _policy(setup), setup.pins)
        says = f"{_vmm(setup)} boots a guest on {host}"
        if setup.pins:
            says += ", which is to have the widget"
        return _Guest(ran.saved, host, state), Step(says, BORN, BORN, _widget(ran))

    def step(
        self,
        guest: _Guest,
        host: str,
        setup: Setup,
        ran: Ran,
        wanted: str,
        says: str = "",
        *,
        predicts: bool = True,
    ) -> tuple[_Guest, Step]:
        """Tell of one move, and return the guest as it is then."""
        policy = between(_policy(self.ours if setup.vmm is OURS else setup), _policy(setup))
        assert policy is not None
        source, here = self.hosts[guest.host], self.hosts[host]
        said = move(guest.state, here, policy, source=source)
        verdict = SAME if said.verdict in effects.GOOD else said.verdict
        seen = observed(self._booted[guest.host], self._booted[host], guest.saved, ran)
        happened = seen.outcome
        if happened == LOADED:
            happened = CHANGED if seen.changes else SAME
        told = Step(
            says or f"{_vmm(setup)}: {guest.host} → {host}",
            wanted,
            happened,
            _widget(ran) if seen.outcome == LOADED else plain(guest.saved.reports[0][ASKED.name]),
            verdict if predicts else None,
            seen.reasons,
            seen.changes,
        )
        if ran.saved is None:
            return guest, told
        return _Guest(ran.saved, host, said.state_after), told


def _unaware(lab: _Lab) -> tuple[Scene, ...]:
    """QEMU, which knows nothing of VM-scoped registers."""
    vmm = lab.qemu
    ((ran,),) = lab.boots([SERIES], vmm, [None])
    old, birth = lab.birth(SERIES, vmm, ran)
    there = lab.boots([NEW, ON, LISTED], vmm, [old, None])
    on_new, up_new = lab.step(old, NEW, vmm, there[0][0], SAME)
    on_on, up_on = lab.step(old, ON, vmm, there[1][0], CHANGED)
    on_listed, up_listed = lab.step(old, LISTED, vmm, there[2][0], SAME)
    born_on, birth_on = lab.birth(ON, vmm, there[1][1])
    ((h_new, h_listed, h_on, h_born),) = lab.boots(
        [SERIES], vmm, [on_new, on_listed, on_on, born_on]
    )
    home_new, down_new = lab.step(on_new, SERIES, vmm, h_new, SAME)
    home_listed, down_listed = lab.step(on_listed, SERIES, vmm, h_listed, SAME)
    again = lab.boots([NEW, LISTED], vmm, [home_new, home_listed])
    return (
        Scene(
            "Without the design: the widget is on by default, and listed on every vCPU",
            (
                birth,
                up_on,
                lab.step(on_on, SERIES, vmm, h_on, REFUSED)[1],
                birth_on,
                lab.step(born_on, SERIES, vmm, h_born, REFUSED)[1],
            ),
        ),
        Scene(
            "The design, and a VMM that knows nothing of it: the new kernel changes nothing",
            (birth, up_new, down_new, lab.step(home_new, NEW, vmm, again[0][0], SAME)[1]),
        ),
        Scene(
            "The same, where registers that are set are listed",
            (
                birth,
                up_listed,
                down_listed,
                lab.step(home_listed, LISTED, vmm, again[1][1], SAME)[1],
            ),
        ),
    )


def _aware(lab: _Lab) -> tuple[Scene, ...]:
    """Our own VMM, which asks for the widget; and as it was before it knew of such registers."""
    vmm, older = lab.ours, lab.older
    births = lab.boots([NEW, LISTED], vmm, [None])
    new, birth = lab.birth(NEW, vmm, births[0][0])
    listed, birth_listed = lab.birth(LISTED, vmm, births[1][0])
    on_old, on_new = lab.boots([SERIES, NEW], vmm, [new])
    flat = replace(new, saved=replace(new.saved, stream=_as_before(new.saved.stream)))
    back = lab.boots([NEW, LISTED], older, [new, flat, listed])
    kept, kept_step = lab.step(
        listed,
        LISTED,
        older,
        back[1][2],
        SAME,
        "the VMM is rolled back, and takes the guest",
        predicts=False,
    )
    ((home,),) = lab.boots([SERIES], older, [kept])
    return (
        Scene(
            "A VMM that knows it, and asks for the widget",
            (
                birth,
                lab.step(new, SERIES, vmm, on_old[0], REFUSED)[1],
                lab.step(new, NEW, vmm, on_new[0], SAME)[1],
            ),
        ),
        Scene(
            "That VMM is rolled back on the new kernel to one that does not know it",
            (
                birth,
                lab.step(
                    new,
                    NEW,
                    older,
                    back[0][0],
                    REFUSED,
                    "the older VMM gets the stream as it is: registers with their scope",
                    predicts=False,
                )[1],
                lab.step(
                    new,
                    NEW,
                    older,
                    back[0][1],
                    CHANGED,
                    "the older VMM gets what its own format has room for: no VM-scoped registers",
                )[1],
            ),
        ),
        Scene(
            "The same, where registers that are set are listed",
            (
                birth_listed,
                kept_step,
                lab.step(
                    kept,
                    SERIES,
                    older,
                    home,
                    REFUSED,
                    f"the older VMM: {LISTED} → {SERIES}",
                    predicts=False,
                )[1],
            ),
        ),
    )


def _as_before(stream: bytes) -> bytes:
    """Return a saved machine without what only the VM's own ioctls reach: all that a VMM from
    before them can hold, for it saves what vCPUs list."""
    whole = machines.read(stream)
    registers = whole.registers
    vm = {id: data for id, data in registers.vm.items() if id != WIDGET}
    return replace(whole, registers=Snapshot(registers.features, vm, registers.vcpus)).to_bytes()


def _policy(setup: Setup) -> Policy:
    if setup.vmm is OURS:
        return rollback.policy(knows=setup.aware)
    return policies.load(setup.vmm.name)


def _vmm(setup: Setup) -> str:
    if setup.vmm is OURS:
        return "guestabi.vmm" if setup.aware else "guestabi.vmm, older"
    return setup.vmm.name


def _widget(ran: Ran) -> str:
    assert ran.reports is not None
    return plain(ran.reports[0][ASKED.name])
