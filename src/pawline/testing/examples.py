"""One valid value of each type that ports exchange, always the same: to call a connector's methods with."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from pawline.model import Address, Contact, Destination, Letter, Money, Order, Payout, Refund, RefundId, TenderId
from pawline.testing.clock import NOON
from pawline.testing.orders import order

CANARY: Final = "canary.77@example.com"
"""Personal data that stands wherever an example has some: it must never reach a log."""
_GIVEN: Final[dict[Any, Any]] = {
    str: "x", int: 1, bool: True, bytes: b"x", float: 1.0, type(None): None, date: NOON.date(), datetime: NOON,
    Decimal: Decimal("0.1"), Money: Money(100, "EUR"), Order: order(1),
    Address: Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE"),
    Destination: Destination(country="DE", postcode="10115"), Contact: Contact(email=CANARY), Letter: None,
    Refund: Refund(
        id=RefundId("refundid-1"), at=NOON, reason="x", payouts=(Payout(TenderId("t0"), Money(100, "EUR")),)
    ),
}  # fmt: skip


def example(kind: Any, own: Mapping[Any, object] | None = None) -> Any:  # noqa: ANN401 - of the type that is given
    """A value of this type: the least that it may be. `own` are values of some types, wherever those are in it.

    Raises TypeError for a type that ports do not exchange.
    """
    if own and kind.__hash__ and kind in own:
        return own[kind]
    if (given := _GIVEN.get(kind) if kind.__hash__ else None) is not None or kind is type(None):
        return given
    if isinstance(kind, NewType):
        return f"{kind.__name__.lower()}-1"
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return example(parts[0], own)
    if origin in (Union, types.UnionType):
        return example(parts[0], own)
    if origin is tuple:
        return (example(parts[0], own),)
    if origin is dict:
        return {example(parts[0], own): example(parts[1], own)}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, own)
    raise TypeError(f"no example of {kind!r}")


def _struct(kind: type[msgspec.Struct], own: Mapping[Any, object] | None) -> Any:  # noqa: ANN401 - of the type that is given
    hints = get_type_hints(kind, include_extras=True)
    if kind is Letter:
        return Letter(**{name: example(hints[name], own) for name in _required(kind)} | {"to": CANARY, "text": "Hello"})
    return kind(**{name: example(hints[name], own) for name in _required(kind)})


def _required(kind: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind) if field.required]
