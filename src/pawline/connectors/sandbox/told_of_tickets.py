"""What the sandbox's helpdesk tells, as our events."""

from __future__ import annotations

import msgspec

from pawline.model import Event, HouseholdId, OrderId, TicketClosed, TicketDecided, TicketId, TicketOpened


class Question(msgspec.Struct, frozen=True):
    """`ticket.opened`: what somebody wrote."""

    ticket: TicketId
    title: str
    text: str
    household: HouseholdId | None = None
    order: OrderId | None = None


class Done(msgspec.Struct, frozen=True):
    """`ticket.closed`, by whomever."""

    ticket: TicketId
    household: HouseholdId | None = None


class Written(msgspec.Struct, frozen=True):
    """`ticket.decided`: a note that may answer a case."""

    ticket: TicketId
    note: str


def opened(payload: bytes) -> tuple[Event, ...]:
    """Somebody wrote to the helpdesk."""
    return (TicketOpened(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Question))),)


def closed(payload: bytes) -> tuple[Event, ...]:
    """The helpdesk is done with it."""
    return (TicketClosed(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Done))),)


def decided(payload: bytes) -> tuple[Event, ...]:
    """One of its people may have answered a case."""
    return (TicketDecided(**msgspec.structs.asdict(msgspec.json.decode(payload, type=Written))),)
