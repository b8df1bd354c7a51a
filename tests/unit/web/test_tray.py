"""What is believed is on disk before it is answered, and is taken apart once, whoever dies in between."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.hub import Ear, Hearing, NoEar, gathering
from pawline.hub import tray as trays
from pawline.hub.deliveries import PAGE
from pawline.hub.gathering import COMPANY
from pawline.hub.health import examine, heard_check
from pawline.hub.manners import CLEAR, GIVE_WAY, LONGEST, Manners
from pawline.hub.renewals import FEW, PAUSE, SHARE
from pawline.hub.tray import Tray
from pawline.kit import Headers, Unsigned
from pawline.model import Channel, Envelope, Event, Order, OrderPlaced
from pawline.model.events.webhooks import WebhookUnclaimed
from pawline.runtime import Bindings, Engine, Flows, Recorded
from pawline.store import Conflict, EventRow, HouseholdErased, Keyring, Store, StoreBusy, StoreError, StoreFull
from pawline.testing.orders import order
from tests.unit.web.bell import CANARY, EAR, HOOK, Rung, hear, said, signed

KEYRING = Keyring.generate()
Record = Callable[[Envelope], Awaitable[Recorded]]


class Kept:
    """Keeps what it is told; `fails` are raised first, one by one, and nothing goes on while `go` is not set."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fails: list[Exception] = []
        self.go = asyncio.Event()
        self.go.set()
        self.under_way = self.most = 0
        self.passes: set[str] = set()  # subjects that wait for nothing
        self.at: list[float] = []

    async def record(self, envelope: Envelope) -> Recorded:
        if self.fails:
            raise self.fails.pop(0)
        self.at.append(asyncio.get_running_loop().time())
        if envelope.event.subject not in self.passes:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await self.go.wait()
            self.under_way -= 1
        self.events.append(envelope.event)
        return Recorded(len(self.events), True)


@asynccontextmanager
async def opened(
    folder: Path, record: Record | None = None, ears: Sequence[Ear] = (EAR,)
) -> AsyncIterator[tuple[Engine, Tray]]:
    """A tray that does not work yet, in an engine without flows. Left, it is as after a death."""
    store = await Store.open(folder / "store.db", KEYRING)
    engine = Engine(store, Flows([]), Bindings([]))
    await engine.start()
    try:
        yield engine, Tray(engine, Hearing(record or engine.record, ears))
    finally:
        await engine.stop()
        await store.close()


async def told(tray: Tray, body: bytes, no: str = "m1", **more: str) -> None:
    headers = [(name.encode(), value.encode()) for name, value in (signed(body, no) | more).items()]
    await tray.accept("sandbox/eu", headers, body, time.time())


def fails_once(engine: Engine, statement: str, problem: Exception) -> list[Exception]:
    """What is still to be raised, the next time that it is read."""
    fetch, fails = engine.store.fetch, [problem]

    async def failing(name: str, params: Any = ()) -> Any:
        if name == statement and fails:
            raise fails.pop()
        return await fetch(name, params)

    engine.store.fetch = failing  # type: ignore[method-assign]
    return fails


async def on_disk(engine: Engine) -> int:
    return int((await engine.store.fetch("deliveries_waiting"))[0][0])


async def events(engine: Engine) -> list[Event | None]:
    rows = [EventRow._make(row) for row in await engine.store.fetch("events_page", ("pets", "", 2**62, 100))]
    return [await engine.open_event(row) for row in reversed(rows)]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


def renewal(n: int) -> OrderPlaced:
    return OrderPlaced(order=msgspec.structs.replace(order(n), channel=Channel.SUBSCRIPTION))


PLACES = EAR._replace(
    hook=replace(  # the bell's name is an order, `r…` renews
        HOOK, hears={"rung": lambda body: (_placed(body),)}, renews=lambda _, body: b'"bells":["r' in body
    )
)


def _placed(body: bytes) -> OrderPlaced:
    name = msgspec.json.decode(body)["bells"][0]
    return renewal(int(name[1:])) if name.startswith("r") else OrderPlaced(order=order(int(name)))


