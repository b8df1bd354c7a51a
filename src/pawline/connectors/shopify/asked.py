"""Fulfilment orders as Shopify has them: what is in them, how far they are, and what has left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.ids import gid
from pawline.connectors.shopify.orders import order_gid
from pawline.connectors.shopify.replies import Named, Nodes, number_in
from pawline.kit import Page, every_item, sku_of
from pawline.model import Aware, OrderId, ShipmentId, SkuId
from pawline.ports import Code, Malformed, Progress, Rejected

STOPPED: Final = "pawline-cancelled"
"""The handle of a hold that is never released: how goods that the shop's own people pack are stopped for good."""


_CALLED_OFF: Final = frozenset({"CANCELLED", "ERROR", "FAILURE"})
"""How a parcel is that does not leave."""


class Action(msgspec.Struct, frozen=True):
    """What may be done to it now."""

    action: str


class Hold(msgspec.Struct, frozen=True, rename="camel"):
    """Why it does not go on; `handle` is the app's own name for it."""

    id: str
    held_by_requesting_app: bool
    handle: str | None = None


class Filled(msgspec.Struct, frozen=True):
    """A parcel of it."""

    status: str


class Asked(msgspec.Struct, frozen=True, rename="camel"):
    """A fulfilment order. Of `fulfillments` only the first few, and how they are."""

    id: str
    status: str
    request_status: str
    created_at: Aware
    supported_actions: tuple[Action, ...]
    fulfillment_holds: tuple[Hold, ...]
    fulfillments: Nodes[Filled]

    @property
    def has_left(self) -> bool:
        """Whether a parcel of it left, and was not called off."""
        some = self.fulfillments
        return some.after is not None or any(one.status not in _CALLED_OFF for one in some.nodes)

    @property
    def was_taken_back(self) -> bool:
        """Whether it was closed by parcels that were called off then: others stand for its goods."""
        return self.status == "CLOSED" and bool(self.fulfillments.nodes) and not self.has_left

    def may(self, action: str) -> bool:
        """Whether Shopify would take this action now."""
        return any(one.action == action for one in self.supported_actions)

    def holds_of(self, handle: str) -> tuple[str, ...]:
        """Holds of ours by that name."""
        return tuple(one.id for one in self.fulfillment_holds if one.held_by_requesting_app and one.handle == handle)


class Ordered(msgspec.Struct, frozen=True, rename="camel"):
    """The order's line behind it."""

    id: str
    sku: str | None = None
    variant: Named | None = None

    @property
    def called(self) -> SkuId:
        """As everywhere."""
        return sku_of(self.sku, None if self.variant is None else number_in(self.variant.id), number_in(self.id))


class Goods(msgspec.Struct, frozen=True, rename="camel"):
    """So many units of a line."""

    id: str
    total_quantity: int
    line_item: Ordered


class WithGoods(Asked, frozen=True, rename="camel"):
    """A fulfilment order and what is in it."""

    line_items: Nodes[Goods]


class OfOrder(msgspec.Struct, frozen=True, rename="camel"):
    """Of one order."""

    fulfillment_orders: Nodes[WithGoods]


class OfOrderReply(msgspec.Struct, frozen=True):
    """Of FULFILMENTS."""

    order: OfOrder | None


class OneReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of FULFILMENT."""

    fulfillment_order: Asked | None


class More(msgspec.Struct, frozen=True, rename="camel"):
    """More of what is in it."""

    line_items: Nodes[Goods]


class MoreReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of FULFILMENT_GOODS."""

    fulfillment_order: More | None


class Left(msgspec.Struct, frozen=True, rename="camel"):
    """Units in a parcel."""

    quantity: int | None
    line_item: Ordered


class Parcel(msgspec.Struct, frozen=True, rename="camel"):
    """What left."""

    id: str
    status: str
    fulfillment_line_items: Nodes[Left]


class Parcels(msgspec.Struct, frozen=True, rename="camel"):
    """Of a fulfilment order."""

    fulfillments: Nodes[Parcel]


class ParcelsReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of PARCELS."""

    fulfillment_order: Parcels | None


class Sent(NamedTuple):
    """What left of a fulfilment order, in which parcel last."""

    shipment: ShipmentId | None
    units: Counter[SkuId]


class FulfilmentOrders:
    """Of one account."""

    def __init__(self, admin: Admin) -> None:
        self._admin: Final = admin

    async def of(self, order: OrderId) -> list[tuple[Asked, Counter[SkuId]]]:
        """All of an order, oldest first, each with what is in it; none for an order that the shop does not show."""
        try:
            name = order_gid(order)
        except Rejected:
            return []

        async def fetch(after: str | None) -> Page[WithGoods]:
            reply = await self._admin.ask(documents.FULFILMENTS, {"id": name, "after": after}, OfOrderReply)
            if reply.order is None:
                return Page((), None)
            return Page(reply.order.fulfillment_orders.nodes, reply.order.fulfillment_orders.after)

        found = [one async for one in every_item(fetch, lambda one: one.id)]
        found.sort(key=lambda one: (one.created_at, int(number_in(one.id))))
        return [(one, await self._goods(one)) for one in found]

    async def one(self, reference: str) -> Asked:
        """Raises Rejected(not_found)."""
        found = (await self._admin.ask(documents.FULFILMENT, {"id": named(reference)}, OneReply)).fulfillment_order
        if found is None:
            raise Rejected("Shopify has no such fulfilment order", Code.NOT_FOUND)
        return found

    async def instead(self, order: OrderId, of: Asked) -> list[Asked]:
        """What stands for one that was taken back: those of the order that were made later, for nothing but its goods.

        https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentCancel
        """
        found = await self.of(order)
        at = next((at for at, (one, _) in enumerate(found) if one.id == of.id), len(found))
        goods = {sku for _, held in found[at : at + 1] for sku in held}
        return [one for one, held in found[at + 1 :] if held and goods.issuperset(held)]

    async def sent(self, reference: str) -> Sent:
        """What has left of it, with parcels that were called off left out."""
        name = named(reference)

        async def fetch(after: str | None) -> Page[Parcel]:
            reply = await self._admin.ask(documents.PARCELS, {"id": name, "after": after}, ParcelsReply)
            if reply.fulfillment_order is None:
                return Page((), None)
            return Page(reply.fulfillment_order.fulfillments.nodes, reply.fulfillment_order.fulfillments.after)

        shipment, units = None, Counter[SkuId]()
        async for parcel in every_item(fetch, lambda one: one.id):
            if parcel.status in _CALLED_OFF:
                continue
            if parcel.fulfillment_line_items.after is not None:
                raise Malformed("a parcel has more lines than one answer holds", Code.TOO_LARGE)
            shipment = ShipmentId(number_in(parcel.id))
            for one in parcel.fulfillment_line_items.nodes:
                units[one.line_item.called] += one.quantity or 0
        return Sent(shipment, units)

    async def _goods(self, asked: WithGoods) -> Counter[SkuId]:
        async def fetch(after: str | None) -> Page[Goods]:
            if after is None:
                return Page(asked.line_items.nodes, asked.line_items.after)
            reply = await self._admin.ask(documents.FULFILMENT_GOODS, {"id": asked.id, "after": after}, MoreReply)
            if reply.fulfillment_order is None:
                raise Malformed("a fulfilment order is gone while it is read")
            return Page(reply.fulfillment_order.line_items.nodes, reply.fulfillment_order.line_items.after)

        units: Counter[SkuId] = Counter()
        async for one in every_item(fetch, lambda one: one.id):
            units[one.line_item.called] += one.total_quantity
        return +units


def named(reference: str) -> str:
    """Raises Rejected(not_found) for what is no fulfilment order of Shopify's."""
    try:
        return gid("FulfillmentOrder", reference)
    except ValueError:
        raise Rejected("Shopify has no such fulfilment order", Code.NOT_FOUND) from None


def progress_of(asked: Asked) -> Progress:
    """How far it is. One that was closed without a parcel that left was replaced by others, or called off."""
    if asked.status == "CANCELLED" or asked.holds_of(STOPPED):
        return Progress.CANCELLED
    if asked.status == "CLOSED":
        return Progress.SHIPPED if asked.has_left else Progress.CANCELLED
    if asked.status == "INCOMPLETE" or asked.request_status == "REJECTED":
        return Progress.EXCEPTION
    if asked.status == "ON_HOLD":
        return Progress.ON_HOLD
    return Progress.PICKING if asked.status == "IN_PROGRESS" else Progress.ACCEPTED


def together(some: Iterable[Progress]) -> Progress:
    """Of several that are one request: what needs a look comes first, and it has left when all that goes has."""
    found = set(some)
    for one in (Progress.EXCEPTION, Progress.ON_HOLD):
        if one in found:
            return one
    going = found - {Progress.CANCELLED}
    if len(going) > 1:
        return Progress.PICKING
    return going.pop() if going else Progress.CANCELLED
