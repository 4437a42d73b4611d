"""Can this guest go there, and come back? Four questions of two hosts and the VMM between them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Optional, Union

from guestabi.compat import asked, effects
from guestabi.compat.findings import Finding, findings
from guestabi.compat.pins import Pins
from guestabi.compat.seen import Change
from guestabi.compat.waivers import Used, Waiver, Waivers
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile

QUESTIONS = ("forward", "return", "rollback", "pinned")
"""Born on A, moves to B · born on A, was on B, comes back to A · born on B, moves to A · born on
B with the A∩B baseline pinned, moves to A."""

SAFE, UNSAFE, CANNOT_TELL = 0, 100, 101


@dataclass(frozen=True)
class Question:
    """The answer to one question: ``verdict`` is one of effects.ORDER."""

    verdict: str
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...] = ()
    """What the guest sees otherwise, by the name of what it asks; none where it is refused"""
    waived: tuple[tuple[str, str], ...] = ()
    """(fingerprint or register name, reason) of what a waiver took out of the verdict"""


@dataclass(frozen=True)
class Check:
    """The answers to the four questions, by name in the order of QUESTIONS."""

    source: HostProfile
    destination: HostProfile
    vmm: str
    questions: Mapping[str, Question]
    notes: tuple[str, ...] = ()
    """Errors that stop nothing: waivers that have expired."""

    def exit_status(self) -> int:
        """0: safe; 100: something is refused or changes; 101: nothing is, but not all is known."""
        verdicts = {each.verdict for each in self.questions.values()}
        if verdicts & {"refused", "changed"}:
            return UNSAFE
        return CANNOT_TELL if "unknown" in verdicts else SAFE

    def to_builtins(self) -> dict[str, Any]:
        """Return the JSON form of ``guestabi check``."""
        return {
            "schema": 1,
            "source": _named(self.source),
            "destination": _named(self.destination),
            "vmm": self.vmm,
            "questions": {name: _question(each) for name, each in self.questions.items()},
            "notes": list(self.notes),
        }


def _named(profile: HostProfile) -> dict[str, str]:
    return {"name": profile.label, "digest": profile.digest}


def _question(question: Question) -> dict[str, Any]:
    return {
        "verdict": question.verdict,
        "findings": [each.to_builtins() for each in question.findings],
        "changes": [each.to_builtins() for each in question.changes],
        "waived": [{"what": what, "reason": reason} for what, reason in question.waived],
    }


def check(
    a: HostProfile,
    b: HostProfile,
    policy: Policy,
    *,
    pins: Union[Pins, Mapping[int, int], None] = None,
    waivers: Union[Waivers, Iterable[Waiver]] = (),
    today: Optional[datetime.date] = None,
) -> Check:
    """Ask the four questions of ``a`` (old) and ``b`` (new) under ``policy``.

    ``pins`` (register id -> value) replace the A∩B baseline in the question ``pinned``. Raises
    BadInput for a waiver that matches nothing.
    """
    used = Used(waivers, today or datetime.date.today())
    answers = {
        "forward": asked.one_way(a, b, policy),
        "return": asked.there_and_back(a, b, policy),
        "rollback": asked.one_way(b, a, policy),
        "pinned": asked.pinned(a, b, policy, pins),
    }
    questions = {name: _judge(name, answers[name], policy, used) for name in QUESTIONS}
    used.check_all_matched()
    return Check(a, b, policy.name, questions, used.notes)


def _judge(name: str, answer: asked.Answer, policy: Policy, used: Used) -> Question:
    left, waived = [], []
    for each in answer.weighed:
        waiver = used.of_outcome(name, each)
        if waiver is None:
            left.append(each)
        else:
            waived.append((each.outcome.name, waiver.reason))
    kept = []
    for finding in [*findings(left, policy), *answer.remarks]:
        waiver = used.of_finding(name, finding)
        if waiver is None:
            kept.append(finding)
        else:
            waived.append((finding.fingerprint, waiver.reason))
    verdict = effects.worst([finding.effect for finding in kept])
    return Question(verdict, tuple(kept), answer.changes, tuple(waived))