async def test_what_was_answered_is_taken_apart_after_a_death_and_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("a", "b"))
        await told(tray, said("a", "b"))  # it came twice
        assert await on_disk(engine) == 2
        assert await events(engine) == []
    async with opened(tmp_path) as (engine, tray):
        tray.start()
        assert await tray.rest()
        assert await events(engine) == [Rung(bell="a"), Rung(bell="b")]
        assert await on_disk(engine) == 0


async def test_a_death_before_it_left_the_disk_records_nothing_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("a"))
        headers, body = list(signed(said("a")).items()), said("a")
        await hear(tray.hearing, "sandbox/eu", headers, body, time.time())  # it was taken apart, and there it died
        assert (await on_disk(engine), await events(engine)) == (1, [Rung(bell="a")])
    async with opened(tmp_path) as (engine, tray):
        tray.start()
        assert await tray.rest()
        assert (await on_disk(engine), await events(engine)) == (0, [Rung(bell="a")])


async def test_nothing_of_it_can_be_read_on_the_disk(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tray):
        await told(tray, said("a", by=CANARY), authorization=f"Basic {CANARY}")
    await asyncio.to_thread(_check_no_canary, tmp_path)


def _check_no_canary(folder: Path) -> None:
    files = list(folder.glob("store.db*"))
    assert files
    assert not [one.name for one in files if CANARY.encode() in one.read_bytes()]


async def test_who_the_sender_is_elsewhere_is_believed_and_not_kept(tmp_path: Path) -> None:
    body = said("a", type="new")
    async with opened(tmp_path) as (engine, tray):
        await told(tray, body, authorization=f"Basic {CANARY}", cookie=CANARY, who="mü")
        tray.start()
        assert await tray.rest()
        (kept,) = await events(engine)
    assert isinstance(kept, WebhookUnclaimed)
    assert dict(kept.headers) == signed(body, "m1", float(dict(kept.headers)["webhook-timestamp"])) | {"who": "mü"}


async def test_who_is_not_believed_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        with pytest.raises(Unsigned):
            await tray.accept("sandbox/eu", [], said("a"), time.time())
        with pytest.raises(NoEar):
            await tray.accept("sandbox/us", [], said("a"), time.time())
        assert await on_disk(engine) == 0


async def test_what_the_store_does_not_take_is_tried_again(tmp_path: Path) -> None:
    kept = Kept()
    kept.fails = [StoreBusy("full"), RuntimeError("a defect"), RuntimeError("and of what keeps it")]
    async with opened(tmp_path, kept.record) as (engine, tray):
        tray.start()
        await told(tray, said("a"))
        assert await tray.rest(20)
        assert kept.events == [Rung(bell="a")]
        assert await on_disk(engine) == 0


async def test_whoever_makes_the_shops_key_at_the_same_time_keeps_no_webhook_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        fails = [2]

        def taken(units: Sequence[Any]) -> None:
            if fails[0]:
                fails[0] -= 1
                raise Conflict("such a row is there already")

        engine.store.hooks.before_commit = taken
        await told(tray, said("a"))
        assert (fails, await on_disk(engine)) == ([0], 1)
        fails[0] = 3
        with pytest.raises(Conflict):
            await told(tray, said("b"), "m2")
        assert await on_disk(engine) == 1


async def test_what_is_about_an_erased_household_leaves_the_disk_too(tmp_path: Path) -> None:
    kept = Kept()
    kept.fails = [HouseholdErased(time.time())]
    async with opened(tmp_path, kept.record) as (engine, tray):
        tray.start()
        await told(tray, said("a", house="h7"))
        assert await tray.rest()
        assert (kept.events, await on_disk(engine)) == ([], 0)


