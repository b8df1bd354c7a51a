"""What is unknown, read, counted or undone, when brakes, gates, people and other runs of the key come in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from pawline.ports import EffectKind, Limits, Operation, Rejected, Settle, Transient, Unauthorised
from pawline.runtime import UNLIMITED, RuntimeSettings, flow, sleep_until, undoing, use
from pawline.runtime.records import Tried
from pawline.runtime.settings import Caps
from pawline.store import Status
from tests.unit.runtime.clerk import BY_KEY, LOOK_UP, Begun, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON

DAY = 86_400.0


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put("first")


@flow(on=Begun)
async def puts_back(begun: Begun) -> str:
    shelf = use(Shelf)
    async with undoing() as undo:
        await undo.step(shelf.put("a"), back=shelf.take)
        await shelf.weigh(["x"])
    return "ok"


# -- cancelling while something is undone ------------------------------------------------------------------------------


async def test_a_cancel_does_not_forget_an_undo_that_waits_for_its_gate(hub: Hub) -> None:
    hub.bindings = (hub.shelf(limits=Limits(rate=0.7, burst=2)),)
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [Rejected("no")]
    await hub.record(Begun())
    await asyncio.sleep(0.2)
    (run,) = await hub.runs()
    assert hub.engine.live[run.no].held
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    await hub.quiet(10)
    assert hub.clerk.did[-1] == ("take", "a!")
    assert await hub.status(run.no) >= Status.DONE


async def test_a_cancel_does_not_forget_an_undo_behind_a_brake(hub: Hub) -> None:
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [timedelta(seconds=1), Rejected("no")]
    await hub.record(Begun())
    await hub.quiet(0.5)
    await hub.told("stop", "shop", scope="all")
    await hub.quiet(3)
    (run,) = await hub.runs()
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    assert ("take", "a!") not in hub.clerk.did
    await hub.told("go_on", "shop", scope="all")
    await hub.quiet(10)
    assert hub.clerk.did.count(("take", "a!")) == 1
    assert await hub.status(run.no) >= Status.DONE


async def test_a_cancel_opens_a_new_case_for_an_undo_that_was_parked_before_it_left(hub: Hub) -> None:
    await hub.up(puts_back)
    hub.clerk.says["weigh"] = [timedelta(seconds=5), Rejected("no")]
    await hub.record(Begun())
    await hub.quiet(1)
    bindings = hub.engine.bindings
    real = bindings.get
    bindings.get = lambda port, account: None  # type: ignore[method-assign]
    await hub.quiet(10)
    bindings.get = real  # type: ignore[method-assign]
    (run,) = await hub.runs()
    assert await hub.told("cancel", f"run:{run.no}") == "done"
    case = await hub.case()
    assert case.title == f"cancelled, but is step {case.path}, an undo, done?"
    assert await hub.told("retry", f"run:{run.no}", path=case.path) == "done"
    assert hub.clerk.did[-1] == ("take", "a!")
    assert await hub.cases() == []


# -- look-ups ----------------------------------------------------------------------------------------------------------


def looking_up(hub: Hub, limits: Limits | None = None) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": LOOK_UP}, limits=limits or UNLIMITED),)


def finds(hub: Hub) -> int:
    return sum(one.method == "find" for one in hub.clerk.heard)


async def test_look_ups_that_fail_come_ever_more_rarely_and_are_a_case_in_the_end(hub: Hub) -> None:
    looking_up(hub)
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient("broke")]
    hub.clerk.says["find"] = [Transient("down") for _ in range(10_000)]
    no = await hub.begin(Begun())
    await hub.quiet(600)
    assert 5 < finds(hub) < 40
    tries = [one.tries for one in await hub.journal(no) if isinstance(one, Tried)]
    assert tries == list(range(len(tries)))
    assert await hub.cases() == []
    await hub.later(4 * DAY)
    assert (await hub.case()).title.endswith("failed: unavailable")
    assert await hub.status(no) == Status.PARKED


async def test_how_often_it_was_looked_up_outlives_a_death(hub: Hub) -> None:
    looking_up(hub)
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient("broke")]
    hub.clerk.says["find"] = [Transient("down") for _ in range(100)]
    no = await hub.begin(Begun())
    await hub.quiet(300)
    await hub.deploy(puts)
    await hub.quiet(300)
    tries = [one.tries for one in await hub.journal(no) if isinstance(one, Tried)]
    assert tries == list(range(len(tries)))
    hub.clerk.says["find"] = []
    await hub.quiet(1_000)
    assert await hub.status(no) == Status.DONE
    assert hub.clerk.did.count(("put", "first")) == 2


async def test_look_ups_keep_to_the_limits_of_their_account(hub: Hub) -> None:
    looking_up(hub, Limits(rate=0.5, burst=1, concurrency=1))
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient("broke") for _ in range(3)]
    for number in range(3):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(200)
    assert [one.method for one in hub.clerk.heard].count("find") == 3
    times = [one.at for one in hub.clerk.heard]
    assert all(later - earlier > 1.9 for earlier, later in pairwise(times))
    assert await hub.statuses() == [Status.DONE] * 3


async def test_what_is_stopped_is_not_looked_up_either(hub: Hub) -> None:
    for scope, name in (("all", ""), ("flow", "puts"), ("account", "shelf/eu")):
        looking_up(hub)
        await hub.up(puts)
        hub.clerk.says["put"] = [Transient("broke")]
        hub.clerk.says["find"] = [Transient("down")]
        await hub.record(Begun(id=scope))
        assert await hub.told("stop", "shop", scope=scope, name=name) == "done"
        before = finds(hub)
        await hub.quiet(60)
        assert finds(hub) == before
        assert await hub.told("go_on", "shop", scope=scope, name=name) == "done"
        await hub.quiet(60)
        assert finds(hub) > before
        assert set(await hub.statuses()) == {Status.DONE}
        await hub.stop()


async def test_a_look_up_without_authority_pauses_the_account_with_one_case(hub: Hub) -> None:
    looking_up(hub)
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient("broke") for _ in range(5)]
    hub.clerk.says["find"] = [Unauthorised("token expired") for _ in range(5)]
    for number in range(5):
        await hub.record(Begun(id=f"o{number}"))
    await hub.quiet(60)
    assert (await hub.case()).kind == "unauthorised"
    hub.clerk.says["find"] = []
    assert await hub.told("go_on", "shop", scope="account", name="shelf/eu") == "done"
    await hub.quiet(60)
    assert await hub.statuses() == [Status.DONE] * 5
    assert await hub.cases() == []


# -- runs that are not born yet ----------------------------------------------------------------------------------------

MONEY = next(iter(EffectKind))


async def test_a_cap_counts_what_left_and_not_what_queues(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": Operation(settle=Settle.KEY, kind=MONEY)}),)
    hub.settings = RuntimeSettings(caps=Caps(default={MONEY: 4}))
    await hub.up(puts)
    hub.clerk.says["put"] = [timedelta(seconds=1)]
    for _ in range(4):
        await hub.record(Begun())
    await hub.quiet(10)
    assert len(hub.clerk.heard) == 4
    assert await hub.cases() == []
    await hub.record(Begun())
    await hub.quiet(10)
    assert len(hub.clerk.heard) == 4
    assert (await hub.case()).kind == "cap"


async def test_many_of_one_key_at_once_do_not_reach_the_cap(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": Operation(settle=Settle.KEY, kind=MONEY)}),)
    hub.settings = RuntimeSettings(caps=Caps(default={MONEY: 4}))

    @flow(on=Begun, busy="skip")
    async def puts_once(begun: Begun) -> str:
        return await use(Shelf).put("first")

    await hub.up(puts_once)
    hub.clerk.says["put"] = [timedelta(seconds=1)]
    await asyncio.gather(*(hub.record(Begun()) for _ in range(12)))
    await hub.quiet(10)
    assert len(hub.clerk.heard) == 1
    assert await hub.cases() == []


async def test_the_one_that_would_pass_the_cap_waits_once_it_is_born(hub: Hub) -> None:
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": Operation(settle=Settle.KEY, kind=MONEY)}),)
    hub.settings = RuntimeSettings(caps=Caps(default={MONEY: 2}))
    await hub.up(puts)
    await asyncio.gather(*(hub.record(Begun(id=f"o{number}")) for number in range(5)))
    await hub.quiet(10)
    assert len(hub.clerk.heard) == 2
    assert (await hub.case()).kind == "cap"
    assert await hub.told("go_on", "shop", scope="cap", name=f"puts/{MONEY.value}") == "done"
    await hub.quiet(10)
    assert len(hub.clerk.heard) == 4


async def test_a_run_that_is_skipped_or_queued_reads_nothing(hub: Hub) -> None:
    @flow(on=Begun, busy="skip")
    async def counts(begun: Begun) -> None:
        await use(Shelf).count("a")
        await sleep_until(datetime.fromtimestamp(NOON + 10**6, UTC))

    await hub.up(counts)
    for _ in range(5):
        await hub.record(Begun())
    await hub.quiet(2)
    assert hub.clerk.did == [("count", "a")]


async def test_reads_that_fail_keep_to_the_gate_come_ever_more_rarely_and_are_a_case_in_the_end(hub: Hub) -> None:
    @flow(on=Begun)
    async def counts(begun: Begun) -> int:
        return await use(Shelf).count("a")

    hub.bindings = (hub.shelf(limits=Limits(rate=0.5, burst=1, concurrency=1)),)
    await hub.up(counts)
    hub.clerk.says["count"] = [Transient("down") for _ in range(10_000)]
    no = await hub.begin(Begun())
    await hub.quiet(300)
    times = [one.at for one in hub.clerk.heard]
    assert 4 < len(times) < 40
    assert all(later - earlier > 1.9 for earlier, later in pairwise(times))
    await hub.deploy(counts)
    await hub.quiet(300)
    tries = [one.tries for one in await hub.journal(no) if isinstance(one, Tried)]
    assert tries == sorted(set(tries))
    await hub.later(4 * DAY)
    await hub.quiet(60)
    case = await hub.case()
    assert (case.kind, "kept failing" in case.title) == ("retries", True)
    hub.clerk.says["count"] = []
    assert await hub.told("retry", f"run:{no}", path="1") == "done"
    await hub.quiet(10)
    assert await hub.outcome(no) == 1


async def test_a_read_that_fails_after_a_cancel_leaves_nothing_behind(hub: Hub) -> None:
    @flow(on=Begun)
    async def counts(begun: Begun) -> int:
        shelf = use(Shelf)
        async with undoing() as undo:
            await undo.step(shelf.put("a"), back=shelf.take)
            return await shelf.count("a")

    await hub.up(counts)
    hub.clerk.says["count"] = [timedelta(seconds=3), Transient("down")]
    hub.clerk.says["take"] = [timedelta(seconds=6)]
    no = await hub.begin(Begun())
    assert await hub.told("cancel", f"run:{no}") == "done"
    await hub.quiet(4)
    await hub.deploy(counts)
    await hub.quiet(30)
    assert await hub.status(no) == Status.CANCELLED
    assert await hub.cases() == []


# -- edits -------------------------------------------------------------------------------------------------------------


async def test_what_may_have_happened_is_not_edited_before_that_is_settled(hub: Hub) -> None:
    looking_up(hub)
    hub.settings = RuntimeSettings(first_retry=100)
    await hub.up(puts)
    hub.clerk.says["put"] = [Transient("broke")]
    no = await hub.begin(Begun())
    other = msgspec.Raw(b'["other"]')
    said = await hub.told("edit", f"run:{no}", path="1", args=other)
    assert said.startswith("refused: whether step 1 happened is not known yet")
    assert hub.clerk.did == [("put", "first")]
    await hub.quiet(200)
    assert hub.clerk.did == [("put", "first"), ("find", "first"), ("put", "first")]
    assert await hub.status(no) == Status.DONE


# -- whose time and whose key ------------------------------------------------------------------------------------------


@flow(on=Begun)
async def puts_and_counts(begun: Begun) -> int:
    shelf = use(Shelf)
    await shelf.put("a")
    return await shelf.count("a")


async def test_a_look_up_and_a_read_are_no_part_of_the_attempt_before_them(hub: Hub) -> None:
    quick = Operation(
        settle=Settle.LOOK_UP, look_up="find", timeout=timedelta(seconds=0.3), margin=timedelta(seconds=0.2)
    )
    hub.bindings = (hub.shelf(operations={**BY_KEY, "put": quick}),)
    await hub.up(puts_and_counts)
    hub.clerk.says["put"] = [timedelta(seconds=60)]
    await hub.record(Begun())
    await hub.quiet(5)
    assert [(one.method, one.key is None) for one in hub.clerk.heard] == [
        ("put", False), ("find", True), ("put", False), ("count", True),
    ]  # fmt: skip
