"""What a read of a view waits for is known without a look at the store, and never less than there is."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.model import OrderPlaced
from pawline.store import StoreUnsure
from pawline.testing.orders import order
from pawline.views.places import NOTHING, Places
from tests.unit.views.desk import Desk, at


async def placed(desk: Desk, *numbers: int) -> None:
    await desk.tell(*(OrderPlaced(order=order(number, placed_at=at(number))) for number in numbers))


async def test_in_lanes_that_are_ours_nothing_is_read_to_know_it_once_they_are(desk: Desk) -> None:
    await desk.open()
    await placed(desk, 1, 2, 3)
    assert await desk.views.caught_up(30)
    names: list[str] = []
    fetch = desk.store.fetch

    async def noted(name: str, params: Any = ()) -> Any:
        names.append(name)
        return await fetch(name, params)

    desk.store.fetch = noted  # type: ignore[method-assign]
    for number in range(4, 9):
        await placed(desk, number)
        assert await desk.views.caught_up(30)
    assert "next_seqs" not in names
    assert "events_after" in names


async def test_what_was_dispatched_is_ahead_until_every_view_has_read_it(desk: Desk) -> None:
    await desk.open()
    await placed(desk, 1)
    await desk.views.caught_up(30)
    places = Places(desk.store, ["one", "two"])
    for name in ("one", "two"):
        places.cursors[name] = dict.fromkeys(range(256), NOTHING)
    places.read()
    await places.look(desk.engine.lanes)
    ((lane, end),) = places.ahead.items()
    for name, left in (("one", {lane: end}), ("two", {})):
        places.cursors[name][lane] = end
        places.read([lane])
        assert places.ahead == left
    await placed(desk, 1_000, 2_000)
    await places.look(desk.engine.lanes)
    assert sum(last + 1 for last in places.ahead.values()) >= 2
    await places.look({})  # they are others' now
    assert places.ahead == {}


async def test_after_a_commit_that_may_be_stored_the_store_is_asked_again(desk: Desk) -> None:
    await desk.open()
    await placed(desk, 1)
    assert await desk.views.caught_up(30)
    doubted: list[int] = []

    def unsure(units: Any) -> None:
        if any(unit.dispatched for unit in units) and not doubted:
            doubted.append(len(units))
            raise ValueError("it is stored, and the answer was lost")

    desk.store._writer.transaction.hooks.after_commit = unsure
    with pytest.raises(StoreUnsure):
        await placed(desk, 2)
    assert (len(doubted), desk.store.ends[1]) == (1, 1)
    assert len(await desk.rows("view_order")) == 2
