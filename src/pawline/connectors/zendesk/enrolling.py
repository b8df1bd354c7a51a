"""Where an account sends its webhooks: one of ours, subscribed to what is heard, which Zendesk signs by its own secret.

https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks
"""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.zendesk.client import PAGE, Api, ZendeskHttp
from pawline.connectors.zendesk.hook import COMMENT, CREATED, PREFIX, STATUS
from pawline.connectors.zendesk.settings import Settings
from pawline.connectors.zendesk.told import Meta
from pawline.kit import Enrolment, Page, every_item

NAME: Final = "Pawline"
SECRET: Final = "anything that is believed (its signing secret is not in `webhook_secrets`)"  # noqa: S105 - words


class Listener(msgspec.Struct, frozen=True):
    """A webhook."""

    id: str
    endpoint: str
    status: str
    subscriptions: tuple[str, ...] | None = None

    @property
    def events(self) -> frozenset[str]:
        """What it is subscribed to; one that hangs on a trigger is not ours."""
        return frozenset(one for one in self.subscriptions or () if one.startswith(PREFIX))


class Listeners(msgspec.Struct, frozen=True):
    """A page of all."""

    webhooks: tuple[Listener, ...]
    meta: Meta = Meta()


class OneListener(msgspec.Struct, frozen=True):
    """One that was made."""

    webhook: Listener


class Signing(msgspec.Struct, frozen=True):
    """What it is signed with."""

    secret: str


class OneSigning(msgspec.Struct, frozen=True):
    """The answer that says it."""

    signing_secret: Signing


def wanted(settings: Settings) -> tuple[str, ...]:
    """What is to be told. New tickets are only where the account is `quick`: a webhook does not say whose they are."""
    return (STATUS, COMMENT, *((CREATED,) if settings.quick else ()))


async def lacking(http: ZendeskHttp, settings: Settings, address: str) -> tuple[str, ...]:
    """The types that no active webhook sends there, and the secret of one that does, if we do not know it."""
    api = Api(http)
    active = [one for one in await _there(api, address) if one.status == "active" and one.events]
    told = frozenset[str]().union(*(one.events for one in active))
    lacks = [one for one in wanted(settings) if one not in told]
    known = {one.reveal() for one in settings.webhook_secrets}
    for one in active:
        if await _secret(api, one) not in known:
            lacks.append(SECRET)
            break
    return tuple(lacks)


async def enrol(http: ZendeskHttp, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there. The secret is Zendesk's to make, and a person's to bring: we write no settings."""
    api, did = Api(http), list[str]()
    there = await _there(api, address)
    ours = next((one for one in there if one.events), None)
    if ours is None:
        given = {
            "name": NAME, "endpoint": address, "http_method": "POST", "request_format": "json", "status": "active",
            "subscriptions": list(wanted(settings)),
        }  # fmt: skip
        ours = (await api.send("POST", "webhooks", json={"webhook": given}, into=OneListener)).webhook
        did += [f"{one} is sent to {address}" for one in wanted(settings)]
    else:
        told = frozenset[str]().union(*(one.events for one in there if one.status == "active"))
        new = [one for one in wanted(settings) if one not in told]
        if new:
            change = {"subscriptions": sorted(ours.events | set(wanted(settings))), "status": "active"}
            await api.send("PATCH", "webhooks", ours.id, json={"webhook": change}, into=object)
            did += [f"{one} is sent to {address}" for one in new]
    if await _secret(api, ours) not in {one.reveal() for one in settings.webhook_secrets}:
        did.append(
            f"the webhook {NAME} is signed with a secret that is not in `webhook_secrets`: nothing it sends is believed"
            " until you copy it there (Admin Center > Apps and integrations > Webhooks > Reveal secret)"
        )
    return tuple(did)


async def _there(api: Api, address: str) -> list[Listener]:
    async def fetch(after: str | None) -> Page[Listener]:
        query = {"page[size]": PAGE} | ({} if after is None else {"page[after]": after})
        page = await api.get("webhooks", query=query, into=Listeners)
        return Page(page.webhooks, page.meta.after)

    return [one async for one in every_item(fetch, lambda one: one.id) if one.endpoint == address]


async def _secret(api: Api, one: Listener) -> str:
    return (await api.get("webhooks", one.id, "signing_secret", into=OneSigning)).signing_secret.secret


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
