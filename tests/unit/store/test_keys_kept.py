"""A unit made with a household's key comes before its erasure, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from pawline.store import KeyGone
from tests.unit.store.desk import Desk, Place


async def sealing(desk: Desk, household: str) -> int:
    key = await desk.store.keys.obtain("shop", household)
    await desk.stored(writes=key.fresh_writes())
    return key.no


def put(cart: str, household: str) -> list[tuple[str, tuple[object, ...]]]:
    return [("view_cart", ("shop", cart, 1.0, household, "EUR", 1, 1))]


async def test_a_unit_whose_key_was_destroyed_fails_alone(place: Place) -> None:
    desk = await place.open()
    ann, bea = await sealing(desk, "h1"), await sealing(desk, "h2")
    await desk.store.keys.destroy("shop", "h1")
    units: list[dict[str, Any]] = [
        {"keys": frozenset({ann, bea}), "writes": put("c1", "h1")},
        {"keys": frozenset({bea}), "writes": put("c2", "h2")},
        {"writes": put("c3", "h3")},
    ]
    first, *others = await desk.together(units)
    assert isinstance(first.error, KeyGone)
    assert first.error.numbers == {ann}
    assert [one.error for one in others] == [None, None]
    found = [await desk.store.fetch("household_counts", ("shop", one) * 5) for one in ("h1", "h2", "h3")]
    assert [sum(row) for (row,) in found] == [0, 1, 1]


@pytest.mark.only("postgres")
@pytest.mark.parametrize("erased", [True, False])
async def test_a_unit_waits_for_the_erasure_that_is_under_way(place: Place, erased: bool) -> None:
    desk = await place.open()
    no = await sealing(desk, "h1")
    with psycopg.connect(place.url) as db:
        db.execute("update data_key set destroyed = 1000 where no = %s", (no,))
        unit = desk.begin(keys=frozenset({no}), writes=put("c1", "h1"))
        done, _ = await asyncio.wait([unit], timeout=0.3)
        assert not done
        if erased:
            db.commit()
        else:
            db.rollback()
    assert isinstance((await unit).error, KeyGone) is erased
