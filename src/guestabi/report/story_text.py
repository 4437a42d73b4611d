"""The story of a new register on real kernels, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from guestabi.report import plan_text
from guestabi.report.clean import clean, one_line

if TYPE_CHECKING:
    from guestabi.fleet.plan.proof import Proof

_HAPPENED = {
    "born": ("it runs", ""),
    "same": ("loaded, and it reports the same machine", "green"),
    "changed": ("loaded, and it reports another machine", "bold yellow"),
    "refused": ("refused, and it is whole where it was", "bold red"),
    "silent": ("loaded, and it was heard of no more", "bold red"),
}


def render(story: Mapping[str, Any], proofs: Iterable[tuple[str, Proof]]) -> RenderableType:
    """Return what became of each guest (``guestabi lab story``'s JSON), and the proofs of its
    rollouts, each under its plan's name."""
    head = (
        f"{story['cpu']} in {story['emulator']}: real kernels, an emulated CPU, two vCPUs a guest"
    )
    parts: list[RenderableType] = [Text(clean(head))]
    width = max(map(len, story["kernels"]))
    for name, release in story["kernels"].items():
        parts.append(Text(f"  {name.ljust(width)}  Linux {clean(release)}", "dim"))
    for scene in story["scenes"]:
        parts += [Text(""), Text(clean(scene["title"]), "bold")]
        for step in scene["steps"]:
            parts += _step(step)
    for name, proof in proofs:
        parts += [Text(""), Text(f"$ guestabi plan check {name}", "bold"), plan_text.render(proof)]
    return Group(*parts)


def _step(step: Mapping[str, Any]) -> Iterator[RenderableType]:
    if step["as_told"]:
        yield Text(f"  ✓ {clean(step['says'])}")
    else:
        yield Text(f"  ✗ NOT AS TOLD: {clean(step['says'])}", "bold red")
        yield _below(f"told: {step['wanted']}; check says: {step['predicted'] or 'not asked'}")
    words, style = _HAPPENED[step["happened"]]
    there = {"not supported": "there is no widget", "0x10000": "the widget is version 1.0"}
    seen = there.get(step["widget"], f"the widget's answer is {clean(step['widget'])}")
    yield _below(Text.assemble((words, style), f"; {seen} for it"))
    for reason in step["reasons"]:
        yield _below(one_line(reason), 8)
    for each in step["changes"]:
        yield _below(f"{clean(each['name'])}: {each['before']} → {each['after']}", 8)


def _below(words: str | Text, indent: int = 6) -> RenderableType:
    return Padding(Text(words) if isinstance(words, str) else words, (0, 0, 0, indent))
