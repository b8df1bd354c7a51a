"""What is sold: enough of a product to feed, filter, ship and recall it."""

from __future__ import annotations

import enum
from datetime import date

import msgspec

from pawline.model.household import Species
from pawline.model.ids import HouseholdId, LotId, PetId, PrescriptionId, SkuId
from pawline.model.moment import Aware, check_aware
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


class LifeStage(enum.StrEnum):
    """What an adequacy statement is of; "all life stages" is all of them. Stored: add, never rename."""

    GROWTH = "growth"
    MAINTENANCE = "maintenance"
    REPRODUCTION = "reproduction"
    """Gestation and lactation."""


class Allergen(enum.StrEnum):
    """What pets react to most (Mueller 2016, cutaneous adverse food reactions). Stored: add, never rename."""

    BEEF = "beef"
    CHICKEN = "chicken"
    CORN = "corn"
    DAIRY = "dairy"
    EGG = "egg"
    FISH = "fish"
    LAMB = "lamb"
    PORK = "pork"
    RICE = "rice"
    SOY = "soy"
    WHEAT = "wheat"


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """The guaranteed analysis as fed, in hundredths of a percent; None where the label says nothing of it.

    Raises ValueError for a share above the whole.
    """

    protein: int | None = None
    fat: int | None = None
    fibre: int | None = None
    moisture: int | None = None
    ash: int | None = None

    def __post_init__(self) -> None:
        if any(share is not None and not 0 <= share <= 10_000 for share in msgspec.structs.astuple(self)):
            raise ValueError("a share of the analysis is from 0 to 100 %")


class Food(msgspec.Struct, frozen=True, kw_only=True):
    """What a label says; None, or an empty tuple, where it says nothing. The texts are its own, judged elsewhere.

    `adequacy` is the nutritional adequacy statement, `calories` the statement of calorie content, `complete` whether it
    may be the sole diet. `large_growth`: whether growth of dogs of 70 lb (31.8 kg) and more is included, or excepted.
    `allergens` is what it contains of those that there are, and an empty tuple says that it lists none of them; of what
    `unclear` names (`animal fat`) nobody can tell. `kcal_per_unit` is of a `unit`, such as cup or can.
    Raises ValueError for an energy density that no food has.
    """

    kcal_per_kg: int | None = None
    ingredients: str | None = None
    adequacy: str | None = None
    life_stages: tuple[LifeStage, ...] = ()
    large_growth: bool | None = None
    complete: bool | None = None
    allergens: tuple[Allergen, ...] | None = None
    unclear: tuple[str, ...] = ()
    kcal_per_unit: int | None = None
    unit: str | None = None
    analysis: Analysis | None = None
    calories: str | None = None

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
        _check_measures(self)


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says of one SKU, as of a time; None where it says nothing. Several sources make a `Product`.

    `of_text` is a digest of the label's texts that a person confirmed this from: of another text it says nothing.
    Raises ValueError for weights that are not positive, a wrong GTIN, and a time without a zone.
    """

    sku: SkuId
    as_of: Aware
    title: str | None = None
    kind: ProductKind | None = None
    species: tuple[Species, ...] = ()
    price: Money | None = None
    content: int | None = None
    weight: int | None = None
    gtin: str | None = None
    brand: str | None = None
    food: Food | None = None
    hazard_class: str | None = None
    of_text: str | None = None

    def __post_init__(self) -> None:
        check_aware("a description's as-of time", self.as_of)
        _check_measures(self)


class ListedLot(msgspec.Struct, frozen=True, kw_only=True):
    """A lot of a SKU that the shop had, by a list as of a time; `best_by` as printed, None where the list says none.

    Raises ValueError for a time without a zone.
    """

    sku: SkuId
    lot: LotId
    as_of: Aware
    best_by: date | None = None

    def __post_init__(self) -> None:
        check_aware("a lot's as-of time", self.as_of)


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


def _check_measures(one: Product | Description) -> None:
    if any(grams is not None and grams <= 0 for grams in (one.content, one.weight)):
        raise ValueError(f"{one.sku}: content and weight are above zero grams")
    if one.gtin is not None and one.gtin != gtin(one.gtin):
        raise ValueError(f"{one.sku}: a GTIN is kept with 14 digits")
