"""Move real guests between real kernels under a real VMM, and see what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guestabi.lab.archive import Archive
from guestabi.lab.boot import EMULATOR
from guestabi.lab.capture import Subject
from guestabi.lab.qemu_guest import Ran, Setup, bear, load

LOADED, REFUSED = "loaded", "refused"


@dataclass(frozen=True, slots=True)
class Observed:
    """What became of a guest that went from ``source`` to ``destination``.

    ``loaded`` is the VMM's word alone: the guest runs there, whatever it now sees.
    """

    source: Subject
    destination: Subject
    outcome: str
    # The VMM's reason where it refused, else whatever it said; lines.
    said: tuple[str, ...]
    # Wall time of the load, under emulation.
    seconds: float
    # The stream of the guest as it was saved again on the destination, if that was asked.
    stream: bytes | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the lines that say why it was refused, each once; none if it was loaded."""
        if self.outcome != REFUSED:
            return ()
        lines = (line.partition(f"{EMULATOR}: ")[2] or line for line in self.said)
        told = dict.fromkeys(line for line in lines if not line.startswith("warning: "))
        return tuple(told) or ("it gave no reason",)


@dataclass(frozen=True, slots=True)
class Journey:
    """A guest's way to another kernel, and home again if that was asked and could be tried."""

    there: Observed
    back: Observed | None


def moves(
    archive: Archive,
    pairs: Iterable[tuple[str, str]],
    setup: Setup,
    *,
    save: bool = False,
) -> dict[tuple[str, str], Observed]:
    """Move a guest for each (source, destination) of ``pairs``, kernels as ``Archive`` names them.

    Every source boots once, every destination once for all that come to it. Raises LabError.
    """
    wanted = list(dict.fromkeys(pairs))
    sources = list(dict.fromkeys(source for source, _ in wanted))
    born = dict(zip(sources, bear(archive, sources, setup), strict=True))
    found = {}
    for destination in dict.fromkeys(to for _, to in wanted):
        coming = [source for source, to in wanted if to == destination]
        streams = [born[source][1] for source in coming]
        there, rows = load(archive, destination, setup, streams, save=save)
        for source, ran in zip(coming, rows, strict=True):
            found[source, destination] = _observed(born[source][0], there, ran)
    return {pair: found[pair] for pair in wanted}


def move(
    archive: Archive, source: str, destination: str, setup: Setup, *, back: bool = False
) -> Journey:
    """Bear a guest on ``source`` and move it to ``destination``; with ``back``, home again.

    That takes two or three boots. Raises LabError.
    """
    pair = (source, destination)
    there = moves(archive, [pair], setup, save=back)[pair]
    if there.stream is None:
        return Journey(there, None)
    home, (ran,) = load(archive, source, setup, [there.stream])
    return Journey(there, _observed(there.destination, home, ran))


def _observed(source: Subject, destination: Subject, ran: Ran) -> Observed:
    outcome = LOADED if ran.outcome == "running" else REFUSED
    return Observed(source, destination, outcome, ran.said, ran.seconds, ran.stream)
