"""Who agreed to marketing, or took it back, and no webhook told: customers that changed, newest change first.

Customers are found by the day of their change (`updated_at`, "matching a whole day"), and sorted by its moment: so it
is the order that is relied on. https://shopify.dev/docs/api/admin-graphql/2026-07/queries/customers
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.patience import Patient
from pawline.connectors.shopify.replies import Nodes, number_in
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_people import Consented, EmailConsent, of_consent
from pawline.kit import Http, Quarantined, Seen, Sighting, Watch
from pawline.model import Aware
from pawline.ports import Malformed

AGAIN: Final = timedelta(minutes=2)


class Mail(msgspec.Struct, frozen=True, rename="camel"):
    """A customer's address, and what they decided for it."""

    email_address: str
    marketing_state: str
    marketing_updated_at: Aware | None = None


class Customer(msgspec.Struct, frozen=True, rename="camel"):
    """A customer that changed."""

    id: str
    updated_at: Aware
    default_email_address: Mail | None = None


class CustomersReply(msgspec.Struct, frozen=True):
    """Of CONSENTS."""

    customers: Nodes[Customer]


class Cursor(msgspec.Struct, frozen=True):
    """Looking began at `began`: what was decided before is history. This walk goes back to `since`, and is at `after`.

    `newest` is the newest change that it saw.
    """

    began: Aware
    since: Aware
    newest: Aware
    after: str | None = None


async def decided(http: Http, _: Settings, cursor: str) -> Seen:
    """A page of the customers that changed, back to where the last walk began."""
    now = datetime.now(UTC).replace(microsecond=0)  # as Shopify tells times
    at = msgspec.json.decode(cursor, type=Cursor) if cursor else Cursor(now, now - AGAIN, now)
    page = (await Patient(http).ask(documents.CONSENTS, {"after": at.after}, CustomersReply)).customers
    if page.after is not None and page.after == at.after:
        raise Malformed("a list names a cursor again: it would never end")
    found: list[Sighting] = []
    bad: list[Quarantined] = []
    for one in page.nodes:
        try:
            found += _decision(one, at.began) if one.updated_at >= at.since else []
        except ValueError as problem:
            if one.updated_at > at.newest:  # told once
                bad.append(Quarantined(f"customer {number_in(one.id)}", str(problem)))
    newest = max([at.newest, *(one.updated_at for one in page.nodes)])
    more = page.after is not None and all(one.updated_at >= at.since for one in page.nodes)
    since = at.since if more else max(at.since, newest - AGAIN)
    following = Cursor(at.began, since, newest, page.after if more else None)
    return Seen(tuple(found), msgspec.json.encode(following).decode(), tuple(bad), more=more)


def _decision(one: Customer, began: datetime) -> list[Sighting]:
    mail = one.default_email_address
    if mail is None or mail.marketing_updated_at is None or mail.marketing_updated_at < began:
        return []
    told = Consented(
        int(number_in(one.id)), EmailConsent(mail.marketing_state.lower(), mail.marketing_updated_at),
        mail.email_address,
    )  # fmt: skip
    at = mail.marketing_updated_at
    return [Sighting(event.fact or one.id, at, event) for event in of_consent(at, told)]


def every(settings: Settings) -> timedelta:
    """How often it is looked."""
    return timedelta(seconds=settings.poll)


CONSENTS: Final[Watch[Settings]] = Watch("consents", every, decided)
