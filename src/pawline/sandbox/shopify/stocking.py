"""Stock is set or adjusted: all of a call or none of it, and only from the figure that whoever asks has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.paging import refuse
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.sandbox.shopify.books import Books, Level

    Change = tuple[Level, str, int]

REASONS: Final = frozenset({
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
    "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
    "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
})  # fmt: skip
NAMES: Final = ("available", "damaged", "quality_control", "reserved", "safety_stock", "incoming")
"""What may be adjusted; on hand may only be set, and what is committed is the orders' alone."""
HIGHEST: Final = 1_000_000_000


def to_set(books: Books, told: Mapping[str, Any]) -> list[Change]:
    """Makes the changes of an `InventorySetQuantitiesInput`: level, name, by how many. Raises Wrong for the first."""
    if told["name"] not in {"available", "on_hand"}:
        raise Wrong("The quantity name must be available or on_hand.", "input", "name", code="INVALID_NAME")
    _check_reason(told)
    changes: list[Change] = []
    for place, one in enumerate(told["quantities"]):
        field = ("input", "quantities", str(place))
        level = _level(books, one, field)
        if any(level is before for before, _, _ in changes):
            raise Wrong(
                "Item and location are there twice.", *field, code="NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            )
        if one["quantity"] < 0:
            raise Wrong("The quantity can't be negative.", *field, "quantity", code="INVALID_QUANTITY_NEGATIVE")
        _compare(one, level, told["name"], field, "InventoryQuantityInput")
        changes.append((level, told["name"], one["quantity"] - level.count(told["name"])))
    return _do(books, changes, "quantities")


def to_adjust(books: Books, told: Mapping[str, Any]) -> list[Change]:
    """The same of an `InventoryAdjustQuantitiesInput`. Raises Wrong for the first."""
    if told["name"] not in NAMES:
        raise Wrong("The quantity name is invalid.", "input", "name", code="INVALID_QUANTITY_NAME")
    _check_reason(told)
    changes: list[Change] = []
    for place, one in enumerate(told["changes"]):
        field = ("input", "changes", str(place))
        level = _level(books, one, field)
        if (told["name"] == "available") is (one.get("ledgerDocumentUri") is not None):
            code = "INVALID_AVAILABLE_DOCUMENT" if told["name"] == "available" else "INVALID_QUANTITY_DOCUMENT"
            raise Wrong("All but available needs a ledger document.", *field, "ledgerDocumentUri", code=code)
        _compare(one, level, told["name"], field, "InventoryChangeInput")
        changes.append((level, told["name"], one["delta"]))
    return _do(books, changes, "changes")


def _check_reason(told: Mapping[str, Any]) -> None:
    if told["reason"] not in REASONS:
        raise Wrong("The specified reason is invalid.", "input", "reason", code="INVALID_REASON")
    uri = told.get("referenceDocumentUri")
    if uri is not None and "://" not in uri:
        field = ("input", "referenceDocumentUri")
        raise Wrong("The specified reference document is invalid.", *field, code="INVALID_REFERENCE_DOCUMENT")


def _level(books: Books, one: Mapping[str, Any], field: tuple[str, ...]) -> Level:
    item, place = known(one["inventoryItemId"], "InventoryItem"), known(one["locationId"], "Location")
    if books.item(item) is None:
        text = "The specified inventory item could not be found."
        raise Wrong(text, *field, "inventoryItemId", code="INVALID_INVENTORY_ITEM")
    if place not in books.places:
        raise Wrong("The specified location could not be found.", *field, "locationId", code="INVALID_LOCATION")
    if (item, place) not in books.levels:
        raise Wrong("The item is not stocked there.", *field, "locationId", code="ITEM_NOT_STOCKED_AT_LOCATION")
    return books.levels[item, place]


def _compare(one: Mapping[str, Any], level: Level, name: str, field: tuple[str, ...], input: str) -> None:
    if "changeFromQuantity" not in one:
        raise refuse("INVALID_FIELD_ARGUMENTS", f"{input} must include the following argument: changeFromQuantity.")
    seen = one["changeFromQuantity"]
    if seen is not None and seen != level.count(name):
        text = "The changeFromQuantity argument no longer matches the persisted quantity."
        raise Wrong(text, *field, "changeFromQuantity", code="CHANGE_FROM_QUANTITY_STALE")


def _do(books: Books, changes: Sequence[Change], where: str) -> list[Change]:
    for place, (level, name, by) in enumerate(changes):
        field = ("input", where, str(place))
        if level.count(name) + by > HIGHEST:
            raise Wrong("The total quantity is too high.", *field, code="INVALID_QUANTITY_TOO_HIGH")
        if level.count(name) + by < -HIGHEST:
            raise Wrong("The total quantity is too low.", *field, code="INVALID_QUANTITY_TOO_LOW")
    for level, name, by in changes:
        level.add(name, by, books.now())
    return list(changes)
