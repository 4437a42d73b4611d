"""An admission as SARIF: one result a pin or register that does not suit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guestabi.registers.catalogue import name_of
from guestabi.report.clean import clean
from guestabi.report.sarif.log import Result, Rule, log
from guestabi.report.values import hexed
from guestabi.uapi.regid import hex_id

if TYPE_CHECKING:
    from guestabi.fleet.admission import Admission, Asked

_RULES = {
    ("pin", "refused"): Rule(
        "pin-not-held", "A guest that is born with the pins could not be on this host.", "error"
    ),
    ("pin", "unknown"): Rule(
        "pin-not-known", "Nobody measured what this host does with the pin.", "warning"
    ),
    ("register", "refused"): Rule(
        "register-differs",
        "The baseline's hosts agree on the register, and this host shows guests another value.",
        "error",
    ),
    ("register", "unknown"): Rule(
        "register-not-known",
        "Nothing tells whether a guest sees the same there as on the hosts of the baseline.",
        "warning",
    ),
}


def render(found: Admission) -> dict[str, Any]:
    """Return the log as plain data. A result is about the host that asks to join."""
    asked = [("pin", each) for each in found.pins] + [("register", each) for each in found.others]
    results = [_result(found, kind, each) for kind, each in asked if each.verdict != "admitted"]
    properties = {
        "baseline": clean(found.baseline.name),
        "version": found.baseline.version,
        "digest": found.baseline.digest,
        "host": clean(found.host.label),
        "verdict": found.verdict,
    }
    return log(results, properties)


def _result(found: Admission, kind: str, asked: Asked) -> Result:
    name, fields = name_of(asked.pin.id), ", ".join(asked.pin.fields)
    untold = kind == "register" and asked.verdict == "unknown"
    what = name if untold else f"{name} = {hexed(asked.pin.value)}"
    return Result(
        _RULES[kind, asked.verdict],
        f"{what}: {asked.reason}",
        found.host.label,
        f"{clean(found.baseline.name)}:{kind}:{hex_id(asked.pin.id)}",
        f"{name}.{fields}" if fields else name,
        {"asked": asked.to_builtins()},
    )
