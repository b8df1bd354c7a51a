"""What a household said while HubSpot had another address of theirs, or none: it goes by the address."""

from __future__ import annotations

from typing import Final

from pawline.connectors.hubspot.api import Client
from pawline.connectors.hubspot.consenting import about, kept, permits, written
from pawline.connectors.hubspot.contacts import Contact, Contacts
from pawline.connectors.hubspot.preferences import Preferences, Standing
from pawline.connectors.hubspot.schema import ALLOWS, CONSENTS, SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.kit.kept import decisions
from pawline.model import Consent, HouseholdId, Medium, Purpose, allowed


class CatchingUp:
    """The account's."""

    def __init__(self, http: Client, settings: Settings) -> None:
        self._settings: Final = settings
        self._contacts: Final = Contacts(http)
        self._preferences: Final = Preferences(http)

    async def catch_up(self, contact: Contact, household: HouseholdId) -> None:
        """HubSpot's statuses say no wherever what is kept does. A yes is not carried to another address."""
        await self._list(contact)
        noes = _noes(contact, household)
        suppressed = bool(contact.says(SUPPRESSED))
        if not contact.email or not (suppressed or any(self._settings.types(one.purpose) for one in noes)):
            return
        standing = await self._preferences.of(contact.email)
        if suppressed and not standing.stopped:
            await self._preferences.stop(contact.email)
            return
        for one in noes:
            types = self._settings.types(one.purpose)
            if not permits(contact, standing, household, one.purpose, Medium.EMAIL, types):  # or HubSpot's yes is newer
                await self.refuse(contact.email, standing, one)

    async def _list(self, contact: Contact) -> None:
        """What is allowed at the address that it has now."""
        allows = written(contact, kept(contact))[ALLOWS]
        if contact.says(CONSENTS) and set(contact.says(ALLOWS).split(";")) != set(allows.split(";")):
            await self._contacts.change(contact.id, {ALLOWS: allows})

    async def refuse(self, email: str, standing: Standing, no: Consent) -> None:
        """Every type of its purpose, where that is not so already."""
        for subscription in self._settings.types(no.purpose):
            status = standing.of.get(subscription)
            if status is None or status.granted is not False:
                await self._preferences.set(email, subscription, no)


def _noes(contact: Contact, household: HouseholdId) -> list[Consent]:
    """What is kept of mail and is a no, the newest by purpose."""
    every = decisions(household, about(kept(contact), Medium.EMAIL, contact.address))
    found: list[Consent] = []
    for purpose in Purpose:
        said = [one for one in every if one.purpose is purpose and one.medium in (None, Medium.EMAIL)]
        if said and not allowed(said, purpose, Medium.EMAIL):
            found.append(max(said, key=lambda one: (one.at, not one.granted)))
    return found
