"""How a field of ours is made of what stands in a payload: by data, and by the few conversions there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import UNSET, UnsetType

from pawline.connectors.http.pointer import Json, NotThere, check_pointer, found
from pawline.kit import is_address
from pawline.model import household_by_email
from pawline.model.currency import EXPONENTS, exponent
from pawline.model.money import Money

OTHERS: Final = "*"
"""In `values`: what everything becomes that they do not name."""
EPOCH, MILLISECONDS = "epoch", "epoch_ms"
EPOCH_BEGAN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CODE: Final = re.compile(r"[A-Z]{3}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
Kind = Literal["as_it_is", "text", "count", "money", "minor", "date", "day", "household"]


class Field(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from", "is_": "is"}
):
    """A field of ours: what stands at the pointer `from`, taken for what it `is`; or a `constant`; or its `fields`.

    `each` is a pointer to a list: each item becomes one of `fields`, or one value (`from` in the item). `values` is
    theirs = ours. `prefix` stands before a text: an id that another system of the shop has, too, is made ours by it.
    `currency` of money is a code, or a pointer. `format` and `zone` say how a date is written. What is `optional` may
    be missing or null: ours is left out then.
    """

    from_: str | None = None
    is_: Kind = "as_it_is"
    constant: Any | UnsetType = UNSET
    values: dict[str, Any] = {}
    prefix: str = ""
    currency: str = ""
    format: str = ""
    zone: str = ""
    optional: bool = False
    each: str | None = None
    fields: dict[str, str | Field] = {}


Fields = dict[str, str | Field]


def field_of(given: str | Field) -> Field:
    """A pointer alone is a field that is as it is."""
    return Field(from_=given) if isinstance(given, str) else given


def check_field(where: str, one: Field) -> None:
    """Raises ValueError, naming `where` and what is wrong, where it cannot be meant."""
    for pointer in (one.from_, one.each, one.currency if one.currency.startswith(("/", "whole:")) else None):
        if pointer is not None:
            check_pointer(where, pointer)
    if one.constant is not UNSET:
        if one != Field(constant=one.constant):
            raise ValueError(f"{where}: a `constant` stands alone")
    elif one.from_ is None and one.each is None and not one.fields:
        raise ValueError(f"{where}: it is a pointer, or has `from`, `constant`, `each` or `fields`")
    if one.fields and (one.is_ != "as_it_is" or one.values):
        raise ValueError(f"{where}: what has `fields` is converted field by field")
    if one.prefix and one.is_ != "text":
        raise ValueError(f'{where}: a `prefix` is of a text: say `is = "text"`')
    _check_money(where, one)
    _check_dates(where, one)


def _check_money(where: str, one: Field) -> None:
    if (one.is_ in ("money", "minor")) != bool(one.currency):
        raise ValueError(f"{where}: money has a `currency`, a code such as EUR or a pointer; nothing else has")
    if one.currency and not one.currency.startswith(("/", "whole:")):
        _check_currency(where, one.currency)


def _check_dates(where: str, one: Field) -> None:
    if one.zone and (one.is_ != "date" or one.zone not in _zones()):
        raise ValueError(f"{where}: `zone` is of a date without one, such as Europe/Berlin")
    if one.format and one.is_ not in ("date", "day"):
        raise ValueError(f"{where}: `format` is of a date or a day")
    if one.is_ == "day" and one.format in (EPOCH, MILLISECONDS):
        raise ValueError(f"{where}: `format` {one.format!r} is of a date: a moment is another day elsewhere")
    if one.format not in ("", EPOCH, MILLISECONDS) and not _is_format(one.format):
        raise ValueError(f"{where}: `format` {one.format!r} is none that can be read, such as %d.%m.%Y %H:%M")
    if one.is_ == "date" and one.format not in ("", EPOCH, MILLISECONDS) and "%z" not in one.format and not one.zone:
        raise ValueError(f"{where}: `format` {one.format!r} says no zone: give it as `zone`")


def _is_format(form: str) -> bool:
    """Whether a day that is written so is the same day when it is read."""
    there = datetime(2027, 3, 14, 15, 9, tzinfo=UTC)
    try:
        return datetime.strptime(there.strftime(form), form).date() == there.date()  # noqa: DTZ007 - a day
    except ValueError:
        return False


def value_of(one: Field, here: Json, whole: Json) -> Json:
    """What the field is, but for its parts. Raises ValueError, naming the pointer and what is wrong there."""
    pointer = one.from_ or ""
    said = found(pointer, here, whole)
    if one.values:
        said = _ours(pointer, one, said)
    if one.is_ == "as_it_is":
        return _plain(said)
    try:
        if one.is_ in ("money", "minor"):
            return _money(one, said, here, whole)
        return _MADE[one.is_](said, one)
    except NotThere:
        raise
    except (ValueError, OverflowError, TypeError) as problem:
        raise ValueError(f"{pointer}: {problem}") from None


def _ours(pointer: str, one: Field, said: Json) -> Json:
    name = _written(said)
    if name in one.values:
        return one.values[name]
    if OTHERS in one.values:
        return one.values[OTHERS]
    raise ValueError(f'{pointer}: what stands there is none of those that `values` names: add it, or "*"')


def _written(said: Json) -> str:
    if isinstance(said, str):
        return said
    return "" if isinstance(said, dict | list) else msgspec.json.encode(_plain(said)).decode()


def _plain(said: Json) -> Json:
    """As JSON has it: a number with a point is no text."""
    if isinstance(said, Decimal):
        return float(said)
    if isinstance(said, list):
        return [_plain(one) for one in said]
    return {name: _plain(one) for name, one in said.items()} if isinstance(said, dict) else said


def _text(said: Json, one: Field) -> str:
    """Numbers are written as they stood: an id may be one. What is empty stays so, whatever stands before it."""
    if isinstance(said, str):
        return one.prefix + said if said else said
    if isinstance(said, bool | None | dict | list):
        raise TypeError("it is neither a text nor a number")
    return one.prefix + (f"{said:f}" if isinstance(said, Decimal) else str(said))


def _count(said: Json, _: Field) -> int:
    if isinstance(said, str) and re.fullmatch(r"-?[0-9]{1,15}", said):
        return int(said)
    if isinstance(said, int) and not isinstance(said, bool):
        return said
    if isinstance(said, Decimal) and said == said.to_integral_value() and said.adjusted() < 15:
        return int(said)
    raise TypeError("it is no whole number")


def _money(one: Field, said: Json, here: Json, whole: Json) -> dict[str, Any]:
    currency = one.currency
    if currency.startswith(("/", "whole:")):
        named = found(currency, here, whole)
        if not isinstance(named, str):
            raise TypeError(f"its currency at {currency} is no text")
        if named.upper() not in EXPONENTS:
            raise ValueError(f"its currency at {currency} is none: three letters, such as EUR")
        currency = named.upper()
    if one.is_ == "minor":
        return {"minor": _count(said, one), "currency": currency}
    try:
        made = Money.parse(_text(said, one), currency)
    except ValueError:
        raise ValueError(f"it is no plain decimal number with the decimals that {currency} has") from None
    return {"minor": made.minor, "currency": made.currency}


def _date(said: Json, one: Field) -> datetime:
    if one.format in (EPOCH, MILLISECONDS):
        text = _text(said, one)
        if not _NUMBER.fullmatch(text):
            raise ValueError("it is no number of seconds, or of milliseconds")
        number = Decimal(text) / (1 if one.format == EPOCH else 1_000)
        return EPOCH_BEGAN + timedelta(microseconds=int(number * 1_000_000))
    if not isinstance(said, str):
        raise TypeError('it is no text: of a number say `format = "epoch"`, or epoch_ms')
    read = _read(said, one.format)
    if read.tzinfo is not None:
        return read.astimezone(UTC)
    if not one.zone:
        raise ValueError("it says no zone: name the `zone` that it is of")
    there = read.replace(tzinfo=ZoneInfo(one.zone))
    if there.astimezone(UTC).astimezone(ZoneInfo(one.zone)).replace(tzinfo=None) != read:
        raise ValueError(f"the clocks of {one.zone} skipped it")
    return there.astimezone(UTC)


def _read(said: str, form: str) -> datetime:
    """Its own words would be quoted by Python's errors."""
    if not form and not _MOMENT.match(said):
        raise ValueError("it is no date and time of ISO 8601: say its `format`")
    try:
        return datetime.strptime(said, form) if form else datetime.fromisoformat(said)  # noqa: DTZ007 - see `_date`
    except ValueError:
        raise ValueError(f"it is not written as {form}" if form else "it is no time of ISO 8601") from None


def _day(said: Json, one: Field) -> date:
    if isinstance(said, str) and one.format:
        return _read(said, one.format).date()
    if isinstance(said, str) and _DAY.fullmatch(said):
        return _read(f"{said}T00:00", "").date()
    raise ValueError("it is no day of ISO 8601: say its `format`")


def _household(said: Json, _: Field) -> str:
    if not isinstance(said, str) or not is_address(said.strip()):
        raise TypeError("it is no mail address")
    return household_by_email(said)


_MADE: Final[dict[Kind, Callable[[Any, Field], Any]]] = {
    "text": _text, "count": _count, "date": _date, "day": _day, "household": _household,
}  # fmt: skip


def _check_currency(where: str, code: str) -> None:
    try:
        if not _CODE.fullmatch(code):
            raise ValueError
        exponent(code)
    except (ValueError, LookupError):
        raise ValueError(f"{where}: {code[:20]!r} is no currency: three letters, such as EUR") from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
