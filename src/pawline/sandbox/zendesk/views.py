"""How the API shows things: every field that the connector reads, and some that it must not mind."""

from __future__ import annotations

from typing import Any

from pawline.sandbox.zendesk.books import Audit, Books, Listener, Ticket, User, stamp


def user(one: User) -> dict[str, Any]:
    """https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format ."""
    return {
        "id": one.id, "email": one.email, "name": "Somebody", "role": one.role, "role_type": one.role_type,
        "active": one.active, "suspended": one.suspended, "external_id": None, "phone": None, "tags": [],
    }  # fmt: skip


def ticket(one: Ticket) -> dict[str, Any]:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#json-format ."""
    return {
        "id": one.id, "url": f"https://paws.zendesk.com/api/v2/tickets/{one.id}.json", "external_id": one.external_id,
        "subject": one.subject, "raw_subject": one.subject, "description": one.description, "priority": one.priority,
        "status": one.status, "type": None, "recipient": None, "requester_id": one.requester,
        "submitter_id": one.requester, "assignee_id": one.assignee, "organization_id": None, "group_id": one.group,
        "collaborator_ids": [], "tags": one.tags, "custom_fields": [], "is_public": one.public,
        "created_at": stamp(one.made), "updated_at": stamp(one.changed), "generated_timestamp": int(one.changed),
        "via": {"channel": one.channel, "source": {"from": {}, "to": {}, "rel": None}},
    }  # fmt: skip


def audit(of: Ticket, one: Audit) -> dict[str, Any]:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/#json-format ."""
    return {
        "id": one.id, "ticket_id": of.id, "created_at": stamp(one.at), "author_id": one.author, "events": one.events,
        "metadata": {"system": {"client": "x"}, "custom": one.custom},
        "via": {"channel": one.channel, "source": {"from": {}, "to": {}, "rel": None}},
    }  # fmt: skip


def metrics(one: Ticket) -> dict[str, Any]:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/#json-format ."""
    return {"id": one.id + 500_000, "ticket_id": one.id, "reopens": 0, "solved_at": stamp(one.solved)}


def listener(one: Listener) -> dict[str, Any]:
    """https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks#json-format ."""
    return {
        "id": one.id, "name": one.name, "endpoint": one.endpoint, "http_method": "POST", "request_format": "json",
        "status": one.status, "subscriptions": one.subscriptions, "created_by": "1", "signing_secret": None,
    }  # fmt: skip


def people(books: Books, tickets: list[Ticket]) -> list[dict[str, Any]]:
    """Whoever is named in them, as a sideload has it."""
    named = {number for one in tickets for number in (one.requester, one.assignee) if number is not None}
    return [user(books.users[number]) for number in sorted(named)]
