"""Feeds of a database: each row is told once, whatever page it ends, comes late or is changed again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pawline.connectors.database import looking, passing
from pawline.kit import Quarantined, Seen
from pawline.model import (
    BookingRefused,
    CauseId,
    LocationId,
    OrderBooked,
    OrderId,
    ShipmentDispatched,
    ShipmentId,
    SkuId,
    StockCounted,
    StockLevel,
)
from tests.unit.connectors.database_desk import NOON, STOCK, Desk, File, at, counts


class Clock:
    """Ours, by which it is told how long ago something came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.time()
        for module in (passing, looking):
            monkeypatch.setattr(module.time, "time", lambda: self.now)


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for one in made:
        asyncio.run(one.close())


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def opened(desks: list[Desk], file: File, **feed: Any) -> Desk:
    desks.append(Desk(file.url, **feed))
    return desks[-1]


def stock(number: int, seconds: float, quantity: object = None) -> tuple[object, ...]:
    return (number, f"s{number}", "main", number if quantity is None else quantity, at(seconds))


@pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
async def test_rows_of_one_moment_are_told_once_wherever_a_page_ends(page: int, file: File, desks: list[Desk]) -> None:
    file.put(*[stock(n, n // 5) for n in range(1, 18)])
    desk = opened(desks, file, page=page)
    assert counts(await desk.all()) == [(f"s{n}", n) for n in range(1, 18)]
    assert await desk.look() == Seen((), desk.cursor)  # the same cursor: nothing came
    desk.restart()
    assert await desk.look() == Seen((), desk.cursor)
    assert desk.bad == []


async def test_each_column_becomes_what_the_settings_say(file: File, desks: list[Desk]) -> None:
    file.put((1, "4711", "01", "1.250,000", at(0)), (2, "4712", "02", "3-", at(1)), (3, "4713", "09", "1", at(2)))
    desk = opened(
        desks, file, decimal=",", thousands=".", strict=["location"], zone="Europe/Berlin",
        values={"location": {"01": "main", "02": "annex"}, "sku": {"4711": "puppy-10"}},
    )  # fmt: skip
    first, second = await desk.all()
    moment = datetime.fromisoformat(f"{at(0)}+01:00").astimezone(UTC)  # noon in November, on a wall in Berlin
    assert first.event == StockCounted(
        level=StockLevel(sku=SkuId("puppy-10"), location=LocationId("main"), on_hand=1250, as_of=moment)
    )
    assert (first.at, second.event.subject, desk.bad) == (
        moment,
        "4712@annex",
        [Quarantined("stock by id", "store is none of those that `values` names", 3)],
    )


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
    assert (desk.state.high, await desk.look()) == (("s" + at(8), "i8"), Seen((), desk.cursor))


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


async def test_what_since_and_only_leave_out_is_not_told(file: File, desks: list[Desk]) -> None:
    file.put(*[stock(n, n) for n in range(1, 7)])
    columns = {"sku": "sku", "location": "store", "on_hand": "qty", "shelf": "sku"}
    desk = opened(desks, file, since=at(3), columns=columns, only={"shelf": ["s4", "s6"]})
    assert counts(await desk.all()) == [("s4", 4), ("s6", 6)]
    assert desk.state.high == ("s" + at(6), "i6")


async def test_a_deleted_row_is_told_by_nobody_and_hinders_nobody(file: File, desks: list[Desk]) -> None:
    file.put(*[stock(n, n) for n in range(1, 6)])
    desk = opened(desks, file)
    await desk.all()
    file.do("delete from stock")
    assert await desk.look() == Seen((), desk.cursor)
    file.put(stock(9, 9))
    assert counts(await desk.all()) == [("s9", 9)]


async def test_two_rows_that_share_watermark_and_key_are_a_question_for_a_person(file: File, desks: list[Desk]) -> None:
    file.put(stock(1, 1), stock(2, 2), stock(3, 2))
    desk = opened(desks, file, key="store")
    with pytest.raises(Exception, match="feed stock: two rows have the same watermark and key: name a `key`"):
        await desk.all()
    assert desk.seen == []


async def test_two_rows_that_count_one_sku_at_one_time_are_not_added_up(file: File, desks: list[Desk]) -> None:
    file.put((1, "s1", "main", 5, at(1)), (2, "s1", "main", 7, at(1)), (3, "s1", "main", 9, at(2)))
    desk = opened(desks, file)
    assert counts(await desk.all()) == [("s1", 5), ("s1", 9)]
    why = "another row counts its SKU in this place at that time: have the query add them up"
    assert desk.bad == [Quarantined("stock by id", why, 2)]


@pytest.mark.parametrize(
    ("kind", "columns", "event"),
    [
        (
            "booked",
            {"order": "sku", "reference": "store"},
            OrderBooked(order=OrderId("o1"), reference="B-1", at=NOON),
        ),
        (
            "refused",
            {"order": "sku", "cause": "store"},
            BookingRefused(order=OrderId("o1"), cause=CauseId("B-1"), at=NOON),
        ),
        (
            "sent",
            {"order": "sku", "shipment": "store"},
            ShipmentDispatched(order=OrderId("o1"), shipment=ShipmentId("B-1"), at=NOON),
        ),
    ],
)
async def test_orders_are_acknowledged_refused_and_sent(
    kind: str, columns: dict[str, str], event: object, file: File, desks: list[Desk]
) -> None:
    long_ago = (NOON - timedelta(days=60)).strftime("%Y-%m-%d %H:%M:%S")
    file.put((1, "o0", "B-0", 0, long_ago), (2, "o1", "B-1", 0, at(0)))
    desk = opened(desks, file, kind=kind, columns=columns)
    (one,) = await desk.all()
    assert (one.event, one.at) == (event, NOON)
    assert one.id.startswith({"booked": "booked/o1", "refused": "refused/2-", "sent": "sent/B-1"}[kind])


async def test_a_dry_run_tells_of_the_newest_and_remembers_nothing(file: File, desks: list[Desk]) -> None:
    file.put(*[stock(n, n) for n in range(1, 9)], stock(9, 9, "many"))
    file.do("alter table stock add column no text")
    file.do("update stock set no = 'n' || id")
    desk = opened(desks, file, page=2, key="no", query=str(STOCK["query"]).replace("qty,", "qty, no,"))
    assert desk.watch.rehearse is not None
    file.do("insert into stock values (10, 's10', 'main', 1, ?, null)", at(10))
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    slow = "no index serves changed_at, so each look reads everything"
    assert tried.where == f"its newest 9 rows, the last 2 days ago; {slow}"
    assert (tried.rows, counts(tried.first)) == (8, [(f"s{n}", n) for n in range(4, 9)])
    assert tried.quarantined == (
        Quarantined("stock, no n9", "qty is no count"),
        Quarantined("stock", "rows without changed_at or no are never read, and there are some"),
    )
    file.do("create index stock_changed on stock (changed_at, id)")
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert tried.where == "its newest 9 rows, the last 2 days ago"
    file.do("delete from stock")
    assert await desk.watch.rehearse(desk.client, desk.settings) is None
