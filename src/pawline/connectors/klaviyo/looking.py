"""Who agreed and who said no, by a look at events: for accounts without webhooks, and for what one lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many, Named, equals, told
from pawline.connectors.klaviyo.profiles import Profile
from pawline.connectors.klaviyo.settings import Settings
from pawline.connectors.klaviyo.told import METRICS, EventNode, decided, echoed, household_of
from pawline.connectors.klaviyo.triggers import metrics
from pawline.kit import Quarantined, Seen, Sighting, Watch
from pawline.model import Aware
from pawline.ports import Malformed

AGAIN: Final = timedelta(minutes=15)
"""So much is looked at once more: Klaviyo lists an event some minutes after it happened."""
PAGE: Final = "200"
MANY_BAD: Final = 3
"""Events of which none can be read: it is not the events."""


class Cursor(msgspec.Struct, frozen=True):
    """This round looks at what happened since `since`, one metric after another; those in `left`, by id, are to come.

    Of the first of them the page at `after` is next. The next round begins where this one `began`. `unread` are events
    that could not be read, and whether that was in this round: what is looked at again is told once.
    """

    since: Aware
    began: Aware
    left: tuple[tuple[str, str], ...] = ()
    after: str | None = None
    unread: dict[str, bool] = {}


async def missed(http: Client, _: Settings, cursor: str) -> Seen:
    """A page of one metric's events, oldest first.

    https://developers.klaviyo.com/en/reference/get_events
    What happened before the first look is history, and none of its business.
    """
    api, now = Api(http), datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now)
    if not at.left:
        named = [(one.attributes.name or "", one.id) for one, _ in await metrics(api)]
        at = Cursor(at.since, now, tuple(one for one in named if one[0] in METRICS), unread=at.unread)
        if not at.left:  # a young account: nobody decided anything yet
            return Seen((), _next(at))
    metric, no = at.left[0]
    query = {
        "filter": f"and({equals('metric_id', no)},greater-or-equal(datetime,{told(at.since - AGAIN)}))",
        "sort": "datetime", "include": "profile", "page[size]": PAGE,
        "fields[profile]": "email,phone_number,external_id,properties",
    }  # fmt: skip
    if at.after is not None:
        query["page[cursor]"] = at.after
    page = await api.read("events", query=query, into=Many[msgspec.Raw])
    after = page.links.cursor
    if after is not None and after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    seen, bad = _seen(page, metric, at.since - AGAIN)
    if len(bad) >= MANY_BAD and len(bad) == len(page.data):
        raise Malformed(f"nothing can be read: {next(iter(bad.values()))}")
    rows = tuple(Quarantined(f"event {no}", why) for no, why in bad.items() if no not in at.unread)
    at = msgspec.structs.replace(at, unread=at.unread | dict.fromkeys(bad, True))
    if after is not None:
        return Seen(seen, _told(msgspec.structs.replace(at, after=after)), rows, more=True)
    rest = msgspec.structs.replace(at, left=at.left[1:], after=None)
    return Seen(seen, _told(rest), rows, more=True) if rest.left else Seen(seen, _next(at), rows)


def _seen(page: Many[msgspec.Raw], metric: str, since: datetime) -> tuple[tuple[Sighting, ...], dict[str, str]]:
    """What people decided, and by id what cannot be read: one event, or whose it is, keeps no other from being heard.

    Nobody's is passed over, and so is our own.
    """
    whose = {msgspec.json.decode(raw, type=Named).id: raw for raw in page.included}
    found: list[Sighting] = []
    bad: dict[str, str] = {}
    for raw in page.data:
        no = msgspec.json.decode(raw, type=Named).id
        try:
            found += _decision(msgspec.json.decode(raw, type=EventNode), metric, since, whose)
        except (msgspec.ValidationError, ValueError) as problem:
            bad[no] = str(problem)
    return tuple(found), bad


def _decision(event: EventNode, metric: str, since: datetime, whose: Mapping[str, msgspec.Raw]) -> list[Sighting]:
    by = event.relationships.profile.data
    told = None if by is None else whose.get(by.id)
    profile = None if told is None else msgspec.json.decode(told, type=Profile)
    household = household_of(profile, event)
    if household is None or event.attributes.at() < since or echoed(event, metric, profile):
        return []
    return [Sighting(event.id, event.attributes.at(), decided(event, metric, household, profile))]


def _next(at: Cursor) -> str:
    lately = {no: False for no, now in at.unread.items() if now}
    return _told(Cursor(at.began, at.began, unread=lately))


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("consents", every, missed)
