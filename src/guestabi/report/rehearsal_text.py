"""A judged rehearsal for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from guestabi.report import check_text
from guestabi.report.clean import clean
from guestabi.report.verdicts import VERDICTS

if TYPE_CHECKING:
    from guestabi.compat.rehearsal import Judged


def render(judged: Judged) -> RenderableType:
    """Return what was restored where, the verdict, and the findings."""
    look = VERDICTS[judged.verdict]
    source, kernel = clean(judged.source.label), clean(judged.kernel)
    head = Text.assemble((source, "bold"), " restored on ", (kernel, "bold"))
    verdict = Text.assemble(
        (f"{look.symbol} {judged.verdict}", look.style), (f"  under {judged.vmm}", "dim")
    )
    body = check_text.findings(judged.question(), set())
    return Group(head, verdict, *(Padding(part, (0, 0, 0, 2)) for part in body))
