import asyncio

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import (
    CartBought,
    CartId,
    Checkout,
    Confirmed,
    Order,
    OrderConfirmed,
    OrderPlaced,
    OrderRefused,
    Refused,
    Skipped,
)
from pawline.runtime import Question, Rehearsal, rehearsing
from pawline.testing import Balance, Movement, Vendors, VirtualTime, counts, money, players, stock
from pawline.testing.orders import SKUS, order


class Rehearsed:
    """What the flow answered, what it did, and what the vendors wrote down."""

    def __init__(self, placed: Order, in_stock: int = 5, cart: CartId | None = None) -> None:
        self.cart = cart
        self.vendors = Vendors(now=VirtualTime(), stock=dict.fromkeys(SKUS, in_stock))
        with rehearsing(players(self.vendors), answers=self.answer) as self.done:
            self.result = asyncio.run(self.rehearse(placed))
        self.effects = counts(self.vendors.effects())

    async def rehearse(self, placed: Order) -> Confirmed | Refused | Skipped:
        return await fulfil_order(OrderPlaced(order=placed, cart=self.cart))

    done: Rehearsal

    def answer(self, question: Question[str]) -> str:
        raise AssertionError(f"nobody should be asked {question.title!r}")


def test_an_order_is_confirmed_paid_and_told() -> None:
    placed = order(1, tenders=2, quantity=2)
    seen = Rehearsed(placed)
    assert seen.result == Confirmed(placed.id)
    assert seen.done.published == [OrderConfirmed(order=placed.id, household=placed.household)]
    assert seen.done.milestones == ["authorised", "confirmed"]
    assert seen.effects == {
        "Crm.upsert": 1, "Inventory.commit": 1, "Inventory.reserve": 1, "Marketing.send": 1, "Payments.authorize": 2,
        "Payments.capture": 2,
    }  # fmt: skip
    assert money(seen.vendors.effects()) == {"o1": Balance(authorised=4_000, captured=4_000)}
    assert stock(seen.vendors.effects()) == {"litter-5": Movement(reserved=2, committed=2)}


@pytest.mark.parametrize(
    ("declined", "in_stock", "because"), [(True, 5, "the bank said no"), (False, 0, "out of litter-5")]
)
def test_an_order_is_refused_with_everything_undone(declined: bool, in_stock: int, because: str) -> None:
    placed = order(1, tenders=2, declined=declined)
    seen = Rehearsed(placed, in_stock, CartId("c-1"))
    assert seen.result == Refused(placed.id, because)
    assert seen.done.published == [OrderRefused(order=placed.id, because=because, household=placed.household)]
    assert seen.done.milestones == [*([] if declined else ["authorised"]), "refused"]
    balance = money(seen.vendors.effects())["o1"]
    assert (balance.held, balance.captured, balance.refunded) == (0, 0, 0)
    assert [movement.held for movement in stock(seen.vendors.effects()).values()] == ([0] if in_stock else [])
    assert set(seen.effects) <= {"Inventory.reserve", "Inventory.release", "Payments.authorize", "Payments.void"}


def test_the_cart_of_a_confirmed_order_is_bought() -> None:
    placed = order(1)
    seen = Rehearsed(placed, cart=CartId("c-1"))
    assert seen.done.published == [
        OrderConfirmed(order=placed.id, household=placed.household),
        CartBought(cart=CartId("c-1"), order=placed.id, household=placed.household),
    ]


def test_an_order_without_a_household_is_confirmed_and_nobody_is_told() -> None:
    seen = Rehearsed(order(1, household=False))
    assert seen.result == Confirmed(order(1).id)
    assert seen.effects == {
        "Inventory.commit": 1, "Inventory.reserve": 1, "Payments.authorize": 1, "Payments.capture": 1,
    }  # fmt: skip


def test_an_adopted_order_is_neither_reserved_nor_charged_again() -> None:
    seen = Rehearsed(order(1, checkout=Checkout.ADOPTED))
    assert seen.result == Skipped("the shop's own checkout reserved and charged it")
    assert (seen.done.published, seen.done.steps, seen.effects) == ([], [], {})
