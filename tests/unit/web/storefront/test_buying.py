"""From the shelf to the order, over HTTP, as a page of the shop does it: each profile, and whatever a bank says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.model import Address, Cart, CartChanged, CartId, Checkout, OrderPlaced
from pawline.ports import Payments
from pawline.sandbox import Reply, Request
from pawline.sandbox.trades import DECLINES
from pawline.testing import NOON, counts
from pawline.testing.orders import order
from tests.flows.test_asking_shopper import AT, Asking
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import ANN, MAIL, Answer, Shopper, Town, town

PROFILES = ("event-driven", "hybrid", "synchronous")
EFFECTS = {
    "Crm.upsert": 1, "Marketing.send": 1, "Payments.authorize": 1, "Payments.capture": 1,
}  # fmt: skip


async def status(who: Shopper, said: dict[str, Any]) -> str:
    got = await who.ask("GET", f"/v1/orders/{said['id']}", pawline_token=said["token"])
    assert got.status == 200
    return str(got.body["status"])


async def told(who: Shopper, said: dict[str, Any], stage: str) -> None:
    async def so() -> bool:
        return await status(who, said) == stage

    await until(so)


@asynccontextmanager
async def holding(one: Town, monkeypatch: pytest.MonkeyPatch, *methods: str) -> AsyncIterator[asyncio.Event]:
    """What is asked of vendors by these methods waits until the event is set."""
    ask, opens = one.vendors.ask, asyncio.Event()

    async def held(request: Request) -> Reply:
        if request.method in methods:
            await opens.wait()
        return await ask(request)

    monkeypatch.setattr(one.vendors, "ask", held)
    try:
        yield opens
    finally:
        opens.set()


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_shopper_buys(tmp_path: Path, profile: str) -> None:
    async with town(tmp_path, profile) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        said = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 2)))
        assert said.status == (202 if profile == "event-driven" else 201)
        assert said.body["status"] in {
            "event-driven": ("placed",), "hybrid": ("authorised", "confirmed"), "synchronous": ("confirmed",),
        }[profile]  # fmt: skip
        assert said.headers["location"] == f"/v1/orders/{said.body['id']}"
        assert said.body["total"] == {"minor": 2_490, "currency": "EUR"}
        await told(ann, said.body, "confirmed")
        await until(lambda: counts(one.vendors.effects()) == EFFECTS)
        assert await one.types() == ["cart.changed@1", "order.placed@1", "order.confirmed@1", "cart.bought@1"]
        (charged,) = (effect for effect in one.vendors.effects() if effect.operation == "Payments.capture")
        assert charged.amount == 2_490
        await settled(one.hub)
        stock = (await ann.ask("GET", "/v1/products/bowl")).body["stock"]
        assert stock["units"] == 3


async def test_what_is_on_disk_says_what_was_ordered_and_for_whom(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5, 333)
        ann = await one.key()
        made = await ann.ask("POST", "/v1/carts", {"lines": [{"sku": "bowl", "quantity": 2, "pets": ["rex", "mia"]}]})
        quote = (await ann.quote(made.body)).body
        total = quote["choices"][0]["total"]
        gift = {"minor": 100, "currency": "EUR"}
        form = {
            "quote": quote["id"], "delivery": "dhl", "total": total, "contact": {"email": MAIL}, "ship_to": ANN,
            "payments": [{"kind": "gift_card", "amount": gift, "source": "gift"},
                         {"kind": "card", "amount": {**total, "minor": total["minor"] - 100}, "source": "card-0"}],
        }  # fmt: skip
        said = await ann.ask("POST", "/v1/checkouts", form)
        assert said.status == 202
        rows = await one.hub.store.fetch("events_page", ("pets", "order.placed@1", 2**62, 9))
        (row,) = (await one.hub.store.events([rows[0][0]])).values()
        event = await one.hub.engine.open_event(row)
        assert isinstance(event, OrderPlaced)
        order = event.order
        assert [(line.sku, line.quantity, line.price.minor, line.pets) for line in order.lines] == [
            ("bowl", 2, 333, ("rex", "mia"))
        ]
        assert [(charge.method, charge.price.minor) for charge in order.shipping] == [("dhl", 490)]
        assert [(tender.kind, tender.amount.minor) for tender in order.tenders] == [("gift_card", 100), ("card", 1_056)]
        assert (order.id, order.total.minor, order.number) == (said.body["id"], 1_156, said.body["number"])
        assert order.ship_to == msgspec.convert(ANN, Address)
        for found in ("pawline.db", "pawline.db-wal"):
            assert b"anary" not in (tmp_path / found).read_bytes()  # sealed


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_declined_card_leaves_the_cart_and_another_one_pays_for_it(tmp_path: Path, profile: str) -> None:
    async with town(tmp_path, profile) as one:
        await one.sells("bowl", 1)
        ann = await one.key()
        cart = await ann.cart(("bowl", 1))

        async def pays(source: str) -> Answer:
            quote = (await ann.quote(cart)).body
            total = quote["choices"][0]["total"]
            form = {
                "quote": quote["id"], "delivery": "dhl", "total": total, "contact": {"email": MAIL}, "ship_to": ANN,
                "payments": [{"kind": "card", "amount": total, "source": source}],
            }  # fmt: skip
            return await ann.ask("POST", "/v1/checkouts", form)

        no = await pays(DECLINES)
        if profile == "event-driven":
            assert no.status == 202
            await told(ann, no.body, "refused")
        else:
            assert (no.status, no.body["type"]) == (402, "/v1/problems/payment-declined")
            assert no.headers["content-type"] == "application/problem+json"
            assert no.body["detail"] == no.body["title"]
            assert "the bank said no" not in str(no)  # whoever tries stolen cards would learn from it
        await settled(one.hub)
        yes = await pays("card-1")
        assert yes.status == (202 if profile == "event-driven" else 201)
        await told(ann, yes.body, "confirmed")
        assert counts(one.vendors.effects())["Payments.capture"] == 1


@pytest.mark.parametrize("profile", ["hybrid", "synchronous"])
async def test_after_the_deadline_it_is_said_that_we_have_it_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    async with town(tmp_path, profile, deadline=0.2) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        async with holding(one, monkeypatch, "Payments.authorize"):
            said = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
            assert (said.status, said.body["status"], said.body["says"]) == (202, "placed", "We have your order.")
        await told(ann, said.body, "confirmed")
        again = await ann.ask("POST", "/v1/checkouts", form, idempotency_key="mine")
        assert (again.status, again.body) == (said.status, said.body)
        assert (await one.types()).count("order.placed@1") == 1


async def test_a_dead_vendor_keeps_no_shopper_waiting_where_the_profile_waits_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        async with holding(one, monkeypatch, "Payments.authorize"):
            said = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))
            assert (said.status, await status(ann, said.body)) == (202, "placed")


async def test_the_profile_changes_while_the_hub_runs_and_nobody_chooses_it_by_request(tmp_path: Path) -> None:
    async with town(tmp_path, "synchronous") as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        assert (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body["status"] == "confirmed"
        change = {"shop": "pets", "profile": "event-driven", "by": "ann", "reason": "a sale"}
        await one.hub.desk.answer("profile", change)
        assert one.hub.storefront is not None
        await one.hub.storefront.read()
        said = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))
        assert (said.status, said.body["status"]) == (202, "placed")
        form = await ann.form(("bowl", 1))
        refused = await ann.ask("POST", "/v1/checkouts", form | {"profile": "synchronous"})
        assert refused.status == 422
        (row,) = await one.hub.desk.answer("profiles", {})
        assert (row["profile"], row["by"], row["reason"]) == ("event-driven", "ann", "a sale")


async def test_an_order_is_followed_as_it_goes_and_from_where_one_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form = await ann.form(("bowl", 1))
        async with holding(one, monkeypatch, "Payments.authorize") as opens:
            said = (await ann.ask("POST", "/v1/checkouts", form)).body
            path = f"{one.url}/v1/orders/{said['id']}/events"
            headers = {"authorization": f"Bearer {ann.key}", "pawline-token": said["token"]}
            async with one.http.get(path, headers=headers) as stream:
                assert (stream.status, stream.content_type) == (200, "text/event-stream")
                assert await heard(stream) == ("1", "placed")
                opens.set()
                await told(ann, said, "confirmed")
                while (last := await heard(stream))[1] != "confirmed":
                    pass
        cancelled = await ann.ask(
            "POST", f"/v1/orders/{said['id']}/cancellation", {"because": "two cats"}, pawline_token=said["token"]
        )
        assert (cancelled.status, cancelled.body["status"]) == (202, "cancelled")
        async with one.http.get(path, headers=headers | {"last-event-id": last[0]}) as stream:
            assert (await heard(stream))[1] == "cancelled"
            assert b"data" not in await stream.read()  # and it ends


async def heard(stream: aiohttp.ClientResponse) -> tuple[str, str]:
    """The next event: its id and its status."""
    number = ""
    while True:
        line = (await stream.content.readline()).decode()
        assert line, "the stream ended"
        if line.startswith("id: "):
            number = line[4:].strip()
        elif line.startswith("data: "):
            return number, str(msgspec.json.decode(line[6:])["status"])


async def test_an_order_is_called_off_once_and_by_who_may(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann, bob = await one.key(), await one.key()
        said = (await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))).body
        path = f"/v1/orders/{said['id']}/cancellation"
        assert (await bob.ask("POST", path, {})).status == 404
        assert (await bob.ask("POST", path, {}, pawline_token=said["token"][:-1] + "!")).status == 404
        assert (await bob.ask("GET", f"/v1/orders/{said['id']}")).status == 404
        first = await ann.ask("POST", path, {"because": "two cats"}, pawline_token=said["token"])
        second = await ann.ask("POST", path, {"because": "two cats"}, pawline_token=said["token"])
        assert (first.status, second.status) == (202, 202)
        assert await status(ann, said) == "cancelled"
        await settled(one.hub)
        assert (await one.types()).count("order.cancelled@1") == 1


async def test_what_another_checkout_took_is_neither_told_nor_called_off(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        server = await one.key(secret=True)
        await one.tell(OrderPlaced(order=order(1, checkout=Checkout.ADOPTED)))
        await one.tell(CartChanged(cart=Cart(id=CartId("shopify-1"), currency="EUR", changed_at=NOON)))
        assert (await server.ask("GET", "/v1/orders/o1")).status == 404
        assert (await server.ask("POST", "/v1/orders/o1/cancellation", {})).status == 404
        assert (await server.ask("GET", "/v1/carts/shopify-1")).status == 404
        assert await one.types() == ["order.placed@1", "cart.changed@1"]


async def test_a_disk_that_is_nearly_full_is_kept_for_orders(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        await one.sells("bowl", 5)
        ann = await one.key()
        form, front = await ann.form(("bowl", 1)), one.hub.storefront
        assert front is not None
        front.full = True
        no = await ann.ask("POST", "/v1/carts", {})
        assert (no.status, no.headers["retry-after"]) == (503, "5")
        assert (await ann.ask("POST", "/v1/checkouts", form)).status == 202


@pytest.mark.parametrize("profile", ["hybrid", "synchronous"])
async def test_a_bank_that_asks_its_shopper_ends_every_waiting(tmp_path: Path, profile: str) -> None:
    async with town(tmp_path, profile, deadline=30) as one:
        await one.sells("bowl", 5)
        (pays,) = (each for each in one.hub.engine.bindings if each.port is Payments)
        object.__setattr__(pays, "implementation", Asking(pays.implementation, [0]))
        ann = await one.key()
        said = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1)))
        assert (said.status, said.body["status"], said.body["confirm_at"]) == (202, "needs-shopper", [f"{AT}/t1"])
        got = await ann.ask("GET", f"/v1/orders/{said.body['id']}", pawline_token=said.body["token"])
        assert (got.body["status"], got.body["confirm_at"]) == ("needs-shopper", [f"{AT}/t1"])
