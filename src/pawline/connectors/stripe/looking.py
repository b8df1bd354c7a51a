"""What no webhook told: Stripe keeps its events for thirty days. https://docs.stripe.com/api/events/list ."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.stripe.client import PAGE, Api
from pawline.connectors.stripe.happened import KINDS, seen
from pawline.connectors.stripe.naming import LABEL
from pawline.connectors.stripe.settings import Settings
from pawline.connectors.stripe.told import Listed, ToldEvent, moment
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware
from pawline.ports import Code, Malformed, Rejected

KEPT: Final = timedelta(days=30)
AGAIN: Final = timedelta(hours=1)
"""What was written so shortly before the last walk began is looked at again: it may not have been to be seen yet."""
MOST: Final = 100
"""Things that are asked for again."""
MANY_BAD: Final = 3
"""Events of a page of which none can be read: it is not the events."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk, newest first, is behind the event `after`; it `began` by our clock, and goes back to `since`.

    `unread` are events that could not be read, and whether that was in this walk: each is told once. `later` are things
    of which the answer was none (a proxy's page), by their news' time: they are asked for again in each walk.
    """

    began: Aware
    since: Aware | None = None
    after: str | None = None
    unread: dict[str, bool] = {}
    later: dict[str, int] = {}


class Owned(msgspec.Struct, frozen=True):
    """As much of an event as says that it is another shop's."""

    class Data(msgspec.Struct, frozen=True):
        """See `ToldData`."""

        class Thing(msgspec.Struct, frozen=True):
            """A payment."""

            metadata: dict[str, str] | None = None

        object: Thing

    data: Data


async def events(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of them. What is new meanwhile is the next walk's."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now)
    if at.after is None:
        at = msgspec.structs.replace(at, began=now)
    since = at.began - KEPT if at.since is None else max(at.since - AGAIN, at.began - KEPT)
    query: dict[str, object] = {
        "limit": PAGE, "types": list(KINDS), "created": {"gte": int(since.timestamp())},
    }  # fmt: skip
    if at.after is not None:
        query["starting_after"] = at.after
    api = Api(http)
    try:
        page = await api.get("events", query=query, into=Listed[msgspec.Raw])
    except Rejected:
        if at.after is None:
            raise
        return Seen((), _told(msgspec.structs.replace(at, after=None)))  # it is gone: the next walk begins anew
    return await _Walk(api, settings, at).over(page)


class _Walk:
    """Over one page: each thing is asked for once, whatever is told of it."""

    def __init__(self, api: Api, settings: Settings, at: Cursor) -> None:
        self._api, self._settings, self._at = api, settings, at
        self._known = dict(at.unread)
        self._found, self._bad = dict[str, Sighting](), list[Quarantined]()
        self._asked = set[str]()
        self._later = dict(at.later)

    async def over(self, page: Listed[msgspec.Raw]) -> Seen:
        good, last = 0, None
        if self._at.after is None:
            await self._again()
        for raw in page.data:
            last = _id(raw)
            try:
                await self._read(raw)
            except (ValueError, OverflowError, Malformed) as problem:  # msgspec's own errors too
                if last not in self._known:
                    self._bad.append(Quarantined(f"event {last}", str(problem)[:200]))
                self._known[last] = True
            else:
                good += 1
        if len(page.data) >= MANY_BAD and not good:
            raise Malformed("none of the events can be read")
        found, bad, at = tuple(self._found.values()), tuple(self._bad), self._at
        if not page.has_more or last is None:
            lately = {name: False for name, now_too in self._known.items() if now_too}
            return Seen(found, _told(Cursor(at.began, at.began, None, lately, self._later)), bad)
        if last == at.after:
            raise Malformed("a page ends where it began: the list would never end")
        return Seen(
            found, _told(msgspec.structs.replace(at, after=last, unread=self._known, later=self._later)), bad, more=True
        )

    async def _read(self, raw: msgspec.Raw) -> None:
        told = msgspec.json.decode(raw, type=ToldEvent)
        thing = told.data.object.id
        if thing in self._asked or not thing.startswith(KINDS.get(told.type, "")) or self._another_shops(told, raw):
            return
        await self._ask(thing, told.created)

    async def _ask(self, thing: str, created: int) -> None:
        self._asked.add(thing)
        try:
            found = await seen(self._api, self._settings, thing, moment(created))
        except Malformed:
            if len(self._later) < MOST or thing in self._later:
                self._later[thing] = created
            raise
        except Rejected as no:
            if no.code is not Code.NOT_FOUND:  # it is gone, and keeps nothing else back
                raise
            found = ()
        self._later.pop(thing, None)
        self._found |= {one.id: one for one in found}

    async def _again(self) -> None:
        """What was not answered before; once its events are gone, it is let be: it was told that it cannot be read."""
        for thing, created in list(self._later.items()):
            if moment(created) < self._at.began - KEPT:
                del self._later[thing]
                continue
            with suppress(Malformed, ValueError):
                await self._ask(thing, created)

    def _another_shops(self, told: ToldEvent, raw: msgspec.Raw) -> bool:
        """Of a payment its event says so: the many of others are not asked for."""
        if not told.type.startswith("payment_intent."):
            return False
        metadata = msgspec.json.decode(raw, type=Owned).data.object.metadata or {}
        return metadata.get(LABEL) not in self._settings.labels


def _id(raw: msgspec.Raw) -> str:
    """Its id, or a digest where it has none."""
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return hashlib.sha256(raw).hexdigest()[:16]


class _Id(msgspec.Struct, frozen=True):
    id: str


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("events", every, events)
