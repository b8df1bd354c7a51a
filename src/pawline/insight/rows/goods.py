"""What a row of a sheet says of a SKU, and of its lots: numbers exactly, words as the model has them, or refused."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, TypeVar

from pawline.insight.cells import flag, listed, stages, word, words
from pawline.insight.energy import energy, is_credible
from pawline.insight.rows.meant import SHARES, BadRow, Meant
from pawline.model import (
    Analysis,
    Description,
    Food,
    ListedLot,
    LotId,
    ProductKind,
    SkuId,
    Species,
    gtin,
)  # fmt: skip

T = TypeVar("T")
TEXT: Final = 10_000
"""Characters of a text; more is no label's."""
WORD: Final = 300
"""Of a title, a brand, a class."""
GRAMS: Final = {"g": Decimal(1), "kg": Decimal(1_000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}
"""The international avoirdupois ounce and pound, exactly."""
ERROR: Final = re.compile(r"#(?:N/A|NV|[A-ZÄÖÜ0/]{3,12}[!?])")
"""`#REF!`, `#NAME?`, `#BEZUG!`."""


class Row:
    """One row. Each method reads a field of it: None where it is empty, BadRow, naming the column, where it is odd.

    `columns` are those fields that it has a column for, and what people call that.
    """

    def __init__(self, meant: Meant, columns: Mapping[str, str], fields: Mapping[str, str]) -> None:
        self._meant, self._columns, self._fields = meant, columns, fields

    def described(self, moment: datetime) -> Description:
        """The row as a description. Raises BadRow."""
        if not any(
            said for name, said in self._fields.items() if name in self._columns and name not in ("sku", "as_of")
        ):
            raise BadRow("it says nothing of its SKU: what is known stays")
        if broken := next((name for name, said in self._fields.items() if ERROR.fullmatch(said)), None):
            raise self._bad(broken, "is what a spreadsheet writes where a formula failed")
        kind = self._kind()
        try:
            return Description(
                sku=SkuId(self._needed("sku")), as_of=moment, title=self._text("title", WORD), kind=kind,
                species=self._read("species", lambda said: words(said, Species)) or (), content=self._grams("content"),
                weight=self._grams("weight"), gtin=self._gtin(), brand=self._text("brand", WORD), food=self._food(),
                hazard_class=self._text("hazard_class", WORD),
            )  # fmt: skip
        except ValueError as problem:
            raise problem if isinstance(problem, BadRow) else BadRow("no product can be so") from None

    def lot(self, moment: datetime) -> ListedLot:
        """The row as a lot. Raises BadRow."""
        sku, lot = SkuId(self._needed("sku")), LotId(self._needed("lot"))
        return ListedLot(sku=sku, lot=lot, as_of=moment, best_by=self._day("best_by"))

    def _food(self) -> Food | None:
        allergens, unclear = self._read("allergens", listed) or (None, ())
        analysis = self._analysis()
        per_kg, per_unit, unit = self._energy()
        if per_kg is not None and not is_credible(per_kg, None if analysis is None else analysis.moisture):
            raise self._bad(
                "kcal", f"comes to {per_kg} kcal/kg, which no food of that moisture has: is the unit right?"
            )
        made = Food(
            kcal_per_kg=per_kg, kcal_per_unit=per_unit, unit=unit, ingredients=self._text("ingredients"),
            adequacy=self._text("adequacy"), calories=self._text("calories"),
            life_stages=self._read("life_stages", stages) or (),
            large_growth=self._read("large_growth", flag), complete=self._read("complete", flag), allergens=allergens,
            unclear=unclear, analysis=analysis,
        )  # fmt: skip
        return None if made == Food() else made

    def _kind(self) -> ProductKind | None:
        """A diet that only a vet prescribes is one, whatever else the sheet calls food."""
        kind = self._read("kind", lambda said: word(said, ProductKind))
        if self._read("vet_diet", flag) and kind in (None, ProductKind.FOOD):
            return ProductKind.THERAPEUTIC_DIET
        return kind

    def _energy(self) -> tuple[int | None, int | None, str | None]:
        value = self._number("kcal")
        if value is None:
            return None, None, None
        grams = self._number("unit_grams")
        if grams is not None and grams <= 0:
            raise self._bad("unit_grams", "is not above zero")
        unit = self._unit("kcal", "kcal/kg")
        try:
            return energy(value, unit, grams)
        except ValueError as problem:
            raise self._bad("kcal", str(problem)) from None

    def _analysis(self) -> Analysis | None:
        shares: dict[str, Any] = {name: self._share(name) for name in SHARES}
        if all(share is None for share in shares.values()):
            return None
        if sum(shares[name] or 0 for name in ("protein", "fat", "moisture", "ash")) > 10_000:
            raise self._bad("protein", "comes to more than 100 % with fat, moisture and ash")
        return Analysis(**shares)

    def _share(self, name: str) -> int | None:
        value = self._number(name, "%")
        if value is None:
            return None
        if not 0 <= value <= 100:
            raise self._bad(name, "is no share from 0 to 100 %")
        return int((value * 100).to_integral_value(ROUND_HALF_EVEN))

    def _grams(self, name: str) -> int | None:
        value = self._number(name)
        if value is None:
            return None
        unit = self._unit(name, "g")
        if unit == "g" and value.as_tuple().exponent == -3:
            raise self._bad(name, "is weighed to the milligram: say in `thousands` what parts thousands")
        if unit.lower() not in GRAMS:
            raise self._bad(name, f"is in a unit that is none of {', '.join(GRAMS)}")
        grams = int((value * GRAMS[unit.lower()]).to_integral_value(ROUND_HALF_EVEN))
        if grams <= 0:
            raise self._bad(name, "is below a gram")
        return grams

    def _unit(self, name: str, otherwise: str) -> str:
        """A column of units says it in each row: an empty cell is not the unit that is meant where there is none."""
        if (unit := self._fields.get(f"{name}_unit", otherwise)) == "":
            raise self._bad(f"{name}_unit", f"is empty beside a figure in {self._columns.get(name, name)}")
        return unit

    def _gtin(self) -> str | None:
        said = self._fields.get("gtin", "")
        if not said:
            return None
        try:
            return gtin(said)
        except ValueError:
            more = ": a spreadsheet made a number of it" if re.search(r"[eE+.,]", said) else ""
            raise self._bad("gtin", f"is no GTIN of 8, 12, 13 or 14 digits with its check digit{more}") from None

    def _day(self, name: str) -> date | None:
        """As printed. Of a month alone it is its last day: that is what "best before end" means."""
        said, how = self._fields.get(name, ""), self._meant.days
        if not said:
            return None
        try:
            if not how:
                return date.fromisoformat(said)
            found = datetime.strptime(said, how).date()  # noqa: DTZ007 - a day on a label has no zone
        except ValueError:
            raise self._bad(name, "is no day") from None
        if re.search("%[dejx]", how):
            return found
        return found.replace(day=calendar.monthrange(found.year, found.month)[1])

    def _number(self, name: str, after: str = "") -> Decimal | None:
        said = self._fields.get(name, "").removesuffix(after).strip()
        if not said:
            return None
        value = exact(said, self._meant.decimal, self._meant.thousands)
        if value is None:
            raise self._bad(name, "is no number")
        return value

    def _read(self, name: str, read: Callable[[str], T]) -> T | None:
        """What the words of a cell say; None of an empty one."""
        said = self._fields.get(name, "")
        if not said:
            return None
        try:
            return read(said)
        except ValueError as problem:
            raise self._bad(name, f"{problem}: say in `values` what it is") from None

    def _text(self, name: str, most: int = TEXT) -> str | None:
        said = " ".join(self._fields.get(name, "").split())
        if len(said) > most:
            raise self._bad(name, f"has more than {most:,} characters")
        return said or None

    def _needed(self, name: str) -> str:
        if not self._fields[name]:
            raise self._bad(name, "is empty")
        return self._fields[name]

    def _bad(self, name: str, why: str) -> BadRow:
        return BadRow(f"{self._columns.get(name, name)} {why}")


def exact(text: str, decimal: str, thousands: str) -> Decimal | None:
    """A number as a system writes it (`1.250,5`); None for anything else. Never by way of a float, never negative."""
    whole, comma, fraction = text.partition(decimal)
    if thousands and thousands in whole:
        if not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+", whole):
            return None
        whole = whole.replace(thousands, "")
    if not re.fullmatch(r"[0-9]{1,9}", whole) or (comma and not re.fullmatch(r"[0-9]{1,9}", fraction)):
        return None
    return Decimal(f"{whole}.{fraction or 0}")
