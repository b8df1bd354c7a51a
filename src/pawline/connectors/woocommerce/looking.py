"""What no webhook told: orders that changed since the last walk, each read whole.

WooCommerce sends a webhook once, and switches one off whose receiver failed seven times in a row: so this look is how
orders are found, and a webhook only makes it soon. What both tell is one, by its fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.woocommerce.happened import happened
from pawline.connectors.woocommerce.listing import Spot, page_of, time_of
from pawline.connectors.woocommerce.orders import Orders
from pawline.connectors.woocommerce.settings import Settings
from pawline.connectors.woocommerce.told import ToldOrder
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch, name_of
from pawline.model import Aware, OrderId
from pawline.ports import Code, Malformed, Rejected

AGAIN: Final = timedelta(minutes=10)
"""What changed so shortly before the newest is read again: an order is seen when its saving is done, with its time of
before; and as of how long before our first look something is told, whatever the two clocks say."""
MANY_BAD: Final = 3
"""Orders of a page of which none can be read: it is not the orders."""
TRIES: Final = 10
"""Walks in which an order that could not be read is read again: a status may be explained meanwhile."""
RARELY: Final = 30
"""After those it is read in one walk of so many: who is to explain it may come to it on Monday."""
LAST: Final = 5_040
"""Walks after which nobody will: a week of two minutes each."""
MANY_UNREAD: Final = 500
"""Orders that are kept in mind so, the newest of them."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over what changed, the oldest change first, has come to `spot`; what is older than `began` is history.

    `newest` is the last change that was seen, by the shop's clock. `unread` are orders that could not be read, each
    told once, and in how many walks since. `begins`: it is at its first page.
    """

    began: Aware
    spot: Spot
    newest: Aware
    unread: dict[str, int] = {}
    begins: bool = True

    def anew(self) -> Cursor:
        """For the next walk."""
        left = dict([one for one in self.unread.items() if one[1] < LAST][-MANY_UNREAD:])
        return Cursor(self.began, Spot(self.newest - AGAIN), self.newest, left)


def _begun(cursor: str) -> Cursor:
    if cursor:
        return msgspec.json.decode(cursor, type=Cursor)
    began = datetime.now(UTC).replace(microsecond=0) - AGAIN
    return Cursor(began, Spot(began), began)


async def changed(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of the orders that changed. The first walk begins shortly before: what was before that is imported."""
    now, at = datetime.now(UTC), _begun(cursor)
    orders, since = Orders(http, settings), max(at.began, now - REMEMBERED)
    rows, onward = await page_of(http, "modified", at.spot)
    found, bad = list[Sighting](), list[Quarantined]()
    unread, good = dict(at.unread), 0
    for raw in rows:
        name = _name(raw)
        try:
            found += await _told(orders, settings, raw, since, now)
            good += 1
            unread.pop(name, None)
        except (ValueError, RecursionError, Malformed) as problem:  # msgspec's own errors too
            if name not in unread:
                bad.append(Quarantined(f"order {name}", str(problem)[:200]))
            unread[name] = unread.get(name, 0)
        except Rejected as no:  # it was deleted for good while the page was read
            if no.code is not Code.NOT_FOUND:
                raise
            good += 1
    if len(rows) >= MANY_BAD and not good:
        raise Malformed(f"none of the orders can be read: {bad[0].why}" if bad else "none of the orders can be read")
    if at.begins:
        found += await _retried(orders, settings, unread, {_name(raw) for raw in rows}, since, now)
    following = Cursor(at.began, onward or at.spot, _newest(at, rows, now), unread, begins=False)
    if onward is None:
        following = following.anew()
    return Seen(tuple(found), msgspec.json.encode(following).decode(), tuple(bad), more=onward is not None)


async def _told(
    orders: Orders, settings: Settings, raw: msgspec.Raw, since: datetime, now: datetime
) -> tuple[Sighting, ...]:
    told = msgspec.json.decode(raw, type=ToldOrder)
    return happened(orders.whole(told, await orders.refunds(told)), settings, since, now)


async def _retried(
    orders: Orders, settings: Settings, unread: dict[str, int], here: set[str], since: datetime, now: datetime
) -> list[Sighting]:
    """Those of walks before, by number: what was explained meanwhile is told, and what is gone is forgotten."""
    found = list[Sighting]()
    for name in [one for one in unread if one not in here and one.isdigit()]:
        unread[name] += 1
        if unread[name] > TRIES and unread[name] % RARELY:
            continue
        try:
            told = await orders.told(OrderId(name))
            found += happened(orders.whole(told, await orders.refunds(told)), settings, since, now)
            del unread[name]
        except (ValueError, Malformed):
            continue
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:
                raise
            del unread[name]
    return found


def _newest(at: Cursor, rows: Sequence[msgspec.Raw], now: datetime) -> datetime:
    """A shop whose clock is ahead leads us no further than ours."""
    times = [min(one, now.replace(microsecond=0)) for raw in rows if (one := time_of(raw, "modified")) is not None]
    return max([at.newest, *times])


def _name(raw: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(raw, type=_Named).id)
    except (ValueError, RecursionError):  # msgspec's own errors too
        return name_of(raw, "id")


class _Named(msgspec.Struct, frozen=True):
    id: int


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


ORDERS: Final[Watch[Settings]] = Watch("orders", every, changed)
