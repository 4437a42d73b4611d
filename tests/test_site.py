"""The documentation builds as a site, without a network, and warnings are errors."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOADED = re.compile(r"<(?:script|img|iframe)[^>]*\ssrc=\"(?:https?:)?//|<link[^>]*href=\"https?://")

pytestmark = pytest.mark.skipif(
    find_spec("mkdocs") is None, reason="mkdocs is missing: pip install -e '.[dev]'"
)


def build(config: Path, into: Path) -> subprocess.CompletedProcess[str]:
    # Not --quiet: with it, mkdocs does not count warnings.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(
        [*command, "--config-file", str(config), "--site-dir", str(into)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_it_builds_without_a_warning(tmp_path) -> None:
    """Every page is in it, every link leads somewhere, nothing is loaded from elsewhere."""
    done = build(ROOT / "mkdocs.yml", tmp_path)
    warned = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
    assert (done.returncode, warned) == (0, [])
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 30
    assert (tmp_path / "index.html").is_file()
    fetching = [page.name for page in pages if LOADED.search(page.read_text(encoding="utf-8"))]
    assert fetching == []
    broken = [page.name for page in pages if "```" in page.read_text(encoding="utf-8")]
    assert broken == [], "a fence that was not taken for one"


def test_a_bad_link_stops_it(tmp_path) -> None:
    """The canary: a page that is not there, an anchor that is not there."""
    for target in ("none.md", "README.md#none"):
        docs = tmp_path / "docs"
        docs.mkdir(exist_ok=True)
        (docs / "README.md").write_text(f"# Page\n\n[link]({target})\n")
        text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
        config = tmp_path / "mkdocs.yml"
        hook = ROOT / "tools" / "site_hook.py"
        head = text[: text.index("nav:")].replace("tools/site_hook.py", str(hook))
        config.write_text(head + "nav:\n  - README.md\n")
        done = build(config, tmp_path / "site")
        assert done.returncode != 0, target
        assert "none" in done.stderr
