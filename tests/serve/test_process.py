"""The real server in a process of its own: slow, greedy and crooked clients; signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time

import pytest

from cli.conftest import write
from profiles import make_profile
from serve.conftest import TOKEN
from serve.running import IMPATIENT, answer, reason, running
from serve.test_post import capture, listing

SLACK = 4
"""Seconds that a busy machine may add to a limit of one."""

HEAD = "Host: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture
def service(folder):
    with running(folder) as found:
        yield found


@pytest.fixture
def impatient(folder):
    with running(folder, code=IMPATIENT) as found:
        yield found


def ended_after(connection):
    """Seconds until the service ends the connection, and what it said until then."""
    begun, data = time.monotonic(), b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65536):
            data += more
    return time.monotonic() - begun, data


def test_it_serves_what_appears(service, folder):
    """A file that comes while it runs is served at the next request."""
    target = "/v1/check?source=third&destination=new"
    assert service.get(target)[0] == 404
    write(folder / "third.json", make_profile("third", {"X0": 1}))
    status, headers, body = service.get(target)
    assert status == 200
    assert json.loads(body)["source"]["name"] == "third"
    assert "server" not in headers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(folder, number):
    """With status 0 and no words, idle or with a slow client on the line."""
    with running(folder) as service, service.connect() as idle, service.connect() as slow:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(idle)[0] == 200
        slow.sendall(b"G")
        status, seconds, errors = service.end(number)
    assert (status, errors) == (0, "")
    assert seconds < SLACK


def test_a_signal_ends_an_upload(folder):
    """A client that never ends its body has a second."""
    with running(folder) as service, service.connect() as slow:
        slow.sendall(f"POST /v1/profiles HTTP/1.1\r\n{HEAD}Content-Length: 9\r\n\r\n{{".encode())
        time.sleep(0.3)
        status, seconds, errors = service.end()
    assert (status, errors) == (0, "")
    assert seconds < 1 + SLACK


@pytest.mark.parametrize(
    "sent",
    ["", "G", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "GET /healthz HTTP/1.1\r\n"],
)
def test_a_client_that_is_slow_to_ask_is_cut_off(impatient, sent):
    """One byte, or half of its headers, and then nothing: 408, and the connection is ended."""
    with impatient.connect() as slow:
        slow.sendall(sent.encode())
        seconds, said = ended_after(slow)
    assert 0.5 < seconds < 1 + SLACK
    assert said.startswith(b"HTTP/1.1 408 ")
    assert reason(said.partition(b"\r\n\r\n")[2]) == "the request was not there after 1 s"
    assert impatient.get("/healthz")[0] == 200


def test_a_byte_now_and_then_buys_no_time(impatient):
    """The limit is for the whole head, not for the pause between two bytes."""
    begun = time.monotonic()
    with impatient.connect() as slow, contextlib.suppress(ConnectionError):
        for byte in b"GET / HTTP/1.1\r\n" + b"x" * 100:
            slow.sendall(bytes([byte]))
            time.sleep(0.1)
    assert time.monotonic() - begun < 1 + 2 * SLACK


def test_a_client_that_is_slow_to_send_its_body_is_cut_off(impatient, folder):
    """408 as soon as its time is over, and nothing is written."""
    before = listing(folder)
    with impatient.connect() as slow:
        slow.sendall(f"POST /v1/profiles HTTP/1.1\r\n{HEAD}Content-Length: 99\r\n\r\n{{".encode())
        seconds, said = ended_after(slow)
    assert 0.5 < seconds < 1 + SLACK
    assert said.startswith(b"HTTP/1.1 408 ")
    assert listing(folder) == before


def test_a_client_that_does_not_listen_is_cut_off(impatient, folder):
    """It asks for more than sockets hold, and takes nothing."""
    wide = make_profile("wide", {"X0": 0}, notes=["n" * 1000] * 6000)
    write(folder / "wide.json", wide)
    with impatient.connect() as deaf:
        ask = f"GET /v1/profiles/{wide.digest} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        deaf.sendall(ask.encode() * 4)
        time.sleep(1 + SLACK)
        _, said = ended_after(deaf)
    assert len(said) < 4 * len(wide.raw)
    assert impatient.get("/healthz")[0] == 200


def test_a_client_that_listens_gets_all_of_it(impatient, folder):
    """The canary: it is not the size that is cut off."""
    wide = make_profile("wide", {"X0": 0}, notes=["n" * 1000] * 6000)
    write(folder / "wide.json", wide)
    assert impatient.get(f"/v1/profiles/{wide.digest}")[2] == wide.raw


def test_too_many_connections_are_refused(impatient):
    """The fourth of three gets 503; when the others have gone, it is served."""
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(impatient.connect())
        time.sleep(0.2)
        with impatient.connect() as fourth:
            status, _, body = answer(fourth)
    assert (status, reason(body)) == (503, "there are too many connections")
    time.sleep(0.5)
    assert impatient.get("/healthz")[0] == 200


def test_an_oversized_body_is_refused_while_it_streams(service, folder):
    """In chunks, without a length: 413 after 8 MB, however much was to come."""
    before = listing(folder)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    with service.connect() as greedy:
        greedy.sendall(f"POST /v1/profiles HTTP/1.1\r\n{HEAD}".encode())
        greedy.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(129):
            greedy.sendall(chunk)
            sent += 0x10000
        status, _, body = answer(greedy)
    assert sent > 8 << 20
    assert status == 413
    assert reason(body) == f"the body is larger than {8 << 20} bytes: no profile is"
    assert listing(folder) == before


def test_an_oversized_length_is_refused_before_the_body(service):
    """Nothing of it need be sent."""
    for length in (str((8 << 20) + 1), "9" * 30):
        text = f"POST /v1/profiles HTTP/1.1\r\n{HEAD}Content-Length: {length}\r\n\r\n"
        assert service.ask(text)[0] in (400, 413)


def test_a_capture_is_posted(service, folder):
    """The canary of the refusals."""
    body = capture().decode()
    length = f"Content-Length: {len(body)}\r\n\r\n"
    assert service.ask(f"POST /v1/profiles HTTP/1.1\r\n{HEAD}{length}{body}")[0] == 201
    assert len(list(folder.iterdir())) == 3


def test_malformed_json_and_wrong_tokens(folder):
    """400 and 401 through the real server."""
    with running(folder, GUESTABI_TOKEN=TOKEN) as service:
        before = listing(folder)
        for token, status in ((TOKEN, 400), ("wrong-horse-battery", 401), ("", 401)):
            said = f"Authorization: Bearer {token}\r\nContent-Length: 1\r\n\r\n{{"
            assert service.ask(f"POST /v1/profiles HTTP/1.1\r\n{HEAD}{said}")[0] == status
        assert listing(folder) == before
        assert service.get("/v1/profiles")[0] == 200


TRAVERSALS = (
    "/../secret.json",
    "/..",
    "/%2e%2e/secret.json",
    "/%2E%2E%2Fsecret.json",
    "/v1/profiles/../../../secret.json",
    "/v1/profiles/%2e%2e%2f%2e%2e%2fsecret.json",
    "/v1/profiles/..%5c..%5csecret.json",
    "/v1/profiles/%252e%252e%252fsecret.json",
    "/v1/profiles/{absolute}",
    "/v1/profiles/%2F{absolute}",
    "/v1/profiles//etc/passwd",
    "//etc/passwd",
    "/v1/profiles/secret.json%00",
    "/old.json",
    "/static/../../secret.json",
    "file:///etc/passwd",
)
NAMES = (
    "../secret",
    "../secret.json",
    "{absolute}",
    "file://{absolute}",
    "%2e%2e%2fsecret.json",
    "old.json",
    "./old.json",
    "/etc/passwd",
)


def test_no_path_leads_to_a_file(service, folder):
    """Dots, encoded and twice encoded, absolute names: as a path, and as a profile's name."""
    secret = write(folder.parent / "secret.json", make_profile("secret", {"X0": 0x5EC12E7}))
    absolute = str(secret)
    for target in TRAVERSALS:
        status, _, body = service.get(target.format(absolute=absolute))
        assert status in (400, 404), target
        assert reason(body)
        assert b"5ec12e7" not in body
        assert b"root:" not in body
    for name in NAMES:
        asked = name.format(absolute=absolute)
        status, _, body = service.get(f"/v1/check?source={asked}&destination=old")
        assert status == 404, name
        assert b"5ec12e7" not in body
    for target in (f"/v1/profiles/{secret.stem}", "/v1/check?source=secret&destination=old"):
        assert service.get(target)[0] == 404
    os.replace(secret, folder / "secret.json")
    assert service.get("/v1/check?source=secret&destination=old")[0] == 200


POST = f"POST /v1/profiles HTTP/1.1\r\n{HEAD}"

CROOKED = {
    "nonsense": "nonsense\r\n\r\n",
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "no host, as 1.0 may": "GET / HTTP/1.0\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a zero": "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a long header": "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x" * 40_000,
    "many headers": "GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: x\r\n" * 9000,
    "a long path": "GET /" + "x" * 40_000,
    "a negative length": f"{POST}Content-Length: -1\r\n\r\n",
    "two lengths": f"{POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{{}}",
    "a bad chunk": f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


def test_what_is_no_request_is_400(service):
    """In the one shape of errors; the service goes on."""
    for case, text in CROOKED.items():
        status, headers, body = service.ask(text)
        assert status == 400, case
        assert reason(body)
        assert headers["x-content-type-options"] == "nosniff"
    assert service.get("/healthz")[0] == 200


def test_it_says_nothing_else_on_standard_error(service):
    """Crooked clients cannot fill a log."""
    service.ask("nonsense\r\n\r\n")
    service.get("/", "Upgrade: websocket", "Connection: Upgrade")
    assert service.end()[2] == ""
