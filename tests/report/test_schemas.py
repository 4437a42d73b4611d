"""guestabi.report.schemas: the promised JSON is the printed JSON."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest

from compat.hosts import fixed
from guestabi.fleet.admission import admit
from guestabi.fleet.baseline import NoBaseline, baseline
from guestabi.report import schemas
from pairs import checked, new, old
from profiles import make_profile


@pytest.mark.parametrize("result", [checked(), checked(old(), old())], ids=["differ", "same"])
def test_check_prints_what_the_schema_says(result):
    """Every key is documented, and every documented key is there."""
    plain = json.loads(json.dumps(result.to_builtins()))
    read = msgspec.convert(plain, schemas.CheckJson)
    assert msgspec.to_builtins(read) == plain


SCHEMAS = (
    schemas.check_schema,
    schemas.matrix_schema,
    schemas.baseline_schema,
    schemas.no_baseline_schema,
    schemas.admission_schema,
)


def test_schemas_are_closed():
    """Unknown keys are refused by the published schemas."""
    for make in SCHEMAS:
        schema = make()
        for name, definition in schema["$defs"].items():
            assert definition["additionalProperties"] is False, name


def made(**more):
    return baseline([old(), new()], "rack", 2, **more)


def none():
    rows = [{"ID_AA64DFR0_EL1": fixed(value)} for value in (6, 8)]
    found = baseline([make_profile(f"h{i}", row) for i, row in enumerate(rows)])
    assert isinstance(found, NoBaseline)
    return found


PRINTED = [
    (schemas.check_schema, checked()),
    (schemas.baseline_schema, made()),
    (schemas.baseline_schema, made(allow_dead=True)),
    (schemas.baseline_schema, baseline([old()])),
    (schemas.no_baseline_schema, none()),
    (schemas.admission_schema, admit(made(), old())),
    (schemas.admission_schema, admit(made(), make_profile("c", {"PSCI_VERSION": fixed(1)}))),
]


def faults(make, plain):
    schema = make()
    jsonschema.Draft202012Validator.check_schema(schema)
    return list(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(json.dumps(plain))))


@pytest.mark.parametrize(("make", "result"), PRINTED)
def test_what_is_printed_is_valid(make, result):
    """Real results, by a validator that is not ours."""
    assert faults(make, result.to_builtins()) == []


@pytest.mark.parametrize(("make", "result"), PRINTED)
def test_canary_of_the_schemas(make, result):
    """No key may be missing, and none may be added, at the top or in a host."""
    plain = result.to_builtins()
    for key in plain:
        assert faults(make, {name: each for name, each in plain.items() if name != key}), key
    assert faults(make, {**plain, "more": 1})
    if "hosts" in plain:
        assert faults(make, {**plain, "hosts": [{**plain["hosts"][0], "more": 1}]})


def test_the_two_forms_of_a_baseline_are_kept_apart():
    """Format 1 has no list of what is not known, format 2 has it."""
    newer, older = made().to_builtins(), baseline([old()]).to_builtins()
    assert (newer["guestabi-baseline"], older["guestabi-baseline"]) == (2, 1)
    assert faults(schemas.baseline_schema, {**newer, "guestabi-baseline": 1})
    assert faults(schemas.baseline_schema, {**older, "guestabi-baseline": 2})
