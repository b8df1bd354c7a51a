"""One description out of several: each field of the one who knows it, and what was confirmed only of its own text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.confirming import asked, confirmed, read_field
from pawline.insight.coverage import Missing, coverage
from pawline.insight.energy import Energy, energy, is_credible
from pawline.insight.goods import joined, product_of, text_of
from pawline.model import (
    Allergen,
    Description,
    Food,
    LifeStage,
    Money,
    Product,
    ProductKind,
    SkuId,
    Species,
)  # fmt: skip

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
A = SkuId("a")
DOG = "X is formulated to meet the nutritional levels established by the AAFCO Dog Food Nutrient Profiles for growth."
SHOP = Description(
    sku=A, as_of=NOON, title="Kibble", kind=ProductKind.FOOD, price=Money(1999, "EUR"), weight=3_100, brand="Paws",
    gtin="04006381333931", food=Food(kcal_per_kg=3_000, ingredients="corn, peas, chicken"),
)  # fmt: skip
SHEET = Description(
    sku=A, as_of=NOON - timedelta(days=9), title="KIBBLE 3KG", kind=ProductKind.THERAPEUTIC_DIET, content=3_000,
    weight=9, food=Food(kcal_per_kg=3_649, adequacy=DOG, allergens=(Allergen.EGG,)),
)  # fmt: skip


def test_who_tells_a_price_says_what_shoppers_see_and_the_sheet_what_is_inside() -> None:
    expected = Description(
        sku=A, as_of=NOON, title="Kibble", kind=ProductKind.THERAPEUTIC_DIET, price=Money(1999, "EUR"), content=3_000,
        weight=3_100, brand="Paws", gtin="04006381333931",
        food=Food(kcal_per_kg=3_649, adequacy=DOG, allergens=(Allergen.EGG,), ingredients="corn, peas, chicken"),
    )  # fmt: skip
    for some in permutations([SHOP, SHEET]):
        assert joined(some) == expected
    assert product_of(expected) == Product(**{
        name: getattr(expected, name) for name in Product.__struct_fields__
    })  # fmt: skip
    assert joined([]) is None
    assert product_of(msgspec.structs.replace(expected, title=None)) is None
    assert product_of(msgspec.structs.replace(expected, kind=None)) is None


def test_of_two_sheets_the_newer_counts_and_fields_that_belong_together_stay_together() -> None:
    newer = Description(sku=A, as_of=NOON, food=Food(kcal_per_unit=369, unit="cup", allergens=(), unclear=("fat",)))
    older = Description(
        sku=A, as_of=NOON - timedelta(1),
        food=Food(kcal_per_kg=3_600, kcal_per_unit=9, unit="can", allergens=(Allergen.EGG,)),
    )  # fmt: skip
    for some in permutations([newer, older]):
        found = joined(some)
        assert found is not None
        assert found.food == Food(kcal_per_kg=3_600, kcal_per_unit=369, unit="cup", allergens=(), unclear=("fat",))


def test_what_was_confirmed_fills_what_nobody_says_and_only_of_the_text_it_was_read_from() -> None:
    plain = Description(sku=A, as_of=NOON, food=Food(adequacy=DOG, kcal_per_kg=3_600))
    taken = [
        confirmed([plain], field, value, NOON)
        for field, value in (("species", "dog"), ("life_stages", "growth"), ("kcal", "9000"))
    ]
    assert {one.of_text for one in taken} == {text_of(plain, "species")}
    found = joined([*taken, plain])
    assert found == msgspec.structs.replace(
        plain, species=(Species.DOG,), food=Food(adequacy=DOG, kcal_per_kg=3_600, life_stages=(LifeStage.GROWTH,))
    )
    other = msgspec.structs.replace(plain, food=Food(adequacy=f"{DOG} New!", kcal_per_kg=3_600))
    assert joined([*taken, other]) == other
    assert joined(taken) is None  # its account does not sell it any more


def test_what_was_confirmed_of_the_ingredients_stands_where_only_the_statements_change() -> None:
    plain = Description(sku=A, as_of=NOON, food=Food(adequacy=DOG, ingredients="egg, peas, oats"))
    taken = [confirmed([plain], "allergens", "egg", NOON), confirmed([plain], "complete", "yes", NOON)]
    stated = msgspec.structs.replace(plain, food=Food(adequacy=f"{DOG} New!", ingredients="egg, peas, oats"))
    found = joined([*taken, stated])
    assert found is not None
    assert found.food is not None
    assert (found.food.allergens, found.food.complete) == ((Allergen.EGG,), None)
    recipe = msgspec.structs.replace(plain, food=Food(adequacy=DOG, ingredients="egg, peas, corn"))
    found = joined([*taken, recipe])
    assert found is not None
    assert found.food is not None
    assert (found.food.allergens, found.food.complete) == (None, True)


def test_a_proposal_is_known_by_its_text_and_said_once_it_is_confirmed() -> None:
    plain = Description(sku=A, as_of=NOON, title="Kibble", food=Food(adequacy=DOG))
    first = asked([plain])
    assert [(one.sku, one.title, one.proposal.field, one.said) for one in first] == [
        (A, "Kibble", "species", False), (A, "Kibble", "life_stages", False), (A, "Kibble", "complete", False)
    ]  # fmt: skip
    assert len({one.id for one in first}) == 3
    assert all(one.id.startswith("p") for one in first)
    after = asked([plain, confirmed([plain], "species", "dog", NOON)])
    assert [(one.id, one.said) for one in after] == [(one.id, one.proposal.field == "species") for one in first]
    other = asked([msgspec.structs.replace(plain, food=Food(adequacy=f"{DOG} New!"))])
    assert not {one.id for one in other} & {one.id for one in first}
    renamed = asked([msgspec.structs.replace(plain, title="Kibble NEW")])
    assert [one.id for one in renamed] == [one.id for one in first]


@pytest.mark.parametrize(
    ("field", "value", "fields"),
    [
        ("life_stages", "all", {"life_stages": tuple(sorted(LifeStage))}),
        ("life_stages", "growth; maintenance", {"life_stages": (LifeStage.GROWTH, LifeStage.MAINTENANCE)}),
        ("complete", "Ja", {"complete": True}), ("large_growth", "no", {"large_growth": False}),
        ("kcal", "3649", {"kcal_per_kg": 3_649}), ("kcal", "3,649 kcal/kg", {"kcal_per_kg": 3_649}),
        ("kcal", "365 kcal/100 g", {"kcal_per_kg": 3_650}), ("kcal", "3.649", {"kcal_per_kg": 3_649}),
        ("kcal", "89,5 kcal/100g", {"kcal_per_kg": 895}), ("kcal", "89.5 kcal/100g", {"kcal_per_kg": 895}),
        ("kcal", "3 649,5 kcal/kg", {"kcal_per_kg": 3_650}), ("kcal", "15,267 MJ/kg", {"kcal_per_kg": 3_649}),
        ("kcal_per_unit", "369,4 kcal/cup", {"kcal_per_unit": 369, "unit": "cup"}),
        ("kcal_per_unit", "369 kcal/cup", {"kcal_per_unit": 369, "unit": "cup"}),
        ("allergens", "none", {"allergens": (), "unclear": ()}),
        ("allergens", "egg, chicken, ?animal fat", {
            "allergens": (Allergen.CHICKEN, Allergen.EGG), "unclear": ("animal fat",)
        }),
    ],
)  # fmt: skip
def test_a_cell_says_what_the_model_has_words_for(field: str, value: str, fields: dict[str, object]) -> None:
    assert read_field(field, value) == fields


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("life_stages", "senior", "is none of growth, maintenance, reproduction"),
        ("complete", "perhaps", "is neither yes nor no"),
        ("kcal", "many", "is no figure, such as 3649 or 369 kcal/cup"),
        ("kcal", "369 kcal/cup", "is not per kilogram: write it as kcal/kg"), ("kcal", "0", "is not above zero"),
        ("kcal", "4", "comes to 4 kcal/kg, which no food has: is the unit right?"),
        ("kcal", "36490", "comes to 36490 kcal/kg, which no food has: is the unit right?"),
        ("kcal_per_unit", "369", "is not per cup or can: write it as 369 kcal/cup"),
        ("allergens", "egg, ?", "has a ? with nothing behind it"),
        ("allergens", "unobtainium",
         "is none of beef, chicken, corn, dairy, egg, fish, lamb, pork, rice, soy, wheat"),
    ],
)  # fmt: skip
def test_a_cell_that_says_nothing_of_it_is_refused(field: str, value: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|comes|has) ") as refused:
        read_field(field, value)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("value", "unit", "grams", "expected"),
    [
        ("3649", "kcal/kg", None, Energy(3_649)), ("364.9", "kcal/100g", None, Energy(3_649)),
        ("1526.7", "kJ/100 g", None, Energy(3_649)), ("15.27", "MJ/kg", None, Energy(3_650)),
        ("15270", "kJ/kg", None, Energy(3_650)), ("369", "kcal/cup", None, Energy(None, 369, "cup")),
        ("369", "kcal/cup", "101", Energy(3_653, 369, "cup")), ("94", "kcal/can", "85", Energy(1_106, 94, "can")),
    ],
)  # fmt: skip
def test_energy_is_the_same_in_each_unit(value: str, unit: str, grams: str | None, expected: Energy) -> None:
    assert energy(Decimal(value), unit, None if grams is None else Decimal(grams)) == expected


@given(st.integers(30, 9_000))
def test_kilojoules_come_back_as_the_calories_they_were_made_of(kcal: int) -> None:
    assert energy(Decimal(kcal) * Decimal("0.4184"), "kJ/100g") == Energy(kcal)


def test_a_density_is_judged_by_its_dry_matter() -> None:
    assert [is_credible(kcal, 1_000) for kcal in (365, 1_349, 1_350, 3_650, 8_100, 8_101)] == [
        False, False, True, True, True, False
    ]  # fmt: skip
    assert [is_credible(kcal, 7_800) for kcal in (94, 942)] == [False, True]
    assert is_credible(94, None)


def test_coverage_counts_skus_and_what_was_sold_and_names_who_lacks_it_and_sells_most() -> None:
    goods = [
        Description(sku=SkuId("full"), as_of=NOON, title="Full", kind=ProductKind.FOOD, food=Food(kcal_per_kg=3_600)),
        Description(sku=SkuId("bare"), as_of=NOON, title="Bare", kind=ProductKind.FOOD),
        Description(sku=SkuId("odd"), as_of=NOON),
        Description(sku=SkuId("litter"), as_of=NOON, kind=ProductKind.LITTER),
    ]
    sold = {SkuId("full"): 90, SkuId("bare"): 6, SkuId("litter"): 50, SkuId("unknown"): 4}
    found = {one.field: one for one in coverage(goods, sold, top=2)}
    kcal, kind = found["kcal"], found["kind"]
    assert (kcal.known, kcal.skus, kcal.lines_known, kcal.lines) == (1, 4, 90, 100)
    assert kcal.top == (Missing(SkuId("bare"), "Bare", 6), Missing(SkuId("unknown"), "", 4))
    assert (kind.known, kind.skus, kind.lines_known, kind.lines) == (3, 5, 146, 150)
    assert kind.top == (Missing(SkuId("unknown"), "", 4),)
    assert all((one.known, one.skus, one.lines) == (0, 0, 0) for one in coverage([], {}))
