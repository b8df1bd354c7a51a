"""Addresses and boxes as EasyPost takes them, and which ways need papers for the customs."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from pawline.model import Address
from pawline.ports import Parcel

EU: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""The customs union of the EU, and Monaco."""
APART: Final = {
    "ES": ("35", "38", "51", "52"), "FI": ("22",), "DE": ("78266", "27498"), "IT": ("23041", "22061"),
    "GR": ("63086",), "FR": ("97", "98"),
}  # fmt: skip
"""Postcodes of the EU behind a customs border: the Canaries, Ceuta, Melilla, Åland, Büsingen, Helgoland, Livigno,
Campione, Athos, and what is overseas."""
ABROAD: Final = frozenset({"AA", "AE", "AP", "AS", "GU", "MP", "VI", "FM", "MH", "PW"})
"""Of the USA, where a domestic parcel needs papers: military post, and islands."""
GRAMS: Final = Decimal("28.349523125")
MILLIMETRES: Final = Decimal("25.4")
_TENTH: Final = Decimal("0.1")


def address(one: Address) -> dict[str, Any]:
    """https://docs.easypost.com/docs/addresses . What is unknown is left out, and no e-mail address is told."""
    lines = [line.strip() for line in one.lines if line.strip()]
    found = {
        "name": one.name, "company": one.company, "street1": lines[0], "street2": ", ".join(lines[1:]),
        "city": one.city, "state": one.region, "zip": one.postcode, "country": one.country, "phone": one.phone,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def parcel(one: Parcel) -> dict[str, float]:
    """Ounces and inches, to a tenth, never less than it is: https://docs.easypost.com/docs/parcels .

    Sizes are told only where all three are known.
    """
    found = {"weight": _tenths(one.weight, GRAMS)}
    if one.length is not None and one.width is not None and one.height is not None:
        for name, size in (("length", one.length), ("width", one.width), ("height", one.height)):
            found[name] = _tenths(size, MILLIMETRES)
    return found


def _tenths(amount: int, unit: Decimal) -> float:
    return float(max(_TENTH, (Decimal(amount) / unit).quantize(_TENTH, ROUND_CEILING)))


def needs_customs(here: Address, there: Address) -> bool:
    """Whether a parcel from here to there crosses a customs border; at the edges rather yes than no."""
    places = (_territory(here), _territory(there))
    return places[0] != places[1]


def _territory(one: Address) -> str:
    """Where its goods are free to go; what is apart is a place of its own."""
    postcode = (one.postcode or "").replace(" ", "").upper()
    if one.country == "US" and (one.region or "").strip().upper() in ABROAD:
        return f"US {postcode or one.region}"
    if postcode.startswith(APART.get(one.country, ()) or ("-",)):
        return f"{one.country} {postcode}"
    return "EU" if one.country in EU else one.country
