"""The connector against the pretended vendor: what it does there, what it reads back, and what it hears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify import connector
from pawline.connectors.shopify.admin import client
from pawline.connectors.shopify.enrolling import TOPICS
from pawline.connectors.shopify.fulfilment import ShopifyFulfilment
from pawline.connectors.shopify.hook import HOOK, ShopSecret
from pawline.connectors.shopify.inventory import ShopifyInventory
from pawline.connectors.shopify.payments import ShopifyPayments
from pawline.connectors.shopify.shop import ShopifyShop
from pawline.connectors.shopify.told_orders import CALLED_OFF
from pawline.kit import Guard
from pawline.model import (
    Credit,
    Edit,
    EditId,
    Item,
    Line,
    LineId,
    Money,
    Order,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    Payout,
    Refund,
    RefundId,
    SkuId,
    TenderState,
    bill_of,
)
from pawline.ports import (
    Adjustment,
    Attempt,
    Code,
    FulfilmentRequest,
    PortError,
    Progress,
    Rejected,
    Transient,
    Unauthorised,
    attempting,
)
from pawline.sandbox import Desk, Fault, Faults, Vendors, served
from pawline.sandbox.shopify import changing
from pawline.sandbox.shopify.books import Books
from pawline.sandbox.shopify.shopify import Asked
from pawline.sandbox.shopify.wrongs import Wrong
from pawline.testing.counter import counter, json
from tests.unit.sandbox.shopify_scene import HOME, STOCK, eur, order

HEAR = """mutation ($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri }) { userErrors { message } } }"""


UNSEND = "mutation ($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"


class Scene:
    """The vendor, and an account of it."""

    def __init__(self, url: str, desk: Desk) -> None:
        self.desk, door = desk, desk.shopify.door
        self.settings = connector.configure({
            "shop": desk.shopify.books.domain, "client": door.client, "client_secret": door.secret, "url": url,
        })  # fmt: skip
        self.http = http = client(self.settings, Guard(["127.0.0.0/8"]))
        self.shop, self.payments = ShopifyShop(http, self.settings), ShopifyPayments(http, self.settings)
        self.stock, self.work = ShopifyInventory(http, self.settings), ShopifyFulfilment(http, self.settings)

    def place(self, number: int = 1, **given: Any) -> OrderId:
        told = msgspec.structs.replace(order(number, **given), placed_at=datetime.now(UTC))
        return OrderId(self.desk.act("shopify/checkout", msgspec.json.encode(told)).id)

    async def trying(self, key: str, call: Awaitable[Any]) -> Any:
        with attempting(Attempt(key, 1, datetime.now(UTC) + timedelta(seconds=9), "paws", "shopify/eu")):
            return await call

    def effects(self, name: str) -> list[bool]:
        """Of each effect of this mutation, whether it changed nothing."""
        return [one.again for one in self.desk.vendors.effects() if one.operation == f"Shopify.{name}"]


def scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time, stock=STOCK), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            one = Scene(url, desk)
            try:
                await play(one)
            finally:
                await one.http.close()

    asyncio.run(run())


def bag(of: Order, minor: int, quantity: int) -> Refund:
    """So much of the first line goes back to the card."""
    return Refund(
        id=RefundId("r1"), at=datetime.now(UTC), reason="broken", payouts=(Payout(of.tenders[0].id, eur(minor)),),
        credits=(Credit(amount=eur(minor), line=of.lines[0].id, quantity=quantity),),
    )  # fmt: skip


def test_an_order_is_read_as_it_was_placed() -> None:
    async def play(one: Scene) -> None:
        told, read = order(), await one.shop.order(one.place())
        assert (read.total, read.owed(), read.received()) == (told.total, told.total, told.total)
        assert [msgspec.structs.replace(line, id=LineId("")) for line in read.lines] == [
            msgspec.structs.replace(line, id=LineId(""), discounts=tuple(
                msgspec.structs.replace(off, title="HELLO") for off in line.discounts
            ))
            for line in told.lines
        ]  # fmt: skip
        assert [(tender.kind, tender.amount, tender.state) for tender in read.tenders] == [
            (tender.kind, tender.amount, tender.state) for tender in told.tenders
        ]
        assert (read.number, read.ship_to, read.bill_to, read.contact) == (told.number, HOME, HOME, told.contact)

    scene(play)


def test_a_refund_is_one_however_often_and_whatever_breaks() -> None:
    async def play(one: Scene) -> None:
        number = one.place()
        before = await one.shop.order(number)
        refund = bag(before, 1_833, 1)
        broken = 0
        for place in range(1, 9):  # each of its requests breaks once: the answer, not what was asked for
            one.desk.vendors.faults = Faults(at={place: Fault.BROKEN})
            try:
                await one.trying("k", one.shop.refund(number, refund, bill_of(before)))
            except Transient:
                broken += 1
        one.desk.vendors.faults = Faults()
        assert (await one.trying("k", one.shop.refund(number, refund, bill_of(before)))).id == "r1"
        assert broken == 3
        found = await one.shop.find_refund(number, refund, ())
        assert found is not None
        assert (found.id, found.paid_out(), found.credited()) == ("r1", eur(1_833), eur(1_833))
        after = await one.shop.order(number)
        assert (after.owed(), after.received()) == (eur(4_667), eur(4_667))
        assert one.effects("refundCreate") == [False]

    scene(play)


def test_an_order_is_edited_tagged_and_called_off_once_the_vendor_is_done() -> None:
    async def play(one: Scene) -> None:
        number = one.place()
        line = (await one.shop.order(number)).lines[1]
        more = Line(id=line.id, sku=line.sku, title=line.title, quantity=2, price=line.price)
        edit = Edit(id=EditId("e1"), at=datetime.now(UTC), reason="one more", lines=(more,))
        edited = await one.trying("e", one.shop.edit(number, edit))
        assert edited.total == eur(7_000)
        assert await one.shop.find_edit(number, edit) == edited
        for _ in range(2):
            await one.trying("t", one.shop.tag(number, ("vip",)))
        one.desk.act("shopify/pace", b"3600")
        with pytest.raises(Transient) as pending:
            await one.trying("c", one.shop.cancel(number, "changed my mind"))
        assert pending.value.code is Code.IN_PROGRESS
        one.desk.act("shopify/pace", b"0")
        other = one.place(2)
        for _ in range(2):
            await one.trying("c2", one.shop.cancel(other, "changed my mind"))
        read = await one.shop.order(other)
        assert (read.owed(), read.received()) == (eur(0), eur(6_500))
        # One is tagged twice; each that we call off bears our mark.
        assert (one.effects("tagsAdd"), one.effects("orderEditCommit")) == ([False, True, False, False], [False])

    scene(play)


def test_one_more_is_one_more_and_what_goes_may_be_sold_again() -> None:
    """Though one was taken out before: our lines have all that ever were in it."""

    async def play(one: Scene) -> None:
        number = one.place()
        books = one.desk.shopify.books
        kept = books.orders[int(number)]
        shelf = books.level(books.variants[kept.lines[0].variant or 0].item, books.main)

        async def changed(name: str, quantity: int) -> tuple[int, int, int]:
            read = (await one.shop.order(number)).lines[0]
            at = datetime.now(UTC)
            wanted = Line(id=read.id, sku=read.sku, title=read.title, quantity=quantity, price=read.price)
            edit = Edit(id=EditId(name), at=at, reason="as they asked", lines=(wanted,))
            assert await one.shop.find_edit(number, edit) is None
            done = await one.trying(name, one.shop.edit(number, edit))
            assert await one.shop.find_edit(number, edit) == done
            assert await one.trying(name, one.shop.edit(number, edit)) == done
            return kept.lines[0].current, shelf.count("available"), shelf.count("committed")

        assert await changed("one less", 2) == (2, 48, 2)
        for refund in kept.refunds:
            refund.at -= 60.0
        ever = (await one.shop.order(number)).lines[0].quantity
        assert await changed("one more", ever + 1) == (3, 47, 3)
        assert one.effects("orderEditCommit") == [False, False]

    scene(play)


def test_what_the_order_has_is_not_added_and_said_to_be() -> None:
    async def play(one: Scene) -> None:
        number = one.place()
        chew = (await one.shop.order(number)).lines[1]
        more = Line(id=LineId("new"), sku=chew.sku, title=chew.title, quantity=chew.quantity, price=chew.price)
        edit = Edit(id=EditId("e1"), at=datetime.now(UTC), reason="one more", lines=(more,))
        with pytest.raises(Rejected) as no:
            await one.trying("e", one.shop.edit(number, edit))
        assert no.value.code is Code.UNSUPPORTED
        assert await one.shop.find_edit(number, edit) is None
        assert one.effects("orderEditBegin") == []

    scene(play)


def test_a_second_call_while_the_vendor_calls_off_leaves_it_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may refuse that one, as it does once an order is called off."""
    asked, allow = set[int](), changing.cancellable

    def cancellable(books: Books, told: Mapping[str, Any]) -> Any:
        found = allow(books, told)
        if found.id in asked:
            raise Wrong("Order is being cancelled", "orderId", code="INVALID")
        asked.add(found.id)
        return found

    monkeypatch.setattr(changing, "cancellable", cancellable)

    async def play(one: Scene) -> None:
        number = one.place()
        one.desk.act("shopify/pace", b"3600")
        for _ in range(2):
            with pytest.raises(Transient) as pending:
                await one.trying("c", one.shop.cancel(number, "changed my mind"))
            assert pending.value.code is Code.IN_PROGRESS
        assert one.desk.shopify.books.orders[int(number)].tags == [CALLED_OFF]
        assert one.effects("tagsRemove") == []

    scene(play)


