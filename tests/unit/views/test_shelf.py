"""Stock for who cannot wait: told within its time, or not told; never from views that are behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from pawline.insight.rates import Standing
from pawline.model import (
    Event,
    LocationId,
    LotId,
    LotRecalled,
    OrderPlaced,
    Recall,
    RecallClass,
    RecallDecided,
    RecallId,
    SkuId,
    StockCounted,
    StockLevel,
)
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.views import shelf as module
from pawline.views.shelf import Shelf
from tests.unit.views.desk import SHOP, Desk, at

FOOD, TOY, NEVER = SkuId("kibble-10"), SkuId("toy"), SkuId("never")


def counted(sku: SkuId, units: int, minutes: float = 0) -> Event:
    level = StockLevel(sku=sku, location=LocationId("main"), on_hand=units, as_of=at(minutes))
    return StockCounted(level=level)


def recall(*lots: str) -> Event:
    return LotRecalled(
        recall=Recall(
            id=RecallId("R-1"), severity=RecallClass.CLASS_I, skus=(TOY,), reason="", source="",
            lots=tuple(map(LotId, lots)),
        )
    )  # fmt: skip


@asynccontextmanager
async def following(desk: Desk) -> AsyncIterator[Shelf]:
    shelf = Shelf(desk.store, desk.views)
    task = asyncio.create_task(shelf.follow())
    try:
        async with asyncio.timeout(30):
            while shelf._as_of < 0:  # noqa: ASYNC110 - it takes note by itself
                await asyncio.sleep(0.01)
        yield shelf
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def soon(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", 0.01)


async def test_what_is_there_is_told_for_its_shop_only(desk: Desk) -> None:
    await desk.open()
    placed = OrderPlaced(order=order(3, quantity=2, placed_at=at(2)))
    await desk.tell(counted(FOOD, 5), counted(TOY, 3), recall("L-1"), when=at(1))
    await desk.tell(placed, when=at(2))
    assert await desk.views.caught_up(30)
    async with following(desk) as shelf:
        found = await shelf.standings(SHOP, [FOOD, TOY, NEVER], soon())
        assert found == {FOOD: Standing(3), TOY: Standing(3), NEVER: Standing(None)}
        assert await shelf.standings("cats", [FOOD], soon()) == {FOOD: Standing(None)}
        assert await shelf.standings(SHOP, [], soon()) == {}


async def test_what_is_recalled_as_a_whole_is_told_so_until_it_is_released(desk: Desk) -> None:
    await desk.open()
    await desk.tell(counted(TOY, 3), recall())
    assert await desk.views.caught_up(30)
    async with following(desk) as shelf:
        assert await shelf.standings(SHOP, [TOY], soon()) == {TOY: Standing(3, recalled=True)}
        await desk.tell(RecallDecided(recall=RecallId("R-1"), cancel=False))
        assert await desk.views.caught_up(30)
        shelf._kept.clear()
        assert await shelf.standings(SHOP, [TOY], soon()) == {TOY: Standing(3)}


async def test_a_figure_is_told_again_for_a_while_and_then_read_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.open()
    await desk.tell(counted(FOOD, 5))
    assert await desk.views.caught_up(30)
    async with following(desk) as shelf:
        monkeypatch.setattr(module, "KEPT", 3_600.0)
        assert await shelf.standings(SHOP, [FOOD], soon()) == {FOOD: Standing(5)}
        await desk.tell(counted(FOOD, 4, 1))
        assert await desk.views.caught_up(30)
        assert await shelf.standings(SHOP, [FOOD], 0.0) == {FOOD: Standing(5)}  # no time is needed for it
        shelf._kept = {key: (read - 3_600.1, one) for key, (read, one) in shelf._kept.items()}
        assert await shelf.standings(SHOP, [FOOD], soon()) == {FOOD: Standing(4)}


async def test_without_time_nothing_is_begun_and_without_a_follower_nothing_told(desk: Desk) -> None:
    await desk.open()
    await desk.tell(counted(FOOD, 5))
    assert await desk.views.caught_up(30)
    async with following(desk) as shelf:
        assert await shelf.standings(SHOP, [FOOD], 0.0) is None
        assert (shelf._reading, shelf._kept) == ({}, {})
    alone = Shelf(desk.store, desk.views)
    assert await alone.standings(SHOP, [FOOD], soon()) is None
    assert list(alone._kept) == [(SHOP, FOOD)]


async def test_a_crowd_reads_a_figure_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.open()
    await desk.tell(counted(FOOD, 5))
    assert await desk.views.caught_up(30)
    async with following(desk) as shelf:
        read: list[object] = []
        real = shelf._read

        async def noted(key: tuple[str, SkuId]) -> None:
            read.append(key)
            await real(key)

        monkeypatch.setattr(shelf, "_read", noted)
        found = await asyncio.gather(*(shelf.standings(SHOP, [FOOD], soon()) for _ in range(50)))
        assert found == [{FOOD: Standing(5)}] * 50
        assert read == [(SHOP, FOOD)]


# -- a database that stands still, or fails ------------------------------------------------------------------------


@pytest.fixture
def postgres(server: object, request: pytest.FixtureRequest) -> Iterator[Desk]:
    assert callable(server)
    yield Desk(server(), Keyring.generate())  # noqa: PT022 - closed in its own loop


async def test_a_database_that_stands_still_costs_no_more_than_the_time(
    postgres: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    await postgres.open()
    await postgres.tell(counted(FOOD, 5))
    assert await postgres.views.caught_up(30)
    async with following(postgres) as shelf:
        with psycopg.connect(postgres.url) as other:
            other.execute("lock table view_stock in access exclusive mode")
            assert await shelf.standings(SHOP, [FOOD], soon(0.05)) is None
            many = [SkuId(f"s{n}") for n in range(9)]
            assert await shelf.standings(SHOP, many, soon(0.05)) is None
            assert len(shelf._reading) == 3  # no more of them line up
            assert await shelf.standings(SHOP, [FOOD], soon(0.05)) is None
        async with asyncio.timeout(30):  # what was begun goes on, and is there for the next
            while shelf._reading:  # noqa: ASYNC110 - nobody tells when it is read
                await asyncio.sleep(0.01)
        assert await shelf.standings(SHOP, [FOOD], 0.0) == {FOOD: Standing(5)}


async def test_views_that_are_behind_tell_nothing_until_they_have_caught_up(
    postgres: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OLD", 0.3)
    monkeypatch.setattr(module, "KEPT", 3_600.0)
    await postgres.open()
    await postgres.tell(counted(FOOD, 5))
    assert await postgres.views.caught_up(30)
    async with following(postgres) as shelf:
        assert await shelf.standings(SHOP, [FOOD], soon()) == {FOOD: Standing(5)}
        with psycopg.connect(postgres.url) as other:
            other.execute("lock table view_stock in share mode")  # it may be read, not written
            await postgres.tell(counted(FOOD, 4, 1))
            async with asyncio.timeout(30):
                while await shelf.standings(SHOP, [FOOD], 0.0) is not None:  # noqa: ASYNC110 - it gets old by itself
                    await asyncio.sleep(0.01)
        assert await postgres.views.caught_up(30)
        shelf._kept.clear()
        async with asyncio.timeout(30):
            while (found := await shelf.standings(SHOP, [FOOD], soon(1))) is None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        assert found == {FOOD: Standing(4)}


async def test_a_read_that_fails_tells_nothing_and_says_so(postgres: Desk, caplog: pytest.LogCaptureFixture) -> None:
    await postgres.open()
    async with following(postgres) as shelf:
        with psycopg.connect(postgres.url, autocommit=True) as other:
            other.execute("alter table view_stock rename to gone")
            assert await shelf.standings(SHOP, [FOOD], soon()) is None
            other.execute("alter table gone rename to view_stock")
        assert "what there is of a SKU cannot be read: StoreError" in caplog.text
        assert await shelf.standings(SHOP, [FOOD], soon()) == {FOOD: Standing(None)}
