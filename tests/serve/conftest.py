"""A folder of two hosts, and clients of an application over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from cli.conftest import run, write
from guestabi import policies
from guestabi.serve import app
from guestabi.serve.service import Page, Service
from guestabi.serve.shelf import opened
from pairs import new, old

TOKEN = "correct-horse-battery"

__all__ = ["client", "folder", "run"]

Client = Callable[..., TestClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two profiles, called old and new."""
    made = tmp_path / "folder"
    made.mkdir()
    write(made / "old.json", old())
    write(made / "new.json", new())
    return made


@pytest.fixture
def client() -> Client:
    """``client(path, **settings of app.make)``."""

    def make(path: Path | None, page: Page = lambda profiles: "<body></body>", **settings):
        web = app.make(Service(opened(path), page, policies.load("qemu-10.0")), **settings)
        return TestClient(web, base_url="http://127.0.0.1", raise_server_exceptions=False)

    return make
