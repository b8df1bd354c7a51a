"""Every write of the connector, against the sandbox's Shopify: twice, or broken off after it happened, is once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import aiohttp
import msgspec
import pytest

from pawline.connectors.shopify import connector
from pawline.kit import Connected
from pawline.model import (
    Edit,
    EditId,
    LocationId,
    Money,
    Order,
    OrderId,
    Refund,
    RefundId,
    StockLevel,
    TenderState,
    all_credits,
    bill_of,
    credits_of,
    outstanding,
    refund_of,
)
from pawline.ports import (
    Adjustment,
    Attempt,
    Fulfilment,
    FulfilmentRequest,
    Inventory,
    Payments,
    Rejected,
    Settle,
    Shop,
    Transient,
    attempting,
)
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.sandbox.shopify_scene import HOME, STOCK, json, order

TOKEN = "tok"  # noqa: S105 - of this test's own sandbox
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
EUR1 = Money(100, "EUR")


class Scene(NamedTuple):
    """A sandbox, an account at its Shopify, and what was tried."""

    desk: Desk
    url: str
    http: aiohttp.ClientSession
    account: Connected

    async def place(self, number: int = 1, **more: Any) -> OrderId:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = json(order(number, **more))
        async with self.http.post(f"{self.url}/desk/shopify/checkout", json=body, headers=headers) as said:
            assert said.status == 200, await said.text()
            return OrderId(str((await said.json())["id"]))

    async def service(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        body = {"name": "3PL", "service": True, "assigned": True}
        async with self.http.post(f"{self.url}/desk/shopify/locations", json=body, headers=headers) as said:
            assert said.status == 200

    def plays(self, port: type[Any]) -> Any:
        return self.account.plays[port]

    def did(self, operation: str) -> int:
        """How often Shopify did this, repeats that changed nothing not counted."""
        effects = self.desk.vendors.effects()
        return len([one for one in effects if one.operation == f"Shopify.{operation}" and not one.again])


def scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time, stock=STOCK), TOKEN)
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as http:
            door = desk.shopify.door
            given = {"url": url, "shop": "pawline-sandbox.myshopify.com", "token": door.token}
            account = connector.connect(connector.configure(given), LOOPBACK)
            try:
                await play(Scene(desk, url, http, account))
            finally:
                await account.http.close()

    asyncio.run(run())


def trying(key: str = "k1") -> attempting:
    return attempting(Attempt(key, 1, datetime.now(UTC) + timedelta(seconds=20), "s", "shopify/eu"))


Given = tuple[type[Any], str, tuple[Any, ...], str]
"""Port, method, arguments, and the mutation that it is at Shopify."""


async def _refund(one: Scene) -> Given:
    there: Order = await one.plays(Shop).order(await one.place())
    made = refund_of(there, RefundId("return-1"), AT, "it came back", credits_of(there, [(there.lines[0].id, 1)]))
    return Shop, "refund", (there.id, made, bill_of(there)), "refundCreate"


async def _edit(one: Scene) -> Given:
    there: Order = await one.plays(Shop).order(await one.place())
    line = msgspec.structs.replace(there.lines[0], quantity=2, discounts=(), taxes=())
    return Shop, "edit", (there.id, Edit(id=EditId("e"), at=AT, reason="one less", lines=(line,))), "orderEditCommit"


async def _cancel(one: Scene) -> Given:
    return Shop, "cancel", (await one.place(), "recall 7"), "orderCancel"


async def _tag(one: Scene) -> Given:
    return Shop, "tag", (await one.place(), ("vip",)), "tagsAdd"


async def _adjust(one: Scene) -> Given:
    (there,) = await one.plays(Inventory).levels(("kibble",))
    change = Adjustment(sku=there.sku, location=there.location, by=-3)
    return Inventory, "adjust", ((change,), "counted"), "inventoryAdjustQuantities"


async def _set_levels(one: Scene) -> Given:
    (there,) = await one.plays(Inventory).levels(("kibble",))
    counted = there.as_of + timedelta(seconds=1)
    level = StockLevel(sku=there.sku, location=LocationId(there.location), on_hand=7, as_of=counted)
    return Inventory, "set_levels", ((level,),), "inventorySetQuantities"


async def _capture(one: Scene) -> Given:
    ledger = await one.plays(Payments).ledger(await one.place(state=TenderState.AUTHORISED))
    return Payments, "capture", (ledger.authorisations[0], ledger.authorisations[0].amount), "orderCapture"


async def _void(one: Scene) -> Given:
    ledger = await one.plays(Payments).ledger(await one.place(state=TenderState.AUTHORISED))
    return Payments, "void", (ledger.authorisations[0],), "transactionVoid"


async def _pay_back(one: Scene) -> Given:
    ledger = await one.plays(Payments).ledger(await one.place())
    return Payments, "refund", (ledger.captures[0], EUR1, "goodwill"), "refundCreate"


async def _request(one: Scene) -> Given:
    await one.service()
    asked = FulfilmentRequest(order=await one.place(), part="rest", items=order(1).demand(), ship_to=HOME)
    return Fulfilment, "request", (asked,), "fulfillmentOrderSubmitFulfillmentRequest"


async def _hold(one: Scene) -> Given:
    (asked,) = await one.plays(Fulfilment).of(await one.place())
    return Fulfilment, "hold", (asked, "recall 7"), "fulfillmentOrderHold"


async def _stop(one: Scene) -> Given:
    (asked,) = await one.plays(Fulfilment).of(await one.place())
    return Fulfilment, "cancel", (asked,), "fulfillmentOrderHold"


async def _release(one: Scene) -> Given:
    (asked,) = await one.plays(Fulfilment).of(await one.place())
    with trying("k0"):
        held = await one.plays(Fulfilment).hold(asked, "recall 7")
    return Fulfilment, "release", (held,), "fulfillmentOrderReleaseHold"


WRITES: Mapping[str, Callable[[Scene], Awaitable[Given]]] = {
    "Shop.refund": _refund, "Shop.edit": _edit, "Shop.cancel": _cancel, "Shop.tag": _tag,
    "Inventory.adjust": _adjust, "Inventory.set_levels": _set_levels,
    "Payments.capture": _capture, "Payments.void": _void, "Payments.refund": _pay_back,
    "Fulfilment.request": _request, "Fulfilment.hold": _hold, "Fulfilment.cancel": _stop,
    "Fulfilment.release": _release,
}  # fmt: skip
REFUSED = {"Inventory.reserve", "Inventory.release", "Inventory.commit", "Payments.authorize"}


def test_every_write_is_tried() -> None:
    offered = {f"{port.__name__}.{name}" for port, offer in connector.offers.items() for name in offer.operations}
    assert offered == set(WRITES) | REFUSED


@pytest.mark.parametrize("name", sorted(WRITES))
def test_a_write_is_done_once_however_it_breaks(name: str) -> None:
    """Broken off at each of its requests in turn, after Shopify did what was asked; then settled as the card says."""

    async def play(one: Scene) -> None:
        port, method, given, mutation = await WRITES[name](one)
        operation, plays = connector.offers[port].operations[method], one.plays(port)
        broken = 0
        for at in range(1, 9):
            one.desk.vendors.faults = Faults(at={at: Fault.BROKEN})
            try:
                with trying():
                    await getattr(plays, method)(*given)
            except Transient:
                broken += 1
            done = one.did(mutation)
            one.desk.vendors.faults = Faults()
            if done:
                break
        assert (one.did(mutation), broken > 0) == (1, True)
        if operation.look_up is not None and operation.settle is Settle.LOOK_UP:
            assert await getattr(plays, operation.look_up)(*given) is not None
        else:
            with trying():
                await getattr(plays, method)(*given)
        assert one.did(mutation) == 1

    scene(play)


def test_an_order_is_paid_back_to_the_last_cent_in_parts() -> None:
    async def play(one: Scene) -> None:
        shop, name = one.plays(Shop), await one.place()
        there: Order = await shop.order(name)
        for no, credited in enumerate((credits_of(there, [(there.lines[0].id, 1)]), None)):
            there = await shop.order(name)
            made = refund_of(there, RefundId(f"r-{no}"), AT, "x", credited or all_credits(there))
            assert isinstance(made, Refund)
            with trying(f"k{no}"):
                await shop.refund(name, made, bill_of(there))
        there = await shop.order(name)
        assert [one.id for one in there.refunds] == ["r-0", "r-1"]
        assert (there.owed(), there.received(), outstanding(there)) == (Money.zero("EUR"),) * 3

    scene(play)


def test_what_was_called_off_is_paid_back_later() -> None:
    async def play(one: Scene) -> None:
        shop, name = one.plays(Shop), await one.place()
        with trying():
            await shop.cancel(name, "recall")
        there: Order = await shop.order(name)
        assert (there.owed(), outstanding(there)) == (Money.zero("EUR"), -there.total)
        made = refund_of(there, RefundId(f"cancelled-{name}"), AT, "cancelled", all_credits(there))
        with trying("k2"):
            await shop.refund(name, made, bill_of(there))
        assert outstanding(await shop.order(name)) == Money.zero("EUR")
        with trying("k3"), pytest.raises(Rejected):
            await shop.refund(name, made and msgspec.structs.replace(made, id=RefundId("again")), bill_of(there))
        assert one.did("refundCreate") == 1

    scene(play)


def test_tokens_for_a_day_are_asked_for_and_replaced_once_they_are_over() -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time, stock=STOCK), TOKEN)
        door = desk.shopify.door
        async with asyncio.timeout(30), served(desk) as url, aiohttp.ClientSession() as http:
            given = {
                "url": url, "shop": "pawline-sandbox.myshopify.com", "client": door.client,
                "client_secret": door.secret,
            }  # fmt: skip
            configured = connector.configure(given)
            account = connector.connect(configured, LOOPBACK)
            one = Scene(desk, url, http, account)
            name = await one.place()
            assert connector.probe is not None
            await connector.probe(account.http, configured, frozenset(port.__name__ for port in account.plays))
            door.end_tokens()
            assert (await one.plays(Shop).order(name)).id == name
            await account.http.close()

    asyncio.run(run())
