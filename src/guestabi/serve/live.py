"""The page reloads itself when other profiles are there."""

from __future__ import annotations

PATH = "/live.js"

SCRIPT = """\
"use strict";
(() => {
  const here = location.pathname;
  let first = null;
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(here, { method: "HEAD", cache: "no-store" });
        const now = answer.ok ? answer.headers.get("ETag") : null;
        if (first !== null && now !== null && now !== first) location.reload();
        first = first ?? now;
      } catch {
        // The service is away: look again later.
      }
    }
    setTimeout(look, 2000);
  };
  look();
})();
"""

_TAG = f'<script src="{PATH}" defer></script>\n'


def with_script(page: str) -> str:
    """Return the page with the script at its end."""
    head, end, rest = page.rpartition("</body>")
    return f"{head}{_TAG}{end}{rest}" if end else f"{rest}{_TAG}"
