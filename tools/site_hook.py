"""What mkdocs does to a page before it builds it: see mkdocs.yml.

The pages are written for a forge. There, links go to source files too, which a site does not have:
here such a file is named, without a link. And Markdown there takes a list right after a line of
text; here it needs an empty line between.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
LIST = re.compile(r"(^(?!- |\s|\|)[^\n]+\n)(?=- )", re.MULTILINE)


def on_page_markdown(markdown: str, /, *, page: Any, **_: Any) -> str:
    """Return the page's text as mkdocs takes it."""
    folder = posixpath.dirname(page.file.src_uri)
    parts = FENCED.split(markdown)
    parts[::2] = [_outside_of_code(part, folder) for part in parts[::2]]
    return "".join(parts)


def _outside_of_code(text: str, folder: str) -> str:
    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found[2]))
        is_page = ":" in found[2] or not target.startswith("..")
        if is_page and not target.endswith("/decisions") and target != "decisions":
            return found[0]
        name = target.removeprefix("../")
        return found[1] if name in found[1] else f"{found[1]} (`{name}`)"

    return LIST.sub(r"\1\n", LINK.sub(link, text))
