"""All that Shopify sells is told once for each change, also where its time stays; what is odd is named once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors import shopify
from pawline.connectors.shopify.looking_goods import GOODS, sold
from pawline.kit import BadSettings, Seen
from pawline.model import Description, Food, Money, ProductDescribed, ProductKind, SkuId, Species
from tests.unit.connectors.shopify_looked import Scene, tried
from tests.unit.sandbox.shopify_scene import STOCK


def told(seen: Seen) -> dict[str, Description]:
    found = dict[str, Description]()
    for one in seen.sightings:
        assert isinstance(one.event, ProductDescribed)
        found[one.event.description.sku] = one.event.description
    return found


async def walk(one: Scene, cursor: str = "") -> tuple[dict[str, Description], str, list[str], set[str | None]]:
    """All pages: what they say, the cursor, what could not be read, and the facts."""
    found, bad, facts = dict[str, Description](), list[str](), set[str | None]()
    while True:
        seen = await sold(one.http, one.settings, cursor)
        found |= told(seen)
        bad += [f"{each.where}: {each.why}" for each in seen.quarantined]
        facts |= {each.event.fact for each in seen.sightings}
        cursor = seen.cursor
        if not seen.more:
            return found, cursor, bad, facts


def variant(one: Scene, number: int = 0) -> Any:
    return list(one.shopify.books.variants.values())[number]


def test_every_variant_is_described_and_known_by_its_fact_until_something_changes() -> None:
    async def work(one: Scene) -> None:
        kept = variant(one)
        kept.fields |= {"pawline.kind": "food", "pawline.species": "dog", "pawline.kcal_per_kg": "3649"}
        kept.barcode = "4006381333931"
        first, cursor, bad, facts = await walk(one)
        assert (set(first), bad) == (set(STOCK), [])
        assert first[kept.sku] == Description(
            sku=SkuId(kept.sku), as_of=datetime.fromtimestamp(int(kept.at), UTC), title=f"{kept.title} - Default Title",
            kind=ProductKind.FOOD, species=(Species.DOG,), price=Money(kept.price.minor, kept.price.currency),
            weight=first[kept.sku].weight, gtin="04006381333931", brand="Sandbox", food=Food(kcal_per_kg=3_649),
        )  # fmt: skip
        assert variant(one, 1).sku in first
        assert first[variant(one, 1).sku].kind is None
        again, cursor, bad, same = await walk(one, cursor)
        assert (again, same, bad) == (first, facts, [])
        kept.fields["pawline.kcal_per_kg"] = "3700"  # and its time stays
        changed, _, _, new = await walk(one, cursor)
        assert changed[kept.sku].food == Food(kcal_per_kg=3_700)
        assert len(new - facts) == 1

    tried(work)


def test_what_is_no_product_is_named_once_until_it_is_mended_and_keeps_no_other_back() -> None:
    async def work(one: Scene) -> None:
        kept = variant(one)
        kept.fields["pawline.kcal_per_kg"] = "many"
        found, cursor, bad, _ = await walk(one)
        assert (len(found), bad) == (len(STOCK) - 1, [f"variant {kept.id}: a metafield that counts is a whole number"])
        found, cursor, bad, _ = await walk(one, cursor)
        assert (len(found), bad) == (len(STOCK) - 1, [])
        kept.fields["pawline.kcal_per_kg"] = "3649"
        found, cursor, bad, _ = await walk(one, cursor)
        assert (len(found), bad) == (len(STOCK), [])
        kept.fields["pawline.kcal_per_kg"] = "0"
        _, _, bad, _ = await walk(one, cursor)
        assert bad == [f"variant {kept.id}: 0 kcal/kg is no food: pure fat has 9,000"]

    tried(work)


def test_a_page_goes_on_behind_the_last() -> None:
    async def work(one: Scene) -> None:
        one.rich()
        kept = variant(one)
        for number in range(60):
            more = type(kept)(**{
                name: getattr(kept, name) for name in kept.__dataclass_fields__
            } | {"id": 10**6 + number, "sku": f"more-{number}"})  # fmt: skip
            one.shopify.books.variants[more.id] = more
        first = await sold(one.http, one.settings, "")
        assert (len(first.sightings), first.more) == (40, True)
        found, _, _, _ = await walk(one)
        assert len(found) == len(STOCK) + 60
        second = await sold(one.http, one.settings, first.cursor)
        assert not told(first).keys() & told(second).keys()

    tried(work)


def test_it_is_looked_at_where_it_is_said_and_nowhere_else() -> None:
    given = {"shop": "pets-eu.myshopify.com", "token": "tok"}
    assert GOODS.every(shopify.connector.configure(given)) == timedelta(0)
    assert GOODS.every(shopify.connector.configure(given | {"goods": 86_400})) == timedelta(days=1)
    with pytest.raises(BadSettings, match="`goods` is seconds, a week at most; 0 is none"):
        shopify.connector.configure(given | {"goods": -1})


def test_a_cursor_is_the_same_for_the_same() -> None:
    async def work(one: Scene) -> None:
        seen = [await sold(one.http, one.settings, "") for _ in range(2)]
        assert seen[0].cursor == seen[1].cursor
        assert msgspec.json.decode(seen[0].cursor) == {"after": None, "bad": []}

    tried(work)
