"""Holds decide: whoever asks, in whatever batch and process, never is more held than there is."""

from __future__ import annotations

import asyncio
import random

import pytest

from pawline.store import HoldRow, Outcome, OutOfStock
from tests.unit.store.desk import Desk, Place

SHOP = "paws"


async def counted(
    desk: Desk, sku: str, on_hand: int, contains: float = 0.0, safety: int = 0, place: str = "main"
) -> None:
    await desk.stored(writes=[("view_counted", (SHOP, sku, place, contains, on_hand, contains, safety))])


def hold(order: str, until: float | None = None, **wanted: int) -> list[HoldRow]:
    return [HoldRow(SHOP, order, sku, units, 1.0, until) for sku, units in wanted.items()]


async def held(desk: Desk, order: str) -> list[tuple[object, ...]]:
    return await desk.store.fetch("hold_of", (SHOP, order))


def short(outcome: Outcome) -> tuple[str, ...] | None:
    return outcome.error.skus if isinstance(outcome.error, OutOfStock) else None


async def test_in_one_batch_the_first_get_it_and_the_others_hold_nothing(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 5, safety=1)
    await counted(desk, "bone", 9)
    wanted = [
        hold("a", chew=2),
        hold("b", chew=3, bone=1),
        hold("c", chew=2, bone=8),
        hold("d", chew=1),
        hold("e", bone=2),
    ]
    outcomes = await desk.together({"holds": one} for one in wanted)
    assert [short(one) for one in outcomes] == [None, ("chew",), None, ("chew",), ("bone",)]
    assert [await held(desk, one) for one in "abcde"] == [
        [("chew", 2, None)], [], [("bone", 8, None), ("chew", 2, None)], [], []
    ]  # fmt: skip


async def test_what_fails_for_want_of_stock_stores_nothing_else_and_spoils_nobody_s_unit(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 1)
    link = ("insert_link", (SHOP, "a", "order", "ours", "theirs"))
    good, bad, other = await desk.together([
        {"holds": hold("a", chew=1)}, {"holds": hold("b", chew=1), "writes": [link]},
        {"writes": [("insert_link", (SHOP, "a", "order", "o2", "t2"))]},
    ])  # fmt: skip
    assert (short(good), short(bad), other.error) == (None, ("chew",), None)
    assert str(bad.error) == "out of chew"
    assert await desk.store.fetch("links_of", (SHOP, "order", "ours")) == []
    assert await desk.store.fetch("links_of", (SHOP, "order", "o2")) == [("a", "t2")]


async def test_an_order_holds_once_however_often_it_asks_and_what_nobody_counts_is_not_there(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3)
    for _ in range(2):
        assert short(await desk.commit(holds=hold("a", chew=2))) is None
    outcomes = await desk.together(
        [{"holds": hold("b", chew=1)}, {"holds": hold("b", chew=1)}, {"holds": hold("c", chew=1)}]
    )
    assert [short(one) for one in outcomes] == [None, None, ("chew",)]
    assert short(await desk.commit(holds=hold("d", nothing=1))) == ("nothing",)
    await desk.stored(writes=[("let_go_hold", (SHOP, "a"))])
    assert short(await desk.commit(holds=hold("c", chew=2))) is None


async def test_what_expired_is_free_again_and_what_was_sold_does_not_expire(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 2)
    past = desk.store.now() - 1
    assert short(await desk.commit(holds=hold("a", past, chew=2))) is None
    assert short(await desk.commit(holds=hold("b", desk.store.now() + 60, chew=2))) is None
    assert await held(desk, "a") == []
    await desk.stored(writes=[("keep_hold", (SHOP, "b"))])
    assert await held(desk, "b") == [("chew", 2, None)]


async def test_a_hold_and_its_order_s_lines_are_counted_once_until_a_count_contains_them(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 3, contains=100.0)
    assert short(await desk.commit(holds=hold("a", chew=2))) is None
    line = ("view_line", (SHOP, "a", "l1", "chew", 2, 150.0))
    await desk.stored(writes=[line])  # the view has read the order
    assert short(await desk.commit(holds=hold("b", chew=2))) == ("chew",)
    assert short(await desk.commit(holds=hold("b", chew=1))) is None
    assert await held(desk, "a") == []
    await counted(desk, "chew", 4, contains=200.0)  # goods came in, and order a is in this count
    assert short(await desk.commit(holds=hold("c", chew=4))) == ("chew",)
    assert short(await desk.commit(holds=hold("c", chew=3))) is None
    await desk.stored(writes=[("view_line", (SHOP, "d", "l1", "chew", 1, 250.0)), ("view_ended", (SHOP, "d", 260.0))])
    assert short(await desk.commit(holds=hold("e", chew=1))) == ("chew",)  # a called-off order gives none twice


@pytest.mark.only("postgres")
async def test_two_processes_sell_exactly_what_is_there(place: Place) -> None:
    desks = [await place.open(), await place.open(claim=False)]
    await counted(desks[0], "chew", 40)
    await counted(desks[0], "bone", 30)

    async def ask(desk: Desk, name: str, chance: random.Random) -> int:
        wanted = chance.choice([{"chew": 1}, {"bone": 1}, {"bone": 1, "chew": 1}, {"chew": 2, "bone": 1}])
        return 0 if short(await desk.commit(lanes=(), holds=hold(name, **wanted))) is None else 1

    chance = random.Random(3)
    asked = [ask(desk, f"{at}-{n}", chance) for n in range(150) for at, desk in enumerate(desks)]
    refused = sum(await asyncio.gather(*asked))
    sums = [(await desks[0].store.fetch("held", (SHOP, sku, 4e9, 0.0, 4e9)))[0][0] for sku in ("chew", "bone")]
    assert refused > 100
    assert sums == [40, 30]


async def test_places_that_were_counted_at_different_times_lack_no_more_than_they_have(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 2, contains=100.0, place="kiosk")
    await counted(desk, "chew", 10, contains=200.0)
    for order, units, placed in (("o1", 9, 150.0), ("o2", 3, 250.0), ("o3", 1, 100.0), ("o4", 1, 200.0)):
        await desk.stored(writes=[("view_line", (SHOP, order, "l1", "chew", units, placed))])
    outcomes = await desk.together([{"holds": hold("a", chew=8)}, {"holds": hold("b", chew=7)}])
    assert [short(one) for one in outcomes] == [("chew",), None]  # 2 - 2, and 10 - 3