@pytest.mark.parametrize("ears", [(), (EAR._replace(shop="cats"),)])
async def test_an_account_that_left_the_shop_meanwhile_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ears: tuple[Ear, ...]
) -> None:
    async with opened(tmp_path) as (_, tray):
        await told(tray, said("a"))
    async with opened(tmp_path, ears=ears) as (engine, tray):  # others may have it: they are starting anew
        tray.start()
        assert await tray.rest()
        assert (await on_disk(engine), await events(engine)) == (1, [])
        assert (tray._hand, tray._bytes) == (set(), 0)  # where they took it, nothing of it is here any more
    monkeypatch.setattr(trays, "STRANGE", 0.0)
    async with opened(tmp_path, ears=ears) as (engine, tray):
        tray.start()
        assert await tray.rest()
        (kept,) = await events(engine)
    assert isinstance(kept, WebhookUnclaimed)
    assert (kept.account, kept.body) == ("sandbox/eu", said("a"))
    assert kept.why == "no account of this name hears webhooks"


async def test_more_than_memory_may_hold_is_read_from_the_disk_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trays, "MOST", 1_000)
    names, kept = [f"{n:03}" for n in range(200)], Kept()
    async with opened(tmp_path, kept.record) as (engine, tray):
        tray.start()
        await asyncio.gather(*(told(tray, said(name), f"m{name}") for name in names))
        assert await tray.rest()
        assert await on_disk(engine) == 0
    assert [one.subject for one in kept.events] == names


async def test_what_others_left_under_smaller_numbers_is_found_in_one_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    async with opened(tmp_path, kept.record) as (engine, tray):
        for n in range(3 * PAGE):
            await told(tray, said(f"b{n}"), f"m{n}")
        await engine.store.job(lambda db: db.script(["update delivery set lane = -1"]))  # another's, as yet
        tray.start()
        await until(lambda: not tray._more)
        await told(tray, said("own"), "own")
        await until(lambda: kept.events == [Rung(bell="own")])
        await engine.store.job(lambda db: db.script(["update delivery set lane = 0"]))
        monkeypatch.setattr(trays, "LOOK", 3_600.0)
        tray._look_at = float("-inf")
        tray._wake.set()
        await until(lambda: len(kept.events) == 3 * PAGE + 1)
        assert await tray.rest()
        assert await on_disk(engine) == 0


@pytest.mark.parametrize("before", [False, True])
async def test_a_glance_that_breaks_holds_up_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: bool
) -> None:
    def breaks(_: Headers, body: bytes) -> bool:
        raise KeyError(CANARY)

    async with opened(tmp_path) as (engine, tray):
        if before:
            await told(tray, said("a"))
    async with opened(tmp_path, ears=[EAR._replace(hook=replace(HOOK, renews=breaks))]) as (engine, tray):
        tray.start()
        if not before:
            await told(tray, said("a"))
        assert await tray.rest()
        assert (await on_disk(engine), await events(engine)) == (0, [Rung(bell="a")])
    assert "no glance at a webhook: KeyError" in caplog.text
    assert CANARY not in caplog.text


async def test_a_look_that_breaks_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trays, "LOOK", 0.05)
    async with opened(tmp_path) as (_, tray):
        await told(tray, said("a"))
    async with opened(tmp_path) as (engine, tray):
        fails = fails_once(engine, "delivery_numbers", RuntimeError("a defect"))
        tray.start()
        await until(lambda: not fails)
        assert await tray.rest(20)
        assert await events(engine) == [Rung(bell="a")]


async def test_its_time_is_the_databases_as_other_hubs_see_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        before, headers = (
            engine.store.now(),
            [(name.encode(), value.encode()) for name, value in signed(said()).items()],
        )
        await tray.accept("sandbox/eu", headers, said(), time.time() - 200)  # this machine's clock is slow
        rows = await engine.store.job(lambda db: db.fetch("deliveries_waiting", ()))
        assert before <= rows[0][1] <= engine.store.now()


async def test_a_shoppers_order_that_waited_long_still_goes_before_renewals(tmp_path: Path) -> None:
    kept = Kept()
    async with opened(tmp_path, kept.record, [PLACES]) as (_, tray):
        tray._more = False
        await told(tray, said("99"), "m99")
        tray._renewals._came = float("-inf")  # it is long since it came
        tray.start()
        await until(lambda: len(kept.events) == 1)
        assert tray._renewals._is_beside()