def test_a_parcel_that_was_called_off_is_to_be_sent_again() -> None:
    async def play(one: Scene) -> None:
        number = one.place()
        items = (Item(SkuId("kibble"), 3), Item(SkuId("chew"), 1))
        wanted = FulfilmentRequest(order=number, part="all", items=items, ship_to=HOME)
        asked = await one.trying("f", one.work.request(wanted))
        (parcel,) = one.desk.act("shopify/dispatch", msgspec.json.encode({"order": number}))
        assert (await one.work.status(asked)).progress is Progress.SHIPPED
        one.desk.shopify.answer(Asked(query=UNSEND, variables={"id": f"gid://shopify/Fulfillment/{parcel}"}))
        found = await one.work.status(asked)
        assert (found.progress, found.packed) == (Progress.ACCEPTED, ())
        (again,) = await one.work.of(number)
        assert await one.trying("f2", one.work.request(wanted)) == msgspec.structs.replace(again, part="all")
        await one.trying("c", one.work.cancel(asked))  # by the name that it had
        assert (await one.work.status(again)).progress is Progress.CANCELLED

    scene(play)


def test_money_is_captured_and_let_go_and_stock_set_from_what_was_seen() -> None:
    async def play(one: Scene) -> None:
        number = one.place(plain=True, state=TenderState.AUTHORISED)
        (held,) = (await one.payments.ledger(number)).authorisations
        taken = await one.trying("p", one.payments.capture(held, eur(2_000)))
        assert await one.payments.find_capture(held, eur(2_000)) == taken
        (level,) = await one.stock.levels((SkuId("kibble"),))
        assert level.on_hand == 47
        change = Adjustment(sku=SkuId("kibble"), location=level.location, by=3)
        for _ in range(2):
            await one.trying("a", one.stock.adjust((change,), "counted"))
        assert [found.on_hand for found in await one.stock.levels((SkuId("kibble"),))] == [50]
        counted = msgspec.structs.replace(level, on_hand=33)
        await one.trying("s", one.stock.set_levels((counted,)))
        assert [found.on_hand for found in await one.stock.levels((SkuId("kibble"),))] == [50]  # it moved since
        counted = msgspec.structs.replace(counted, as_of=level.as_of + timedelta(seconds=5))
        await one.trying("s2", one.stock.set_levels((counted,)))
        assert [found.on_hand for found in await one.stock.levels((SkuId("kibble"),))] == [33]

    scene(play)


