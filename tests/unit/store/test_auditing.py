"""Who did what, in a chain that shows what was changed, dropped or slipped in."""

from __future__ import annotations

import asyncio

import pytest

from pawline.store import audit
from tests.unit.store.desk import Desk, Place


def entry(action: str) -> tuple[str, tuple[object, ...]]:
    return ("insert_audit", ("shop", 5.25, "ann", action, "run:7", '{"why": "asked"}'))


async def page(desk: Desk) -> list[tuple[object, ...]]:
    return await desk.store.fetch("audit_page", (0, 1000))


async def test_entries_are_chained_in_order_over_units_batches_and_processes(place: Place) -> None:
    desk = await place.open()
    await desk.together([{"writes": [entry("a"), entry("b")]}, {"writes": [entry("c")]}])
    await desk.stored(writes=[entry("d")])
    if place.kind == "postgres":
        other = await place.open()
        await asyncio.gather(*[one.commit(lanes=(), writes=[entry("x")]) for one in (desk, other) for _ in range(20)])
    rows = await page(desk)
    assert [row[4] for row in rows[:4]] == ["a", "b", "c", "d"]
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0][-1] == audit.link(audit.START, (1, *entry("a")[1]))
    assert audit.broken(rows) is None
    assert audit.broken(rows[2:], 2, rows[1][-1]) is None  # type: ignore[arg-type]


async def test_a_unit_that_fails_leaves_no_gap_in_the_chain(place: Place) -> None:
    desk = await place.open()
    outcomes = await desk.together(
        [{"writes": [entry("a")]}, {"writes": [entry("b"), ("no_such_statement", ())]}, {"writes": [entry("c")]}]
    )
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]
    rows = await page(desk)
    assert [row[4] for row in rows] == ["a", "c"]
    assert audit.broken(rows) is None


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("update audit set action = 'z' where no = 3", 3),
        ("update audit set by = 'bob' where no = 1", 1),
        ("delete from audit where no = 2", 2),
        ("delete from audit where no = 1", 1),
        ("update audit set at = 5.26 where no = 4", 4),
        ("update audit set no = 9 where no = 4", 4),
    ],
)
async def test_tampering_is_found_where_it_begins(place: Place, tampering: str, found: int) -> None:
    desk = await place.open()
    await desk.stored(writes=[entry(action) for action in "abcd"])
    await desk.store.job(lambda db: db.script([tampering]))
    assert audit.broken(await page(desk)) == found
