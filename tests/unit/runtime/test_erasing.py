"""An erasure undoes what is under way before the key is gone; what does not end in time is named."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from pawline.model import Event
from pawline.ports import Code, Rejected, Transient
from pawline.runtime import flow, sleep_until, undoing, use
from pawline.store import Erased, HouseholdErased, Status, StoreError
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


class Bought(Event, tag="test.bought@1"):
    """What somebody does of their own accord."""

    id: str
    house: str

    @property
    def subject(self) -> str:
        return self.id

    @property
    def household(self) -> str:
        return self.house

    def acted(self, at: datetime) -> datetime:
        return at


@flow(on=Bought)
async def buys(bought: Bought) -> str:
    async with undoing() as undo:
        await undo.step(use(Shelf).put(bought.id), back=use(Shelf).take)
        await sleep_until(datetime.fromtimestamp(NOON + 1_000, UTC))
    return "ok"


@flow(on=Begun)
async def books(begun: Begun) -> str:
    async with undoing() as undo:
        await undo.step(use(Shelf).put(begun.id), back=use(Shelf).take)
        await sleep_until(datetime.fromtimestamp(NOON + 1_000, UTC))
    return "ok"


async def test_what_was_done_is_undone_before_the_key_goes(hub: Hub) -> None:
    await hub.up(books)
    asleep = await hub.begin(Begun(id="o1", house="h1"))
    queued = await hub.begin(Begun(id="o1", house="h1"))
    other = await hub.begin(Begun(id="o2", house="h2"))
    assert await hub.engine.erase("s", "h1") == []
    assert hub.clerk.did == [("put", "o1"), ("put", "o2"), ("take", "o1!")]
    assert [await hub.status(no) for no in (asleep, queued)] == [Status.CANCELLED] * 2
    assert await hub.status(other) == Status.WAITING
    event = (await hub.store.events([(await hub.run(asleep)).event]))[(await hub.run(asleep)).event]
    assert isinstance(await hub.store.keys.by_no(event.key or 0), Erased)
    with pytest.raises(HouseholdErased):
        await hub.record(Begun(id="o3", house="h1"))
    audit = [(by, action, detail) for by, action, _, detail in await hub.audit()]
    assert audit == [("pawline", "cancel done", "its household is erased")] * 2


async def test_an_outcome_that_is_not_known_yet_is_settled_first(hub: Hub) -> None:
    await hub.up(books)
    hub.clerk.says["put"] = [Transient("broke"), timedelta(seconds=2)]
    no = await hub.begin(Begun(id="o1", house="h1"))
    assert await hub.status(no) == Status.RUNNING
    assert await hub.engine.erase("s", "h1") == []
    assert hub.clerk.did[-1] == ("take", "o1!")
    assert (await hub.status(no), await hub.cases()) == (Status.CANCELLED, [])


async def test_what_does_not_end_in_time_is_named_and_ends_unread(hub: Hub) -> None:
    await hub.up(books)
    hub.clerk.says["take"] = [Transient("down")] * 100
    no = await hub.begin(Begun(id="o1", house="h1"))
    before = hub.clock()
    assert await hub.engine.erase("s", "h1", 30) == [no]
    assert 30 <= hub.clock() - before < 31
    tries = len(hub.clerk.heard)
    await hub.quiet(300)
    assert (await hub.status(no), len(hub.clerk.heard), hub.engine.live) == (Status.CANCELLED, tries, {})
    assert (await hub.waits(no), await hub.cases()) == ([], [])


async def test_what_did_not_end_is_named_again_where_the_erasure_is_repeated(hub: Hub) -> None:
    await hub.up(books, buys)
    hub.clerk.says["take"] = [Transient("down")] * 100
    no, as_of = await hub.begin(Begun(id="o1", house="h1")), hub.clock()
    assert await hub.engine.erase("s", "h1", 30, as_of) == [no]
    assert await hub.engine.erase("s", "h1", 30, as_of) == [no]
    await hub.die()
    await hub.up()
    await hub.quiet()
    anew = await hub.begin(Bought(id="o2", house="h1"))
    assert await hub.engine.erase("s", "h1", 30, as_of) == [no]
    await hub.quiet()
    assert [await hub.status(one) for one in (no, anew)] == [Status.CANCELLED, Status.WAITING]
    hub.clerk.says.clear()
    await hub.quiet()
    assert await hub.engine.erase("s", "h1", 30, hub.clock()) == []  # of that one nothing was left
    assert [await hub.status(one) for one in (no, anew)] == [Status.CANCELLED] * 2


async def test_who_acts_while_the_rest_is_undone_is_not_erased_with_it(hub: Hub) -> None:
    await hub.up(books, buys)
    hub.clerk.says["take"] = [timedelta(seconds=5)]
    old, as_of = await hub.begin(Begun(id="o1", house="h1")), hub.clock()
    erasing = asyncio.ensure_future(hub.engine.erase("s", "h1", 30, as_of))
    await hub.quiet(2)
    new = await hub.begin(Bought(id="o2", house="h1"))
    with pytest.raises(Rejected) as told:
        await erasing
    assert told.value.code is Code.CONFLICT
    await hub.quiet(5)
    assert [await hub.status(one) for one in (old, new)] == [Status.CANCELLED, Status.WAITING]
    assert hub.clerk.did == [("put", "o1"), ("take", "o1!"), ("put", "o2")]
    assert await hub.store.keys.erased("s", "h1") is None
    await hub.die()
    await hub.up()
    with pytest.raises(Rejected):  # whoever repeats it after a death
        await hub.engine.erase("s", "h1", 30, as_of)
    await hub.quiet()
    assert (await hub.status(new), len(await hub.audit())) == (Status.WAITING, 1)
    assert await hub.engine.erase("s", "h1", 30, hub.clock()) == []
    assert (await hub.status(new), hub.clerk.did[-1]) == (Status.CANCELLED, ("take", "o2!"))


async def test_what_only_follows_goes_with_the_rest(hub: Hub) -> None:
    await hub.up(books, buys)
    as_of = hub.clock()
    no = await hub.begin(Begun(id="o1", house="h1"))
    assert await hub.engine.erase("s", "h1", 30, as_of) == []
    assert (await hub.status(no), hub.clerk.did) == (Status.CANCELLED, [("put", "o1"), ("take", "o1!")])


async def test_what_they_did_and_nobody_dispatched_yet_is_not_erased(hub: Hub) -> None:
    await hub.up(books, buys)
    as_of, hub.engine.lanes = hub.clock(), {}  # others have them
    await asyncio.sleep(0.01)
    await hub.record(Bought(id="o2", house="h1"))
    with pytest.raises(Rejected):
        await hub.engine.erase("s", "h1", 30, as_of)
    assert await hub.store.keys.erased("s", "h1") is None


async def test_a_household_without_anything_is_erased_at_once_and_the_shops_own_key_never(hub: Hub) -> None:
    await hub.up(books)
    before = hub.clock()
    assert await hub.engine.erase("s", "h9") == []
    assert await hub.engine.erase("s", "h9") == []
    assert hub.clock() == before
    with pytest.raises(StoreError, match="own key"):
        await hub.engine.erase("s", "")
