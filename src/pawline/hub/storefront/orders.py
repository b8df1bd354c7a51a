"""How far an order is: from its events, which are on disk before anybody is told, not from what a view may lack."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.storefront.forms import OrderSaid
from pawline.hub.storefront.refusals import Cause, Refusal
from pawline.model import (
    Checkout,
    Event,
    Order,
    OrderCancelled,
    OrderConfirmed,
    OrderId,
    OrderPlaced,
    OrderRefused,
    public_name,
)
from pawline.ports import Code
from pawline.runtime import digest63
from pawline.store import EventRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawline.runtime import Engine

LAST: Final = 2**62


class Stage(StrEnum):
    """How far an order is. The strings are told: add, never rename."""

    PLACED = "placed"
    NEEDS_SHOPPER = "needs-shopper"
    PENDING = "payment-pending"
    AUTHORISED = "authorised"
    CONFIRMED = "confirmed"
    SENT = "sent"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUSED = "refused"


SAYS: Final[Mapping[Stage, str]] = {
    Stage.PLACED: "We have your order.",
    Stage.NEEDS_SHOPPER: "We have your order; your bank asks you to confirm the payment.",
    Stage.PENDING: "We have your order; your payment is on its way.",
    Stage.AUTHORISED: "We have your order, and your payment is set aside.",
    Stage.CONFIRMED: "Your order is confirmed.",
    Stage.SENT: "Your order has left.",
    Stage.DELIVERED: "Your order was delivered.",
    Stage.CANCELLED: "Your order was called off.",
    Stage.REFUSED: "Your order could not be fulfilled: nothing is charged.",
}
"""What a shopper may be shown, and no more than is so."""
SOLD_OUT: Final = "Your order could not be fulfilled: it is sold out, and nothing is charged."
OVER: Final = frozenset({Stage.DELIVERED, Stage.CANCELLED, Stage.REFUSED})
"""Nothing comes after these."""
MILESTONES: Final = {
    "confirmed": Stage.CONFIRMED, "authorised": Stage.AUTHORISED, "payment_pending": Stage.PENDING,
    "needs_shopper": Stage.NEEDS_SHOPPER,
}  # fmt: skip
"""What the order's flow says on its way, the last first."""


class Placed(NamedTuple):
    """An order, with the number of the event that says so."""

    no: int
    order: Order


class Stand(NamedTuple):
    """How far it is; why, where it was refused or called off; where its shopper is to confirm.

    `code` is what its flow says that it was refused for: a bank's reasons are among these, and are for the shop alone.
    """

    stage: Stage
    because: str = ""
    confirm_at: tuple[str, ...] = ()
    code: Code | None = None

    @property
    def says(self) -> str:
        """A sentence for its shopper."""
        return SOLD_OUT if self.code is Code.OUT_OF_STOCK else SAYS[self.stage]


class ShopOrders:
    """Of one shop: own orders only, for others are the other checkout's to tell of."""

    def __init__(self, shop: str, engine: Engine) -> None:
        self._shop, self._engine = shop, engine

    async def placed(self, order: str) -> Placed:
        """Raises Refusal, also for one whose household was erased, and for one that another checkout took."""
        row, event = await self._newest(OrderPlaced, order)
        if row is None or not isinstance(event, OrderPlaced) or event.order.checkout is not Checkout.OWN:
            raise Refusal(Cause.NOT_FOUND, "there is no such order, or not any more")
        return Placed(row.no, event.order)

    async def stand(self, placed: Placed) -> Stand:
        """How far it is, as of now."""
        name = placed.order.id
        for kind, stage in ((OrderCancelled, Stage.CANCELLED), (OrderRefused, Stage.REFUSED)):
            _, event = await self._newest(kind, name)
            if event is not None:
                code = await self._code(placed.no) if stage is Stage.REFUSED else None
                return Stand(stage, str(getattr(event, "because", "")), code=code)
        for what, stage in (("order_delivered", Stage.DELIVERED), ("order_sent", Stage.SENT)):
            if await self._engine.store.fetch(what, (self._shop, name)):
                return Stand(stage)
        if (await self._newest(OrderConfirmed, name))[0] is not None:
            return Stand(Stage.CONFIRMED)
        passed = await self._engine.milestones.passed(placed.no)
        found = next((one for one in MILESTONES if one in passed), None)
        if found is None:
            return Stand(Stage.PLACED)
        asks = msgspec.json.decode(passed[found]) if found == "needs_shopper" else ()
        return Stand(MILESTONES[found], confirm_at=tuple(asks))

    async def _code(self, event: int) -> Code | None:
        """Nothing for what an older version refused, and for what a newer one calls it."""
        said = (await self._engine.milestones.passed(event)).get("refused")
        code = None if said is None else msgspec.json.decode(said)
        return Code(code) if code in set(Code) else None

    async def left(self, order: str) -> bool:
        """Whether a parcel of it is on its way."""
        return bool(await self._engine.store.fetch("order_sent", (self._shop, order)))

    async def _newest(self, kind: type[Event], subject: str) -> tuple[EventRow | None, Event | None]:
        name = public_name(kind)
        page = (digest63(self._shop, name, subject), self._shop, name, subject, LAST, 1)
        for row in map(EventRow._make, await self._engine.store.fetch("events_about", page)):
            return row, await self._engine.open_event(row) if row.body else None
        return None, None


def said(order: Order, stand: Stand, token: str | None = None) -> OrderSaid:
    """The order as it is told."""
    return OrderSaid(
        id=order.id, number=order.number, status=stand.stage, total=order.total, says=stand.says,
        confirm_at=list(stand.confirm_at), token=token,
    )  # fmt: skip


def order_of(quote: str) -> OrderId:
    """The order that comes of a quote: one at most."""
    return OrderId(f"o-{quote}")
