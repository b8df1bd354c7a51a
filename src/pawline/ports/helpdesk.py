"""The Helpdesk: where people talk to people."""

from __future__ import annotations

import enum
import re
from typing import Final, Protocol

import msgspec

from pawline.model import HouseholdId, OrderId, PetId, TicketId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt

ANSWER: Final = "#pawline"
"""How one of the helpdesk's people begins a note that answers a case: `#pawline 2` is its second choice."""
_ANSWER: Final = re.compile(rf"\s*{ANSWER}[ \t]+([1-9][0-9]?)(?![0-9])")


class Urgency(enum.StrEnum):
    """How soon a person should look. Poison and adverse events are urgent."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


class TicketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person should look at. `text` is for the helpdesk's people, not for the shopper.

    `case` is the number of a case that its people may answer in it.
    """

    title: str
    text: str
    urgency: Urgency
    household: HouseholdId | None = None
    order: OrderId | None = None
    pet: PetId | None = None
    tags: tuple[str, ...] = ()
    case: int | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How one of the helpdesk's people answered a case: the number of a choice, from 1. `by` is their number there."""

    case: int
    choice: int
    by: str


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
    async def decided(self, ticket: TicketId, note: str) -> Decision | None:
        """What this note of a ticket decides, asked of the helpdesk itself.

        None where it decides nothing: it is no note to the helpdesk's people, is no answer, is of a ticket without a
        case, or nobody of them wrote it there by their own hand. What came by mail is nobody's hand.
        """
        ...

    @read
    async def of(self, order: OrderId) -> tuple[Ticket, ...]:
        """Tickets about the order, newest first, at most 20."""
        ...


def choice_of(text: str) -> int | None:
    """The number of the choice that a note names at its very beginning; None where it is no answer."""
    found = _ANSWER.match(text)
    return None if found is None else int(found[1])
