"""One self-contained page: the matrix with its findings, the timeline, hosts, plans, designs.

No network, no outside file, a Content-Security-Policy that allows none. Whatever comes from a
file is cleaned, carried as JSON, and put on the page as text.
"""

from __future__ import annotations

from guestabi.report.html.page import Report, render

__all__ = ["Report", "render"]
