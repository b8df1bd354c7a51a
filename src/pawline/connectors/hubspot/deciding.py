"""A decision is written into HubSpot: into the contact that it is kept with, and the statuses of its address.

HubSpot's statuses are the address's. So a yes is written to the address that it was said of and to no other, whoever's
contact has it; a no to that, and to the address of the household's own contact.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from pawline.connectors.hubspot import told
from pawline.connectors.hubspot.api import Client
from pawline.connectors.hubspot.catching_up import CatchingUp
from pawline.connectors.hubspot.consenting import about, by_mail, keep, kept, permits, written
from pawline.connectors.hubspot.contacts import Contact, Contacts
from pawline.connectors.hubspot.linking import Linking
from pawline.connectors.hubspot.preferences import Preferences
from pawline.connectors.hubspot.schema import SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit.kept import decisions
from pawline.model import Consent, HouseholdId, Medium, Purpose, allowed, household_by_email
from pawline.ports import Code, Receipt, Rejected


class Deciding:
    """The account's."""

    def __init__(self, http: Client, settings: Settings) -> None:
        self._settings: Final = settings
        self._contacts: Final = Contacts(http)
        self._linking: Final = Linking(http, settings)
        self._preferences: Final = Preferences(http)
        self._catching_up: Final = CatchingUp(http, settings)

    async def consent(self, consent: Consent) -> Receipt:
        """See `Marketing`."""
        if consent.purpose is Purpose.MARKETING and not self._settings.types(consent.purpose):
            raise Rejected("the settings name no subscription type of HubSpot's for marketing", Code.CONFLICT)
        email = told.address(consent.contact)
        async with self._contacts.turn(consent.household):
            mine, there = await self._keepers(consent, email)
            if mine is not None:
                await self._hear(mine, consent, _addresses(mine, there, consent, email))
        if there is not None and (mine is None or (there.id != mine.id and not _stands_against(mine, consent, email))):
            if by_mail(consent) and self._settings.types(consent.purpose):
                await self._of_another(there, consent, email)  # not in our own turn: two might wait for each other
            elif mine is None:
                raise Rejected(
                    f"household {consent.household} has the address of a contact of another: what it said of"
                    f" {consent.purpose.value} stands nowhere at HubSpot",
                    Code.CONFLICT,
                )
        found = mine or there
        if found is None:
            raise await self._contacts.absent(consent.household)
        return Receipt(found.id)

    async def _keepers(self, consent: Consent, email: str) -> tuple[Contact | None, Contact | None]:
        """The household's contact, linked or made, and whose address it was said of: mostly the same, or none.

        A no of somebody unknown is kept all the same, for HubSpot may come to know them: then it goes with the
        household to the contact that has their address.
        """
        household = consent.household
        mine = await self._contacts.find(household)
        if not email:
            mine = mine or await self._contacts.unlinked(household)
            if mine is None and not consent.granted:
                mine = await self._contacts.make(household, {})
            return mine, mine
        if mine is not None and mine.address == email:
            return mine, mine
        there = await self._contacts.reached(email)
        if (mine is None or not mine.email) and (there is None or there.household in ("", household)):
            mine = there = await self._linking.known(household, {"email": email})
        return mine, there

    async def _of_another(self, theirs: Contact, consent: Consent, email: str) -> None:
        """Whoever has the address keeps it too: else our own yes would be taken for a newer one of theirs."""
        household = HouseholdId(theirs.household) if theirs.household else household_by_email(theirs.email)
        by = "" if household == consent.household else consent.household
        async with self._contacts.turn(household):
            theirs = await self._contacts.reached(email) or theirs
            await self._hear(theirs, consent, _addresses(theirs, theirs, consent, email), by)

    async def _hear(self, contact: Contact, consent: Consent, emails: Iterable[str], by: str = "") -> None:
        """In the property first: what is broken off is seen there, and made again."""
        every = keep(kept(contact), consent, datetime.now(UTC), by)
        if every is None:
            return
        await self._contacts.change(contact.id, written(contact, every))
        for email in emails:
            await self._say(contact, consent, email)

    async def _say(self, contact: Contact, consent: Consent, email: str) -> None:
        """HubSpot's own statuses, where they are not that already, and no newer word stands against it."""
        types = self._settings.types(consent.purpose)
        if not types:
            return
        standing = await self._preferences.of(email)
        wanted = permits(
            contact, standing, consent.household, consent.purpose, Medium.EMAIL, types, also=[consent], email=email
        )  # fmt: skip
        if wanted is not consent.granted:  # what is newer, or a no to all mail: a person lifts that, there
            return
        if not consent.granted:
            await self._catching_up.refuse(email, standing, consent)
            return
        status = standing.status(types)
        if status is None or status.granted is not True:
            await self._preferences.set(email, types[0], consent)


def _stands_against(mine: Contact, consent: Consent, email: str) -> bool:
    """Whether a yes is none by what is kept with the household's own: other contacts may not know of that."""
    if not consent.granted or mine.says(SUPPRESSED):
        return consent.granted
    known = decisions(consent.household, about(kept(mine), Medium.EMAIL, email))
    return not allowed([*known, consent], consent.purpose, Medium.EMAIL)


def _addresses(contact: Contact, there: Contact | None, consent: Consent, email: str) -> tuple[str, ...]:
    """Which of a contact's hear it. `there` is who has the address that it was said of, if anybody."""
    if not contact.email or not by_mail(consent):
        return ()
    if email in ("", contact.address):
        return (contact.email,)
    if consent.granted:  # an address of nobody's is not written to
        return (email,) if there is not None and there.id == contact.id else ()
    return (contact.email, email) if there is None or there.id == contact.id else (contact.email,)
