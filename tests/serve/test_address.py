"""guestabi.serve.address: where to listen, and which names are this machine's."""

from __future__ import annotations

import pytest

from guestabi.errors import UsageError
from guestabi.serve.address import names_loopback, parse


@pytest.mark.parametrize(
    ("said", "url", "loopback"),
    [
        ("127.0.0.1:8420", "http://127.0.0.1:8420/", True),
        ("127.9.9.9:0", "http://127.9.9.9:0/", True),
        ("[::1]:65535", "http://[::1]:65535/", True),
        ("0.0.0.0:80", "http://0.0.0.0:80/", False),
        ("[::]:80", "http://[::]:80/", False),
        ("10.0.0.1:80", "http://10.0.0.1:80/", False),
        ("[2001:db8::1]:80", "http://[2001:db8::1]:80/", False),
    ],
)
def test_addresses(said, url, loopback):
    """Numeric, with a port."""
    found = parse(said)
    assert (found.url, found.loopback) == (url, loopback)


@pytest.mark.parametrize(
    "said",
    ["", "127.0.0.1", ":80", "localhost:80", "127.0.0.1:65536", "127.0.0.1:-1", "127.1:80",
     "::1:80", "[::1]", "[::1%eth0]:80", "1.2.3.4:80:80", "1.2.3.4:٨", "[1.2.3.4.5]:80"],
)  # fmt: skip
def test_what_is_no_address(said):
    """Names are not looked up: they could mean any address."""
    with pytest.raises(UsageError):
        parse(said)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("localhost:1", True),
        ("[::1]", True),
        ("127.0.0.1@evil.example", False),
        ("127.0.0.1:80:80", False),
        ("localhost.", False),
        ("2130706433", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("[::1].evil.example", False),
        ("127.0.0.1\n", False),
    ],
)
def test_names_of_loopback(host, ours):
    """What a resolver could be told to answer is not ours."""
    assert names_loopback(host) == ours
