"""What no webhook told: the parcels of the last weeks, and what became of those that moved since the last walk."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.easypost.happened import orphan, sightings
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.told import Shipments, ToldOrder, ToldShipment, aware
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware
from pawline.ports import Malformed, Rejected

MANY: Final = "100"
"""Shipments of a page: EasyPost gives no more."""
AGAIN: Final = timedelta(hours=1)
"""What moved so shortly before the last walk began is told again: a page may be older than its time says."""
PAUSE: Final = 0.25
"""Seconds between two pages: lists may be asked for five times a second, by everybody who has a key of the account."""
MANY_BAD: Final = 3
"""Shipments of a page of which none can be read: it is not the shipments."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over what was bought within REMEMBERED, newest first, is behind the shipment `before`.

    It `began` by our clock, and tells what moved `since`; the first one tells all. `unread` are shipments that could
    not be read, and whether that was in this walk: each is told once.
    """

    began: Aware
    since: Aware | None = None
    before: str | None = None
    unread: dict[str, bool] = {}


async def parcels(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of them: https://docs.easypost.com/docs/pagination . What is new meanwhile is the next walk's."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now)
    if at.before is None:
        at = msgspec.structs.replace(at, began=now)
    else:
        await asyncio.sleep(PAUSE)
    query = {
        "page_size": MANY, "purchased": "true", "start_datetime": f"{at.began - REMEMBERED:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    if at.before is not None:
        query["before_id"] = at.before
    try:
        page = await http.send("GET", "shipments", query=query, into=Shipments)
    except Rejected:
        if at.before is None:
            raise
        return Seen((), _told(msgspec.structs.replace(at, before=None)))  # the next walk begins anew
    return await _seen(page, at, now, Orders(http))


class Orders:
    """Whose the orders of one page are, for this shop: each is asked for once."""

    def __init__(self, http: Http) -> None:
        self._http, self._known = http, dict[str, str | None]()
        self.shop: Final = http.whose

    async def reference(self, told: ToldShipment) -> str | None:
        """Of the order that it is one of several parcels of; None of any other."""
        order = orphan(told)
        if order is not None and order not in self._known:
            self._known[order] = await self._asked(order)
        return None if order is None else self._known[order]

    async def _asked(self, order: str) -> str | None:
        try:
            return (await self._http.get("orders", order, into=ToldOrder)).reference
        except Rejected:  # it is gone: its parcels are nobody's, and keep no others back
            return None


async def _seen(page: Shipments, at: Cursor, now: datetime, orders: Orders) -> Seen:
    found, bad, last = list[Sighting](), list[Quarantined](), None
    known, good = dict(at.unread), 0
    for raw in page.shipments:
        try:
            one = msgspec.json.decode(raw, type=ToldShipment)
            tells = at.since is None or _moved(one) >= at.since - AGAIN
            seen = sightings(one, now, orders.shop, await orders.reference(one)) if tells else ()
        except (ValueError, OverflowError) as problem:  # msgspec's own errors too
            last = _name(raw)
            if last not in known:
                bad.append(Quarantined(f"shipment {last}", str(problem)[:200]))
            known[last] = True
            continue
        good, last = good + 1, one.id
        found += seen
    if len(page.shipments) >= MANY_BAD and not good:
        raise Malformed("none of the shipments can be read")
    if not page.has_more or last is None:
        lately = {name: False for name, now_too in known.items() if now_too}
        return Seen(tuple(found), _told(Cursor(at.began, at.began, None, lately)), tuple(bad))
    if last == at.before:
        raise Malformed("a page ends where it began: the list would never end")
    return Seen(tuple(found), _told(msgspec.structs.replace(at, before=last, unread=known)), tuple(bad), more=True)


def _moved(one: ToldShipment) -> datetime:
    """When something of it changed last."""
    times = [one.updated_at, *([one.tracker.updated_at] if one.tracker is not None else ())]
    return max(aware(each) for each in times)


class _Id(msgspec.Struct, frozen=True):
    id: str


def _name(raw: msgspec.Raw) -> str:
    """Its id, or a digest where it has none."""
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return hashlib.sha256(raw).hexdigest()[:16]


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("parcels", every, parcels)
