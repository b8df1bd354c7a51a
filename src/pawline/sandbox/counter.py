"""The shop over HTTP: what its shoppers and its people do, and the list that finds what no webhook told."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from pawline.model import Order, OrderId, Refund, ReturnId, ReturnLine
from pawline.sandbox.answers import acting, answering, decoded
from pawline.sandbox.shop import MOST, Shop

if TYPE_CHECKING:
    from pawline.sandbox.web import Desk


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order is called off: by whom, and why, in a sentence."""

    order: OrderId
    by: str = "shopper"
    because: str = "changed my mind"


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The warehouse's people send an order."""

    order: OrderId


class Back(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes back: as a shopper asks, or as the warehouse's people count it; of `back`, if it was asked for."""

    order: OrderId
    lines: tuple[ReturnLine, ...]
    back: ReturnId | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A return that its shopper does not send after all."""

    order: OrderId
    back: ReturnId


class ByHand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refund that the shop's people make themselves."""

    order: OrderId
    refund: Refund


def counted(shop: Shop) -> dict[str, Callable[[bytes], Any]]:
    """What shoppers and the shop's people do, by name, each from a body in JSON."""

    def cancel(raw: bytes) -> None:
        called = decoded(raw, Called)
        shop.call_off(called.order, called.by, called.because)

    def back(raw: bytes) -> ReturnId:
        told = decoded(raw, Back)
        return shop.arrived(told.order, told.lines, told.back)

    def wanted(raw: bytes) -> ReturnId:
        told = decoded(raw, Back)
        return shop.requested(told.order, told.lines)

    def kept(raw: bytes) -> ReturnId:
        told = decoded(raw, Kept)
        return shop.withdrawn(told.order, told.back)

    def refund(raw: bytes) -> Refund:
        told = decoded(raw, ByHand)
        return shop.refund_by_hand(told.order, told.refund)

    return {
        "checkout": lambda raw: shop.place(decoded(raw, Order)),
        "call-off": cancel,
        "dispatch": lambda raw: shop.dispatch(decoded(raw, Sent).order),
        "return": back,
        "return-wanted": wanted,
        "return-kept": kept,
        "refund": refund,
    }


def counter(desk: Desk, admit: Callable[[web.Request], None]) -> list[web.RouteDef]:
    """Their routes, and the shop's lists; `admit` knows the token."""
    route, shop = partial(answering, admit), desk.shop

    async def orders(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        limit = request.query.get("limit", "")
        return shop.page(request.query.get("after", ""), int(limit) if limit.isdecimal() else MOST)

    async def history(request: web.Request) -> Any:  # noqa: ANN401 - JSON
        return shop.history(request.query.get("after", ""))

    return [
        web.get("/shop/events", route(history)),
        web.get("/shop/orders", route(orders)),
        web.post("/shop/checkout", route(acting(desk, "checkout"))),
        web.post("/shop/call-off", route(acting(desk, "call-off"))),
        web.post("/shop/return", route(acting(desk, "return-wanted"))),
        web.post("/shop/keep", route(acting(desk, "return-kept"))),
        web.post("/desk/dispatch", route(acting(desk, "dispatch"))),
        web.post("/desk/return", route(acting(desk, "return"))),
        web.post("/desk/refund", route(acting(desk, "refund"))),
    ]