async def test_renewals_go_a_few_at_a_time_and_a_shopper_is_behind_none_of_them(tmp_path: Path) -> None:
    kept = Kept()
    kept.go.clear()
    async with opened(tmp_path, kept.record, [PLACES]) as (engine, tray):
        tray.start()
        for n in range(1, 31):
            await told(tray, said(f"r{n}"), f"m{n}")
        await until(lambda: kept.under_way == FEW)
        kept.passes.add("o99")
        await told(tray, said("99"), "m99")
        await until(lambda: kept.events == [OrderPlaced(order=order(99))])  # while all renewals stand still
        kept.go.set()
        assert await tray.rest(20)
        assert kept.most == FEW
        assert await on_disk(engine) == 0
    assert _numbers(kept.events) == [f"o{n}" for n in range(1, 31)]


def _numbers(found: Sequence[Event]) -> list[str]:
    orders: list[Order] = [one.order for one in found if isinstance(one, OrderPlaced) and one.renewal]
    return sorted((one.id for one in orders), key=lambda one: int(one[1:]))


@pytest.mark.parametrize("beside", [False, True])
async def test_the_sender_of_renewals_is_held_back_beside_others_and_fills_no_memory(
    tmp_path: Path, beside: bool
) -> None:
    loop = asyncio.get_running_loop()
    async with opened(tmp_path, ears=[PLACES]) as (engine, tray):  # it works not yet: they stay in line
        tray._more = False  # as when it has looked
        if beside:
            await told(tray, said("99"), "m99")
        before = loop.time()
        for n in range(1, 11):
            await told(tray, said(f"r{n}"), f"m{n}")
        took, held = loop.time() - before, 1.0 / engine.settings.later
        assert (took >= 9 * held) == beside  # each comes when the one before was answered
        assert await on_disk(engine) == len(tray._hand) == 10 + beside
        assert len(tray._waiting) == beside  # the others are numbers in their line, whatever their size
        assert (tray._bytes > 0) == beside
        before = loop.time()
        await told(tray, said("98"), "m98")
        assert loop.time() - before < held  # a shopper's is not


async def test_renewals_that_come_together_beside_others_share_a_commit_and_one_that_hangs_up_takes_none_with_it(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, ears=[PLACES]) as (engine, tray):
        tray.somebody_waits()
        kept: list[int] = []
        engine.store.hooks.before_commit = lambda units: kept.append(
            sum(name == "insert_delivery" for unit in units for name, _ in unit.writes)
        )
        came = [asyncio.ensure_future(told(tray, said(f"r{n}"), f"m{n}")) for n in range(8)]
        await asyncio.sleep(0)
        came[0].cancel()
        found = await asyncio.gather(*came, return_exceptions=True)
        assert [type(one) for one in found] == [asyncio.CancelledError, *[type(None)] * 7]
        assert [one for one in kept if one] == [7]
        assert await on_disk(engine) == 7


@pytest.mark.parametrize("beside", [False, True])
async def test_renewals_are_apart_as_what_else_there_is_asks_for(tmp_path: Path, beside: bool) -> None:
    kept = Kept()
    async with opened(tmp_path, kept.record, [PLACES]) as (engine, tray):
        tray.start()
        if beside:
            tray.somebody_waits()
        for n in range(1, 11):
            await told(tray, said(f"r{n}"), f"m{n}")
        assert await tray.rest(20)
        gaps = [later - earlier for earlier, later in itertools.pairwise(kept.at)]
    least = 1.0 / (SHARE * engine.settings.later) if beside else PAUSE
    assert sum(gaps) >= 0.9 * least * len(gaps)
    if not beside:
        assert min(gaps) < 1.0 / (SHARE * engine.settings.later)  # a renewal is no company for renewals


