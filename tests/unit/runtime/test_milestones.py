"""Milestones: told when they are on disk, to who waits and to who asks later, also after a death."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.runtime import flow, reached, sleep_until, use
from pawline.runtime.records import Reached
from pawline.store import Status, StoreFull
from tests.unit.runtime.clerk import Begun, Shelf
from tests.unit.runtime.hub import Hub
from tests.unit.runtime.virtual import NOON


@flow(on=Begun)
async def announces(begun: Begun) -> str:
    await use(Shelf).put("a")
    await reached("said", {"so": True})
    await sleep_until(datetime.fromtimestamp(NOON + 1_000, UTC))
    await reached("slept", begun.id)
    return await use(Shelf).put("b")


@flow(on=Begun)
async def hurries(begun: Begun) -> str:
    await reached("said", begun.id)
    return await use(Shelf).put("a")


async def asked(hub: Hub, event: int, milestone: str, seconds: float = 5.0) -> object:
    return msgspec.json.decode(await hub.engine.reached(event, milestone, seconds))


async def test_a_milestone_is_told_once_it_is_on_disk(hub: Hub) -> None:
    await hub.up(announces)
    hub.clerk.says["put", "a"] = [timedelta(seconds=1)]
    event = await hub.record(Begun())
    assert await asked(hub, event, "said") == {"so": True}
    [run] = await hub.runs()
    assert [record.milestone for record in await hub.journal(run.no) if isinstance(record, Reached)] == ["said"]
    assert hub.clock() == NOON + 1


async def test_a_milestone_that_could_not_be_stored_is_not_told(hub: Hub) -> None:
    await hub.up(announces)
    hub.clerk.says["put", "a"] = [timedelta(seconds=1)]
    event = await hub.record(Begun())

    def full(_: object) -> None:
        raise StoreFull("no space is left on the disk")

    hub.store.hooks.before_commit = full
    with pytest.raises(TimeoutError, match=f"event {event} has not reached said in time"):
        await hub.engine.reached(event, "said", 5)
    hub.store.hooks.before_commit = None
    assert await asked(hub, event, "said") == {"so": True}


async def test_what_was_passed_in_the_first_commit_is_told_to_who_asks_next(hub: Hub) -> None:
    await hub.up(hurries)
    hub.clerk.says["put", "a"] = [timedelta(seconds=9)]
    event = await hub.record(Begun())
    assert await asked(hub, event, "said") == "o1"
    assert hub.clock() == NOON
    assert [run.status for run in await hub.runs()] == [Status.RUNNING]


async def test_a_milestone_is_told_after_the_run_left_memory_after_a_death_and_after_the_end(hub: Hub) -> None:
    await hub.up(announces)
    event = await hub.record(Begun())
    await hub.quiet()
    assert hub.engine.live == {}
    assert await asked(hub, event, "said") == {"so": True}
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await asked(hub, event, "said") == {"so": True}
    with pytest.raises(TimeoutError, match="has not reached its end in time"):
        await hub.engine.reached(event, "", 2)
    await hub.later(1_000)
    assert await hub.statuses() == [Status.DONE]
    assert await asked(hub, event, "slept") == "o1"
    assert await hub.engine.reached(event, "", 5) is None


async def test_a_run_that_is_read_again_knows_what_it_passed(hub: Hub) -> None:
    await hub.up(hurries)
    hub.clerk.says["put", "a"] = [timedelta(seconds=9)] * 2
    event = await hub.record(Begun())
    await hub.die()
    await hub.up()
    await hub.quiet(1)
    assert len(hub.engine.live) == 1
    now = hub.clock()
    assert (await asked(hub, event, "said"), hub.clock()) == ("o1", now)


async def test_nobody_hears_of_a_milestone_that_is_none_or_whose_household_was_erased(hub: Hub) -> None:
    await hub.up(announces)
    event = await hub.record(Begun(house="h1"))
    await hub.quiet()
    for milestone in ("said so", "Said"):
        with pytest.raises(TimeoutError):
            await hub.engine.reached(event, milestone, 3)
    await hub.engine.erase("s", "h1")
    await hub.quiet()
    with pytest.raises(TimeoutError):
        await hub.engine.reached(event, "said", 3)
    assert await hub.engine.reached(event, "", 3) is None
    with pytest.raises(TimeoutError, match="event 987654321 has not reached its end in time"):
        await hub.engine.reached(987654321, "", 3)


async def test_what_was_passed_is_told_also_of_a_run_that_left_memory(hub: Hub) -> None:
    await hub.up(announces)
    event = await hub.record(Begun())
    assert await asked(hub, event, "said") == {"so": True}
    for _ in range(2):
        passed = await hub.engine.milestones.passed(event)
        assert {name: msgspec.json.decode(value) for name, value in passed.items()} == {"said": {"so": True}}
        for run in list(hub.engine.live.values()):
            hub.engine.forget(run)
    assert await hub.engine.milestones.passed(event + 1_000) == {}


async def test_of_several_the_first_is_told_however_it_is_found_and_none_where_none_comes(hub: Hub) -> None:
    await hub.up(announces)
    event = await hub.record(Begun())
    looks = 0

    async def first(*names: str, seconds: float = 3) -> tuple[str, object] | None:
        found = await hub.engine.milestones.first(event, names, seconds)
        return None if found is None else (found[0], found[1] and msgspec.json.decode(found[1]))

    assert await first("slept", "said") == ("said", {"so": True})
    await hub.quiet()
    assert hub.engine.live == {}
    assert await first("slept", "said") == ("said", {"so": True})
    now, fetch = hub.clock(), hub.store.fetch

    async def counted(name: str, params: Any = ()) -> Any:
        nonlocal looks
        looks += name == "runs_of_event"
        return await fetch(name, params)

    hub.store.fetch = counted  # type: ignore[method-assign]
    assert await first("slept", "never", "", "else") is None
    assert (hub.clock() - now, looks) == (3, 6)  # at once, after a second and after two: of what was said, and its end
    assert await first() is None
    assert hub.clock() - now == 3
    hub.store.fetch = fetch  # type: ignore[method-assign]
    await hub.later(1_000)
    assert (await first("never", "slept"), await first("never", "")) == (("slept", "o1"), ("", None))
    assert hub.engine.milestones._watches == {}


@flow(on=Begun)
async def dawdles(begun: Begun) -> str:
    return await use(Shelf).put("c")


async def test_a_run_in_memory_hides_nothing_of_one_that_is_not(hub: Hub) -> None:
    """As one of another process is not: one event begins runs in several lanes."""
    await hub.up(announces, dawdles)
    hub.clerk.says["put", "c"] = [timedelta(seconds=99)]
    event = await hub.record(Begun())
    assert await asked(hub, event, "said") == {"so": True}
    await hub.quiet(1)  # who sleeps has left memory
    assert [run.row.flow for run in hub.engine.live.values()] == ["dawdles"]
    assert list(await hub.engine.milestones.passed(event)) == ["said"]
    assert await asked(hub, event, "said") == {"so": True}
