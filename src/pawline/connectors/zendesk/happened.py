"""What happened at Zendesk, as our events: the same whether a webhook told it or a look found it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pawline.connectors.zendesk.told import OURS
from pawline.model import Event, HouseholdId, TicketClosed, TicketDecided, TicketId, TicketOpened

LONGEST: Final = 10_000
"""Characters that are kept of what somebody wrote."""


def opened(
    ticket: str, subject: str | None, description: str | None, external_id: str | None, household: HouseholdId | None
) -> tuple[Event, ...]:
    """Somebody asked. What we opened ourselves is not told back: nobody wrote that."""
    if (external_id or "").startswith(OURS):
        return ()
    title, text = (subject or "")[:LONGEST], (description or "")[:LONGEST]
    return (TicketOpened(ticket=TicketId(ticket), title=title, text=text, household=household),)


def closed(ticket: str, household: HouseholdId | None) -> tuple[Event, ...]:
    """The helpdesk is done with it."""
    return (TicketClosed(ticket=TicketId(ticket), household=household),)


def closing(ticket: str, at: datetime) -> str:
    """The name of one closing: by the minute, for webhooks and metrics may differ by a second."""
    return f"closed/{ticket}/{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def decided(ticket: str, note: str) -> tuple[Event, ...]:
    """A note may answer a case."""
    return (TicketDecided(ticket=TicketId(ticket), note=note),)
