"""A stock file that is hours late never sells what is gone; believing it as it comes would."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.flows import offer_stock as module
from pawline.flows.offer_stock import offer_stock
from pawline.model import Checkout, LocationId, Order, OrderPlaced, SkuId, StockCounted, StockLevel
from pawline.ports import Rejected
from pawline.testing import counts
from pawline.testing.orders import order
from tests.flows.house import House, TimePassed, sleeps_until_told

CHEW = SkuId("chew-1")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARD", timedelta(seconds=0.3))


def count(on_hand: int, as_of: datetime, safety: int = 0, place: str = "main") -> StockCounted:
    level = StockLevel(sku=CHEW, location=LocationId(place), on_hand=on_hand, as_of=as_of, safety=safety)
    return StockCounted(level=level)


class Shop:
    """A shop that sells by its own figure; its webhooks come late, and in another order."""

    def __init__(self, house: House, left: int) -> None:
        self.house, self.vendors = house, house.vendors
        self.vendors.warehouse.free = self.vendors.shop.stock = {"chew-1": left}
        self.vendors.shop.counts = True
        self.sold = self.number = 0
        self.unheard: list[Order] = []

    def buy(self, quantity: int = 1) -> bool:
        self.number += 3
        placed = order(self.number - 1, quantity=quantity, checkout=Checkout.ADOPTED, placed_at=datetime.now(UTC))
        try:
            self.vendors.shop.place(placed)
        except Rejected:
            return False
        self.sold += quantity
        self.unheard.append(placed)
        return True

    async def heard(self) -> None:
        self.unheard.reverse()
        await self.house.tell(*(OrderPlaced(order=one) for one in self.unheard))
        self.unheard = []

    @property
    def left(self) -> int:
        return self.vendors.shop.stock["chew-1"]


async def offered(house: House) -> dict[str, Any]:
    await house.rest()
    told: dict[str, Any] = (await house.outcomes())["offer_stock chew-1"]
    return told


async def test_orders_that_the_file_does_not_contain_stay_off_the_figure_heard_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sleeps_until_told(monkeypatch, module)
    async with asyncio.timeout(60), House((offer_stock,)) as house:
        shop = Shop(house, 50)
        for _ in range(10):
            shop.buy()
        await shop.heard()
        counted_at = datetime.now(UTC)  # the ERP counts 40 here; the file comes much later, and 20 came in meanwhile
        await asyncio.sleep(0.01)
        for _ in range(5):
            shop.buy(2)
        await shop.heard()
        shop.buy(3)  # its webhook is on its way while the file is read
        await house.tell(count(60, counted_at, safety=2))
        await house.until_waits("offer_stock", "chew-1")
        shop.buy(4)  # and this one is placed while we wait
        await shop.heard()
        await house.tell(TimePassed())
        told = await offered(house)
        assert shop.left == 60 - 10 - 3 - 4 - 2
        assert told == {
            "type": "offered", "sku": "chew-1", "accounts": [["pretended/inventory", 27, 45]], "newest_wins": 60
        }  # fmt: skip
        assert counts(house.vendors.effects()) == {"Inventory.adjust": 1}
        await house.tell(count(60, counted_at + timedelta(microseconds=1), safety=2))  # the same again
        await house.tell(TimePassed())
        await house.rest()
        assert counts(house.vendors.effects()) == {"Inventory.adjust": 1}


async def test_counts_of_two_places_are_one_figure_of_the_shop_whichever_comes_first() -> None:
    async with asyncio.timeout(60), House((offer_stock,)) as house:
        shop = Shop(house, 20)
        as_of = datetime.now(UTC)
        for at in (as_of, as_of + timedelta(milliseconds=1)):
            await house.tell(count(10, at), count(10, at, place="annex"))
            await house.rest()
            assert (shop.left, counts(house.vendors.effects())) == (20, {})
        await asyncio.sleep(0.01)
        shop.buy(4)
        await shop.heard()
        await house.tell(count(12, as_of + timedelta(milliseconds=2), place="annex"))
        await house.rest()
        assert (shop.left, counts(house.vendors.effects())) == (10 + 12 - 4, {"Inventory.adjust": 1})


async def test_a_place_that_nobody_counted_for_weeks_takes_no_more_off_than_it_has() -> None:
    async with asyncio.timeout(60), House((offer_stock,)) as house:
        shop = Shop(house, 100)
        long_ago = datetime.now(UTC)
        await asyncio.sleep(0.01)
        for _ in range(20):
            shop.buy(3)
        await shop.heard()
        await asyncio.sleep(0.01)
        await house.tell(count(5, long_ago, place="kiosk"), count(40, datetime.now(UTC)))
        told = await offered(house)
        assert (told["accounts"][-1][2], shop.left) == (40, 40)


@pytest.mark.parametrize(
    ("figures", "place", "by", "moved"),
    [
        ({"main": 5, "annex": 3}, "annex", 4, {"annex": 4}),
        ({"main": 5, "annex": 3}, "annex", -4, {"annex": -3, "main": -1}),
        ({"main": 5, "annex": 3, "shed": 6}, "kiosk", -8, {"shed": -6, "main": -2}),
        ({"main": -2, "annex": 3}, "main", -1, {"annex": -1}),
        ({"main": 4}, "main", -4, {"main": -4}),
    ],
)
def test_a_difference_is_moved_where_was_counted_and_no_figure_goes_below_zero_for_it(
    figures: dict[str, int], place: str, by: int, moved: dict[str, int]
) -> None:
    at = datetime.now(UTC)
    ours = tuple(
        StockLevel(sku=CHEW, location=LocationId(name), on_hand=left, as_of=at) for name, left in figures.items()
    )
    changes = module._spread(ours, by, count(0, at, place=place).level)
    assert {str(one.location): one.by for one in changes} == moved


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_counted_late_nothing_is_sold_that_is_not_there(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days of random orders, goods that come in, and files that are late: what is sold is there."""
    sleeps_until_told(monkeypatch, module)
    chance = random.Random(seed)
    async with asyncio.timeout(100), House((offer_stock,)) as house:
        shop = Shop(house, 30)
        there, wrong = 30, 0
        for _ in range(6):
            for _ in range(chance.randint(0, 12)):
                shop.buy(chance.randint(1, 3))
            await shop.heard()
            came = chance.choice([0, 0, 15])
            there += came
            counted, as_of = there - shop.sold, datetime.now(UTC)
            await asyncio.sleep(0.01)
            for _ in range(chance.randint(0, 12)):
                shop.buy(chance.randint(1, 3))  # the file does not know of these
            late = count(counted, as_of)
            wrong += max(0, counted - (there - shop.sold))
            await house.tell(late)
            shop.buy()
            await shop.heard()
            await house.tell(TimePassed())
            await house.rest()
            assert 0 <= shop.left == there - shop.sold
        assert wrong > 0, "believing the newest file would have been right: this day proves nothing"


async def test_what_the_shop_does_not_count_is_left_alone() -> None:
    async with asyncio.timeout(30), House((offer_stock,)) as house:
        await house.tell(count(5, datetime.now(UTC)))
        told = await offered(house)
        assert (told["accounts"], house.vendors.effects()) == ([], ())
