"""A round of what is on its way: carriers' words, late numbers and returns of orders that nothing else changed.

Shopify does not promise that an order counts as changed (`updated_at`) when only its parcel does, and its parcels
cannot be searched by themselves: https://shopify.dev/docs/api/admin-graphql/2026-07/queries/orders has what can. So
every three hours each order that left lately is asked whether a parcel of it changed, 50 in one document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.looking import ALONE, MANY
from pawline.connectors.shopify.looking_sent import sent_of
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.replies import Named, Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.settings import Settings
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware, OrderId
from pawline.ports import Code, Malformed, Rejected, Transient

AGAIN: Final = timedelta(minutes=2)
"""So much of the round before is looked at again: Shopify's search is behind what it finds."""
ROUND: Final = 36
"""Looks for orders, to one round of these: three hours, where it is looked every five minutes."""
PAUSE: Final = 1.0
"""Seconds between two documents of a round, each of about 40 points: not half of what the smallest plan gives."""
_SENT, _BACK = timedelta(days=14), timedelta(days=90)
PARTS: Final = (
    ("fulfillment_status:shipped", _SENT), ("fulfillment_status:partial", _SENT),
    ("return_status:return_requested", _BACK), ("return_status:in_progress", _BACK),
)  # fmt: skip
"""What is asked for, of orders that were placed since so long: parcels arrive, and returns are asked for, by then."""


class Opened(msgspec.Struct, frozen=True, rename="camel"):
    """A return."""

    created_at: Aware


class OnTheWay(msgspec.Struct, frozen=True, rename="camel"):
    """An order, with one of its parcels that changed, if any did, and its newest return."""

    id: str
    fulfillments: tuple[Named, ...]
    returns: Nodes[Opened]


class RoundReply(msgspec.Struct, frozen=True):
    """Of ROUND."""

    orders: Nodes[OnTheWay]


class Cursor(msgspec.Struct, frozen=True):
    """Looking began at `began`. This round was begun at `at`, is in this part of `PARTS`, and asks since `since`.

    At `late` Shopify failed: each is asked once more in the next round, since when it was to be asked.
    """

    began: Aware
    since: Aware
    at: Aware
    part: int = 0
    after: str | None = None
    late: dict[str, Aware] = {}


class Read(NamedTuple):
    """Of some orders: what they say, those that cannot be told, and those to be asked once more, since when."""

    seen: list[Sighting]
    bad: list[Quarantined]
    late: dict[str, datetime]


async def moved(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of what is on its way, there or back. An order that cannot be read is quarantined, the rest is seen.

    So is one at which Shopify fails in two rounds.
    """
    now = datetime.now(UTC).replace(microsecond=0)  # as Shopify tells times
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now - AGAIN, now)
    begins = not at.part and at.after is None
    if not begins:
        await asyncio.sleep(PAUSE)
    admin = Patient(http)
    wanted, span = PARTS[at.part]
    given = {
        "query": f"{wanted} AND created_at:>={moment(at.at - span)}",
        "changed": f"updated_at:>={moment(at.since)}", "after": at.after,
    }  # fmt: skip
    page = (await admin.ask(documents.ROUND, given, RoundReply)).orders
    if page.after is not None and page.after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    again = at.late if begins else {}
    since = max(at.since, at.began)
    asked = {
        number_in(one.id): since
        for one in page.nodes
        if one.fulfillments or any(back.created_at >= at.since for back in one.returns.nodes)
    } | again
    read = await _read(admin, asked, again)
    left = read.late if begins else at.late | read.late
    following = msgspec.structs.replace(_next(at, page.after, now), late=left)
    more = following.at == at.at
    return Seen(tuple(read.seen), msgspec.json.encode(following).decode(), tuple(read.bad), more=more)


async def _read(admin: Patient, asked: Mapping[str, datetime], again: Collection[str]) -> Read:
    """Raises Transient where Shopify fails at all of many: it is not the orders."""
    found, failed = Read([], [], {}), list[Transient]()
    for name, since in asked.items():
        problem = await _tell(admin, name, since, found.seen)
        if isinstance(problem, Transient):
            failed.append(problem)
            if name not in again:
                found.late[name] = since
                continue
        if problem is not None:
            found.bad.append(Quarantined(f"order {name}", problem.text))
    if len(failed) == len(asked) >= MANY:
        raise failed[0]
    return found


async def _tell(admin: Patient, name: str, since: datetime, seen: list[Sighting]) -> Malformed | Transient | None:
    """Adds what it says to `seen`; what is wrong with this order, and not with all."""
    try:
        async for when, event in sent_of(admin, OrderId(name), since):
            seen.append(Sighting(event.fact or name, when, event))
    except Malformed as problem:
        if problem.code is Code.BAD_REQUEST:
            raise  # no order is read by a document that Shopify does not take
        return problem
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:
            raise
    except Transient as problem:
        if problem.code not in ALONE:
            raise
        return problem
    return None


def _next(at: Cursor, after: str | None, now: datetime) -> Cursor:
    """The next page, part or round: that asks for what changed since this one began."""
    if after is not None:
        return msgspec.structs.replace(at, after=after)
    if at.part + 1 < len(PARTS):
        return msgspec.structs.replace(at, part=at.part + 1, after=None)
    return Cursor(at.began, at.at - AGAIN, max(now, at.at + timedelta(seconds=1)))


def every(settings: Settings) -> timedelta:
    """How often a round is made."""
    return timedelta(seconds=settings.poll * ROUND)


ON_THE_WAY: Final[Watch[Settings]] = Watch("parcels", every, moved)
