"""Every document is one of the version's, and uses nothing that is to go."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
)

from pawline.connectors.shopify.documents_bulk import HISTORY
from pawline.sandbox.shopify.engine import schema
from tests.unit.connectors.shopify_vendor import sent, wrong_in

MOST = 1_000
"""Points of one document."""
LISTED = 3
"""Things that a list is taken for that has no `first`: discounts and taxes of a line."""


@pytest.mark.parametrize("name", sorted(sent()))
def test_a_document_is_one_of_the_schemas(name: str) -> None:
    assert wrong_in(sent()[name]) == []


def test_what_is_written_in_bulk_is_of_the_schema_too() -> None:
    assert wrong_in(HISTORY) == []


@pytest.mark.parametrize("name", sorted(sent()))
def test_a_document_has_one_operation_of_a_name_of_ours(name: str) -> None:
    words = sent()[name].split("{")[0].split("(")[0].split()
    assert words[0] in {"query", "mutation"}
    assert words[1].startswith("Pawline")


def test_what_is_to_go_is_refused() -> None:
    (found,) = wrong_in("query Old { location(id: 1) { isPrimary } }")
    assert found.startswith("The field Location.isPrimary is deprecated. ")


def test_what_is_not_there_is_refused() -> None:
    assert wrong_in("query Odd { order(id: 1) { price } }") == [
        "Cannot query field 'price' on type 'Order'. Did you mean 'phone'?"
    ]


def test_variables_are_those_of_the_schema() -> None:
    (missing,) = wrong_in(sent()["TAG"], {"id": "gid://shopify/Order/1"})
    assert missing.startswith("Variable '$tags' ")


def test_what_moves_money_or_stock_bears_a_key() -> None:
    """The vendor refuses it without: its schema does not say so."""
    for name, text in sent().items():
        if any(word in text for word in ("refundCreate(", "inventoryAdjustQuantities(", "inventorySetQuantities(")):
            assert "@idempotent(key: $key)" in text, name
            assert "$key: String!" in text, name


@pytest.mark.parametrize("name", sorted(sent()))
def test_a_document_costs_no_more_than_one_may_by_the_dearest_reading(name: str) -> None:
    """An object is a point, so often as its lists may hold; how Shopify makes long ones cheaper it does not say."""
    parsed = parse(sent()[name])
    fragments = {one.name.value: one for one in parsed.definitions if isinstance(one, FragmentDefinitionNode)}
    (operation,) = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    assert points(operation, schema().get_root_type(operation.operation), fragments) <= MOST


def points(node: Any, kind: Any, fragments: dict[str, FragmentDefinitionNode]) -> int:
    return sum(_points(one, kind, fragments) for one in node.selection_set.selections)


def _points(node: Any, kind: Any, fragments: dict[str, FragmentDefinitionNode]) -> int:
    if not isinstance(node, FieldNode):
        part: Any = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        return points(part, schema().type_map[part.type_condition.name.value], fragments)
    if node.name.value == "__typename":
        return 0
    field = kind.fields[node.name.value]
    of = get_named_type(field.type)
    if is_leaf_type(of):
        return 0
    inner, first = points(node, of, fragments), [one.value for one in node.arguments or () if one.name.value == "first"]
    if first:
        return 2 + int(getattr(first[0], "value", 0)) * max(1, inner)
    listed = is_list_type(get_nullable_type(field.type)) and node.name.value != "nodes"
    return (LISTED if listed else 1) * (1 + inner)
