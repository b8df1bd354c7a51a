"""A message has one sender, goes to those who agreed, and never speaks of the dead."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from pawline.flows.remember_a_pet import Remembered, remember_a_pet
from pawline.flows.telling import tell
from pawline.model import (
    Consent,
    Contact,
    Event,
    Household,
    HouseholdId,
    Item,
    Medium,
    Message,
    MessageId,
    Order,
    Person,
    PersonId,
    Pet,
    PetAdded,
    PetDied,
    PetId,
    Purpose,
    Sent,
    Skipped,
    SkuId,
    Species,
    Subscription,
    SubscriptionId,
    SubscriptionState,
    TicketId,
)  # fmt: skip
from pawline.ports import (
    Code,
    Households,
    How,
    Marketing,
    Orders,
    Rejected,
    Sender,
    Senders,
    Subscriptions,
    Ticket,
    TicketDraft,
    Urgency,
)
from pawline.runtime import Question, flow, rehearsing
from pawline.sandbox import Planned, messages
from pawline.testing import Own, Vendors, VirtualTime, counts, players
from pawline.testing.orders import order

ANN, REX, TOM = HouseholdId("h1"), PetId("rex"), PetId("tom")
REFILL = Message(name="refill", household=ANN, purpose=Purpose.REMINDERS, medium=Medium.EMAIL, pets=(TOM,))


@flow(on=PetAdded)
async def write_to(added: PetAdded) -> Sent | Skipped:
    """Writes what the test says."""
    return await tell(MESSAGE[-1])


MESSAGE: list[Message] = []


class Scene:
    def __init__(self, dead: tuple[PetId, ...] = (), orders: tuple[Order, ...] = (), **senders: Sender) -> None:
        self.vendors = Vendors(now=VirtualTime())
        own = Own(dead, senders, orders=orders)
        self.fakes = players(self.vendors) | {Senders: own, Households: own, Orders: own}
        self.asked: list[tuple[str, Any]] = []
        self.before: list[dict[str, int]] = []
        self.says = "leave it"

    def know(self) -> None:
        asyncio.run(self._know())

    async def _know(self) -> None:
        note = lambda *_, **__: "0"  # noqa: E731
        people = self.vendors._sides["Crm"]
        people.upsert(note, Household(id=ANN))
        people.upsert_pet(note, Pet(id=REX, household=ANN, species=Species.DOG))
        people.upsert_pet(note, Pet(id=TOM, household=ANN, species=Species.CAT))

    def play(self, function: Any, event: Event) -> Any:
        async def run() -> Any:
            return await function(event)

        with rehearsing(self.fakes, answers=self.answer) as self.done:
            return asyncio.run(run())

    def answer(self, question: Question[Any]) -> Any:
        self.asked.append((question.title, question.evidence))
        self.before.append(counts(self.vendors.effects()))
        return self.says

    def write(self, message: Message) -> Sent | Skipped:
        MESSAGE[:] = [message]
        told: Sent | Skipped = self.play(write_to, PetAdded(pet=Pet(id=TOM, household=ANN, species=Species.CAT)))
        return told

    def sent(self) -> list[str]:
        return list(messages(self.vendors.effects()))


def test_it_is_asked_of_the_marketing_tool_once() -> None:
    one = Scene()
    one.know()
    assert isinstance(one.write(REFILL), Sent)
    assert one.sent() == ["h1/refill"]
    assert one.done.steps == ["Senders.of", "Households.lost", "Crm.allows", "Marketing.send"]


@pytest.mark.parametrize(
    ("sender", "because"),
    [
        (Sender(message="refill", how=How.ITSELF, account="klaviyo/eu"), "klaviyo/eu sends it by itself"),
        (Sender(message="refill", how=How.NOBODY), "it is switched off"),
    ],
)
def test_what_another_sends_is_not_asked_for(sender: Sender, because: str) -> None:
    one = Scene(refill=sender)
    one.know()
    assert one.write(REFILL) == Skipped(because)
    assert (one.sent(), one.done.steps) == ([], ["Senders.of"])


def test_nobody_writes_about_the_dead_to_those_who_did_not_agree_or_said_no() -> None:
    one = Scene(dead=(TOM,))
    one.know()
    assert one.write(REFILL) == Skipped("it speaks of a pet that died")
    strangers = Scene()
    assert strangers.write(REFILL) == Skipped("they did not agree to reminders")
    no = Scene()
    no.know()
    tool = no.vendors.marketing
    withdrawn = Consent(
        household=ANN, purpose=Purpose.REMINDERS, granted=False, at=datetime(2026, 1, 1, tzinfo=UTC), source="tool"
    )
    tool.consent(lambda *_, **__: "0", withdrawn)
    assert no.write(REFILL) == Skipped("the marketing tool knows of a no: h1 is not to be written to")
    assert (one.sent(), strangers.sent(), no.sent()) == ([], [], [])


def test_a_recall_goes_out_over_every_no() -> None:
    one = Scene(dead=(TOM,))
    recall = msgspec.structs.replace(REFILL, name="recall", purpose=Purpose.SAFETY)
    assert isinstance(one.write(recall), Sent)
    assert one.sent() == ["h1/recall"]


def test_a_template_that_is_not_there_is_no_silence() -> None:
    class NoTemplate:
        async def send(self, _: Message) -> Any:
            raise Rejected("no such template", Code.NOT_FOUND)

    one = Scene()
    one.know()
    one.fakes[Marketing] = NoTemplate()
    with pytest.raises(Rejected, match="no such template"):
        one.write(REFILL)


class Stranger:
    """A tool that knows nobody until its Crm was told of them."""

    def __init__(self, vendors: Vendors, *, ever: bool = True) -> None:
        self._people, self._ever, self.asked = vendors._sides["Crm"], ever, 0

    async def send(self, message: Message) -> MessageId:
        self.asked += 1
        if not self._ever or message.household not in self._people._households:
            raise Rejected("nobody of that household", Code.NOT_FOUND)
        return MessageId("m1")


ADDRESS = Contact(email="ann@example.com")
ORDERED = msgspec.structs.replace(order(1), household=ANN, contact=ADDRESS, ship_to=None)
NOTICE = msgspec.structs.replace(REFILL, name="refund_notice", purpose=Purpose.TRANSACTION, pets=(), order=ORDERED.id)


def test_whom_the_tool_does_not_know_yet_is_introduced_by_their_order_and_written_to() -> None:
    one = Scene(orders=(ORDERED,))
    one.fakes[Marketing] = tool = Stranger(one.vendors)
    assert one.write(NOTICE) == Sent(MessageId("m1"))
    assert one.done.steps == ["Senders.of", "Marketing.send", "Orders.order", "Crm.upsert", "Marketing.send"]
    known = Household(id=ANN, people=(Person(id=PersonId(ANN), contact=ADDRESS),))
    assert one.vendors._sides["Crm"].household(ANN) == known
    assert tool.asked == 2


@pytest.mark.parametrize(
    ("orders", "message", "more"),
    [
        ((ORDERED,), msgspec.structs.replace(NOTICE, order=None), []),
        ((), NOTICE, ["Orders.order"]),
        ((msgspec.structs.replace(ORDERED, household=HouseholdId("h9")),), NOTICE, ["Orders.order"]),
        ((ORDERED,), NOTICE, ["Orders.order", "Crm.upsert", "Marketing.send"]),
    ],
    ids=["about no order", "an order of which nobody knows", "somebody else's by now", "not even then"],
)
def test_whom_nothing_introduces_is_refused_as_before(
    orders: tuple[Order, ...], message: Message, more: list[str]
) -> None:
    one = Scene(orders=orders)
    one.fakes[Marketing] = Stranger(one.vendors, ever=False)
    with pytest.raises(Rejected, match="nobody of that household"):
        one.write(message)
    assert one.done.steps == ["Senders.of", "Marketing.send", *more]


# -- a pet's death -----------------------------------------------------------------------------------------------


def autoship(number: int, *pets: PetId, household: HouseholdId = ANN) -> Subscription:
    return Subscription(
        id=SubscriptionId(f"a{number}"), household=household, state=SubscriptionState.ACTIVE, every_days=30,
        items=(Item(SkuId("chew-1"), 1),), next_on=date(2026, 12, 1), pets=pets,
    )  # fmt: skip


DIED = PetDied(pet=REX, household=ANN, on=date(2026, 11, 27), source="support")
CARD = TicketDraft(
    title="rex died: write a card", urgency=Urgency.NORMAL, household=ANN, pet=REX, tags=("loss",),
    text="Offer to take unopened food back without a return. No survey for 90 days.",
)  # fmt: skip


def test_a_death_stops_what_is_that_pets_and_nothing_else() -> None:
    one = Scene(dead=(REX,))
    one.know()
    for each in (autoship(1, REX), autoship(2, TOM), autoship(3), autoship(4, REX, household=HouseholdId("h2"))):
        one.vendors.autoships.add(each)
    for pet in (REX, TOM):
        one.vendors.marketing.plan(Planned(ANN, pet, "birthday", date(2026, 12, 1)))
    assert one.play(remember_a_pet, DIED) == Remembered(1, ("a1",), ())
    assert (one.asked, counts(one.vendors.effects())) == ([], {
        "Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1, "Subscriptions.end": 1
    })  # fmt: skip
    assert one.vendors.tickets.find_ticket(CARD) == Ticket(id=TicketId("t1"), title="rex died: write a card", open=True)
    states = {each: one.vendors.autoships.subscription(SubscriptionId(each)).state for each in ("a1", "a2", "a3", "a4")}
    assert states == {"a1": "ended", "a2": "active", "a3": "active", "a4": "active"}
    one.vendors.marketing.run(date(2026, 12, 1))
    assert one.sent() == ["tom/birthday"]
    pets = {pet.id: pet.died_on for pet in one.vendors._sides["Crm"].pets(ANN)}
    assert pets == {REX: date(2026, 11, 27), TOM: None}
    assert one.write(msgspec.structs.replace(REFILL, pets=(REX,))) == Skipped("it speaks of a pet that died")


@pytest.mark.parametrize(("says", "state"), [("leave it", "active"), ("end it", "ended")])
def test_an_autoship_that_feeds_another_too_is_a_persons_to_decide(says: str, state: str) -> None:
    one = Scene(dead=(REX,))
    one.know()
    one.says = says
    one.vendors.autoships.add(autoship(1, REX, TOM))
    one.vendors.autoships.add(autoship(2, REX))
    remembered = one.play(remember_a_pet, DIED)
    last = {"Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1, "Subscriptions.end": 1}
    assert one.before == [last]  # nothing that is certain waits for the answer
    ended, shared = ("a2", *(["a1"] if says == "end it" else [])), ("a1",) if says == "leave it" else ()
    assert remembered == Remembered(1, ended, shared)
    assert one.asked == [
        ("autoship a1 fed a pet that died and feeds 1 more", {"autoship": "a1", "feeds": [TOM], "items": {"chew-1": 1}})
    ]
    assert one.vendors.autoships.subscription(SubscriptionId("a1")).state == state


def test_an_autoship_whose_pets_are_all_dead_ends_without_a_question() -> None:
    one = Scene(dead=(REX, TOM))
    one.know()
    one.vendors.autoships.add(autoship(1, REX, TOM))
    assert one.play(remember_a_pet, DIED) == Remembered(1, ("a1",), ())
    assert one.asked == []


def test_what_has_ended_meanwhile_and_whom_the_crm_does_not_know_are_no_hindrance() -> None:
    class Gone:
        async def of(self, _: HouseholdId) -> tuple[Subscription, ...]:
            return (autoship(1, REX),)

        async def end(self, *_: Any) -> Subscription:
            raise Rejected("it is being charged", Code.TOO_LATE)

    one = Scene(dead=(REX,))
    one.fakes[Subscriptions] = Gone()
    assert one.play(remember_a_pet, DIED) == Remembered(1, ("a1",), ())
    assert counts(one.vendors.effects()) == {"Crm.note": 1, "Helpdesk.open": 1, "Marketing.suppress": 1}
