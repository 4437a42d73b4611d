"""JSON Schemas that any validator reads."""

from __future__ import annotations

from typing import Any


def portable(schema: Any) -> Any:
    """Return a JSON Schema that msgspec made, its patterns spelt as ECMA-262 has them.

    There ``$`` is the end of a text, and ``\\Z`` a letter; in Python ``$`` stands before a last
    newline too (JSON Schema core, section 6.4; Python, re).
    """
    if isinstance(schema, dict):
        return {
            key: each.replace(r"\Z", "$")
            if key == "pattern" and isinstance(each, str)
            else portable(each)
            for key, each in schema.items()
        }
    return [portable(each) for each in schema] if isinstance(schema, list) else schema
