"""A shop that owns its checkout: orders are placed and paid there, and whoever subscribed is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from pawline.model import Order, OrderId, ShipmentId
from pawline.ports import Code, Rejected
from pawline.sandbox.depot import Depot
from pawline.sandbox.hooks import Hooks

PLACED, CANCELLED, DISPATCHED = "order.placed", "order.cancelled", "shipment.dispatched"
MOST: Final = 250
"""Orders on a page."""


class Page(msgspec.Struct, frozen=True):
    """Some orders in the order of their placing, and the cursor of the next page; empty after the last."""

    orders: tuple[Order, ...]
    after: str


class Shop:
    """What shoppers and the shop's people do. The warehouse's parcels are told here too: one sandbox, one sender."""

    def __init__(
        self, hooks: Hooks, depot: Depot, now: Callable[[], float], mailed: Callable[[str], object] = lambda _: None
    ) -> None:
        self._hooks, self._depot, self._now, self._mailed = hooks, depot, now, mailed
        self.confirms = False  # whether it sends its own order confirmations
        self._orders: dict[OrderId, Order] = {}
        self._cancelled: set[OrderId] = set()

    def place(self, order: Order) -> Order:
        """An order, placed once: the same again changes nothing. Rejected(conflict) for other content under its id."""
        known = self._orders.get(order.id)
        if known is not None:
            if known != order:
                raise Rejected(f"order {order.id} was placed with other content", Code.CONFLICT)
            return known
        self._orders[order.id] = order
        if self.confirms:
            self._mailed(f"{order.id}/order_confirmation")
        self._hooks.tell(PLACED, {"order": order})
        return order

    def cancel(self, order: OrderId, by: str, because: str) -> None:
        """Called off; a second time changes nothing. Rejected(not_found) for an order that was never placed."""
        placed = self._known(order)
        if order not in self._cancelled:
            cancelled = {"at": self._time(), "by": by, "because": because}
            self._cancelled.add(order)
            self._hooks.tell(CANCELLED, {"order": order, "household": placed.household} | cancelled)

    def dispatch(self, order: OrderId) -> tuple[ShipmentId, ...]:
        """The warehouse's people send what may leave. Rejected(conflict) where nothing may: held, called off, gone."""
        household = self._known(order).household
        references = self._depot.ready(order)
        if not references and (asked := self._depot.asked_for(order)):
            self._depot.dispatch(asked[0])  # refuses, and says why
        for reference in references:
            self._depot.dispatch(reference)
            sent = {"shipment": reference, "order": order, "at": self._time(), "household": household}
            self._hooks.tell(DISPATCHED, sent)
        return tuple(map(ShipmentId, references))

    def page(self, after: str = "", limit: int = MOST) -> Page:
        """Orders from a cursor on. Rejected(invalid) for what is no cursor."""
        if after and not after.isdecimal():
            raise Rejected(f"{after!r} is no cursor", Code.INVALID)
        begin = int(after or 0)
        found = tuple(self._orders.values())[begin : begin + max(1, min(limit, MOST))]
        end = begin + len(found)
        return Page(found, str(end) if end < len(self._orders) else "")

    def _known(self, order: OrderId) -> Order:
        if order not in self._orders:
            raise Rejected(f"there is no order {order}", Code.NOT_FOUND)
        return self._orders[order]

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)
