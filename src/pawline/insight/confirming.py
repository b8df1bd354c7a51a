"""What a person takes of what was proposed: as they wrote it, of the very text that they saw."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from pawline.insight.cells import flag, listed, stages, words
from pawline.insight.energy import energy, figure, is_credible
from pawline.insight.goods import joined, text_of
from pawline.insight.labels import Proposal, proposals
from pawline.insight.labels import said as fields_of
from pawline.model import Description, Food, SkuId, Species

FIGURE: Final = re.compile(r"(\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d{1,6}(?:[.,]\d{1,3})?)\s*([^\d\s].*)?")
"""As people of any country write it: the same number everywhere."""


class Asked(NamedTuple):
    """A proposal as a person sees it: `id` names it, with the text that it was read from. `said`: by now it is said."""

    id: str
    sku: SkuId
    title: str
    proposal: Proposal
    said: bool


def asked(said: Sequence[Description]) -> tuple[Asked, ...]:
    """All that may be proposed of one SKU, by what its sources say; what was confirmed is said."""
    plain = joined([one for one in said if one.of_text is None])
    if plain is None:
        return ()
    whole = fields_of(joined(said) or plain)
    return tuple(
        Asked(
            _id(plain.sku, text_of(plain, one.field) or "", one), plain.sku, plain.title or "", one, one.field in whole
        )
        for one in proposals(plain)
    )


def _id(sku: SkuId, text: str, one: Proposal) -> str:
    """Begins with a letter, so that no spreadsheet takes it for a number."""
    digest = hashlib.blake2b(f"{sku}\0{text}\0{one.field}\0{one.value}".encode(), digest_size=7).hexdigest()
    return f"p{digest}"


def confirmed(said: Sequence[Description], field: str, value: str, now: datetime) -> Description:
    """That this is so of one SKU from now on, as long as its label's text stays what it is.

    Raises ValueError, without the cell's text, for what a cell cannot say.
    """
    plain = joined([one for one in said if one.of_text is None])
    if plain is None:
        raise ValueError("is of no SKU that an account describes")
    text = text_of(plain, field)
    if field == "species":
        return Description(sku=plain.sku, as_of=now, species=words(value, Species), of_text=text)
    food = Food(**read_field(field, value))
    analysis = None if plain.food is None else plain.food.analysis
    if food.kcal_per_kg is not None and analysis is not None and not is_credible(food.kcal_per_kg, analysis.moisture):
        raise ValueError(f"comes to {food.kcal_per_kg} kcal/kg, which no food of that moisture has")
    return Description(sku=plain.sku, as_of=now, food=food, of_text=text)


def read_field(field: str, value: str) -> dict[str, Any]:
    """The cell as fields of a food. Raises ValueError."""
    if field == "life_stages":
        return {field: stages(value)}
    if field in ("large_growth", "complete"):
        return {field: flag(value)}
    if field == "allergens":
        contains, unclear = listed(value)
        return {"allergens": contains, "unclear": unclear}
    found = FIGURE.fullmatch(value.strip())
    if found is None:
        raise ValueError("is no figure, such as 3649 or 369 kcal/cup")
    said = energy(figure(found[1], found[2] or ""), found[2] or "kcal/kg")
    if field == "kcal":
        if said.per_kg is None:
            raise ValueError("is not per kilogram: write it as kcal/kg")
        return {"kcal_per_kg": said.per_kg}
    if said.unit is None:
        raise ValueError("is not per cup or can: write it as 369 kcal/cup")
    return {"kcal_per_unit": said.per_unit, "unit": said.unit}
