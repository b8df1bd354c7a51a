"""Twelve shoppers send something back, and the hub is killed at every stage: each has one label, and their money once.

The hub is a process of its own; bank, carrier, CRM and whoever writes letters are the sandbox over HTTP, whose ledger
decides.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pawline.hub import HubRefused
from pawline.sandbox import Desk, Vendors, served
from tests.journeys import test_storefront_killed as buying
from tests.journeys.adopted import TOKEN
from tests.journeys.around import until
from tests.journeys.test_storefront_killed import Scene, opened, rested
from tests.unit.web.storefront.shop import SETTINGS, Answer, Shopper

SHOPPERS, KILLS = 12, 4
FLOWS = ("fulfil_order", "label_return", "refund_return")


@asynccontextmanager
async def killing(one: Scene) -> AsyncIterator[None]:
    """The hub dies some times while this goes on, and is there again at its end."""

    async def kills() -> None:
        for _ in range(KILLS):
            await asyncio.sleep(0.3)
            await one.hub.kill()
            await one.hub.start()

    task = asyncio.create_task(kills())
    try:
        yield
    finally:
        await task


async def sends(one: Scene, kind: str, **data: Any) -> None:
    """What a warehouse tells, until the hub says that it has it."""
    while True:
        try:
            await one.hub.caller.ask("send", event={"type": kind, "data": data}, shop="pets")
        except (HubRefused, OSError, EOFError):
            await asyncio.sleep(0.05)
        else:
            return


def now() -> str:
    return datetime.now(UTC).isoformat()


async def goes_back(one: Scene, n: int, order: dict[str, Any]) -> Answer:
    """One of two bowls, asked for again until there is an answer, and once more after it."""
    await asyncio.sleep(n * 0.05)
    path, form = f"/v1/orders/{order['id']}/returns", {"lines": [{"line": "l1", "quantity": 1}]}
    first = await one.asks("POST", path, form, f"return-{n}", pawline_token=order["token"])
    again = await one.asks("POST", path, form, f"return-{n}", pawline_token=order["token"])
    assert (first.status, again.status, again.body) == (202, 202, first.body)
    return first


async def becomes(one: Scene, order: dict[str, Any], name: str, status: str) -> dict[str, Any]:
    async def so() -> Any:
        path = f"/v1/orders/{order['id']}/returns/{name}"
        said = await one.asks("GET", path, None, pawline_token=order["token"])
        return said.body if said.body["status"] == status else None

    return dict(await until(so, 90))


async def bought(one: Scene, n: int) -> dict[str, Any]:
    cart = (await one.asks("POST", "/v1/carts", {"lines": [{"sku": "bowl", "quantity": 2}]}, f"cart-{n}")).body
    body = {"cart": cart["id"], "destination": {"country": "DE", "postcode": "10115"}}
    quote = (await one.asks("POST", "/v1/quotes", body, "", pawline_token=cart["token"])).body
    total = quote["choices"][0]["total"]
    form = {
        "quote": quote["id"], "delivery": "dhl", "total": total, "contact": {"email": f"ann{n}@example.com"},
        "ship_to": {"name": "Ann", "lines": ["Hauptstr. 1"], "city": "Berlin", "postcode": "10115", "country": "DE"},
        "payments": [{"kind": "card", "amount": total, "source": f"card-{n}"}],
    }  # fmt: skip
    said = await one.asks("POST", "/v1/checkouts", form, f"order-{n}")
    assert said.status < 300, said
    return dict(said.body)


async def test_what_was_bought_comes_back_though_the_hub_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = ", ".join(f'"pawline.flows.{one}"' for one in FLOWS)
    monkeypatch.setattr(buying, "SETTINGS", SETTINGS.replace('"pawline.flows.fulfil_order"', flows))
    monkeypatch.setattr(buying, "ACCOUNT", buying.ACCOUNT.replace('"Payments",', '"Payments", "Shipping",'))
    desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
    timeout = aiohttp.ClientTimeout(total=15)
    async with asyncio.timeout(300), served(desk) as url, aiohttp.ClientSession(timeout=timeout) as http:
        hub, key = await opened(tmp_path, url, "event-driven")
        one = Scene(hub, Shopper(http, f"http://127.0.0.1:{hub.port}", key), desk)
        try:

            async def known() -> bool:
                return (await one.asks("GET", "/v1/products/bowl", None)).status == 200

            await until(known)
            orders = await asyncio.gather(*(bought(one, n) for n in range(SHOPPERS)))
            await until(lambda: rested(one), 60)
            async with killing(one):
                for order in orders:
                    await sends(one, "shipment.dispatched@1", shipment=f"s-{order['id']}", order=order["id"], at=now())
                await until(lambda: left(one, orders[-1]))
                backs = await asyncio.gather(*(goes_back(one, n, order) for n, order in enumerate(orders)))
                labels = await asyncio.gather(*(
                    becomes(one, order, back.body["id"], "labelled") for order, back in zip(orders, backs, strict=True)
                ))  # fmt: skip
            async with killing(one):
                for order, back in zip(orders, backs, strict=True):
                    lines = [{"line": "l1", "quantity": 1}]
                    await sends(one, "return.received@1", id=back.body["id"], order=order["id"], at=now(), lines=lines)
                paid = await asyncio.gather(*(
                    becomes(one, order, back.body["id"], "refunded") for order, back in zip(orders, backs, strict=True)
                ))  # fmt: skip
            await until(lambda: rested(one), 60)
        finally:
            assert await hub.end() == 0
    assert len({label["label"]["url"] for label in labels}) == SHOPPERS
    assert [each["refund"] for each in paid] == [{"minor": 999, "currency": "EUR"}] * SHOPPERS
    effects = [effect for effect in desk.vendors.effects() if not effect.again]
    did = Counter(effect.operation for effect in effects)
    assert did == {
        "Payments.authorize": SHOPPERS, "Payments.capture": SHOPPERS, "Payments.refund": SHOPPERS,
        "Shipping.book": SHOPPERS, "Crm.upsert": SHOPPERS, "Marketing.send": 3 * SHOPPERS,
    }  # fmt: skip
    sent = {effect.business.split("/")[0] for effect in effects if effect.operation == "Shipping.book"}
    assert sent == {order["id"] for order in orders}
    assert {effect.amount for effect in effects if effect.operation == "Payments.refund"} == {999}


async def left(one: Scene, order: dict[str, Any]) -> bool:
    said = await one.asks("GET", f"/v1/orders/{order['id']}", None, pawline_token=order["token"])
    return bool(said.body["status"] == "sent")
