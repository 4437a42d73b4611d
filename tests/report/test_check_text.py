"""guestabi.report.check_text: the four answers for people."""

from __future__ import annotations

from dataclasses import replace

from guestabi.cli.emit import plain
from guestabi.report import check_text
from pairs import checked, new, old


def test_four_questions_in_order_with_their_verdicts():
    """One line a question, in the order of the design, with a symbol and a word."""
    lines = plain(check_text.render(checked())).splitlines()
    asked = [line.split()[:3] for line in lines if " born on " in line]
    assert asked == [
        ["✓", "forward", "benign"],
        ["✗", "return", "refused"],
        ["✗", "rollback", "refused"],
        ["✗", "pinned", "refused"],
    ]


def test_a_finding_names_register_field_values_and_remedy():
    """What stops the guest is named, with both values, the rule and what to do."""
    text = plain(check_text.render(checked()), width=300)
    finding = next(f for f in checked().questions["rollback"].findings if f.outcome == "refused")
    assert f"PSCI_VERSION.Minor  0x10003 → 0x10001  {finding.rule} {finding.fingerprint}" in text
    assert f"→ {finding.remedy}" in text


def test_a_repeated_finding_is_told_once():
    """The same fingerprint in a later question is only named, under its own severity."""
    text = plain(check_text.render(checked()), width=300)
    loud = {f for f in checked().questions["pinned"].findings if f.severity != "info"}
    assert {text.count(finding.fingerprint) for finding in loud} == {1}
    again = [line.strip() for line in text.splitlines() if "as above: " in line]
    assert any(line.startswith("✗") and "PSCI_VERSION.Minor" in line for line in again)


def test_a_host_with_itself_has_nothing_to_say():
    """Header and four lines, no finding."""
    result = checked(old(), old())
    digest = old().digest[:12]
    assert plain(check_text.render(result)) == (
        f"A  old  {digest}\nB  old  {digest}\n   under qemu-10.0\n\n"
        "= forward  same     born on A, moves to B\n"
        "= return   same     born on A, was on B, comes back to A\n"
        "= rollback same     born on B, moves to A\n"
        "= pinned   same     born on B with the A∩B baseline pinned, moves to A\n"
    )


def test_waived_findings_and_notes_are_shown():
    """What a waiver took away is still told, and so is an expired waiver."""
    result = checked()
    question = replace(result.questions["forward"], waived=(("abc", "we\x1b reboot"),))
    result = replace(result, questions={"forward": question}, notes=("waiver expired",))
    text = plain(check_text.render(result))
    assert "waived: abc: we� reboot" in text
    assert "note: waiver expired" in text


def test_hostile_names_are_neutral():
    """Markup and escapes in a profile's name are text."""
    text = plain(check_text.render(checked(old(), new("[bold]x\x1b]0;t\x07\u202e"))))
    assert "[bold]x�]0;t��" in text
    assert "\x1b" not in text
