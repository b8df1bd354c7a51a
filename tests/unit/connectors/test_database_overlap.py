"""What comes late, is changed again or is still to come: each pass goes back a little, and tells nothing twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pawline.connectors.database import looking, passing
from pawline.kit import Quarantined
from pawline.model import (
    StockCounted,
)
from tests.unit.connectors.database_desk import Desk, File, at, counts, every_desk, opened, stock


class Clock:
    """Ours, by which it is told how long ago something came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time()
        for module in (passing, looking):
            monkeypatch.setattr(module.time, "time", lambda: self.now)


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    with every_desk() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


async def test_a_row_that_is_committed_late_is_told_and_the_others_are_not_told_again(
    file: File, desks: list[Desk]
) -> None:
    file.put(*[stock(n, n) for n in range(1, 9)])
    desk = opened(desks, file, overlap=60)
    await desk.all()
    before = desk.cursor
    file.put(stock(90, 3.5), stock(91, -59))  # older than the newest by less than the overlap, and by more
    assert counts(await desk.all()) == [("s90", 90)]
    assert desk.cursor != before
    assert desk.state.high == ("s" + at(8), "i8")
    assert await desk.is_still()


async def test_a_bad_row_is_named_once_and_again_when_it_is_another(file: File, desks: list[Desk]) -> None:
    file.put(stock(1, 1), stock(2, 1, "many"), stock(3, 1), stock(4, 1))
    desk = opened(desks, file)
    assert counts(await desk.all()) == [("s1", 1), ("s3", 3), ("s4", 4)]
    for _ in range(3):
        desk.restart()
        await desk.all()
    assert desk.bad == [Quarantined("stock by id", "qty is no count", 2)]
    file.put(stock(2, 1, 9))
    assert counts(await desk.all()) == [("s2", 9)]


async def test_a_row_that_is_changed_twice_within_a_second_is_told_each_time_and_the_last_counts(
    file: File, desks: list[Desk]
) -> None:
    file.put(stock(1, 1, 5))
    desk = opened(desks, file)
    told = await desk.all()
    for quantity in (8, 5):
        file.put(stock(1, 1, quantity))
        told += await desk.all()
    assert counts(told) == [("s1", 5), ("s1", 8), ("s1", 5)]
    moments = [one.event.level.as_of for one in told if isinstance(one.event, StockCounted)]
    assert moments == sorted(set(moments))
    assert moments[-1] - moments[0] == timedelta(microseconds=2)
    assert len({one.event.fact for one in told}) == 3


async def test_a_column_that_says_nothing_of_ours_is_no_change(file: File, desks: list[Desk]) -> None:
    file.put(stock(1, 1), stock(2, 2, "many"))
    desk = opened(desks, file, query="SELECT *, random() AS seen_at FROM stock WHERE changed_at >= :after")
    assert counts(await desk.all()) == [("s1", 1)]
    assert await desk.is_still()
    assert len(desk.bad) == 1


async def test_a_count_that_is_corrected_later_for_the_same_moment_counts(file: File, desks: list[Desk]) -> None:
    """`as_of` is when it was counted, and the watermark when somebody wrote it."""
    query = "SELECT id, sku, store, qty, changed_at, :after AS x, '2026-11-20 08:00:00' AS counted FROM stock"
    file.put(stock(1, 1, 5))
    desk = opened(
        desks, file, query=query, columns={"sku": "sku", "location": "store", "on_hand": "qty", "as_of": "counted"}
    )
    (first,) = await desk.all()
    file.put(stock(1, 400, 8))
    (second,) = await desk.all()
    assert isinstance(first.event, StockCounted)
    assert isinstance(second.event, StockCounted)
    assert first.event.level.as_of < second.event.level.as_of
    assert first.event.level.as_of.replace(microsecond=0) == datetime(2026, 11, 20, 8, tzinfo=UTC)


async def test_the_overlap_is_not_read_any_more_once_nothing_can_be_late(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    file.put(*[stock(n, n) for n in range(1, 9)])
    desk = opened(desks, file, overlap=60)
    await desk.all()
    clock.now += 61
    await desk.all()
    file.put(stock(90, 3.5))
    assert await desk.all() == []  # a row as late as nobody said
    file.put(stock(91, 9))
    assert counts(await desk.all()) == [("s91", 91)]
    assert counts(await desk.all()) == [("s90", 90)]  # the overlap of a newer one has it all the same


async def test_numbers_that_are_given_out_before_they_are_committed_are_told_late(
    tmp_path: Path, desks: list[Desk]
) -> None:
    file = File(tmp_path, moment="integer")
    columns = {"sku": "sku", "location": "store", "on_hand": "qty", "as_of": "told"}
    query = "SELECT *, '2026-11-20 08:00:00' AS told FROM stock WHERE changed_at >= :after"
    desk = opened(desks, file, mark="number", query=query, columns=columns, overlap=5)
    file.put(*[(n, f"s{n}", "main", n, n) for n in (1, 2, 3, 5, 6, 8)])
    assert counts(await desk.all()) == [(f"s{n}", n) for n in (1, 2, 3, 5, 6, 8)]
    file.put(*[(n, f"s{n}", "main", n, n) for n in (4, 7)])
    assert counts(await desk.all()) == [("s4", 4), ("s7", 7)]


async def test_a_time_that_is_still_to_come_does_not_keep_back_what_comes_before_it(
    file: File, desks: list[Desk]
) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=900)).strftime("%Y-%m-%d %H:%M:%S")
    file.put(stock(1, 1), (2, "s2", "main", 2, ahead))
    desk = opened(desks, file)
    assert counts(await desk.all()) == [("s1", 1)]
    file.put(stock(3, 3))
    assert counts(await desk.all()) == [("s3", 3)]
    desk.restart()
    assert await desk.all() == []
    assert desk.bad == [Quarantined("stock by id", "changed_at is still to come", 2)]
    assert desk.state.high == ("s" + at(3), "i3")


