"""What an order that changed says happened to it: what its webhooks told, or would have, and nothing of before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.connectors.shopify.looking import RETRIED
from pawline.connectors.shopify.looking_order import Changed, happened
from pawline.connectors.shopify.orders import Whole
from pawline.connectors.shopify.replies import Amount, LineItem, Price
from pawline.connectors.shopify.told_orders import placed as heard_placed
from pawline.flows.adopt_order import unpaid
from pawline.kit import REMEMBERED
from pawline.model import (
    Channel,
    Contact,
    Discount,
    Event,
    Item,
    Line,
    LineId,
    Order,
    OrderEdited,
    OrderId,
    OrderPaid,
    OrderPlaced,
    RefundIssued,
    SkuId,
    Tax,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    edited,
    left_to_send,
    total_owed,
)
from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.hearing import subscribe
from pawline.sandbox.shopify.money import bag, rest_set
from pawline.sandbox.shopify.views import order as order_view
from pawline.sandbox.shopify.views.lines import taxes
from pawline.store import Retention
from tests.unit.connectors.shopify_looked import TAG, Scene, tried
from tests.unit.sandbox.shopify_scene import HOME, eur, gid, order

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
CANCEL = """mutation ($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true,
  refundMethod: { originalPaymentMethodsRefund: false }) { orderCancelUserErrors { message } } }"""


def names(events: list[Event]) -> list[str]:
    return sorted(type(one).__name__ for one in events)


async def placed_in(one: Scene) -> Order:
    (found,) = [event.order for event in await one.events() if isinstance(event, OrderPlaced)]
    return found


# -- history -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (49, ["OrderCancelled", "OrderEdited", "OrderPaid", "OrderPlaced", "RefundIssued", "RefundIssued"]),
        (51, []),
    ],
)
def test_what_the_hub_does_not_remember_is_not_told_again(days: int, told: list[str]) -> None:
    """A fact is forgotten after 60 days: an order of then that is tagged would be placed, and sent, once more."""
    assert timedelta(days=Retention().facts) - REMEMBERED == timedelta(days=10)

    async def work(one: Scene) -> None:
        await one.begin()
        one.move(began=one.at.began - timedelta(days=90))
        name = one.place(1, timedelta(days=days))
        await one.edit(name, 2)
        one.ask(CANCEL, id=gid("Order", name))
        kept = one.kept(name)
        kept.cancelled = kept.placed
        for refund in kept.refunds:
            refund.at = kept.placed
        one.ask(TAG, id=gid("Order", name))
        assert names(await one.events()) == told

    tried(work)


@pytest.mark.parametrize(("days", "told"), [(49, ["ShipmentBooked", "ShipmentDispatched"]), (51, [])])
def test_a_parcel_that_the_hub_does_not_remember_is_not_told_again(days: int, told: list[str]) -> None:
    """Though its number is corrected today."""

    async def work(one: Scene) -> None:
        await one.begin()
        one.move(began=one.at.began - timedelta(days=90))
        name = one.place(1, timedelta(days=55))
        one.happens("dispatch", order=name)
        (parcel,) = one.shopify.books.parcels.values()
        parcel.at -= days * 86_400.0
        assert names(await one.events()) == told

    tried(work)


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ({}, False),
        ({"processed_at": AT, "created_at": AT}, True),
        ({"created_at": AT, "processed_at": AT - timedelta(days=2)}, False),
        ({"cancelled_at": AT}, True), ({"cancelled_at": AT - timedelta(seconds=1)}, False),
        ({"current_subtotal_line_items_quantity": 3}, True), ({"edited": True}, True),
        ({"display_financial_status": "PENDING"}, True), ({"display_financial_status": "PARTIALLY_REFUNDED"}, True),
    ],
)  # fmt: skip
def test_which_orders_are_read(said: dict[str, Any], may: bool) -> None:
    old = AT - timedelta(days=3)
    one = Changed(
        gid("Order", 1001), old, old, AT, edited=False, display_fulfillment_status="UNFULFILLED",
        subtotal_line_items_quantity=4, current_subtotal_line_items_quantity=4, display_financial_status="PAID",
    )  # fmt: skip
    assert replace(one, **said).may_tell(AT) is may


def test_of_an_order_of_before_only_what_happens_since_is_told() -> None:
    async def work(one: Scene) -> None:
        name, other = one.place(1, timedelta(days=3)), one.place(2, timedelta(days=3))
        for each in (name, other):
            await one.edit(each, 2)
            one.kept(each).refunds[0].at -= 3 * 86_400.0
        one.ask(CANCEL, id=gid("Order", other))
        one.kept(other).cancelled -= 3 * 86_400.0
        one.kept(other).refunds[1].at -= 3 * 86_400.0
        await one.begin()
        one.ask(CANCEL, id=gid("Order", name))
        one.ask(TAG, id=gid("Order", other))
        found = await one.events()
        assert names(found) == ["OrderCancelled", "RefundIssued"]
        assert {event.subject for event in found} == {name}
        (back,) = [event.refund for event in found if isinstance(event, RefundIssued)]
        assert sum(credit.quantity for credit in back.credits) == 3  # and not what the edit took out

    tried(work)


def test_what_is_brought_in_is_history_heard_or_looked_at() -> None:
    """With the day of its time: it was paid and sent elsewhere, long ago."""

    async def work(one: Scene) -> None:
        await one.begin()
        one.move(began=one.at.began - timedelta(days=30))
        name = one.place(1, timedelta(days=10), act="import")
        said = rest.order(one.shopify.books, one.kept(name))
        assert datetime.fromisoformat(said["created_at"]) - datetime.fromisoformat(said["processed_at"]) > timedelta(9)
        assert heard_placed(msgspec.json.encode(said)) == ()
        assert await one.events() == []
        late = one.place(2, timedelta(hours=20), act="import")  # a shop that was cut off for a day
        assert names(await one.events()) == ["OrderPaid", "OrderPlaced"]
        assert one.heard(late).id == late

    tried(work)


def test_looking_begins_when_shopify_was_asked_to_tell_us() -> None:
    """An order that was heard before the hub looked for the first time is edited: no webhook tells its prices."""

    async def work(one: Scene) -> None:
        older = one.place(3, timedelta(seconds=90))
        (listener := subscribe(one.shopify.books, "ORDERS_CREATE", {"uri": "https://hub.example/in"})).at -= 60.0
        name = one.place(1, timedelta(seconds=30))  # its webhook is tried again until the hub is up
        assert one.heard(name).id == name
        found = await one.events()
        assert {event.subject for event in found} == {name}
        assert int(one.at.began.timestamp()) == int(listener.at)
        await one.edit(name, 5)
        one.ask(TAG, id=gid("Order", older))
        found = await one.events()
        assert "OrderEdited" in names(found)
        assert {event.subject for event in found} == {name}

    tried(work)


def test_looking_begins_no_earlier_than_shopify_tries_to_tell() -> None:
    async def work(one: Scene) -> None:
        subscribe(one.shopify.books, "ORDERS_CREATE", {"uri": "https://hub.example/in"}).at -= 86_400.0
        before = datetime.now(UTC).replace(microsecond=0)
        await one.begin()
        assert before <= one.at.began + RETRIED <= datetime.now(UTC)

    tried(work)


# -- what is to be paid ------------------------------------------------------------------------------------------------


def due(name: str, minor: int) -> Tender:
    return Tender(
        id=TenderId(f"order-{name}-due"), kind=TenderKind.TRANSFER, amount=eur(minor), state=TenderState.PENDING
    )


@pytest.mark.parametrize(
    ("paid", "left"), [((), 6_500), (("g",), 5_000)], ids=["no transaction at all", "paid in part"]
)
def test_what_is_not_paid_waits_for_its_money_heard_or_looked_at(paid: tuple[str, ...], left: int) -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        whole = order()
        told = replace(whole, tenders=tuple(tender for tender in whole.tenders if tender.id in paid))
        name = one.place(1, like=told)
        read = await placed_in(one)
        assert read.tenders[-1] == due(name, left)
        assert [tender.state for tender in read.tenders[:-1]] == [TenderState.CAPTURED] * len(paid)
        assert (unpaid(one.heard(name)), unpaid(read)) == (True, True)

    tried(work)


@pytest.mark.parametrize("state", [TenderState.CAPTURED, TenderState.AUTHORISED, TenderState.PENDING])
def test_nothing_is_due_beside_what_pays_for_all_of_it(state: TenderState) -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1, state=state)
        read = await placed_in(one)
        assert [(tender.amount.minor, tender.state) for tender in read.tenders] == [(5_000, state), (1_500, state)]
        assert unpaid(read) is unpaid(one.heard(name)) is (state is TenderState.PENDING)

    tried(work)


@pytest.mark.parametrize("status", ["PARTIALLY_REFUNDED", "REFUNDED"])
def test_what_was_paid_is_told_though_money_went_back_since(status: str) -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        paid = one.kept(name).transactions[0]
        amount = "5.00" if status == "PARTIALLY_REFUNDED" else "50.00"
        one.ask(REFUND, input={"orderId": gid("Order", name), "transactions": [{
            "orderId": gid("Order", name), "parentId": gid("OrderTransaction", paid.id), "kind": "REFUND",
            "gateway": paid.gateway, "amount": amount,
        }]})  # fmt: skip
        if status == "REFUNDED":
            gift = one.kept(name).transactions[1]
            one.ask(REFUND.replace("x1", "x2"), input={"orderId": gid("Order", name), "transactions": [{
                "orderId": gid("Order", name), "parentId": gid("OrderTransaction", gift.id), "kind": "REFUND",
                "gateway": gift.gateway, "amount": "15.00",
            }]})  # fmt: skip
        assert one.kept(name).financial_status() == status
        (paid,) = [event for event in await one.events() if isinstance(event, OrderPaid)]
        assert (paid.paid, paid.items) == (eur(6_500), (Item(SkuId("chew"), 1), Item(SkuId("kibble"), 3)))

    tried(work)


REFUND = """mutation ($input: RefundInput!) {
  refundCreate(input: $input) @idempotent(key: "x1") { refund { id } userErrors { message } } }"""


# -- what is to be sent ------------------------------------------------------------------------------------------------


def item(no: int, quantity: int, current: int, unfulfilled: int) -> LineItem:
    price = Price(Amount("1.00"))
    return LineItem(gid("LineItem", no), "x", quantity, current, unfulfilled, True, price, (), ())


def line(no: int, quantity: int) -> Line:
    return Line(id=LineId(str(no)), sku=SkuId(f"SKU-{no}"), title="x", quantity=quantity, price=eur(100))


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        ("UNFULFILLED", ["1", "2", "3", "4", "5"]), ("ON_HOLD", ["1", "2", "3", "4", "5"]),
        ("SCHEDULED", ["1", "2", "3", "4", "5"]), ("OPEN", ["1", "2", "3", "4", "5"]),
        ("REQUEST_DECLINED", ["1", "2", "3", "4", "5"]),
        ("PARTIALLY_FULFILLED", ["1", "4"]), ("FULFILLED", []), ("IN_PROGRESS", []), ("PENDING_FULFILLMENT", []),
        ("RESTOCKED", []),
    ],
)  # fmt: skip
def test_what_left_before_it_was_heard_of_is_not_sent(status: str, sent: list[str]) -> None:
    """One line waits, one left, one left in part, of one some units were taken out, and all of one."""
    lines = tuple(line(no, 3) for no in range(1, 6))
    items = (item(1, 3, 3, 3), item(2, 3, 3, 0), item(3, 3, 3, 2), item(4, 3, 2, 2), item(5, 3, 0, 0))
    read = replace(
        order(1), id=OrderId("1001"), lines=lines, shipping=(), tenders=(), total=total_owed(lines, currency="EUR")
    )
    one = Changed(
        gid("Order", 1001), AT, AT, AT, edited=True, display_fulfillment_status=status, subtotal_line_items_quantity=15,
        current_subtotal_line_items_quantity=11, display_financial_status="AUTHORIZED",
    )  # fmt: skip
    placed, changed = (event for _, event in happened(one, Whole(read, (), items, edited=True), AT))
    assert isinstance(placed, OrderPlaced)
    assert isinstance(changed, OrderEdited)
    assert placed.order.tenders == ()  # what is authorised is not due, whatever its transactions come to
    assert [each.id for each in placed.order.lines if each.ships] == sent
    assert [each.id for each in changed.edit.lines if each.ships] == sent  # or the edit would have it sent again
    assert [each.quantity for each in changed.edit.lines] == [3] * 5


def test_food_beside_a_gift_card_is_sent_heard_or_looked_at() -> None:
    """What is fulfilled at once keeps nothing else at home, nor does an edit of the food."""

    async def work(one: Scene) -> None:
        await one.begin()
        whole = order()
        name = one.place(1, like=replace(whole, lines=(whole.lines[0], replace(whole.lines[1], ships=False))))
        before = one.heard(name)
        one.kept(name).lines[1].sent = 1
        one.shopify.books.touched(one.kept(name))
        assert rest.order(one.shopify.books, one.kept(name))["fulfillment_status"] == "partial"
        read, food = await placed_in(one), (Item(SkuId("kibble"), 3),)
        assert (left_to_send(before, ()), left_to_send(one.heard(name), ()), left_to_send(read, ())) == (food,) * 3
        await one.edit(name, 5)
        (edit,) = [event.edit for event in await one.events() if isinstance(event, OrderEdited)]
        assert left_to_send(edited(before, edit), ()) == (Item(SkuId("kibble"), 5),)

    tried(work)


def test_an_edit_is_the_same_when_a_product_without_a_sku_is_deleted() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        chew = one.kept(name).lines[1]
        chew.sku = ""
        await one.edit(name, 5)
        (first,) = [event for event in await one.events() if isinstance(event, OrderEdited)]
        del one.shopify.books.variants[chew.variant]
        one.ask(TAG, id=gid("Order", name))
        (second,) = [event for event in await one.events() if isinstance(event, OrderEdited)]
        assert [each.sku for each in first.edit.lines] != [each.sku for each in second.edit.lines]
        assert first.fact == second.fact
        await one.edit(name, 6)
        (third,) = [event for event in await one.events() if isinstance(event, OrderEdited)]
        assert third.fact != first.fact

    tried(work)


# -- two readers -------------------------------------------------------------------------------------------------------


def shapes() -> dict[str, Order]:
    """Orders as shops have them."""
    whole = order()
    first, second = whole.lines
    nothing = Discount(title="Nothing", code="NIL", amount=eur(0))
    free = replace(whole.shipping[0], discounts=(Discount(title="Free", code=None, amount=eur(500)),))
    found: dict[str, dict[str, Any]] = {
        "plain": {},
        "taxes on top": {"lines": tuple(
            replace(one, taxes=tuple(replace(tax, included=False) for tax in one.taxes)) for one in whole.lines
        )},
        "a tip": {"tip": eur(300)},
        "a discount of nothing": {"lines": (replace(first, discounts=(*first.discounts, nothing)), second)},
        "blanks in its address": {"ship_to": replace(HOME, lines=(" Hauptstr. 1 ", "Hof"))},
        "nobody's": {"contact": None},
        "shipping for free": {"shipping": (free,)},
        "not weighed": {"lines": (replace(first, weight=None), second)},
        "of a social network": {"channel": Channel.SOCIAL},
        "of a till": {"channel": Channel.STORE},
        "by telephone": {"channel": Channel.PHONE},
        "a delivery of a subscription": {"channel": Channel.SUBSCRIPTION},
    }  # fmt: skip
    return {
        kind: summed(whole, more | {"id": OrderId(kind), "number": f"#{1001 + at}"})
        for at, (kind, more) in enumerate(found.items())
    }


def summed(told: Order, more: dict[str, Any]) -> Order:
    """The card pays what it comes to beside the gift card."""
    lines, shipping = more.get("lines", told.lines), more.get("shipping", told.shipping)
    total = total_owed(lines, shipping, currency="EUR", tip=more.get("tip"))
    card, gift = told.tenders
    return replace(told, total=total, tenders=(replace(card, amount=total - gift.amount), gift), **more)


@pytest.mark.parametrize("kind", list(shapes()))
def test_an_order_that_is_heard_is_the_one_that_is_looked_at(kind: str) -> None:
    """But for its tenders: a webhook does not say by which transactions it was paid."""

    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1, like=shapes()[kind])
        read, heard = await placed_in(one), one.heard(name)
        assert replace(read, tenders=()) == replace(heard, tenders=())
        assert read.channel is shapes()[kind].channel

    tried(work)


def test_blanks_are_no_part_of_how_somebody_is_reached() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1)
        one.kept(name).email, one.kept(name).phone = " ann1@example.com ", " +4930123456"
        wanted = Contact(email="ann1@example.com", phone="+4930123456", language="de")
        assert ((await placed_in(one)).contact, one.heard(name).contact) == (wanted, wanted)

    tried(work)


def test_taxes_of_the_order_as_a_whole_are_read_as_they_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app made the order, and gave its taxes to no line."""
    vat = Tax(title="VAT", amount=eur(700), included=False, rate=Decimal("0.19"))

    async def work(one: Scene) -> None:
        await one.begin()
        whole = order()
        lines = tuple(replace(each, taxes=()) for each in whole.lines)
        name = one.place(1, like=summed(whole, {"lines": lines}))
        kept = one.kept(name)
        bill, seen, said = kept.total() + vat.amount, order_view.seen, rest.order
        monkeypatch.setattr(order_view, "seen", lambda books, of: seen(books, of) | {
            "totalPriceSet": bag(of, bill), "currentTotalPriceSet": bag(of, bill), "totalTaxSet": bag(of, vat.amount),
            "taxLines": taxes(of, [vat]),
        })  # fmt: skip
        monkeypatch.setattr(rest, "order", lambda books, of: said(books, of) | {
            "total_price_set": rest_set(of, bill), "current_total_price_set": rest_set(of, bill),
            "total_tax_set": rest_set(of, vat.amount),
            "tax_lines": [{"title": "VAT", "rate": 0.19, "price_set": rest_set(of, vat.amount)}],
        })  # fmt: skip
        read, heard = await placed_in(one), one.heard(name)
        assert [sum(tax.amount.minor for tax in each.taxes) for each in read.lines] == [642, 58]
        assert replace(read, tenders=()) == replace(heard, tenders=())
        assert (read.total, await one.shop.order(name)) == (bill, replace(read, tenders=read.tenders[:2]))

    tried(work)
