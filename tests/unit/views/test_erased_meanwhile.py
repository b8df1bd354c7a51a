"""An erasure between what the views read and what they commit: nothing is put in after it."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.model import Cart, CartChanged, CartId, HouseholdId, OrderPlaced, Pet, PetAdded, PetId, Species
from pawline.store import Outcome, Store
from pawline.testing.orders import order
from pawline.views import ALL, View
from tests.unit.views.desk import SHOP, Desk, at

ANN = HouseholdId("h1")
THEIRS = (
    OrderPlaced(order=order(1)),
    PetAdded(pet=Pet(id=PetId("momo"), household=ANN, name="Momo", species=Species.CAT)),
    CartChanged(cart=Cart(id=CartId("c1"), currency="EUR", changed_at=at(0), lines=(), household=ANN)),
)


async def destroy(desk: Desk) -> None:
    """By another process where there can be one: this one's keys in memory are not told of it."""
    if desk.store.dialect != "postgres":
        await desk.store.keys.destroy(SHOP, ANN)
        return
    other = await Store.open(desk.url, desk.keyring)
    try:
        await other.keys.destroy(SHOP, ANN)
    finally:
        await other.close()


@pytest.mark.parametrize("bad", [False, True], ids=["one commit", "view by view"])
async def test_what_is_erased_between_reading_and_commit_is_in_no_view(
    desk: Desk, bad: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(seen: Any) -> Any:  # the database does not take it: then each view is committed alone
        if bad and seen.event.subject == "o1":
            yield "view_paid", (seen.shop, None, 0.0)

    await desk.open((*ALL, View("worse@1", "refused", {OrderPlaced: refused})))
    written, erased = desk.store.written, list[int]()

    async def late(writes: Any, **given: Any) -> Outcome:
        alone = len([name for name, _ in writes if name == "move_cursor"]) == 1
        if not erased and alone >= bad and any(row[:2] == (SHOP, "o1") for _, row in writes):
            erased.append(1)
            await destroy(desk)
        return await written(writes, **given)

    monkeypatch.setattr(desk.store, "written", late)
    await desk.tell(*THEIRS, OrderPlaced(order=order(2)))
    left = await desk.everything()
    assert erased
    assert ANN not in repr(left)
    assert [row[1] for row in left["view_order"]] == ["o2"]
    assert all(lag.events == 0 for lag in await desk.views.lags())
