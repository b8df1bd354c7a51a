"""Where a store sends its webhooks: one subscription for each topic, which Recharge deletes after 48 hours of failures.

https://developer.rechargepayments.com/2021-11/webhooks_endpoints - ten of one topic at most, for one token.
"""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.recharge.hook import HOOK, WITH
from pawline.connectors.recharge.reading import MANY
from pawline.connectors.recharge.settings import Settings
from pawline.kit import Enrolment, Http, Page, pages
from pawline.ports import Rejected, Unauthorised


class Listener(msgspec.Struct, frozen=True):
    """One topic, and where it is told. One that leaves the customer out does not say whose a subscription is."""

    id: int
    address: str
    topic: str
    included_objects: tuple[str, ...] | None = None


class Listeners(msgspec.Struct, frozen=True):
    """A page of all."""

    webhooks: tuple[Listener, ...]
    next_cursor: str | None = None


class OneListener(msgspec.Struct, frozen=True):
    """One that was made or changed."""

    webhook: Listener


async def lacking(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """The topics that we hear and that are not sent there, with the customer beside them."""
    there = await _there(http, address)
    return tuple(topic for topic in HOOK.hears if topic not in there or not _whole(there[topic]))


async def enrol(http: Http, _: Settings, address: str) -> tuple[str, ...]:
    """Has what lacks sent there. One that is sent without the customer is changed, for two would tell all twice."""
    did, there = list[str](), await _there(http, address)
    for topic in HOOK.hears:
        one = there.get(topic)
        if one is not None and _whole(one):
            continue
        body = {"address": address, "topic": topic, "included_objects": [WITH]}
        try:
            if one is None:
                await http.post("webhooks", json=body, into=OneListener)
            else:
                await http.put("webhooks", str(one.id), json=body, into=OneListener)
        except (Rejected, Unauthorised) as no:
            did.append(f"{topic} is not sent to {address}: {no.text}")
        else:
            did.append(f"{topic} is sent to {address}")
    return tuple(did)


def _whole(one: Listener) -> bool:
    return WITH in (one.included_objects or ())


async def _there(http: Http, address: str) -> dict[str, Listener]:
    """What is sent to this address, by topic; of two of one topic the one that tells more."""

    async def fetch(after: str | None) -> Page[Listener]:
        page = await http.get("webhooks", query={"limit": MANY} | ({"cursor": after} if after else {}), into=Listeners)
        return Page(page.webhooks, page.next_cursor)

    found: dict[str, Listener] = {}
    async for page in pages(fetch):
        for one in page.items:
            if one.address == address and not (one.topic in found and _whole(found[one.topic])):
                found[one.topic] = one
    return found


ENROLMENT: Final[Enrolment[Settings]] = Enrolment(lacking, enrol)
