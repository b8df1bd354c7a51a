"""What WooCommerce says of what it sells, as far as it is read, and what we make of it.

`plugins/woocommerce/includes/rest-api/Controllers/Version3/class-wc-rest-products-controller.php` and
`…-product-variations-controller.php`. A variation without an SKU or a weight of its own shows its product's. Names and
terms come with the entities of HTML in them.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from pawline.connectors.woocommerce.settings import Labels
from pawline.connectors.woocommerce.told import ToldMeta, decimal, meta_of, moment
from pawline.kit import sku_of
from pawline.model import Description, Food, Money, ProductKind, SkuId, Species, gtin

GRAMS: Final = {"kg": Decimal(1000), "g": Decimal(1), "lbs": Decimal("453.59237"), "oz": Decimal("28.349523125")}
"""Of WooCommerce's four units of weight."""
NOT_SOLD: Final = frozenset({"grouped", "external"})
"""A list of other products, and what another shop sells."""


class Option(msgspec.Struct, frozen=True):
    """One of the shop's own settings.

    https://woocommerce.github.io/woocommerce-rest-api-docs/#retrieve-an-setting-option
    """

    value: str | int


class Term(msgspec.Struct, frozen=True):
    """A category, a tag or a brand."""

    name: str = ""


class ToldAttribute(msgspec.Struct, frozen=True):
    """Of a product its `options`, of a variation the one `option`. `variation`: its variations differ by it."""

    name: str = ""
    options: tuple[str, ...] = ()
    option: str | None = None
    variation: bool = False


