"""Feeds of a database: each row is told once, whatever page it ends, comes late or is changed again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pawline.kit import Quarantined
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
from pawline.ports import Unauthorised
from tests.unit.connectors.database_desk import NOON, STOCK, Desk, File, ago, at, counts, every_desk, opened, stock


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    with every_desk() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


@pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
async def test_rows_of_one_moment_are_told_once_wherever_a_page_ends(page: int, file: File, desks: list[Desk]) -> None:
    file.put(*[stock(n, n // 5) for n in range(1, 18)])
    desk = opened(desks, file, page=page)
    assert counts(await desk.all()) == [(f"s{n}", n) for n in range(1, 18)]
    assert await desk.is_still()  # the same cursor: nothing came
    desk.restart()
    assert await desk.is_still()
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
    assert await desk.is_still()
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


async def test_bins_are_added_up_by_the_query_whichever_of_them_was_changed(file: File, desks: list[Desk]) -> None:
    file.put((1, "s1", "main", 5, at(1)), (2, "s1", "main", 7, at(2)), (3, "s2", "main", 1, at(400)))
    query = (
        "SELECT sku, store, SUM(qty) AS qty, MAX(changed_at) AS changed_at FROM stock"
        " GROUP BY sku, store HAVING MAX(changed_at) >= :after"
    )
    desk = opened(desks, file, query=query, key="sku")
    assert counts(await desk.all()) == [("s1", 12), ("s2", 1)]
    file.put((2, "s1", "main", 6, at(900)))
    assert counts(await desk.all()) == [("s1", 11)]


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
    assert tried.where == f"its newest 9 rows, the last {ago()}; {slow}"
    assert (tried.rows, counts(tried.first)) == (8, [(f"s{n}", n) for n in range(4, 9)])
    assert tried.quarantined == (
        Quarantined("stock, no n9", "qty is no count"),
        Quarantined("stock", "rows without changed_at or no are never read, and there are some"),
    )
    file.do("create index stock_changed on stock (changed_at, id)")
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert tried.where == f"its newest 9 rows, the last {ago()}"
    file.do("delete from stock")
    assert await desk.watch.rehearse(desk.client, desk.settings) is None


async def test_a_look_by_hand_says_that_a_watermark_is_something_else(tmp_path: Path, desks: list[Desk]) -> None:
    file = File(tmp_path, moment="any")
    desk = opened(desks, file)
    assert desk.watch.rehearse is not None
    assert await desk.watch.rehearse(desk.client, desk.settings) is None
    file.put((1, "s1", "main", 1, 1_796_000_000))  # seconds, and no time
    assert await desk.all() == []
    tried = await desk.watch.rehearse(desk.client, desk.settings)
    assert tried is not None
    assert tried.quarantined[0].why.startswith("there are rows, and none is read: is changed_at what `mark` says")


@pytest.mark.parametrize("page", [1, 2, 3, 4])
async def test_two_rows_of_one_watermark_and_key_stop_the_feed_wherever_a_page_ends(
    page: int, tmp_path: Path, desks: list[Desk]
) -> None:
    file = File(
        tmp_path, schema="create table stock (id integer, sku text, store text, qty {any}, changed_at {moment})"
    )
    file.put(*[(n, f"s{number}", "main", n, at(n)) for number, n in enumerate((1, 2, 3, 3, 4))])
    desk = opened(desks, file, page=page)
    with pytest.raises(Unauthorised, match="two rows have the same watermark and key"):
        await desk.all()
