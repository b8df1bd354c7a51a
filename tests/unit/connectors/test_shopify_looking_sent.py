"""What left, moved, arrived, comes back, was declined, contested or decided, and nobody was told: it is found, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify import looking, looking_round, looking_sent
from pawline.connectors.shopify.hook import HOOK
from pawline.connectors.shopify.looking import ORDERS
from pawline.connectors.shopify.looking_disputes import DISPUTES
from pawline.connectors.shopify.looking_people import CONSENTS
from pawline.connectors.shopify.looking_round import ON_THE_WAY
from pawline.kit import Quarantined, Watch
from pawline.model import (
    ConsentChanged,
    Event,
    OrderId,
    OrderPaid,
    OrderPlaced,
    PaymentDeclined,
    PaymentDisputed,
    PaymentQuestioned,
    Payout,
    RefundFailed,
    RefundIssued,
    ReturnRequested,
    ReturnWithdrawn,
    ShipmentBooked,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentTracked,
    TenderId,
    TenderState,
)
from pawline.ports import Transient
from pawline.sandbox.shopify.orders import FAILURE, Transaction
from pawline.sandbox.shopify.placing import announce
from pawline.sandbox.shopify.since import Word
from tests.unit.connectors.shopify_looked import Scene, fail, tried
from tests.unit.sandbox.shopify_scene import eur, gid

ALL: tuple[Watch[Any], ...] = (ORDERS, ON_THE_WAY, CONSENTS, DISPUTES)
GOODS = (ShipmentBooked, ShipmentTracked, ShipmentDispatched, ShipmentDelivered, ShipmentDelayed)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_round, "PAUSE", 0.0)


class Ears:
    """What the shop's webhooks would have said, as events."""

    def __init__(self, one: Scene) -> None:
        self.events: list[Event] = []
        one.shopify.books.tell = self._tell

    def _tell(self, topic: str, make: Any) -> None:
        if topic in HOOK.hears:
            headers = [("X-Shopify-Topic", topic), ("X-Shopify-Event-Id", "e"), ("X-Shopify-Triggered-At", _iso())]
            read = HOOK.read(headers, msgspec.json.encode(make()))
            self.events += HOOK.hears[topic](read.payload)

    def facts(self, *kinds: type[Event]) -> set[str | None]:
        return {one.fact for one in self.events if isinstance(one, kinds)}


def _iso() -> str:
    return datetime.now(UTC).isoformat()


async def begun(one: Scene, *watches: Watch[Any]) -> None:
    """What there is by now is history."""
    for watch in watches or ALL:
        await one.watched(watch)


def of(events: list[Event], *kinds: type[Event]) -> list[Event]:
    """Each fact once, of these kinds."""
    return list({event.fact: event for event in events if isinstance(event, kinds)}.values())


def test_a_parcel_that_nobody_told_of_is_found_by_its_order_as_its_webhook_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "SETTLED", timedelta(days=-1))

    async def work(one: Scene) -> None:
        await begun(one)
        ears = Ears(one)
        name = one.place(1)
        one.happens("dispatch", order=name, carrier="DHL", tracking="T1")
        looked = of(await one.watched(ORDERS), *GOODS)
        assert looked == of(ears.events, *GOODS)  # to the last field
        assert [type(event) for event in looked] == [ShipmentBooked, ShipmentTracked, ShipmentDispatched]
        assert of(await one.watched(ORDERS), *GOODS) == []  # it did not change again

    tried(work)


