"""guestabi.report.schemas: the promised JSON is the printed JSON."""

from __future__ import annotations

import json

import msgspec
import pytest

from guestabi.report import schemas
from pairs import checked, old


@pytest.mark.parametrize("result", [checked(), checked(old(), old())], ids=["differ", "same"])
def test_check_prints_what_the_schema_says(result):
    """Every key is documented, and every documented key is there."""
    plain = json.loads(json.dumps(result.to_builtins()))
    read = msgspec.convert(plain, schemas.CheckJson)
    assert msgspec.to_builtins(read) == plain


def test_schemas_are_closed():
    """Unknown keys are refused by the published schemas."""
    for schema in (schemas.check_schema(), schemas.matrix_schema()):
        for name, definition in schema["$defs"].items():
            assert definition["additionalProperties"] is False, name
