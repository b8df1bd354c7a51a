"""Webhooks in the vendor's form: signed over their time and body, and never tried again.

The vendor tries some failures again for a short while (https://developer.zendesk.com/api-reference/webhooks/introduction/);
who only hears what comes the first time must find the rest by a look.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from pawline.sandbox.posting import Letter, Telling
from pawline.sandbox.zendesk.books import Books, Listener, Ticket, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.sandbox.hooks import Hooks

PATIENCE: Final = aiohttp.ClientTimeout(total=12)
_encode: Final = msgspec.json.Encoder().encode


class Told(msgspec.Struct, frozen=True):
    """A delivery that was taken, or that never will be."""

    number: int
    type: str
    body: bytes


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """The signature of a delivery: base64 of an HMAC over the time as it stands in its header, and the body."""
    moment = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    made = hmac.new(secret.encode(), moment.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(made).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": moment,
    }


def shown(ticket: Ticket, actor: int) -> dict[str, Any]:
    """`detail` of https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events ."""
    return {
        "id": str(ticket.id), "actor_id": str(actor), "subject": ticket.subject, "description": ticket.description,
        "external_id": ticket.external_id, "status": ticket.status.upper(), "requester_id": str(ticket.requester),
        "assignee_id": None if ticket.assignee is None else str(ticket.assignee), "is_public": ticket.public,
        "created_at": stamp(ticket.made), "updated_at": stamp(ticket.changed), "tags": ticket.tags, "priority": None,
        "via": {"channel": "web_service" if ticket.channel == "api" else ticket.channel},
    }  # fmt: skip


class Teller(Telling[Told, Listener]):
    """Tells whoever subscribed. Signed by the machine's clock, for whoever hears looks at it."""

    def __init__(self, books: Books, hooks: Hooks) -> None:
        super().__init__(hooks, PATIENCE)
        self._books, self._number = books, 0
        self.clock: Callable[[], float] = time.time

    def tell(self, kind: str, ticket: Ticket, actor: int, event: dict[str, Any]) -> None:
        """Something happened. Never waits."""
        name = f"zen:event-type:{kind}"
        wanted = [one for one in self._books.listeners.values() if one.status == "active" and name in one.subscriptions]
        if not wanted:
            return
        self._number += 1
        body = {
            "account_id": 123456, "id": f"{hashlib.sha256(f'{self._number} {ticket.id}'.encode()).hexdigest()[:32]}",
            "type": name, "subject": f"zen:ticket:{ticket.id}", "zendesk_event_version": "2022-11-06",
            "time": f"{datetime.fromtimestamp(self._books.now(), UTC):%Y-%m-%dT%H:%M:%S.%f}000Z",
            "detail": shown(ticket, actor),
            "event": event | {"meta": {"sequence": {"id": f"{self._number:032X}", "position": 1}}},
        }  # fmt: skip
        for one in wanted:
            self.send(Told(self._number, name, _encode(body)), one)

    def letter(self, made: Told, to: Listener) -> Letter:
        return Letter(to.endpoint, made.body, {
            "Content-Type": "application/json", "X-Zendesk-Account-Id": "123456", "X-Zendesk-Webhook-Id": to.id,
            "X-Zendesk-Webhook-Invocation-Id": f"{made.number}", **signed(made.body, to.secret, self.clock()),
        })  # fmt: skip
