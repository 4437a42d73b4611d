"""compat.waivers: what is accepted is said, and a waiver that does nothing is an error."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from guestabi.compat import waivers
from guestabi.compat.verdict import check
from guestabi.errors import BadInput

from .hosts import PAIRS, STRICT

TODAY = datetime.date(2026, 11, 22)
PAIR = PAIRS["a newer PSCI"]
REST = 'reason = "guests are rebooted"\nexpires = 2027-01-01\n'


def given(*rows: str) -> waivers.Waivers:
    return waivers.parse("".join(f"[[waiver]]\n{row}\n{REST}" for row in rows).encode(), "w.toml")


def asked(rows: waivers.Waivers):
    return check(PAIR.source, PAIR.destination, STRICT, waivers=rows, today=TODAY)


def fingerprint() -> str:
    checked = check(PAIR.source, PAIR.destination, STRICT)
    return checked.questions["forward"].findings[0].fingerprint


def test_by_fingerprint() -> None:
    """A waived finding counts no more, and is listed with its reason."""
    checked = asked(given(f'fingerprint = "{fingerprint()}"'))
    forward = checked.questions["forward"]
    assert (forward.verdict, forward.findings) == ("same", ())
    assert forward.waived == ((fingerprint(), "guests are rebooted"),)
    assert checked.questions["rollback"].verdict == "refused"


@pytest.mark.parametrize(
    ("row", "forward", "rollback"),
    [
        ('register = "PSCI_VERSION"', "same", "same"),
        ('register = "KVM_REG_ARM_PSCI_VERSION"\nvalue = "0x10003"', "same", "refused"),
        ('register = "PSCI_VERSION"\nquestion = "rollback"', "refused", "same"),
    ],
)
def test_by_register(row: str, forward: str, rollback: str) -> None:
    """A register is waived wherever it is found, or at one value, or in one question."""
    questions = asked(given(row)).questions
    assert (questions["forward"].verdict, questions["rollback"].verdict) == (forward, rollback)


@pytest.mark.parametrize(
    "row",
    [
        'register = "X0"',
        'register = "PSCI_VERSION"\nvalue = "0x2"',
        'fingerprint = "0123456789ab"',
        'register = "PSCI_VERSION"\nvalue = "0x10003"\nquestion = "rollback"',
    ],
)
def test_one_that_matches_nothing_is_an_error(row: str) -> None:
    """It may be mistyped, or the world has moved on: either way somebody should look."""
    with pytest.raises(BadInput, match=r"w\.toml: the waiver of .* matches nothing"):
        asked(given('register = "PSCI_VERSION"', row))


def test_an_expired_one_is_not_applied_and_said() -> None:
    """The last day counts; the day after, the finding is back with a note."""
    rows = given('register = "PSCI_VERSION"')
    last = datetime.date(2027, 1, 1)
    pair = (PAIR.source, PAIR.destination, STRICT)
    assert check(*pair, waivers=rows, today=last).questions["forward"].verdict == "same"
    late = check(*pair, waivers=rows, today=last + datetime.timedelta(days=1))
    assert late.questions["forward"].verdict == "refused"
    assert late.notes == ("w.toml: the waiver of PSCI_VERSION expired on 2027-01-01: not applied",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "waiver = []",
        "[[waiver]]\n" + REST,
        '[[waiver]]\nfingerprint = "0123456789ab"\nregister = "X0"\n' + REST,
        '[[waiver]]\nfingerprint = "0123456789AB"\n' + REST,
        '[[waiver]]\nregister = "PSCI_VERSIN"\n' + REST,
        '[[waiver]]\nregister = "X0"\nvalue = "12"\n' + REST,
        '[[waiver]]\nfingerprint = "0123456789ab"\nvalue = "0x12"\n' + REST,
        '[[waiver]]\nregister = "X0"\nquestion = "why"\n' + REST,
        '[[waiver]]\nregister = "X0"\nexpires = 2027-01-01\n',
        '[[waiver]]\nregister = "X0"\nreason = ""\nexpires = 2027-01-01\n',
        '[[waiver]]\nregister = "X0"\nreason = "x"\n',
        '[[waiver]]\nregister = "X0"\nreason = "x"\nexpires = "soon"\n',
        '[[waiver]]\nregister = "X0"\nmood = "sunny"\n' + REST,
        "\x00",
    ],
)
def test_a_file_is_closed(tmp_path: Path, text: str) -> None:
    """Whatever is not a whole waiver file is refused, with the path."""
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"waivers\.toml: "):
        waivers.load(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A directory, or nothing at all, is bad input."""
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(BadInput):
            waivers.load(path)
