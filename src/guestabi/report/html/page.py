"""The page itself: data, style and script in one document that a policy keeps from the network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import guestabi
from guestabi.errors import UsageError
from guestabi.fleet.plan.proof import Proof
from guestabi.policies import Policy
from guestabi.profile.host import HostProfile
from guestabi.report import verdicts
from guestabi.report.clean import clean
from guestabi.report.grid import EMULATED
from guestabi.report.html import baselines, designs, hosts, moves, observed, plan
from guestabi.report.html.hosts import Fleet

SCRIPTS = (
    "core.js",
    "words.js",
    "bits.js",
    "findings.js",
    "matrix.js",
    "cell.js",
    "registers.js",
    "search.js",
    "hosts.js",
    "plan.js",
    "designs.js",
    "observed.js",
    "main.js",
)
"""The page's script, in this order."""

SCHEMA = 1


@dataclass(frozen=True)
class Report:
    """What goes on the page. ``results`` are what ``lab matrix`` prints as JSON; ``hosts`` may be
    empty where there are results."""

    title: str
    hosts: Sequence[HostProfile] = ()
    policies: Sequence[Policy] = ()
    plans: Sequence[Proof] = ()
    results: Sequence[Mapping[str, Any]] = ()


def render(report: Report, share: moves.Share[Any, Any] = map) -> str:
    """Return the whole page. ``share`` is as ``map``: the work may be done elsewhere.

    Raises UsageError where there is nothing to show.
    """
    from markupsafe import Markup

    plain = data(report, share)
    style, script = asset("page.css"), _script()
    text: str = _template().render(
        title=clean(report.title),
        version=guestabi.__version__,
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(island(plain)),
        views=_views(plain),
        vmm=plain["policies"][0]["vmm"] if plain["policies"] else "",
        tables=_tables(plain),
        headline=_headline(plain),
        emulated=EMULATED if any(each["emulated"] for each in plain["hosts"]) else "",
    )
    return text if text.endswith("\n") else text + "\n"


def data(report: Report, share: moves.Share[Any, Any] = map) -> dict[str, Any]:
    """Return all that the page knows, as plain data."""
    if not (report.hosts or report.results):
        raise UsageError("a report of nothing", hint="name profiles, a plan or results")
    fleet = Fleet.of(report.hosts)
    told = moves.Told()
    chosen = report.policies if report.hosts else ()
    of_policies = moves.to_builtins(fleet, chosen, told, share)
    places = {host.digest: number for number, host in reversed(list(enumerate(fleet.hosts)))}
    plans = [plan.to_builtins(each, told, places) for each in report.plans]
    return {
        "schema": SCHEMA,
        "verdicts": {name: [look.symbol, look.says] for name, look in verdicts.VERDICTS.items()},
        "severities": {n: [look.symbol, look.says] for n, look in verdicts.SEVERITIES.items()},
        "questions": verdicts.QUESTIONS,
        "asked": verdicts.MATRIX_QUESTIONS,
        **hosts.to_builtins(fleet),
        "policies": of_policies,
        "baselines": baselines.to_builtins(fleet),
        "plans": plans,
        "designs": designs.shipped(),
        "observed": [observed.to_builtins(each) for each in report.results],
        **told.to_builtins(),
    }


def island(plain: dict[str, Any]) -> str:
    """Return JSON in which nothing can end the element that it stands in."""
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


@cache
def asset(name: str) -> str:
    """Return a file that ships with the page."""
    return files("guestabi.report.html").joinpath("assets", name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> Any:
    import jinja2

    source = files("guestabi.report.html").joinpath("templates", "page.html.j2")
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return made.from_string(source.read_text(encoding="utf-8"))


def _views(plain: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    if plain["hosts"]:
        found += [("matrix", "Matrix"), ("registers", "Registers"), ("hosts", "Hosts")]
    if plain["plans"]:
        found.insert(0, ("plan", "Plan"))
    if plain["observed"]:
        found.append(("observed", "Observed"))
    found.append(("designs", "Designs"))
    return [{"id": name, "name": words} for name, words in found]


def _headline(plain: dict[str, Any]) -> str:
    if not plain["hosts"]:
        return f"{sum(len(each['moves']) for each in plain['observed'])} moves observed"
    classes, hosts_ = len(plain["classes"]), len(plain["hosts"])
    return f"{hosts_} hosts, {classes} of them different to a guest"


def _tables(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """The first question's verdicts under the first policy, a table a CPU."""
    if not plain["policies"]:
        return []
    policy, count = plain["policies"][0], len(plain["classes"])
    found = []
    for cpu in dict.fromkeys(host["cpu"] for host in plain["hosts"]):
        rows = [host for host in plain["hosts"] if host["cpu"] == cpu]
        found.append(
            {
                "cpu": cpu,
                "names": [host["short"] for host in rows],
                "rows": [
                    {
                        "name": a["short"],
                        "verdicts": [
                            policy["combinations"][
                                policy["verdicts"][a["class"] * count + b["class"]]
                            ][0]
                            for b in rows
                        ],
                    }
                    for a in rows
                ],
            }
        )
    return found
