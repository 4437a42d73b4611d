"""The answer of a check for people: four verdicts, and what stands behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guestabi.report.clean import clean, one_line
from guestabi.report.places import place
from guestabi.report.values import hexed
from guestabi.report.verdicts import QUESTIONS, SEVERITIES, VERDICTS

if TYPE_CHECKING:
    from guestabi.compat.findings import Finding
    from guestabi.compat.verdict import Check, Question

_SHOWN_MEMBERS = 6
_SHOWN_CHANGES = 12


def render(check: Check) -> RenderableType:
    """Return the hosts, then every question with its findings.

    What an earlier question has told in full is only named again; findings that are for the
    record alone take one line.
    """
    parts: list[RenderableType] = [_header(check), Text(f"   under {check.vmm}\n", "dim")]
    seen: set[str] = set()
    for name, question in check.questions.items():
        parts.append(_verdict(name, question))
        body = [*findings(question, seen), *_changes(question)]
        parts += [Padding(part, (0, 0, 0, 2)) for part in body]
        parts += [Text("")] if body else []
    parts += [Text(f"note: {one_line(note)}", "yellow") for note in check.notes]
    return Group(*parts)


def findings(question: Question, seen: set[str]) -> Iterator[RenderableType]:
    """Yield the findings of one question. ``seen`` are the fingerprints told so far; it grows."""
    again = [each for each in question.findings if each.fingerprint in seen]
    for finding in question.findings:
        if finding.fingerprint not in seen:
            seen.add(finding.fingerprint)
            yield _finding(finding)
    for severity, look in SEVERITIES.items():
        places = "; ".join(place(each) or each.rule for each in again if each.severity == severity)
        if places:
            line = Table.grid(padding=(0, 1))
            line.add_row(Text(look.symbol, look.style), Text(f"as above: {places}", "dim"))
            yield line
    for what, reason in question.waived:
        yield Text(f"waived: {one_line(what)}: {one_line(reason)}", "dim")


def _changes(question: Question) -> Iterator[RenderableType]:
    if not question.changes:
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    for number, change in enumerate(question.changes[:_SHOWN_CHANGES]):
        line = Text(f"{clean(change.name)}  ")
        line.append(f"{_answer(change.before)} → {_answer(change.after)}", "cyan")
        table.add_row(Text("" if number else "the guest sees", "bold"), line)
    rest = len(question.changes) - _SHOWN_CHANGES
    if rest > 0:
        table.add_row(Text(""), Text(f"and {rest} more", "dim"))
    yield table


def _answer(answer: int | str) -> str:
    return hex(answer) if isinstance(answer, int) else clean(answer)


def _header(check: Check) -> Table:
    table = Table.grid(padding=(0, 2))
    for side, host in (("A", check.source), ("B", check.destination)):
        table.add_row(Text(side, "bold"), Text(clean(host.label), "bold"), host.digest[:12])
    return table


def _verdict(name: str, question: Question) -> Text:
    look = VERDICTS[question.verdict]
    line = Text.assemble((f"{look.symbol} ", look.style), (name.ljust(9), "bold"))
    line.append(question.verdict.ljust(8), look.style)
    return line.append(f" {QUESTIONS[name]}", "dim")


def _finding(finding: Finding) -> Table:
    look = SEVERITIES[finding.severity]
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(look.symbol, look.style), Text(one_line(finding.title)))
    if finding.severity == "info":
        return table
    table.add_row(Text(""), _facts(finding))
    if finding.remedy:
        remedy = Table.grid(padding=(0, 1))
        remedy.add_row(Text("→", "green"), Text(one_line(finding.remedy)))
        table.add_row(Text(""), remedy)
    return table


def _facts(finding: Finding) -> Text:
    line = Text()
    if finding.register:
        line.append(place(finding), "cyan")
        line.append(f"  {hexed(finding.source)} → {hexed(finding.destination)}  ")
    line.append(f"{finding.rule} {finding.fingerprint}", "dim")
    if finding.count > 1:
        rest = finding.count - _SHOWN_MEMBERS
        shown = ", ".join(clean(name) for name in finding.members[:_SHOWN_MEMBERS])
        line.append(f"\n{shown}{f' and {rest} more' if rest > 0 else ''}", "dim")
    return line
