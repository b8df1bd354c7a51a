"""What no webhook told: orders that changed are read whole, and say what happened to them, to money and goods.

Shopify gives a webhook up after four hours, and tells of no edit's prices at all. What both told is one, by its fact.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.looking_sent import sent_of
from pawline.connectors.shopify.orders import Orders, Whole
from pawline.connectors.shopify.patience import patiently
from pawline.connectors.shopify.placed import unsent
from pawline.connectors.shopify.replies import Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_orders import Attempt, because_of, called_off_by, of_attempt
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import (
    Aware,
    Edit,
    EditId,
    Event,
    Item,
    Line,
    LineId,
    Order,
    OrderCancelled,
    OrderEdited,
    OrderId,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
    SkuId,
    total,
)
from pawline.ports import Code, Malformed, Rejected

AGAIN: Final = timedelta(minutes=2)
"""What changed so shortly before the last look's end is looked at again: Shopify's search is behind its orders."""
SETTLED: Final = timedelta(seconds=30)
"""What changed so shortly ago may change again in the same second, which is all that Shopify tells."""
TRIES: Final = 10
"""Looks at which an order that could not be read is tried again: the answer may have been broken, and not the order."""
BEGUN: Final = frozenset({"FULFILLED", "PARTIALLY_FULFILLED", "IN_PROGRESS", "PENDING_FULFILLMENT", "RESTOCKED"})
"""Somebody sends it already, or has: whoever hears of it only now asks no warehouse for it."""
WAITING: Final = frozenset({"UNFULFILLED", "ON_HOLD", "SCHEDULED", "OPEN", "REQUEST_DECLINED"})
"""Nothing of it has left, and so nothing comes back."""
MANY: Final = 3
"""Orders of which none can be read: it is not the orders."""
COVERED: Final = frozenset({"PAID", "PARTIALLY_REFUNDED", "REFUNDED"})


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """An order, and what is not in it as a whole."""

    id: str
    processed_at: Aware
    updated_at: Aware
    edited: bool
    display_fulfillment_status: str
    display_financial_status: str | None = None
    cancelled_at: Aware | None = None
    cancel_reason: str | None = None
    tags: tuple[str, ...] = ()


class ChangedReply(msgspec.Struct, frozen=True):
    """Of MISSED."""

    orders: Nodes[Changed]


class Cursor(msgspec.Struct, frozen=True):
    """Looking began at `began`: what is older is history, and is imported.

    This walk over what changed since `since` is at `after`, and saw until `newest`; `known` are orders that were read
    lately, and when each had changed; `unread` those that could not be read, and how often that was tried.
    """

    began: Aware
    since: Aware
    newest: Aware
    after: str | None = None
    known: dict[str, Aware] = {}
    unread: dict[str, int] = {}


async def missed(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the orders that changed, oldest change first. An order that cannot be read is quarantined, once."""
    now = datetime.now(UTC).replace(microsecond=0)  # as Shopify tells times
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now - AGAIN, now)
    admin = Admin(http)
    page = await _page(admin, f"updated_at:>={moment(at.since)}", at.after)
    if page.after is not None and page.after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    nodes = [one for one in page.nodes if at.known.get(number_in(one.id)) != one.updated_at]
    if at.unread and at.after is None:
        there = {one.id for one in nodes}
        wanted = " OR ".join(f"id:{name}" for name in at.unread)
        nodes += [one for one in (await _page(admin, wanted, None)).nodes if one.id not in there]
    found, unread = await _read(admin, nodes, at)
    bad = tuple(Quarantined(f"order {name}", why) for name, why in unread.items() if name not in at.unread)
    newest = max([at.newest, *(one.updated_at for one in page.nodes)])
    known = at.known | {number_in(one.id): one.updated_at for one in page.nodes if one.updated_at <= now - SETTLED}
    following = Cursor(
        at.began, at.since if page.after else max(at.since, newest - AGAIN), newest, page.after,
        {name: changed for name, changed in known.items() if changed >= newest - AGAIN and name not in unread},
        _tried(at.unread, [number_in(one.id) for one in nodes], unread),
    )  # fmt: skip
    return Seen(tuple(found), msgspec.json.encode(following).decode(), bad, more=page.after is not None)


async def _page(admin: Admin, query: str, after: str | None) -> Nodes[Changed]:
    return (await admin.ask(documents.MISSED, {"query": query, "after": after}, ChangedReply)).orders


