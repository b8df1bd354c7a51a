"""Webhooks back over real HTTP: signed, sent until they are taken, and as unreliable as they are told to be."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from pawline.connectors.sandbox.events import HOOK, cancelled, dispatched, placed
from pawline.kit import Guard, Http, Secret
from pawline.model import Address, Checkout, OrderCancelled, OrderPlaced, ShipmentDispatched
from pawline.ports import Code, PortError, Rejected
from pawline.sandbox import Desk, Mishaps, Subscription, Vendors, served
from pawline.testing.counter import Counter, Request, counter, json
from pawline.testing.orders import order

TOKEN = "tok"  # noqa: S105 - of this test's own sandbox
SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")


class Scene:
    """A sandbox whose webhooks go to an ear of this test."""

    def __init__(self, url: str, desk: Desk, ear: Counter) -> None:
        self.desk, self.ear = desk, ear
        self.http = Http(url, guard=Guard(["127.0.0.0/8"]), headers={"authorization": Secret(f"Bearer {TOKEN}")})
        self.subscription = Subscription(url=f"http://127.0.0.1:{ear.port}/hooks/sandbox/eu", secret=SECRET)

    async def subscribe(self) -> None:
        await self.http.put("desk", "hooks", json=self.subscription, into=object)

    async def place(self, number: int, **given: Any) -> None:
        await self.http.post("shop", "checkout", json=order(number, **given), into=object)

    async def heard(self) -> list[tuple[str, Any]]:
        """Type and data of each delivery, each of them believed."""
        await self.desk.hooks.rest()
        found = []
        for one in self.ear.heard:
            headers = list(one.headers.items())
            HOOK.signature.verify([Secret(SECRET)], headers, one.body, time.time())
            delivery = HOOK.read(headers, one.body)
            found.append((delivery.type, delivery.payload))
        return found


def scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time, stock={}), TOKEN)
        desk.hooks.pauses = (0.01, 0.01)
        async with counter() as ear, served(desk) as url:
            ear.says(json(202))
            one = Scene(url, desk, ear)
            try:
                await play(one)
            finally:
                await one.http.close()
        assert not desk.hooks._post._tasks

    asyncio.run(run())


async def refused(call: Awaitable[Any]) -> PortError:
    with pytest.raises(PortError) as error:
        await call
    return error.value


def test_what_happens_in_the_shop_is_told_signed_and_once() -> None:
    async def play(one: Scene) -> None:
        await one.place(1)
        await one.subscribe()
        await one.place(1)
        await one.place(2)
        await one.http.post("shop", "call-off", json={"order": "o2", "because": "too late"}, into=object)
        await one.http.post("shop", "call-off", json={"order": "o2", "because": "once more"}, into=object)
        assert sorted(name for name, _ in await one.heard()) == ["order.cancelled", "order.placed"]
        by_type = dict(await one.heard())
        assert placed(by_type["order.placed"]) == (
            OrderPlaced(order=msgspec.structs.replace(order(2), checkout=Checkout.ADOPTED)),
        )
        (event,) = cancelled(by_type["order.cancelled"])
        assert isinstance(event, OrderCancelled)
        assert (event.order, event.by, event.because, event.household) == ("o2", "shopper", "too late", "h2")

    scene(play)


def test_a_delivery_that_is_not_taken_comes_again_under_its_id_and_is_given_up_in_the_end() -> None:
    async def play(one: Scene) -> None:
        one.ear.says(json(500), None, json(202))
        await one.subscribe()
        await one.place(1)
        assert [name for name, _ in await one.heard()] == ["order.placed"] * 3
        life = one.desk.hooks.told[0].removesuffix("_1")
        assert {one.headers["webhook-id"] for one in one.ear.heard} == {f"{life}_1"}
        assert (one.desk.hooks.told, one.desk.hooks.lost) == ([f"{life}_1"], [])
        one.ear.says(json(302, b"", "location: http://169.254.169.254/"))
        await one.place(2)
        await one.heard()
        assert (one.desk.hooks.told, one.desk.hooks.lost) == ([f"{life}_1"], [f"{life}_2"])
        assert len(one.ear.heard) == 6

    scene(play)


def test_deliveries_come_twice_late_or_never_as_they_are_told_to() -> None:
    async def play(one: Scene) -> None:
        await one.subscribe()
        await one.http.put("desk", "mishaps", json=Mishaps(twice=1), into=object)
        await one.place(1)
        assert len(await one.heard()) == 2
        await one.http.put("desk", "mishaps", json=Mishaps(late=1, late_after=0.3), into=object)
        await one.place(2)
        await one.http.put("desk", "mishaps", json=Mishaps(), into=object)
        await one.place(3)
        orders = [msgspec.json.decode(data)["order"]["id"] for _, data in await one.heard()]
        assert orders == ["o1", "o1", "o3", "o2"]
        await one.http.put("desk", "mishaps", json=Mishaps(lost=1), into=object)
        await one.place(4)
        assert len(await one.heard()) == 4
        assert [name.rpartition("_")[2] for name in one.desk.hooks.lost] == ["4"]
        page = await one.http.get("shop", "orders", query={"limit": "3"}, into=dict[str, Any])
        assert ([found["id"] for found in page["orders"]], page["after"]) == (["o1", "o2", "o3"], "3")
        page = await one.http.get("shop", "orders", query={"after": "3"}, into=dict[str, Any])
        assert ([found["id"] for found in page["orders"]], page["after"]) == (["o4"], "")

    scene(play)


def test_the_warehouse_sends_what_it_was_asked_for_and_says_so_once() -> None:
    async def play(one: Scene) -> None:
        await one.subscribe()
        await one.place(1, ship_to=HOME)
        wanted = {"order": "o1", "part": "all", "items": [{"sku": "chew-1", "quantity": 1}], "ship_to": HOME}
        key = {"idempotency-key": "k"}
        await one.http.send("POST", "fulfilment", "request", json={"request": wanted}, headers=key, into=object)
        assert await one.http.post("desk", "dispatch", json={"order": "o1"}, into=list[str]) == ["1"]
        again = await refused(one.http.post("desk", "dispatch", json={"order": "o1"}, into=object))
        assert (type(again), again.code) == (Rejected, Code.CONFLICT)
        by_type = dict(await one.heard())
        assert sorted(name for name, _ in await one.heard()) == ["order.placed", "shipment.dispatched"]
        (event,) = dispatched(by_type["shipment.dispatched"])
        assert isinstance(event, ShipmentDispatched)
        assert (event.shipment, event.order, event.household) == ("1", "o1", "h1")

    scene(play)


def test_what_is_no_order_no_cursor_no_key_and_no_friend_is_refused() -> None:
    async def play(one: Scene) -> None:
        await one.place(1)
        for call, code in (
            (one.place(1, quantity=2), Code.CONFLICT),
            (one.http.post("shop", "call-off", json={"order": "o9"}, into=object), Code.NOT_FOUND),
            (one.http.post("desk", "dispatch", json={"order": "o9"}, into=object), Code.NOT_FOUND),
            (one.http.get("shop", "orders", query={"after": "x"}, into=object), Code.INVALID),
            (one.http.post("shop", "checkout", json={"id": "o1"}, into=object), Code.INVALID),
            (
                one.http.put("desk", "hooks", json={"url": "http://x", "secret": "whsec_AAAA"}, into=object),
                Code.INVALID,
            ),
        ):
            assert (await refused(call)).code is code
        stranger = Http(str(one.http._address.at((), None)), guard=Guard(["127.0.0.0/8"]))
        for path in (("shop", "checkout"), ("shop", "call-off"), ("desk", "dispatch")):
            assert (await refused(stranger.post(*path, json={}, into=object))).code is Code.CREDENTIALS
        await stranger.close()
        assert one.desk.hooks.subscription is None

    scene(play)


def test_a_sandbox_that_ends_forgets_what_was_under_way() -> None:
    async def play(one: Scene) -> None:
        never = asyncio.Event()

        async def wait(_: Request) -> bytes:
            await never.wait()
            return json(202)

        one.ear.answer = wait
        await one.subscribe()
        await one.place(1)
        while not one.ear.heard:  # noqa: ASYNC110 - it is to be under way
            await asyncio.sleep(0.01)

    scene(play)
