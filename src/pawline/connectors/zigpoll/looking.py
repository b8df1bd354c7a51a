"""What no webhook told: the answers since the last walk; the first walk finds those of the last weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.zigpoll.happened import Questions, read, sighting
from pawline.connectors.zigpoll.health import account_of
from pawline.connectors.zigpoll.settings import Settings
from pawline.connectors.zigpoll.told import MANY, Responses, millis
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch, aware, name_of
from pawline.model import Aware
from pawline.ports import Malformed, Rejected

AGAIN: Final = timedelta(hours=1)
"""What was answered so shortly before the last walk began is told again: a list may be behind."""
MANY_BAD: Final = 3
"""Answers of a page of which none can be read: it is not the answers."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over what was answered `since` the last one, the newest first, is behind Zigpoll's cursor `after`.

    It `began` by our clock; the first one tells what is younger than REMEMBERED. `unread` are answers that could not be
    read, and whether that was in this walk: each is told once.
    """

    began: Aware
    since: Aware | None = None
    after: str | None = None
    unread: dict[str, bool] = {}

    @property
    def first(self) -> datetime:
        """What is older is not told."""
        oldest = self.began - REMEMBERED
        return oldest if self.since is None else max(self.since - AGAIN, oldest)


async def answers(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of them: https://apidocs.zigpoll.com/reference/cursor-pagination ."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now)
    if at.after is None:
        at = msgspec.structs.replace(at, began=now)
    account = await account_of(http, settings)
    try:
        page = await page_of(http, {"accountId": account}, at.first, at.after)
    except Rejected:
        if at.after is None:
            raise
        return Seen((), _told(msgspec.structs.replace(at, after=None)))  # the next walk begins anew
    found, bad, known = await _read(http, settings, page, at)
    after = page.goes_on(at.after)
    if after is None:
        lately = {name: False for name, now_too in known.items() if now_too}
        return Seen(found, _told(Cursor(at.began, at.began, None, lately)), bad)
    return Seen(found, _told(msgspec.structs.replace(at, after=after, unread=known)), bad, more=True)


async def page_of(http: Http, whose: dict[str, str], since: datetime, after: str | None, many: int = MANY) -> Responses:
    """Answers of an account, or of a survey, since that moment; the page behind the cursor."""
    query = {**whose, "createdAfter": millis(since - timedelta(milliseconds=1)), "limit": str(many)}
    if after is not None:
        query["startCursor"] = after
    return await http.get("responses", query=query, into=Responses)


async def _read(
    http: Http, settings: Settings, page: Responses, at: Cursor
) -> tuple[tuple[Sighting, ...], tuple[Quarantined, ...], dict[str, bool]]:
    """Its answers, those that cannot be read, and all of these that are known; the oldest is told first."""
    found, bad, known, good = list[Sighting](), list[Quarantined](), dict(at.unread), 0
    questions, now = Questions(http), datetime.now(UTC)
    for raw in page.data:
        try:
            told = read(raw, settings)
        except (ValueError, RecursionError) as problem:  # msgspec's own errors too
            name = name_of(raw, "_id")
            if name not in known:
                bad.append(Quarantined(f"answer {name}", str(problem)[:200]))
            known[name] = True
            continue
        good += 1
        if told is not None and aware(told.created_at) >= at.first:
            found.append(sighting(told, settings, await questions.asked(told), now))
    if len(page.data) >= MANY_BAD and not good:
        raise Malformed("none of the answers can be read")
    return tuple(found[::-1]), tuple(bad), known


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("answers", every, answers)
