"""Whose browsers they were is said by orders alone; what was looked at is told of them, and gone with their erasure."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pawline.hub.reading import Reading
from pawline.hub.visits import SEEN
from pawline.model import Act, Channel, HouseholdId, OrderPlaced, SkuId, acts_of, bits_of
from pawline.ports import Browsed
from pawline.store import Keyring, Purged, Retention, Store, purge
from pawline.testing.orders import order
from pawline.views.visits import OwnBehaviour, looked_at
from tests.unit.views.desk import SHOP, Desk

ANN, BEA = HouseholdId("h1"), HouseholdId("h2")
NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = int(NOW.timestamp() // 86_400)
LOOKED = bits_of([Act.PAGE, Act.PRODUCT])
BOUGHT = bits_of(list(Act)[: list(Act).index(Act.COMPLETED) + 1])


async def visit(
    desk: Desk, visitor: int, seen: str, did: int = LOOKED, ago: int = 0, order: str = "", shop: str = SHOP
) -> None:
    at = NOW.timestamp() - 86_400 * ago
    writes: list[tuple[str, tuple[Any, ...]]] = [("visit", (TODAY - ago, visitor, shop, at, did, seen))]
    if order:
        writes.append(("visit_order", (shop, order, visitor, at)))
    assert (await desk.store.written(writes)).error is None


async def seen(desk: Desk, household: HouseholdId = ANN) -> Browsed:
    return await OwnBehaviour(SHOP, desk.store, desk.views).seen(household)


async def opened(desk: Desk) -> None:
    """Ann ordered, today and two days ago, and Bea did."""
    await desk.open()
    await desk.tell(
        OrderPlaced(order=order(1, placed_at=NOW)), OrderPlaced(order=order(2, placed_at=NOW)),
        OrderPlaced(order=replace(order(3, placed_at=NOW - timedelta(days=2)), household=ANN)),
    )  # fmt: skip
    assert await desk.views.caught_up(30)


async def test_what_was_looked_at_is_of_whoever_ordered_in_that_browser(desk: Desk) -> None:
    await opened(desk)
    assert await seen(desk) == Browsed()
    await visit(desk, 7, "kibble\nlitter\n", ago=3)
    await visit(desk, 7, "chew\n", bits_of([Act.SEARCH]), ago=1)
    assert await seen(desk) == Browsed()  # nobody's
    await visit(desk, 7, "kibble\n", BOUGHT, order="o1")
    await visit(desk, 8, "toy\n")  # somebody else's
    await visit(desk, 9, "brush\n", ago=2, order="o3")  # another browser of hers
    assert await seen(desk) == Browsed(
        products=(SkuId("kibble"), SkuId("chew"), SkuId("brush"), SkuId("litter")), did=acts_of(BOUGHT), last=NOW
    )
    assert await seen(desk, BEA) == Browsed()
    assert await OwnBehaviour("other", desk.store, desk.views).seen(ANN) == Browsed()


async def test_a_browser_that_two_households_ordered_in_tells_of_neither(desk: Desk) -> None:
    await opened(desk)
    await visit(desk, 7, "kibble\n", order="o1")
    await visit(desk, 7, "litter\n", order="o2")
    await visit(desk, 8, "chew\n", order="o3", ago=2)
    assert (await seen(desk)).products == (SkuId("chew"),)
    assert await seen(desk, BEA) == Browsed()


async def test_an_order_is_of_the_first_browser_that_names_it_and_only_on_its_day(desk: Desk) -> None:
    await opened(desk)
    await visit(desk, 7, "kibble\n", order="o1")
    await visit(desk, 8, "forged\n", order="o1")
    await visit(desk, 9, "guessed\n", order="o3")  # it was placed two days ago
    await visit(desk, 10, "none\n", order="o404")
    assert (await seen(desk)).products == (SkuId("kibble"),)


@pytest.mark.parametrize("channel", [one for one in Channel if one not in {"web", "app", "social"}])
async def test_an_order_that_no_browser_can_have_placed_is_of_none(desk: Desk, channel: Channel) -> None:
    await desk.open()
    await desk.tell(OrderPlaced(order=replace(order(1, placed_at=NOW), channel=channel)))
    assert await desk.views.caught_up(30)
    await visit(desk, 7, "forged\n", order="o1")
    assert await seen(desk) == Browsed()


async def test_a_browser_that_names_fifty_orders_is_nobodys_however_many_it_names(desk: Desk) -> None:
    await opened(desk)
    await visit(desk, 7, "kibble\n", order="o1")

    async def guess(numbers: range) -> None:
        writes = [("visit_order", (SHOP, f"guessed-{n}", 7, NOW.timestamp())) for n in numbers]
        assert (await desk.store.written(writes)).error is None

    await guess(range(48))
    assert (await seen(desk)).products == (SkuId("kibble"),)
    await guess(range(48, 100))
    assert await seen(desk) == Browsed()
    await desk.views.erase(SHOP, ANN, 1.0, datetime.now(UTC).timestamp())
    assert await desk.raw("select * from visit") == []


async def test_the_same_again_changes_nothing_and_the_oldest_is_cut_off_at_last(desk: Desk) -> None:
    await opened(desk)
    await visit(desk, 7, "kibble\nlitter\n", order="o1")
    before = await desk.raw("select * from visit")
    await visit(desk, 7, "kibble\nlitter\n", order="o1")
    assert await desk.raw("select * from visit") == before
    for n in range(60):
        await visit(desk, 7, f"sku-{n:06d}\n")
    ((kept,),) = await desk.raw("select seen from visit")
    assert len(kept) == SEEN
    whole = [*looked_at(kept)]
    assert whole == [f"sku-{n:06d}" for n in range(59, 59 - SEEN // 11, -1)]
    assert (await seen(desk)).products == tuple(whole)


async def test_no_row_has_a_page_of_its_own_whatever_is_sent(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/pawline.db", Keyring.generate())
    cats = ["".join(f"{'🐈' * n}\n" for n in range(9, 30))[:SEEN]] * 2_000
    before = (tmp_path / "pawline.db").stat().st_size
    await store.written([("visit", (TODAY, n, SHOP, 1.7e9, LOOKED, cat)) for n, cat in enumerate(cats)])
    await store.close()
    assert (tmp_path / "pawline.db").stat().st_size - before < 2_000 * 1_500


async def test_an_erasure_takes_the_visits_and_leaves_those_of_others(desk: Desk) -> None:
    await opened(desk)
    await visit(desk, 7, "kibble\n", ago=5)
    await visit(desk, 7, "kibble\n", order="o1")
    await visit(desk, 8, "litter\n", order="o2")
    await visit(desk, 9, "toy\n")
    reading = Reading(desk.store)
    found = await reading.household(SHOP, ANN)
    assert [one["did"] for one in found["visits"]] == [["page", "product"]] * 2
    assert "kibble" not in str(found)
    assert [one["seen"] for one in (await reading.household(SHOP, ANN, reveal=True))["visits"]] == [["kibble"]] * 2
    await desk.views.erase(SHOP, ANN, 1.0, datetime.now(UTC).timestamp())
    assert await desk.raw("select visitor, seen from visit") == [(8, "litter\n"), (9, "toy\n")]
    assert await desk.raw("select ord, visitor from visit_order") == [("o2", 8)]
    assert await seen(desk) == Browsed()
    assert (await reading.household(SHOP, ANN))["visits"] == []
    assert (await seen(desk, BEA)).products == (SkuId("litter"),)


async def test_visits_go_after_their_time_and_their_figures_stay(desk: Desk) -> None:
    await opened(desk)
    reading = Reading(desk.store)
    for visitor, did in ((1, LOOKED), (2, LOOKED), (3, BOUGHT)):
        await visit(desk, visitor, "kibble\n", did, ago=10)
    await visit(desk, 4, "kibble\n", ago=10, shop="other")
    await visit(desk, 1, "kibble\n", BOUGHT, ago=9, order="o9")
    await visit(desk, 1, "kibble\n", ago=3)
    await visit(desk, 1, "kibble\n", bits_of([Act.PAGE, Act.CHECKOUT]))
    before = await reading.visits(SHOP)
    by_day = [(one["visitors"], one["product"], one["checkout"], one["completed"], one["abandoned"]) for one in before]
    assert by_day == [(1, 0, 1, 0, 1.0), (1, 1, 0, 0, None), (1, 1, 1, 1, 0.0), (3, 3, 1, 1, 0.0)]
    assert await purge(desk.store, Retention(visits=7, batch=2)) == Purged(visits=5)
    assert await desk.raw("select day, visitor from visit") == sorted([(TODAY - 3, 1), (TODAY, 1)], key=repr)
    assert await desk.raw("select ord from visit_order") == []
    assert await reading.visits(SHOP) == before
    assert await reading.visits(SHOP, 9) == before[:2]
    assert await purge(desk.store, Retention(visits=7)) == Purged()


async def test_whoever_asks_for_the_figures_of_many_days_lets_others_in_after_each(desk: Desk) -> None:
    await opened(desk)
    rows = [("visit_figure", (TODAY - ago, SHOP, LOOKED, 1)) for ago in range(1, 31)]
    assert (await desk.store.written(rows)).error is None
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    assert len(await Reading(desk.store).visits(SHOP, 31)) == 30
    other.cancel()
    assert turns >= 30


@pytest.mark.parametrize("days", [0, 396])
def test_no_visits_are_kept_for_longer_than_anybody_allows(days: int) -> None:
    with pytest.raises(ValueError, match="`visits` is 1 to 395 days"):
        Retention(visits=days)
