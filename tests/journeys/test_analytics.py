"""A shop that counts by Segment and GA4, from `pawline connect` to what their books say, and a no that comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pawline.cli.connecting import _connected
from pawline.cli.starting import _accounts, _declared
from pawline.connectors.ga4.trying import UNSEEN as OF_GA4
from pawline.connectors.segment.trying import UNSEEN as OF_SEGMENT
from pawline.hub import Hub, connections_of, load_settings
from pawline.kit import household_of
from pawline.model import Checkout, Envelope, Event, OrderCancelled, OrderPlaced, ShipmentDispatched, ShipmentId
from pawline.sandbox import Desk, Manner, Vendors, served
from pawline.store import Keyring
from pawline.testing.conformance.trying import logged
from pawline.testing.orders import SHOP, order
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.around import keep, until

SHARED, PEOPLE = "shared-secret-of-77", "people-secret-of-the-shop-77"
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.count_orders"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "segment/eu"
[accounts.settings]
url = "{url}/segment"
region = "eu"
write_key = {{ file = "segment.key" }}
people_secret = {{ file = "people.key" }}
webhook_secrets = [{{ file = "shared.key" }}]

[[accounts]]
name = "ga4/eu"
[accounts.settings]
url = "{url}/ga4"
measurement_id = "{stream}"
api_secret = {{ file = "ga4.key" }}
people_secret = {{ file = "people.key" }}

[runtime]
first_retry = 0.05
"""


