"""What no webhook told: orders that changed are read whole, and say what happened to them, edits among it.

Shopify gives a webhook up after four hours, and tells of no edit's prices at all. What both told is one, by its fact.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.orders import Orders
from pawline.connectors.shopify.replies import Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_orders import because_of, called_off_by
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import (
    Aware,
    Edit,
    EditId,
    Event,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderId,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
)
from pawline.ports import Code, Malformed, Rejected

BEFORE: Final = timedelta(hours=1)
"""How far back the first look goes: what is older is history, and is imported."""
AGAIN: Final = timedelta(minutes=2)
"""What changed so shortly before the last look's end is looked at again: Shopify's search is behind its orders."""
COVERED: Final = frozenset({"PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """An order, and what is not in it as a whole."""

    id: str
    created_at: Aware
    updated_at: Aware
    edited: bool
    display_financial_status: str | None = None
    cancelled_at: Aware | None = None
    cancel_reason: str | None = None
    tags: tuple[str, ...] = ()


class ChangedReply(msgspec.Struct, frozen=True):
    """Of MISSED."""

    orders: Nodes[Changed]


class Cursor(msgspec.Struct, frozen=True):
    """Looking began at `began`; this walk over what changed since `since` is at `after`, and saw until `newest`."""

    began: Aware
    since: Aware
    newest: Aware
    after: str | None = None


async def missed(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the orders that changed, oldest change first. An order that does not add up is quarantined."""
    now = datetime.now(UTC)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now - BEFORE, now - BEFORE, now - BEFORE)
    admin = Admin(http)
    given = {"query": f"updated_at:>={moment(at.since)}", "after": at.after}
    page = (await admin.ask(documents.MISSED, given, ChangedReply)).orders
    seen: list[Sighting] = []
    bad: list[Quarantined] = []
    orders = Orders(admin)
    for one in page.nodes:
        name = OrderId(number_in(one.id))
        try:
            order = (await orders.read(name)).order
        except Malformed as problem:
            bad.append(Quarantined(f"order {name}", problem.text))
            continue
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            continue
        seen += [Sighting(event.fact or name, at, event) for at, event in _happened(one, order, at.began)]
    newest = max([at.newest, *(one.updated_at for one in page.nodes)])
    if page.after is not None:
        following = msgspec.structs.replace(at, newest=newest, after=page.after)
    else:
        since = max(at.since, newest - AGAIN)
        following = Cursor(at.began, since, newest)
    return Seen(tuple(seen), msgspec.json.encode(following).decode(), tuple(bad), more=page.after is not None)


def _happened(one: Changed, order: Order, began: datetime) -> list[tuple[datetime, Event]]:
    """What happened since looking began; an order of long ago is not placed anew because it changes."""
    found: list[tuple[datetime, Event]] = []
    whose = order.household
    if one.created_at >= began:
        found.append((one.created_at, OrderPlaced(order=msgspec.structs.replace(order, refunds=()))))
        if one.display_financial_status in COVERED:
            paid = OrderPaid(order=order.id, at=one.updated_at, paid=order.total, household=whose, items=order.demand())
            found.append((one.updated_at, paid))
    if one.edited and one.updated_at >= began:
        found.append((one.updated_at, _edited(one, order)))
    found += [
        (refund.at, RefundIssued(order=order.id, refund=refund, household=whose))
        for refund in order.refunds if refund.at >= began
    ]  # fmt: skip
    if one.cancelled_at is not None and one.cancelled_at >= began:
        by, why = called_off_by(one.cancel_reason, one.tags), because_of(one.cancel_reason)
        off = OrderCancelled(order=order.id, at=one.cancelled_at, by=by, because=why, household=whose)
        found.append((one.cancelled_at, off))
    return found


def _edited(one: Changed, order: Order) -> OrderEdited:
    """Shopify does not name its edits: one is named by the lines that it left. What it took out is a refund's."""
    said = hashlib.sha256(msgspec.json.encode(order.lines)).hexdigest()[:16]
    edit = Edit(id=EditId(said), at=one.updated_at, reason="edited in the shop", lines=order.lines)
    return OrderEdited(order=order.id, edit=edit, household=order.household)


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("orders", every, missed)
