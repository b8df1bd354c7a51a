"""A database that is not what it should be: a bad row keeps no other back, and nothing hangs, lies or is written."""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from pawline.connectors.database import marks
from pawline.connectors.database.cells import text_of
from pawline.connectors.database.feed import Feed
from pawline.kit import Quarantined
from pawline.kit.database import ODD, reading, sqlite
from pawline.ports import Code, Malformed, Transient, Unauthorised
from tests.unit.connectors.database_desk import STOCK, Desk, File, at, counts, every_desk, opened

ENDLESS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
SELECT i AS id, i AS sku, 'x' AS store, 1 AS qty, '2026-11-20' AS changed_at FROM n WHERE i < 0 AND 'x' >= :after
"""
GOOD = (99, "s99", "main", 7, at(99))


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    with every_desk() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path, moment="any")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((1, None, "main", 1, at(1)), "sku is empty"),
        ((1, "s1", "main", None, at(1)), "qty is no count"),
        ((1, "s1", "main", 1.5, at(1)), "qty is no count"),
        ((1, "s1", "main", 1e300, at(1)), "qty is no count"),
        ((1, "s1", "main", math.inf, at(1)), "qty is no count"),
        ((1, "s1", "main", 2**62, at(1)), "qty is no count"),
        ((1, "s1", "main", "9" * 40, at(1)), "qty is no count"),
        ((1, "s1", "main", b"\x00\xff", at(1)), "qty is bytes, and no text: have the query cast it"),
        ((1, b"\x01", "main", 1, at(1)), "sku is bytes, and no text: have the query cast it"),
        ((1, "s\x001", "main", 1, at(1)), "sku has a character that is none"),
        ((1, "s" * (1 << 21), "main", 1, at(1)), "sku has more than 1,048,576 characters"),
        ((1, "s1", "main", 1, "2026-13-45 00:00:00"), "changed_at is no time"),
        ((1, "s1", "main", 1, "9999-12-31 23:59:59-23:59"), "changed_at is no time"),
        ((1, "s1", "main", 1, "yesterday, perhaps"), "changed_at is no time"),
        ((1, "s1", "main", 1, b"2026-11-01 00:00:00"), "changed_at is no time"),
    ],
)  # fmt: skip
async def test_a_row_that_is_none_is_named_and_the_others_go_through(
    row: tuple[object, ...], why: str, file: File, desks: list[Desk]
) -> None:
    file.put(row, GOOD)
    desk = opened(desks, file)
    assert counts(await desk.all()) == [("s99", 7)]
    assert desk.bad == [Quarantined("stock by id", why, 1)]
    assert await desk.is_still()


async def test_a_byte_that_is_no_text_is_one_bad_row(file: File, desks: list[Desk]) -> None:
    file.put(GOOD)
    file.do("insert into stock values (1, cast(x'73ff31' as text), 'main', 1, ?)", at(1))
    desk = opened(desks, file)
    assert counts(await desk.all()) == [("s99", 7)]
    assert desk.bad == [Quarantined("stock by id", "sku is not UTF-8", 1)]


async def test_rows_without_a_watermark_are_never_read_and_hinder_nobody(file: File, desks: list[Desk]) -> None:
    file.put((1, "s1", "main", 1, None), GOOD, (3, "s3", "main", 3, at(3)))
    assert counts(await opened(desks, file).all()) == [("s3", 3), ("s99", 7)]


async def test_a_whole_page_that_says_no_time_is_a_question_for_a_person(file: File, desks: list[Desk]) -> None:
    file.put(*[(n, f"s{n}", "main", n, "2026-99-99 00:00:00") for n in range(1, 9)])
    with pytest.raises(Unauthorised, match="no row of a whole page has a watermark behind which one could go on"):
        await opened(desks, file).all()


async def test_a_column_that_is_dropped_mid_way_is_named_and_what_was_told_is_not_told_again(
    file: File, desks: list[Desk]
) -> None:
    file.put(*[(n, f"s{n}", "main", n, at(n)) for n in range(1, 9)])
    desk = opened(desks, file)
    await desk.look()
    file.do("alter table stock rename column qty to quantity")
    with pytest.raises(Unauthorised, match=r"^the query does not run: no such column: qty$") as refused:
        await desk.look()
    assert refused.value.code is Code.FORBIDDEN
    file.do("alter table stock rename column quantity to qty")
    assert counts(await desk.all()) == [(f"s{n}", n) for n in range(4, 9)]


async def test_a_query_without_a_column_that_is_wanted_is_named(file: File, desks: list[Desk]) -> None:
    file.put(GOOD)
    desk = opened(desks, file, columns=dict(STOCK["columns"]) | {"safety": "reserve"})
    with pytest.raises(Unauthorised, match="feed stock: its query has no column reserve, or has it twice"):
        await desk.look()


@pytest.mark.parametrize("ends", ["the database", "we"])
async def test_a_query_that_never_ends_is_broken_off_and_keeps_nobody_waiting(
    ends: str, file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "OPENING", 600.0 if ends == "the database" else 0.0)
    monkeypatch.setattr(reading, "MARGIN", 0.2)
    if ends == "we":
        monkeypatch.setattr(sqlite, "STEPS", 2_000_000_000)  # it never looks at the clock
    file.put(GOOD)
    desk = opened(desks, file, query=ENDLESS, account={"timeout": 0.2})
    ticked, ended = 0, asyncio.Event()

    async def tick() -> None:
        nonlocal ticked
        while not ended.is_set():
            ticked += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.ensure_future(tick())
    with pytest.raises(Transient, match="took longer than `timeout`") as refused:
        await desk.look()
    ended.set()
    await ticking
    assert refused.value.code is Code.TIMED_OUT
    assert ticked > 2  # the loop went on all the while


async def test_a_look_that_is_cancelled_ends_what_it_asked_for(
    file: File, desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "STEPS", 2_000_000_000)  # it never looks at the clock
    file.put(GOOD)
    desk = opened(desks, file, query=ENDLESS)
    looking = asyncio.ensure_future(desk.look())
    await asyncio.to_thread(_begun)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    other = Desk(file.url)
    desks.append(other)
    desk.watch, desk.settings = other.watch, other.settings
    assert counts(await desk.all()) == [("s99", 7)]  # by the very client that was broken off


@pytest.mark.parametrize("text", ["no database at all, " * 500, ""])
async def test_a_file_that_is_no_database_or_is_away_is_said(text: str, tmp_path: Path, desks: list[Desk]) -> None:
    desk = Desk(f"sqlite://{tmp_path}/erp.db")
    desks.append(desk)
    with pytest.raises(Transient, match=r"^the database cannot be reached$"):
        await desk.look()
    assert not (tmp_path / "erp.db").exists()  # it is not made
    (tmp_path / "erp.db").write_text(text)
    with pytest.raises((Malformed, Unauthorised)) as refused:
        await desk.look()
    assert str(refused.value) in (
        "the file is no database that can be read (error 26)",
        "the query does not run: no such table: stock",
    )


async def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path, desks: list[Desk]) -> None:
    os.mkfifo(tmp_path / "erp.db")
    desks.append(Desk(f"sqlite://{tmp_path}/erp.db"))
    async with asyncio.timeout(5):
        with pytest.raises(Transient, match=r"^the database cannot be reached$"):
            await desks[-1].look()


async def test_what_cannot_be_broken_off_keeps_no_hub_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is being looked up, say."""
    hangs, begun = threading.Event(), threading.Event()

    class Hanging(sqlite.SqliteLine):
        def __init__(self, _: object) -> None:
            begun.set()
            hangs.wait(30)

    monkeypatch.setattr(sqlite, "SqliteLine", Hanging)
    monkeypatch.setattr(reading, "MARGIN", 0.1)
    desk = Desk(f"sqlite://{tmp_path}/erp.db")
    looking = asyncio.ensure_future(desk.look())
    await asyncio.to_thread(begun.wait)
    looking.cancel()
    try:
        async with asyncio.timeout(10):
            await desk.close()
    finally:
        hangs.set()
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_nothing_is_written_whatever_the_query_says(file: File, desks: list[Desk]) -> None:
    """Past all checks of its text: the file itself is opened for reading only."""
    desk = opened(desks, file)
    for statement in ("insert into stock values (1, 's', 'm', 1, 'x')", "create table more (id)", "delete from stock"):
        with pytest.raises(Unauthorised, match=r"^the query writes, and this account only reads$"):
            await desk.client.read(statement, {}, 1)
    with closing(sqlite3.connect(file.path)) as db:
        assert db.execute("select count(*) from sqlite_master").fetchone() == (1,)