class Town:
    """A hub, both tools, and what is told."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk, self._no = hub, desk, 0

    async def tell(self, *events: Event) -> None:
        for event in events:
            self._no += 1
            at = datetime.now(UTC)
            await self.hub.engine.record(Envelope(shop=SHOP, source="test", id=f"e{self._no}", at=at, event=event))

    async def ask(self, do: str, **given: Any) -> Any:
        return await self.hub.desk.answer(do, given)

    async def events(self, kind: str) -> list[Any]:
        return list(await self.ask("events", shop=SHOP, kind=kind, limit=50))

    async def runs(self) -> list[str]:
        return sorted(one["status"] for one in await self.ask("runs", shop=SHOP))

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        url = f"{self.hub.settings.public}/hooks/segment/eu"
        given = {"content-type": "application/json", **headers}
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=given) as answer:
            return answer.status

    def destination(self, **how: bool) -> None:
        given = {"url": f"{self.hub.settings.public}/hooks/segment/eu", "secret": SHARED, **how}
        self.desk.act("segment/destination", json.dumps(given).encode())

    def said(self, *events: str, email: str = "ann@example.com") -> None:
        """Mail tools behind Segment say so."""
        calls = [
            {"type": "track", "event": one, "messageId": f"m-{one}-{email}", "context": {"traits": {"email": email}}}
            for one in events
        ]
        self.desk.act("segment/tell", json.dumps(calls).encode())


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), "tok")
    async with served(desk) as url:
        Keyring.generate().save(folder / "pawline.key")
        keep(folder, {
            "segment.key": desk.segment.key, "ga4.key": desk.ga4.api_secret, "people.key": PEOPLE, "shared.key": SHARED,
        })  # fmt: skip
        text = SETTINGS.format(port=free_port(), url=url, stream=desk.ga4.measurement_id)
        (folder / "pawline.toml").write_text(text, "utf-8")
        settings = load_settings(folder / "pawline.toml", {})
        async with asyncio.timeout(60), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


def all_of(number: int) -> list[Event]:
    now = datetime.now(UTC)
    one = order(number, checkout=Checkout.ADOPTED, paid=True, placed_at=now - timedelta(minutes=5))
    return [
        OrderPlaced(order=one), ShipmentDispatched(shipment=ShipmentId(f"s{number}"), order=one.id, at=now),
        OrderCancelled(order=one.id, at=now, by="shop", because="a mistake"),
    ]  # fmt: skip


async def test_connecting_and_the_doctor_say_what_was_found_out_and_what_nobody_can(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        settings = here.hub.settings
        hooks = f"{settings.public}/hooks/segment/eu"
        said, *first = await _connected(settings, "segment/eu")
        assert said.startswith("eu answered, which proves nothing: look for 'Pawline Tried' (pl-tried-")
        assert first == [OF_SEGMENT, f"have its webhooks sent to {hooks}: its connector cannot"]
        found = "Google finds nothing wrong with our events; look for pawline_tried in DebugView."
        assert await _connected(settings, "ga4/eu") == [found, OF_GA4]
        assert [one["event"] for one in here.desk.segment.taken] == ["Pawline Tried"]
        assert [one["name"] for one in here.desk.ga4.counted] == ["pawline_tried"]
        (access,) = [one for one in await _accounts(settings, connections_of(settings)) if one["name"] == "access"]
        assert (access["state"], access["says"]) == ("good", "ga4/eu: all that is needed is allowed")
        declared = [one["says"] for one in _declared(connections_of(settings))]
        assert declared == [f"segment/eu: {OF_SEGMENT}", f"ga4/eu: {OF_GA4}"]
        here.desk.manners["ga4"] = Manner(down=True)
        (access,) = [one for one in await _accounts(settings, connections_of(settings)) if one["name"] == "access"]
        assert access["state"] == "bad"
        assert access["says"].startswith("ga4/eu: POST debug: ")


async def test_what_happens_to_orders_is_in_both_books_once_and_purchases_in_neither(tmp_path: Path) -> None:
    with logged() as lines:
        async with town(tmp_path) as here:
            for _ in range(2):
                for number in (1, 2):
                    await here.tell(*all_of(number))
            await until(here.runs)
            await until(lambda: len(here.desk.ga4.counted) >= 4 and len(here.desk.segment.taken) >= 4)
            assert await here.hub.tray.rest()
            assert sorted((one["event"], one["properties"]["order_id"]) for one in here.desk.segment.taken) == [
                ("Order Cancelled", "o1"), ("Order Cancelled", "o2"), ("Order Shipped", "o1"), ("Order Shipped", "o2"),
            ]  # fmt: skip
            assert sorted((one["name"], one["order_id"]) for one in here.desk.ga4.counted) == [
                ("order_cancelled", "o1"), ("order_cancelled", "o2"), ("order_shipped", "o1"), ("order_shipped", "o2"),
            ]  # fmt: skip
            assert (here.desk.segment.dropped, here.desk.ga4.dropped) == ([], [])
            await until(lambda: _done(here, 6))
            assert await here.ask("cases", shop=SHOP) == []
            secrets = (here.desk.ga4.api_secret, here.desk.segment.key, PEOPLE)
    journal = b"".join(file.read_bytes() for file in tmp_path.glob("pawline.db*") if file.is_file())  # noqa: ASYNC240 - the hub is gone
    assert not [one for one in secrets if one.encode() in journal]
    ours = [one for one in lines if "/mp/collect" not in one]  # the pretended Google's own log of what it was asked
    assert not [one for one in ours for secret in secrets if secret in one]


async def _done(here: Town, count: int) -> bool:
    return await here.runs() == ["done"] * count


async def test_one_that_is_down_keeps_the_other_from_nothing_and_is_told_once_it_is_back(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.manners["segment"] = Manner(down=True)
        await here.tell(*all_of(1))
        await until(lambda: len(here.desk.ga4.counted) == 2)
        assert here.desk.segment.taken == []
        here.desk.manners["segment"] = Manner()
        await until(lambda: len(here.desk.segment.taken) == 2)
        await until(lambda: _done(here, 3))
        assert len(here.desk.ga4.counted) == 2


async def test_a_no_that_a_mail_tool_heard_is_a_no_here_and_nothing_else_is_heard(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.destination(whole=True)
        here.said("Unsubscribed", "Order Completed", "Subscribed")
        here.desk.act("segment/call", json.dumps({"key": here.desk.segment.key, "calls": [
            {"type": "track", "event": "Order Shipped", "userId": "u", "messageId": "pl-1",
             "context": {"library": {"name": "pawline"}}},
        ]}).encode())  # fmt: skip
        await here.desk.segment.teller.rest()
        assert await here.hub.tray.rest()
        (told,) = await here.events("consent.changed@1")
        assert told["subject"] == household_of("ann@example.com", None)
        assert sorted(one["subject"] for one in await here.events("webhook.unclaimed@1")) == [
            "segment/eu Order Completed", "segment/eu Subscribed",
        ]  # fmt: skip
        here.said("Unsubscribed")  # the same again
        await here.desk.segment.teller.rest()
        assert await here.hub.tray.rest()
        assert len(await here.events("consent.changed@1")) == 1


@pytest.mark.parametrize("how", [{"batches": True}, {"whole": True, "batches": True}])
async def test_a_batch_is_heard_only_if_all_of_it_is_signed(how: dict[str, bool], tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.segment.teller.pauses = ()
        here.destination(**how)
        here.said("Unsubscribed", "Email Marked as Spam", email="bob@example.com")
        await here.desk.segment.teller.rest()
        assert await here.hub.tray.rest()
        found = len(await here.events("consent.changed@1"))
        assert (found, len(here.desk.segment.teller.lost)) == (
            (1, 0) if "whole" in how else (0, 1)
        )  # at one moment: one


async def test_whoever_forges_a_delivery_makes_nothing_happen(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        body = json.dumps({
            "type": "track", "event": "Unsubscribed", "messageId": "m1", "timestamp": "2026-11-30T12:00:00Z",
            "receivedAt": "2026-11-30T12:00:00Z", "context": {"traits": {"email": "ann@example.com"}},
        }).encode()  # fmt: skip
        for headers in ({}, {"x-signature": ""}, {"x-signature": "00" * 20}, {"x-segment-signature": "zz"}):
            assert await here.post(body, headers) == 401
        assert await here.hub.tray.rest()
        assert (await here.events("consent.changed@1"), await here.events("webhook.unclaimed@1")) == ([], [])
