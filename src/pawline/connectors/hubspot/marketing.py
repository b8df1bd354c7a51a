"""HubSpot in the role of Marketing: it sends the e-mails that it keeps, and decisions are written into it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pawline.connectors.hubspot import pets, sending
from pawline.connectors.hubspot.api import Client
from pawline.connectors.hubspot.consenting import refused
from pawline.connectors.hubspot.contacts import Contact, Contacts
from pawline.connectors.hubspot.deciding import Deciding
from pawline.connectors.hubspot.preferences import Preferences, Standing
from pawline.connectors.hubspot.schema import SUPPRESSED
from pawline.connectors.hubspot.settings import Settings
from pawline.model import NEED_NO_CONSENT, Consent, Medium, Message, MessageId, Purpose
from pawline.ports import (
    Code,
    EffectKind,
    Occurrence,
    Operation,
    Receipt,
    Rejected,
    Settle,
    Suppression,
    current_attempt,
)

LONGEST: Final = 5_000
"""Characters of a reason."""


class HubSpotMarketing:
    """See `Marketing`. The key of the attempt is the e-mail's `sendId`."""

    OPERATIONS: Final = {
        # Reads whom it may write to first, so the card does not say `key`; of equal `sendId` HubSpot sends one.
        "send": Operation(settle=Settle.REPEAT, kind=EffectKind.MESSAGE, timeout=timedelta(seconds=20)),
        "track": Operation(settle=Settle.REPEAT),
        "consent": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
        "suppress": Operation(settle=Settle.REPEAT, timeout=timedelta(seconds=20)),
    }

    def __init__(self, http: Client, settings: Settings) -> None:
        self._http, self._settings = http, settings
        self._contacts: Final = Contacts(http)
        self._preferences: Final = Preferences(http)
        self._deciding: Final = Deciding(http, settings)

    async def send(self, message: Message) -> MessageId:
        email = self._settings.emails.get(message.name)
        if email is None:
            raise Rejected(f"the settings name no e-mail of HubSpot's for {message.name}", Code.NOT_FOUND)
        if message.medium is not Medium.EMAIL:
            raise Rejected(f"HubSpot is not asked to reach people by {message.medium.value}", Code.UNSUPPORTED)
        contact = await self._contacts.surely(message.household)
        if contact is None:
            raise await self._contacts.absent(message.household)
        await self._may(contact, message)
        return await sending.send(self._http, email, contact, message, current_attempt().key)

    async def _may(self, contact: Contact, message: Message) -> None:
        """Raises Rejected where they cannot be reached, or they or a death said no. A recall goes over every no."""
        household, purpose = message.household, message.purpose
        if not contact.email:
            raise Rejected(f"HubSpot has no e-mail address of household {household}", Code.UNDELIVERABLE)
        if purpose is Purpose.SAFETY:
            return
        if contact.says(SUPPRESSED):
            raise Rejected(f"nothing more is sent to household {household}", Code.NOT_ALLOWED)
        if pets.silent(contact) & set(message.pets):
            raise Rejected("it speaks of a pet of which nothing more is said", Code.NOT_ALLOWED)
        if purpose in NEED_NO_CONSENT:
            return
        standing, types = await self._preferences.of(contact.email), self._settings.types(purpose)
        if refused(contact, standing, household, purpose, Medium.EMAIL, types):
            raise Rejected(f"household {household} said no to {purpose.value}", Code.NOT_ALLOWED)

    async def track(self, occurrence: Occurrence) -> Receipt:
        """Told where the settings name a custom event for it, and the household is known; else it is passed over."""
        event = self._settings.events.get(occurrence.name)
        contact = None if event is None else await self._contacts.surely(occurrence.household)
        if event is None or contact is None:
            return Receipt(None)
        return Receipt(await sending.occurred(self._http, event, contact, occurrence))

    async def consent(self, consent: Consent) -> Receipt:
        return await self._deciding.consent(consent)

    async def suppress(self, suppression: Suppression) -> Receipt:
        async with self._contacts.turn(suppression.household):
            if suppression.pet is None:
                contact = await self._contacts.surely(suppression.household)
                contact = contact or await self._contacts.make(suppression.household, {})
                await self._stop(contact, suppression.because)
                return Receipt(contact.id)
            contact = await self._contacts.need(suppression.household)
            laid = pets.laid_without(contact, suppression.pet, suppression.because)
            new = {name: value for name, value in laid.items() if contact.says(name) != value}
            if new:
                await self._contacts.change(contact.id, new)
            return Receipt(contact.id)

    async def _stop(self, contact: Contact, because: str) -> None:
        """In the property first: what was begun is ended by whoever tells HubSpot of them next."""
        if not contact.says(SUPPRESSED):
            await self._contacts.change(contact.id, {SUPPRESSED: because.strip()[:LONGEST] or "suppressed"})
        standing = await self._preferences.of(contact.email) if contact.email else Standing()
        if contact.email and not standing.stopped:
            await self._preferences.stop(contact.email)
