"""What EasyPost's rates say, in our words: prices, and days that keep a promise rather than break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from pawline.connectors.easypost.naming import is_order, rate_name
from pawline.connectors.easypost.told import ToldRate
from pawline.model import Money
from pawline.ports import Malformed, Rate


def rated(bought: str, raw: Iterable[msgspec.Raw], from_day: date) -> list[Rate]:
    """Those that can be read. Raises Malformed where none can."""
    raw, found = tuple(raw), list[Rate]()
    for one in raw:
        try:
            told = msgspec.json.decode(one, type=ToldRate)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if (price := price_of(told)) is not None:
            name = f"{told.carrier} {told.service}" if is_order(bought) else told.id
            found.append(
                Rate(
                    carrier=told.carrier, service=told.service, price=price, delivers_on=_delivers_on(told, from_day),
                    reference=rate_name(bought, name),
                )
            )  # fmt: skip
    if raw and not found:
        raise Malformed("no rate can be read")
    return found


def cheapest_first(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Of several currencies the one that most have comes first: nothing converts them."""
    rates = tuple(rates)
    usual = Counter(one.price.currency for one in rates).most_common(1)[0][0] if rates else ""
    return tuple(sorted(rates, key=lambda one: (one.price.currency != usual, one.price.currency, one.price.minor)))


def price_of(told: ToldRate) -> Money | None:
    """None for what is no price."""
    try:
        price = Money.rounded(Decimal(told.rate), told.currency)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return price if price.minor >= 0 else None


def _delivers_on(told: ToldRate, from_day: date) -> date | None:
    """The day that it names, else so many working days: whether a carrier counts Saturdays is not said."""
    if told.delivery_date is not None:
        return told.delivery_date.date()
    if told.delivery_days is None or not 0 <= told.delivery_days <= 365:
        return None
    return next((day for n, day in enumerate(_working_days(from_day)) if n == told.delivery_days), None)


def _working_days(first: date) -> Iterator[date]:
    """The first itself, and each Monday to Friday after it."""
    yield first
    for number in range(1, 800):
        try:
            day = first + timedelta(days=number)
        except OverflowError:
            return
        if day.weekday() < 5:
            yield day
