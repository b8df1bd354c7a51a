"""Energy density: what a label or a sheet says in its own unit, as kcal per kilogram; and whether a food may have it.

4.184 kJ are a kilocalorie, the thermochemical one, as FEDIAF's guidelines have it. What is said of a cup or a can is of
a kilogram only where somebody says how many grams that is.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

PER_KG: Final = {
    "kcal/kg": Decimal(1), "kcal/100g": Decimal(10), "kj/100g": 10 / Decimal("4.184"), "kj/kg": 1 / Decimal("4.184"),
    "mj/kg": 1_000 / Decimal("4.184"),
}  # fmt: skip
"""Kilocalories per kilogram of one of each."""
UNITS: Final = ("cup", "can", "pouch", "tray", "piece")
"""What else energy is said of."""
LEAST: Final = 30
"""Kilocalories per kilogram that anything fed has, a broth too. Fewer is "3.649" read as a fraction."""
GROUPED: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?")
DRY_LEAST: Final = 1_500
"""Kilocalories per kilogram of dry matter that a food has at least: a third of fibre, a tenth of ash leave it 2,000."""
DRY_MOST: Final = 9_000
"""The same of pure fat."""


class Energy(NamedTuple):
    """Per kilogram, or per unit, or both."""

    per_kg: int | None
    per_unit: int | None = None
    unit: str | None = None


def energy(value: Decimal, said: str, unit_grams: Decimal | None = None) -> Energy:
    """The same per kilogram, rounded half to even; `unit_grams` is of the cup or can.

    Raises ValueError for a unit that is none of these, and for what no food has.
    """
    unit = said.replace(" ", "").lower()
    if value <= 0:
        raise ValueError("is not above zero")
    if unit in PER_KG:
        return Energy(_checked(value * PER_KG[unit]))
    piece = unit.removeprefix("kcal/")
    if piece == unit or piece not in UNITS:
        known = ", ".join([*PER_KG, *(f"kcal/{one}" for one in UNITS)])
        raise ValueError(f"is in a unit that is none of {known}")
    per_kg = None if unit_grams is None else _checked(value * 1_000 / unit_grams)
    if _whole(value) == 0:
        raise ValueError("is less than half a kilocalorie")
    return Energy(per_kg, _whole(value), piece)


def figure(said: str, unit: str) -> Decimal:
    """A number as a label has it: three digits behind a comma or a point are thousands, other than of megajoules.

    No food has so few calories that they were decimals.
    """
    plain = said.replace("'", "").replace(" ", "")
    if not unit.strip().lower().startswith("mj") and GROUPED.fullmatch(plain):
        whole, decimals = re.fullmatch(r"(.+?)(?:[.,](\d{1,2}))?", plain).groups()  # type: ignore[union-attr]
        return Decimal(re.sub(r"[.,]", "", whole) + "." + (decimals or "0"))
    return Decimal(plain.replace(",", "."))


def is_credible(kcal_per_kg: int, moisture: int | None) -> bool:
    """Whether a food of that moisture (hundredths of a percent) may have it: kcal/100 g taken for kcal/kg is not."""
    if moisture is None or moisture >= 9_900:
        return True
    dry = kcal_per_kg * 10_000 / (10_000 - moisture)
    return DRY_LEAST <= dry <= DRY_MOST


def _checked(per_kg: Decimal) -> int:
    whole = _whole(per_kg)
    if not LEAST <= whole <= DRY_MOST:
        raise ValueError(f"comes to {whole} kcal/kg, which no food has: is the unit right?")
    return whole


def _whole(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_HALF_EVEN))
