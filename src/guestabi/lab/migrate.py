"""Move real guests between real kernels under a real VMM, and see what it says."""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.lab.archive import Archive
from guestabi.lab.boot import EMULATOR
from guestabi.lab.capture import Subject
from guestabi.lab.guests import Ran, Reports, Saved, Setup, bear, load
from guestabi.vmm.report import Change, diff

LOADED, REFUSED, SILENT = "loaded", "refused", "silent"


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of a guest that went from ``source`` to ``destination``.

    ``loaded``: the VMM says so, and the guest reported there. ``silent``: the VMM says so, and
    the guest was not heard of again.
    """

    source: Subject
    destination: Subject
    outcome: str
    # The VMM's reason where it refused, else whatever it said; lines.
    said: tuple[str, ...]
    # Wall time of the load, under emulation.
    seconds: float
    # What the guest said before, and there; None where it said nothing.
    before: Reports
    after: Reports | None = None
    # The guest as it was saved again on the destination, if that was asked.
    saved: Saved | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what the guest says otherwise than before, sorted by name."""
        return () if self.after is None else diff(self.before, self.after)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the lines that say why it was refused, each once; none if it was loaded."""
        if self.outcome == LOADED:
            return ()
        lines = (line.partition(f"{EMULATOR}: ")[2] or line for line in self.said)
        told = dict.fromkeys(line for line in lines if "warning: " not in line)
        return tuple(told) or ("it gave no reason",)


@dataclass(frozen=True, slots=True)
class Journey:
    """A guest's way to another kernel, and home again if that was asked and could be tried."""

    there: Observed
    back: Observed | None


def move(
    archive: Archive,
    source: str,
    destination: str,
    setup: Setup,
    *,
    to: Setup | None = None,
    back: bool = False,
) -> Journey:
    """Bear a guest on ``source`` and move it to ``destination``; with ``back``, home again.

    ``to``: the destination's VMM, where it is another one. That takes two or three boots. Raises
    LabError.
    """
    ((born_on, guest),) = bear(archive, [source], setup)
    ((there, (ran,)),) = load(archive, [destination], to or setup, [guest], save=back)
    went = observed(born_on, there, guest, ran)
    if went.saved is None:
        return Journey(went, None)
    ((home, (ran,)),) = load(archive, [source], setup, [went.saved])
    return Journey(went, observed(there, home, went.saved, ran))


def observed(source: Subject, destination: Subject, guest: Saved, ran: Ran) -> Observed:
    """Return what became of ``guest``; what it says now is compared with what it said then."""
    outcome = LOADED if ran.outcome == "running" else ran.outcome
    return Observed(
        source,
        destination,
        outcome,
        ran.said,
        ran.seconds,
        guest.reports,
        ran.reports,
        ran.saved,
    )
