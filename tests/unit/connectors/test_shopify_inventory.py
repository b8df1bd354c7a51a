"""Shopify's stock: read as of the answer, moved by a key, set only where nothing moved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.model import Item, LocationId, OrderId, SkuId, StockLevel
from pawline.ports import Adjustment, Code, Inventory, PortError, Receipt, Rejected, Reservation, Transient
from tests.unit.connectors.shopify_vendor import KEY, Vendor, ask, nodes

AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
A, B, HERE, THERE = SkuId("A"), SkuId("B"), LocationId("91"), LocationId("92")


def level(place: str, quantity: int, moved: str | None = "2026-11-29T09:00:00Z") -> dict[str, Any]:
    return {
        "location": {"id": f"gid://shopify/Location/{place}"},
        "quantities": [{"quantity": quantity, "updatedAt": moved}],
    }


def variant(no: int, sku: str | None, *levels: Any, tracked: bool = True, after: str | None = None) -> dict[str, Any]:
    item = {
        "id": f"gid://shopify/InventoryItem/{no}1", "tracked": tracked, "inventoryLevels": nodes(*levels, after=after),
    }  # fmt: skip
    return {"id": f"gid://shopify/ProductVariant/{no}", "sku": sku, "inventoryItem": item}


def stock(*variants: Any, after: str | None = None) -> dict[str, Any]:
    return {"productVariants": nodes(*variants, after=after)}


def moved(name: str, *errors: str) -> dict[str, Any]:
    told = [{"code": one, "field": None, "message": one.lower()} for one in errors]
    group = None if errors else {"id": "gid://shopify/InventoryAdjustmentGroup/5"}
    return {name: {"inventoryAdjustmentGroup": group, "userErrors": told}}


def refused(vendor: Vendor, call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(vendor, Inventory, call)
    return caught.value


def test_figures_are_of_the_moment_of_the_answer() -> None:
    vendor = Vendor(
        Stock=[stock(variant(1, "A", level("91", 5), after="l1"), after="v1"), stock(variant(2, "a", level("91", 9)))],
        StockLevels={"inventoryItem": {"inventoryLevels": nodes(level("92", -1))}},
    )  # fmt: skip
    before = datetime.now(UTC)
    found = ask(vendor, Inventory, lambda stock: stock.levels((A, B, A)))
    assert [(one.sku, one.location, one.on_hand) for one in found] == [(A, HERE, 5), (A, THERE, -1)]
    assert all(before <= one.as_of <= datetime.now(UTC) and one.contains_until == one.as_of for one in found)
    query = 'sku:"A" OR sku:"B"'
    assert vendor.heard == [
        ("Stock", {"query": query, "after": None}),
        ("StockLevels", {"id": "gid://shopify/InventoryItem/11", "after": "l1"}),
        ("Stock", {"query": query, "after": "v1"}),
    ]


def test_five_skus_are_asked_for_at_once_and_a_variant_without_one_by_its_name() -> None:
    skus = tuple(SkuId(one) for one in ("1", "2", "3", "4", "5", "variant-77"))
    vendor = Vendor(Stock=[stock(), stock(variant(77, None, level("91", 3)))])
    found = ask(vendor, Inventory, lambda stock: stock.levels(skus))
    assert [(one.sku, one.on_hand) for one in found] == [("variant-77", 3)]
    assert [given["query"] for _, given in vendor.heard] == [
        'sku:"1" OR sku:"2" OR sku:"3" OR sku:"4" OR sku:"5"', '(sku:"variant-77" OR id:77)',
    ]  # fmt: skip


def test_what_nobody_counts_is_left_out_and_variants_of_one_sku_add_up() -> None:
    some = stock(variant(1, "A", level("91", 5)), variant(2, "A", level("91", 2)), variant(3, "B", tracked=False))
    found = ask(Vendor(Stock=some), Inventory, lambda stock: stock.levels((A, B)))
    assert [(one.sku, one.on_hand) for one in found] == [(A, 7)]


def change(sku: SkuId, by: int, place: LocationId = HERE) -> Adjustment:
    return Adjustment(sku=sku, location=place, by=by)


def test_stock_is_moved_by_so_much_whatever_there_is() -> None:
    vendor = Vendor(Stock=stock(variant(1, "A", level("91", 5))), Adjust=moved("inventoryAdjustQuantities"))
    receipt = ask(vendor, Inventory, lambda stock: stock.adjust((change(A, -2),), "counted"))
    assert receipt == Receipt("gid://shopify/InventoryAdjustmentGroup/5")
    assert vendor.heard[-1] == (
        "Adjust",
        {
            "key": KEY,
            "input": {
                "name": "available", "reason": "correction", "referenceDocumentUri": f"gid://pawline/Step/{KEY}",
                "changes": [{
                    "inventoryItemId": "gid://shopify/InventoryItem/11", "locationId": "gid://shopify/Location/91",
                    "delta": -2, "changeFromQuantity": None,
                }],
            },
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ([], Code.NOT_FOUND),
        ([variant(1, "A", level("92", 5))], Code.NOT_FOUND),
        ([variant(1, "A", level("91", 5), tracked=False)], Code.NOT_FOUND),
        ([variant(1, "A", level("91", 5)), variant(2, "A", level("91", 5))], Code.CONFLICT),
    ],
)
def test_what_is_not_counted_there_is_not_moved(variants: list[Any], code: Code) -> None:
    vendor = Vendor(Stock=stock(*variants))
    error = refused(vendor, lambda stock: stock.adjust((change(A, 1),), "x"))
    assert (type(error), error.code, vendor.names()) == (Rejected, code, ["Stock"])


@pytest.mark.parametrize(
    ("said", "error", "code"),
    [
        ("ITEM_NOT_STOCKED_AT_LOCATION", Rejected, Code.NOT_FOUND),
        ("NON_MUTABLE_INVENTORY_ITEM", Rejected, Code.UNSUPPORTED),
        ("INVALID_QUANTITY_TOO_LOW", Rejected, Code.INVALID),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", Transient, Code.IN_PROGRESS),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", Rejected, Code.KEY_REUSED),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", Rejected, Code.CONFLICT),
        ("SERVICE_UNAVAILABLE", Transient, Code.UNAVAILABLE),
    ],
)
def test_why_stock_is_not_moved(said: str, error: type[PortError], code: Code) -> None:
    vendor = Vendor(Stock=stock(variant(1, "A", level("91", 5))), Adjust=moved("inventoryAdjustQuantities", said))
    found = refused(vendor, lambda stock: stock.adjust((change(A, 1),), "x"))
    assert (type(found), found.code) == (error, code)


def count(sku: SkuId, quantity: int) -> StockLevel:
    return StockLevel(sku=sku, location=HERE, on_hand=quantity, as_of=AT)


def test_a_count_is_set_where_the_figure_is_older_and_still_what_it_was() -> None:
    newer = "2026-11-29T10:00:01Z"
    some = stock(variant(1, "A", level("91", 5)), variant(2, "B", level("91", 7, newer)))
    vendor = Vendor(Stock=some, Set=moved("inventorySetQuantities"))
    ask(vendor, Inventory, lambda stock: stock.set_levels((count(A, 8), count(B, 9))))
    name, given = vendor.heard[-1]
    assert (name, given["input"]["name"]) == ("Set", "available")
    assert given["input"]["quantities"] == [
        {
            "inventoryItemId": "gid://shopify/InventoryItem/11", "locationId": "gid://shopify/Location/91",
            "quantity": 8, "changeFromQuantity": 5,
        }
    ]  # fmt: skip
    assert given["key"].startswith(f"{KEY}-")


def test_a_second_look_is_another_request_and_the_same_look_is_not() -> None:
    keys = []
    for there in (5, 5, 4):
        vendor = Vendor(Stock=stock(variant(1, "A", level("91", there))), Set=moved("inventorySetQuantities"))
        ask(vendor, Inventory, lambda stock: stock.set_levels((count(A, 8),)))
        keys.append(vendor.heard[-1][1]["key"])
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)


@pytest.mark.parametrize(
    ("there", "moved_at"),
    [(5, "2026-11-29T10:00:01Z"), (5, "2026-11-29T10:00:00Z"), (8, "2026-11-29T09:00:00Z"), (8, None)],
)
def test_older_counts_and_what_is_so_already_change_nothing_and_are_not_sent(there: int, moved_at: str | None) -> None:
    vendor = Vendor(Stock=stock(variant(1, "A", level("91", there, moved_at))))
    assert ask(vendor, Inventory, lambda stock: stock.set_levels((count(A, 8),))) == Receipt()
    assert vendor.names() == ["Stock"]


def test_stock_that_moves_meanwhile_is_looked_at_again() -> None:
    vendor = Vendor(
        Stock=stock(variant(1, "A", level("91", 5))),
        Set=moved("inventorySetQuantities", "CHANGE_FROM_QUANTITY_STALE"),
    )
    error = refused(vendor, lambda stock: stock.set_levels((count(A, 8),)))
    assert (type(error), error.code) == (Transient, Code.IN_PROGRESS)


def test_shopify_sets_nothing_aside_for_others() -> None:
    reserved = Reservation(order=OrderId("1"), items=(Item(A, 1),), reference="r")
    calls: list[Any] = [
        lambda stock: stock.reserve(OrderId("1"), (Item(A, 1),)),
        lambda stock: stock.release(reserved),
        lambda stock: stock.commit(reserved),
    ]
    for call in calls:
        vendor = Vendor()
        error = refused(vendor, call)
        assert (type(error), error.code, vendor.requests) == (Rejected, Code.UNSUPPORTED, [])
