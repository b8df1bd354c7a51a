"""Shopify in the role of Catalog: what is sold, with what the shop wrote about it in metafields `pawline.…`."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.reading import grams
from pawline.connectors.shopify.replies import Nodes, Weight, number_in
from pawline.connectors.shopify.search import moment, quoted, sku_query
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http, Page, every_item, sku_of
from pawline.model import Aware, Description, Food, Money, Product, ProductKind, SkuId, Species, gtin
from pawline.ports import Code, Operation, ProductPage, Rejected


class Value(msgspec.Struct, frozen=True):
    """Of a metafield."""

    value: str


class Measurement(msgspec.Struct, frozen=True):
    """As shipped."""

    weight: Weight | None = None


class Measured(msgspec.Struct, frozen=True):
    """What is stocked."""

    measurement: Measurement


class ProductNode(msgspec.Struct, frozen=True, rename="camel"):
    """What the variants of a product share."""

    is_gift_card: bool
    product_type: str
    vendor: str
    kind: Value | None = None
    species: Value | None = None
    content: Value | None = None
    kcal: Value | None = None
    ingredients: Value | None = None
    adequacy: Value | None = None
    hazard: Value | None = None
    updated_at: Aware | None = None


class Sold(msgspec.Struct, frozen=True, rename="camel"):
    """A variant of a product."""

    id: str
    display_name: str
    price: str
    inventory_item: Measured
    product: ProductNode
    sku: str | None = None
    barcode: str | None = None


class ShopCurrency(msgspec.Struct, frozen=True, rename="camel"):
    """The shop's own."""

    currency_code: str


class ProductReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of PRODUCT."""

    shop: ShopCurrency
    product_variants: Nodes[Sold]


class VariantName(msgspec.Struct, frozen=True):
    """A variant by its names."""

    id: str
    sku: str | None = None
    barcode: str | None = None

    @property
    def called(self) -> SkuId:
        """As everywhere."""
        return sku_of(self.sku, number_in(self.id), "")


class Variants(msgspec.Struct, frozen=True):
    """Of one product."""

    id: str
    variants: Nodes[VariantName]


class ProductsReply(msgspec.Struct, frozen=True):
    """Of PRODUCTS."""

    products: Nodes[Variants]


class More(msgspec.Struct, frozen=True):
    """More variants of one product."""

    variants: Nodes[VariantName]


class MoreReply(msgspec.Struct, frozen=True):
    """Of PRODUCT_VARIANTS."""

    product: More | None


class GtinReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of BY_GTIN."""

    product_variants: Nodes[VariantName]


class ShopifyCatalog:
    """See `Catalog`. Which rules a product falls under nobody guesses: it says its kind, or is a gift card."""

    OPERATIONS: Final[dict[str, Operation]] = {}

    def __init__(self, http: Http, _: Settings) -> None:
        self._admin: Final = Admin(http)

    async def product(self, sku: SkuId) -> Product:
        """Raises Rejected(unsupported) for one that does not say of what kind it is."""
        reply = await self._admin.ask(documents.PRODUCT, {"query": sku_query(sku)}, ProductReply)
        for one in reply.product_variants.nodes:
            if sku_of(one.sku, number_in(one.id), "") == sku:
                return _product(sku, one, reply.shop.currency_code)
        raise Rejected(f"Shopify sells no {sku}", Code.NOT_FOUND)

    async def changed_since(self, since: Aware | None, after: str | None) -> ProductPage:
        query = None if since is None else f"updated_at:>={moment(since)}"
        reply = await self._admin.ask(documents.PRODUCTS, {"query": query, "after": after}, ProductsReply)
        skus: dict[SkuId, None] = {}
        for one in reply.products.nodes:
            skus |= dict.fromkeys([variant.called for variant in await self._variants(one)])
        return ProductPage(skus=tuple(skus), after=reply.products.after)

    async def by_gtin(self, gtin: str) -> tuple[SkuId, ...]:
        forms = [gtin[cut:] for cut in (0, 1, 2, 6) if not gtin[:cut].strip("0")]
        query = " OR ".join(f"barcode:{quoted(form)}" for form in forms)

        async def fetch(after: str | None) -> Page[VariantName]:
            reply = await self._admin.ask(documents.BY_GTIN, {"query": query, "after": after}, GtinReply)
            return Page(reply.product_variants.nodes, reply.product_variants.after)

        found = [one async for one in every_item(fetch, lambda one: one.id)]
        return tuple(dict.fromkeys(one.called for one in found if (one.barcode or "").strip() in forms))

    async def _variants(self, product: Variants) -> list[VariantName]:
        async def fetch(after: str | None) -> Page[VariantName]:
            if after is None:
                return Page(product.variants.nodes, product.variants.after)
            given = {"id": product.id, "after": after}
            reply = (await self._admin.ask(documents.PRODUCT_VARIANTS, given, MoreReply)).product
            return Page((), None) if reply is None else Page(reply.variants.nodes, reply.variants.after)

        return [one async for one in every_item(fetch, lambda one: one.id)]


def _product(sku: SkuId, one: Sold, currency: str) -> Product:
    of = one.product
    try:
        return Product(
            sku=sku, title=one.display_name, kind=_kind(sku, of), price=Money.parse(one.price, currency),
            species=_species(of), content=_whole(of.content), weight=grams(one.inventory_item.measurement.weight),
            brand=of.vendor or None, gtin=_gtin(one.barcode), food=_food(of), hazard_class=_text(of.hazard) or None,
        )  # fmt: skip
    except (ValueError, OverflowError) as problem:
        raise Rejected(f"{sku} is written down in Shopify as no product can be: {problem}") from None


def description_of(sku: SkuId, one: Sold, currency: str, as_of: Aware) -> Description:
    """What Shopify says of it, also where that is not of what kind it is. Raises ValueError where it can be nothing."""
    of = one.product
    try:
        kind = _kind(sku, of)
    except Rejected:
        kind = None
    return Description(
        sku=sku, as_of=as_of, title=one.display_name, kind=kind, price=Money.parse(one.price, currency),
        species=_species(of), content=_whole(of.content), weight=grams(one.inventory_item.measurement.weight),
        brand=of.vendor or None, gtin=_gtin(one.barcode), food=_food(of), hazard_class=_text(of.hazard) or None,
    )  # fmt: skip


def _species(of: ProductNode) -> tuple[Species, ...]:
    return tuple(Species(word.strip()) for word in _text(of.species).split(",") if word.strip())


def _kind(sku: SkuId, of: ProductNode) -> ProductKind:
    if of.is_gift_card:
        return ProductKind.GIFT_CARD
    said = _text(of.kind) or of.product_type.strip().lower().replace(" ", "_")
    try:
        return ProductKind(said)
    except ValueError:
        text = f"{sku} does not say of what kind it is: set its metafield `pawline.kind`"
        raise Rejected(text, Code.UNSUPPORTED) from None


def _food(of: ProductNode) -> Food | None:
    made = Food(
        kcal_per_kg=_whole(of.kcal), ingredients=_text(of.ingredients) or None, adequacy=_text(of.adequacy) or None
    )
    return None if made == Food() else made


def _gtin(barcode: str | None) -> str | None:
    """A barcode of the shop's own making is no GTIN, and no error."""
    try:
        return gtin((barcode or "").strip())
    except ValueError:
        return None


def _text(field: Value | None) -> str:
    return "" if field is None else field.value.strip()


def _whole(field: Value | None) -> int | None:
    text = _text(field)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError("a metafield that counts is a whole number")
    return int(text)
