"""What no webhook told: orders that changed are read whole, and say what happened to them, to money and goods.

Shopify gives a webhook up after four hours, and tells of no edit's prices at all. What both told is one, by its fact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.looking_order import Changed, happened
from pawline.connectors.shopify.looking_sent import sent_of
from pawline.connectors.shopify.orders import Orders
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.replies import Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.settings import Settings
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware, OrderId
from pawline.ports import Code, Malformed, Rejected, Transient

AGAIN: Final = timedelta(minutes=2)
"""What changed so shortly before the last look began is looked at again: Shopify's search is behind its orders."""
SETTLED: Final = timedelta(seconds=30)
"""What changed so shortly ago may change again in the same second, which is all that Shopify tells."""
TRIES: Final = 10
"""Looks at which an order that could not be read is tried again: the answer may have been broken, and not the order."""
WAITING: Final = frozenset({"UNFULFILLED", "ON_HOLD", "SCHEDULED", "OPEN", "REQUEST_DECLINED"})
"""Nothing of it has left, and so nothing comes back."""
MANY: Final = 3
"""Orders of a page of which none can be read: it may not be the orders, so that page is not passed over at once."""
UNREAD: Final = 10
"""Orders that are tried again at a time: as many as a page holds."""
ALONE: Final = frozenset({Code.UNAVAILABLE, Code.TIMED_OUT, Code.DISCONNECTED})
"""How Shopify may fail at one order, while it answers of the others."""
KNOWN: Final = 1_000
"""Orders that are known to have been read: more are read once more, for a cursor is written with every page."""
RETRIED: Final = timedelta(hours=4)
"""How long Shopify tries to tell a webhook: https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks."""


class ChangedReply(msgspec.Struct, frozen=True):
    """Of MISSED."""

    orders: Nodes[Changed]


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """Since when somebody is told of orders."""

    created_at: Aware


class ToldReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of TOLD_SINCE."""

    webhook_subscriptions: Nodes[Told]


class Cursor(msgspec.Struct, frozen=True):
    """Looking began at `began`: what is older is history, and is imported.

    This walk over what changed since `since` was begun at `asked`, is at `after`, and saw until `newest`; `known` are
    orders that were read lately, and when each had changed; `unread` those that could not be read, and how often that
    was tried.
    """

    began: Aware
    since: Aware
    newest: Aware
    after: str | None = None
    known: dict[str, Aware] = {}
    unread: dict[str, int] = {}
    asked: Aware | None = None


class Read(NamedTuple):
    """Of some orders: what they say, and why of those that cannot be told. Shopify failed at those that are `late`."""

    seen: list[Sighting]
    unread: dict[str, str]
    late: frozenset[str]


async def missed(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the orders that changed, oldest change first.

    An order that cannot be read is quarantined once, and tried again at some later looks. The page stays where it is
    as long as none of many can be read.
    """
    now = datetime.now(UTC).replace(microsecond=0)  # as Shopify tells times
    admin = Patient(http)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else await _first(admin, now)
    page = await _page(admin, f"updated_at:>={moment(at.since)}", at.after)
    if page.after is not None and page.after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    nodes = [one for one in page.nodes if at.known.get(number_in(one.id)) != one.updated_at]
    here = {number_in(one.id) for one in nodes}
    retried = at.after is None and bool(at.unread)
    if retried:
        wanted = " OR ".join(f"id:{name}" for name in at.unread)
        nodes += [one for one in (await _page(admin, wanted, None)).nodes if number_in(one.id) not in here]
    read = await _read(admin, nodes, at, max(at.began, now - REMEMBERED))
    tries = _tried(at.unread, [] if retried else set(at.unread) - here, read.unread)
    bad = tuple(
        Quarantined(f"order {name}", why) for name, why in read.unread.items() if _is_news(name, read, at, tries)
    )
    if len(here) >= MANY and here <= read.unread.keys() and not here.isdisjoint(tries):
        stays = msgspec.structs.replace(at, unread=tries)
        return Seen(tuple(read.seen), msgspec.json.encode(stays).decode(), bad)
    following = _next(at, page, now, tries)
    return Seen(tuple(read.seen), msgspec.json.encode(following).decode(), bad, more=page.after is not None)


