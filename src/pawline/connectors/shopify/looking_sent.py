"""What was sent of an order, and what is to come back: read whole, and told by the very facts of its webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.orders import none_such, order_gid
from pawline.connectors.shopify.replies import Named, Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.told_goods import (
    FulfilledLine,
    Fulfilment,
    FulfilmentLine,
    OrderOf,
    Return,
    ReturnedLine,
    Word,
    of_parcel,
    of_return,
    of_withdrawn,
    of_word,
)
from pawline.connectors.shopify.told_goods import Named as NamedLine
from pawline.kit import REMEMBERED, Page, pages
from pawline.model import Aware, Event, OrderId
from pawline.ports import Code, Malformed

MOST: Final = 50
"""Parcels of one order that changed since looking began: Shopify has no second page of these."""
Happened = list[tuple[datetime, Event]]
_CALLED_OFF: Final = frozenset({"CANCELLED", "ERROR", "FAILURE"})
_SHOWN: Final = {
    "FULFILLED": None, "MARKED_AS_FULFILLED": None, "NOT_DELIVERED": "attempted_delivery",
    "LABEL_VOIDED": "label_printed", "SUBMITTED": "label_printed",
}  # fmt: skip
"""What the admin shows of a parcel where a webhook has another word, or none."""


class Tracking(msgspec.Struct, frozen=True):
    """How a parcel is followed."""

    company: str | None = None
    number: str | None = None
    url: str | None = None


class SentItem(msgspec.Struct, frozen=True, rename="camel"):
    """The order's line."""

    id: str
    requires_shipping: bool
    sku: str | None = None
    variant: Named | None = None


class SentLine(msgspec.Struct, frozen=True, rename="camel"):
    """Units in a parcel."""

    line_item: SentItem
    quantity: int | None = None


class WordNode(msgspec.Struct, frozen=True, rename="camel"):
    """A carrier's word."""

    id: str
    status: str
    happened_at: Aware
    estimated_delivery_at: Aware | None = None


class ParcelNode(msgspec.Struct, frozen=True, rename="camel"):
    """A fulfilment."""

    id: str
    status: str
    created_at: Aware
    updated_at: Aware
    tracking_info: tuple[Tracking, ...]
    fulfillment_line_items: Nodes[SentLine]
    events: Nodes[WordNode]
    display_status: str | None = None
    in_transit_at: Aware | None = None
    delivered_at: Aware | None = None


class ParcelReply(msgspec.Struct, frozen=True):
    """Of PARCEL."""

    fulfillment: ParcelNode | None


class Reason(msgspec.Struct, frozen=True):
    """Why something comes back."""

    handle: str


class BackOf(msgspec.Struct, frozen=True, rename="camel"):
    """What of a parcel comes back."""

    line_item: Named


class BackLine(msgspec.Struct, frozen=True, rename="camel"):
    """A return's line; of goods that nobody could tell in a parcel it names none."""

    quantity: int
    return_reason_definition: Reason | None = None
    fulfillment_line_item: BackOf | None = None


class ReturnNode(msgspec.Struct, frozen=True, rename="camel"):
    """A return."""

    id: str
    status: str
    created_at: Aware
    return_line_items: Nodes[BackLine]


class SentNode(msgspec.Struct, frozen=True, rename="camel"):
    """Of one order."""

    updated_at: Aware
    fulfillments: tuple[Named, ...]
    returns: Nodes[ReturnNode]
    email: str | None = None


class SentReply(msgspec.Struct, frozen=True):
    """Of SENT."""

    order: SentNode | None


async def sent_of(admin: Admin, order: OrderId, since: datetime) -> AsyncIterator[tuple[datetime, Event]]:
    """What of it left, moved, arrived or is to come back since then.

    Raises Rejected(not_found), and Malformed for an order of which one answer does not hold that; for a parcel or a
    return that cannot be read, after it told the others.
    """
    given = {"id": order_gid(order), "changed": f"updated_at:>={moment(since)}"}
    node = (await admin.ask(documents.SENT, given, SentReply)).order
    if node is None:
        raise none_such(order)
    if len(node.fulfillments) > MOST:
        raise Malformed(f"order {order} has more than {MOST} parcels that changed", Code.TOO_LARGE)
    parts = [partial(_of_parcel, await _parcel(admin, one), order, node.email, since) for one in node.fulfillments]
    parts += [partial(_of_return, back, order, node, since) for back in node.returns.nodes]
    wrong: list[str] = []
    for part in parts:
        try:
            found = part()
        except (ValueError, Malformed) as problem:
            wrong.append(problem.text if isinstance(problem, Malformed) else str(problem))
        else:
            for one in found:
                yield one
    if wrong:
        raise Malformed(f"order {order}: {'; '.join(wrong)}")


