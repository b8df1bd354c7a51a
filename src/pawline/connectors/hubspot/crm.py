"""HubSpot in the role of Crm: households are contacts, their pets are properties, what they allowed is read there."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.connectors.hubspot import noting, pets, told
from pawline.connectors.hubspot.api import Client
from pawline.connectors.hubspot.consenting import permits
from pawline.connectors.hubspot.contacts import Contacts
from pawline.connectors.hubspot.linking import Linking
from pawline.connectors.hubspot.preferences import Preferences, Standing
from pawline.connectors.hubspot.settings import Settings
from pawline.model import NEED_NO_CONSENT, Household, HouseholdId, Medium, Pet, Purpose
from pawline.ports import Operation, Receipt, Settle


class HubSpotCrm:
    """See `Crm`. A household is one contact, that of its first person."""

    OPERATIONS: Final = {
        "upsert": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
        "upsert_pet": Operation(settle=Settle.REPEAT),
        # HubSpot knows no keys, and writes a second note gladly.
        "note": Operation(settle=Settle.LOOK_UP, look_up="find_note"),
    }

    def __init__(self, http: Client, settings: Settings) -> None:
        self._http, self._settings = http, settings
        self._contacts: Final = Contacts(http)
        self._linking: Final = Linking(http, settings)
        self._preferences: Final = Preferences(http)

    async def household(self, household: HouseholdId) -> Household:
        return told.household(await self._contacts.need(household), household)

    async def pets(self, household: HouseholdId) -> tuple[Pet, ...]:
        found = await self._contacts.find(household)
        return () if found is None else pets.pets(found, household)

    async def allows(self, household: HouseholdId, purpose: Purpose, medium: Medium) -> bool:
        found = await self._contacts.find(household)
        if found is None:
            return False
        standing = Standing()
        if medium is Medium.EMAIL and purpose not in NEED_NO_CONSENT and found.email:
            standing = await self._preferences.of(found.email)
        return permits(found, standing, household, purpose, medium, self._settings.types(purpose))

    async def upsert(self, household: Household) -> Receipt:
        async with self._contacts.turn(household.id):
            return Receipt((await self._linking.known(household.id, told.properties(household))).id)

    async def upsert_pet(self, pet: Pet) -> Receipt:
        async with self._contacts.turn(pet.household):
            contact = await self._contacts.need(pet.household)
            laid = pets.laid_with(contact, pet)
            new = {name: value for name, value in laid.items() if contact.says(name) != value}
            if new:
                await self._contacts.change(contact.id, new)
            return Receipt(contact.id)

    async def note(self, household: HouseholdId, text: str) -> Receipt:
        return Receipt(await noting.note(self._http, await self._contacts.need(household), text))

    async def find_note(self, household: HouseholdId, text: str) -> Receipt | None:
        """Whether it is there: a note of the same words is this one."""
        contact = await self._contacts.find(household)
        found = None if contact is None else await noting.noted(self._http, contact, text)
        return None if found is None else Receipt(found)
