"""What an exporter returns, and the one line by which a document names its baseline."""

from __future__ import annotations

from dataclasses import dataclass

from guestabi.compat.verdict import CANNOT_TELL
from guestabi.fleet.baseline import Baseline, Pin
from guestabi.registers.catalogue import name_of


@dataclass(frozen=True)
class LeftOut:
    """A pin that the format cannot express: ``reason`` why, ``remedy`` what to do instead."""

    pin: Pin
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{said(self.pin)}: {self.reason}"


@dataclass(frozen=True)
class Export:
    """A document, ready to be written, and the pins that are not in it, by register id. ``notes``
    say where a guest cannot be born with it, and what to do there."""

    text: str
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def exit_status(self, baseline: Baseline) -> int:
        """0: a guest born with the document, on any host, has the baseline; 101: not all of it is
        expressed, not everywhere, or not all of the baseline is known."""
        return CANNOT_TELL if self.left_out or self.notes else baseline.exit_status()


def said(pin: Pin) -> str:
    """Return ``PSCI_VERSION = 0x10001``."""
    return f"{name_of(pin.id)} = {pin.value:#x}"


def title(baseline: Baseline) -> str:
    """Return the words by which a document says which baseline it is of."""
    return f"guestabi baseline {baseline.name}, version {baseline.version}, {baseline.digest[:12]}"
