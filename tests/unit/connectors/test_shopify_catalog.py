"""What Shopify sells, with what the shop wrote about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.model import Food, Money, Product, ProductKind, SkuId, Species
from pawline.ports import Catalog, Code, PortError, ProductPage, Rejected
from tests.unit.connectors.shopify_vendor import Vendor, ask, nodes

A, GTIN = SkuId("A"), "04006381333931"
FIELDS = ("kind", "species", "content", "kcal", "ingredients", "adequacy", "hazard")


def sold(sku: str | None = "A", no: int = 1, product_type: str = "", **fields: Any) -> dict[str, Any]:
    written = {name: {"value": fields[name]} if name in fields else None for name in FIELDS}
    return {
        "id": f"gid://shopify/ProductVariant/{no}", "sku": sku, "barcode": "4006381333931",
        "displayName": "Puppy - 2 kg",
        "price": "19.99", "inventoryItem": {"measurement": {"weight": {"unit": "POUNDS", "value": 4.5}}},
        "product": {"isGiftCard": False, "productType": product_type, "vendor": "Paws"} | written,
    }  # fmt: skip


def reply(*variants: Any) -> dict[str, Any]:
    return {"shop": {"currencyCode": "EUR"}, "productVariants": nodes(*variants)}


def refused(vendor: Vendor, call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(vendor, Catalog, call)
    return caught.value


def test_a_product_is_what_the_shop_wrote_down() -> None:
    fields: dict[str, Any] = {
        "kind": "food",
        "species": "dog, cat",
        "content": "2000",
        "kcal": "3800",
        "ingredients": "chicken",
    }
    vendor = Vendor(Product=reply(sold("a", 9), sold(**fields)))
    assert ask(vendor, Catalog, lambda catalog: catalog.product(A)) == Product(
        sku=A, title="Puppy - 2 kg", kind=ProductKind.FOOD, species=(Species.DOG, Species.CAT), content=2000,
        price=Money(1999, "EUR"), weight=2041, gtin=GTIN, brand="Paws",
        food=Food(kcal_per_kg=3800, ingredients="chicken"),
    )  # fmt: skip
    assert vendor.heard == [("Product", {"query": 'sku:"A"'})]


def test_a_product_is_of_the_kind_that_its_type_names() -> None:
    found = ask(Vendor(Product=reply(sold(product_type="OTC drug"))), Catalog, lambda catalog: catalog.product(A))
    assert (found.kind, found.food, found.species) == (ProductKind.OTC_DRUG, None, ())


@pytest.mark.parametrize(
    ("variants", "code"),
    [
        ([], Code.NOT_FOUND),
        ([sold("a")], Code.NOT_FOUND),
        ([sold(product_type="Dog things")], Code.UNSUPPORTED),
        ([sold(kind="food", content="2 kg")], Code.INVALID),
        ([sold(kind="food", kcal="99000")], Code.INVALID),
        ([sold(kind="food", species="unicorn")], Code.INVALID),
    ],
)
def test_what_is_no_product_is_refused(variants: list[Any], code: Code) -> None:
    error = refused(Vendor(Product=reply(*variants)), lambda catalog: catalog.product(A))
    assert (type(error), error.code) == (Rejected, code)


def name(no: int, sku: str | None, barcode: str | None = None) -> dict[str, Any]:
    return {"id": f"gid://shopify/ProductVariant/{no}", "sku": sku, "barcode": barcode}


def test_what_changed_is_told_by_product_with_all_its_variants() -> None:
    first = {"id": "gid://shopify/Product/1", "variants": nodes(name(1, "A"), after="v1")}
    second = {"id": "gid://shopify/Product/2", "variants": nodes(name(3, "A"), name(4, None))}
    vendor = Vendor(
        Products={"products": nodes(first, second, after="p1")},
        ProductVariants={"product": {"variants": nodes(name(2, "B"))}},
    )
    since = datetime(2026, 11, 29, 10, tzinfo=UTC)
    found = ask(vendor, Catalog, lambda catalog: catalog.changed_since(since, "p0"))
    assert found == ProductPage(skus=(A, SkuId("B"), SkuId("variant-4")), after="p1")
    assert vendor.heard == [
        ("Products", {"query": "updated_at:>='2026-11-29T10:00:00Z'", "after": "p0"}),
        ("ProductVariants", {"id": "gid://shopify/Product/1", "after": "v1"}),
    ]


def test_all_there_is_is_asked_for_without_a_time() -> None:
    vendor = Vendor(Products={"products": nodes()})
    assert ask(vendor, Catalog, lambda catalog: catalog.changed_since(None, None)) == ProductPage(skus=())
    assert vendor.heard == [("Products", {"query": None, "after": None})]


def test_a_gtin_is_found_with_and_without_its_zeros() -> None:
    some = nodes(name(1, "A", "4006381333931"), name(2, "B", GTIN), name(3, "A", GTIN), name(4, "C", "006381333931"))
    vendor = Vendor(ByGtin={"productVariants": some})
    assert ask(vendor, Catalog, lambda catalog: catalog.by_gtin(GTIN)) == (A, SkuId("B"))
    query = f'barcode:"{GTIN}" OR barcode:"4006381333931"'
    assert vendor.heard == [("ByGtin", {"query": query, "after": None})]
