"""What completes a word on the command line: names that ship, files, folders.

Each completer reads what is in the package and nothing else, so that a press of the tab key stays
quick: no network, no profile is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def profiles(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete a profile: a file, or a shipped capture by its series or by its exact name."""
    # Files first: bash drops what stands before them.
    return [*files(ctx, param, word), *_beginning(word, _captures())]


def cpus(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete a CPU model that shipped captures are of."""
    from guestabi import atlas

    return _beginning(word, {entry.cpu for entry in atlas.entries()})


def series(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete a kernel series, in the order of age; or a profile."""
    if word[:1].isdigit() or not word:
        return _beginning(word, _series())
    return profiles(ctx, param, word)


def vmms(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete the name of a loader policy."""
    from guestabi import policies

    return _beginning(word, policies.names())


def policies(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Complete a loader policy: its name, or else a file."""
    return vmms(ctx, param, word) or files(ctx, param, word)


def files(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Let the shell complete a file's name."""
    return [CompletionItem(word, type="file")]


def folders(ctx: click.Context, param: click.Parameter, word: str) -> list[CompletionItem]:
    """Let the shell complete a folder's name."""
    return [CompletionItem(word, type="dir")]


def _captures() -> list[str]:
    from guestabi import atlas

    found = atlas.entries()
    by_series = dict.fromkeys(f"{each.vendor}-{each.series}/{each.cpu}" for each in found)
    return [*by_series, *(each.name for each in found)]


def _series() -> list[str]:
    from guestabi import atlas

    return [".".join(map(str, each)) for each in sorted({e.version[:2] for e in atlas.entries()})]


def _beginning(word: str, names: Iterable[str]) -> list[CompletionItem]:
    ordered = sorted(names) if isinstance(names, set) else names
    return [CompletionItem(name) for name in ordered if name.startswith(word)]