async def test_a_renewal_that_somebody_else_took_apart_keeps_no_place(tmp_path: Path) -> None:
    kept = Kept()
    async with opened(tmp_path, kept.record, [PLACES]) as (engine, tray):
        tray.start()
        tray.somebody_waits()
        for n in range(1, 6):
            await told(tray, said(f"r{n}"), f"m{n}")
        await engine.store.job(lambda db: db.script(["delete from delivery"]))
        assert await tray.rest()


async def test_one_key_that_could_not_be_looked_up_puts_nothing_aside(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tray):
        await told(tray, said("a"))
    async with opened(tmp_path) as (engine, tray):
        fails = fails_once(engine, "data_keys_by_no", StoreError("a read failed"))
        tray.start()
        await until(lambda: not fails)
        assert await tray.rest(20)
        assert await events(engine) == [Rung(bell="a")]


async def test_what_waits_to_be_tried_again_counts_as_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trays, "MOST", 2_000)
    kept = Kept()
    kept.fails = [StoreBusy("full")] * 1_000
    async with opened(tmp_path) as (_, tray):
        for n in range(60):
            await told(tray, said(f"{n}", house="h" * 100), f"m{n}")
    async with opened(tmp_path, kept.record) as (_, tray):
        tray.start()
        await until(lambda: len(kept.fails) < 950)
        assert len(tray._hand) <= PAGE
        assert tray._bytes >= 2_000
        kept.fails.clear()
        assert await tray.rest(60)
    assert len(kept.events) == 60
    assert tray._bytes == 0


async def test_a_drop_that_the_store_does_not_take_is_made_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        tray.start()
        await told(tray, said("a"))
        fails = [1]

        def refuse(units: Sequence[Any]) -> None:
            if fails and any(name == "drop_delivery" for unit in units for name, _ in unit.writes):
                fails.pop()
                raise StoreFull("no space")

        engine.store.hooks.before_commit = refuse
        await until(lambda: not fails)
        assert not await on_disk(engine) or await tray.rest()
        assert await on_disk(engine) == 0
        assert (await heard_check(engine.store, [("pets", "sandbox/eu")])).state == "good"  # noted with it


async def test_in_a_rush_those_inside_wait_and_not_for_ever() -> None:
    manners, loop = Manners(), asyncio.get_running_loop()

    async def rush() -> None:
        while True:
            for _ in range(100):
                manners.came()
            await asyncio.sleep(0.005)

    before = loop.time()
    await manners.give_way(before)
    calm = loop.time() - before
    task = asyncio.create_task(rush())
    await asyncio.sleep(CLEAR)
    before = loop.time()
    await manners.give_way(before)
    assert loop.time() - before >= GIVE_WAY > calm
    before = loop.time()
    await manners.give_way(before - LONGEST - 0.1)
    assert loop.time() - before < GIVE_WAY
    task.cancel()


LATE = "1 webhook(s) wait to be taken apart, the oldest for 15 min 1 s: `pawline events waiting`"


@pytest.mark.parametrize(
    ("hub", "age", "state", "says"),
    [
        (True, 0.0, "good", "no webhook waits to be taken apart for long"),
        (True, 890.0, "good", "no webhook waits to be taken apart for long"),
        (
            True,
            901.5,
            "bad",
            LATE,
        ),
        (
            False,
            901.5,
            "look",
            LATE,
        ),
    ],
)
async def test_the_doctor_finds_what_waits_for_long(
    tmp_path: Path, hub: bool, age: float, state: str, says: str
) -> None:
    async with opened(tmp_path) as (engine, tray):
        body = said("a")
        headers = [(name.encode(), value.encode()) for name, value in signed(body).items()]
        await tray.accept("sandbox/eu", headers, body, time.time())
        await engine.store.job(lambda db: db.script([f"update delivery set at = at - {age}"]))  # noqa: S608 - a number
        checks = {one.name: one for one in await examine(engine.store, Flows([]), ["pets"], hub=hub)}
        assert (checks["deliveries"].state, checks["deliveries"].says) == (state, says)