async def test_an_overlap_that_is_larger_than_a_cursor_is_told_once_in_a_life_and_its_bad_rows_once_ever(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "KNOWN", 5)
    file.put(*[stock(n, n, "many" if n in (2, 9) else n) for n in range(1, 21)])
    desk = opened(desks, file)
    assert len(await desk.all()) == 18
    assert await desk.is_still()
    assert len(desk.state.known) == 5
    desk.restart()
    again = await desk.all()
    assert 15 <= len(again) == len({one.id for one in again}) <= 18
    assert [one.line for one in desk.bad] == [2, 9]
    assert len({one.id for one in desk.seen}) == 18  # told again, each is the very same event
    assert await desk.is_still()


async def test_a_page_that_the_store_did_not_take_is_told_again(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "KNOWN", 0)
    file.put(*[stock(n, n) for n in range(1, 6)])
    Clock(monkeypatch)
    desk = opened(desks, file)
    first = await desk.look()
    desk.cursor = ""  # as the hub has it, where it could not be kept
    assert await desk.look() == first
    file.put(stock(90, 1.5))
    assert counts(await desk.all()) == [("s4", 4), ("s5", 5)]
    before = desk.cursor
    assert counts((await desk.look()).sightings) == [("s90", 90)]
    desk.cursor = before
    assert counts((await desk.look()).sightings) == [("s90", 90)]


async def test_where_no_cursor_shows_whether_the_store_took_a_page_it_is_told_again(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "KNOWN", 0)
    file.put(*[stock(n, n) for n in range(1, 6)])
    desk = opened(desks, file, page=100)
    await desk.all()
    file.put(stock(90, 1.5))
    before = desk.cursor
    for _ in range(2):
        assert counts((await desk.look()).sightings) == [("s90", 90)]
        assert desk.cursor == before


async def test_a_cursor_that_could_be_shorter_is_no_news(file: File, desks: list[Desk]) -> None:
    """By a new one an alarm would take it that something came."""
    file.put(*[stock(n, n * 100) for n in range(1, 9)])
    desk = opened(desks, file, overlap=150)
    await desk.all()
    assert len(desk.state.known) == 8
    assert await desk.is_still()
    file.put(stock(9, 850))
    await desk.all()
    assert len(desk.state.known) == 3  # what the next pass sees again, and nothing else
    assert await desk.is_still()


async def test_a_life_that_ended_before_the_overlap_was_over_does_not_end_it_for_the_next(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    file.put(stock(1, 1), stock(2, 2))
    desk = opened(desks, file, overlap=60)
    await desk.all()
    clock.now += 3_600
    desk.restart()
    file.put(stock(90, 1.5))
    assert counts(await desk.all()) == [("s90", 90)]


@pytest.mark.parametrize("dies", [False, True])
async def test_what_comes_late_while_a_pass_is_interrupted_is_told(
    dies: bool, file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest, behind which the next pass goes back, is by then much newer than what was late."""
    clock = Clock(monkeypatch)
    file.put(*[stock(n, n) for n in range(1, 9)])
    desk = opened(desks, file, overlap=60)
    assert counts((await desk.look()).sightings) == [("s1", 1), ("s2", 2), ("s3", 3)]
    if dies:
        desk.restart()
    clock.now += 1_000  # the hub or the database was away
    file.put(stock(90, 2.5), stock(91, 1_000))
    assert counts(await desk.all()) == [("s90", 90), *[(f"s{n}", n) for n in range(4, 9)], ("s91", 91)]
    assert await desk.is_still()


async def test_a_pass_that_was_interrupted_goes_on_also_where_its_overlap_fills_pages(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    file.put(*[stock(n, n // 5) for n in range(1, 31)])
    desk = opened(desks, file, overlap=60)
    while (await desk.look()).more:
        clock.now += 1_000
        desk.restart()
    assert counts(desk.seen) == [(f"s{n}", n) for n in range(1, 31)]
