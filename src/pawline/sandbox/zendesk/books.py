"""What Zendesk knows: people, their tickets, each update of them, and who wants to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

DID = Callable[..., str]
"""Writes down an effect: see `Vendors.did`."""
STAFF: Final = ("agent", "admin")
DONE: Final = ("solved", "closed")


@dataclass
class User:
    """Somebody. `role_type` 1 is a light agent's, 3 a contributor's."""

    id: int
    email: str | None
    role: str
    role_type: int | None = None
    active: bool = True
    suspended: bool = False


@dataclass
class Audit:
    """One update of a ticket: who made it, how it came, and what of it."""

    id: int
    author: int
    at: float
    channel: str
    events: list[dict[str, Any]]
    custom: dict[str, Any]


@dataclass
class Ticket:
    """A ticket. `changed` is by the second, as the vendor tells it."""

    id: int
    subject: str | None
    requester: int
    made: float
    changed: float
    status: str = "new"
    description: str = ""
    external_id: str | None = None
    priority: str | None = None
    assignee: int | None = None
    group: int | None = None
    tags: list[str] = field(default_factory=list)
    public: bool = True
    channel: str = "web"
    solved: float | None = None
    audits: list[Audit] = field(default_factory=list)


@dataclass
class Listener:
    """A webhook, and the secret that it is signed with."""

    id: str
    name: str
    endpoint: str
    subscriptions: list[str]
    secret: str
    status: str = "active"


@dataclass
class Known:
    """A key that came: when, with what, and what was answered."""

    at: float
    body: dict[str, Any]
    answer: dict[str, Any]


@dataclass
class Books:
    """One account. `tell` is told a type, its ticket, and what the event says beside it. `me` is whose token it is."""

    now: Callable[[], float]
    did: DID
    me: User
    tell: Callable[[str, Ticket, int, dict[str, Any]], None] = lambda _type, _ticket, _actor, _event: None
    users: dict[int, User] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    listeners: dict[str, Listener] = field(default_factory=dict)
    keys: dict[str, Known] = field(default_factory=dict)
    last: int = 1_000

    def __post_init__(self) -> None:
        self.users[self.me.id] = self.me

    def number(self) -> int:
        """A number that was never given before."""
        self.last += 1
        return self.last

    def second(self) -> float:
        """Now, as the vendor tells times."""
        return float(int(self.now()))

    def user(self, email: str, role: str = "end-user") -> User:
        """Whoever has this address, made where there is nobody."""
        for one in self.users.values():
            if one.email == email:
                return one
        made = User(self.number(), email, role)
        self.users[made.id] = made
        return made

    def open(self, made: Ticket, author: int, comment: dict[str, Any], custom: dict[str, Any]) -> None:
        """A ticket, with its first comment."""
        self.tickets[made.id] = made
        made.description = str(comment["body"])
        audit = Audit(self.number(), author, made.made, made.channel, [], custom)
        made.audits.append(audit)
        audit.events.append(self._comment(author, comment))
        audit.events += [
            {"id": self.number(), "type": "Create", "field_name": "subject", "value": made.subject},
            {"id": self.number(), "type": "Create", "field_name": "status", "value": made.status},
        ]
        self.tell("ticket.created", made, author, {})

    def update(
        self, ticket: Ticket, author: int, channel: str, change: dict[str, Any], custom: dict[str, Any] | None = None
    ) -> Audit:
        """One update of a ticket, whoever makes it: a comment, another status, another assignee."""
        audit = Audit(self.number(), author, self.second(), channel, [], custom or {})
        ticket.audits.append(audit)
        ticket.changed = audit.at
        told: list[tuple[str, dict[str, Any]]] = []
        if (comment := change.get("comment")) is not None:
            event = self._comment(author, comment)
            audit.events.append(event)
            by = self.users[author]
            shown = {
                "id": str(event["id"]), "is_public": event["public"], "body": event["body"],
                "author": {"id": str(author), "is_staff": by.role in STAFF, "name": "Somebody"},
            }  # fmt: skip
            told.append(("ticket.comment_added", {"comment": shown}))
        if (assignee := change.get("assignee_id")) is not None:
            ticket.assignee = assignee
        status = change.get("status")
        if status is not None and status != ticket.status:
            before, ticket.status = ticket.status, status
            changed = {"type": "Change", "field_name": "status", "value": status, "previous_value": before}
            audit.events.append({"id": self.number(), **changed})
            if status in DONE and before not in DONE:
                ticket.solved = audit.at
            told.append(("ticket.status_changed", {"current": status.upper(), "previous": before.upper()}))
        for kind, event in told:
            self.tell(kind, ticket, author, event)
        return audit

    def _comment(self, author: int, comment: dict[str, Any]) -> dict[str, Any]:
        public = bool(comment.get("public", True))
        return {
            "id": self.number(), "type": "Comment", "author_id": author, "body": str(comment["body"]), "public": public,
            "html_body": None, "attachments": [],
        }  # fmt: skip


def stamp(at: float | None) -> str | None:
    """A time as Zendesk writes it."""
    return None if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
