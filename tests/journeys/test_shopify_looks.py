"""What happens at a shop at Shopify is in the hub once: heard, looked at, or both, whichever comes first."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.connectors.shopify import looking_round
from pawline.connectors.shopify.hook import HOOK
from pawline.hub import Hub, load_settings
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.shopify.telling import Delivery, signed
from pawline.store import Keyring
from tests.unit.sandbox.shopify_scene import STOCK, order
from tests.unit.web.bell import hear

SETTINGS = """
shops = ["paws"]
flows = []
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "shopify/eu"

[accounts.settings]
url = "{url}"
shop = "pawline-sandbox.myshopify.com"
token = {{ env = "SHOPIFY_TOKEN" }}
webhook_secrets = [{{ env = "SHOPIFY_SECRET" }}]
poll = 86400
"""
ONCE = {
    "order.placed": 1, "order.paid": 1, "shipment.booked": 1, "shipment.tracked": 2, "shipment.dispatched": 1,
    "shipment.delivered": 1, "shipment.delayed": 1, "return.requested": 1, "return.withdrawn": 1,
    "payment.declined": 1, "payment.disputed": 1, "consent.changed": 1,
}  # fmt: skip
"""Events of the shop's day by type: two numbers of one parcel among them."""


class Town:
    """A hub that looks when it is told to, and what the shop's webhooks were to say."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk
        self.said: list[Delivery] = []
        desk.shopify.books.tell = self._tell

    def _tell(self, topic: str, make: Any) -> None:
        if topic in HOOK.hears:
            name, body = str(len(self.said)), msgspec.json.encode(make())
            self.said.append(Delivery(id=name, event=name, topic=topic, at=time.time(), body=body))

    def happens(self, act: str, **told: Any) -> Any:
        return self.desk.shopify.acts[f"shopify/{act}"](msgspec.json.encode(told))

    async def heard(self) -> None:
        books, door = self.desk.shopify.books, self.desk.shopify.door
        for one in self.said:
            headers = list(signed(one, door.secret, books.domain).items())
            heard = await hear(self.hub.hearing, "shopify/eu", headers, one.body, time.time())
            assert not heard.unclaimed, one.topic

    async def looked(self) -> None:
        watched = self.hub.watching._watched
        assert [one.name for one in watched] == ["orders", "parcels", "consents", "disputes"]
        for one in watched:
            while await self.hub.watching.look(one):
                pass

    async def told(self) -> Counter[str]:
        """Events on record, by type."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "kind": "", "limit": 500})
        return Counter(one["type"].partition("@")[0] for one in rows)

    async def a_day(self) -> None:
        """Looking goes on while it happens: what comes late in it is found by another look."""
        told = replace(order(1), placed_at=datetime.now(UTC).replace(microsecond=0))
        number = self.desk.shopify.acts["shopify/checkout"](msgspec.json.encode(told)).id
        self.happens("decline", order=number)
        (parcel,) = self.happens("dispatch", order=number, carrier="DHL", tracking="T1")
        self.happens("tracking", parcel=parcel, tracking="T2")
        self.happens("word", parcel=parcel, status="delayed")
        self.happens("word", parcel=parcel, status="delivered")
        self.happens("dispute", order=number)
        self.happens("consent", email=told.contact.email, state="subscribed")  # type: ignore[union-attr]
        self.back = self.happens("return", order=number)


@asynccontextmanager
async def town(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    monkeypatch.setattr(looking_round, "PAUSE", 0.0)
    desk = Desk(Vendors(now=time.time, stock=STOCK), "tok")
    monkeypatch.setenv("SHOPIFY_SECRET", desk.shopify.door.secret)
    monkeypatch.setenv("SHOPIFY_TOKEN", desk.shopify.door.token)
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        (folder / "pawline.toml").write_text(SETTINGS.format(url=url), "utf-8")
        async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub:
            here = Town(hub, desk)
            await here.looked()  # what is there by now is history
            yield here


@pytest.mark.parametrize("ways", [("heard", "looked"), ("looked", "heard"), ("heard", "heard", "looked", "looked")])
async def test_heard_and_looked_at_in_either_order_each_fact_is_there_once(
    ways: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path, monkeypatch) as here:
        await here.a_day()
        for way in ways:
            await getattr(here, way)()
        here.happens("return", id=here.back, status="declined")
        for way in ways:
            await getattr(here, way)()
        assert await here.told() == ONCE
        assert await here.hub.desk.answer("cases", {"shop": "paws", "limit": 50}) == []


async def test_what_only_is_looked_at_is_all_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the number that was replaced before anybody looked."""
    async with town(tmp_path, monkeypatch) as here:
        await here.a_day()
        await here.looked()
        here.happens("return", id=here.back, status="declined")
        await here.looked()
        assert await here.told() == ONCE | {"shipment.tracked": 1}


async def test_who_asks_their_shop_to_be_forgotten_is_by_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = 'flows = ["pawline.flows.erase_household", "pawline.flows.disclose_household"]'
    monkeypatch.setattr("tests.journeys.test_shopify_looks.SETTINGS", SETTINGS.replace("flows = []", flows))
    async with town(tmp_path, monkeypatch) as here:
        await here.a_day()
        await here.heard()
        books = here.desk.shopify.books
        (number,), (person,) = books.orders, books.people.values()
        customer = {"id": person.id, "email": person.email, "phone": person.phone}
        told = {"shop_id": 1, "shop_domain": books.domain, "customer": customer}
        here.said.clear()
        here._tell("customers/data_request", lambda: told | {"orders_requested": [number], "data_request": {"id": 9}})
        here._tell("customers/redact", lambda: told | {"orders_to_redact": [number]})
        await here.heard()
        desk = here.hub.desk
        async with asyncio.timeout(20):
            while len(cases := await desk.answer("cases", {"shop": "paws", "limit": 50})) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        known, gone = sorted(cases, key=lambda one: "forgotten" in one["title"])
        case = await desk.answer("case", {"no": known["no"], "reveal": True, "by": "ann"})
        (line,) = case["evidence"]["write it out"]
        household = line.split()[2]
        held = await desk.answer("household", {"shop": "paws", "household": household, "reveal": True, "by": "ann"})
        assert {one["type"] for one in held["events"]} >= {"order.placed@1", "shipment.tracked@1", "consent.changed@1"}
        assert str(person.email) in msgspec.json.encode(held).decode()
        given = {
            "target": f"case:{gone['no']}",
            "by": "ann",
            "reason": "no invoice is left",
            "said": {"value": "erase"},
        }
        assert (await desk.answer("order", {"action": "answer"} | given))["state"] == "done"
        async with asyncio.timeout(20):
            while (await here.told())["customer.erased"] == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        left = await desk.answer("household", {"shop": "paws", "household": household, "reveal": True, "by": "ann"})
        assert {one["body"] for one in left["events"]} == {"(erased)"}
        before = await here.told()
        await here.looked()  # the shop still has them: nothing of it comes back
        assert await here.told() == before
