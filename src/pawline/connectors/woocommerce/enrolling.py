"""Where a shop sends its webhooks: one for each topic, with a secret of ours.

https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks . WooCommerce switches one off (`disabled`) at the
seventh failure in a row, and tells nobody. It never shows a secret again: by which one it signs, its name says.
"""

from __future__ import annotations

import hashlib
from typing import Final, cast

import msgspec

from pawline.connectors.woocommerce.client import WooHttp
from pawline.connectors.woocommerce.hook import GOODS, TOPICS
from pawline.connectors.woocommerce.settings import Settings
from pawline.kit import Enrolment, Http
from pawline.ports import Malformed, Rejected, Unauthorised

MANY: Final = 100
MOST: Final = 20
"""Pages of webhooks that are read."""


class Listener(msgspec.Struct, frozen=True):
    """One topic, and where it is told."""

    id: int
    name: str
    status: str
    topic: str
    delivery_url: str


async def lacking(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """The topics that we hear and that are not sent there now, by the first of our secrets."""
    if not settings.webhook_secrets:
        return _topics(settings)
    there, name = await _there(http, address), _called(settings, address)
    return tuple(topic for topic in _topics(settings) if not any(_is_whole(one, topic, name) for one in there))


async def enrol(http: Http, settings: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there: one that is off, or has another secret, is put right, for two would ring twice."""
    if not settings.webhook_secrets:
        return ()
    did, there, name = list[str](), await _there(http, address), _called(settings, address)
    for topic in _topics(settings):
        mine = [one for one in there if one.topic == topic]
        if any(_is_whole(one, topic, name) for one in mine):
            continue
        body = {
            "name": name, "status": "active", "topic": topic, "delivery_url": address,
            "secret": settings.webhook_secrets[0].reveal(),
        }  # fmt: skip
        try:
            if mine:
                await http.put("webhooks", str(mine[0].id), json=body, into=Listener)
            else:
                await http.post("webhooks", json=body, into=Listener)
        except (Rejected, Unauthorised) as no:
            did.append(f"{topic} is not sent to {address}: {no.text}")
        else:
            did.append(f"{topic} is sent to {address}")
    return tuple(did)


def _topics(settings: Settings) -> tuple[str, ...]:
    """Products are told of only where they are looked at, too."""
    return (*TOPICS, *GOODS) if settings.goods else TOPICS


def _called(settings: Settings, address: str) -> str:
    """What ours are called: by where and with which secret they tell, of which it gives nothing away."""
    said = f"{address} {settings.webhook_secrets[0].reveal()}".encode()
    return f"Pawline {hashlib.sha256(said).hexdigest()[:12]}"


def _is_whole(one: Listener, topic: str, name: str) -> bool:
    return one.topic == topic and one.status == "active" and one.name == name


async def _there(http: Http, address: str) -> list[Listener]:
    """Those that tell this address, the oldest first."""
    found = list[Listener]()
    for number in range(1, MOST + 1):
        query = {"per_page": str(MANY), "page": str(number), "orderby": "id", "order": "asc"}
        page = await cast("WooHttp", http).page("webhooks", query=query)
        try:
            rows = [msgspec.json.decode(raw, type=Listener) for raw in page.rows]
        except (msgspec.MsgspecError, RecursionError):
            raise Malformed("a webhook is listed as none that WooCommerce's pages promise") from None
        found += [one for one in rows if one.delivery_url == address]
        if number >= page.pages:
            return found
    raise Malformed(f"there are more than {MANY * MOST} webhooks")


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
