"""Products, variants, and how many there are where, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.sandbox.shopify.books import known, stamp
from pawline.sandbox.shopify.paging import later, pages

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books, Level, Place, Variant
    from pawline.sandbox.shopify.paging import Resolver, View


def variant(books: Books, one: Variant) -> View:
    """A `ProductVariant`."""
    there = _available(books, one)
    return {
        "__typename": "ProductVariant",
        "id": f"gid://shopify/ProductVariant/{one.id}",
        "legacyResourceId": str(one.id),
        "title": "Default Title",
        "displayName": f"{one.title} - Default Title",
        "sku": one.sku,
        "barcode": one.barcode,
        "price": one.price.format(),
        "position": 1,
        "product": later(lambda: product(books, one)),
        "inventoryItem": later(lambda: item(books, one)),
        "inventoryPolicy": "DENY" if one.tracked else "CONTINUE",
        "inventoryQuantity": there,
        "sellableOnlineQuantity": there,
        "availableForSale": not one.tracked or there > 0,
        "taxable": True,
        "requiresComponents": False,
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.at),
        "selectedOptions": [{"name": "Title", "value": "Default Title"}],
    }


def product(books: Books, one: Variant) -> View:
    """The `Product` of a variant."""
    return {
        "__typename": "Product",
        "id": f"gid://shopify/Product/{one.product}",
        "legacyResourceId": str(one.product),
        "title": one.title,
        "handle": one.sku.lower(),
        "vendor": one.vendor,
        "productType": one.kind,
        "status": one.status,
        "tags": sorted(one.tags),
        "description": "",
        "descriptionHtml": "",
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.at),
        "publishedAt": stamp(one.at),
        "variants": pages(lambda: [one], lambda found: variant(books, found)),
        "variantsCount": {"count": 1, "precision": "EXACT"},
        "totalInventory": _available(books, one),
        "tracksInventory": one.tracked,
        "hasOnlyDefaultVariant": True,
        "isGiftCard": False,
        "metafield": lambda _info, key, namespace="app": _metafield(one, f"{namespace}.{key}"),
        "metafields": _metafields(one),
    }


def _metafields(one: Variant) -> Resolver:
    def resolve(info: Any, *, namespace: str | None = None, **given: Any) -> View:  # noqa: ANN401 - a query's
        names = [name for name in sorted(one.fields) if namespace in {None, name.rpartition(".")[0]}]
        found: View = pages(lambda: names, lambda name: _metafield(one, name) or {})(info, **given)
        return found

    return resolve


def _metafield(one: Variant, name: str) -> View | None:
    value, (namespace, _, key) = one.fields.get(name), name.rpartition(".")
    if value is None:
        return None
    number = int.from_bytes(name.encode()) % 10**9 + one.product
    return {
        "__typename": "Metafield",
        "id": f"gid://shopify/Metafield/{number}",
        "legacyResourceId": str(number),
        "namespace": namespace,
        "key": key,
        "value": value,
        "jsonValue": value,
        "type": "single_line_text_field",
        "ownerType": "PRODUCT",
        "sizeInBytes": len(value.encode()),
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.at),
    }


def item(books: Books, one: Variant) -> View:
    """The `InventoryItem` of a variant."""
    return {
        "__typename": "InventoryItem",
        "id": f"gid://shopify/InventoryItem/{one.item}",
        "legacyResourceId": str(one.item),
        "sku": one.sku,
        "tracked": one.tracked,
        "requiresShipping": one.ships,
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.at),
        "variant": later(lambda: variant(books, one)),
        "variants": pages(lambda: [one], lambda found: variant(books, found)),
        "inventoryLevel": _level_at(books, one.item, None),
        "inventoryLevels": pages(lambda: _levels(books, item=one.item), lambda found: level(books, found)),
        "locationsCount": {"count": len(_levels(books, item=one.item)), "precision": "EXACT"},
        "measurement": {
            "id": f"gid://shopify/InventoryItemMeasurement/{one.item}",
            "weight": {"unit": "GRAMS", "value": float(one.grams)},
        },
        "duplicateSkuCount": 0,
    }


def level(books: Books, one: Level) -> View:
    """An `InventoryLevel`."""
    stocked = books.item(one.item)
    assert stocked is not None  # noqa: S101 - levels are of variants
    return {
        "__typename": "InventoryLevel",
        "id": f"gid://shopify/InventoryLevel/{one.place}?inventory_item_id={one.item}",
        "item": later(lambda: item(books, stocked)),
        "location": later(lambda: place(books, books.places[one.place])),
        "quantities": lambda _info, names: [_quantity(one, name) for name in names],
        "isActive": True,
        "canDeactivate": False,
        "createdAt": stamp(one.begun),
        "updatedAt": stamp(one.at),
    }


def _quantity(one: Level, name: str) -> View:
    return {
        "__typename": "InventoryQuantity",
        "id": f"gid://shopify/InventoryQuantity/{one.item}{one.place}?name={name}",
        "name": name,
        "quantity": one.count(name),
        "updatedAt": stamp(one.since(name)),
    }


def place(books: Books, one: Place) -> View:
    """A `Location`."""
    return {
        "__typename": "Location",
        "id": f"gid://shopify/Location/{one.id}",
        "legacyResourceId": str(one.id),
        "name": one.name,
        "isActive": one.active,
        "isPrimary": one.id == books.main,
        "isFulfillmentService": one.service,
        "fulfillmentService": service(books, one) if one.service else None,
        "fulfillsOnlineOrders": True,
        "shipsInventory": True,
        "hasActiveInventory": bool(_levels(books, place=one.id)),
        "address": {"address1": "Hauptstr. 1", "city": "Berlin", "countryCode": "DE", "formatted": ["Hauptstr. 1"]},
        "createdAt": stamp(books.begun),
        "updatedAt": stamp(books.begun),
        "inventoryLevel": _level_at(books, None, one.id),
        "inventoryLevels": pages(lambda: _levels(books, place=one.id), lambda found: level(books, found)),
    }


def service(books: Books, one: Place) -> View:
    """The `FulfillmentService` of a location."""
    return {
        "id": f"gid://shopify/FulfillmentService/{one.id}?id=true",
        "handle": one.name.lower().replace(" ", "-"),
        "serviceName": one.name,
        "type": "THIRD_PARTY" if one.service else "MANUAL",
        "inventoryManagement": False,
        "trackingSupport": True,
        "requiresShippingMethod": True,
        "location": later(lambda: place(books, one)),
    }


def _levels(books: Books, *, item: int | None = None, place: int | None = None) -> list[Level]:
    return [
        one
        for one in books.levels.values()
        if (item is None or one.item == item) and (place is None or one.place == place)
    ]


def _level_at(books: Books, item: int | None, at: int | None) -> Resolver:
    def resolve(_info: object, **given: Any) -> View | None:  # noqa: ANN401 - arguments of a query
        where = known(given.get("locationId"), "Location") if at is None else at
        what = known(given.get("inventoryItemId"), "InventoryItem") if item is None else item
        found = books.levels.get((what, where))
        return None if found is None else level(books, found)

    return resolve


def _available(books: Books, one: Variant) -> int:
    return sum(found.count("available") for found in _levels(books, item=one.item))
