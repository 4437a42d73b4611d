import signal

import pytest

from guestabi.lab.signals import ENDINGS, ended_politely


@pytest.mark.parametrize("number", ENDINGS)
def test_a_polite_kill_is_an_interrupt(number: signal.Signals) -> None:
    """What cleans up after Ctrl-C cleans up after kill too; the old handlers come back."""
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), ended_politely():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before