async def _read(admin: Admin, nodes: Sequence[Changed], at: Cursor) -> tuple[list[Sighting], dict[str, str]]:
    """What these orders say, and why of some that cannot be told, whole or as far as their goods go."""
    seen: list[Sighting] = []
    unread: dict[str, str] = {}
    orders, lost = Orders(admin), 0
    for one in nodes:
        name = OrderId(number_in(one.id))
        told: list[tuple[datetime, Event]] = []
        try:
            whole = await patiently(partial(orders.read, name))
            told = happened(one, whole.order, at.began) + _declined(whole, at.began)
            if one.display_fulfillment_status not in WAITING:
                told += await sent_of(admin, name, at.began)
        except Malformed as problem:
            if problem.code is Code.BAD_REQUEST:
                raise  # no order is read by a document that Shopify does not take
            unread[name], lost = problem.text, lost + (not told)
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
        seen += [Sighting(event.fact or name, when, event) for when, event in told]
    if lost >= MANY and lost == len(nodes):
        raise Malformed(f"no order can be read: {next(iter(unread.values()))}")
    return seen, unread


def _tried(before: dict[str, int], read: Sequence[str], unread: Iterable[str]) -> dict[str, int]:
    """Those that are to be tried again: no more than a page of them, and none for ever."""
    left = {name: tries for name, tries in before.items() if name not in read}
    left |= {name: before.get(name, 0) + 1 for name in unread if before.get(name, 0) + 1 < TRIES}
    return dict(list(left.items())[:10])


def happened(one: Changed, order: Order, began: datetime) -> list[tuple[datetime, Event]]:
    """What happened since looking began; an order of long ago is not placed anew because it changes, or is imported."""
    found: list[tuple[datetime, Event]] = []
    whose, lines = order.household, order.lines
    if one.display_fulfillment_status in BEGUN:
        order = unsent(order)
    if one.processed_at >= began:
        found.append((one.processed_at, OrderPlaced(order=msgspec.structs.replace(order, refunds=()))))
        if one.display_financial_status in COVERED:
            found.append((one.updated_at, _paid(one, order)))
        if one.edited:
            found.append((one.updated_at, _edited(one, order, lines)))
    found += [
        (refund.at, RefundIssued(order=order.id, refund=refund, household=whose))
        for refund in order.refunds if refund.at >= began
    ]  # fmt: skip
    if one.cancelled_at is not None and one.cancelled_at >= began:
        by, why = called_off_by(one.cancel_reason, one.tags), because_of(one.cancel_reason)
        off = OrderCancelled(order=order.id, at=one.cancelled_at, by=by, because=why, household=whose)
        found.append((one.cancelled_at, off))
    return found


def _declined(whole: Whole, began: datetime) -> list[tuple[datetime, Event]]:
    """Payments that were refused since looking began, each attempt by its transaction's number."""
    found: list[tuple[datetime, Event]] = []
    for one in whole.transactions:
        if one.created_at is not None and (at := one.processed_at or one.created_at) >= began:
            told = Attempt(
                id=int(number_in(one.id)), order_id=int(whole.order.id), kind=one.kind.lower(),
                status=one.status.lower(), created_at=one.created_at, processed_at=one.processed_at,
                error_code=None if one.error_code is None else one.error_code.lower(),
            )  # fmt: skip
            found += [(at, event) for event in of_attempt(told)]
    return found


def _paid(one: Changed, order: Order) -> OrderPaid:
    """What an edit took out without money was neither owed nor bought; what money went back for was both."""
    called_off = one.cancelled_at
    out = [
        refund for refund in order.refunds
        if not refund.payouts and (called_off is None or refund.at < called_off)
    ]  # fmt: skip
    gone = Counter[LineId | None]()
    for credit in (credit for refund in out for credit in refund.credits):
        gone[credit.line] += credit.quantity
    bought = Counter[SkuId]()
    for line in order.lines:
        bought[line.sku] += line.quantity - gone[line.id]
    owed = order.total - total((refund.credited() for refund in out), order.currency)
    items = tuple(Item(sku, left) for sku, left in sorted(bought.items()) if left > 0)
    return OrderPaid(order=order.id, at=one.updated_at, paid=owed, household=order.household, items=items)


def _edited(one: Changed, order: Order, lines: tuple[Line, ...]) -> OrderEdited:
    """Shopify does not name its edits: one is named by the `lines` that it left, sent or not.

    What it took out is a refund's.
    """
    said = hashlib.sha256(msgspec.json.encode(lines)).hexdigest()[:16]
    edit = Edit(id=EditId(said), at=one.updated_at, reason="edited in the shop", lines=order.lines)
    return OrderEdited(order=order.id, edit=edit, household=order.household)


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


ORDERS: Final[Watch[Settings]] = Watch("orders", every, missed)
