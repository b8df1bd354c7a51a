"""What is sold: enough of a product to feed, filter, ship and recall it."""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from pawline.model.household import Species
from pawline.model.ids import HouseholdId, PetId, PrescriptionId, SkuId
from pawline.model.money import Money


class ProductKind(enum.StrEnum):
    """Which rules a product falls under. The strings are stored: add, never rename."""

    FOOD = "food"
    TREAT = "treat"
    THERAPEUTIC_DIET = "therapeutic_diet"
    RX_DRUG = "rx_drug"
    OTC_DRUG = "otc_drug"
    SUPPLEMENT = "supplement"
    LITTER = "litter"
    SUPPLY = "supply"
    LIVE_ANIMAL = "live_animal"
    GIFT_CARD = "gift_card"


class Food(msgspec.Struct, frozen=True, kw_only=True):
    """What a label says; None where it says nothing. The texts are the label's own, judged elsewhere.

    `adequacy` is the nutritional adequacy statement. Raises ValueError for an energy density that no food has.
    """

    kcal_per_kg: int | None = None
    ingredients: str | None = None
    adequacy: str | None = None

    def __post_init__(self) -> None:
        if self.kcal_per_kg is not None and not 0 < self.kcal_per_kg <= 9_000:
            raise ValueError(f"{self.kcal_per_kg} kcal/kg is no food: pure fat has 9,000")


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU. `content` is grams of food or goods inside, `weight` grams as shipped.

    `species` empty means that it says none. `hazard_class` is the carrier's (2 aerosols, 6 flea collars and pesticides,
    8 batteries, 9 lithium). Raises ValueError for weights that are not positive and for a wrong GTIN.
    """

    sku: SkuId
    title: str
    kind: ProductKind
    species: tuple[Species, ...] = ()
    price: Money | None = None
    content: int | None = None
    weight: int | None = None
    gtin: str | None = None
    brand: str | None = None
    food: Food | None = None
    hazard_class: str | None = None

    def __post_init__(self) -> None:
        if any(grams is not None and grams <= 0 for grams in (self.content, self.weight)):
            raise ValueError(f"{self.sku}: content and weight are above zero grams")
        if self.gtin is not None and self.gtin != gtin(self.gtin):
            raise ValueError(f"{self.sku}: a GTIN is kept with 14 digits")


class Prescription(msgspec.Struct, frozen=True, kw_only=True):
    """A vet's word that this pet may have this item, until `expires_on`, `refills_left` more times after the first.

    Raises ValueError for a negative count.
    """

    id: PrescriptionId
    household: HouseholdId
    pet: PetId
    sku: SkuId
    clinic: str
    expires_on: date
    refills_left: int = 0
    reference: str | None = None

    def __post_init__(self) -> None:
        if self.refills_left < 0:
            raise ValueError(f"prescription {self.id}: refills left are not negative")


def gtin(text: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits, zeros in front. Raises ValueError for anything else."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no GTIN: 8, 12, 13 or 14 digits")
    digits = text.rjust(14, "0")
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    if weighted % 10:
        raise ValueError(f"{text!r} is no GTIN: its check digit is wrong")
    return digits