def test_what_a_carrier_says_is_found_by_a_round_though_the_order_did_not_change() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        await begun(one)
        ears = Ears(one)
        (parcel,) = one.happens("dispatch", order=name)
        first = of(await one.watched(ON_THE_WAY), *GOODS)
        assert [type(event) for event in first] == [ShipmentBooked, ShipmentDispatched]
        assert of(await one.watched(ON_THE_WAY), *GOODS) == first  # within the margin; its facts are known
        one.happens("tracking", parcel=parcel, tracking="T9", carrier="DPD")
        one.happens("word", parcel=parcel, status="in_transit")
        expected = datetime.now(UTC).timestamp() + 86_400
        one.happens("word", parcel=parcel, status="delayed", expected=expected)
        one.happens("word", parcel=parcel, status="delivered")
        looked = of(await one.watched(ON_THE_WAY), *GOODS)
        assert {event.fact for event in looked} == ears.facts(*GOODS)
        (tracked,) = of(looked, ShipmentTracked)
        assert isinstance(tracked, ShipmentTracked)
        assert (tracked.shipment, tracked.carrier, tracked.tracking) == (parcel, "DPD", "T9")
        late = of(looked, ShipmentDelayed)
        assert late == of(ears.events, ShipmentDelayed)
        assert isinstance(late[0], ShipmentDelayed)
        assert late[0].expected_on == datetime.fromtimestamp(expected, UTC).date()
        assert [type(event) for event in of(looked, ShipmentDelivered)] == [ShipmentDelivered]

    tried(work)


def test_a_round_asks_for_what_changed_since_the_one_before_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_round, "AGAIN", timedelta())

    async def work(one: Scene) -> None:
        names = [one.place(number) for number in range(1, 54)]
        await begun(one, ON_THE_WAY)
        for name in names:
            one.happens("dispatch", order=name)
        first = await ON_THE_WAY.look(one.http, one.settings, one.cursors["parcels"])
        assert (first.more, len({each.event.subject for each in first.sightings})) == (True, 50)
        one.cursors["parcels"] = first.cursor
        rest = {event.subject for event in await one.watched(ON_THE_WAY)}
        assert {each.event.subject for each in first.sightings} | rest == set(names)
        for parcel in one.shopify.books.parcels.values():
            parcel.changed -= 5
        left = one.shopify.engine.bucket.left()
        assert await one.watched(ON_THE_WAY) == []
        assert one.shopify.engine.bucket.left() > left - 700  # two pages and three parts that hold nothing

    tried(work)


def test_a_return_is_found_when_it_is_asked_for_and_when_it_is_not_to_come() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        one.happens("dispatch", order=name)
        await begun(one)
        ears = Ears(one)
        asked = one.happens("return", order=name, why="too-tight")
        by_order = of(await one.watched(ORDERS), ReturnRequested)
        by_round = of(await one.watched(ON_THE_WAY), ReturnRequested)
        (heard,) = of(ears.events, ReturnRequested)
        assert by_order == by_round
        (looked,) = by_order
        assert isinstance(looked, ReturnRequested)
        assert isinstance(heard, ReturnRequested)
        assert looked.fact == heard.fact == f"return.requested/{asked}"
        assert (looked.order, looked.lines) == (heard.order, heard.lines)
        assert [(line.quantity, line.because) for line in looked.lines] == [(3, "too-tight"), (1, "too-tight")]
        one.happens("return", id=asked, status="canceled")
        gone = of(await one.watched(ORDERS), ReturnRequested, ReturnWithdrawn)
        assert [event.fact for event in gone] == [f"return.withdrawn/{asked}"]
        assert {event.fact for event in gone} == ears.facts(ReturnWithdrawn)

    tried(work)


def test_a_return_that_nobody_can_tell_in_a_parcel_takes_no_parcel_with_it() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        await begun(one, ON_THE_WAY)
        ears = Ears(one)
        one.happens("dispatch", order=name)
        asked = one.happens("return", order=name)
        answer = one.shopify.engine.answer

        def unverified(text: str, given: dict[str, Any], called: str | None = None) -> Any:
            said = answer(text, given, called)
            for back in ((said["data"].get("order") or {}).get("returns") or {}).get("nodes", ()):
                for line in back["returnLineItems"]["nodes"]:
                    line.pop("fulfillmentLineItem", None)
            return said

        one.shopify.engine.answer = unverified  # type: ignore[method-assign,assignment]
        seen = await ON_THE_WAY.look(one.http, one.settings, one.cursors["parcels"])
        told = [each.event for each in seen.sightings]
        assert {event.fact for event in told} == ears.facts(*GOODS)
        assert [type(event) for event in told] == [ShipmentBooked, ShipmentDispatched]
        assert seen.quarantined == (Quarantined(f"order {name}", f"order {name}: return {asked} is of nothing"),)

    tried(work)


