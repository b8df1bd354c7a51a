from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from pawline.model import OrderId, Tender
from pawline.ports import (
    Attempt,
    Authorisation,
    Code,
    Inventory,
    Payments,
    PortError,
    Rejected,
    Reservation,
    Transient,
    attempting,
)
from pawline.testing import Balance, Fault, Faults, Movement, Vendors, VirtualTime, counts, money, players, stock
from pawline.testing.orders import order

R = TypeVar("R")
LIFE = timedelta(hours=1)


class Desk:
    """One shopper's order at vendors whose faults a test decides."""

    def __init__(self, **at: Fault) -> None:
        self.time = VirtualTime()
        plan = Faults(at={int(number[1:]): fault for number, fault in at.items()})
        self.vendors = Vendors(now=self.time, stock={"litter-5": 2}, faults=plan, key_life=LIFE)
        self.ports: dict[type[Any], Any] = players(self.vendors)
        self.order = order(1)

    def run(self, work: Callable[[], Awaitable[R]], key: str = "k1") -> R:
        attempt = Attempt(key, 1, datetime.now(UTC), "paws", "pretended")

        async def attempted() -> R:
            with attempting(attempt):
                return await work()

        loop = self.time.loop()
        try:
            return loop.run_until_complete(attempted())
        finally:
            loop.close()

    def authorize(self, key: str = "k1", tender: Tender | None = None) -> Authorisation:
        payments: Payments = self.ports[Payments]
        return self.run(lambda: payments.authorize(self.order.id, tender or self.order.tenders[0]), key)

    def reserve(self) -> Reservation:
        inventory: Inventory = self.ports[Inventory]
        return self.run(lambda: inventory.reserve(self.order.id, self.order.demand()))

    def effects(self) -> dict[str, int]:
        return counts(self.vendors.effects())


def code(work: Callable[[], object]) -> Code:
    with pytest.raises(PortError) as caught:
        work()
    return caught.value.code


def test_a_known_key_has_its_effect_once_and_its_answer_always() -> None:
    desk = Desk()
    assert desk.authorize() == desk.authorize()
    assert desk.effects() == {"Payments.authorize": 1}


def test_another_key_is_another_effect() -> None:
    desk = Desk()
    assert desk.authorize("k1") != desk.authorize("k2")
    assert desk.effects() == {"Payments.authorize": 2}


def test_a_key_is_forgotten_after_its_life() -> None:
    desk = Desk()
    desk.authorize()
    desk.time.passed += LIFE.total_seconds() - 1
    desk.authorize()
    assert desk.effects() == {"Payments.authorize": 1}
    desk.time.passed += 2
    desk.authorize()
    assert desk.effects() == {"Payments.authorize": 2}


def test_a_key_with_other_arguments_is_refused() -> None:
    desk = Desk()
    desk.authorize()
    assert code(lambda: desk.authorize(tender=order(2, quantity=2).tenders[0])) is Code.KEY_REUSED
    assert desk.effects() == {"Payments.authorize": 1}


def test_a_late_effect_happens_three_seconds_later_and_its_key_is_in_progress_until_then() -> None:
    desk = Desk(n1=Fault.LATE)
    assert code(desk.authorize) is Code.DISCONNECTED
    assert (code(desk.authorize), desk.effects()) == (Code.IN_PROGRESS, {})
    desk.time.passed += 3.1
    assert desk.effects() == {"Payments.authorize": 1}
    assert desk.authorize().order == OrderId("o1")
    assert desk.effects() == {"Payments.authorize": 1}


def test_a_stored_error_is_repeated_for_its_key_and_the_look_up_tells_the_truth() -> None:
    desk = Desk(n1=Fault.STORED_ERROR)
    assert (code(desk.authorize), code(desk.authorize)) == (Code.UNAVAILABLE, Code.UNAVAILABLE)
    found = desk.run(lambda: desk.ports[Payments].find_authorisation(desk.order.id, desk.order.tenders[0]))
    assert (found.amount, desk.effects()) == (desk.order.total, {"Payments.authorize": 1})


@pytest.mark.parametrize(
    ("fault", "happens", "says"),
    [
        (Fault.LIMITED, 0, Code.RATE_LIMITED),
        (Fault.UNAVAILABLE, 0, Code.UNAVAILABLE),
        (Fault.UNHEARD, 0, Code.DISCONNECTED),
        (Fault.BROKEN, 1, Code.DISCONNECTED),
    ],
)
def test_what_a_fault_does(fault: Fault, happens: int, says: Code) -> None:
    desk = Desk(n1=fault)
    assert code(desk.reserve) is says
    assert sum(desk.effects().values()) == happens
    desk.reserve()
    assert sum(desk.effects().values()) == happens + 1


def test_a_silent_vendor_does_it_and_never_answers() -> None:
    desk = Desk(n1=Fault.SILENT)

    async def wait_a_while() -> None:
        async with asyncio.timeout(60):
            await desk.ports[Inventory].reserve(desk.order.id, desk.order.demand())

    with pytest.raises(TimeoutError):
        desk.run(wait_a_while)
    assert desk.effects() == {"Inventory.reserve": 1}


def test_a_429_says_when_to_come_again() -> None:
    with pytest.raises(Transient) as caught:
        Desk(n1=Fault.LIMITED).reserve()
    assert caught.value.retry_after == timedelta(seconds=0.2)


def test_stock_without_keys_is_reserved_twice_and_runs_out() -> None:
    desk = Desk()
    assert [desk.reserve().reference, desk.reserve().reference] == ["1", "2"]
    with pytest.raises(Rejected, match="out of litter-5"):
        desk.reserve()
    assert stock(desk.vendors.effects()) == {"litter-5": Movement(reserved=2)}


def test_giving_back_twice_gives_back_once() -> None:
    desk = Desk()
    kept, held = desk.reserve(), desk.authorize()
    for _ in range(2):
        desk.run(lambda: desk.ports[Inventory].release(kept))
        desk.run(lambda: desk.ports[Payments].void(held))
    assert stock(desk.vendors.effects()) == {"litter-5": Movement(reserved=1, released=1)}
    assert money(desk.vendors.effects()) == {"o1": Balance(authorised=1_000, voided=1_000)}
    assert desk.vendors.warehouse.free == {"litter-5": 2}


def test_chance_is_the_same_from_the_same_seed() -> None:
    def drawn(seed: int) -> list[object]:
        dice = Faults(seed=seed, rates={Fault.BROKEN: 0.3, Fault.LATE: 0.3}, latency=1.0).dice()
        return [dice.draw() for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)
