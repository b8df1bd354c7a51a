"""One description of a SKU out of what several sources say of it, field by field.

Who tells a price sells it. What a shopper sees (title, brand, price, GTIN, weight as shipped, hazard) is as the seller
says it; what is in the bag (kind, species, content, everything of the label) as the sheet says, which is kept for that.
Each fills what the other leaves open. What a person confirmed of the label's text fills what nobody says, as long as
the text is the one that they saw. Of two sources of one kind the newer counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from pawline.model import Description, Food, Product

FACE: Final = ("title", "brand", "price", "gtin", "weight", "hazard_class")
"""As the seller says it."""
INSIDE: Final = ("kind", "species", "content")
"""As the sheet says it."""
READ_FROM: Final = {"allergens": ("ingredients",)}
"""From which of them a field is read; any other one is from the statements, which say nothing of ingredients."""
STATEMENTS: Final = ("adequacy", "calories")
TOGETHER: Final = (
    ("ingredients",), ("adequacy",), ("calories",), ("complete",), ("life_stages",), ("large_growth",),
    ("allergens", "unclear"), ("kcal_per_kg",), ("kcal_per_unit", "unit"), ("analysis",),
)  # fmt: skip
"""Fields of a food: those of one group mean something only together, and are one source's."""
T = TypeVar("T")


def joined(said: Iterable[Description]) -> Description | None:
    """What they say together; None of nothing. `as_of` is the newest."""
    newest = sorted(said, key=lambda one: one.as_of, reverse=True)
    plain = [one for one in newest if one.of_text is None]
    if not plain:
        return None
    sellers = [one for one in plain if one.price is not None]
    sheets = [one for one in plain if one.price is None]
    made = _filled(plain[0], sellers + sheets, sheets + sellers)
    texts = {text_of(made, field) for field in ("allergens", "")} - {None}
    confirmed = [one for one in newest if one.of_text in texts]
    return _filled(plain[0], sellers + sheets + confirmed, sheets + sellers + confirmed) if confirmed else made


def text_of(description: Description, field: str) -> str | None:
    """A digest of the label's texts that the field is read from; None where there is none.

    Not of all of them: a new statement of calories does not unsettle what somebody confirmed of the ingredients.
    """
    food, names = description.food or Food(), READ_FROM.get(field, STATEMENTS)
    texts = [getattr(food, name) or "" for name in names]
    return hashlib.blake2b("\0".join([*names, *texts]).encode(), digest_size=8).hexdigest() if any(texts) else None


def product_of(description: Description) -> Product | None:
    """As a product; None where it has no title, or nobody says of what kind it is."""
    if description.title is None or description.kind is None:
        return None
    given = {name: getattr(description, name) for name in Product.__struct_fields__}
    return Product(**given)


def _filled(newest: Description, face: Sequence[Description], inside: Sequence[Description]) -> Description:
    fields: dict[str, Any] = {name: _first(face, _of(name)) for name in FACE}
    fields |= {name: _first(inside, _of(name)) for name in INSIDE}
    food = _food([one.food for one in inside if one.food is not None])
    return Description(
        sku=newest.sku, as_of=newest.as_of, food=food, **fields | {"species": fields["species"] or ()}
    )  # fmt: skip


def _food(said: Sequence[Food]) -> Food | None:
    fields: dict[str, Any] = {}
    for group in TOGETHER:
        who = next((one for one in said if any(_says(getattr(one, name)) for name in group)), None)
        if who is not None:
            fields |= {name: getattr(who, name) for name in group}
    return Food(**fields) if fields else None


def _first(said: Sequence[Description], read: Callable[[Description], T]) -> T | None:
    return next((value for one in said if _says(value := read(one))), None)


def _of(name: str) -> Callable[[Description], Any]:
    return lambda one: getattr(one, name)


def _says(value: object) -> bool:
    return value is not None and value != ()
