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
    there = {
        topic.id for one in ours if one.attributes.enabled for topic in one.relationships.webhook_topics.data
    }  # fmt: skip
    return tuple(topic for topic in TOPICS if topic not in there)


async def enrol(http: Client, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there, by one more webhook; all that are ours are signed with the first of our secrets.

    Klaviyo shows no secret, so it is told each time: whether it is another than before nobody can see.
    https://developers.klaviyo.com/en/reference/create_webhook, https://developers.klaviyo.com/en/reference/update_webhook
    """
    if not settings.webhook_secrets:
        return ()
    there = await _ours(http, address)
    for one in there:
        secret = {"secret_key": settings.webhook_secrets[0].reveal()}
        body = {"type": "webhook", "id": one.id, "attributes": secret}
        await Api(http).write("PATCH", "webhooks", one.id, json={"data": body}, into=One[WebhookNode])
    wanted = _missing(there)
    if not wanted:
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
