"""The Helpdesk: where people talk to people."""

from __future__ import annotations

import enum
from typing import Protocol

import msgspec

from pawline.model import HouseholdId, OrderId, PetId, TicketId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class Urgency(enum.StrEnum):
    """How soon a person should look. Poison and adverse events are urgent."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


class TicketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at. `text` is for the helpdesk's people, not for the shopper."""

    title: str
    text: str
    urgency: Urgency
    household: HouseholdId | None = None
    order: OrderId | None = None
    pet: PetId | None = None
    tags: tuple[str, ...] = ()


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as the helpdesk has it."""

    id: TicketId
    title: str
    open: bool
    url: str | None = None


class Helpdesk(Protocol):
    """Tickets are opened, written to and closed. What the shopper sees is only what `reply` says."""

    async def open(self, draft: TicketDraft) -> Ticket:
        """Make a ticket."""
        ...

    async def reply(self, ticket: TicketId, text: str) -> Receipt:
        """Write to the shopper. Rejected(not_found, gone) if there is no such ticket any more."""
        ...

    async def note(self, ticket: TicketId, text: str) -> Receipt:
        """Write to the helpdesk's people."""
        ...

    async def close(self, ticket: TicketId) -> Receipt:
        """Done. Closing it twice is fine."""
        ...

    @read
    async def of(self, order: OrderId) -> tuple[Ticket, ...]:
        """Tickets about the order, newest first, at most 20."""
        ...
