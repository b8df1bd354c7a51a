"""Data keys that are looked up together: one statement a turn of the loop, and each asker its own answer."""

from __future__ import annotations

import asyncio

from pawline.store import DataKey, HouseholdErased, Keyring, Store, StoreBroken, StoreFull, Unreadable
from pawline.store.database import Row
from pawline.store.keys import DataKeys
from tests.unit.store.desk import Place


class Counting:
    """A store that notes what its keys ask for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[tuple[str, object]] = []
        self.next_no, self.now, self.job = store.next_no, store.now, store.job

    async def fetch(self, name: str, params: Row = ()) -> list[Row]:
        self.asked.append((name, params))
        return await self._store.fetch(name, params)


async def test_households_that_are_met_in_one_turn_share_a_look_up_and_fail_alone(place: Place) -> None:
    desk = await place.open()
    stored = await desk.store.keys.obtain("shop", "h1")
    assert (await desk.commit(writes=stored.fresh_writes())).error is None
    await desk.store.keys.destroy("shop", "h2")
    lost = DataKeys(desk.store, Keyring.generate(), fresh_for=None)
    assert (await desk.commit(writes=(await lost.obtain("shop", "h3")).fresh_writes())).error is None
    source = Counting(desk.store)
    keys = DataKeys(source, desk.store.keys._keyring, fresh_for=None)
    waits = [asyncio.ensure_future(keys.obtain("shop", name)) for name in ("h1", "h2", "h3", "h4", "h1", "h5", None)]
    other = asyncio.ensure_future(keys.obtain("other", "h1"))
    asyncio.get_running_loop().call_soon(waits[5].cancel)  # it gives up: nobody else notices
    found = await asyncio.gather(*waits, return_exceptions=True)
    kinds = [type(one) for one in found]
    assert kinds == [DataKey, HouseholdErased, Unreadable, DataKey, DataKey, asyncio.CancelledError, DataKey]
    assert found[0] is found[4]
    assert isinstance(found[0], DataKey)
    assert found[0].no == stored.no
    assert (await other).no != stored.no
    assert sorted(source.asked, key=str) == [
        ("data_keys", ("other", ["h1"])),
        ("data_keys", ("shop", ["h1", "h2", "h3", "h4", "h5", ""])),
    ]


async def test_a_store_that_does_not_answer_fails_whoever_asked(place: Place) -> None:
    desk = await place.open()
    await desk.store.close()
    found = await asyncio.gather(*[desk.store.keys.obtain("shop", f"h{n}") for n in (1, 2)], return_exceptions=True)
    assert [type(one) for one in found] == [StoreBroken, StoreBroken]


async def test_a_number_for_a_new_key_that_cannot_be_had_is_told_to_who_asked_for_it(place: Place) -> None:
    desk = await place.open()
    known = await desk.store.keys.obtain("shop", "known")
    assert (await desk.commit(writes=known.fresh_writes())).error is None
    source = Counting(desk.store)

    def none_left() -> int:
        raise StoreFull("no space")

    source.next_no = none_left
    keys = DataKeys(source, desk.store.keys._keyring, fresh_for=None)
    async with asyncio.timeout(20):
        names = ("h1", "known", "h1", "h2")
        found = await asyncio.gather(*[keys.obtain("shop", name) for name in names], return_exceptions=True)
    assert [type(one) for one in found] == [StoreFull, DataKey, StoreFull, StoreFull]
