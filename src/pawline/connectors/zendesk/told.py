"""Zendesk's words, as far as they are read. Whatever its pages do not promise may be null, or not there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from pawline.model import Aware, TicketId
from pawline.model.moment import check_aware
from pawline.ports import Ticket

DONE: Final = frozenset({"solved", "closed"})
"""Nobody works at it. A `solved` one opens again when its requester writes, a `closed` one never does."""
OURS: Final = "pawline/"
"""How the `external_id` of every ticket begins that a Pawline opened, of whichever shop: see `about`."""
STAFF: Final = frozenset({"agent", "admin"})
LIMITED: Final = frozenset({1, 3})
"""`role_type` of light agents and of contributors, who may write notes and decide nothing.
https://developer.zendesk.com/api-reference/ticketing/users/users/ ."""


class Via(msgspec.Struct, frozen=True):
    """How something came.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference
    """

    channel: Any = None


class Metrics(msgspec.Struct, frozen=True):
    """When a ticket was solved last: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/ ."""

    ticket_id: int | None = None
    solved_at: Aware | None = None


class ToldTicket(msgspec.Struct, frozen=True):
    """A ticket; `updated_at` is handed back as it came, for that is what an update is compared with.

    https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format
    """

    id: int
    status: str
    updated_at: str
    created_at: Aware
    subject: str | None = None
    description: str | None = None
    external_id: str | None = None
    requester_id: int | None = None
    assignee_id: int | None = None
    tags: tuple[str, ...] | None = None
    metric_set: Metrics | None = None

    @property
    def changed(self) -> datetime:
        """When it was updated last. Raises ValueError where it does not say."""
        found = datetime.fromisoformat(self.updated_at)
        check_aware("a ticket's update", found)
        return found


class ToldUser(msgspec.Struct, frozen=True):
    """https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format ."""

    id: int | None = None
    role: str | None = None
    email: str | None = None
    role_type: int | None = None
    active: bool | None = None
    suspended: bool | None = None

    @property
    def decides(self) -> bool:
        """Whether it is one of the helpdesk's people, with a full seat."""
        whole = self.role_type not in LIMITED
        return self.role in STAFF and whole and self.active is not False and self.suspended is not True


class AuditEvent(msgspec.Struct, frozen=True):
    """One thing of an update; of a comment its text.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference .
    """

    type: str
    id: int | None = None
    public: bool | None = None
    author_id: int | None = None
    body: Any = None
    via: Via | None = None


class Metadata(msgspec.Struct, frozen=True):
    """Beside an update; `custom` is what its sender put there."""

    custom: Any = None


class Audit(msgspec.Struct, frozen=True):
    """One update of a ticket: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/ ."""

    id: int
    created_at: Aware
    author_id: int | None = None
    via: Via | None = None
    events: tuple[AuditEvent, ...] = ()
    metadata: Metadata | None = None


class Meta(msgspec.Struct, frozen=True):
    """Where a list goes on: https://developer.zendesk.com/api-reference/introduction/pagination/ ."""

    has_more: bool = False
    after_cursor: str | None = None

    @property
    def after(self) -> str | None:
        """The cursor of the next page, if there is one."""
        return self.after_cursor if self.has_more else None


class OneTicket(msgspec.Struct, frozen=True):
    """A ticket; `users` where they were asked for."""

    ticket: ToldTicket
    users: tuple[ToldUser, ...] | None = None


class ManyTickets(msgspec.Struct, frozen=True):
    """A page of a list."""

    tickets: tuple[ToldTicket, ...]
    meta: Meta = Meta()


class ManyAudits(msgspec.Struct, frozen=True):
    """A page of what happened to a ticket."""

    audits: tuple[Audit, ...]
    meta: Meta = Meta()


class OneUser(msgspec.Struct, frozen=True):
    """A user."""

    user: ToldUser


def about(whose: str, kind: str, one: object) -> str:
    """The `external_id` of what a shop's ticket is about: `pawline/pets-eu/case/17`. Several hubs may be at one."""
    return f"{OURS}{whose}/{kind}/{one}"


def ticket_of(told: ToldTicket, home: str) -> Ticket:
    """The same in our words; its address is the one that agents open."""
    return Ticket(
        id=TicketId(str(told.id)), title=told.subject or "", open=told.status not in DONE | {"deleted"},
        url=f"{home}/agent/tickets/{told.id}",
    )  # fmt: skip
