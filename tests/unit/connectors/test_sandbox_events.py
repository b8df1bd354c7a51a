"""The sandbox's samples are what its shop sends, and exactly these events; a byte off, and nobody is believed."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline import model
from pawline.connectors import sandbox
from pawline.connectors.sandbox.events import HOOK
from pawline.kit import Secret, Unsigned
from pawline.model import (
    Address,
    Checkout,
    Credit,
    Event,
    HouseholdId,
    Item,
    LineId,
    LotId,
    Money,
    OrderCancelled,
    OrderId,
    OrderPlaced,
    Packed,
    Payout,
    PetId,
    Refund,
    RefundId,
    RefundIssued,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionId,
    SubscriptionRenewalDue,
    SubscriptionStarted,
    SubscriptionState,
    TenderId,
    TicketClosed,
    TicketDecided,
    TicketId,
    TicketOpened,
)
from pawline.ports import FulfilmentRequest
from pawline.sandbox import Message, Renewing, Subscription, Vendors, signed
from pawline.sandbox.tickets import Asked, Noted
from pawline.testing.orders import order

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
SAMPLES = Path(sandbox.__file__).parent / "samples"
SECRET = Secret("whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode())
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
PLACED = order(1, ship_to=HOME, paid=True)
AUTOSHIP = model.Subscription(
    id=SubscriptionId("a1"), household=HouseholdId("h1"), state=SubscriptionState.ACTIVE, every_days=30,
    items=(Item(SkuId("chew-1"), 2),), next_on=date(2026, 12, 1), pets=(PetId("rex"),),
)  # fmt: skip
PAUSED = msgspec.structs.replace(AUTOSHIP, state=SubscriptionState.PAUSED, next_on=None)
ASKED = Asked(title="Where is it?", text="My chews are late", household=PLACED.household, order=PLACED.id)
EVENTS: dict[str, Event] = {
    "subscription.started": SubscriptionStarted(subscription=AUTOSHIP),
    "subscription.changed": SubscriptionChanged(subscription=PAUSED, because="paused"),
    "subscription.renewal_due": SubscriptionRenewalDue(
        subscription=AUTOSHIP.id, household=AUTOSHIP.household, on=date(2026, 12, 1)
    ),
    "subscription.ended": SubscriptionEnded(subscription=AUTOSHIP.id, household=AUTOSHIP.household, because="Rex died"),
    "order.cancelled": OrderCancelled(
        order=OrderId("o1"), at=AT, by="shopper", because="changed my mind", household=PLACED.household
    ),
    "order.placed": OrderPlaced(order=msgspec.structs.replace(PLACED, checkout=Checkout.ADOPTED)),
    "refund.issued": RefundIssued(
        order=OrderId("o1"),
        household=PLACED.household,
        refund=Refund(
            id=RefundId("called-off-o1"),
            at=AT,
            reason="changed my mind",
            payouts=(Payout(TenderId("t0"), Money(1_000, "EUR")),),
            credits=(Credit(amount=Money(1_000, "EUR"), line=LineId("l1"), quantity=1),),
        ),
    ),
    "return.received": ReturnReceived(
        id=ReturnId("r1"),
        order=OrderId("o1"),
        at=AT,
        household=PLACED.household,
        lines=(ReturnLine(line=LineId("l1"), quantity=1, because="too small"),),
    ),
    "return.requested": ReturnRequested(
        id=ReturnId("r1"),
        order=OrderId("o1"),
        at=AT,
        household=PLACED.household,
        lines=(ReturnLine(line=LineId("l1"), quantity=1, because="too small"),),
    ),
    "return.withdrawn": ReturnWithdrawn(id=ReturnId("r1"), order=OrderId("o1"), at=AT, household=PLACED.household),
    "shipment.booked": ShipmentBooked(
        shipment=ShipmentId("1"),
        order=OrderId("o1"),
        carrier="van",
        household=PLACED.household,
        packed=(Packed(sku=SkuId("litter-5"), quantity=1, lot=LotId("L1")),),
    ),
    "shipment.dispatched": ShipmentDispatched(
        shipment=ShipmentId("1"), order=OrderId("o1"), at=AT, household=PLACED.household
    ),
    "ticket.opened": TicketOpened(ticket=TicketId("t1"), **msgspec.structs.asdict(ASKED)),
    "ticket.decided": TicketDecided(ticket=TicketId("t1"), note="n1"),
    "ticket.closed": TicketClosed(ticket=TicketId("t1"), household=PLACED.household),
}


def made() -> dict[str, bytes]:
    """What the sandbox sends of a small day, by type."""
    messages: list[Message] = []

    async def play() -> None:
        vendors = Vendors(now=AT.timestamp, stock={})
        hooks = vendors.hooks
        hooks.subscription = Subscription(url="http://127.0.0.1:1", secret=SECRET.reveal())

        async def keep(message: Message, *_: Any) -> None:
            messages.append(message)

        hooks._deliver = keep  # type: ignore[method-assign,assignment]
        shop = vendors.shop
        shop.place(PLACED)
        wanted = FulfilmentRequest(order=PLACED.id, part="all", items=PLACED.demand(), ship_to=HOME)
        vendors.depot.request(lambda *_, **__: "1", wanted)
        vendors.depot.lots = {"litter-5": "L1"}
        shop.dispatch(PLACED.id)
        shop.call_off(PLACED.id, "shopper", "changed my mind")
        small = (ReturnLine(line=LineId("l1"), quantity=1, because="too small"),)
        back = shop.requested(PLACED.id, small)
        assert (shop.withdrawn(PLACED.id, back), shop.arrived(PLACED.id, small, back)) == (back, back)
        renewing = Renewing(vendors.autoships, shop, hooks, vendors.now, print)
        renewing.start(AUTOSHIP)
        assert (renewing.look(AT.date()), renewing.look(AT.date())) == (1, 0)
        vendors.autoships.pause(lambda *_, **__: "2", AUTOSHIP.id, None)
        vendors.autoships.end(lambda *_, **__: "3", AUTOSHIP.id, "Rex died")
        asked = vendors.tickets.ask(ASKED)
        assert vendors.tickets.write(Noted(ticket=asked.id, text="#pawline 1", by="7")) == "n1"
        assert (vendors.tickets.finish(asked.id), vendors.tickets.finish(asked.id)) == (True, False)
        await hooks.rest()

    asyncio.run(play())
    return {one.type: one.body() for one in messages}


def test_every_type_that_is_heard_has_its_sample_as_the_sandbox_sends_it() -> None:
    assert sorted(HOOK.hears) == sorted(EVENTS) == sorted(made())
    bodies = {one.stem: one.read_bytes().rstrip() for one in SAMPLES.iterdir() if not one.name.endswith(".events.json")}
    renewal = made()["order.placed"].replace(b'"channel":"web"', b'"channel":"subscription"')
    assert bodies == made() | {"order.placed.renewal": renewal}


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_is_exactly_its_event_and_a_byte_off_is_not_believed(name: str) -> None:
    body = (SAMPLES / f"{name}.json").read_bytes().rstrip()
    told = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    message = Message(id="msg_1", type=name, timestamp=AT, data=told["data"])
    assert message.body() == body
    headers = list(signed(message, Subscription(url="", secret=SECRET.reveal()).key(), AT.timestamp()).items())
    HOOK.signature.verify([SECRET], headers, body, AT.timestamp())
    delivery = HOOK.read(headers, body)
    assert (delivery.type, delivery.id, delivery.at) == (name, "msg_1", AT)
    assert HOOK.hears[delivery.type](delivery.payload) == (EVENTS[name],)
    for place in range(0, len(body), 7):
        altered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(Unsigned):
            HOOK.signature.verify([SECRET], headers, altered, AT.timestamp())
