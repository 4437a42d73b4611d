"""guestabi.report.diff and diff_text: what differs between two profiles."""

from __future__ import annotations

import json

from guestabi.cli.emit import plain
from guestabi.registers.catalogue import find
from guestabi.report import diff_text
from guestabi.report.diff import FieldChange, Listed, NamedChange, RuleChange, diff
from profiles import make_profile

PFR0 = find("ID_AA64PFR0_EL1").id
PMMIR = find("PMMIR_EL1").id
PSCI = find("PSCI_VERSION").id
BMAP2 = find("VENDOR_HYP_BMAP_2").id

OLD = make_profile(
    "old",
    {
        PFR0: {"default": 0x12, "fields": [{"low": 0, "width": 4, "accepts": [[1, 2]]}]},
        PMMIR: 4,
        PSCI: {"default": 0x10001, "window": "always"},
    },
    capabilities={"KVM_CAP_A": 1, "KVM_CAP_B": 1},
)
NEW = make_profile(
    "new",
    {
        PFR0: {"default": 0x11, "fields": []},
        PSCI: {"default": 0x10001, "window": "before-run"},
        BMAP2: 0,
    },
    capabilities={"KVM_CAP_A": 2, "KVM_CAP_B": 1},
)


def test_every_kind_of_difference_exactly():
    """Registers on one side, the changed field, the changed window, the changed capability."""
    found = diff(OLD, NEW)
    assert found.only_old == (Listed(PMMIR, "PMMIR_EL1", "PMUv3", 4),)
    assert found.only_new == (Listed(BMAP2, "VENDOR_HYP_BMAP_2", "firmware services", 0),)
    (change,) = found.changed
    assert (change.name, change.old, change.new) == ("ID_AA64PFR0_EL1", 0x12, 0x11)
    assert change.fields == (
        FieldChange("EL0", 0, 4, 2, 1, "AArch64 and AArch32", "AArch64", "1-2", "fixed"),
    )
    assert found.rules == (RuleChange(PSCI, "PSCI_VERSION", "window", "always", "before-run"),)
    assert found.others == (NamedChange("capability", "KVM_CAP_A", "1", "2"),)


def test_same_profile_has_no_difference():
    """X against X is empty, as data and in words."""
    assert diff(OLD, OLD).empty
    assert "no difference" in plain(diff_text.render(diff(OLD, OLD)))


def test_a_field_that_became_writable_is_told_though_its_default_stayed():
    """6.12 made ID registers writable without changing them."""
    fixed = make_profile("a", {PFR0: {"default": 0x11, "fields": []}})
    fields = [{"low": 0, "width": 4, "accepts": [[1, 2]]}]
    free = make_profile("b", {PFR0: {"default": 0x11, "fields": fields}})
    assert diff(fixed, free).rules == (
        RuleChange(PFR0, "ID_AA64PFR0_EL1", "accepts EL0", "fixed", "1-2"),
    )


def test_json_is_json_and_ids_are_hex():
    """The plain form survives a JSON round trip."""
    built = diff(OLD, NEW).to_builtins()
    assert json.loads(json.dumps(built)) == built
    assert built["changed"][0]["id"] == "0x603000000013c020"
    assert built["changed"][0]["old"] == "0x12"
    assert built["only_source"][0]["value"] == "0x4"


TEXT = """\
A  old  {a}
B  new  {b}

only in A  1
  PMUv3  1
    PMMIR_EL1  0x603000000013c4f6  0x4

only in B  1
  firmware services  1
    VENDOR_HYP_BMAP_2  0x6030000000160003  0x0

default changed  1
  ID_AA64PFR0_EL1  0x603000000013c020  0x12 → 0x11
    31-0     A 0000 0000 0000 0000 0000 0000 0001 0010
             B 0000 0000 0000 0000 0000 0000 0001 0001
                                                    ^^
    field  bits   A                        B            A accepts  B accepts
    EL0    [3:0]  2 (AArch64 and AArch32)  1 (AArch64)  1-2        fixed


scope, window or accepted values changed  1
  PSCI_VERSION  window  always → before-run

capabilities, features and devices  1
  capability  KVM_CAP_A  1 → 2
"""


def test_text_exactly():
    """The page for people, as a whole."""
    want = TEXT.format(a=OLD.digest[:12], b=NEW.digest[:12])
    assert plain(diff_text.render(diff(OLD, NEW))) == want


def test_hostile_names_are_shown_as_text():
    """Markup is not interpreted, escapes do not pass."""
    evil = make_profile("[red]x[/]\x1b[2J\u202e", {PSCI: 1})
    text = plain(diff_text.render(diff(evil, OLD)))
    assert "[red]x[/]�[2J�" in text
    assert "\x1b" not in text
