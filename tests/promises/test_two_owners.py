"""Two owners over one PostgreSQL: whoever stands still, dies or comes back, all happens once, and nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pawline.flows.fulfil_order import fulfil_order
from pawline.model import Envelope
from pawline.runtime import Binding, Bindings, flow, now, sleep_until, use
from pawline.store import LANES, Status
from pawline.testing import Day, Told, Vendors, bindings, runs
from pawline.testing.orders import SHOP, SKUS, placed
from tests.attack.crowd import orders, wrongs
from tests.databases import databases
from tests.promises.owners import BRIEF, EVEN, ODD, SETTINGS, House, Owner, Recorder, Shared, until
from tests.unit.runtime.clerk import FOR_EVER, Begun, Clerk, Shelf

ORDERS = 60


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[], str]]:
    with databases() as new:
        yield new


async def all_lanes(recorder: Recorder, owner: Owner) -> bool:
    return await recorder.owners() == {owner.store.owner: LANES}


@pytest.mark.parametrize(
    ("where", "batch"), [("before_commit", 3), ("before_commit", 8), ("after_commit", 4), ("after_commit", 9)]
)
def test_a_takeover_in_the_middle_of_batches(new_database: Callable[[], str], where: str, batch: int) -> None:
    asyncio.run(takeover(new_database(), where, batch))


async def takeover(url: str, where: str, batch: int) -> None:
    vendors = Vendors(now=time.time, stock=dict.fromkeys(SKUS, ORDERS))
    played = bindings(Shared(vendors), timeout=timedelta(seconds=1), margin=timedelta(seconds=0.25))
    events = [placed(one) for one in orders(ORDERS)]
    async with House(url) as house:
        first = await house.owner([fulfil_order], played, EVEN, settings=BRIEF)
        second = await house.owner([fulfil_order], played, ODD)
        recorder = await house.recorder()
        view = await house.view()
        holding = asyncio.create_task(first.hold(where, batch))
        for at, envelope in enumerate(events[:30]):
            await (second.call(second.engine.record(envelope)) if at % 3 else recorder.record(envelope))
        await holding
        before = await recorder.epochs()
        await until(lambda: all_lanes(recorder, second))
        assert [new - old for (_, new), (_, old) in zip(await recorder.epochs(), before, strict=True)] == [1, 0] * 128
        first.go_on()
        for envelope in events[30:]:
            await first.call(first.engine.record(envelope))
        await Day(0, [Told(0, envelope) for envelope in events]).rest(recorder.engine, 40)
        await until(lambda: knows_nothing(first))
        late = Counter(first.stored[first.before :])
        assert late - Counter(first.held if where == "after_commit" else []) == Counter()
        await view.rest()
        assert [Status(run.status) for run in await runs(recorder.store, SHOP)] == [Status.DONE] * ORDERS
        assert wrongs(ORDERS, vendors.effects(), 1, 0, set()) == []
        rows = await recorder.store.fetch("events_page", (SHOP, "", 1 << 62, 1_000))
        assert Counter(row[4] for row in rows) == {"order.placed@1": 60, "order.confirmed@1": 52, "order.refused@1": 8}
        assert sorted(row.no for row in view.seen) == sorted(row[0] for row in rows)
        for lane in range(LANES):
            seqs = [row.seq for row in view.seen if row.lane == lane]
            assert seqs == list(range(len(seqs)))


async def knows_nothing(owner: Owner) -> bool:
    return owner.engine.lanes == {} and owner.engine.live == {}


class Shifted:
    """A machine's clock that is off by some seconds, and can be set."""

    def __init__(self, by: float) -> None:
        self.by = by

    def __call__(self) -> float:
        return time.time() + self.by


@flow(on=Begun)
async def sleeps(begun: Begun) -> None:
    await sleep_until(now() + timedelta(seconds=2.5))  # longer than a moment: a row
    await use(Shelf).put(begun.id)


def test_clocks_that_are_minutes_off_neither_take_lanes_nor_lose_timers(new_database: Callable[[], str]) -> None:
    asyncio.run(clocks(new_database()))


async def clocks(url: str) -> None:
    clerk, ahead, behind = Clerk(time.time), Shifted(300), Shifted(-300)
    played = Bindings([Binding("shelf/eu", Shelf, clerk, {"put": FOR_EVER, "take": FOR_EVER, "weigh": FOR_EVER})])

    async def begin(name: str, many: int) -> None:
        at = datetime.fromtimestamp(time.time(), UTC)
        for n in range(many):
            event = Begun(id=f"{name}{n}")
            await recorder.record(Envelope(shop="s", source="test", id=event.id, at=at, event=event))

    def statuses(*wanted: tuple[Status, int]) -> Callable[[], Awaitable[bool]]:
        async def found() -> bool:
            return Counter(Status(run.status) for run in await runs(recorder.store, "s")) == dict(wanted)

        return found

    async with House(url) as house:
        first = await house.owner([sleeps], played, EVEN, clock=ahead, settings=BRIEF)
        second = await house.owner([sleeps], played, ODD, clock=behind, settings=BRIEF)
        recorder = await house.recorder()
        owned = await recorder.epochs()
        await begin("a", 16)
        await until(statuses((Status.WAITING, 16)))
        await until(statuses((Status.DONE, 16)))  # both have looked for free lanes since
        assert await recorder.epochs() == owned
        await begin("b", 16)
        await until(statuses((Status.DONE, 16), (Status.WAITING, 16)))
        theirs = [run for run in await runs(recorder.store, "s") if not run.ended and run.lane % 2 == 0]
        assert theirs
        await first.down()
        await until(lambda: all_lanes(recorder, second))
        await until(statuses((Status.DONE, 32 - len(theirs)), (Status.WAITING, len(theirs))))
        behind.by = -600  # put back: nothing is due for ten minutes more
        await second.call(asyncio.sleep(4 * SETTINGS.look))
        assert await statuses((Status.DONE, 32 - len(theirs)), (Status.WAITING, len(theirs)))()
        behind.by = 310  # and put forward: all is due
        await until(statuses((Status.DONE, 32)))
        assert await recorder.owners() == {second.store.owner: LANES}
    assert sorted(clerk.did) == sorted(("put", f"{name}{n}") for name in "ab" for n in range(16))
