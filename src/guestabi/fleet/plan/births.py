"""Guests as the search knows them: what they have, by number, and what a move makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Optional

from guestabi.compat import effects
from guestabi.compat.devices import Devices, devices_of
from guestabi.compat.matrix import Engine, Odd
from guestabi.compat.move import born
from guestabi.errors import BadInput
from guestabi.fleet.plan.between import between
from guestabi.fleet.plan.shape import Config, Guests
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile


class Went(NamedTuple):
    """What a move or a birth comes to: ``effect`` as in compat.effects, and the guest afterwards,
    which means nothing unless the effect is good."""

    effect: str
    guest: int


class Guest(NamedTuple):
    """What a guest has, on a host with ``profile``: its defaults, but for ``odd``."""

    profile: HostProfile
    odd: tuple[tuple[int, Optional[int]], ...]
    devices: tuple[tuple[tuple[str, str], int], ...]
    pins: tuple[tuple[int, int], ...]


class Nursery:
    """Gives every guest that differs a number, and works out each birth and move once."""

    def __init__(self) -> None:
        self.guests: list[Guest] = []
        self.moves = 0
        """How many different moves were worked out."""
        self._numbers: dict[tuple[object, ...], int] = {}
        self._born: dict[tuple[Config, tuple[tuple[int, int], ...]], Went] = {}
        self._went: dict[tuple[int, str, int], Went] = {}
        self._engines: list[tuple[Policy, Engine]] = []
        self._between: dict[tuple[str, str], int] = {}

    def born(self, config: Config, pins: Mapping[int, int]) -> Went:
        """Boot a guest."""
        key = (config, tuple(sorted(pins.items())))
        found = self._born.get(key)
        if found is None:
            profile = config.profile
            state, refused = born(profile, config.policy, pins)
            effect = effects.worst([each.effect for each in refused])
            odd = dict(state.items() - profile.defaults.items())
            guest = self._number(profile, odd, devices_of(profile), key[1])
            found = self._born[key] = Went(effect, guest)
        return found

    def move(self, number: int, source: Policy, to: Config) -> Went:
        """Move a guest from where it is, under the VMM ``source``, to a host that runs ``to``."""
        engine = self._engine(source, to.policy)
        if engine < 0:
            return Went("refused", number)
        key = (number, to.key[0], engine)
        found = self._went.get(key)
        if found is None:
            found = self._went[key] = self._move(number, self._engines[engine][1], to)
        return found

    def arrived(self, guests: Guests, at: Config, path: str) -> int:
        """Return the guest that booted as ``guests`` says and is at ``at`` now. Raises BadInput
        where it cannot be there."""
        went = self.born(guests.born, guests.pins)
        if went.effect not in effects.GOOD:
            said = f"guests {guests.name!r} cannot boot on {guests.born.label}: {went.effect}"
            raise BadInput(path, said)
        if guests.born != at:
            went = self.move(went.guest, guests.born.policy, at)
        if went.effect not in effects.GOOD:
            said = f"guests {guests.name!r} cannot have come from {guests.born.label} to {at.label}"
            raise BadInput(
                path,
                f"{said} as they were: {went.effect}",
                hint=f"guestabi check {guests.born.profile.label} {at.profile.label} says why",
            )
        return went.guest

    def _number(
        self,
        profile: HostProfile,
        odd: Odd,
        devices: Devices,
        pins: tuple[tuple[int, int], ...],
    ) -> int:
        told = tuple(sorted(odd.items())), tuple(sorted(devices.items())), pins
        number = self._numbers.setdefault((profile.digest, *told), len(self.guests))
        if number == len(self.guests):
            self.guests.append(Guest(profile, *told))
        return number

    def _move(self, number: int, engine: Engine, to: Config) -> Went:
        guest = self.guests[number]
        self.moves += 1
        effect, odd, devices = engine.move(
            dict(guest.odd), dict(guest.devices), guest.profile, to.profile, dict(guest.pins)
        )
        if effect not in effects.GOOD:
            return Went(effect, number)
        return Went(effect, self._number(to.profile, odd, devices, guest.pins))

    def _engine(self, source: Policy, to: Policy) -> int:
        """The number of the engine for moves between two VMMs, -1 where there are none."""
        key = (source.name, to.name)
        found = self._between.get(key)
        if found is None:
            policy = between(source, to)
            found = -1
            if policy is not None:
                known = [each for each, _ in self._engines]
                found = known.index(policy) if policy in known else len(known)
                if found == len(known):
                    self._engines.append((policy, Engine(policy)))
            self._between[key] = found
        return found
