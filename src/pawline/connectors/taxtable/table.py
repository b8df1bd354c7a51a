"""The table, read and asked: pure. Rates are decimals and amounts whole minor units; no float is anywhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from pawline.model import Destination, Money, ProductKind
from pawline.model import Tax as TaxAmount
from pawline.ports import Code, LineTaxes, Rejected, TaxedLine, TaxRequest

COLUMNS: Final = ("country", "region", "class", "title", "percent")
MOST: Final = 4 * 2**20
"""Bytes of a table: a hundred thousand rows."""
SHIPPING, REST, ONE = "shipping", "*", "sku:"
"""Classes besides the kinds of product: deliveries, whatever has no row of its own, and a single SKU."""
_CLASSES: Final = frozenset({SHIPPING, REST, *ProductKind})
_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
Place = tuple[str, str]


class BadTable(ValueError):
    """The table cannot be used; the text says which line, and what to do."""


class Rate(NamedTuple):
    """A tax of so many per cent."""

    title: str
    percent: Decimal

    @property
    def part(self) -> Fraction:
        """As a part of one, exactly."""
        return Fraction(self.percent) / 100


class Table(NamedTuple):
    """Rates by country and region, and there by class; several of one are several taxes on the same amount."""

    rates: dict[Place, dict[str, tuple[Rate, ...]]]

    def find(self, to: Destination, line: TaxedLine) -> tuple[Rate, ...]:
        """What is owed on it there: of its region, else of its country. Rejected(invalid) where there is no row."""
        region = (to.region or "").strip().upper().removeprefix(f"{to.country}-")
        for place in dict.fromkeys([(to.country, region), (to.country, "")]):
            here = self.rates.get(place, {})
            for name in _classes(line):
                if (found := here.get(name)) is not None:
                    return found
        where = f"{to.country}-{region}" if region else to.country
        raise Rejected(f"the table has no row of {_classes(line)[-1]} in {where}: add one, of 0 too", Code.INVALID)


def _classes(line: TaxedLine) -> list[str]:
    if line.shipping:
        return [SHIPPING]
    named = [] if line.sku is None else [f"{ONE}{line.sku}"]
    return [*named, *([] if line.kind is None else [line.kind.value]), REST]


def read(data: bytes) -> Table:
    """Of a whole file. Raises BadTable, and UnicodeDecodeError."""
    if len(data) > MOST:
        raise BadTable(f"it is longer than {MOST} bytes")
    return table_of(data.decode("utf-8-sig"))


def table_of(text: str) -> Table:
    """Of a CSV file with a header. Raises BadTable."""
    rows = csv.DictReader(io.StringIO(text, newline=None), strict=True)
    found: dict[Place, dict[str, list[Rate]]] = {}
    try:
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise BadTable(f"line 1: the header is {','.join(COLUMNS)}")
        for row in rows:
            if None in row or None in row.values():
                raise BadTable(f"line {rows.line_num}: it has {len(COLUMNS)} cells: {','.join(COLUMNS)}")
            country, region, name, title, percent = (row[column].strip() for column in COLUMNS)
            if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
                raise BadTable(f"line {rows.line_num}: `country` is two upper-case letters, such as DE")
            if not name or not title:
                raise BadTable(f"line {rows.line_num}: `class` and `title` are not empty; {REST} is all other goods")
            # What nothing is of would be passed over, and its goods taxed as all others.
            if name not in _CLASSES and not (name.startswith(ONE) and name != ONE):
                raise BadTable(
                    f"line {rows.line_num}: no goods are of the class {name!r}: a kind, sku:…, shipping or *"
                )
            here = found.setdefault((country, region.upper().removeprefix(f"{country}-")), {}).setdefault(name, [])
            if any(one.title == title for one in here):
                raise BadTable(f"line {rows.line_num}: {title} of {name} in {country} {region} is there twice")
            here.append(Rate(title, _percent(percent, rows.line_num)))
    except csv.Error as problem:
        raise BadTable(f"line {rows.line_num or 1}: {problem}") from None
    if not found:
        raise BadTable("it has no row")
    return Table({place: {name: tuple(rates) for name, rates in all_.items()} for place, all_ in found.items()})


def _percent(said: str, line: int) -> Decimal:
    if _PERCENT.fullmatch(said) and (found := Decimal(said)) <= 100:
        return found
    raise BadTable(f"line {line}: `percent` is 0 to 100, such as 19 or 8.875, and not {said!r}")


def reckoned(table: Table, request: TaxRequest) -> tuple[LineTaxes, ...]:
    """The taxes of each line. Rejected(invalid) where there is no row.

    Goods of one rate are taxed together, rounded once (half a minor unit up), and each line has its part of that: so
    it comes to the same however the units are spread over lines. Deliveries are choices: each is taxed for itself.
    """
    rates = [table.find(request.ship_to, line) for line in request.lines]
    groups: dict[object, list[int]] = {}
    for at, (line, found) in enumerate(zip(request.lines, rates, strict=True)):
        groups.setdefault(at if line.shipping else found, []).append(at)
    taxes: dict[int, tuple[TaxAmount, ...]] = {}
    for places in groups.values():
        amounts = [request.lines[at].amount for at in places]
        spread = _included if request.included else _added
        taxes |= zip(places, spread(amounts, rates[places[0]]), strict=True)
    return tuple(LineTaxes(key=line.key, taxes=taxes[at]) for at, line in enumerate(request.lines))


def _added(amounts: Sequence[Money], rates: Sequence[Rate]) -> list[tuple[TaxAmount, ...]]:
    """Upon the amounts."""
    whole = sum(one.minor for one in amounts)
    by_rate = [_shared(_rounded(whole * rate.part), amounts) for rate in rates]
    return [
        tuple(_tax(rate, part, included=False) for rate, part in zip(rates, parts, strict=True))
        for parts in (zip(*by_rate, strict=True) if rates else [()] * len(amounts))
    ]


def _included(amounts: Sequence[Money], rates: Sequence[Rate]) -> list[tuple[TaxAmount, ...]]:
    """In the amounts: never more than there is in any of them."""
    whole, part = sum(one.minor for one in amounts), sum((rate.part for rate in rates), Fraction(0))
    shares = _shared(_rounded(whole * part / (1 + part)), amounts)
    weights = [int(rate.percent.scaleb(6)) for rate in rates]
    return [
        tuple(_tax(rate, each, included=True) for rate, each in zip(rates, _by(share, weights), strict=True))
        for share in shares
    ]


def _shared(whole: int, amounts: Sequence[Money]) -> tuple[Money, ...]:
    return _by(Money(whole, amounts[0].currency), [one.minor for one in amounts])


def _by(whole: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    return whole.allocate(weights) if any(weights) else tuple(Money.zero(whole.currency) for _ in weights)


def _tax(rate: Rate, amount: Money, *, included: bool) -> TaxAmount:
    return TaxAmount(title=rate.title, amount=amount, included=included, rate=rate.percent / 100)


def _rounded(minor: Fraction) -> int:
    """To whole minor units, half of one up; nothing is negative here."""
    return (2 * minor.numerator + minor.denominator) // (2 * minor.denominator)
