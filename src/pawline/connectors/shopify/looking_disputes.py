"""What shoppers' banks take back, and no webhook told: disputes that wait for an answer, and those that are new.

An inquiry that becomes a chargeback is the same dispute, and cannot be searched by its change: so all that wait are
read, which are few. https://shopify.dev/docs/api/admin-graphql/2026-07/queries/disputes
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.enrolling import OPTIONAL
from pawline.connectors.shopify.health import scopes_of
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.replies import Amount, Named, Nodes, number_in
from pawline.connectors.shopify.search import moment
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_orders import Dispute, of_dispute
from pawline.kit import Http, Page, Quarantined, Seen, Sighting, Watch, every_item
from pawline.model import Aware

AGAIN: Final = timedelta(minutes=2)
HOURLY: Final = 12
"""Looks for orders, to one for disputes: an hour, where it is looked every five minutes."""


class Reason(msgspec.Struct, frozen=True):
    """Why."""

    reason: str


class DisputeNode(msgspec.Struct, frozen=True, rename="camel"):
    """A dispute of Shopify Payments."""

    id: str
    type: str
    status: str
    initiated_at: Aware
    amount: Amount
    reason_details: Reason
    evidence_due_by: Aware | None = None
    order: Named | None = None


class DisputesReply(msgspec.Struct, frozen=True):
    """Of DISPUTES."""

    disputes: Nodes[DisputeNode]


class Cursor(msgspec.Struct, frozen=True):
    """What is new is so since `since`."""

    since: Aware


async def contested(http: Http, _: Settings, cursor: str) -> Seen:
    """All that wait, and what began since the last look. Nothing, where the app may not read disputes."""
    now = datetime.now(UTC).replace(microsecond=0)  # as Shopify tells times
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now)
    admin = Patient(http)
    if OPTIONAL["disputes"] not in (await scopes_of(admin))[1]:
        return Seen((), cursor)
    found = [one async for one in every_item(partial(_page, admin, "status:needs_response"), lambda one: one.id)]
    fresh = f"initiated_at:>={moment(at.since)}"
    found += [one async for one in every_item(partial(_page, admin, fresh), lambda one: one.id)]
    seen: dict[str, Sighting] = {}
    bad: dict[str, Quarantined] = {}
    for one in found:
        try:
            seen |= {sighting.id: sighting for sighting in _told(one)}
        except ValueError as problem:
            if one.initiated_at >= at.since:  # told once, or twice
                bad[one.id] = Quarantined(f"dispute {number_in(one.id)}", str(problem))
    following = Cursor(max(at.since, now - AGAIN))
    return Seen(tuple(seen.values()), msgspec.json.encode(following).decode(), tuple(bad.values()))


async def _page(admin: Admin, query: str, after: str | None) -> Page[DisputeNode]:
    page = (await admin.ask(documents.DISPUTES, {"query": query, "after": after}, DisputesReply)).disputes
    return Page(page.nodes, page.after)


def _told(one: DisputeNode) -> list[Sighting]:
    """Of no order nothing. One that waits is told however old it is: it is to be answered."""
    if one.order is None:
        return []
    told = Dispute(
        id=int(number_in(one.id)), order_id=int(number_in(one.order.id)), type=one.type.lower(),
        amount=one.amount.amount, currency=one.amount.currency_code, reason=one.reason_details.reason.lower(),
        status=one.status.lower(),
        evidence_due_by=one.evidence_due_by,
    )  # fmt: skip
    return [Sighting(event.fact or one.id, one.initiated_at, event) for event in of_dispute(told)]


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll * HOURLY)


DISPUTES: Final[Watch[Settings]] = Watch("disputes", every, contested)
