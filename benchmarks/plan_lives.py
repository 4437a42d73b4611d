"""What births and moves make of a guest, asked of compat.move each time it is something new: for
whatever is set beside the planner, and must not lean on what it has worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Optional

from guestabi.compat import effects
from guestabi.compat.devices import devices_of
from guestabi.compat.move import born, move
from guestabi.errors import BadInput
from guestabi.fleet.plan.between import between
from guestabi.fleet.plan.shape import Config, Guests


class Guest(NamedTuple):
    """All that a guest is, wherever its VMM and kernel have brought it."""

    config: Config
    state: tuple[tuple[int, Optional[int]], ...]
    devices: tuple[tuple[tuple[str, str], int], ...]
    pins: tuple[tuple[int, int], ...]


Lived = tuple[str, Guest]
"""The effect, and the guest afterwards, which means nothing unless the effect is good."""


class Lives:
    """Births and moves, each worked out once. ``bent``: a move that is called good, whatever it
    is."""

    def __init__(self, bent: Optional[tuple[Guest, Config]] = None) -> None:
        self.bent = bent
        self._moved: dict[tuple[Guest, Config], Lived] = {}

    def born(self, config: Config, pins: Mapping[int, int]) -> Lived:
        """Boot a guest."""
        state, odd = born(config.profile, config.policy, pins)
        effect = effects.worst([each.effect for each in odd])
        return effect, _guest(config, state, devices_of(config.profile), pins)

    def moved(self, guest: Guest, to: Config) -> Lived:
        """Move a guest."""
        key = (guest, to)
        if key == self.bent:
            return "same", guest._replace(config=to)
        if key not in self._moved:
            self._moved[key] = _move(guest, to)
        return self._moved[key]

    def arrived(self, guests: Guests, at: Config, path: str = "") -> Guest:
        """Return a guest that is there from the start. Raises BadInput, which names ``path``, where
        it cannot be."""
        effect, guest = self.born(guests.born, guests.pins)
        if effect in effects.GOOD and guests.born != at:
            effect, guest = self.moved(guest, at)
        if effect not in effects.GOOD:
            raise BadInput(path, f"guests {guests.name!r} cannot be there: {effect}")
        return guest


def _move(guest: Guest, to: Config) -> Lived:
    policy = between(guest.config.policy, to.policy)
    if policy is None:
        return "refused", guest
    result = move(
        dict(guest.state),
        to.profile,
        policy,
        dict(guest.pins),
        source=guest.config.profile,
        devices=dict(guest.devices),
    )
    after = _guest(to, result.state_after, result.devices_after, dict(guest.pins))
    return result.verdict, after


def _guest(
    config: Config,
    state: Mapping[int, Optional[int]],
    devices: Mapping[tuple[str, str], int],
    pins: Mapping[int, int],
) -> Guest:
    return Guest(
        config,
        tuple(sorted(state.items())),
        tuple(sorted(devices.items())),
        tuple(sorted(pins.items())),
    )
