"""When a batch sets out. Bulk leaves the disk to others while any come; where many write, a batch waits for company."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from pawline.store import Bounds, StoreBusy, Unit, pacing
from tests.unit.store.desk import Desk, Place

pytestmark = pytest.mark.only("sqlite", "postgres")  # a store in memory writes at once


def watched(desk: Desk) -> list[list[bool]]:
    """Each batch that is written from now on, as whether its units are bulk."""
    batches: list[list[bool]] = []
    transaction = desk.store._writer.transaction
    run = transaction.run

    def watch(units: Sequence[Unit]) -> object:
        batches.append([unit.bulk for unit in units])
        return run(units)

    transaction.run = watch  # type: ignore[method-assign,assignment]
    return batches


def bulk(desk: Desk, count: int, told: list[str] | None = None) -> None:
    told = [] if told is None else told
    for _ in range(count):
        desk.store.commit(Unit(lambda _: told.append("told"), desk.lane(), bulk=True))


async def until(told: list[str], count: int) -> None:
    while len(told) < count:  # noqa: ASYNC110 - a writer tells nobody that it is at rest
        await asyncio.sleep(0.001)


async def test_beside_others_bulk_goes_alone_in_short_batches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LATELY", 1e9)
    monkeypatch.setattr(pacing, "PATIENCE", 1e9)
    monkeypatch.setattr(pacing, "REST", 0)
    desk = await place.open()
    batches, told = watched(desk), list[str]()
    await desk.commit()
    bulk(desk, 40, told)
    await desk.commit()
    await until(told, 40)
    assert [batch for batch in batches if not batch[0]] == [[False], [False]]
    assert [len(batch) for batch in batches if batch[0]] == [16, 16, 8]
    assert len(told) == 40


async def test_bulk_that_waited_long_goes_beside_others_a_few_at_a_time(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "LATELY", 1e9)
    monkeypatch.setattr(pacing, "PATIENCE", 0)
    monkeypatch.setattr(pacing, "REST", 1e9)  # after its first batch it would rest for ever
    monkeypatch.setattr(pacing, "LONGEST", 1e9)
    desk = await place.open()
    batches, told = watched(desk), list[str]()
    await desk.commit()
    bulk(desk, 30, told)
    others = 1
    while len(told) < 30:
        await desk.commit()
        others += 1
    mixed = [batch for batch in batches if False in batch and True in batch]
    assert all(batch == [False, *[True] * (len(batch) - 1)] and len(batch) <= 5 for batch in mixed)
    assert sum(batch.count(False) for batch in batches) == others
    assert sum(batch.count(True) for batch in batches) == 30
    assert len(mixed) >= 3


async def test_where_nobody_else_comes_bulk_is_not_held_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LATELY", 0)
    monkeypatch.setattr(pacing, "REST", 1e9)
    desk = await place.open()
    batches, told = watched(desk), list[str]()
    bulk(desk, 130, told)
    await until(told, 130)
    assert [len(batch) for batch in batches] == [64, 64, 2]


async def test_a_store_that_closes_writes_the_bulk_that_rests(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LATELY", 1e9)
    monkeypatch.setattr(pacing, "PATIENCE", 1e9)
    monkeypatch.setattr(pacing, "REST", 1e9)
    monkeypatch.setattr(pacing, "LONGEST", 1e9)
    desk = await place.open()
    told: list[str] = []
    await desk.commit()
    bulk(desk, 16)
    await asyncio.sleep(0.05)
    bulk(desk, 100, told)
    await desk.store.close()
    assert len(told) == 100


async def test_a_store_that_closes_tells_all_the_bulk_that_is_written_already(place: Place) -> None:
    desk = await place.open()
    told: list[str] = []
    bulk(desk, 64, told)
    while not told:  # noqa: ASYNC110 - it is to be met in the middle of its telling
        await asyncio.sleep(0)
    assert len(told) < 64  # on disk, and not all told yet
    assert not desk.store._writer._busy
    await desk.store.close()
    assert len(told) == 64


async def test_bulk_that_waits_keeps_no_shopper_out_and_is_refused_first(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "BULK", 1)
    desk = await place.open(bounds=Bounds(queue_units=10, queue_bytes=1_000))
    writer = desk.store._writer
    answers = [desk.begin(lanes=(), events=[(desk.event(), ())], bulk=True) for _ in range(5)]
    with pytest.raises(StoreBusy, match="too much bulk"):
        desk.begin(lanes=(), events=[(desk.event(), ())], bulk=True)
    answers += [desk.begin(lanes=(), events=[(desk.event(), ())]) for _ in range(10)]
    with pytest.raises(StoreBusy, match="too much is waiting"):
        desk.begin(lanes=(), events=[(desk.event(), ())])
    assert [outcome.error for outcome in await asyncio.gather(*answers)] == [None] * 15
    assert (writer._room._held, writer._room._bulk) == (0, 0)

    big = desk.begin(lanes=(), events=[(desk.event(body=b"x" * 400), ())], bulk=True)
    with pytest.raises(StoreBusy, match="too much bulk"):
        desk.begin(lanes=(), events=[(desk.event(body=b"x" * 400), ())], bulk=True)
    shopper = desk.begin(lanes=(), events=[(desk.event(body=b"x" * 900), ())])
    assert [one.error for one in await asyncio.gather(big, shopper)] == [None, None]
    assert (writer._room._held, writer._room._bulk) == (0, 0)


async def test_after_a_batch_of_many_the_next_gathers_until_somebody_outside_waits_for_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "LINGER", 1e6)
    desk = await place.open()
    batches = watched(desk)
    await desk.together([{}] * pacing.COMPANY)
    steps = [desk.begin() for _ in range(3)]
    await asyncio.sleep(0.05)
    assert not any(step.done() for step in steps)
    steps.append(desk.begin(lanes=()))
    await asyncio.gather(*steps)
    steps = [desk.begin() for _ in range(2)]
    await asyncio.sleep(0.05)
    assert not any(step.done() for step in steps)
    steps.append(desk.begin(intake=True))
    steps.append(desk.begin())
    await asyncio.gather(*steps)
    assert [len(batch) for batch in batches] == [4, 4, 4]


async def test_what_gathered_sets_out_by_itself(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LINGER", 0.02)
    desk = await place.open()
    batches = watched(desk)
    await desk.together([{}] * pacing.COMPANY)
    first = desk.begin()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, desk.begin())
    assert [len(batch) for batch in batches] == [4, 2]


async def test_after_a_batch_of_few_nobody_waits_for_company(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LINGER", 1e6)
    desk = await place.open()
    batches = watched(desk)
    await desk.together([{}] * (pacing.COMPANY - 1))
    await desk.stored()
    await desk.together([{}] * 2)
    assert [len(batch) for batch in batches] == [3, 1, 2]


async def test_bulk_brings_no_company_and_does_not_wait_for_any(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "LINGER", 1e6)
    monkeypatch.setattr(pacing, "LATELY", 0)
    desk = await place.open()
    told: list[str] = []
    bulk(desk, 8, told)
    await until(told, 8)
    await desk.stored()
    await desk.together([{}] * pacing.COMPANY)
    bulk(desk, 1, told)
    step = desk.begin()
    await asyncio.sleep(0.05)
    assert (step.done(), len(told)) == (False, 8)
    desk.begin(lanes=())
    await step
    await desk.store.close()
    assert len(told) == 9


async def test_whoever_comes_in_step_waits_for_nobody_once_all_are_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "LINGER", 1e6)
    desk = await place.open()
    batches = watched(desk)
    await desk.together([{}] * 6)
    await desk.together([{}] * 6)
    few = [desk.begin() for _ in range(5)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in few)
    await asyncio.gather(desk.begin(), *few)
    assert [len(batch) for batch in batches] == [6, 6, 6]
