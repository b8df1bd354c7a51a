"""Flows and days to try the runtime's promises with: each ends in exactly known effects, wherever its hub dies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import (
    Confirmed,
    Envelope,
    HouseholdId,
    Letter,
    Medium,
    OrderConfirmed,
    OrderPaid,
    OrderPlaced,
    OrderRefused,
    Purpose,
    Refused,
    Skipped,
    public_name,
)  # fmt: skip
from pawline.ports import Crm, Inventory, Mail
from pawline.runtime import Flow, Question, ask, flow, now, publish, reached, sleep_until, use, wait_for
from pawline.testing import NOON, Told
from pawline.testing.orders import SHOP, SKUS, order, placed

QUESTION = "send the letter?"


@flow(on=OrderPlaced)
async def keep_for_pickup(event: OrderPlaced) -> Confirmed | Refused:
    """The goods are kept until they are paid, for a while, and handed over some time later."""
    bought = event.order
    inventory = use(Inventory)
    kept = await inventory.reserve(bought.id, bought.demand())
    paid = await wait_for(OrderPaid, key=bought.id, until=now() + timedelta(seconds=20))
    if paid is None:
        await inventory.release(kept)
        await publish(OrderRefused(order=bought.id, because="nobody paid"))
        return Refused(bought.id, "nobody paid")
    await sleep_until(now() + timedelta(seconds=1))
    await sleep_until(now() + timedelta(seconds=10))
    await inventory.commit(kept)
    await reached("handed over")
    await publish(OrderConfirmed(order=bought.id))
    return Confirmed(bought.id)


@flow(on=OrderPlaced)
async def write_if_allowed(event: OrderPlaced) -> Confirmed | Skipped:
    """A person decides whether a letter goes out; nobody can find out later whether it did."""
    household = event.order.household or HouseholdId("")
    if await ask(Question(QUESTION, choices=("yes", "no"))) == "no":
        return Skipped("a person said no")
    text = f"about {event.order.id}"
    letter = Letter(
        household=household, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, to="a@shop.example", text=text
    )
    await use(Mail).send(letter)
    await use(Crm).note(household, text)
    return Confirmed(event.order.id)


@dataclass(frozen=True)
class Trial:
    """A flow, what happens that day, and the exact effects and events that it ends in if nobody has to be asked."""

    name: str
    flow: Flow[Any, Any]
    events: Sequence[Told]
    effects: Mapping[str, int]
    published: Mapping[str, int]
    answers: Mapping[str, object] = field(default_factory=dict)
    asks: int = 0
    """The number of the request after whose death a person is asked, because nobody else can find out what happened."""
    stock: int = 5
    patience: float = 60.0


def _paid(number: int) -> Envelope:
    bought = order(number)
    paid = OrderPaid(order=bought.id, at=NOON, paid=bought.total)
    return Envelope(shop=SHOP, source="bank", id=f"paid-{bought.id}", at=NOON, event=paid)


ORDER = Told(0.0, placed(order(1, tenders=2)))
CONFIRMED = public_name(OrderConfirmed)
REFUSED = public_name(OrderRefused)

TRIALS = (
    Trial(
        "confirmed", fulfil_order, [ORDER], {
            "Crm.upsert": 1, "Inventory.commit": 1, "Inventory.reserve": 1, "Marketing.send": 1,
            "Payments.authorize": 2, "Payments.capture": 2,
        }, {CONFIRMED: 1},
    ),
    Trial(
        "refused and undone", fulfil_order, [Told(0.0, placed(order(1, tenders=3, declined=True)))], {
            "Inventory.release": 1, "Inventory.reserve": 1, "Payments.authorize": 2, "Payments.void": 2,
        }, {REFUSED: 1},
    ),
    Trial(
        "waited, slept, handed over", keep_for_pickup, [ORDER, Told(9.0, _paid(1))],
        {"Inventory.commit": 1, "Inventory.reserve": 1}, {CONFIRMED: 1}, patience=90.0,
    ),
    Trial(
        "waited in vain", keep_for_pickup, [ORDER], {"Inventory.release": 1, "Inventory.reserve": 1}, {REFUSED: 1},
        patience=90.0,
    ),
    Trial(
        "asked", write_if_allowed, [ORDER], {"Crm.note": 1, "Mail.send": 1}, {}, answers={QUESTION: "yes"}, asks=1,
    ),
)  # fmt: skip
BY_NAME = {trial.name: trial for trial in TRIALS}
STOCK = SKUS


def by_name(name: str) -> Trial:
    """The trial of this name: what hub processes are told to live."""
    return BY_NAME[name]
