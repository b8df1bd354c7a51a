"""What no webhook told: texts that did not arrive, and words that people sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.twilio.client import TwilioHttp
from pawline.connectors.twilio.happened import BOUNCED, bounced, withdrawn, word_of
from pawline.connectors.twilio.marking import is_ours
from pawline.connectors.twilio.settings import Settings
from pawline.connectors.twilio.told import NUMBER, Messages, ToldMessage, moment
from pawline.kit import Quarantined, Seen, Sighting, Watch
from pawline.model import Aware
from pawline.model.ids import household_by_phone
from pawline.ports import Malformed, Rejected

PAGE: Final = "500"
BACK: Final = timedelta(days=3)
"""Texts that were sent longer ago are not looked at: a carrier has its say within two days."""
AGAIN: Final = timedelta(hours=1)
"""What changed so shortly before the last walk began is told again: it is known by its fact."""
RIPE: Final = timedelta(minutes=10)
"""A text that did not arrive is left to its webhook for so long: that knows the household, and a list does not."""
MANY_BAD: Final = 3
"""Messages of a page of which none can be read: it is not the messages."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over the messages of BACK is at the page `query`; it `began` by our clock, and tells what is `since`.

    `unread` could not be read, and whether that was in this walk: each is told once.
    """

    began: Aware
    since: Aware | None = None
    query: tuple[tuple[str, str], ...] = ()
    unread: dict[str, bool] = {}


async def texts(http: TwilioHttp, settings: Settings, cursor: str) -> Seen:
    """A page of them. `DateSent` knows days: https://www.twilio.com/docs/messaging/api/message-resource ."""
    now = datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now)
    first = (("DateSent>", f"{now - BACK:%Y-%m-%d}"), ("PageSize", PAGE))
    if not at.query:
        at = msgspec.structs.replace(at, began=now)
    try:
        page = await http.get(*http.of("Messages.json"), query=at.query or first, into=Messages)
    except Rejected:
        if not at.query:
            raise
        return Seen((), _told(msgspec.structs.replace(at, query=())))  # the next walk begins anew
    return _seen(page, at, settings)


def _seen(page: Messages, at: Cursor, settings: Settings) -> Seen:
    found, bad, good, known = list[Sighting](), list[Quarantined](), 0, dict(at.unread)
    for raw in page.messages:
        try:
            told = msgspec.json.decode(raw, type=ToldMessage)
            found += sightings(told, at) if is_of(settings, told) else ()
            good += 1
        except (ValueError, OverflowError) as problem:  # msgspec's own errors too
            name = hashlib.sha256(raw).hexdigest()[:16]
            if name not in known:
                bad.append(Quarantined(f"message {name}", str(problem)[:200]))
            known[name] = True
    if len(page.messages) >= MANY_BAD and not good:
        raise Malformed("none of the messages can be read")
    query = page.goes_on()
    if query is None:
        lately = {name: False for name, now_too in known.items() if now_too}
        return Seen(tuple(found), _told(Cursor(at.began, at.began, (), lately)), tuple(bad))
    if query == at.query or not page.messages:
        raise Malformed("a page goes on where it began: the list would never end")
    return Seen(tuple(found), _told(msgspec.structs.replace(at, query=query, unread=known)), tuple(bad), more=True)


def is_of(settings: Settings, told: ToldMessage) -> bool:
    """Whether our sender sent it, or was written to: other senders of one Twilio account may be other shops'.

    What came to a service's number may say nothing of the service: then nobody can tell, and a no is heard.
    """
    if settings.service:
        ours = settings.sender, *(() if told.outbound else (None,))
        return told.messaging_service_sid in ours
    return (told.sender if told.outbound else told.to) == settings.sender


def sightings(told: ToldMessage, at: Cursor) -> Iterator[Sighting]:
    """Of one message: a text of a flow's that did not arrive, or a STOP. What others sent is theirs."""
    since = None if at.since is None else at.since - AGAIN
    if told.outbound:
        changed = moment(told.date_updated)
        ours = told.status in BOUNCED and is_ours(told.body or "") and NUMBER.fullmatch(told.to or "")
        if ours and changed <= at.began - RIPE and (since is None or changed >= since):
            number = household_by_phone(told.to or "")
            event = bounced(told.sid, number, number, told.error_code)
            yield Sighting(f"{told.sid}/{told.status}", changed, event)
    elif word_of(told.body or "") == "stop" and (since is None or moment(told.date_created) >= since):
        yield from withdrawn(told)


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("texts", every, texts)
