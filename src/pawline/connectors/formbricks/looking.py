"""What no webhook told: responses that changed since the last walk, and those that somebody left unfinished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.formbricks.happened import Known, done, read, sightings
from pawline.connectors.formbricks.listing import MANY, Spot, page_of
from pawline.connectors.formbricks.settings import Settings
from pawline.connectors.formbricks.told import ToldResponse
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch, name_of
from pawline.model import Aware
from pawline.ports import Malformed

AGAIN: Final = timedelta(minutes=10)
"""What changed so shortly before the newest is read again: what is written at once is not to be seen at once."""
MANY_BAD: Final = 3
"""Responses of a page of which none can be read: it is not the responses."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over what changed, the oldest change first, has come to `spot`.

    `newest` is the last change that was seen, `waits` the first of those that are not finished and not left yet: the
    next walk begins before both. Times are Formbricks' own. `unread` are responses that could not be read, and whether
    that was in this walk: each is told once.
    """

    spot: Spot
    newest: Aware | None = None
    waits: Aware | None = None
    unread: dict[str, bool] = {}

    def saw(self, told: ToldResponse, now: datetime, *, waits: bool) -> Cursor:
        """The same with one more. Whoever writes responses by the API may date them ahead: none leads us past now."""
        at = min(max(told.updated_at, self.spot.at), now)
        newest = at if self.newest is None else max(self.newest, at)
        first = at if self.waits is None else min(self.waits, at)
        return msgspec.structs.replace(self, newest=newest, waits=first if waits else self.waits)

    def anew(self) -> Cursor:
        """For the next walk."""
        lately = {name: False for name, now_too in self.unread.items() if now_too}
        if self.newest is None:
            return Cursor(Spot(self.spot.at), None, None, lately)
        begin = self.newest - AGAIN
        return Cursor(Spot(begin if self.waits is None else min(begin, self.waits)), self.newest, None, lately)


async def answers(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of them. The first walk finds what changed in the last weeks."""
    now = datetime.now(UTC)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(Spot(_oldest(now)))
    rows, onward = await page_of(http, "updatedAt", at.spot, MANY)
    known, found, bad, good = Known(http, settings), list[Sighting](), list[Quarantined](), 0
    for raw in rows:
        name = f"answer {name_of(raw, 'id')}"
        try:
            told = read(raw)
            at = at.saw(told, now, waits=not done(told, now))
            good += 1
            found += await seen(known, settings, told, now)
        except (ValueError, RecursionError, Malformed) as problem:  # msgspec's own errors too, and a survey's
            if name not in at.unread:
                bad.append(Quarantined(name, str(problem)[:200]))
            at = msgspec.structs.replace(at, unread=at.unread | {name: True})
    if len(rows) >= MANY_BAD and not good:
        raise Malformed("none of the responses can be read")
    if onward is None:
        return Seen(tuple(found), _told(at.anew()), tuple(bad))
    return Seen(tuple(found), _told(msgspec.structs.replace(at, spot=onward)), tuple(bad), more=True)


async def seen(known: Known, settings: Settings, told: ToldResponse, now: datetime) -> tuple[Sighting, ...]:
    """Its answers, where it is heard, its person is done, and facts of its age are still known. Raises PortError."""
    if not done(told, now) or told.created_at < _oldest(now):
        return ()
    survey = await known.of(told.survey_id)
    return () if survey is None else sightings(told, survey, settings, now)


def _oldest(now: datetime) -> datetime:
    return (now - REMEMBERED).replace(microsecond=0)


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("answers", every, answers)
