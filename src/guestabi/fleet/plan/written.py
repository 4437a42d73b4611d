"""A plan as it stands in its file: closed TOML, checked whole before anything is looked up.

Every key of a step but ``name``, ``groups``, ``after`` and ``reboot_stuck`` is an action, and a
step has exactly one. Strings that name profiles and VMMs are resolved elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Literal, Optional, Union

import msgspec
import tomllib
from msgspec import Meta, Struct

from guestabi.errors import BadInput
from guestabi.policies import sheet

SCHEMA = 1

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Pins = dict[Name, Union[str, int]]
Moves = Union[Literal["anywhere", "group"], list[tuple[Name, Name]]]
Births = Union[Literal["anywhere"], list[Name]]

ACTIONS = (
    "kernel",
    "vmm",
    "pins",
    "baseline",
    "unpin",
    "drain",
    "open",
    "reboot",
    "commit",
    "moves",
    "births",
)
"""What a step may do. ``drain``, ``open``, ``reboot`` and ``commit`` are written ``= true``."""


class GroupRow(Struct, forbid_unknown_fields=True):
    """``hosts`` that are alike: one profile, one VMM, upgraded together."""

    name: Name
    profile: Name
    vmm: Name
    hosts: Count


class GuestsRow(Struct, forbid_unknown_fields=True):
    """``count`` guests that are in ``group`` when the rollout begins; ``born`` (a profile) and
    ``vmm`` where they booted, by default the group's own."""

    name: Name
    group: Name
    count: Count
    born: Optional[Name] = None
    vmm: Optional[Name] = None
    pins: Optional[Pins] = None


class StepRow(Struct, forbid_unknown_fields=True):
    """One change of the fleet. ``groups``: those that it is of, by default all."""

    name: Name
    groups: Optional[Annotated[list[Name], Meta(min_length=1)]] = None
    after: Optional[list[Name]] = None
    reboot_stuck: Optional[bool] = None
    kernel: Union[Name, dict[Name, Name], None] = None
    vmm: Optional[Name] = None
    pins: Optional[Annotated[Pins, Meta(min_length=1)]] = None
    baseline: Optional[Name] = None
    unpin: Optional[Annotated[list[Name], Meta(min_length=1)]] = None
    drain: Optional[Literal[True]] = None
    open: Optional[Literal[True]] = None
    reboot: Optional[Literal[True]] = None
    commit: Optional[Literal[True]] = None
    moves: Optional[Moves] = None
    births: Optional[Births] = None

    @property
    def action(self) -> str:
        """The one of ACTIONS that it has."""
        return next(each for each in ACTIONS if getattr(self, each) is not None)


class PlanFile(Struct, forbid_unknown_fields=True):
    """The whole file. ``pins``: what guests are born with before any step."""

    schema: int
    name: Name
    group: list[GroupRow]
    step: list[StepRow]
    guests: list[GuestsRow] = []
    moves: Moves = "anywhere"
    births: Births = "anywhere"
    pins: Pins = {}


def parse(data: bytes, path: str) -> PlanFile:
    """Return the plan in the TOML text ``data``; ``path`` is only named. Raises BadInput."""
    _not_newer(data, path)
    file = sheet.parse(data, path, PlanFile)
    _check(file, path)
    return file


def read(path: str) -> PlanFile:
    """Return the plan in the file ``path``. Raises BadInput."""
    return parse(sheet.content(path), path)


def _not_newer(data: bytes, path: str) -> None:
    # Asked before anything else: a newer file may have keys that this program does not know.
    try:
        schema = tomllib.loads(data.decode()).get("schema")
    except (ValueError, RecursionError):
        return
    if type(schema) is int and schema > SCHEMA:
        said = f"has schema {schema}, this program reads {SCHEMA}"
        raise BadInput(path, said, hint="read it with a newer guestabi")