async def _first(admin: Admin, now: datetime) -> Cursor:
    """Looking began when Shopify was asked to tell us: what was placed since then may have been heard by now."""
    there = (await admin.ask(documents.TOLD_SINCE, {}, ToldReply)).webhook_subscriptions.nodes
    began = max([now - RETRIED, *(min(one.created_at, now) for one in there)]) if there else now
    return Cursor(began, min(began, now - AGAIN), now)


def _next(at: Cursor, page: Nodes[Changed], now: datetime, tries: dict[str, int]) -> Cursor:
    """The next page; after the last, the next walk: over what changed since this one began, or not long before.

    What the search showed only while this walk went on has been passed over, and is found by that one.
    """
    asked = now if at.after is None or at.asked is None else at.asked
    newest = max([at.newest, *(one.updated_at for one in page.nodes)])
    again = min(newest, asked) - AGAIN
    known = at.known | {number_in(one.id): one.updated_at for one in page.nodes if one.updated_at <= now - SETTLED}
    left = [(name, when) for name, when in known.items() if when >= again]
    latest = dict(sorted(left, key=lambda one: one[1])[-KNOWN:])
    since = at.since if page.after else max(at.since, again)
    return Cursor(at.began, since, newest, page.after, latest, tries, asked)


async def _page(admin: Admin, query: str, after: str | None) -> Nodes[Changed]:
    return (await admin.ask(documents.MISSED, {"query": query, "after": after}, ChangedReply)).orders


async def _read(admin: Admin, nodes: Sequence[Changed], at: Cursor, since: datetime) -> Read:
    """Raises Transient where Shopify fails at all that are read for the first time: it is not the orders."""
    found = Read([], {}, frozenset())
    answered, failed = False, None
    for one in nodes:
        name = OrderId(number_in(one.id))
        try:
            await _tell(admin, one, name, since, found.seen)
            answered = True
        except Malformed as problem:
            if problem.code is Code.BAD_REQUEST:
                raise  # no order is read by a document that Shopify does not take
            found.unread[name] = problem.text
            answered = True
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            answered = True
        except Transient as problem:
            if problem.code not in ALONE:
                raise
            found.unread[name] = problem.text
            found = found._replace(late=found.late | {name})
            failed = problem if name not in at.unread else failed
    if failed is not None and not answered:
        raise failed
    return found


async def _tell(admin: Admin, one: Changed, name: OrderId, since: datetime, seen: list[Sighting]) -> None:
    """Adds what it says to `seen`: parcels that cannot be read take nothing of their order with them."""
    if one.may_tell(since):
        found = happened(one, await Orders(admin).read(name), since)
        seen += [Sighting(event.fact or name, when, event) for when, event in found]
    if one.display_fulfillment_status not in WAITING:
        async for when, event in sent_of(admin, name, since):
            seen.append(Sighting(event.fact or name, when, event))


def _tried(before: Mapping[str, int], left: Collection[str], unread: Mapping[str, str]) -> dict[str, int]:
    """Those that are to be tried again: no more than a page of them, and none for ever.

    `left` were not tried now. What was, and is not `unread`, was read, or is there no more.
    """
    kept = {name: tries for name, tries in before.items() if name in left}
    kept |= {name: tries for name in unread if (tries := before.get(name, 0) + 1) < TRIES}
    return dict(list(kept.items())[:UNREAD])


def _is_news(name: str, read: Read, at: Cursor, tries: Mapping[str, int]) -> bool:
    """An order that cannot be read is told of at once; one at which Shopify failed, when it is not tried any more."""
    return name not in tries if name in read.late else name not in at.unread


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


ORDERS: Final[Watch[Settings]] = Watch("orders", every, missed)
