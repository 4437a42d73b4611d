"""guestabi.serve.auth: where the token comes from, and what it guards."""

from __future__ import annotations

import pytest

from guestabi.errors import BadInput, UsageError
from guestabi.serve import auth
from guestabi.serve.auth import Token
from pairs import old
from serve.conftest import TOKEN
from serve.running import reason
from serve.test_post import capture, listing

JSON = {"Content-Type": "application/json"}
READS = ("/", "/v1/profiles", "/openapi.json", "/live.js", f"/v1/profiles/{old().digest}")

WRONG = {
    "none": None,
    "empty": "",
    "no scheme": TOKEN,
    "another scheme": f"Basic {TOKEN}",
    "another token": "Bearer wrong-horse-battery",
    "a part": f"Bearer {TOKEN[:-1]}",
    "more": f"Bearer {TOKEN}x",
    "another case": f"Bearer {TOKEN.upper()}",
    "empty token": "Bearer ",
    "two": f"Bearer {TOKEN} {TOKEN}",
    "no text": b"Bearer \xff\xff",
}


def headers(case):
    return {} if WRONG[case] is None else {"Authorization": WRONG[case]}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_tokens_post_nothing(client, folder, case):
    """401 before the body is looked at; reading needs none."""
    web = client(folder, token=Token(TOKEN, everything=False))
    before = listing(folder)
    found = web.post("/v1/profiles", content=capture(), headers={**JSON, **headers(case)})
    assert found.status_code == 401
    assert found.headers["WWW-Authenticate"] == 'Bearer realm="guestabi"'
    assert TOKEN not in reason(found.content)
    assert listing(folder) == before
    assert {web.get(path).status_code for path in READS} == {200}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_tokens_read_nothing(client, folder, case):
    """Where it guards everything: every path but the one that tells nothing."""
    web = client(folder, token=Token(TOKEN, everything=True))
    for path in (*READS, "/nothing", "/v1/check?source=old&destination=new"):
        assert web.get(path, headers=headers(case)).status_code == 401
    assert web.post("/v1/profiles", content=capture(), headers=JSON).status_code == 401
    assert web.get("/healthz").status_code == 200


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("loopback", [False, True])
def test_the_right_token_opens(client, folder, everything, loopback):
    """Whatever case the scheme is written in."""
    web = client(folder, token=Token(TOKEN, everything), loopback=loopback)
    for number, scheme in enumerate(("Bearer", "bearer")):
        said = {**JSON, "Authorization": f"{scheme} {TOKEN}"}
        assert {web.get(path, headers=said).status_code for path in READS} == {200}
        body = capture(f"h{number}")
        assert web.post("/v1/profiles", content=body, headers=said).status_code == 201


def test_beyond_loopback_any_host_is_answered(client, folder):
    """Names are not known there; the token is what counts."""
    web = client(folder, token=Token(TOKEN, everything=False), loopback=False)
    assert web.get("/v1/profiles", headers={"Host": "guests.example"}).status_code == 200


def test_a_file_guards_everything_the_environment_posts(tmp_path):
    """The file counts first; nothing is no token."""
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    inherited = {auth.VARIABLE: "from-the-environment"}
    assert auth.token(str(path), inherited) == Token(TOKEN, everything=True)
    assert auth.token(None, inherited) == Token("from-the-environment", everything=False)
    assert auth.token(None, {}) is auth.token(None, {auth.VARIABLE: ""}) is None


NOT_TOKENS = ["", "\n", "short", "with a blank in the middle", "x" * 5000, "\0" * 20]


@pytest.mark.parametrize("said", NOT_TOKENS)
def test_what_is_no_token_is_refused(tmp_path, said):
    """Empty, guessable, unsendable: before anything listens."""
    path = tmp_path / "token"
    path.write_text(said)
    with pytest.raises(BadInput) as caught:
        auth.token(str(path), {})
    assert said.strip() == "" or said not in str(caught.value)
    if said:
        with pytest.raises(UsageError):
            auth.token(None, {auth.VARIABLE: said})


def test_a_token_is_not_printed():
    """Not even by a debugger's careless line."""
    assert TOKEN not in repr(Token(TOKEN, everything=True))