def _begun() -> None:
    """Waits until the account's thread is there."""
    while not any(one.name.startswith("pawline-database") for one in threading.enumerate()):
        threading.Event().wait(0.001)


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (" a ", "a"), (True, "1"), (3, "3"), (-0.0, "0"), (2.5, "2,5"), (Decimal("1E+3"), "1000"),
        (Decimal("12.50"), "12,50"), (Decimal("NaN"), "NaN"), (math.nan, "nan"), (date(2026, 1, 2), "2026-01-02"),
        (b"abc", "abc"), (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (memoryview("ä".encode()), "ä"), (datetime(2026, 1, 2, 3, tzinfo=BERLIN), "2026-01-02T03:00:00+01:00"),
    ],
)  # fmt: skip
def test_a_value_is_text_as_maps_know_it(value: object, text: str) -> None:
    assert text_of(value, ",") == text


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (timedelta(1), "is no single value: have the query cast it to text"), ([1], "is no single value"),
        ({"a": 1}, "is no single value"), (ODD, "is a time that there is not"),
        (Decimal("1E+131071"), "has more than 60 digits"), (Decimal("1" * 61), "has more than 60 digits"),
        (b"\xff", "is bytes, and no text"), (b"a\x00", "is bytes, and no text"),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_said_without_what_it_is(value: object, why: str) -> None:
    with pytest.raises(ValueError, match="^" + why):
        text_of(value, ".")


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 10, 25, 2, 30, 0, 123_456),  # noqa: DTZ001 - as it stands there
        datetime(2026, 10, 25, 2, 30, tzinfo=UTC), date(2026, 1, 2), 0, -5,
        2**70, Decimal("1.50"), 0.1, "", "it's", UUID(int=9), b"\x00\xff",
    ],
)  # fmt: skip
def test_a_place_is_kept_exactly(value: object) -> None:
    read = marks.back(marks.kept(value))
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("value", [None, True, math.nan, Decimal("NaN"), [1], "x" * 301, b"x" * 301, ODD])
def test_what_orders_no_rows_is_no_place(value: object) -> None:
    with pytest.raises(ValueError, match="is nothing that rows are in the order of"):
        marks.kept(value)


@pytest.mark.parametrize(
    ("mark", "value", "before"),
    [
        ("time", datetime(2026, 1, 1), datetime(2025, 12, 31, 23, 55)), ("time", date(2026, 1, 1), date(2025, 12, 31)),  # noqa: DTZ001
        ("time", "2026-01-01 00:00:00", "2025-12-31 23:55:00"),
        ("time", "2026-01-01T00:00:00.500Z", "2025-12-31T23:55:00"),
        ("time", "2026-01-01 00:00", "2025-12-31 23:55"),
        ("time", datetime.min, datetime.min),  # noqa: DTZ901
        ("number", 5_000, 4_000), ("number", Decimal(5_000), Decimal(4_000)), ("text", "b", "b"),
    ],
)  # fmt: skip
def test_an_overlap_begins_so_much_before(mark: Any, value: object, before: object) -> None:
    feed = Feed(kind="stock", query="", columns={}, watermark="m", key="k", mark=mark)
    assert marks.earlier(feed, value) == before