async def test_the_doctor_says_when_each_account_heard_last(tmp_path: Path) -> None:
    async with opened(tmp_path) as (engine, tray):
        both = [("pets", "sandbox/eu"), ("pets", "sandbox/us")]
        assert (await heard_check(engine.store, [])).says == "no account hears webhooks"
        assert (await heard_check(engine.store, both[:1])).says == "the last webhook: sandbox/eu none yet"
        tray.start()
        await told(tray, said("a"))
        await told(tray, said("b"), "m2")
        assert await tray.rest()
        found = await heard_check(engine.store, both[:1])
        assert (found.state, found.says[:29]) == ("good", "the last webhook: sandbox/eu ")
        assert found.says.endswith(" s ago")
        assert (await heard_check(engine.store, both)).state == "look"
        await engine.store.job(lambda db: db.script(["update checkpoint set at = at - 90061"]))
        assert (await heard_check(engine.store, both[:1])).says == "the last webhook: sandbox/eu 1 d 1 h ago"
        assert (await heard_check(engine.store, both[:1])).state == "look"


async def test_one_that_cannot_be_read_holds_up_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("a"))
        await engine.store.job(lambda db: db.script(["update delivery set body = substr(body, 1, 20)"]))
        await told(tray, said("b"), "m2")
    async with opened(tmp_path) as (engine, tray):
        tray.start()
        assert await tray.rest()
        assert await events(engine) == [Rung(bell="b")]
        assert await on_disk(engine) == 1
    assert "does not open" in caplog.text


async def test_in_a_rush_those_of_several_turns_share_a_commit_and_whoever_is_alone_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LONGEST", 0.5)  # longer than a busy machine makes a turn wait
    monkeypatch.setattr(gathering, "LATELY", 600.0)
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("first"))  # makes the shop's key
        before = engine.store.commits
        await asyncio.gather(*(told(tray, said(f"a{n}"), f"a{n}") for n in range(COMPANY)))
        assert engine.store.commits - before == 1
        few = await turns(tray, "b", COMPANY // 2)
        assert [one.done() for one in few] == [False] * (COMPANY // 2)
        await asyncio.gather(*few)
        assert engine.store.commits - before == 2
        monkeypatch.setattr(gathering, "LONGEST", 600.0)
        await told(tray, said("alone"), "alone")  # there is no rush any more
        assert engine.store.commits - before == 3
        assert await on_disk(engine) == COMPANY + COMPANY // 2 + 2


async def test_in_a_rush_nobody_waits_for_the_slowest_and_who_comes_in_the_same_turn_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LONGEST", 600.0)
    monkeypatch.setattr(gathering, "LATELY", 600.0)
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("first"))
        before = engine.store.commits
        await asyncio.gather(*(told(tray, said(f"a{n}"), f"a{n}") for n in range(2 * COMPANY)))
        rush = await turns(tray, "b", 3 * COMPANY // 2 - 1)
        assert engine.store.commits - before == 1
        rush += [asyncio.create_task(told(tray, said(f"c{n}"), f"c{n}")) for n in range(2)]
        async with asyncio.timeout(20):
            await asyncio.gather(*rush)
        assert engine.store.commits - before == 2
        assert await on_disk(engine) == 1 + 2 * COMPANY + 3 * COMPANY // 2 - 1 + 2


async def test_a_rush_that_is_over_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LONGEST", 600.0)
    monkeypatch.setattr(gathering, "LATELY", 0.0)
    async with opened(tmp_path) as (engine, tray):
        await told(tray, said("first"))
        await asyncio.gather(*(told(tray, said(f"a{n}"), f"a{n}") for n in range(2 * COMPANY)))
        async with asyncio.timeout(20):
            await told(tray, said("alone"), "alone")
        assert await on_disk(engine) == 2 + 2 * COMPANY


async def turns(tray: Tray, name: str, count: int) -> list[asyncio.Task[None]]:
    """So many deliveries that come one by one, each in a turn of the loop."""
    found = list[asyncio.Task[None]]()
    for n in range(count):
        found.append(asyncio.create_task(told(tray, said(f"{name}{n}"), f"{name}{n}")))
        await asyncio.sleep(0)
    return found
