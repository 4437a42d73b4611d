"""Fragments of a kernel's configuration, and whether they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestabi.errors import BadInput
from guestabi.lab import config
from guestabi.lab.recipe import kernel_folder

TEXT = """\
# Why all this.

CONFIG_KVM=y           # to be measured
CONFIG_NR_CPUS=8       # enough
CONFIG_NAME="a b"      # a word
# CONFIG_TINY is not set   # too small
"""


def fragment(folder: Path, text: str, name: str = "one") -> config.Fragment:
    path = folder / f"{name}.config"
    path.write_text(text)
    return config.read(path)


def test_settings_and_their_reasons_are_read(tmp_path: Path) -> None:
    """Every setting with its value, its reason and its line; comments are none."""
    found = fragment(tmp_path, TEXT).settings
    assert [(each.symbol, each.value, each.reason, each.line) for each in found] == [
        ("CONFIG_KVM", "y", "to be measured", 3),
        ("CONFIG_NR_CPUS", "8", "enough", 4),
        ("CONFIG_NAME", '"a b"', "a word", 5),
        ("CONFIG_TINY", "", "too small", 6),
    ]


def test_the_kernel_gets_settings_alone(tmp_path: Path) -> None:
    """What is added to .config has no reasons, and the digest counts none."""
    one = fragment(tmp_path, TEXT)
    assert one.text() == (
        'CONFIG_KVM=y\nCONFIG_NR_CPUS=8\nCONFIG_NAME="a b"\n# CONFIG_TINY is not set\n'
    )
    assert one.digest == fragment(tmp_path, one.text()).digest
    assert one.digest != fragment(tmp_path, TEXT.replace("=8", "=9")).digest


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CONFIG_KVM=y\nKVM=y\n", "line 2: 'KVM=y' is no setting"),
        ("CONFIG_KVM=m\n", "line 1: 'CONFIG_KVM=m' is no setting"),
        ("CONFIG_KVM=yes\n", "line 1"),
        ("CONFIG_KVM=y and more\n", "line 1"),
        ("CONFIG_KVM=y\n# CONFIG_KVM is not set\n", "CONFIG_KVM is set twice"),
        ("# nothing\n", "holds no setting"),
    ],
)
def test_what_is_no_fragment_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """Whole, with the line; nothing is guessed."""
    with pytest.raises(BadInput) as caught:
        fragment(tmp_path, text)
    assert reason in str(caught.value)


def test_a_fragment_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(BadInput, match=r"none\.config: cannot be read"):
        config.read(tmp_path / "none.config")


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("CONFIG_KVM=y\n", "# CONFIG_KVM is not set\n", "line 3: CONFIG_KVM=y does not hold"),
        ("CONFIG_NR_CPUS=8\n", "CONFIG_NR_CPUS=64\n", "the kernel has CONFIG_NR_CPUS=64"),
        ("", "CONFIG_TINY=y\n", "line 6: # CONFIG_TINY is not set does not hold"),
    ],
)
def test_every_setting_must_hold(tmp_path: Path, line: str, instead: str, said: str) -> None:
    """A symbol that is unset, set otherwise, or set though it must not be is told by its line."""
    one = fragment(tmp_path, TEXT)
    good = 'CONFIG_KVM=y\nCONFIG_NR_CPUS=8\nCONFIG_NAME="a b"\n'
    known = {each.symbol for each in one.settings}
    config.check([one], good, known)
    bad = good.replace(line, instead) if line else good + instead
    with pytest.raises(BadInput) as caught:
        config.check([one], bad, known)
    assert said in str(caught.value)


def test_of_two_fragments_the_last_one_counts(tmp_path: Path) -> None:
    """A further fragment may take back what the first one said."""
    one = fragment(tmp_path, "CONFIG_KVM=y\n")
    two = fragment(tmp_path, "# CONFIG_KVM is not set\n", "two")
    config.check([one, two], "", {"CONFIG_KVM"})
    with pytest.raises(BadInput, match=r"one\.config: line 1"):
        config.check([two, one], "", {"CONFIG_KVM"})


def test_a_kernel_may_lack_what_is_optional(tmp_path: Path) -> None:
    """A symbol that it does not know, that is; one that it knows must hold all the same."""
    one = fragment(tmp_path, "CONFIG_POE=y  #? overlays\n")
    config.check([one], "", {"CONFIG_KVM"})
    with pytest.raises(BadInput, match="line 1: CONFIG_POE=y does not hold: the kernel has it not"):
        config.check([one], "", {"CONFIG_POE"})
    two = fragment(tmp_path, "CONFIG_POE=y  # overlays\n")
    with pytest.raises(BadInput, match="the kernel has no such symbol") as caught:
        config.check([two], "", {"CONFIG_KVM"})
    assert caught.value.hint == "mark it with '#?' if that is no fault"


def test_symbols_are_found_in_all_kconfig_files(tmp_path: Path) -> None:
    """In folders below, as menus too; nothing else is read."""
    (tmp_path / "arch").mkdir()
    (tmp_path / "Kconfig").write_text('config KVM\n\tbool "k"\nmenuconfig NET\n')
    (tmp_path / "arch/Kconfig.debug").write_text("if X\nconfig KASAN\nendif\n")
    (tmp_path / "arch/other").write_text("config NONE\n")
    assert config.symbols(tmp_path) == {"CONFIG_KVM", "CONFIG_NET", "CONFIG_KASAN"}


def test_every_setting_that_ships_has_its_reason() -> None:
    """And every fragment that ships can be read."""
    paths = sorted((kernel_folder() / "config").glob("*.config"))
    assert {"debug", "lab"} <= {path.stem for path in paths}
    assert [each for path in paths for each in config.read(path).settings if not each.reason] == []
