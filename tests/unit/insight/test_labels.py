"""What a label says is proposed with its own words; what it denies, or says twice and differently, is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.labels import Confidence, proposals
from pawline.model import Allergen, Analysis, Description, Food, LifeStage, SkuId, Species
from tests.unit.insight.real_labels import statements

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ALL = "growth, maintenance, reproduction"
DOG = "is formulated to meet the nutritional levels established by the AAFCO Dog Food Nutrient Profiles for"
TESTED = "Animal feeding tests using AAFCO procedures substantiate that Bloggo provides complete and balanced nutrition"


def label(**food: object) -> Description:
    return Description(sku=SkuId("a"), as_of=NOON, food=Food(**food))  # type: ignore[arg-type]


def said(**food: object) -> dict[str, str]:
    return {one.field: one.value for one in proposals(label(**food))}


@pytest.mark.parametrize(("text", "expected"), statements())
def test_statements_are_read_by_their_grammar(text: str, expected: dict[str, str]) -> None:
    assert said(adequacy=text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"This product is not formulated to meet {DOG.removeprefix('is formulated to meet ')} growth.",
        f"Bloggo {DOG} growth or maintenance, unless your vet says so.",
        f"Bloggo {DOG} senior dogs.",
        f"Bloggo {DOG} maintenance of adult cats.",
        f"Bloggo {DOG} maintenance, except for growth of large size dogs.",
        "Formulated to meet the nutritional levels established by the AAFCO Cat Food Nutrient Profiles.",
        "Bloggo is not intended for intermittent or supplemental feeding.",
        "Complete and balanced! Made for your adult dog.",
        "Dieses Ergänzungsfuttermittel darf wegen der gegenüber Alleinfuttermittel höheren Gehalte nur an Pferde",
        "Feed together with a complete food for adult dogs.",
        "Nicht als Alleinfuttermittel für Hunde geeignet.",
        "This is no complete food for cats.",
        "If fed with a complete food for puppies, halve it.",
        "",
    ],
)  # fmt: skip
def test_what_is_denied_conditional_or_not_of_the_grammar_is_not_proposed(text: str) -> None:
    assert said(adequacy=text) == {}


NEGATIONS = ["not", "never", "Unless", "no", "nicht", "isn't", "without", "may"]
STATEMENTS = [
    f"Bloggo {DOG} growth", f"Bloggo {DOG} all life stages", f"{TESTED} for maintenance of adult cats",
    "Bloggo is intended for intermittent or supplemental feeding only", "Complete food for adult cats",
    "Ergänzungsfuttermittel für Hunde",
]  # fmt: skip


@given(st.sampled_from(STATEMENTS), st.sampled_from(NEGATIONS))
def test_a_negation_before_a_statement_leaves_nothing_of_it(statement: str, no: str) -> None:
    assert said(adequacy=f"{no} {statement}.") == {}


@given(st.sampled_from(STATEMENTS), st.sampled_from(STATEMENTS))
def test_statements_that_contradict_each_other_are_not_proposed(one: str, other: str) -> None:
    alone, beside = said(adequacy=f"{one}."), said(adequacy=f"{other}.")
    both = said(adequacy=f"{one}. {other}.")
    for field, value in both.items():
        assert value in (alone.get(field, value), beside.get(field, value))
        assert {alone.get(field, value), beside.get(field, value)} == {value}
    if alone.get("complete") != beside.get("complete"):
        assert "complete" not in both
        assert "life_stages" not in both


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It contains 3649 kilocalories of metabolizable energy (ME) per kilogram or 369 kilocalories ME per cup.",
            {"kcal": "3649", "kcal_per_unit": "369 kcal/cup"},
        ),
        (
            "METABOLIZABLE ENERGY: 3850 kcal/kg (439 kcal per 8 fl. oz cup), with 37% from protein",
            {"kcal": "3850", "kcal_per_unit": "439 kcal/cup"},
        ),
        ("Calorie Content (ME) 1016 kcal/kg 385 kcal/can", {"kcal": "1016", "kcal_per_unit": "385 kcal/can"}),
        ("This diet contains 364 kilocalories of metabolizable energy (ME) per 100 gms.", {"kcal": "3640"}),
        ("3,649 kcal ME/kg", {"kcal": "3649"}), ("3.649 kcal/kg", {"kcal": "3649"}),
        ("3 649 kcal/kg", {"kcal": "3649"}),
        ("364.9 kcal/100 g", {"kcal": "3649"}), ("364,9 kcal je 100 g", {"kcal": "3649"}),
        ("15,27 MJ/kg", {"kcal": "3650"}), ("1.527 kJ/100 g", {"kcal": "3650"}),
        ("1527 kJ/100 g (365 kcal/100 g)", {"kcal": "3650"}),
        ("3649 kcal/kg. 4100 kcal/kg.", {}), ("3649 kcal/kg dry matter", {}), ("95 kcal/kg body weight", {}),
        ("95 kcal/kg^0.75", {}), ("Feed 114 kilocalories", {}), ("320 cal", {}), ("at least 3000 kcal/kg", {}),
        ("less than 3000 kcal/kg", {}), ("130 kcal per kg BW", {}), ("36490 kcal/kg", {}), ("0 kcal/kg", {}),
        ("369 kcal/cup, 385 kcal/can", {}),
    ],
)  # fmt: skip
def test_calories_are_read_in_their_unit_and_of_the_food(text: str, expected: dict[str, str]) -> None:
    assert said(calories=text) == expected


def test_calories_that_no_food_of_that_moisture_has_are_not_proposed() -> None:
    dry = Analysis(moisture=1_000)
    assert said(calories="365 kcal/kg", analysis=dry) == {}
    assert said(calories="3650 kcal/kg", analysis=dry) == {"kcal": "3650"}
    assert [one.confidence for one in proposals(label(calories="approx. 3650 kcal/kg"))] == [Confidence.LIKELY]


def test_each_proposal_has_the_words_it_was_read_from_and_how_sure_it_is() -> None:
    text = f"A line before. Bloggo {DOG} growth. 3649 kcal/kg"
    found = proposals(label(adequacy=text, ingredients="Chicken, natural flavor, peas (dried)"))
    assert [(one.field, one.words, one.confidence.value) for one in found] == [
        ("species", f"Bloggo {DOG} growth.", "sure"), ("life_stages", f"Bloggo {DOG} growth.", "sure"),
        ("complete", f"Bloggo {DOG} growth.", "sure"), ("kcal", "3649 kcal/kg", "sure"),
        ("allergens", "Chicken, natural flavor, peas (dried)", "likely"),
    ]  # fmt: skip
    assert found[-1].value == "chicken, ?natural flavor"


def test_a_list_that_lists_none_says_so_and_shows_all_of_it() -> None:
    (found,) = proposals(label(ingredients="peas, carrots, kangaroo"))
    assert (found.value, found.words) == ("none", "peas, carrots, kangaroo")


def test_what_is_said_is_not_proposed() -> None:
    food = Food(
        adequacy=f"Bloggo {DOG} growth, including growth of large size dogs. 3649 kcal/kg, 369 kcal/cup",
        ingredients="peas, chicken, rice", life_stages=(LifeStage.MAINTENANCE,), large_growth=False, complete=False,
        kcal_per_kg=1, kcal_per_unit=1, unit="cup", allergens=(Allergen.EGG,),
    )  # fmt: skip
    assert proposals(Description(sku=SkuId("a"), as_of=NOON, species=(Species.CAT,), food=food)) == ()
    assert (
        proposals(Description(sku=SkuId("a"), as_of=NOON, title="Complete dog food with chicken, 3649 kcal/kg")) == ()
    )
