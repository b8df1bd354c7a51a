"""A hold that nobody has to look at is looked at again once what was found of it changes, whoever changes it."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from pawline.store import NOBODY_LOOKED, HoldRow
from pawline.store.database import Row
from tests.unit.store.desk import Desk, Place
from tests.unit.store.test_holding import SHOP, counted, hold, placed, short
from tests.unit.store.test_holding_as_it_was import check, rows_of, taught

OPEN: Final = [(0, NOBODY_LOOKED)]
ENDED: Final = ("view_ended", (SHOP, "a", 155.0))
EDITED: Final = ("view_edited", (SHOP, "a", "l9", 153.0))


def line(quantity: int, at: float, name: str = "l1") -> tuple[str, Row]:
    return "view_line", (SHOP, "a", name, "chew", 0.0, quantity, at)


async def found(desk: Desk) -> list[tuple[object, ...]]:
    text = "select settled, since from hold where ord = 'a' and sku = 'chew'"
    return [tuple(row) for row in await desk.store.job(lambda db: rows_of(db, text))]


async def settled(desk: Desk, *, lines: int = 2, more: tuple[str, Row] | None = None) -> None:
    """A hold of 2 that was made at 152, after its order was placed at 150; who gets nothing has had it looked at."""
    await counted(desk, "chew", 9, contains=100.0)
    assert short(await desk.commit(holds=[HoldRow(SHOP, "a", "chew", 2, 152.0, None)])) is None
    assert await found(desk) == OPEN
    await desk.stored(writes=[*placed("a", 150.0, chew=lines), *([] if more is None else [more])])
    assert short(await desk.commit(holds=hold("x", chew=99))) == ("chew",)
    assert await found(desk) == [(1, 150.0)]


@pytest.mark.parametrize(
    "change",
    [
        ("view_line_out", (SHOP, "a", "l1", 151.0)),
        line(1, 150.0),
        line(2, 149.0),
        "delete from view_item",
        "delete from view_order",
        "update view_order set placed = null",
    ],
)
async def test_what_takes_lines_or_the_order_out_opens_it(place: Place, change: str | tuple[str, Row]) -> None:
    desk = await place.open()
    await settled(desk)
    if isinstance(change, str):
        await desk.store.job(lambda db: db.script([str(change)]))
    else:
        await desk.stored(writes=[change])
    assert await found(desk) == OPEN


@pytest.mark.parametrize(
    ("more", "change"),
    [
        (ENDED, "update view_order set ended = null"),
        (EDITED, "delete from view_edit"),
        (EDITED, "update view_edit set at = 151"),
    ],
)
async def test_what_takes_back_why_it_takes_nothing_more_opens_it(
    place: Place, more: tuple[str, Row], change: str
) -> None:
    desk = await place.open()
    await settled(desk, lines=1, more=more)
    await desk.store.job(lambda db: db.script([change]))
    assert await found(desk) == OPEN


async def test_a_line_that_is_older_than_all_is_noted_and_one_that_is_not_changes_nothing(place: Place) -> None:
    desk = await place.open()
    await settled(desk)
    same = [
        *placed("a", 150.0, chew=2), line(5, 150.0), line(1, 151.0, "l2"), ("view_paid", (SHOP, "a", 151.0)), ENDED,
        EDITED, ("view_edited", (SHOP, "a", "l9", 154.0)), ("keep_hold", (SHOP, "a", "chew")),
    ]  # fmt: skip
    await desk.stored(writes=same)
    await desk.store.job(lambda db: db.script(["update hold set until = 5e9"]))  # who prolongs it changes nothing
    assert await found(desk) == [(1, 150.0)]
    await desk.stored(writes=[line(1, 149.5, "l3")])
    assert await found(desk) == [(1, 149.5)]


async def test_made_again_it_is_looked_at_again(place: Place) -> None:
    desk = await place.open()
    await settled(desk)
    assert short(await desk.commit(holds=[HoldRow(SHOP, "a", "chew", 3, 160.0, None)])) is None
    assert await found(desk) == OPEN
    assert short(await desk.commit(holds=hold("x", chew=7))) == ("chew",)
    assert await found(desk) == OPEN  # the edit is on its way
    assert short(await desk.commit(holds=hold("x", chew=6))) is None


async def test_what_its_checkout_says_is_settled_without_a_look_at_when_it_was_placed(place: Place) -> None:
    desk = await place.open()
    await counted(desk, "chew", 90, contains=100.0)
    for n in range(20):
        rows = [HoldRow(SHOP, f"o{n}", "chew", 1, 150.0 + n, None, 150.0 + n)]
        assert short(await desk.commit(holds=rows)) is None
        await desk.stored(writes=placed(f"o{n}", 150.0 + n, chew=1))
    text = "select settled, count(*), min(since - made), max(since - made) from hold group by settled order by settled"
    told = [tuple(row) for row in await desk.store.job(lambda db: rows_of(db, text))]
    assert told == [(0, 4, 0.0, 0.0), (1, 16, 0.0, 0.0)]


async def test_sqlite_sums_the_lines_of_what_is_asked_for_once_for_each_count(place: Place) -> None:
    desk = await place.open()

    async def sums() -> list[Row]:
        rows = await desk.store.job(lambda db: rows_of(db, "select sku, contains, units from line_sum order by sku"))
        return [tuple(row) for row in rows]

    async def asked() -> None:
        assert short(await desk.commit(holds=hold("x", chew=999))) == ("chew",)

    kept = place.kind != "postgres"
    await counted(desk, "chew", 9, contains=100.0)
    await counted(desk, "bone", 9, contains=100.0)
    await desk.stored(writes=[*placed("a", 150.0, chew=2), *placed("b", 160.0, bone=2)])
    assert await sums() == []
    await asked()
    await desk.stored(writes=[*placed("c", 170.0, chew=3), ("view_line_out", (SHOP, "a", "l1", 171.0))])
    assert await sums() == ([("chew", 100.0, 3)] if kept else [])
    await counted(desk, "chew", 9, contains=165.0)
    assert await sums() == []
    await asked()
    assert await sums() == ([("chew", 165.0, 3)] if kept else [])


@pytest.mark.only("postgres")
async def test_a_line_that_another_process_takes_out_meanwhile_is_not_settled_over(place: Place) -> None:
    """Who takes it out has its turn: before the decision, which then sees it, or after it."""
    desks = [await place.open(), await place.open(claim=False)]
    await desks[0].store.job(taught)
    await counted(desks[0], "chew", 999, contains=100.0)
    for n in range(40):
        made = [HoldRow(SHOP, f"a{n}", "chew", 2, 152.0, None)]
        assert short(await desks[0].commit(holds=made)) is None
        await desks[0].stored(writes=placed(f"a{n}", 150.0, chew=2))
        out, asked = await asyncio.gather(
            desks[0].commit(writes=[("view_line_out", (SHOP, f"a{n}", "l1", 151.0)), *placed(f"b{n}", 1.0)]),
            desks[1].commit(lanes=(), holds=hold(f"c{n}", chew=9_999)),
        )
        assert (out.error, short(asked)) == (None, ("chew",))
        await desks[0].store.job(lambda db: check(db, 1_000.0))
