"""guestabi serve: what is refused before anything listens."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest

from guestabi.cli import serve as command
from serve.conftest import TOKEN
from serve.running import SRC, running


def test_beyond_loopback_a_token_is_needed(run, folder, monkeypatch):
    """Exit status 2, and how to give one."""
    monkeypatch.delenv("GUESTABI_TOKEN", raising=False)
    for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80"):
        result = run("serve", folder, "--listen", listen)
        assert result.status == 2
        assert result.err.splitlines() == [
            f"guestabi: error: {listen} is not loopback: a token is needed",
            "  hint: --token-file FILE, or GUESTABI_TOKEN in the environment",
        ]


def test_a_token_is_no_argument(run, folder):
    """Everybody who may list processes would see it."""
    assert run("serve", folder, "--token", TOKEN).status == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere",),
        ("--listen", "localhost:80"),
        ("--token-file", "nowhere"),
        ("--vmm", "qemu"),
    ],
)
def test_bad_usage(run, arguments):
    """One line, a hint, 2; nothing listens."""
    result = run("serve", "--listen", "127.0.0.1:0", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("guestabi: error: ")


def test_a_port_that_is_taken(run, folder):
    """One line that says where."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("serve", folder, "--listen", f"127.0.0.1:{port}")
    assert result.status == 1
    said = f"cannot listen on http://127.0.0.1:{port}/: Address already in use"
    assert result.err.splitlines()[0] == f"guestabi: error: {said}"


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_extra_is_said(run, monkeypatch, missing):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, missing, None)
    result = run("serve")
    assert result.status == 1
    assert result.err.splitlines() == [
        "guestabi: error: serving needs Starlette and uvicorn",
        f"  hint: {command.INSTALL}",
    ]


def test_help_needs_no_extra():
    """Neither of the web packages is imported to show help."""
    code = (
        "import sys\nfrom guestabi.cli.main import run\nrun(['serve', '--help'])\n"
        "sys.exit(','.join({'starlette', 'uvicorn', 'msgspec'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_says_what_it_serves(folder):
    """Profiles, bad files, and the port that the system chose."""
    (folder / "bad.json").write_text("{")
    with running(folder) as service:
        assert service.place[1] > 0
        assert service.get("/healthz")[0] == 200
        page = service.get("/")[2].decode()
    for name in ("old", "new"):
        assert re.search(rf'[">]{name}["<]', page), name


def test_a_token_file_guards_the_page_too(folder, tmp_path):
    """From the command line to the answer."""
    path = tmp_path / "token"
    path.write_text(TOKEN)
    with running(folder, "--token-file", path) as service:
        assert service.get("/")[0] == 401
        assert service.get("/", f"Authorization: Bearer {TOKEN}")[0] == 200


def test_the_page_shows_names_as_text():
    """A profile's name is nobody's markup."""
    from profiles import make_profile

    page = command._index([make_profile("<script>\x1b</script>", {"X0": 0})])
    assert "&lt;script&gt;\ufffd&lt;/script&gt;" in page


def test_no_import_of_the_lab():
    """What listens starts no machines."""
    code = (
        "import sys, guestabi.serve.app, guestabi.serve.run\n"
        "sys.exit(any(name.startswith('guestabi.lab') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, timeout=60)
    assert done.returncode == 0
