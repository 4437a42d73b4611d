"""The page's Content-Security-Policy: its own, carried as a header, with what reloading needs.

A page that stands alone in a file has its policy in a meta element, by which its script and style
are the only ones. Two policies would both hold, so that it must go for the reloading script to run.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

_META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n?')

NEEDED: Mapping[str, str] = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""What holds whatever the page says."""

ADDED = ("script-src", "connect-src")
"""Where the service itself is allowed, too."""


def lifted(page: str) -> tuple[str, str]:
    """Return the page without its policy, and the policy for its header.

    Only a meta element before the title counts: no name of a host is further up.
    """
    head, title, rest = page.partition("<title>")
    found = _META.search(head) if title else None
    said = html.unescape(found[1]) if found else ""
    directives = dict(_directive(each) for each in said.split(";") if each.strip())
    for name in ADDED:
        allowed = directives.get(name, "'none'")
        directives[name] = "'self'" if allowed == "'none'" else f"'self' {allowed}"
    directives.update(NEEDED)
    if found:
        head = head[: found.start()] + head[found.end() :]
    return head + title + rest, "; ".join(
        f"{name} {directives[name]}" for name in sorted(directives)
    )


def _directive(said: str) -> tuple[str, str]:
    name, _, sources = said.strip().partition(" ")
    return name.lower(), sources.strip()
