"""``guestabi serve``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from guestabi.cli import emit, options
from guestabi.cli.help import command as make
from guestabi.errors import GuestAbiError, UsageError

if TYPE_CHECKING:
    from guestabi.policies import Policy
    from guestabi.profile.host import HostProfile

LISTEN = "127.0.0.1:8420"
INSTALL = "pip install 'guestabi[web]'"


@make("serve")
@click.argument("directory", required=False, metavar="[DIR]")
@click.option(
    "--listen",
    metavar="ADDRESS:PORT",
    default=LISTEN,
    show_default=True,
    help="Where; port 0: any that is free. Beyond loopback a token is needed.",
)
@click.option("--token-file", metavar="FILE", help="The token that every request must carry.")
@options.vmm
@options.quiet()
def command(
    directory: str | None, listen: str, token_file: str | None, vmm: str, quiet: bool
) -> None:
    """Serve a page and a JSON API over DIR: a fleet, or a folder of profiles.

    Without DIR: the profiles that ship. What comes into DIR is seen at the next request; captures
    that are posted go into DIR, if it is a folder. The page reloads itself.

    The token of the environment, GUESTABI_TOKEN, is asked of posts alone. Ends on Ctrl-C.
    """
    _check_installed()
    from guestabi.serve import address, app, auth, run, shelf
    from guestabi.serve.service import Service

    where = address.parse(listen)
    token = auth.token(token_file)
    if not where.loopback and token is None:
        hint = f"--token-file FILE, or {auth.VARIABLE} in the environment"
        raise UsageError(f"{listen} is not loopback: a token is needed", hint=hint)
    policy = options.policy(vmm)
    page = _page(directory or "the atlas", policy)
    service = Service(shelf.opened(directory), page, policy)
    held = service.shelf.look()
    tell = _silent if quiet else emit.note
    web = app.make(service, token=token, loopback=where.loopback, tell=tell)
    listening, where = run.listen(where)
    bad = f", {len(held.bad)} bad files" if held.bad else ""
    tell(f"{len(held.entries)} profiles{bad}; listening on {where.url}")
    run.until_ended(web, listening)


def _check_installed() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise GuestAbiError("serving needs Starlette and uvicorn", hint=INSTALL) from error


def _silent(line: str) -> None:
    return None


def _page(title: str, policy: Policy) -> Callable[[Sequence[HostProfile]], str]:
    """The report of what is there; while that is nothing, where the API is."""
    from guestabi.report import html

    def page(profiles: Sequence[HostProfile]) -> str:
        if not profiles:
            return _index(profiles)
        return html.render(html.Report(title, profiles, [policy]))

    return page


def _index(profiles: Sequence[HostProfile]) -> str:
    """A plain page: what is there, and where the API is."""
    from html import escape

    from guestabi.report.clean import one_line

    rows = "".join(
        f"<tr><td>{escape(one_line(each.label))}</td>"
        f"<td>{escape(one_line(each.kernel))}</td>"
        f'<td><a href="/v1/profiles/{each.digest}"><code>{each.digest[:12]}</code></a></td></tr>\n'
        for each in profiles
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<title>guestabi</title>\n</head>\n<body>\n<h1>guestabi</h1>\n"
        f"<p>{len(profiles)} profiles. The API: "
        '<a href="/openapi.json">openapi.json</a>, <a href="/v1/profiles">profiles</a>.</p>\n'
        "<table>\n<tr><th>profile</th><th>kernel</th><th>digest</th></tr>\n"
        f"{rows}</table>\n</body>\n</html>\n"
    )
