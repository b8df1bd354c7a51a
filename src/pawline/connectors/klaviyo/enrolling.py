"""Where an account sends its webhooks: one of ours, known by its name, for Klaviyo shows no address whole."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from pawline.connectors.klaviyo.api import Api, Client, Many, Named, One
from pawline.connectors.klaviyo.hook import TOPICS
from pawline.connectors.klaviyo.settings import Settings
from pawline.kit import Enrolment, Page, pages


class WebhookAttributes(msgspec.Struct, frozen=True):
    """What is known of a webhook: its address is cut short."""

    name: str
    enabled: bool


class Topics(msgspec.Struct, frozen=True):
    """What it tells of."""

    data: tuple[Named, ...] = ()


class Relations(msgspec.Struct, frozen=True):
    """Its topics."""

    webhook_topics: Topics = msgspec.field(name="webhook-topics", default=Topics())


class WebhookNode(msgspec.Struct, frozen=True):
    """A webhook."""

    id: str
    attributes: WebhookAttributes
    relationships: Relations = Relations()


def called(address: str) -> str:
    """The name of our webhook to this address."""
    return f"Pawline {hashlib.sha256(address.encode()).hexdigest()[:12]}"


async def lacking(http: Client, _: Settings, address: str) -> tuple[str, ...]:
    """The topics that are not sent there now. A webhook that failed for two days is switched off by Klaviyo.

    https://developers.klaviyo.com/en/reference/get_webhooks
    """
    api, there = Api(http), set[str]()

    async def fetch(after: str | None) -> Page[WebhookNode]:
        query = {"include": "webhook-topics"} | ({} if after is None else {"page[cursor]": after})
        return (await api.read("webhooks", query=query, into=Many[WebhookNode])).page()

    async for page in pages(fetch):
        for one in page.items:
            if one.attributes.name == called(address) and one.attributes.enabled:
                there |= {topic.id for topic in one.relationships.webhook_topics.data}
    return tuple(topic for topic in TOPICS if topic not in there)


async def enrol(http: Client, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there, by one more webhook that is signed with the first of our secrets.

    https://developers.klaviyo.com/en/reference/create_webhook
    """
    wanted = await lacking(http, settings, address)
    if not wanted or not settings.webhook_secrets:
        return ()
    given = {
        "type": "webhook",
        "attributes": {
            "name": called(address), "endpoint_url": address, "secret_key": settings.webhook_secrets[0].reveal(),
        },
        "relationships": {"webhook-topics": {"data": [{"type": "webhook-topic", "id": one} for one in wanted]}},
    }  # fmt: skip
    await Api(http).write("POST", "webhooks", json={"data": given}, into=One[WebhookNode])
    return tuple(f"{topic} is sent to {address}" for topic in wanted)


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
