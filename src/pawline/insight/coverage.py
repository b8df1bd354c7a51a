"""How much is known of what a shop sells: by SKU, and by what people bought, where what sells a lot counts a lot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from pawline.model import Description, Food, ProductKind, SkuId

EATEN: Final = frozenset({ProductKind.FOOD, ProductKind.TREAT, ProductKind.THERAPEUTIC_DIET})
"""What has a label that says what is in it. What does not say its kind may be one, and counts until it says."""
TOP: Final = 5
NOBODY: Final = Food()


class Field(NamedTuple):
    """What may be known: whether a SKU says it, and whether it is asked of food only."""

    says: Callable[[Description], bool]
    eaten: bool = True


FIELDS: Final[dict[str, Field]] = {
    "kcal": Field(lambda one: _food(one).kcal_per_kg is not None),
    "kcal per cup or can": Field(lambda one: _food(one).kcal_per_unit is not None),
    "ingredients": Field(lambda one: _food(one).ingredients is not None),
    "allergens": Field(lambda one: _food(one).allergens is not None),
    "adequacy": Field(lambda one: _food(one).adequacy is not None),
    "complete": Field(lambda one: _food(one).complete is not None),
    "life stages": Field(lambda one: bool(_food(one).life_stages)),
    "analysis": Field(lambda one: _food(one).analysis is not None),
    "species": Field(lambda one: bool(one.species)),
    "net weight": Field(lambda one: one.content is not None),
    "kind": Field(lambda one: one.kind is not None, eaten=False),
    "GTIN": Field(lambda one: one.gtin is not None, eaten=False),
}


class Missing(msgspec.Struct, frozen=True):
    """A SKU that does not say it, and in how many lines of orders it was."""

    sku: SkuId
    title: str
    lines: int


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """Of one field: how many SKUs say it, of how many, and how many lines of orders those were. `top` lack it."""

    field: str
    known: int
    skus: int
    lines_known: int
    lines: int
    top: tuple[Missing, ...] = ()


def coverage(goods: Iterable[Description], sold: Mapping[SkuId, int], top: int = TOP) -> tuple[Cover, ...]:
    """Field by field. What was sold and nobody describes is a SKU of which nothing is known."""
    known = {one.sku: one for one in goods}
    skus = [*known, *(sku for sku in sold if sku not in known)]
    return tuple(_cover(name, field, skus, known, sold, top) for name, field in FIELDS.items())


def _cover(
    name: str, field: Field, skus: Iterable[SkuId], known: Mapping[SkuId, Description], sold: Mapping[SkuId, int],
    top: int,
) -> Cover:  # fmt: skip
    asked = [sku for sku in skus if not field.eaten or _may_be_eaten(known.get(sku))]
    there = {sku for sku in asked if sku in known and field.says(known[sku])}
    lacking = sorted((-sold.get(sku, 0), sku) for sku in asked if sku not in there)
    return Cover(
        field=name, known=len(there), skus=len(asked), lines_known=sum(sold.get(sku, 0) for sku in there),
        lines=sum(sold.get(sku, 0) for sku in asked),
        top=tuple(Missing(sku, _title(known.get(sku)), -lines) for lines, sku in lacking[:top] if lines),
    )  # fmt: skip


def _may_be_eaten(said: Description | None) -> bool:
    return said is None or said.kind is None or said.kind in EATEN


def _food(said: Description) -> Food:
    return said.food or NOBODY


def _title(said: Description | None) -> str:
    return "" if said is None else said.title or ""
