"""What ``GET /v1/check`` is asked: every parameter once, and no others."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from guestabi.serve.refused import Refused

NEEDED = ("source", "destination")
NAMES = (*NEEDED, "vmm")
LONGEST = 1000
"""Characters of a name."""


def asked(request: Request, vmm: str, vmms: Sequence[str]) -> tuple[str, str, str]:
    """Return source, destination and VMM, one of ``vmms``, which is ``vmm`` where none is named.

    Raises Refused (400): a parameter that is misspelled must not change the question.
    """
    given = request.query_params.multi_items()
    said = dict(given)
    odd = sorted(set(said) - set(NAMES))
    if odd:
        raise Refused(400, f"there is no parameter {odd[0]!r}", f"there are {', '.join(NAMES)}")
    if len(given) != len(said):
        raise Refused(400, "a parameter is given twice")
    for name in NEEDED:
        if not 0 < len(said.get(name, "")) <= LONGEST:
            raise Refused(400, f"{name} is missing, or is no name", "give a digest or a name")
    named = said.get("vmm", vmm)
    if named not in vmms:
        known = f"one of {', '.join(vmms)}"
        raise Refused(400, f"no policy is called {named!r}", known)
    return said["source"], said["destination"], named