def _check(file: PlanFile, path: str) -> None:
    if file.schema != SCHEMA:
        raise BadInput(path, f"has schema {file.schema}, this program reads {SCHEMA}")
    for kind, rows in (("group", file.group), ("step", file.step), ("guests", file.guests)):
        _once(kind, [row.name for row in rows], path)
    if not file.group:
        raise BadInput(path, "has no groups of hosts", hint="write at least one [[group]]")
    if not file.step:
        raise BadInput(path, "has no steps: there is nothing to prove", hint="write a [[step]]")
    groups = {row.name for row in file.group}
    for guests in file.guests:
        _known(groups, [guests.group], f"guests {guests.name!r}", path)
    _ways(groups, file.moves, "moves", path)
    _ways(groups, file.births, "births", path)
    for step in file.step:
        where = f"step {step.name!r}"
        _one_action(step, where, path)
        _known(groups, step.groups or [], where, path)
        _once(f"{where}: group", step.groups or [], path)
        _ways(groups, step.moves, where, path)
        _ways(groups, step.births, where, path)
    _order(file.step, path)


def _one_action(step: StepRow, where: str, path: str) -> None:
    said = [each for each in ACTIONS if getattr(step, each) is not None]
    if not said:
        raise BadInput(path, f"{where} does nothing", hint=f"give it one of {', '.join(ACTIONS)}")
    if len(said) > 1:
        raise BadInput(path, f"{where} does {' and '.join(said)}", hint="make a step of each")
    if step.reboot_stuck is not None and said[0] not in ("kernel", "vmm", "drain"):
        raise BadInput(path, f"{where}: nobody leaves a host there: reboot_stuck means nothing")


def _once(kind: str, names: list[str], path: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(path, f"names {kind} {twice[0]!r} twice")


def _known(groups: set[str], names: list[str], where: str, path: str) -> None:
    strangers = sorted(set(names) - groups)
    if strangers:
        there = ", ".join(sorted(groups)[:10])
        raise BadInput(
            path, f"{where}: no group is called {strangers[0]!r}", hint=f"there: {there}"
        )


def _ways(groups: set[str], said: Union[Moves, Births, None], where: str, path: str) -> None:
    if said is None or isinstance(said, str):
        return
    names = [name for each in said for name in ([each] if isinstance(each, str) else each)]
    _known(groups, names, where, path)


def _order(steps: list[StepRow], path: str) -> None:
    place = {step.name: number for number, step in enumerate(steps)}
    for step in steps:
        for other in step.after or []:
            if other not in place:
                raise BadInput(
                    path, f"step {step.name!r} waits for {other!r}: no step is called so"
                )
    done: set[str] = set()
    waiting = list(steps)
    while waiting:
        ready = [step for step in waiting if done >= set(step.after or [])]
        if not ready:
            names = ", ".join(repr(step.name) for step in waiting)
            raise BadInput(path, f"these steps wait for each other, so that none can be: {names}")
        done |= {step.name for step in ready}
        waiting = [step for step in waiting if step.name not in done]
    for step in steps:
        late = [each for each in step.after or [] if place[each] > place[step.name]]
        if late:
            said = f"step {step.name!r} waits for {late[0]!r}, which stands after it"
            raise BadInput(path, said, hint="steps are done in the order of the file")


def to_toml(file: PlanFile, comments: Optional[dict[str, str]] = None) -> str:
    """Return the file's text. ``comments``: by name of a group, guests or step, words above it;
    by the empty name, at the top."""
    said = comments or {}
    lines = _comment(said.get("", ""))
    lines += [f"schema = {file.schema}", f"name = {_toml(file.name)}"]
    lines += [f"moves = {_toml(file.moves)}", f"births = {_toml(file.births)}"]
    if file.pins:
        lines.append(f"pins = {_toml(file.pins)}")
    for kind, rows in (("group", file.group), ("guests", file.guests), ("step", file.step)):
        for row in rows:
            lines += ["", *_comment(said.get(row.name, "")), f"[[{kind}]]"]
            for key in row.__struct_fields__:
                value = getattr(row, key)
                if value is not None:
                    lines.append(f"{key} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _comment(words: str) -> list[str]:
    lines = ("".join(c if c.isprintable() else "?" for c in line) for line in words.splitlines())
    return [f"# {line}".rstrip() for line in lines]


def _toml(value: object) -> str:
    # JSON's strings are TOML's basic strings, but for DEL, which TOML wants escaped.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return str(value)
