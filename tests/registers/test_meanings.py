"""The feature names in ``registers/data/meanings_arm`` against Arm's own definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest

from guestabi.registers import all_registers, find
from guestabi.registers.data.meanings_arm import FEATURES

DEFINITIONS = Path(__file__).parents[3] / "shared" / "data" / "arm-features.json"


class Statement(NamedTuple):
    """``feature`` begins where ``register.field`` is ``value``."""

    feature: str
    register: str
    field: str
    value: int


def ours() -> set[Statement]:
    found = set()
    for register, lines in FEATURES.items():
        for line in lines.strip().splitlines():
            field, *values = line.split()
            for value, _, names in (each.partition("=") for each in values):
                for name in names.split("+"):
                    found.add(Statement(f"FEAT_{name}", register, field, int(value)))
    return found


def equivalences(node: Any) -> Iterator[dict[str, Any]]:
    """Every ``A <-> B`` below ``node``."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict) and node.get("op") == "<->":
        yield node
    for child in children:
        yield from equivalences(child)


def comparisons(node: dict[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    """Every ``REGISTER.FIELD op number`` of an AND/OR tree: register, field, op, number."""
    if node.get("op") in ("&&", "||"):
        yield from comparisons(node["left"])
        yield from comparisons(node["right"])
    elif node.get("_type") == "AST.BinaryOp":
        left = node["left"].get("arguments", [{}])[0].get("value")
        if isinstance(left, dict) and left.get("state") == "AArch64":
            yield left["name"], left["field"], node["op"], node["right"].get("value")


@pytest.fixture(scope="module")
def definitions() -> list[tuple[str, list[tuple[str, str, str, int]]]]:
    if not DEFINITIONS.is_file():
        pytest.skip(f"{DEFINITIONS} is not there")
    parameters = json.loads(DEFINITIONS.read_text())["parameters"]
    return [
        (each["left"]["value"], list(comparisons(each["right"])))
        for each in equivalences(parameters)
        if each["left"].get("_type") == "AST.Identifier"
    ]


def test_every_feature_is_arms(
    definitions: list[tuple[str, list[tuple[str, str, str, int]]]],
) -> None:
    """No feature name, field or value is ours: each is a comparison in Arm's definitions."""
    theirs = {
        Statement(feature, register, field, value)
        for feature, compared in definitions
        for register, field, op, value in compared
        if op in (">=", "==")
    }
    assert len(ours()) > 250
    assert ours() - theirs == set()


def test_no_plain_definition_is_left_out(
    definitions: list[tuple[str, list[tuple[str, str, str, int]]]],
) -> None:
    """Every "feature iff field >= n" about a field that we have is in the table."""
    fields = {(each.name, field.name) for each in all_registers() for field in each.fields}
    plain = {
        Statement(feature, *compared[0][:2], compared[0][3])
        for feature, compared in definitions
        if len(compared) == 1 and compared[0][2] == ">=" and compared[0][:2] in fields
    }
    assert len(plain) > 200
    assert plain - ours() == set()


def test_a_field_says_not_implemented_below_its_first_feature() -> None:
    """Zero means that the feature is not there, unless the field says something better."""
    indirection = find("ID_AA64MMFR3_EL1").field("S1PIE")
    assert indirection.meaning == ((0, "not implemented"), (1, "FEAT_S1PIE"))
    tagging = find("ID_AA64PFR1_EL1").field("MTE").says(3)
    assert tagging == "FEAT_MTE3, FEAT_MTE_ASYM_FAULT"
