"""Who HubSpot had before: contacts are linked to their households, a hundred at a time.

A household's id says nothing of its address, and decisions name households. So whoever has an address gets the link,
whether we ever heard of them or not: else a no of theirs would not find them.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from pawline.connectors.hubspot.api import BATCH, Client
from pawline.connectors.hubspot.contacts import Contact, Contacts, unlinked_filters
from pawline.connectors.hubspot.linking import Linking
from pawline.connectors.hubspot.schema import HOUSEHOLD, MOVING, NOT_LINKED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit import Quarantined, Seen, Watch
from pawline.model import HouseholdId, household_by_email
from pawline.ports import Malformed, Rejected

EVERY: Final = timedelta(minutes=2)
_ID: Final = "hs_object_id"


async def link(http: Client, settings: Settings, cursor: str) -> Seen:
    """The next hundred that have an address and no link; the cursor is the last one's id, '' at the beginning."""
    contacts = Contacts(http)
    after = [{"propertyName": _ID, "operator": "GT", "value": cursor}] if cursor else []
    found = (await contacts.search([*unlinked_filters(), *after], limit=BATCH, sort=_ID)).results
    bad = await _link(
        http, settings, contacts, {household_by_email(one.email): one for one in found if one.email.strip()}
    )
    if len(found) < BATCH:
        return Seen((), "", bad)
    if found[-1].id == cursor:
        raise Malformed("a search goes on with the contact that it ended with: it would never end")
    return Seen((), found[-1].id, bad, more=True)


async def _link(
    http: Client, settings: Settings, contacts: Contacts, wanted: dict[HouseholdId, Contact]
) -> tuple[Quarantined, ...]:
    """One that cannot be linked keeps no other from being."""
    if not wanted:
        return ()
    moving = await contacts.all_by(HOUSEHOLD, [household + MOVING for household in wanted])
    linked = await contacts.all_by(HOUSEHOLD, wanted)
    holders = {HouseholdId(one.household): one for one in (*moving, *linked)}
    bad = [
        no for household, one in wanted.items() if household in holders
        and (no := await _taken(http, settings, household, holders[household], one)) is not None
    ]  # fmt: skip
    free = {one.id: {HOUSEHOLD: str(household)} for household, one in wanted.items() if household not in holders}
    if free:
        try:
            await contacts.change_all(free)
        except Rejected:
            bad += [no for one, link in free.items() if (no := await _alone(contacts, one, link)) is not None]
    await asyncio.gather(*[
        http.people.note(household, one.id) for household, one in wanted.items() if household not in holders
    ])  # fmt: skip
    return tuple(bad)


async def _taken(
    http: Client, settings: Settings, household: HouseholdId, mine: Contact, theirs: Contact
) -> Quarantined | None:
    """The household has a contact: one without an address makes room for it, any other is a person's."""
    contacts = Contacts(http)
    if mine.id == theirs.id:  # the search is behind
        return None
    if not mine.email:
        async with contacts.turn(household):
            await Linking(http, settings).moved(mine, theirs, household, {})
        return None
    why = f"its address is that of household {household}, which is contact {mine.id}: merge them, or leave it"
    await contacts.change(theirs.id, {NOT_LINKED: why})
    return Quarantined(f"contact {theirs.id}", why)


async def _alone(contacts: Contacts, contact: str, link: dict[str, str]) -> Quarantined | None:
    try:
        await contacts.change(contact, link)
    except Rejected as no:
        why = f"HubSpot does not take its link: {no.code.value}"
        try:
            await contacts.change(contact, {NOT_LINKED: why})
        except Rejected:  # not even that: it is looked at again, and said again
            pass
        return Quarantined(f"contact {contact}", why)
    return None


WATCH: Final[Watch[Settings]] = Watch("links", lambda _: EVERY, link)
