"""What a driver hands over, as text that maps are made for. What cannot be text is refused, and never quoted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from pawline.kit.database import ODD

LONGEST: Final = 1 << 20
"""Characters of a text; more is no cell that anybody reads."""
DIGITS: Final = 60
"""Of a number: more is no figure, and would be long to write out."""
Odd = type(ODD)


def text_of(value: object, decimal: str) -> str:
    """The value as text, empty for NULL; numbers with that decimal point. Raises ValueError: what it is instead."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int | float | Decimal):
        return _number(value).replace(".", decimal)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value))
    raise ValueError(value.why if isinstance(value, Odd) else "is no single value: have the query cast it to text")


def is_time(value: object) -> bool:
    """Whether its driver knows it as a time or a day, and it needs no `dates` to be read."""
    return isinstance(value, datetime | date)


def _number(value: bool | float | Decimal) -> str:
    """Exactly as it is; a float as it is told, which is as short as it can be."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        if value.is_finite() and (abs(value.adjusted()) > DIGITS or len(value.as_tuple().digits) > DIGITS):
            raise ValueError(f"has more than {DIGITS} digits")
        return format(value, "f")
    return str(int(value))


def _text(said: str) -> str:
    if len(said) > LONGEST:
        raise ValueError(f"has more than {LONGEST:,} characters")
    if "\0" in said:
        raise ValueError("has a character that is none")
    return said.strip()


def _decoded(said: bytes) -> str:
    try:
        text = said.decode()
    except UnicodeDecodeError:
        raise ValueError("is bytes, and no text: have the query cast it") from None
    if not all(one.isprintable() or one.isspace() for one in text):
        raise ValueError("is bytes, and no text: have the query cast it")
    return _text(text)