async def _parcel(admin: Admin, named: Named) -> ParcelNode:
    """With all its lines."""

    async def fetch(after: str | None) -> Page[ParcelNode]:
        node = (await admin.ask(documents.PARCEL, {"id": named.id, "after": after}, ParcelReply)).fulfillment
        if node is None:
            raise Malformed("a parcel is gone while it is read")
        return Page((node,), node.fulfillment_line_items.after)

    read = [one async for page in pages(fetch) for one in page.items]
    lines = tuple(line for one in read for line in one.fulfillment_line_items.nodes)
    whole = msgspec.structs.replace(read[0].fulfillment_line_items, nodes=lines)
    return msgspec.structs.replace(read[0], fulfillment_line_items=whole)


def _of_parcel(node: ParcelNode, order: OrderId, email: str | None, since: datetime) -> Happened:
    if node.status in _CALLED_OFF:
        return []  # no event of ours says it; its webhook is kept for people
    if node.created_at < datetime.now(UTC) - REMEMBERED:
        return []
    told = Fulfilment(
        id=int(number_in(node.id)), order_id=int(order), status=node.status.lower(), created_at=node.created_at,
        updated_at=node.updated_at, shipment_status=shown(node.display_status), email=email,
        line_items=tuple(_packed(one) for one in node.fulfillment_line_items.nodes),
        tracking_company=next((one.company for one in node.tracking_info if one.company), None),
        tracking_number=next((one.number for one in node.tracking_info if one.number), None),
        tracking_numbers=tuple(one.number for one in node.tracking_info if one.number),
        tracking_urls=tuple(one.url or "" for one in node.tracking_info if one.number),
        left_at=node.in_transit_at, delivered_at=node.delivered_at,
    )  # fmt: skip
    words = [
        Word(
            id=int(number_in(one.id)), fulfillment_id=told.id, order_id=told.order_id, status=one.status.lower(),
            happened_at=one.happened_at, estimated_delivery_at=one.estimated_delivery_at,
        )
        for one in reversed(node.events.nodes) if one.happened_at >= since
    ]  # fmt: skip
    return [(told.updated_at, event) for event in of_parcel(told)] + [
        (one.happened_at, event) for one in words for event in of_word(one)
    ]


def shown(status: str | None) -> str | None:
    """The status of a parcel in the admin, by a webhook's word for it."""
    return None if status is None else _SHOWN.get(status, status.lower())


def _packed(one: SentLine) -> FulfilledLine:
    item = one.line_item
    variant = None if item.variant is None else int(number_in(item.variant.id))
    return FulfilledLine(
        id=int(number_in(item.id)), quantity=one.quantity or 0, sku=item.sku, variant_id=variant,
        requires_shipping=item.requires_shipping,
    )  # fmt: skip


def _of_return(node: ReturnNode, order: OrderId, of: SentNode, since: datetime) -> Happened:
    """One that is over by now is nothing to be asked for any more; when it was called off, Shopify does not say."""
    if node.created_at < since or node.status == "CLOSED":
        return []
    lines = tuple(
        ReturnedLine(
            quantity=one.quantity,
            fulfillment_line_item=FulfilmentLine(NamedLine(int(number_in(one.fulfillment_line_item.line_item.id)))),
            return_reason=None if one.return_reason_definition is None else one.return_reason_definition.handle,
        )
        for one in node.return_line_items.nodes if one.fulfillment_line_item is not None
    )  # fmt: skip
    if node.return_line_items.after is not None:
        raise Malformed(f"a return of order {order} has more lines than one answer holds", Code.TOO_LARGE)
    told = Return(
        id=int(number_in(node.id)), status=node.status.lower(), order=OrderOf(int(order)), return_line_items=lines
    )
    if told.status in {"canceled", "declined"}:
        return [(of.updated_at, event) for event in of_withdrawn(of.updated_at, told)]
    return [(node.created_at, event) for event in of_return(node.created_at, told)]
