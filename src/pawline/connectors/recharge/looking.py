"""What no webhook told: subscriptions and charges that changed, and the renewals of the next days.

Recharge gives a webhook up after 48 hours, deletes its subscription then, and does not move a subscription's
`updated_at` when its charge is moved: so charges are looked at, too, and what they say of their subscriptions is as of
their change. What a webhook told and a look finds is one, by its fact; see docs/why/0028.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import msgspec

from pawline.connectors.recharge import happened
from pawline.connectors.recharge.client import RechargeHttp
from pawline.connectors.recharge.happened import AHEAD
from pawline.connectors.recharge.reading import MANY, Reading
from pawline.connectors.recharge.settings import Settings
from pawline.connectors.recharge.told import Charges, ToldCharge, ToldSubscription, moment
from pawline.kit import REMEMBERED, Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware, Event
from pawline.ports import Malformed, Rejected

AGAIN: Final = timedelta(minutes=10)
"""What changed so shortly before the last walk began is looked at again: its clock is not ours."""
MANY_BAD: Final = 3
"""Things of which none can be read: it is not the things."""


class Cursor(msgspec.Struct, frozen=True):
    """A walk over what changed since `since`, by Recharge's clock, is at `after`; `whole`: it is the first one.

    It `began` by ours, and the next one is over what changed since then: not every object says its times with a zone.
    What began or ended before `first`, when this account was first looked at, is history. `unread` are things that
    could not be read, and whether that was in this walk: what is walked again is told once.
    """

    since: Aware
    began: Aware
    after: str | None = None
    whole: bool = False
    unread: dict[str, bool] = {}
    first: Aware | None = None

    @property
    def told_since(self) -> datetime:
        """What began or ended before that is not told: it is history, or was told and is forgotten."""
        known = self.began - REMEMBERED
        return known if self.first is None else max(known, self.first)


class Bad(msgspec.Struct):
    """What could not be read, for a page of which something could; `known` was told before."""

    known: dict[str, bool]
    rows: list[Quarantined] = []
    good: int = 0

    def add(self, where: str, why: str) -> None:
        """This cannot be read."""
        if where not in self.known:
            self.rows.append(Quarantined(where, why))
        self.known = self.known | {where: True}

    def checked(self) -> tuple[Quarantined, ...]:
        """What is to be told. Raises Malformed where nothing could be read: nothing is passed over then."""
        if len(self.rows) >= MANY_BAD and not self.good:
            raise Malformed(f"nothing can be read: {self.rows[0].why}")
        return tuple(self.rows)


def _begun(cursor: str) -> Cursor:
    now = datetime.now(UTC).replace(microsecond=0)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now - AGAIN, now, whole=True, first=now)
    return at if at.after else msgspec.structs.replace(at, began=now)


def _query(at: Cursor) -> dict[str, str]:
    """Behind a cursor nothing else is said: https://developer.rechargepayments.com/2021-11/cursor_pagination ."""
    if at.after:
        return {"limit": MANY, "cursor": at.after}
    since = f"{at.since:%Y-%m-%dT%H:%M:%S%z}"
    return {"limit": MANY, "updated_at_min": since, "sort_by": "updated_at-asc"}


def _onwards(at: Cursor, after: str | None, bad: Bad) -> str:
    if after is not None and after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    if after:
        following = msgspec.structs.replace(at, after=after, unread=bad.known)
    else:
        lately = {name: False for name, now in bad.known.items() if now}
        following = Cursor(at.began - AGAIN, at.began, unread=lately, first=at.first)
    return msgspec.json.encode(following).decode()


def _anew(at: Cursor, no: Rejected) -> Seen:
    """A cursor that is not known any more: the walk begins anew where it began. Raises what else it may be."""
    if at.after is None:
        raise no
    return Seen((), msgspec.json.encode(msgspec.structs.replace(at, after=None)).decode(), more=True)


