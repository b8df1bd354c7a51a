"""Reads whole orders: as WooCommerce has them, with their refunds, and as ours."""

from __future__ import annotations

from typing import Final, NamedTuple

from pawline.connectors.woocommerce.reading import order_of
from pawline.connectors.woocommerce.refunds import refunds_of
from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import DECIMALS, ToldOrder, ToldRefund
from pawline.kit import Http
from pawline.model import Order, OrderId
from pawline.ports import Code, Malformed, Rejected

MANY: Final = "100"
"""Refunds of an order that are read: WooCommerce gives no more at once, and no order has as many."""


class Whole(NamedTuple):
    """An order, as WooCommerce has it, and each of its refunds."""

    told: ToldOrder
    refunds: tuple[ToldRefund, ...]
    order: Order


class Orders:
    """An account's orders."""

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings

    async def told(self, order: OrderId) -> ToldOrder:
        """As WooCommerce has it. Raises Rejected(not_found)."""
        found = await self._http.get("orders", number(order), query={"dp": DECIMALS}, into=ToldOrder)
        if str(found.id) != order:
            raise Malformed(f"order {order} was asked for, and another one came")
        return found

    async def refunds(self, told: ToldOrder) -> tuple[ToldRefund, ...]:
        """Each of them; nothing is asked where the order says that it has none."""
        if not told.refunds:
            return ()
        query = {"per_page": MANY, "dp": DECIMALS}
        found = await self._http.get("orders", str(told.id), "refunds", query=query, into=tuple[ToldRefund, ...])
        if len(found) >= int(MANY):
            raise Malformed(f"order {told.id} has more refunds than are read")
        return found

    async def read(self, order: OrderId) -> Whole:
        """The whole order. Raises Rejected(not_found), and Malformed where it does not add up."""
        told = await self.told(order)
        return self.whole(told, await self.refunds(told))

    def whole(self, told: ToldOrder, refunds: tuple[ToldRefund, ...]) -> Whole:
        """The same of what was read already."""
        try:
            return Whole(told, refunds, order_of(told, self._settings, refunds_of(told, refunds)))
        except (ValueError, OverflowError, ArithmeticError) as problem:
            raise Malformed(str(problem)) from None


def number(order: OrderId) -> str:
    """An order's number, by which it is asked for. Raises Rejected(not_found) for what is none of WooCommerce's."""
    if not (order.isascii() and order.isdigit() and len(order) < 20):
        raise Rejected(f"{order[:40]} is no order of WooCommerce's", Code.NOT_FOUND)
    return order
