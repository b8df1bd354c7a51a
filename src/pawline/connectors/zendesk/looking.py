"""What no webhook told, by Zendesk's incremental export: tickets that changed since the last look.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ - ten requests a minute;
what changed within the last minute is not in it yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.zendesk import happened
from pawline.connectors.zendesk.client import PAGE, Api, ZendeskHttp
from pawline.connectors.zendesk.deciding import case_of, notes
from pawline.connectors.zendesk.settings import Settings
from pawline.connectors.zendesk.told import DONE, Metrics, ToldTicket, ToldUser
from pawline.kit import REMEMBERED, Quarantined, Seen, Sighting, Watch, household_of
from pawline.model import Aware, Event, HouseholdId
from pawline.ports import Code, Malformed, Rejected

BACK: Final = timedelta(minutes=2)
"""The first look begins so far back: a later start Zendesk does not take."""
MANY_BAD: Final = 3
"""Tickets of which none can be read: it is not the tickets."""


class Cursor(msgspec.Struct, frozen=True):
    """The export goes on at `after`, or begins at `since`. What happened before `first` is history, and not told."""

    first: Aware
    since: Aware
    after: str | None = None


class Export(msgspec.Struct, frozen=True):
    """A page. Each ticket is read by itself: one that cannot be read keeps no other from being told."""

    tickets: tuple[msgspec.Raw, ...]
    end_of_stream: bool
    after_cursor: str | None = None
    users: tuple[ToldUser, ...] | None = None
    metric_sets: tuple[Metrics, ...] | None = None


class Named(msgspec.Struct, frozen=True):
    """As much of a ticket as tells which it is."""

    id: int


async def tickets(http: ZendeskHttp, _: Settings, cursor: str) -> Seen:
    """A page of the tickets that changed."""
    api, now = Api(http), datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now - BACK, now - BACK)
    query = {"include": "users,metric_sets", "per_page": PAGE} | (
        {"cursor": at.after} if at.after else {"start_time": f"{at.since.timestamp():.0f}"}
    )
    try:
        page = await api.get("incremental", "tickets", "cursor", query=query, into=Export)
    except Rejected as no:
        return _anew(at, no)
    if not page.end_of_stream and (page.after_cursor is None or page.after_cursor == at.after):
        raise Malformed("an export names no next page, or the same again: it would never end")
    seen, bad = await _seen(api, page, max(at.first, now - REMEMBERED))
    since = now - BACK if page.end_of_stream else at.since
    following = msgspec.structs.replace(at, since=since, after=page.after_cursor or at.after)
    return Seen(tuple(seen), msgspec.json.encode(following).decode(), tuple(bad), more=not page.end_of_stream)


def _anew(at: Cursor, no: Rejected) -> Seen:
    """A cursor that is not known any more: the export begins anew at the last look. Raises what else it may be."""
    if at.after is None or no.code not in (Code.INVALID, Code.NOT_FOUND, Code.GONE):
        raise no
    return Seen((), msgspec.json.encode(msgspec.structs.replace(at, after=None)).decode(), more=True)


async def _seen(api: Api, page: Export, since: datetime) -> tuple[list[Sighting], list[Quarantined]]:
    people = {one.id: one for one in page.users or ()}
    solved = {one.ticket_id: one.solved_at for one in page.metric_sets or ()}
    seen, bad = list[Sighting](), list[Quarantined]()
    good = 0
    for raw in page.tickets:
        try:
            told = msgspec.json.decode(raw, type=ToldTicket)
            changed = told.changed
        except (msgspec.MsgspecError, ValueError) as problem:
            bad.append(Quarantined(_named(raw), f"it is not as promised ({type(problem).__name__})"))
            continue
        good += 1
        own = None if told.metric_set is None else told.metric_set.solved_at
        closed = (own or solved.get(told.id), changed)
        seen += _told(told, _household(people.get(told.requester_id)), closed, since)
        seen += await _decided(api, told, since)
    if len(bad) >= MANY_BAD and not good:
        raise Malformed(f"no ticket can be read: {bad[0].why}")
    return seen, bad


def _named(raw: msgspec.Raw) -> str:
    try:
        return f"ticket {msgspec.json.decode(raw, type=Named).id}"
    except msgspec.MsgspecError:
        return "a ticket without a number"


def _household(one: ToldUser | None) -> HouseholdId | None:
    """Whose it is: of a shopper with an address."""
    return None if one is None or one.role != "end-user" else household_of(one.email, None)


def _told(
    told: ToldTicket, household: HouseholdId | None, closed: tuple[datetime | None, datetime], since: datetime
) -> Iterable[Sighting]:
    number = str(told.id)
    if told.status == "deleted":
        return
    if told.created_at >= since:
        events = happened.opened(number, told.subject, told.description, told.external_id, household)
        yield from _each(f"opened/{number}", told.created_at, events)
    solved, changed = closed
    closed_at = solved or changed
    if told.status in DONE and closed_at >= since:
        name = happened.closing(number, closed_at) if solved else f"closed/{number}"  # once, for its time will move
        yield from _each(name, closed_at, happened.closed(number, household))


async def _decided(api: Api, told: ToldTicket, since: datetime) -> list[Sighting]:
    """Notes in tickets of ours that may answer a case; only those are looked into.

    Solved ones, too: who answers solves the ticket in the same breath.
    """
    if case_of(told.external_id, api.whose) is None or told.status == "deleted":
        return []
    try:
        found = notes(await api.audits(str(told.id)))
    except Rejected as no:
        if no.code is not Code.NOT_FOUND:  # deleted meanwhile
            raise
        return []
    return [
        one for audit, event in found if audit.created_at >= since
        for one in _each(f"note/{event.id}", audit.created_at, happened.decided(str(told.id), str(event.id)))
    ]  # fmt: skip


def _each(name: str, at: datetime, events: tuple[Event, ...]) -> list[Sighting]:
    return [Sighting(name, at, one) for one in events]


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("tickets", every, tickets)