@pytest.mark.parametrize("service", [False, True])
def test_goods_are_asked_for_held_released_and_stopped(*, service: bool) -> None:
    async def play(one: Scene) -> None:
        if service:
            told = {"name": "3PL", "service": True, "assigned": True}
            one.desk.act("shopify/locations", msgspec.json.encode(told))
        number = one.place()
        items = (Item(SkuId("kibble"), 3), Item(SkuId("chew"), 1))
        if not service:
            (there,) = await one.work.of(number)
            hold = await one.trying("h", one.work.hold(there, "is the address right?"))
            assert (await one.work.status(there)).progress is Progress.ON_HOLD
            await one.trying("r", one.work.release(hold))
        wanted = FulfilmentRequest(order=number, part="all", items=items, ship_to=HOME)
        asked = await one.trying("f", one.work.request(wanted))
        assert (await one.work.status(asked)).progress is Progress.ACCEPTED
        await one.trying("c", one.work.cancel(asked))
        assert (await one.work.status(asked)).progress is Progress.CANCELLED

    scene(play)


def test_what_the_vendor_tells_is_believed_and_understood() -> None:
    async def play(one: Scene) -> None:
        async with counter() as ear:
            ear.says(json(200))
            for name in TOPICS:
                given = {"topic": name.replace("/", "_").upper(), "uri": f"http://127.0.0.1:{ear.port}/in"}
                one.desk.shopify.answer(Asked(query=HEAR, variables=given))
            number = one.place()
            await one.trying("c", one.shop.cancel(number, "changed my mind"))
            await one.desk.shopify.teller.rest()
            found = {}
            secret = ShopSecret(one.desk.shopify.door.secret, one.settings.shop)
            for heard in ear.heard:
                headers = list(heard.headers.items())
                HOOK.signature.verify([secret], headers, heard.body, time.time())
                delivery = HOOK.read(headers, heard.body)
                found[delivery.type] = HOOK.hears[delivery.type](delivery.payload)
            placed, cancelled = found["orders/create"][0], found["orders/cancelled"][0]
            assert isinstance(placed, OrderPlaced)
            assert isinstance(cancelled, OrderCancelled)
            assert (placed.order.id, placed.order.total, cancelled.order) == (number, eur(6_500), number)

    scene(play)


def test_tokens_that_ended_are_renewed_and_scopes_that_lack_are_named() -> None:
    async def play(one: Scene) -> None:
        number = one.place()
        await one.shop.order(number)
        one.desk.shopify.door.end_tokens()
        assert (await one.shop.order(number)).total == Money(6_500, "EUR")
        one.desk.shopify.door.scopes -= {"write_orders", "write_products"}
        with pytest.raises(Unauthorised) as refused:
            await one.trying("t", one.shop.tag(number, ("vip",)))
        assert "write_orders" in refused.value.text
        one.desk.shopify.engine.bucket.restored = 0
        one.desk.shopify.engine.bucket.take(one.desk.shopify.engine.bucket.left())
        with pytest.raises(PortError) as throttled:
            await one.shop.order(number)
        assert (type(throttled.value), throttled.value.code) == (Transient, Code.RATE_LIMITED)

    scene(play)
