"""What a label's texts say, proposed to a person, each with the very words that it was read from. It is used by nobody.

Precision first. What is not said in the grammar that the rules of labelling give is not read, and where two places of a
label contradict each other nothing is proposed. A title is never read: it proves nothing ("with chicken" is 3 %).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pawline.insight.calories import calories
from pawline.insight.cells import NONE, UNCLEAR
from pawline.insight.ingredients import allergens
from pawline.insight.statements import Claim, claims
from pawline.model import Description, Food

FIELDS: Final = ("species", "life_stages", "large_growth", "complete", "kcal", "kcal_per_unit", "allergens")
"""What may be proposed."""


class Confidence(enum.StrEnum):
    """How far the words leave it open."""

    SURE = "sure"
    """They are the statement that the rules of labelling prescribe."""
    LIKELY = "likely"
    """They name it, and what is not named may be missing from a text that is cut short."""


class Proposal(NamedTuple):
    """A field, what it would be (as a cell of a sheet has it), the label's words, and how sure that is."""

    field: str
    value: str
    words: str
    confidence: Confidence


def proposals(label: Description) -> tuple[Proposal, ...]:
    """What may be read off the label's texts and nobody says yet, in the order of FIELDS."""
    food = label.food or Food()
    texts = list(dict.fromkeys(one for one in (food.adequacy, food.calories) if one))
    found = [*_claimed(claims(texts)), *_energy(food, texts), *_allergens(food)]
    lacking = {one.field for one in found} - said(label)
    return tuple(sorted((one for one in found if one.field in lacking), key=lambda one: FIELDS.index(one.field)))


def said(label: Description) -> set[str]:
    """Those of FIELDS that somebody says."""
    food = label.food or Food()
    told = {
        "species": label.species, "life_stages": food.life_stages, "large_growth": food.large_growth is not None,
        "complete": food.complete is not None, "kcal": food.kcal_per_kg, "kcal_per_unit": food.kcal_per_unit,
        "allergens": food.allergens is not None,
    }  # fmt: skip
    return {name for name, is_told in told.items() if is_told}


def _claimed(found: Sequence[Claim]) -> Iterator[Proposal]:
    """What all statements agree about; of what one leaves open the others decide."""
    words = " … ".join(dict.fromkeys(one.words for one in found))
    for field, said in (
        ("species", [", ".join(one.species) for one in found]),
        ("life_stages", [", ".join(one.life_stages) for one in found]),
        ("large_growth", [_yes(one.large_growth) for one in found]),
        ("complete", [_yes(one.complete) for one in found]),
    ):
        values = {one for one in said if one}
        if len(values) == 1 and (field in ("species", "complete") or len({one.complete for one in found}) == 1):
            yield Proposal(field, values.pop(), words, Confidence.SURE)


def _yes(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _energy(food: Food, texts: Sequence[str]) -> Iterator[Proposal]:
    moisture = None if food.analysis is None else food.analysis.moisture
    found = calories(texts, moisture)
    if found.per_kg is not None:
        sure = Confidence.LIKELY if found.about else Confidence.SURE
        yield Proposal("kcal", str(found.per_kg), found.words, sure)
    if found.per_unit is not None:
        yield Proposal("kcal_per_unit", f"{found.per_unit} kcal/{found.unit}", found.words, Confidence.SURE)


def _allergens(food: Food) -> Iterator[Proposal]:
    found = None if food.ingredients is None else allergens(food.ingredients)
    if found is None:
        return
    # All of it: what is not named in the value is said not to be there, and of that a person has to see the whole list.
    value = ", ".join([*found.contains, *(f"{UNCLEAR}{one}" for one in found.unclear)]) or NONE
    yield Proposal("allergens", value, food.ingredients or "", Confidence.LIKELY)
