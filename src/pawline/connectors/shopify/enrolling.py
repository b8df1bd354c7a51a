"""Where a shop sends its webhooks: by subscriptions of the app's own, which Shopify deletes after eight failures."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.errors import refuse
from pawline.connectors.shopify.health import scopes_of
from pawline.connectors.shopify.hook import HOOK
from pawline.connectors.shopify.replies import Nodes, Payload
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_privacy import CONFIGURED
from pawline.kit import Enrolment, Http, Page, pages
from pawline.ports import Rejected, Unauthorised

JSON: Final = "JSON"
OPTIONAL: Final = {"disputes": "read_shopify_payments_disputes"}
"""Topics that an app may do without, and the scope by which it does not: a shop may have another provider's money."""


TOPICS: Final = tuple(topic for topic in HOOK.hears if topic not in CONFIGURED)
"""What is heard by subscriptions."""


class Listener(msgspec.Struct, frozen=True, rename="camel"):
    """A subscription. One with a `filter`, or with only some fields, is another's: it does not tell everything."""

    topic: str
    uri: str
    format: str
    filter: str | None = None
    include_fields: tuple[str, ...] = ()


class ListenersReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of LISTENERS."""

    webhook_subscriptions: Nodes[Listener]


class ListenReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of LISTEN."""

    webhook_subscription_create: Payload


def topic_of(heard: str) -> str:
    """The API's name for a topic: `orders/create` is ORDERS_CREATE."""
    return heard.replace("/", "_").upper()


async def lacking(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """The topics that we hear and that are not sent there, whole; but for those that the app may do without.

    https://shopify.dev/docs/api/admin-graphql/2026-07/queries/webhookSubscriptions
    """
    admin, there = Admin(http), set[str]()
    have = (await scopes_of(admin))[1]

    async def fetch(after: str | None) -> Page[Listener]:
        page = (await admin.ask(documents.LISTENERS, {"after": after}, ListenersReply)).webhook_subscriptions
        return Page(page.nodes, page.after)

    async for page in pages(fetch):
        there |= {
            one.topic for one in page.items
            if (one.uri, one.format) == (address, JSON) and not one.filter and not one.include_fields
        }  # fmt: skip
    return tuple(one for one in TOPICS if topic_of(one) not in there and _may(one, have))


def _may(topic: str, have: frozenset[str]) -> bool:
    needed = OPTIONAL.get(topic.partition("/")[0])
    return needed is None or needed in have


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there. What is refused, as a topic of which another subscription tells a part, is said.

    https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/webhookSubscriptionCreate
    """
    did, admin = [], Admin(http)
    for topic in await lacking(http, settings, address):
        given = {"topic": topic_of(topic), "to": {"uri": address, "format": JSON}}
        try:
            told = (await admin.ask(documents.LISTEN, given, ListenReply)).webhook_subscription_create
            refuse(f"{topic} is not sent to {address}", told.user_errors, {})
        except (Rejected, Unauthorised) as no:
            did.append(no.text)
        else:
            did.append(f"{topic} is sent to {address}")
    return tuple(did)


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
