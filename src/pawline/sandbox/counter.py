"""The shop over HTTP: what its shoppers and its people do, and the list that finds what no webhook told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from pawline.model import Order, OrderId, Refund, ReturnId, ReturnLine
from pawline.sandbox.answers import answering, decoded
from pawline.sandbox.shop import MOST, Shop


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order is called off: by whom, and why, in a sentence."""

    order: OrderId
    by: str = "shopper"
    because: str = "changed my mind"


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The warehouse's people send an order."""

    order: OrderId


class Back(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came back of an order, as the warehouse's people count it."""

    order: OrderId
    lines: tuple[ReturnLine, ...]


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refund that the shop's people make themselves."""

    order: OrderId
    refund: Refund


def counter(shop: Shop, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Its routes; `admit` knows the token."""
    route = partial(answering, admit)

    async def place(request: web.Request) -> Order:
        return shop.place(decoded(await request.read(), Order))

    async def cancel(request: web.Request) -> None:
        called = decoded(await request.read(), Called)
        shop.call_off(called.order, called.by, called.because)

    async def dispatch(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return shop.dispatch(decoded(await request.read(), Sent).order)

    async def back(request: web.Request) -> ReturnId:
        told = decoded(await request.read(), Back)
        return shop.arrived(told.order, told.lines)

    async def refund(request: web.Request) -> Refund:
        told = decoded(await request.read(), ByHand)
        return shop.refund_by_hand(told.order, told.refund)

    async def orders(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        limit = request.query.get("limit", "")
        return shop.page(request.query.get("after", ""), int(limit) if limit.isdecimal() else MOST)

    async def history(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return shop.history(request.query.get("after", ""))

    return [
        web.get("/shop/events", route(history)),
        web.post("/shop/checkout", route(place)),
        web.post("/shop/call-off", route(cancel)),
        web.post("/desk/dispatch", route(dispatch)),
        web.post("/desk/return", route(back)),
        web.post("/desk/refund", route(refund)),
        web.get("/shop/orders", route(orders)),
    ]
