"""Watermarks and keys: kept in a cursor exactly as the database had them, and moved back by an overlap."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pawline.connectors.database.feed import Feed
from pawline.insight.rows import aware
from pawline.kit.database import Engine

FIRST: Final = "1970-01-01 00:00:00"
LONGEST: Final = 300
"""Characters of a key, or of a watermark that is text."""
_READ: Final[dict[str, Callable[[str], object]]] = {
    "t": datetime.fromisoformat, "d": date.fromisoformat, "i": int, "n": Decimal, "f": float, "s": str, "u": UUID,
    "b": bytes.fromhex,
}  # fmt: skip


def kept(value: object) -> str:
    """As text, of which `back` makes the very same. Raises ValueError for what orders no rows: NULL, NaN, a list."""
    if isinstance(value, datetime):
        return f"t{value.isoformat()}"
    if isinstance(value, date):
        return f"d{value.isoformat()}"
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("is nothing that rows are in the order of")
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return f"f{value!r}"
    if isinstance(value, Decimal) and value.is_finite():
        return f"n{value}"
    if isinstance(value, UUID):
        return f"u{value}"
    if isinstance(value, bytes) and len(value) <= LONGEST:
        return f"b{value.hex()}"
    if isinstance(value, str) and len(value) <= LONGEST:
        return f"s{value}"
    raise ValueError("is nothing that rows are in the order of")


def back(text: str) -> object:
    """What `kept` was given."""
    return _READ[text[:1]](text[1:])


def first(feed: Feed, engine: Engine) -> object:
    """The watermark from which everything is read, as the database compares it."""
    if feed.mark == "number":
        return int(feed.since or 0)
    if feed.mark == "text":
        return feed.since
    return feed.since or FIRST if engine == "sqlite" else datetime.fromisoformat(feed.since or FIRST)


def lowest(feed: Feed, engine: Engine) -> object:
    """What is before any watermark, also before one of another type: to SQLite a number is before all texts."""
    if feed.mark == "text":
        return ""
    return -(2**63) if engine == "sqlite" or feed.mark == "number" else datetime(1000, 1, 1)  # noqa: DTZ001


def moment_of(feed: Feed, value: object, zone: ZoneInfo) -> datetime | None:
    """The time that a watermark says; None of one that is no time. Raises ValueError for what it must not be."""
    if feed.mark == "text":
        if not isinstance(value, str):
            raise ValueError("is no text")
        return None
    if feed.mark == "number":
        if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
            raise ValueError("is no number")
        return None
    try:
        return aware(_time(value), zone)
    except (OverflowError, ValueError):
        raise ValueError("is no time") from None


def earlier(feed: Feed, value: Any) -> Any:  # noqa: ANN401 - as the database has it
    """So much before as a row may be late. Never later than exactly that; where there is nothing before, the same."""
    if not feed.again:
        return value
    try:
        if feed.mark == "number":
            return value - int(feed.again)
        if isinstance(value, str):  # a text that is cut off is before all that begin so
            moved = _time(value) - timedelta(seconds=feed.again)
            return moved.replace(tzinfo=None).isoformat(value[10], "seconds" if value[16:17] == ":" else "minutes")
        if isinstance(value, datetime):
            return value - timedelta(seconds=feed.again)
        return value - timedelta(days=math.ceil(feed.again / 86_400.0))
    except (OverflowError, InvalidOperation):
        return value


def is_day(value: object) -> bool:
    """Whether it has no time of day."""
    return isinstance(value, date) and not isinstance(value, datetime)


def lag(moment: datetime) -> str:
    """How long ago it was, for people."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for name, size in (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} ago"
    return "just now"


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as a day has none
    if isinstance(value, str) and len(value) > 15 and value[10] in " T":
        return datetime.fromisoformat(value)
    raise ValueError("is no time")
