"""Who agreed and who said no, by a look at contacts that changed, or at those whom a webhook names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

import msgspec

from pawline.connectors.hubspot.api import BATCH, Client
from pawline.connectors.hubspot.consenting import Said, echoed, kept
from pawline.connectors.hubspot.contacts import Contact, Contacts
from pawline.connectors.hubspot.preferences import Preferences, Standing
from pawline.connectors.hubspot.schema import CONSENTS, HOUSEHOLD, SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit import REMEMBERED, Quarantined, Seen, Sighting, Watch, contact_of
from pawline.model import Aware, Consent, ConsentChanged, HouseholdId, Medium, Purpose, household_by_email
from pawline.ports import Malformed

AGAIN: Final = timedelta(minutes=15)
"""So much is looked at once more: a search is some moments behind."""
MANY_BAD: Final = 3
"""Contacts of whom none can be read: it is not the contacts."""
_CHANGED: Final = "lastmodifieddate"


class Cursor(msgspec.Struct, frozen=True):
    """This round looks at what changed from `since` on, in that order, of equal times those behind the first `passed`.

    The next round begins where this one `began`. `unread` are contacts that could not be read, and whether that was in
    this round: who is looked at again is told once.
    """

    since: Aware
    began: Aware
    passed: int = 0
    unread: dict[str, bool] = {}

    def lately(self) -> dict[str, bool]:
        """Those of this round, for the next one."""
        return {no: False for no, now in self.unread.items() if now}


async def decided(http: Client, settings: Settings, cursor: str) -> Seen:
    """A page of contacts, the one that changed first in front: who changes meanwhile is seen again, at the end.

    Of whoever changes all is told that they decided lately, before the first look as well.
    """
    now = datetime.now(UTC)
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now)
    if at.since < now - REMEMBERED:  # nothing of that would be told
        at = Cursor(now - REMEMBERED, at.began, unread=at.unread)
    filters = [
        {"propertyName": _CHANGED, "operator": "GTE", "value": _milliseconds(at.since)},
        {"propertyName": "email", "operator": "HAS_PROPERTY"},
    ]
    found = await Contacts(http).search(filters, limit=BATCH, sort=_CHANGED, after=at.passed)
    for one in found.results:  # by its number it is known whose it was, should it be erased
        if one.household and one.says(HOUSEHOLD) == one.household:
            await http.people.note(HouseholdId(one.household), one.id)
    seen, bad = await _decisions(http, settings, found.results, now - REMEMBERED)
    if len(bad) >= MANY_BAD and len(bad) == len(found.results):
        raise Malformed(f"nobody can be read: {next(iter(bad.values()))}")
    rows = tuple(Quarantined(f"contact {no}", why) for no, why in bad.items() if no not in at.unread)
    at = msgspec.structs.replace(at, unread=at.unread | dict.fromkeys(bad, True))
    if len(found.results) < BATCH:
        return Seen(seen, _told(Cursor(at.began - AGAIN, now, unread=at.lately())), rows)
    return Seen(seen, _told(_next(at, found.results[-1])), rows, more=True)


async def named(http: Client, settings: Settings, contacts: str) -> tuple[Sighting, ...]:
    """The same of a few, by their ids: a webhook said that they changed. Who cannot be read is left to the look."""
    if not settings.poll:
        return ()
    found = await Contacts(http).all_by(None, contacts.split(","))
    reached = tuple(one for one in found if one.address)
    return (await _decisions(http, settings, reached, datetime.now(UTC) - REMEMBERED))[0]


def _next(at: Cursor, last: Contact) -> Cursor:
    """Behind this page. Raises Malformed where HubSpot does not say when the last one changed."""
    try:
        changed = msgspec.convert(last.says(_CHANGED), Aware)
    except msgspec.ValidationError:
        raise Malformed("HubSpot does not say when a contact changed") from None
    if changed > at.since:
        return msgspec.structs.replace(at, since=changed, passed=0)
    return msgspec.structs.replace(at, passed=at.passed + BATCH)


async def _decisions(
    http: Client, settings: Settings, found: tuple[Contact, ...], young: datetime
) -> tuple[tuple[Sighting, ...], dict[str, str]]:
    """What they decided, and by id who cannot be read: one keeps no other from being heard."""
    if not found or not settings.subscriptions:
        return (), {}
    standing = await Preferences(http).of_all([one.email.lower() for one in found])
    seen: dict[str, list[Sighting]] = {}
    bad: dict[str, str] = {}
    for one in found:
        stands = standing.get(one.email.lower())
        try:
            if stands is None:
                raise ValueError("HubSpot does not say how its address stands")
            seen[one.id] = _of(settings, one, stands, young)
        except ValueError as problem:
            bad[one.id] = str(problem)[:200]
    if deciding := {one.id: one for one in found if seen.get(one.id)}:
        for now in await Contacts(http).all_by(None, deciding):
            if (before := deciding.get(now.id)) is not None:
                seen[now.id] = _of(settings, _with_ours(before, now), standing[before.email.lower()], young)
    return tuple(chain.from_iterable(seen.values())), bad


def _with_ours(one: Contact, now: Contact) -> Contact:
    """The contact as it was, with what we wrote into it by now.

    What we write goes into the contact first, and into its address's statuses then. So who was read before those were,
    or found by a search that is some moments behind, may lack what is ours in them. All else is as it was: whoever has
    another address since said it at this one, and nobody asks for that one's statuses any more.
    """
    ours = {name: now.says(name) for name in (CONSENTS, SUPPRESSED)}
    return msgspec.structs.replace(one, properties={**one.properties, **ours})


def _of(settings: Settings, contact: Contact, standing: Standing, young: datetime) -> list[Sighting]:
    """By purpose the newest of what they said themselves. What we wrote there is no decision of theirs."""
    household = HouseholdId(contact.household or household_by_email(contact.email))
    of, found = kept(contact), list[Sighting]()
    for purpose, types in settings.subscriptions.items():
        told = _said(contact, standing, types, purpose, of)
        if told is None or told[1] < young:  # older, it would be new again
            continue
        granted, at = told
        consent = Consent(
            household=household, purpose=purpose, granted=granted, at=at, source="hubspot", medium=Medium.EMAIL,
            contact=contact_of(contact.email),
        )  # fmt: skip
        found.append(Sighting(f"{contact.id}/{purpose.value}/{_milliseconds(at)}", at, ConsentChanged(consent=consent)))
    return found


def _said(
    contact: Contact, standing: Standing, types: tuple[int, ...], purpose: Purpose, of: dict[str, Said]
) -> tuple[bool, datetime] | None:
    """What they say of one purpose, and since when: a no to all mail is one to each, unless it is ours."""
    stopped = standing.stopped_at
    if standing.stopped:
        return None if contact.says(SUPPRESSED) or stopped is None else (False, stopped)
    status = standing.status(types)
    if status is None or status.granted is None or status.timestamp is None:
        return None
    if echoed(status, purpose, of, contact.address):
        return None
    return status.granted, status.timestamp


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1_000))


def _told(at: Cursor) -> str:
    return msgspec.json.encode(at).decode()


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


WATCH: Final[Watch[Settings]] = Watch("consents", every, decided)
