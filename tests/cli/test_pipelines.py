"""examples/ci: the pipelines are valid where they run, and every command line in them works."""

from __future__ import annotations

import json
import re
import shlex
import xml.etree.ElementTree as ET
from importlib import resources
from pathlib import Path

import click
import pytest

from cli.conftest import write
from guestabi import atlas
from guestabi.cli.main import cli
from guestabi.profile import canonical

CI = Path(__file__).resolve().parents[2] / "examples" / "ci"
FILES = {"github-actions.yml": "github-workflows", "gitlab-ci.yml": "gitlab-ci"}
"""Each file, and the schema that its service publishes."""

COMMAND = re.compile(r"^\s*(?:- )?(?:run: )?(guestabi .*)$", re.MULTILINE)
DOCS = CI.parents[1] / "docs" / "pipelines.md"
OLDER, TODAY, JOINS, DIFFERS = (
    f"debian-{series}/neoverse-n1" for series in ("6.12", "6.16", "7.2", "5.10")
)


def commands(path):
    """Every guestabi command line of a file."""
    return [shlex.split(line)[1:] for line in COMMAND.findall(path.read_text())]


@pytest.fixture
def fleet(run, tmp_path, monkeypatch):
    """A repository with a baseline of two hosts; ``fleet(name)`` puts a candidate into it."""
    (tmp_path / "fleet").mkdir()
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "fleet" / "today.json", atlas.resolve(TODAY))
    made = run("baseline", OLDER, TODAY, "--name", "fleet", "-o", "fleet/baseline.json")
    assert made == (0, "", "")
    return lambda name: write(tmp_path / "fleet" / "candidate.json", atlas.resolve(name))


def test_every_pipeline_is_here():
    """No example is left out of these tests."""
    assert sorted(path.name for path in CI.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("candidate", "status"), [(JOINS, 0), (DIFFERS, 100)])
def test_each_command_line_passes_who_may_join_and_no_other(run, fleet, name, candidate, status):
    """0 lets the pipeline go on, 100 ends it; what -o names is there in both cases, whole."""
    fleet(candidate)
    lines = commands(CI / name)
    assert len(lines) > 1
    for line in lines:
        assert (line, run(*line).status) == (line, status)
        if "-o" in line:
            path = Path(line[line.index("-o") + 1])
            if path.suffix == ".xml":
                suite = ET.parse(path).getroot()[0]
                assert (suite.get("failures") != "0") == bool(status)
            else:
                (log,) = json.loads(path.read_text())["runs"]
                assert bool(log["results"]) == bool(status)


@pytest.mark.parametrize("name", FILES)
def test_what_nobody_measured_ends_the_pipeline_too(run, fleet, name):
    """101 is no 0: a candidate without accepted values."""
    path = fleet(JOINS)
    plain = json.loads(path.read_text())
    for row in plain["registers"]:
        if row["name"] == "PSCI_VERSION":
            row.pop("fields", None)
            row.pop("patterns", None)
    unsealed = {key: plain[key] for key in plain if key not in ("digest", "checksum")}
    path.write_text(canonical.to_text(canonical.seal(unsealed)))
    statuses = {run(*line).status for line in commands(CI / name) if line[0] == "baseline"}
    assert statuses == {101}


@pytest.mark.parametrize(("name", "schema"), FILES.items())
def test_the_service_would_take_it(name, schema):
    """Against the schema that check-jsonschema carries for the service."""
    why = "its package ships the schemas: pip install check-jsonschema"
    pytest.importorskip("check_jsonschema", reason=why)
    import jsonschema
    from ruamel.yaml import YAML

    vendor = resources.files("check_jsonschema.builtin_schemas") / "vendor" / f"{schema}.json"
    validator = jsonschema.Draft7Validator(json.loads(vendor.read_text()))
    plain = YAML(typ="safe", pure=True).load(CI / name)
    assert [error.message for error in validator.iter_errors(plain)] == []
    assert list(validator.iter_errors({**plain, "jobs": 1, "stages": 1}))


def test_the_page_has_every_command_line():
    """Those of its shell blocks parse and are known: none ends with bad usage for its options."""
    known = cli.list_commands(click.Context(cli))
    text = DOCS.read_text()
    lines = [shlex.split(line)[1:] for line in re.findall(r"^(guestabi .*)$", text, re.MULTILINE)]
    assert lines
    for line in lines:
        assert line[0] in known, line
