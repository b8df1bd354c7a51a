"""Hypothesis strategies for every type of the model and of the ports: valid values of any shape."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from pawline import model
from tests.unit.model import money_shapes as money

ZONES = (UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=5, minutes=30)))

texts = st.text(max_size=8)
names = st.text("abcdefghijklmnop-_/ :@0123456789äß漢🐕", min_size=1, max_size=8)
counts = st.integers(1, 9_999)
dates = st.dates(date(2000, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.sampled_from(ZONES))  # noqa: DTZ001


def shapes(hint: object) -> st.SearchStrategy[Any]:
    """Values of the type that an annotation names."""
    if hint not in MADE:
        MADE[hint] = _shapes(hint)
    return MADE[hint]


def _shapes(hint: object) -> st.SearchStrategy[Any]:
    if (made := SPECIAL.get(hint)) is not None:
        return made()
    if isinstance(hint, NewType):
        return names
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return shapes(parts[0])
    if origin in (Union, types.UnionType):
        return st.one_of([shapes(part) for part in reversed(parts)])
    if origin is tuple:
        assert parts[1:] == (Ellipsis,), f"no fixed-length tuples: {hint}"
        return st.lists(shapes(parts[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(shapes(parts[0]), shapes(parts[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return struct(hint)
    raise AssertionError(f"no shape for {hint!r}")


def struct(kind: type[Any], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a struct: each field by its type, except for those given."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(
        kind, **{name: given[name] if name in given else shapes(hints[name]) for name in kind.__struct_fields__}
    )


def several(element: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[Any]:
    return st.lists(element, min_size=1, max_size=most).map(tuple)


@st.composite
def pets(draw: st.DrawFn) -> Any:
    born, died = sorted([draw(dates), draw(dates)])
    return draw(
        struct(
            model.Pet,
            born_on=st.sampled_from([None, born]),
            died_on=st.sampled_from([None, died]),
            body_condition=st.none() | st.integers(1, 9),
        )
    )


@st.composite
def subscriptions(draw: st.DrawFn) -> Any:
    state = draw(st.sampled_from(model.SubscriptionState))
    ended = state is model.SubscriptionState.ENDED
    active = state is model.SubscriptionState.ACTIVE
    return draw(
        struct(
            model.Subscription,
            state=st.just(state),
            items=several(shapes(model.Item)),
            every_days=st.integers(1, 366),
            next_on=st.none() if ended else dates if active else dates | st.none(),
            paused_until=dates | st.none() if state is model.SubscriptionState.PAUSED else st.none(),
        )
    )


@st.composite
def choices(draw: st.DrawFn) -> Any:
    earliest, latest = sorted([draw(moments), draw(moments)])
    promised = draw(st.booleans())
    return draw(
        struct(
            model.DeliveryChoice,
            earliest=st.just(earliest if promised else None),
            latest=st.just(latest if promised else None),
        )
    )


@st.composite
def answers(draw: st.DrawFn) -> Any:
    scale = draw(st.none() | st.sampled_from(model.Scale))
    scores = st.none() | counts if scale is None else st.integers(1, 5)
    return draw(struct(model.Answer, scale=st.just(scale), score=scores))


def households() -> st.SearchStrategy[Any]:
    people = st.lists(shapes(model.Person), max_size=2, unique_by=lambda person: person.id).map(tuple)
    return struct(model.Household, people=people)


SHARES = model.Analysis.__struct_fields__
MADE: dict[object, st.SearchStrategy[Any]] = {}

SPECIAL: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
    str: lambda: texts,
    int: lambda: counts,
    bool: st.booleans,
    type(None): st.none,
    date: lambda: dates,
    datetime: lambda: moments,
    timedelta: lambda: st.timedeltas(timedelta(0), timedelta(days=999)),
    Decimal: lambda: st.decimals(0, 1, places=3),
    model.Aware: lambda: moments,
    model.Country: lambda: st.sampled_from(["DE", "US", "JP"]),
    model.Address: lambda: struct(model.Address, lines=several(st.sampled_from(["Hauptstr. 1", "c/o Ann"]))),
    model.Contact: lambda: struct(
        model.Contact,
        email=st.sampled_from([None, "ann@example.com", "a+b@例え.jp"]),
        phone=st.sampled_from([None, "+4930123456"]),
    ),
    model.Money: money.moneys,
    model.Discount: money.discounts,
    model.Tax: money.taxes,
    model.Duty: money.duties,
    model.Line: money.lines,
    model.ShippingCharge: money.shipping,
    model.Tender: money.tenders,
    model.Refund: money.refunds,
    model.Payout: lambda: st.builds(model.Payout, names, money.moneys(1)),
    model.Credit: money.credits_,
    model.Edit: money.edits,
    model.Order: money.orders,
    model.Basket: lambda: struct(model.Basket, lines=several(shapes(model.BasketLine))),
    model.DeliveryChoice: choices,
    model.Cart: lambda: struct(model.Cart, currency=st.just(money.EUR)),
    model.Pet: pets,
    model.Subscription: subscriptions,
    model.Household: households,
    model.Answer: answers,
    model.Food: lambda: struct(model.Food, kcal_per_kg=st.none() | st.integers(1, 9_000)),
    model.Analysis: lambda: struct(model.Analysis, **dict.fromkeys(SHARES, st.none() | st.integers(0, 10_000))),
    model.Product: lambda: struct(model.Product, gtin=st.sampled_from([None, "04006381333931"])),
    model.Description: lambda: struct(model.Description, gtin=st.sampled_from([None, "04006381333931"])),
    model.Recall: lambda: struct(model.Recall, skus=several(names)),
    model.Letter: lambda: struct(model.Letter, to=names, text=names),
}
