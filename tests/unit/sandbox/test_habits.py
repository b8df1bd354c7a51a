"""What the vendors do by themselves: renewals, mails of their own, and how they are stopped."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from pawline.model import (
    Address,
    Consent,
    HouseholdId,
    Item,
    Medium,
    Message,
    Order,
    OrderId,
    PetId,
    Purpose,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)
from pawline.ports import Code, FulfilmentRequest, Occurrence, PortError, Rejected, Suppression
from pawline.sandbox import Desk, Hooks, Mishaps, Planned, Vendors, messages
from pawline.sandbox import Subscription as Subscriber
from pawline.sandbox.habits import Habits
from pawline.testing.orders import order

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
TODAY = NOW.date()
ANN = HouseholdId("h1")
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
REX, TOM = PetId("rex"), PetId("tom")
MONTHLY = Subscription(
    id=SubscriptionId("a1"), household=ANN, state=SubscriptionState.ACTIVE, every_days=30,
    items=(Item(SkuId("chew-1"), 2), Item(SkuId("kibble-10"), 1)), next_on=date(2026, 11, 30), pets=(REX,),
)  # fmt: skip


class Scene:
    def __init__(self) -> None:
        self.vendors = Vendors(now=NOW.timestamp)
        self.desk = Desk(self.vendors, "tok")
        self.told: list[tuple[str, Any]] = []
        self.desk.hooks.tell = lambda kind, data: self.told.append((kind, data))  # type: ignore[method-assign,assignment]

    def note(self, business: str, **given: Any) -> str:
        return self.vendors.did("test", business, **given)

    def did(self) -> list[tuple[str, str, bool]]:
        return [(one.operation, one.business, one.again) for one in self.vendors.effects()]


def test_a_renewal_is_an_order_in_the_shop_once_a_day_and_moves_on_by_its_rhythm() -> None:
    one = Scene()
    renewing = one.desk.renewing
    renewing.start(MONTHLY)
    assert renewing.renew(date(2026, 11, 29)) == 0
    assert (renewing.renew(date(2026, 11, 30)), renewing.renew(date(2026, 11, 30))) == (1, 0)
    assert one.vendors.autoships.subscription(MONTHLY.id).next_on == date(2026, 12, 30)
    assert [kind for kind, _ in one.told] == ["subscription.started", "order.placed"]
    placed: Order = one.told[1][1]["order"]
    assert (placed.id, placed.channel, placed.household, placed.total.minor) == (
        "a1-2026-11-30", "subscription", "h1", 3_000
    )  # fmt: skip
    assert [(line.sku, line.quantity, line.subscription, line.pets) for line in placed.lines] == [
        ("chew-1", 2, "a1", (REX,)), ("kibble-10", 1, "a1", (REX,))
    ]  # fmt: skip
    assert one.did() == [("Shop.charged", "a1-2026-11-30/t1", False)]


def test_what_is_due_is_told_once_a_charge_and_mailed_only_where_that_is_switched_on() -> None:
    one = Scene()
    renewing = one.desk.renewing
    renewing.start(MONTHLY)
    assert [renewing.look(day) for day in (date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24))] == [0, 1, 0]
    assert one.told[1:] == [
        ("subscription.renewal_due", {"subscription": "a1", "household": "h1", "on": date(2026, 11, 30)})
    ]
    assert one.did() == []
    renewing.mails = True
    renewing.renew(date(2026, 11, 30))
    renewing.look(date(2026, 12, 24))
    assert one.did() == [
        ("Shop.charged", "a1-2026-11-30/t1", False), ("Subscriptions.mailed", "a1/renewal_reminder", False)
    ]  # fmt: skip


def test_a_change_is_what_it_is_to_be_and_again_changes_nothing() -> None:
    one = Scene()
    autoships, note = one.vendors.autoships, one.note
    one.desk.renewing.start(MONTHLY)
    later = date(2026, 12, 7)
    for _ in range(2):
        assert autoships.move(note, MONTHLY.id, later).next_on == later
    assert (
        refused(lambda: autoships.move(note, MONTHLY.id, date(2026, 12, 6))) is Code.TOO_LATE
    )  # they would pay sooner
    for _ in range(2):
        more = autoships.set_quantity(note, MONTHLY.id, Item(SkuId("chew-1"), 3))
        assert [item.quantity for item in more.items] == [3, 1]
    assert refused(lambda: autoships.set_quantity(note, MONTHLY.id, Item(SkuId("x"), 3))) is Code.NOT_FOUND
    for _ in range(2):
        swapped = autoships.swap(note, MONTHLY.id, SkuId("chew-1"), Item(SkuId("chew-2"), 1))
        assert [item.sku for item in swapped.items] == ["chew-2", "kibble-10"]
    for _ in range(2):
        assert autoships.pause(note, MONTHLY.id, None).state is SubscriptionState.PAUSED
    assert autoships.due(date(2027, 1, 1), None).subscriptions == ()
    for _ in range(2):
        assert autoships.resume(note, MONTHLY.id, later).next_on == later
    assert autoships.due(date(2027, 1, 1), None).subscriptions == (MONTHLY.id,)
    for _ in range(2):
        assert autoships.end(note, MONTHLY.id, "moved away").ended_because == "moved away"
    assert [again for _, _, again in one.did()] == [False, True] * 6
    assert [kind for kind, _ in one.told] == [
        "subscription.started",
        *["subscription.changed"] * 5,
        "subscription.ended",
    ]
    assert autoships.of(ANN) == ()
    assert refused(lambda: autoships.move(note, MONTHLY.id, later)) is Code.TOO_LATE
    assert refused(lambda: autoships.move(note, SubscriptionId("a2"), later)) is Code.NOT_FOUND
    assert refused(lambda: one.desk.renewing.start(MONTHLY)) is Code.CONFLICT


def test_a_charge_is_skipped_once_and_one_that_was_made_or_is_not_planned_is_not() -> None:
    one = Scene()
    autoships, note, first = one.vendors.autoships, one.note, date(2026, 11, 30)
    one.desk.renewing.start(MONTHLY)
    assert refused(lambda: autoships.skip(note, MONTHLY.id, date(2026, 12, 1))) is Code.NOT_FOUND
    for _ in range(2):
        assert autoships.skip(note, MONTHLY.id, first).next_on == date(2026, 12, 30)
    assert one.desk.renewing.renew(first) == 0
    assert one.desk.renewing.renew(date(2026, 12, 30)) == 1
    assert refused(lambda: autoships.skip(note, MONTHLY.id, date(2026, 12, 30))) is Code.TOO_LATE
    assert [(name, again) for _, name, again in one.did() if name.startswith("a1/")] == [
        ("a1/skipped/2026-12-30", False), ("a1/skipped/2026-12-30", True)
    ]  # fmt: skip


def refused(call: Any) -> Code:
    with pytest.raises(Rejected) as no:
        call()
    assert isinstance(no.value, PortError)
    return no.value.code


def test_pages_of_what_is_due_go_on_to_the_end() -> None:
    one = Scene()
    for number in range(205):
        one.desk.renewing.start(msgspec.structs.replace(MONTHLY, id=SubscriptionId(f"a{number}")))
    found: list[str] = []
    after: str | None = None
    pages = 0
    while True:
        page = one.vendors.autoships.due(date(2026, 11, 30), after)
        found += page.subscriptions
        after, pages = page.after, pages + 1
        if after is None:
            break
    assert (pages, len(found), len(set(found))) == (3, 205, 205)


def message(purpose: Purpose, *pets: PetId, name: str = "refill") -> Message:
    return Message(name=name, household=ANN, purpose=purpose, medium=Medium.EMAIL, pets=pets)


def test_the_tool_honours_a_no_a_suppression_and_lets_a_recall_through() -> None:
    one = Scene()
    tool, note = one.vendors.marketing, one.note
    tool.send(note, message(Purpose.REMINDERS, REX))
    tool.suppress(note, Suppression(household=ANN, because="Rex died", pet=REX))
    assert refused(lambda: tool.send(note, message(Purpose.REMINDERS, REX))) is Code.NOT_ALLOWED
    assert refused(lambda: tool.send(note, message(Purpose.REMINDERS, TOM, REX))) is Code.NOT_ALLOWED
    tool.send(note, message(Purpose.REMINDERS, TOM))
    no = Consent(household=ANN, purpose=Purpose.REMINDERS, granted=False, at=NOW, source="klaviyo")
    tool.consent(note, no)
    assert refused(lambda: tool.send(note, message(Purpose.REMINDERS, TOM))) is Code.NOT_ALLOWED
    tool.send(note, message(Purpose.TRANSACTION, name="order_confirmation"))
    tool.send(note, message(Purpose.SAFETY, REX, name="recall"))
    tool.suppress(note, Suppression(household=ANN, because="asked us to"))
    assert refused(lambda: tool.send(note, message(Purpose.TRANSACTION))) is Code.NOT_ALLOWED
    tool.send(note, message(Purpose.SAFETY, name="recall"))


def test_its_own_flow_sends_once_an_occurrence_and_what_was_planned_only_for_the_living() -> None:
    one = Scene()
    tool = one.vendors.marketing
    tool.flows = {"Placed Order": "order_confirmation"}
    happened = Occurrence(name="Placed Order", key="order.placed/o1", at=NOW, household=ANN, values={"order": "o1"})
    for _ in range(2):
        tool.track(one.note, happened)
    tool.track(one.note, msgspec.structs.replace(happened, name="Viewed Product", key="v1"))
    for pet in (REX, TOM):
        tool.plan(Planned(ANN, pet, "birthday", TODAY))
        tool.plan(Planned(ANN, pet, "refill", date(2026, 12, 24)))
    tool.suppress(one.note, Suppression(household=ANN, because="Rex died", pet=REX))
    tool.run(TODAY)
    tool.run(TODAY)
    assert messages(one.vendors.effects()) == {
        "o1/order_confirmation": ["Marketing.mailed"], "tom/birthday": ["Marketing.mailed"]
    }  # fmt: skip
    tool.run(date(2026, 12, 24))
    assert list(messages(one.vendors.effects())) == ["o1/order_confirmation", "tom/birthday", "tom/refill"]


def test_two_senders_of_one_message_are_seen_in_the_ledger() -> None:
    one = Scene()
    one.desk.shop.confirms = True
    one.desk.shop.place(order(1))
    confirmation = msgspec.structs.replace(message(Purpose.TRANSACTION, name="order_confirmation"), order=OrderId("o1"))
    one.vendors.marketing.send(partial(one.vendors.did, "Marketing.send"), confirmation)
    assert messages(one.vendors.effects()) == {"o1/order_confirmation": ["Shop.mailed", "Marketing.send"]}


def test_habits_are_refused_where_they_are_misspelt() -> None:
    with pytest.raises(msgspec.ValidationError, match="shop_confirm"):
        msgspec.json.decode(b'{"shop_confirm": true}', type=Habits)


def test_a_part_that_is_held_keeps_no_other_from_leaving() -> None:
    one = Scene()
    depot, shop = one.vendors.depot, one.desk.shop
    shop.place(order(1))
    asked = [
        depot.request(
            one.note, FulfilmentRequest(order=OrderId("o1"), part=part, items=order(1).demand(), ship_to=HOME)
        )
        for part in ("a", "b")
    ]
    hold = depot.hold(one.note, asked[1], "recall")
    assert len(shop.dispatch(OrderId("o1"))) == 1
    assert refused(lambda: shop.dispatch(OrderId("o1"))) is Code.CONFLICT
    depot.release(one.note, hold)
    assert len(shop.dispatch(OrderId("o1"))) == 1
    assert [kind for kind, _ in one.told] == ["order.placed", "shipment.dispatched", "shipment.dispatched"]


def test_a_sandbox_that_was_started_again_gives_no_id_twice() -> None:
    async def ids() -> list[str]:
        hooks = Hooks(NOW.timestamp, Mishaps(lost=1.0))
        hooks.subscription = Subscriber(url="http://127.0.0.1:1", secret="whsec_" + "a" * 32)
        for _ in range(2):
            hooks.tell("bell", {})
        return hooks.lost

    first, second = asyncio.run(ids()), asyncio.run(ids())
    assert len({*first, *second}) == 4
