"""Every document is one of the version's, and uses nothing that is to go."""

from __future__ import annotations

import pytest

from tests.unit.connectors.shopify_schema import sent
from tests.unit.connectors.shopify_vendor import wrong_in


@pytest.mark.parametrize("name", sorted(sent()))
def test_a_document_is_one_of_the_schemas(name: str) -> None:
    assert wrong_in(sent()[name]) == []


@pytest.mark.parametrize("name", sorted(sent()))
def test_a_document_has_one_operation_of_a_name_of_ours(name: str) -> None:
    words = sent()[name].split("{")[0].split("(")[0].split()
    assert words[0] in {"query", "mutation"}
    assert words[1].startswith("Pawline")


def test_what_is_to_go_is_refused() -> None:
    (found,) = wrong_in("query Old { order(id: 1) { totalPrice } }")
    assert found == "The field Order.totalPrice is deprecated. Use `totalPriceSet` instead."


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
