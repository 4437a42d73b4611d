"""A plan and the stories that break it, as plain data: what stands where, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestabi.fleet.plan.found import PROPERTIES, Event
from guestabi.fleet.plan.proof import Proof, Told
from guestabi.fleet.plan.shape import Config, Plan
from guestabi.report import plan_words
from guestabi.report.clean import clean, one_line
from guestabi.report.html import moves

MOST_GROUPS = 60
"""So many groups of a plan are drawn, those of its stories first."""


def profiles(proof: Proof) -> list[Any]:
    """Return every host profile that the plan speaks of."""
    return list({config.profile.digest: config.profile for config in proof.plan.configs}.values())


def to_builtins(proof: Proof, told: moves.Told, hosts: Mapping[str, int]) -> dict[str, Any]:
    """Return the plan's verdict, its groups by stage, and its stories.

    ``hosts`` gives the number of a host on the page by its profile's digest. ``stages`` says what
    each group runs (a number in ``configs``) before the first step and after each.
    """
    plan = proof.plan
    configs = list(dict.fromkeys(_configs(plan)))
    shown = _groups(proof)
    broken = {each.failure.property: each.failure.sure for each in reversed(proof.stories)}
    sizes = {group.name: group.hosts for group in plan.groups}
    return {
        "name": clean(plan.name),
        "verdict": proof.verdict,
        "counts": [proof.found.states, proof.found.transitions, proof.found.moves],
        "properties": [
            [meaning, _state(proof, broken.get(name))] for name, meaning in PROPERTIES.items()
        ],
        "notes": [one_line(note) for note in proof.notes],
        "configs": [
            [clean(each.profile.label), each.policy.name, hosts.get(each.profile.digest, -1)]
            for each in configs
        ],
        "groups": [[clean(name), sizes[name]] for name in shown],
        "left": len(plan.groups) - len(shown),
        "steps": [[clean(step.name), step.kind, step.rolls] for step in plan.steps],
        "stages": [[configs.index(fleet.configs[name]) for name in shown] for fleet in plan.fleets],
        "stories": [_story(proof, each, told, shown, configs) for each in proof.stories],
    }


def _state(proof: Proof, sure: bool | None) -> str:
    if proof.verdict == "vacuous":
        return "unknown"
    return "holds" if sure is None else "broken" if sure else "unknown"


def _configs(plan: Plan) -> Iterator[Config]:
    yield from plan.configs
    for fleet in plan.fleets:
        yield from fleet.configs.values()


def _groups(proof: Proof) -> list[str]:
    told = {
        place.group
        for story in proof.stories
        for place in (story.failure.place, *(e.place for e in story.failure.events))
        if place is not None
    }
    names = [group.name for group in proof.plan.groups]
    chosen = sorted(names, key=lambda name: name not in told)[:MOST_GROUPS]
    return [name for name in names if name in set(chosen)]


def _story(
    proof: Proof, story: Told, told: moves.Told, shown: list[str], configs: list[Config]
) -> dict[str, Any]:
    plan, failure = proof.plan, story.failure

    def at(place: Any) -> list[int]:
        return [
            shown.index(place.group) if place.group in shown else -1,
            configs.index(place.config) if place.config in configs else -1,
        ]

    def line(event: Event) -> dict[str, Any]:
        plain: dict[str, Any] = {"what": event.what, "says": plan_words.line(plan, event)}
        if event.place is None:
            plain["step"] = event.step
        else:
            plain["place"] = at(event.place)
        return plain

    return {
        "property": PROPERTIES[failure.property],
        "sure": failure.sure,
        "kind": failure.kind,
        "events": [line(event) for event in failure.events],
        "end": plan_words.end(plan, story),
        "tried": [
            {
                "place": at(each.place),
                "says": plan_words.at(each.place),
                "effect": each.effect,
                "foreign": each.foreign,
                "answer": told.answer(each.findings, each.changes),
            }
            for each in story.tried
        ],
    }
