"""Who agreed and who said no, by a look at events: for accounts without webhooks, and for what one lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many, equals, told
from pawline.connectors.klaviyo.profiles import Profile
from pawline.connectors.klaviyo.settings import Settings
from pawline.connectors.klaviyo.told import METRICS, EventNode, decided, echoed, household_of
from pawline.connectors.klaviyo.triggers import metrics
from pawline.kit import Seen, Sighting, Watch
from pawline.model import Aware
from pawline.ports import Malformed

AGAIN: Final = timedelta(minutes=15)
"""So much is looked at once more: Klaviyo lists an event some minutes after it happened."""
PAGE: Final = "200"


class Cursor(msgspec.Struct, frozen=True):
    """This round looks at what happened since `since`, one metric after another; those in `left`, by id, are to come.

    Of the first of them the page at `after` is next. The next round begins where this one `began`.
    """

    since: Aware
    began: Aware
    left: tuple[tuple[str, str], ...] = ()
    after: str | None = None


async def missed(http: Client, _: Settings, cursor: str) -> Seen:
    """A page of one metric's events, oldest first.

    https://developers.klaviyo.com/en/reference/get_events
    What happened before the first look is history, and none of its business.
    """
    api, now = Api(http), datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now)
    if not at.left:
        named = [(one.attributes.name or "", one.id) for one, _ in await metrics(api)]
        at = Cursor(at.since, now, tuple(one for one in named if one[0] in METRICS))
        if not at.left:  # a young account: nobody decided anything yet
            return Seen((), _next(at))
    metric, no = at.left[0]
    query = {
        "filter": f"and({equals('metric_id', no)},greater-or-equal(datetime,{told(at.since - AGAIN)}))",
        "sort": "datetime", "include": "profile", "fields[profile]": "email,external_id,properties", "page[size]": PAGE,
    }  # fmt: skip
    if at.after is not None:
        query["page[cursor]"] = at.after
    page = await api.read("events", query=query, into=Many[EventNode])
    after = page.links.cursor
    if after is not None and after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    seen = _seen(page, metric, at.since - AGAIN)
    if after is not None:
        return Seen(seen, _told(msgspec.structs.replace(at, after=after)), more=True)
    rest = msgspec.structs.replace(at, left=at.left[1:], after=None)
    return Seen(seen, _told(rest), more=True) if rest.left else Seen(seen, _next(at))


def _seen(page: Many[EventNode], metric: str, since: datetime) -> tuple[Sighting, ...]:
    """What people decided; whose it is, is told beside the events. Nobody's is passed over, and so is our own."""
    whose = {one.id: one for one in (msgspec.json.decode(raw, type=Profile) for raw in page.included)}
    found: list[Sighting] = []
    for event in page.data:
        by = event.relationships.profile.data
        profile = None if by is None else whose.get(by.id)
        household = household_of(profile, event)
        if household is not None and event.attributes.at() >= since and not echoed(event, metric, profile):
            found.append(Sighting(event.id, event.attributes.at(), decided(event, metric, household)))
    return tuple(found)


def _next(at: Cursor) -> str:
    return _told(Cursor(at.began, at.began))


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("consents", every, missed)
