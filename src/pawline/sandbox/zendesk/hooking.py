"""Webhooks by the API: https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks ."""

from __future__ import annotations

import hashlib
from typing import Final

from pawline.sandbox.zendesk import views
from pawline.sandbox.zendesk.books import Books, Listener
from pawline.sandbox.zendesk.calls import Call, Done, No

EVENTS: Final = frozenset(
    f"zen:event-type:ticket.{one}" for one in ("created", "status_changed", "comment_added", "tags_changed")
)


def made(books: Books, call: Call) -> Done:
    """One more; its secret is the vendor's to make, and is not told here."""
    given = call.body.get("webhook") or {}
    wanted = list(given.get("subscriptions") or ())
    if not given.get("endpoint") or not set(wanted) <= EVENTS or given.get("http_method") != "POST":
        raise No(400, "InvalidRequest", "the webhook is not valid")
    number = books.number()
    one = Listener(f"01WEBHOOK{number:017d}", given["name"], given["endpoint"], wanted, secret_of(books, number, 0))
    books.listeners[one.id] = one
    books.did("Zendesk.webhook", one.name)
    return Done(201, {"webhook": views.listener(one)})


def changed(books: Books, call: Call) -> Done:
    """Its subscriptions, or whether it is active."""
    one, given = _one(books, call), call.body.get("webhook") or {}
    one.subscriptions = list(given.get("subscriptions", one.subscriptions))
    one.status = given.get("status", one.status)
    books.did("Zendesk.webhook", one.name)
    return Done(204, {})


def signing(books: Books, call: Call) -> Done:
    """What it is signed with."""
    return Done(200, {"signing_secret": {"algorithm": "SHA256", "secret": _one(books, call).secret}})


def secret_of(books: Books, number: int, turn: int) -> str:
    """A secret that follows from the account, so that a sandbox that is done again has the same one."""
    return hashlib.sha256(f"{books.me.id} {number} {turn}".encode()).hexdigest()[:40]


def _one(books: Books, call: Call) -> Listener:
    found = books.listeners.get(call.path[1])
    if found is None:
        raise No(404, "RecordNotFound", "Not found")
    return found
