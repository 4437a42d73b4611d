"""POST /v1/profiles: a capture is taken whole, or refused with the reason and nothing written."""

from __future__ import annotations

import gzip
import json
import os

import msgspec
import pytest

from guestabi.fleet import store
from guestabi.profile import canonical, files
from guestabi.serve.limits import Limits
from guestabi.serve.shapes import StoredJson
from profiles import make_bytes, make_plain
from serve.conftest import TOKEN
from serve.running import reason

JSON = {"Content-Type": "application/json"}
BEARER = {**JSON, "Authorization": f"Bearer {TOKEN}"}


def capture(name="h1", **changes):
    return make_bytes(name, {"X0": 0, "PSCI_VERSION": 0x10002}, **changes)


def listing(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_capture_is_stored_and_served(client, folder):
    """201 and where it is; it counts at the next request; its file is a profile."""
    web = client(folder)
    found = web.post("/v1/profiles", content=capture(), headers=JSON)
    stored = msgspec.convert(found.json(), StoredJson)
    assert (found.status_code, stored.name, stored.created) == (201, "h1", True)
    assert found.headers["Location"] == f"/v1/profiles/{stored.digest}"
    assert web.get(found.headers["Location"]).content == capture()
    assert files.load(folder / f"{stored.digest}.json").name == "h1"
    assert web.get("/v1/check?source=h1&destination=new").status_code == 200


def test_the_same_again_changes_nothing(client, folder):
    """200, and not a file touched."""
    web = client(folder)
    first = web.post("/v1/profiles", content=capture(), headers=JSON)
    before = {path.name: path.stat() for path in folder.iterdir()}
    again = web.post("/v1/profiles", content=capture(), headers=JSON)
    assert again.status_code == 200
    assert again.json() == {**first.json(), "created": False}
    assert {path.name: path.stat() for path in folder.iterdir()} == before


def test_what_is_stored_is_told(client, folder):
    """A line each; a name cannot steer the terminal."""
    told = []
    web = client(folder, tell=told.append)
    for _ in range(2):
        web.post("/v1/profiles", content=capture("a\x1b[31m\nb"), headers=JSON)
    assert len(told) == 1
    assert told[0].startswith("stored a\ufffd[31m b, ")


def plain(**changes):
    return {**make_plain("h1", {"X0": 0}), **changes}


def dumped(value):
    return json.dumps(value).encode()


def newer():
    return dumped(canonical.seal(plain(schema=2)))


REFUSED = {
    "empty": (b"", 400, "the capture is not JSON: Input data was truncated"),
    "truncated": (capture()[:-20], 400, "the capture is not JSON: "),
    "no text": (b"\xff\xfe{}", 400, "the capture is not JSON: "),
    "two": (capture() + capture(), 400, "the capture is not JSON: "),
    "deep": (b"[" * 100_000, 400, "the capture is not JSON: "),
    "a list": (b"[]", 422, "the capture is no guestabi profile"),
    "null": (b"null", 422, "the capture is no guestabi profile"),
    "newer": (newer(), 422, "the capture has schema 2, newer than this program's 1"),
    "changed": (dumped(plain(name="h2")), 422, "the capture its content does not match"),
    "odd key": (dumped(plain(odd=1)), 422, "the capture is no valid profile: "),
    "a path as digest": (
        dumped(plain(digest="../../etc/cron.d/x")),
        422,
        "the capture is no valid profile: ",
    ),
    "no registers": (
        dumped(canonical.seal(plain(registers=[]))),
        422,
        "the capture has no registers",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_whole_profile_is_refused(client, folder, case):
    """400 for what is no JSON, 422 for JSON that is no profile; nothing is written."""
    data, status, said = REFUSED[case]
    before = listing(folder)
    found = client(folder).post("/v1/profiles", content=data, headers=JSON)
    assert found.status_code == status
    assert reason(found.content).startswith(said)
    assert listing(folder) == before


def test_what_is_larger_than_the_limit_is_refused(client, folder):
    """By its Content-Length, or, in chunks without one, as soon as it is too much."""
    web = client(folder, limits=Limits(body=10_000))
    said = "the body is larger than 10000 bytes: no profile is"
    found = web.post("/v1/profiles", content=b" " * 10_001, headers=JSON)
    assert (found.status_code, reason(found.content)) == (413, said)
    sent = []

    def chunks():
        for _ in range(11):
            sent.append(1)
            yield b" " * 1000

    found = web.post("/v1/profiles", content=chunks(), headers=JSON)
    assert (found.status_code, reason(found.content)) == (413, said)
    fits = capture() + b" " * (10_000 - len(capture()))
    assert web.post("/v1/profiles", content=fits, headers=JSON).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_what_a_form_can_send_is_refused(client, folder, headers):
    """415: a page of another site can make a browser post these, but no JSON."""
    data = gzip.compress(capture()) if "Content-Encoding" in headers else capture()
    before = listing(folder)
    found = client(folder).post("/v1/profiles", content=data, headers=headers)
    assert found.status_code == 415
    assert reason(found.content)
    assert listing(folder) == before


def test_json_may_say_its_charset(client, folder):
    """A parameter of the type is no other type."""
    kind = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert client(folder).post("/v1/profiles", content=capture(), headers=kind).status_code == 201


def test_a_fleet_and_the_atlas_take_nothing(client, folder, tmp_path):
    """405 with the reason; what was sent is not even read."""
    path = tmp_path / "mine"
    store.add(path, [store.Given("a01", str(folder / "old.json"))])
    for where, said in (
        (path, "a fleet takes hosts through 'guestabi fleet add'"),
        (None, "only a folder takes profiles"),
    ):
        found = client(where).post("/v1/profiles", content=b"{", headers=JSON)
        assert (found.status_code, reason(found.content)) == (405, said)
        assert found.headers["Allow"] == "GET, HEAD"


def test_a_folder_that_cannot_be_written_is_503(client, folder, monkeypatch):
    """With the system's reason and no path; nothing is left behind."""

    def full(*arguments, **settings):
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(os, "replace", full)
    before = listing(folder)
    found = client(folder).post("/v1/profiles", content=capture(), headers=JSON)
    assert found.status_code == 503
    assert reason(found.content) == "it cannot be stored: No space left on device"
    assert listing(folder) == before


def test_a_full_folder_is_507(client, folder, monkeypatch):
    """And says what to do."""
    from guestabi.serve.shelf import folder as folders

    monkeypatch.setattr(folders, "MOST", 2)
    found = client(folder).post("/v1/profiles", content=capture(), headers=JSON)
    assert found.status_code == 507
    assert reason(found.content) == "the folder has 2 files"
