"""Where an account sends its webhooks: one of ours, known by its name, for Klaviyo shows no address whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
    return _missing(await _ours(http, address))


async def _ours(http: Client, address: str) -> list[WebhookNode]:
    """Our webhooks to this address, those that are switched off too."""
    api = Api(http)

    async def fetch(after: str | None) -> Page[WebhookNode]:
        query = {"include": "webhook-topics"} | ({} if after is None else {"page[cursor]": after})
        return (await api.read("webhooks", query=query, into=Many[WebhookNode])).page()

    found: list[WebhookNode] = []
    async for page in pages(fetch):
        found += [one for one in page.items if one.attributes.name == called(address)]
    return found


def _missing(ours: list[WebhookNode]) -> tuple[str, ...]:
    there = _topics(one for one in ours if one.attributes.enabled)
    return tuple(topic for topic in TOPICS if topic not in there)


def _topics(of: Iterable[WebhookNode]) -> set[str]:
    return {topic.id for one in of for topic in one.relationships.webhook_topics.data}


async def enrol(http: Client, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there: ours are switched on, and what none of them tells of one more does.

    All are signed with the first of our secrets. Klaviyo shows none, so it is told each time: whether it was another
    before nobody can see. https://developers.klaviyo.com/en/reference/create_webhook,
    https://developers.klaviyo.com/en/reference/update_webhook
    """
    if not settings.webhook_secrets:
        return ()
    api, there, secret = Api(http), await _ours(http, address), settings.webhook_secrets[0].reveal()
    for one in there:
        body = {"type": "webhook", "id": one.id, "attributes": {"secret_key": secret, "enabled": True}}
        await api.write("PATCH", "webhooks", one.id, json={"data": body}, into=One[WebhookNode])
    if new := [topic for topic in TOPICS if topic not in _topics(there)]:
        given = {
            "type": "webhook",
            "attributes": {"name": called(address), "endpoint_url": address, "secret_key": secret},
            "relationships": {"webhook-topics": {"data": [{"type": "webhook-topic", "id": one} for one in new]}},
        }
        await api.write("POST", "webhooks", json={"data": given}, into=One[WebhookNode])
    return tuple(f"{topic} is sent to {address}" for topic in _missing(there))


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