@pytest.mark.parametrize("code", ["INTERNAL_SERVER_ERROR", "TIMEOUT"])
def test_one_order_at_which_shopify_fails_does_not_end_the_round_and_is_asked_once_more(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(one: Scene) -> None:
        names = [one.place(number) for number in range(1, 4)]
        await begun(one, ON_THE_WAY)
        for name in names:
            one.happens("dispatch", order=name)
        answer = one.shopify.engine.answer
        fail(one, code, names[0])

        async def round_() -> tuple[set[str], list[Quarantined]]:
            seen, bad = set[str](), list[Quarantined]()
            while True:
                page = await ON_THE_WAY.look(one.http, one.settings, one.cursors["parcels"])
                one.cursors["parcels"] = page.cursor
                seen |= {each.event.subject for each in page.sightings}
                bad += page.quarantined
                if not page.more:
                    return seen, bad

        monkeypatch.setattr(looking_round, "AGAIN", timedelta(seconds=-10))  # nothing is seen by two rounds
        assert await round_() == (set(names[1:]), [])
        one.shopify.engine.answer = answer  # type: ignore[method-assign]
        assert await round_() == ({names[0]}, [])
        assert await round_() == (set(), [])
        fail(one, code, names[0])
        for parcel in one.shopify.books.parcels.values():
            parcel.changed += 60
        assert (await round_())[1] == []
        why = "PawlineSent: Shopify failed, and does not say at what"
        assert (await round_())[1] == [Quarantined(f"order {names[0]}", why)]

    tried(work)


def test_where_shopify_fails_at_all_of_many_the_round_is_made_again() -> None:
    async def work(one: Scene) -> None:
        names = [one.place(number) for number in range(1, 4)]
        await begun(one, ON_THE_WAY)
        for name in names:
            one.happens("dispatch", order=name)
        fail(one, "INTERNAL_SERVER_ERROR", *names)
        with pytest.raises(Transient, match="Shopify failed"):
            await one.watched(ON_THE_WAY)

    tried(work)


def test_a_declined_payment_is_found_by_its_order() -> None:
    async def work(one: Scene) -> None:
        await begun(one)
        ears = Ears(one)
        name = one.place(1)
        one.happens("decline", order=name)
        looked = of(await one.watched(ORDERS), PaymentDeclined)
        assert len(looked) == 1
        assert looked == of(ears.events, PaymentDeclined)

    tried(work)


def test_a_refund_that_was_on_its_way_and_is_refused_is_heard_and_found() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        await begun(one)
        ears, books, kept = Ears(one), one.shopify.books, one.kept(name)
        made = Transaction(
            id=books.number(), kind="REFUND", status="PENDING", gateway="shopify_payments", amount=eur(500),
            at=books.now(), parent=kept.transactions[0].id,
        )  # fmt: skip
        kept.transactions.append(made)
        books.touched(kept)
        announce(books, kept, made)
        assert of([*ears.events, *await one.watched(ORDERS)], RefundFailed) == []
        made.status = FAILURE
        kept.changed += 5
        announce(books, kept, made)
        looked = of(await one.watched(ORDERS), RefundFailed)
        (refused,) = looked
        assert looked == of(ears.events, RefundFailed)
        assert isinstance(refused, RefundFailed)
        assert (refused.order, refused.transaction, refused.amount) == (name, str(made.id), eur(500))
        assert refused.because == "card_declined"

    tried(work)


def test_a_chargeback_is_found_and_an_inquiry_when_it_has_become_one() -> None:
    async def work(one: Scene) -> None:
        name = one.place(1)
        await begun(one)
        ears = Ears(one)
        asked = one.happens("dispute", order=name, type="inquiry")
        looked = await one.watched(DISPUTES)
        assert looked == of(ears.events, PaymentQuestioned)
        assert [event.fact for event in looked] == [f"payment.questioned/{asked}"]
        one.shopify.books.disputes[int(asked)].at -= 86_400  # it began long ago, and changes now
        one.happens("dispute", id=asked, type="chargeback")
        looked = await one.watched(DISPUTES)
        assert looked == of(ears.events, PaymentDisputed)
        assert [event.fact for event in looked] == [f"payment.disputed/{asked}"]

    tried(work)


def test_without_the_scope_for_disputes_nobody_looks_for_them() -> None:
    async def work(one: Scene) -> None:
        door = one.shopify.door
        one.happens("dispute", order=one.place(1))
        door.scopes = frozenset(door.scopes - {"read_shopify_payments_disputes"})
        assert await one.watched(DISPUTES) == []

    tried(work)


def test_a_decision_on_marketing_is_found_and_what_was_decided_before_is_history() -> None:
    async def work(one: Scene) -> None:
        one.place(1)
        one.happens("consent", email="ann1@example.com", state="subscribed")
        one.shopify.books.people[next(iter(one.shopify.books.people))].decided = datetime.now(UTC).timestamp() - 5
        await begun(one, CONSENTS)
        for number in range(2, 60):
            one.place(number)
        ears = Ears(one)
        one.happens("consent", email="ann2@example.com", state="subscribed")
        one.happens("consent", email="ann3@example.com", state="unsubscribed")
        one.happens("consent", email="ann4@example.com", state="pending")
        looked = of(await one.watched(CONSENTS), ConsentChanged)
        assert {event.fact: event for event in looked} == {event.fact: event for event in ears.events}
        assert sorted(event.consent.granted for event in looked if isinstance(event, ConsentChanged)) == [False, True]

    tried(work)


def test_a_walk_over_customers_ends_where_the_one_before_began() -> None:
    async def work(one: Scene) -> None:
        for number in range(1, 120):
            one.place(number)
        people = list(one.shopify.books.people.values())
        for person in people:  # of long ago
            person.changed -= 3_600
        await begun(one, CONSENTS)
        people[0].changed = people[0].decided = datetime.now(UTC).timestamp()
        people[0].agreed = "SUBSCRIBED"
        seen = await CONSENTS.look(one.http, one.settings, one.cursors["consents"])
        assert (len(seen.sightings), seen.more) == (1, False)  # the first page holds older ones

    tried(work)


def test_a_parcel_that_was_called_off_tells_nothing() -> None:
    async def work(one: Scene) -> None:
        await begun(one)
        name = one.place(1)
        (parcel,) = one.happens("dispatch", order=name)
        one.shopify.books.parcels[int(parcel)].status = "CANCELLED"
        assert of(await one.watched(ORDERS), *GOODS) == []

    tried(work)


REFUND = """mutation ($order: ID!, $paid: ID!) {
  refundCreate(input: { orderId: $order, note: "goodwill", transactions: [{ orderId: $order, parentId: $paid,
    amount: "10.00", gateway: "shopify_payments", kind: REFUND }] }) @idempotent(key: "k") {
    userErrors { message } } }"""
CAPTURE = """mutation ($order: ID!, $held: ID!) {
  orderCapture(input: { id: $order, parentTransactionId: $held, amount: "50.00", currency: EUR }) {
    transaction { id } userErrors { message } } }"""


def test_a_refund_of_what_was_captured_names_the_tender_that_the_order_has() -> None:
    async def work(one: Scene) -> None:
        await begun(one, ORDERS)
        ears = Ears(one)
        name = one.place(1, state=TenderState.AUTHORISED)
        held = gid("OrderTransaction", one.shopify.books.orders[int(name)].transactions[0].id)
        taken = one.ask(CAPTURE, order=gid("Order", name), held=held)["orderCapture"]["transaction"]["id"]
        one.ask(REFUND, order=gid("Order", name), paid=taken)
        looked = of(await one.watched(ORDERS), RefundIssued)
        (heard,) = of(ears.events, RefundIssued)
        whole = await one.shop.order(OrderId(name))
        assert isinstance(looked[0], RefundIssued)
        assert isinstance(heard, RefundIssued)
        assert looked[0].refund.payouts == heard.refund.payouts == (Payout(TenderId(taken[-13:]), eur(1_000)),)
        assert whole.refunds[0].payouts == heard.refund.payouts
        states = {tender.id: tender.state for tender in whole.tenders}
        assert states[heard.refund.payouts[0].tender] is TenderState.CAPTURED

    tried(work)


def test_parcels_that_cannot_be_read_take_nothing_else_of_their_order_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work(one: Scene) -> None:
        await begun(one, ORDERS)
        names = [one.place(number) for number in range(1, 4)]
        for name in names:
            (parcel,) = one.happens("dispatch", order=name)
            told = Word(id=1, status="CONFIRMED", at=one.shopify.books.now())
            one.shopify.books.parcels[int(parcel)].words.append(told)
        one.shopify.books.parcels[int(parcel)].words[-1].status = "READY_FOR_PICKUP"
        monkeypatch.setitem(looking_sent._SHOWN, "CONFIRMED", "on_the_moon")
        seen = await ORDERS.look(one.http, one.settings, one.cursors["orders"])
        assert [aside.where for aside in seen.quarantined] == [f"order {name}" for name in names[:2]]
        kinds = [type(each.event) for each in seen.sightings]
        assert kinds == [OrderPlaced, OrderPaid, OrderPlaced, OrderPaid, OrderPlaced, OrderPaid, ShipmentBooked]

    tried(work)


def test_what_is_of_no_kind_that_is_known_is_set_aside_and_the_rest_is_seen() -> None:
    """Which the version's schema does not have yet: so the answer is one of our own."""

    async def work(one: Scene) -> None:
        await begun(one, CONSENTS, DISPUTES)
        now = datetime.now(UTC).isoformat()
        page = {"pageInfo": {"hasNextPage": False, "endCursor": None}}
        dispute = {
            "id": gid("ShopifyPaymentsDispute", 7), "type": "QUARREL", "status": "NEEDS_RESPONSE", "initiatedAt": now,
            "amount": {"amount": "1.00", "currencyCode": "EUR"}, "reasonDetails": {"reason": "GENERAL"},
            "order": {"id": gid("Order", 1)}, "evidenceDueBy": None,
        }  # fmt: skip
        mail = {"emailAddress": "ann@example.com", "marketingUpdatedAt": now}
        people = [
            {"id": gid("Customer", no), "updatedAt": now, "defaultEmailAddress": mail | {"marketingState": state}}
            for no, state in ((8, "MAYBE"), (9, "SUBSCRIBED"))
        ]
        real = one.shopify.engine.answer

        def answer(text: str, given: Any, operation: str | None = None) -> Any:
            if "PawlineDisputes" in text:
                return {"data": {"disputes": page | {"nodes": [dispute, dispute | {"type": "CHARGEBACK"}]}}}
            return {"data": {"customers": page | {"nodes": people}}} if "PawlineConsents" in text else real(text, given)

        one.shopify.engine.answer = answer  # type: ignore[method-assign]
        seen = await DISPUTES.look(one.http, one.settings, one.cursors["disputes"])
        assert [aside.where for aside in seen.quarantined] == ["dispute 7"]
        seen = await CONSENTS.look(one.http, one.settings, one.cursors["consents"])
        assert [aside.where for aside in seen.quarantined] == ["customer 8"]
        assert [type(each.event) for each in seen.sightings] == [ConsentChanged]
        again = await CONSENTS.look(one.http, one.settings, seen.cursor)
        assert (again.quarantined, len(again.sightings)) == ((), 1)  # within the margin; its fact is known

    tried(work)
