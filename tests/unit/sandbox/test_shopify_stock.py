"""Stock at the pretended Shopify: set and adjusted by compare-and-set, all or nothing, once by a key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pawline.sandbox.shopify.books import Place
from tests.unit.sandbox.shopify_scene import Shop, gid
from tests.unit.sandbox.test_shopify_orders import CANCEL, levels

SET = """mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange item { sku } location { name } } }
    userErrors { code field } } }"""
ADJUST = """mutation ($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes(quantityNames: ["available"]) { delta } } userErrors { code field } } }"""


class Shelf(Shop):
    """A shop with two SKUs, kibble (50) and chew (9)."""

    def at_main(self, sku: str = "kibble") -> dict[str, str]:
        item = next(one.item for one in self.books.variants.values() if one.sku == sku)
        return {"inventoryItemId": gid("InventoryItem", item), "locationId": gid("Location", self.books.main)}

    def set(
        self, *quantities: dict[str, Any], key: str = "k", name: str = "available", reason: str = "correction"
    ) -> Any:
        told = {"name": name, "reason": reason, "quantities": quantities}
        return self.ask(SET, input=told, key=key)["inventorySetQuantities"]

    def adjust(self, *changes: dict[str, Any], key: str = "k", name: str = "available") -> Any:
        told = {"name": name, "reason": "correction", "changes": changes}
        return self.ask(ADJUST, input=told, key=key)["inventoryAdjustQuantities"]


def test_it_is_set_from_the_figure_that_was_seen_and_only_from_that() -> None:
    shop = Shelf()
    done = shop.set(shop.at_main() | {"quantity": 40, "changeFromQuantity": 50})
    assert done["userErrors"] == []
    assert done["inventoryAdjustmentGroup"]["changes"] == [
        {"name": name, "delta": -10, "quantityAfterChange": 40, "item": {"sku": "kibble"},
         "location": {"name": "Main warehouse"}}
        for name in ("available", "on_hand")
    ]  # fmt: skip
    chew = shop.at_main("chew") | {"quantity": 1, "changeFromQuantity": None}
    stale = shop.set(chew, shop.at_main() | {"quantity": 30, "changeFromQuantity": 50}, key="k2")
    assert stale == {"inventoryAdjustmentGroup": None, "userErrors": [
        {"code": "CHANGE_FROM_QUANTITY_STALE", "field": ["input", "quantities", "1", "changeFromQuantity"]}
    ]}  # fmt: skip
    assert levels(shop) == {"kibble": [40, 0, 40], "chew": [9, 0, 9]}
    assert shop.effects() == [("inventorySetQuantities", "correction/kibble-10", False)]


def at(shop: Shelf, item: str) -> dict[str, str]:
    """When each figure of an item at the main location was last another."""
    found = shop.ask(SINCE, id=item)["inventoryItem"]["inventoryLevels"]["nodes"][0]["quantities"]
    return {one["name"]: one["updatedAt"] for one in found}


SINCE = """query ($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 1) { nodes {
  quantities(names: ["available", "committed", "on_hand", "damaged"]) { name updatedAt } } } } }"""


def test_each_figure_says_when_it_last_was_another() -> None:
    """What is packed is not available before, nor after."""
    shop = Shelf()
    item = shop.at_main()["inventoryItemId"]
    began = "2026-01-01T12:00:00Z"
    assert at(shop, item) == dict.fromkeys(("available", "committed", "on_hand", "damaged"), began)
    shop.at += 60
    number = shop.place()
    set_aside = "2026-01-01T12:01:00Z"
    wanted = {"available": set_aside, "committed": set_aside, "on_hand": set_aside, "damaged": began}
    assert at(shop, item) == wanted
    shop.at += 60
    shop.shopify.acts["shopify/dispatch"](msgspec.json.encode({"order": number}))
    packed = "2026-01-01T12:02:00Z"
    assert at(shop, item) == wanted | {"committed": packed, "on_hand": packed}


@pytest.mark.parametrize("restock", [True, False])
def test_what_was_set_aside_goes_back_where_it_was(*, restock: bool) -> None:
    """Though orders of now are packed elsewhere."""
    shop = Shelf()
    number, old = shop.place(), shop.books.main
    shop.shopify.acts["shopify/locations"](b'{"name": "Second", "assigned": true}')
    shop.ask(CANCEL, id=gid("Order", number), restock=restock, back=False)
    there = {
        (shop.books.item(item).sku, place == old): dict(level.quantities)  # type: ignore[union-attr]
        for (item, place), level in shop.books.levels.items()
    }
    kibble, chew = (50, 9) if restock else (47, 8)
    assert there == {
        ("kibble", True): {"available": kibble, "committed": 0}, ("chew", True): {"available": chew, "committed": 0},
    }  # fmt: skip


def test_on_hand_is_set_by_what_is_available() -> None:
    shop = Shelf()
    shop.place()
    shop.set(shop.at_main() | {"quantity": 60, "changeFromQuantity": 50}, name="on_hand")
    assert levels(shop)["kibble"] == [57, 3, 60]


def test_it_is_adjusted_once_by_a_key() -> None:
    shop = Shelf()
    change = shop.at_main() | {"delta": 5, "changeFromQuantity": 50}
    for _ in range(2):
        assert shop.adjust(change) == {
            "inventoryAdjustmentGroup": {"changes": [{"delta": 5}]}, "userErrors": [],
        }  # fmt: skip
    assert levels(shop)["kibble"] == [55, 0, 55]
    other = shop.adjust(change | {"delta": 6})
    assert [one["code"] for one in other["userErrors"]] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    stale = shop.adjust(change, key="k2")
    assert [one["code"] for one in stale["userErrors"]] == ["CHANGE_FROM_QUANTITY_STALE"]
    spent = shop.adjust(change, key="k2")
    assert [one["code"] for one in spent["userErrors"]] == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert levels(shop)["kibble"] == [55, 0, 55]
    assert [(name, again) for name, _, again in shop.effects()] == [
        ("inventoryAdjustQuantities", False), ("inventoryAdjustQuantities", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"inventoryItemId": gid("InventoryItem", 1)}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": gid("Location", 1)}, "INVALID_LOCATION"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_vendors_code(told: dict[str, Any], code: str) -> None:
    shop = Shelf()
    done = shop.set(shop.at_main() | {"quantity": 1, "changeFromQuantity": None} | told)
    assert [one["code"] for one in done["userErrors"]] == [code]
    assert (levels(shop), shop.effects()) == ({"kibble": [50, 0, 50], "chew": [9, 0, 9]}, [])


def test_names_reasons_pairs_and_places_are_checked() -> None:
    shop = Shelf()
    one = shop.at_main() | {"quantity": 1, "changeFromQuantity": None}
    other = Place(id=shop.books.number(), name="Elsewhere")
    shop.books.places[other.id] = other
    for number, (done, code) in enumerate((
        (shop.set(one, name="committed", key="1"), "INVALID_NAME"),
        (shop.set(one, reason="because", key="2"), "INVALID_REASON"),
        (shop.set(one, one, key="3"), "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"),
        (shop.set(one | {"locationId": gid("Location", other.id)}, key="4"), "ITEM_NOT_STOCKED_AT_LOCATION"),
        (shop.adjust(shop.at_main() | {"delta": 1, "changeFromQuantity": None}, name="on_hand", key="5"),
         "INVALID_QUANTITY_NAME"),
        (shop.adjust(shop.at_main() | {"delta": 1, "changeFromQuantity": None}, name="damaged", key="6"),
         "INVALID_QUANTITY_DOCUMENT"),
    )):  # fmt: skip
        assert (number, [found["code"] for found in done["userErrors"]]) == (number, [code])
    assert shop.effects() == []


def test_the_figure_that_was_seen_must_be_said_and_a_key_given() -> None:
    shop = Shelf()
    told = {"name": "available", "reason": "correction", "quantities": [shop.at_main() | {"quantity": 1}]}
    answer = shop.answer(SET, input=told, key="k")
    assert [(one["message"], one["extensions"]["code"]) for one in answer["errors"]] == [(
        "InventoryQuantityInput must include the following argument: changeFromQuantity.", "INVALID_FIELD_ARGUMENTS",
    )]  # fmt: skip
    bare = ADJUST.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = shop.answer(bare, input={"name": "available", "reason": "correction", "changes": []})
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["BAD_REQUEST"]
    assert shop.effects() == []