async def subscriptions(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of the subscriptions that changed, oldest change first; the first walk is over all that are active.

    So what stood when the account was connected is known: its import.
    """
    await cast("RechargeHttp", http).breathe()
    at, reading = _begun(cursor), Reading(http, settings)
    query = {"status": "active", "sort_by": "updated_at-asc"} if at.whole else _query(at)
    try:
        page = await reading.page(query, at.after)
    except Rejected as no:
        return _anew(at, no)
    bad = Bad(at.unread)
    seen = await _told(reading, {one: happened.at(one) for one in page.subscriptions}, at.told_since, bad)
    return Seen(tuple(seen), _onwards(at, page.next_cursor, bad), bad.checked(), more=page.next_cursor is not None)


async def charges(http: Http, settings: Settings, cursor: str) -> Seen:
    """A page of the charges that changed: what was refused, what is due, and how their subscriptions stand."""
    await cast("RechargeHttp", http).breathe()
    at, reading = _begun(cursor), Reading(http, settings)
    try:
        page = await http.get("charges", query=_query(at), into=Charges)
    except Rejected as no:
        return _anew(at, no)
    bad = Bad(at.unread)
    seen = [found for one in page.charges for found in _charge(one, bad)]
    changed: dict[int, datetime] = {}
    for one in page.charges:
        for number in one.subscriptions():
            changed[number] = max(moment(one.updated_at), changed.get(number, datetime.min.replace(tzinfo=UTC)))
    seen += await _theirs(reading, changed, at.told_since, bad)
    return Seen(tuple(seen), _onwards(at, page.next_cursor, bad), bad.checked(), more=page.next_cursor is not None)


async def renewals(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the charges of the next days, whenever they were planned."""
    await cast("RechargeHttp", http).breathe()
    at, today = _begun(cursor), datetime.now(UTC).date()
    wanted = {
        "limit": MANY, "status": "queued", "sort_by": "scheduled_at-asc",
        "scheduled_at_min": today.isoformat(), "scheduled_at_max": (today + AHEAD + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    try:
        page = await http.get("charges", query=_query(at) if at.after else wanted, into=Charges)
    except Rejected as no:
        return _anew(at, no)
    bad = Bad(at.unread)
    seen = [found for one in page.charges for found in _charge(one, bad)]
    return Seen(tuple(seen), _onwards(at, page.next_cursor, bad), bad.checked(), more=page.next_cursor is not None)


def _charge(told: ToldCharge, bad: Bad) -> list[Sighting]:
    """What a charge says; one that is planned for later says nothing yet."""
    now = datetime.now(UTC)
    if told.status.lower() == "queued" and not happened.is_due(told, now.date() + AHEAD):
        return []
    try:
        events = happened.charge(told)
    except ValueError as problem:
        bad.add(f"charge {told.id}", str(problem))
        return []
    bad.good += 1
    at = min(happened.charge_at(told), now)
    return [Sighting(one.fact or str(told.id), at, one) for one in events]


async def _theirs(reading: Reading, changed: dict[int, datetime], since: datetime, bad: Bad) -> list[Sighting]:
    """How the subscriptions of these numbers stand, each as of its moment."""
    seen: list[Sighting] = []
    numbers = sorted(changed)
    for begin in range(0, len(numbers), int(MANY)):
        some = numbers[begin : begin + int(MANY)]
        page = await reading.page({"ids": ",".join(map(str, some))}, None)
        there = {one: max(changed[one.id], happened.at(one)) for one in page.subscriptions if one.id in changed}
        seen += await _told(reading, there, since, bad)
    return seen


async def _told(reading: Reading, told: dict[ToldSubscription, datetime], since: datetime, bad: Bad) -> list[Sighting]:
    """What they say, each as of its moment. One whose customer or SKU nobody knows is quarantined.

    But that it ended is told whatever it was of.
    """
    people = await reading.customers(told) if told else {}
    seen: list[Sighting] = []
    for one, stands in told.items():
        whose = people.get(one.customer_id)
        events: tuple[Event, ...] = ()
        try:
            events = happened.over(one, whose, since)
            events = happened.subscription(one, whose, await reading.goods.sku(one), since)
        except (ValueError, Malformed) as problem:
            why = problem.text if isinstance(problem, Malformed) else str(problem)
            bad.add(f"subscription {one.id}", why)
        else:
            bad.good += 1
        for event in events:
            at = happened.when(event, one, stands)
            seen.append(Sighting(event.fact or f"changed/{event.subject}/{at.isoformat()}", at, event))
    return seen


def _watches() -> Iterable[Watch[Settings]]:
    def poll(settings: Settings) -> timedelta:
        return timedelta(seconds=settings.poll)

    def ahead(settings: Settings) -> timedelta:
        return timedelta(seconds=settings.ahead)

    return (
        Watch("subscriptions", poll, subscriptions),
        Watch("charges", poll, charges),
        Watch("renewals", ahead, renewals),
    )


WATCHES: Final = tuple(_watches())
