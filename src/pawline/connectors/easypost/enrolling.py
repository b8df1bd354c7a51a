"""Where an account sends its webhooks: one to our address, signed with the first of our secrets.

https://docs.easypost.com/docs/webhooks - EasyPost shows no secret and switches off what fails for long. So each webhook
of ours bears a header that says which secret it was told: a digest, by which nobody finds the secret.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from pawline.connectors.easypost.settings import Settings
from pawline.kit import Enrolment, Http

SAYS: Final = "X-Pawline-Secret"
NEWS: Final = "news of trackers"


class Header(msgspec.Struct, frozen=True):
    """A header that EasyPost sends with each delivery."""

    name: str
    value: str


class Listener(msgspec.Struct, frozen=True):
    """A webhook."""

    id: str
    url: str
    disabled_at: datetime | None = None
    custom_headers: tuple[Header, ...] | None = ()


class Listeners(msgspec.Struct, frozen=True):
    """All of the key's mode: they come in one page."""

    webhooks: tuple[Listener, ...]


def digest(address: str, secret: str) -> str:
    """Which secret it is; of the same at another address another one."""
    return hashlib.sha256(f"{address}\n{secret}".encode()).hexdigest()[:12]


async def lacking(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """What keeps news from coming to this address: no webhook, one that is off, or another secret than our first."""
    there = await _there(http, address)
    if any(_good(one, settings, address) for one in there):
        return ()
    if not there:
        return (NEWS,)
    if all(one.disabled_at is not None for one in there):
        return (f"{NEWS} (its webhook is switched off)",)
    return (f"{NEWS} signed with the first of `webhook_secrets`",)


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Makes the webhook, or changes the one that is there: that tells it the secret, and switches it on again."""
    if not settings.webhook_secrets or not await lacking(http, settings, address):
        return ()
    secret = settings.webhook_secrets[0].reveal()
    mine = {"name": SAYS, "value": digest(address, secret)}
    there = await _there(http, address)
    if not there:
        made = {"url": address, "webhook_secret": secret, "custom_headers": [mine]}
        await http.post("webhooks", json={"webhook": made}, into=Listener)
        return (f"{NEWS} are sent to {address}",)
    for one in there:
        others = [{"name": each.name, "value": each.value} for each in one.custom_headers or () if each.name != SAYS]
        changed = {"webhook_secret": secret, "custom_headers": [*others, mine]}
        await http.patch("webhooks", one.id, json=changed, into=Listener)
    return (f"{NEWS} are sent to {address}, signed with the first of `webhook_secrets`",)


def _good(one: Listener, settings: Settings, address: str) -> bool:
    wanted = digest(address, settings.webhook_secrets[0].reveal()) if settings.webhook_secrets else None
    said = [each.value for each in one.custom_headers or () if each.name.lower() == SAYS.lower()]
    return one.disabled_at is None and (wanted is None or said == [wanted])


async def _there(http: Http, address: str) -> tuple[Listener, ...]:
    page = await http.get("webhooks", into=Listeners)
    return tuple(one for one in page.webhooks if one.url == address)


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
