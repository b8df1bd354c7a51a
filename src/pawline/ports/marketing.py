"""Marketing: the tool that writes and sends from templates, and keeps who may be written to."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, Consent, HouseholdId, Message, MessageId, PetId
from pawline.ports.receipt import Receipt


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a household, as tools for marketing and analytics count it (`Viewed Product`).

    `key` makes it one: the same key again is the same occurrence. `values` hold no personal data.
    """

    name: str
    key: str
    at: Aware
    household: HouseholdId
    values: dict[str, str | int | bool] = {}


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more to this household, or (with `pet`) nothing more about this pet, for a reason that is a sentence."""

    household: HouseholdId
    because: str
    pet: PetId | None = None


class Marketing(Protocol):
    """Messages go out by template, and what stops them is written into the tool itself."""

    async def send(self, message: Message) -> MessageId:
        """Have it sent. Rejected(not_allowed) if the tool knows of an opt-out, Rejected(not_found) for the template."""
        ...

    async def track(self, occurrence: Occurrence) -> Receipt:
        """Tell the tool what happened. The same key twice counts once."""
        ...

    async def consent(self, consent: Consent) -> Receipt:
        """Write a decision into the tool. An older one than it has changes nothing.

        Whom the tool does not have by our household's id it finds by `contact`, or makes known: who said no is never
        written to for want of a link. Rejected(not_found) where neither leads to anybody.
        """
        ...

    async def suppress(self, suppression: Suppression) -> Receipt:
        """Stop what the tool would send by itself. Doing it twice is fine."""
        ...
