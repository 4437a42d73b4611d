"""A trace in words: each line changes one thing, and the last one says what broke."""

from __future__ import annotations

from typing import Any, Sequence

from guestabi.model.explore import Failure, Line
from guestabi.model.naive import OLD_REGISTER, SCOPE_BIT, number_of
from guestabi.model.properties import PROPERTIES
from guestabi.model.replay import Scene
from guestabi.model.semantics import Behaviour, Design

HOSTS = "AB"


def tell(design: Design, behaviour: Behaviour, name: str, failure: Failure) -> list[str]:
    """Return the story of ``failure`` of property ``name``, a sentence a line.

    The words are taken from acting it out (see :mod:`guestabi.model.replay`), not from the search.
    """
    scene = Scene(design, behaviour)
    lines = []
    for line in failure.trace:
        scene.act(line.action, line.host)
        lines.append(_line(scene, line))
    return [*lines, f"{name} {PROPERTIES[name].name}: {_verdict(failure)}"]


def to_builtins(trace: Sequence[Line]) -> list[dict[str, Any]]:
    """Return a trace as plain data."""
    return [{"action": list(line.action), "host": HOSTS[line.host]} for line in trace]


def _line(scene: Scene, line: Line) -> str:
    host = HOSTS[line.host]
    kind, *rest = line.action
    if kind in ("kernel", "vmm"):
        return _change(scene, host, kind, rest[0])
    if kind == "boot":
        return f"A VM is made on {host} ({_versions(scene)})."
    if kind == "vcpu":
        return f"Its vCPU {rest[0]} is created."
    if kind in ("set", "other-sets"):
        who = "The VMM asks" if kind == "set" else "Another hand than the VMM's asks"
        return f"{who} for service {rest[0]} to be {_on(rest[1])}."
    if kind == "poke":
        return f"Userspace writes register {rest[1]} = {rest[2]} through {rest[0]}."
    return {"run": _run, "save": _save, "load": _load}[kind](scene, host)


def _change(scene: Scene, host: str, what: str, way: str) -> str:
    version = scene.here[what]
    named = "kernel" if what == "kernel" else "VMM"
    verb = "is upgraded" if way == "up" else "is rolled back"
    text = f"The {named} of host {host} {verb} to version {version}"
    if way == "down":
        return f"{text}."
    brings = f"it brings register {version}" if what == "kernel" else f"it knows register {version}"
    return f"{text}: {brings}."


def _run(scene: Scene, host: str) -> str:
    one, two = scene.discovered
    if one != two:
        return f"The guest runs; vCPU 0 shows {_services(one)}, vCPU 1 {_services(two)}."
    return f"The guest runs, and finds {_services(one)}."


def _save(scene: Scene, host: str) -> str:
    assert scene.stream is not None
    parts = [
        f"register {number_of(each)} = {value}"
        for where in (scene.stream["vm"], scene.stream["vcpus"][0])
        for each, value in where.items()
        if number_of(each)
    ]
    text = f"It is saved on {host}; the stream holds {' and '.join(parts) or 'no new register'}"
    if OLD_REGISTER | SCOPE_BIT in scene.stream["vcpus"][0]:
        text += ", and every id of a VM-wide register, old ones too, has bit 28 set"
    return f"{text}."


def _load(scene: Scene, host: str) -> str:
    where = f"on {host} ({_versions(scene)})"
    if scene.refusal is not None:
        number = scene.refusal.register
        what = f"register {number}" if number else "an old register's flagged id"
        return f"Its load {where} is refused: {what}: {scene.refusal.errno}."
    one = scene.vm().services()[0]
    if scene.before == scene.vm().services():
        return f"It is loaded {where}, and finds what it had."
    return f"It is loaded {where}, and now finds {_services(one)}."


def _verdict(failure: Failure) -> str:
    note = failure.note
    register = f"register {note.register}" if note.register else "an old register"
    appeared = "appeared under a guest that was born without it."
    if failure.trace[-1].action[0] == "run":
        appeared = "is on, and nobody asked for it."
    return {
        "appeared": f"service {note.register} {appeared}",
        "lost": f"service {note.register} is gone, and nothing said so.",
        "refused": f"the move is refused for {register}, which the guest's VMMs do not know.",
        "written twice": f"{register} was written once a vCPU, not once.",
        "after the first run": f"{register} changed under a running guest.",
        "id differs": "the stream names a register otherwise than an older kernel does.",
        "vCPUs differ": f"the vCPUs disagree about service {note.register}.",
    }[note.kind]


def _versions(scene: Scene) -> str:
    return f"kernel {scene.here['kernel']}, VMM {scene.here['vmm']}"


def _services(numbers: Any) -> str:
    named = [f"service {number}" for number in sorted(numbers)]
    return " and ".join(named) or "no new service"


def _on(value: str) -> str:
    return "on" if value == "1" else "off"