class ToldProduct(msgspec.Struct, frozen=True):
    """A product, or a variation of one."""

    id: int
    name: str | None = None
    type: str = "simple"
    status: str | None = None
    sku: str | None = None
    global_unique_id: str | None = None
    price: str | float | int | None = None
    weight: str | float | int | None = None
    parent_id: int = 0
    date_created_gmt: str | None = None
    date_modified_gmt: str | None = None
    attributes: tuple[ToldAttribute, ...] = ()
    categories: tuple[Term, ...] = ()
    tags: tuple[Term, ...] = ()
    brands: tuple[Term, ...] = ()
    meta_data: tuple[ToldMeta, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether its variations are sold, and not it."""
        return self.type.startswith("variable")

    @property
    def called(self) -> SkuId:
        """As lines of orders call it."""
        return sku_of(self.sku, str(self.id), "")

    def changed(self) -> datetime:
        """When it was saved last. Raises ValueError where it does not say."""
        return moment(self.date_modified_gmt or self.date_created_gmt or "")


class Terms(NamedTuple):
    """The shop's own currency, and its unit of weight."""

    currency: str
    weight: str


def described(of: ToldProduct, variations: Sequence[ToldProduct], labels: Labels, terms: Terms) -> list[Description]:
    """Each SKU of a product once. Raises ValueError for what can be none.

    Variations that share the product's SKU are one: what they differ in is not said.
    """
    if of.type in NOT_SOLD:
        return []
    by_sku = dict[SkuId, list[Description]]()
    for one in variations if of.varies else (of,):
        said = _described(one, of, labels, terms)
        by_sku.setdefault(said.sku, []).append(said)
    return [found[0] if len(found) == 1 else _shared(found, _text(of.name)) for found in by_sku.values()]


def _shared(found: Sequence[Description], title: str) -> Description:
    """What all of them say, as of the newest; what one says and another does not is nobody's."""
    first, kept = found[0], dict[str, Any]()
    for field in msgspec.structs.fields(Description):
        values = [getattr(one, field.name) for one in found]
        if field.name not in {"sku", "as_of", "title"} and all(one == values[0] for one in values):
            kept[field.name] = values[0]
    return Description(sku=first.sku, as_of=max(one.as_of for one in found), title=title or None, **kept)


def _described(one: ToldProduct, of: ToldProduct, labels: Labels, terms: Terms) -> Description:
    reading = _Reading(one, of)
    return Description(
        sku=one.called, as_of=max(one.changed(), of.changed()), title=_title(one, of), kind=_kind(reading, labels),
        price=_price(one, terms.currency), species=_species(reading, labels), content=_whole(reading, labels.content),
        weight=_weight(one, of, terms), gtin=_gtin(reading, labels), brand=reading.text(labels.brand) or None,
        food=_food(reading, labels), hazard_class=reading.text(labels.hazard_class) or None,
    )  # fmt: skip


def _price(one: ToldProduct, currency: str) -> Money | None:
    """As shoppers see it: net prices are entered with more decimals than money has."""
    return None if one.price in (None, "") else Money.rounded(decimal(one.price), currency)


def _title(one: ToldProduct, of: ToldProduct) -> str | None:
    """A variation is told apart by what it is chosen by: its own name differs from call to call, and from version."""
    if one is of:
        return _text(of.name) or None
    chosen = ", ".join(filter(None, (_text(each.option) for each in one.attributes)))
    return " - ".join(filter(None, (_text(of.name), chosen))) or None


class _Reading:
    """What stands at the places that the settings name: the variation's own, else its product's."""

    def __init__(self, one: ToldProduct, of: ToldProduct) -> None:
        self._one, self._of = one, of

    def texts(self, place: str) -> tuple[str, ...]:
        """All that stands there; nothing for a place that is not said."""
        what, _, name = place.partition(":")
        if what == "meta":
            return _texts(_plain(meta_of(each.meta_data, name)) for each in (self._one, self._of))[:1]
        if what == "attribute":
            return self._attribute(name)
        terms = {"category": self._of.categories, "tag": self._of.tags, "brand": self._of.brands}.get(what, ())
        return _texts(each.name for each in terms)

    def text(self, place: str) -> str:
        """The same as one text."""
        return ", ".join(self.texts(place))

    def barcode(self) -> str:
        """WooCommerce's own field for it, which newer versions have."""
        return _text(self._one.global_unique_id)

    def _attribute(self, name: str) -> tuple[str, ...]:
        wanted = name.strip().casefold()
        own = _texts(each.option for each in self._one.attributes if _text(each.name).casefold() == wanted)
        if own:
            return own
        return _texts(
            option for each in self._of.attributes if _text(each.name).casefold() == wanted
            for option in each.options if self._one is self._of or not each.variation
        )  # fmt: skip


def _texts(found: Iterable[object]) -> tuple[str, ...]:
    return tuple(filter(None, (_text(one) for one in found)))


def _text(said: object) -> str:
    return html.unescape(said).strip() if isinstance(said, str) else ""


def _plain(value: object) -> str:
    """A field's value, where it is a text or a number; lists and objects are a plugin's own."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _kind(reading: _Reading, labels: Labels) -> ProductKind | None:
    """The first that is one, by the shop's words or by ours; None where nobody says."""
    for text in reading.texts(labels.kind):
        said = labels.kinds.get(text) or text.casefold().replace(" ", "_").replace("-", "_")
        if said in set(ProductKind):
            return ProductKind(said)
    return None


def _species(reading: _Reading, labels: Labels) -> tuple[Species, ...]:
    """Raises ValueError for a word that is none, but among categories and tags, which say much else."""
    found = dict[Species, None]()
    for text in reading.texts(labels.species):
        for word in filter(None, (each.strip() for each in text.split(","))):
            said = labels.animals.get(word) or word.casefold()
            if said in set(Species):
                found[Species(said)] = None
            elif labels.species.partition(":")[0] in {"attribute", "meta"}:
                raise ValueError(f"which animal {word[:40]!r} is, is not known: name it in `labels.animals`")
    return tuple(found)


def _whole(reading: _Reading, place: str) -> int | None:
    text = reading.text(place)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"{place} is to be a whole number, and nothing else")
    return int(text)


def _food(reading: _Reading, labels: Labels) -> Food | None:
    made = Food(
        kcal_per_kg=_whole(reading, labels.kcal), ingredients=reading.text(labels.ingredients) or None,
        adequacy=reading.text(labels.adequacy) or None,
    )  # fmt: skip
    return None if made == Food() else made


def _weight(one: ToldProduct, of: ToldProduct, terms: Terms) -> int | None:
    for said in (one.weight, of.weight):
        if said not in (None, ""):
            return int((decimal(said) * GRAMS[terms.weight]).to_integral_value()) or None
    return None


def _gtin(reading: _Reading, labels: Labels) -> str | None:
    """A barcode of the shop's own making is no GTIN, and no error. A product's is not its variations'."""
    try:
        return gtin((reading.text(labels.gtin) if labels.gtin else reading.barcode()).replace("-", ""))
    except ValueError:
        return None
